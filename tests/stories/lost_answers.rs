//! Answers that never arrive, requests that arrive twice, servers that die: nothing doubled, nothing
//! lost, nobody locked out.

use releve_shared::id::VisitId;
use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use releve_tests::world::link::Weather;
use releve_tests::world::reading::tap;
use releve_tests::world::time::today_at;
use releve_tests::world::{Home, Worker, World};

fn a_visit_done(w: &World, amina: &Worker, home: &Home) -> VisitId {
    let visit = w.visit(amina, home, today_at(8, 0));
    amina.phone.sync().unwrap();
    w.time.until(today_at(8, 0));
    amina.phone.offline(|phone| {
        let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        w.time.pass(HOUR_MS);
        let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
    });
    visit
}

fn seen_once(w: &World, amina: &Worker, visit: VisitId) {
    w.time.pass(10 * MINUTE_MS);
    amina.phone.sync().expect("clear weather");
    assert_eq!(amina.phone.state().waiting, 0);
    assert_eq!(amina.phone.tally(), (0, 2, 0));
    let proof = w.desk.get(&format!("/api/desk/visits/{visit}/proof")).ok();
    assert_eq!(proof["stamps"].as_array().unwrap().len(), 2, "{proof}");
    assert_eq!(w.desk.line(visit)["hours"]["badged"], 60);
}

/// I2, I3, B-02: whatever befalls the push, each stamp arrives once and is called received only then.
#[test]
fn a_push_in_bad_weather_neither_loses_nor_doubles() {
    for weather in [
        Weather::AnswersLost,
        Weather::Doubled,
        Weather::Truncated,
        Weather::AnswerTruncated,
        Weather::BadGateway,
        Weather::Portal,
        Weather::Redirected,
    ] {
        println!("in {weather:?}");
        World::each(|w| {
            let amina = w.worker("Amina");
            let home = w.home("Lefèvre");
            let visit = a_visit_done(w, &amina, &home);
            amina.phone.line.weather(weather);
            let tried = amina.phone.sync();
            if weather != Weather::Doubled {
                assert!(tried.is_err(), "{weather:?} is no success");
                assert_eq!(
                    amina.phone.tally(),
                    (2, 0, 0),
                    "B-02: never received before the verdict"
                );
            }
            amina.phone.restart();
            amina.phone.line.weather(Weather::Clear);
            seen_once(w, &amina, visit);
        });
    }
}

/// C1: the answer to an enrolment is lost: asking again gives the same phone.
#[test]
fn a_lost_answer_to_the_enrolment_locks_nobody_out() {
    World::each(|w| {
        let caregiver = w.desk.adds_caregiver("Amina", "Diallo");
        w.desk.transmits(caregiver.id, true);
        let link = w.desk.enrolment(caregiver.id);
        let phone = w.new_phone();
        phone.line.weather(Weather::AnswersLost);
        assert!(phone.enrols(&link).is_err());
        phone.restart();
        phone.line.weather(Weather::Clear);
        let _ = phone.enrols(&link).expect("the same code and the same key");
        assert_eq!(w.desk.phones().len(), 1, "one phone, not two");
        phone.sync().unwrap();

        let thief = w.new_phone();
        assert_eq!(thief.enrols(&link).unwrap_err().code(), "enrolment_over", "another key: used");
    });
}

/// A code holds for minutes, and once.
#[test]
fn an_enrolment_code_expires() {
    World::each(|w| {
        let caregiver = w.desk.adds_caregiver("Amina", "Diallo");
        let link = w.desk.enrolment(caregiver.id);
        w.time.pass(16 * MINUTE_MS);
        let phone = w.new_phone();
        assert_eq!(phone.enrols(&link).unwrap_err().code(), "enrolment_over");
        let link = w.desk.enrolment(caregiver.id);
        let _ = phone.enrols(&link).expect("a fresh one");
    });
}

/// The rotation of the token survives lost answers, day after day.
#[test]
fn lost_answers_to_the_token_lock_nobody_out() {
    World::each(|w| {
        let amina = w.worker("Amina");
        for day in 1..=3 {
            w.time.pass(DAY_MS + HOUR_MS);
            amina.phone.line.weather(Weather::Clear);
            amina.phone.sync().unwrap_or_else(|e| panic!("day {day}: {e}"));
            amina.phone.line.weather(Weather::AnswersLost);
            w.time.pass(10 * MINUTE_MS);
            let _ = amina.phone.lives();
            amina.phone.restart();
            w.time.pass(10 * MINUTE_MS);
            let _ = amina.phone.lives();
        }
        amina.phone.line.weather(Weather::Clear);
        w.time.pass(10 * MINUTE_MS);
        amina.phone.sync().expect("still at home");
        let tried = amina.phone.line.tried();
        assert!(
            tried.iter().any(|path| path == "/api/phone/token"),
            "the token was rotated: {tried:?}"
        );
    });
}

/// I2: what was acknowledged is there after the server's death.
#[test]
fn a_killed_server_keeps_what_it_acknowledged() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = a_visit_done(w, &amina, &home);
        amina.phone.sync().unwrap();
        w.restart_server();
        assert_eq!(w.desk.line(visit)["hours"]["badged"], 60, "the session holds too");
        seen_once(w, &amina, visit);
    });
}
