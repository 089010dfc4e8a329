//! A visit that was badged, and is given to somebody else (row O-08, ADR 0007).

use releve_shared::refusal::Refusal;
use releve_shared::time::HOUR_MS;
use releve_tests::world::World;
use releve_tests::world::desk::visit_input;
use releve_tests::world::reading::tap;
use releve_tests::world::time::today_at;
use serde_json::json;

/// O-08: what Amina badged stays hers: the visit is not given to Bruno, whose phone hears nothing.
#[test]
fn a_badged_visit_is_given_to_nobody_else() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let (home, other) = (w.home("Lefèvre"), w.home("Garnier"));
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let start = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        amina.phone.sync().unwrap();

        let path = format!("/api/desk/visits/{visit}");
        let (from, to) = (today_at(8, 0), today_at(9, 0));
        let given = visit_input(bruno.caregiver.id, home.client, from, to);
        let said = w.desk.put(&path, &given);
        assert_eq!((said.status, said.refusal()), (409, "in_use".to_owned()));
        let elsewhere = visit_input(amina.caregiver.id, other.client, from, to);
        assert_eq!(w.desk.put(&path, &elsewhere).refusal(), "in_use", "nor made at another home");
        bruno.phone.sync().unwrap();
        assert!(!bruno.phone.sees(visit));
        let line = w.desk.line(visit);
        assert_eq!(line["caregiver_name"], "Amina Diallo");
        assert_eq!(line["status"], "in_progress");
        // Its times may still be moved: the hours stay with their worker.
        w.desk.moves(visit, amina.caregiver.id, home.client, from, today_at(9, 30));

        // Undone, nothing stands any more: then it is Bruno's.
        amina.phone.undoes(start.event).unwrap();
        amina.phone.sync().unwrap();
        w.desk.moves(visit, bruno.caregiver.id, home.client, from, to);
        bruno.phone.sync().unwrap();
        assert!(bruno.phone.sees(visit));
    });
}

/// C7: badged offline by the one it was taken from: her stamps are kept, the office is told, and the
/// visit can be given back to her.
#[test]
fn stamps_that_come_after_it_was_given_on_are_looked_at() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        amina.phone.offline(|phone| {
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
            w.time.pass(HOUR_MS);
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
            phone.notes(visit, 12, 0, "Pain").unwrap();
        });
        w.desk.moves(visit, bruno.caregiver.id, home.client, today_at(8, 0), today_at(9, 0));
        amina.phone.sync().unwrap();
        assert_eq!(amina.phone.tally(), (0, 3, 0), "a fact is never refused, nor her words");
        let line = w.desk.line(visit);
        assert_eq!(line["status"], "to_check");
        assert_eq!(line["anomalies"], json!(["other_worker"]), "{line}");
        assert_eq!(line["notes"]["comment"], "Pain");
        let many = w.desk.post("/api/desk/board/accept", &json!({ "visits": [visit] })).ok();
        assert_eq!(many["accepted"], json!([]), "not without a look");

        w.desk.moves(visit, amina.caregiver.id, home.client, today_at(8, 0), today_at(9, 0));
        amina.phone.sync().unwrap();
        let sheet = amina.phone.visit(visit).unwrap();
        assert_eq!((sheet.hours.badged, sheet.stamps.len()), (60, 2));
        assert_eq!(sheet.notes.comment, "Pain");
    });
}

/// C7: notes of somebody who had the visit when she wrote them are taken; those written long after it
/// was taken from her are not, nor those of a stranger.
#[test]
fn notes_are_judged_by_who_had_the_visit_when_they_were_written() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.desk.moves(visit, bruno.caregiver.id, home.client, today_at(8, 0), today_at(9, 0));
        // Her phone, without network for a day, does not know: she writes after the grace.
        w.time.pass(13 * HOUR_MS);
        amina.phone.offline(|phone| phone.notes(visit, 1, 0, "Trop tard").unwrap());
        amina.phone.sync().unwrap();
        let refused = amina.phone.outbox().pop().expect("an act").state;
        let releve_core::door::ActState::Refused { code, .. } = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(code, Refusal::NotFound);
        assert_eq!(w.desk.line(visit)["notes"], json!(null));
        bruno.phone.sync().unwrap();
        bruno.phone.notes(visit, 2, 0, "À temps").unwrap();
        bruno.phone.sync().unwrap();
        assert_eq!(w.desk.line(visit)["notes"]["comment"], "À temps");
    });
}
