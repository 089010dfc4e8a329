//! A lost phone: blocked on the desk, wiped by a signed order and by nothing else.

use releve_core::door::PhoneState;
use releve_core::ports::Secret;
use releve_shared::refusal::Refusal;
use releve_shared::time::{HOUR_MS, MINUTE_MS};
use releve_tests::world::folder::found_in;
use releve_tests::world::link::Weather;
use releve_tests::world::reading::tap;
use releve_tests::world::time::today_at;
use releve_tests::world::{Worker, World};
use serde_json::{Value, json};

fn phone_row(w: &World, worker: &Worker) -> Value {
    let id = worker.caregiver.person.to_string();
    w.desk.phones().into_iter().find(|row| row["person_id"] == id).expect("a phone")
}

fn blocks(w: &World, worker: &Worker, mode: &str) {
    let id = phone_row(w, worker)["id"].as_str().unwrap().to_owned();
    let body =
        json!({ "mode": mode, "sim_number": "8933150319100000001", "note": "Oubliée dans le bus" });
    let _ = w.desk.post(&format!("/api/desk/phones/{id}/block"), &body).ok();
}

/// Every secret of a phone that opens anything.
fn keys(worker: &Worker) -> Vec<Vec<u8>> {
    [Secret::CareKey, Secret::DutyKey, Secret::DeviceSeed, Secret::Token]
        .into_iter()
        .map(|secret| worker.phone.vault.stolen(secret).expect("a secret"))
        .collect()
}

/// What opened its data, spoke and signed for it is destroyed; an app that starts anew draws others.
fn assert_keys_are_gone(worker: &Worker, before: &[Vec<u8>]) {
    let vault = &worker.phone.vault;
    for secret in [Secret::DeviceSeed, Secret::Token, Secret::NextToken] {
        assert_eq!(vault.stolen(secret), None, "{secret:?}");
    }
    for secret in [Secret::CareKey, Secret::DutyKey] {
        assert!(vault.stolen(secret).is_none_or(|held| !before.contains(&held)), "{secret:?}");
    }
}

/// O-44, WP1, WP2, I10: blocked, it sends what waits, destroys keys and files, and confirms.
#[test]
fn a_blocked_phone_sends_what_waits_and_destroys_itself() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Canari-Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        amina.phone.offline(|phone| {
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        });
        let before = keys(&amina);
        blocks(w, &amina, "after_sending");
        assert_eq!(phone_row(w, &amina)["state"], "wipe_pending");
        assert_eq!(phone_row(w, &amina)["sim_number"], "8933150319100000001");
        assert_eq!(
            phone_row(w, &amina)["carrier_blocked"],
            false,
            "the carrier is still to be called"
        );

        let _ = amina.phone.sync();
        w.time.pass(MINUTE_MS);
        let _ = amina.phone.lives();
        assert_eq!(amina.phone.state().state, PhoneState::Wiped);
        assert!(amina.phone.clients().is_err() && amina.phone.day(None).is_err());
        assert_keys_are_gone(&amina, &before);
        assert_eq!(w.desk.line(visit)["start"]["method"], "nfc", "what waited was sent first");
        assert_eq!(phone_row(w, &amina)["state"], "wiped", "and it has confirmed");

        amina.phone.restart();
        assert_eq!(amina.phone.state().state, PhoneState::Wiped);
        amina.phone.close();
        let canaries = ["Canari-Lefèvre", "Jeanne", "rue des Lices", "Diallo", "phone/push"];
        let left = found_in(amina.phone.folder(), &canaries.map(str::to_owned));
        assert!(left.is_empty(), "{left:?}");
        // With whatever key the phone now has, there is nothing to read either.
        for (file, key) in [("care.db", Secret::CareKey), ("duty.db", Secret::DutyKey)] {
            let db = amina.phone.opened(file, key);
            let mut tables =
                db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
            let names: Vec<String> =
                tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            for name in names.iter().filter(|name| *name != "fact") {
                let rows: i64 = db
                    .query_row(&format!("SELECT count(*) FROM {name}"), [], |row| row.get(0))
                    .unwrap();
                assert_eq!(rows, 0, "{file} {name}");
            }
        }
    });
}

/// O-44: `now` does not wait for the outbox; tokens are dead at once.
#[test]
fn an_order_to_wipe_now_does_not_send_first() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        amina.phone.offline(|phone| {
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        });
        let before = keys(&amina);
        blocks(w, &amina, "now");
        let _ = amina.phone.sync();
        w.time.pass(MINUTE_MS);
        let _ = amina.phone.lives();
        assert_eq!(amina.phone.state().state, PhoneState::Wiped);
        assert_keys_are_gone(&amina, &before);
        assert_eq!(w.desk.line(visit)["start"], Value::Null, "nothing was sent first");
        // A new enrolment begins again from nothing.
        let link = w.desk.enrolment(amina.caregiver.id);
        let _ = amina.phone.enrols(&link).expect("a new life");
        amina.phone.sync().unwrap();
        assert_eq!(amina.phone.state().state, PhoneState::Ready);
        assert!(amina.phone.sees(visit));
    });
}

/// WP2: the app dies in the middle of a wipe; it goes on at the next start. A lost confirmation is
/// given again.
#[test]
fn a_wipe_goes_on_after_a_crash() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let _ = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        let before = keys(&amina);
        blocks(w, &amina, "after_sending");
        // The order arrives; then every answer is lost, and the app is killed again and again.
        let _ = amina.phone.sync();
        for _ in 0..3 {
            amina.phone.line.weather(Weather::AnswersLost);
            amina.phone.restart();
            w.time.pass(10 * MINUTE_MS);
            let _ = amina.phone.lives();
        }
        amina.phone.line.weather(Weather::Clear);
        w.time.pass(10 * MINUTE_MS);
        let _ = amina.phone.lives();
        assert_eq!(amina.phone.state().state, PhoneState::Wiped);
        assert_keys_are_gone(&amina, &before);
        assert_eq!(phone_row(w, &amina)["state"], "wiped");
    });
}

/// WP1: a bare 401 or 403, a portal and a proxy never wipe; badging goes on.
#[test]
fn nothing_but_the_signed_order_wipes() {
    for weather in [
        Weather::Bare204,
        Weather::Bare401,
        Weather::Bare403,
        Weather::Portal,
        Weather::Redirected,
        Weather::BadGateway,
    ] {
        println!("in {weather:?}");
        World::each(|w| {
            let amina = w.worker("Amina");
            let home = w.home("Lefèvre");
            let visit = w.visit(&amina, &home, today_at(8, 0));
            amina.phone.sync().unwrap();
            w.time.until(today_at(8, 0));
            amina.phone.line.weather(weather);
            assert!(amina.phone.sync().is_err());
            amina.phone.restart();
            w.time.pass(20 * MINUTE_MS);
            let _ = amina.phone.lives();
            let state = amina.phone.state().state;
            assert!(matches!(state, PhoneState::Ready | PhoneState::SignInNeeded), "{state:?}");
            let _ =
                amina.phone.badges(tap(&home.nfc), Some(visit), false).expect("clocking goes on");
            w.time.pass(HOUR_MS);
            let _ =
                amina.phone.badges(tap(&home.nfc), Some(visit), false).expect("clocking goes on");
            amina.phone.line.weather(Weather::Clear);
            amina.phone.sync().expect("as before");
            assert_eq!(amina.phone.state().state, PhoneState::Ready);
            assert_eq!(w.desk.line(visit)["hours"]["badged"], 60);
        });
    }
}

/// Signing out: what waits is sent first; unsent acts are given up only when the worker says so.
#[test]
fn signing_out_destroys_what_is_held() {
    World::each(|w| {
        use releve_core::door::Act;
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        amina.phone.offline(|phone| {
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
            let refused = phone.act(Act::SignOut { even_unsent: false });
            assert_eq!(refused, Err(Refusal::Offline), "an act waits");
        });
        w.time.pass(10 * MINUTE_MS);
        let before = keys(&amina);
        let _ = amina.phone.act(Act::SignOut { even_unsent: false }).unwrap();
        assert_keys_are_gone(&amina, &before);
        assert_eq!(amina.phone.state().state, PhoneState::NotEnrolled);
        assert_eq!(w.desk.line(visit)["start"]["method"], "nfc");
        assert_eq!(phone_row(w, &amina)["state"], "signed_out");
    });
}
