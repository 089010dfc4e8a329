//! A visit that nobody had planned.

use releve_shared::refusal::Refusal;
use releve_shared::time::{HOUR_MS, MINUTE_MS};
use releve_shared::visit::{ClockKind, VisitState};
use releve_tests::world::World;
use releve_tests::world::reading::tap;
use releve_tests::world::time::{day_at, today_at};

/// O-14: "visite non planifiée": offered, confirmed, kept, and shown to the office as such.
#[test]
fn a_visit_nobody_planned_is_kept_and_shown() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        // The sheet and the tags are on the phone because of tomorrow's visit.
        let _ = w.visit(&amina, &home, day_at(1, 8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(14, 0));
        let made = amina.phone.offline(|phone| {
            let asked = phone.badges(tap(&home.nfc), None, false).unwrap_err();
            assert_eq!(asked, Refusal::NoVisitPlanned);
            let start = phone.badges(tap(&home.nfc), None, true).unwrap();
            assert_eq!(start.kind, ClockKind::Start);
            w.time.pass(45 * MINUTE_MS);
            let end = phone.badges(tap(&home.nfc), None, false).unwrap();
            assert_eq!((end.kind, end.visit), (ClockKind::End, start.visit));
            start.visit
        });
        w.time.pass(HOUR_MS);
        amina.phone.sync().unwrap();
        assert_eq!(amina.phone.tally(), (0, 2, 0));
        let line = w.desk.line(made);
        assert_eq!(line["visit"]["state"], "unplanned");
        assert_eq!(line["visit"]["client"], home.client.to_string());
        assert_eq!((&line["hours"]["planned"], &line["hours"]["badged"]), (&0.into(), &45.into()));
        assert_eq!(line["status"], "to_check");
        assert!(line["start"]["anomalies"].to_string().contains("unplanned"), "{line}");
        let sheet = amina.phone.visit(made).unwrap();
        assert_eq!(sheet.line.visit.state, VisitState::Unplanned);
        assert_eq!(sheet.hours.badged, 45);
    });
}

/// O-14, C7: a caregiver on her first day, with nothing planned and nothing transmitted, badges a tag
/// that her phone does not know. The office sees it, in her name, at that client's.
#[test]
fn a_first_day_without_planning_reaches_the_board() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        w.desk.transmits(amina.caregiver.id, false);
        amina.phone.sync().unwrap();
        let made = amina.phone.offline(|phone| {
            let start = phone.badges(tap(&home.nfc), None, true).unwrap();
            w.time.pass(HOUR_MS);
            start.visit
        });
        amina.phone.sync().unwrap();
        let line = w.desk.line(made);
        assert_eq!(line["visit"]["client"], home.client.to_string());
        assert_eq!(line["visit"]["membership"], amina.caregiver.id.to_string());
        assert_eq!(line["status"], "in_progress", "{line}");

        // Her arrival was received, and she can still give her departure (O-20).
        let open = amina.phone.state().in_progress.expect("the visit stays in sight");
        assert_eq!(open.visit, made);
        let end = amina.phone.badges(tap(&home.nfc), None, false).unwrap();
        assert_eq!((end.kind, end.visit), (ClockKind::End, made));
        amina.phone.sync().unwrap();
        assert_eq!(w.desk.line(made)["hours"]["badged"], 60);
        assert_eq!(amina.phone.state().in_progress, None);
    });
}

/// C10: an unplanned visit that was undone at once is no absence on the board, and no button.
#[test]
fn an_undone_unplanned_visit_asks_nothing_of_anybody() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let _ = w.visit(&amina, &home, day_at(1, 8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(14, 0));
        let start = amina.phone.badges(tap(&home.nfc), None, true).unwrap();
        amina.phone.undoes(start.event).unwrap();
        w.time.pass(3 * HOUR_MS);
        amina.phone.sync().unwrap();
        assert_eq!(w.desk.line(start.visit)["status"], "cancelled");
        assert_eq!(amina.phone.state().in_progress, None);
        assert_ne!(amina.phone.day(None).unwrap().next, Some(start.visit));
    });
}
