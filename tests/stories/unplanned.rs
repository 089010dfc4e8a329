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
