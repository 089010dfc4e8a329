//! Thirty seconds to undo; kilometres, expenses and words at any time.

use releve_shared::refusal::Refusal;
use releve_shared::time::HOUR_MS;
use releve_shared::visit::ClockKind;
use releve_tests::world::World;
use releve_tests::world::reading::tap;
use releve_tests::world::time::today_at;
use serde_json::json;

/// C10: undone within thirty seconds; both stamps stay, and the visit is as before.
#[test]
fn a_mistake_is_undone_within_thirty_seconds() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let wrong = amina.phone.offline(|phone| {
            let wrong = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
            w.time.pass(29_000);
            phone.undoes(wrong.event).unwrap();
            phone.undoes(wrong.event).expect("undoing twice is undoing once");
            assert_eq!(phone.state().in_progress, None);
            assert_eq!(phone.state().waiting, 2, "the stamp and its undoing");
            wrong.event
        });
        amina.phone.sync().unwrap();
        assert_eq!(w.desk.line(visit)["start"], json!(null));
        let proof = w.desk.get(&format!("/api/desk/visits/{visit}/proof")).ok();
        assert_eq!(proof["stamps"].as_array().unwrap().len(), 2, "nothing is deleted: {proof}");
        assert!(proof.to_string().contains(&wrong.to_string()));

        let right = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        assert_eq!(right.kind, ClockKind::Start);
        w.time.pass(30_000);
        assert_eq!(amina.phone.undoes(right.event), Err(Refusal::TooLateToUndo));
        // A restart of the phone ends the thirty seconds too: its boot clock began anew.
        let end = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        amina.phone.reboot();
        assert_eq!(amina.phone.undoes(end.event), Err(Refusal::TooLateToUndo));
    });
}

/// O-19: notes offline, the last ones count, closed once the office has decided.
#[test]
fn kilometres_expenses_and_words_follow_the_visit() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        amina.phone.offline(|phone| {
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
            phone.notes(visit, 32, 450, "Pain et lait").unwrap();
            w.time.pass(HOUR_MS);
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
            phone.notes(visit, 41, 450, "Pain, lait, <b>détour</b>").unwrap();
            let held = phone.visit(visit).unwrap();
            assert_eq!((held.notes.distance_hm, held.notes_open), (Some(41), true));
            let long = "x".repeat(3_000);
            assert_eq!(phone.notes(visit, 1, 1, &long), Err(Refusal::TooLong));
        });
        amina.phone.sync().unwrap();
        assert_eq!(amina.phone.tally(), (0, 4, 0));
        let line = w.desk.line(visit);
        assert_eq!(line["notes"]["distance_hm"], 41);
        assert_eq!(line["notes"]["expenses_cents"], 450);
        assert_eq!(line["notes"]["comment"], "Pain, lait, <b>détour</b>");

        let accept = json!({ "rev": line["rev"] });
        let _ = w.desk.post(&format!("/api/desk/visits/{visit}/accept"), &accept).ok();
        amina.phone.sync().unwrap();
        assert!(!amina.phone.visit(visit).unwrap().notes_open);
        assert_eq!(amina.phone.notes(visit, 1, 1, ""), Err(Refusal::NotAllowed));
    });
}
