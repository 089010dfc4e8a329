//! The product's main job: in and out without network, seen on the board when the phone is back.

use releve_core::door::ActState;
use releve_shared::clock::Quality;
use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use releve_shared::visit::ClockKind;
use releve_tests::world::World;
use releve_tests::world::reading::{picture, tap};
use releve_tests::world::time::today_at;

/// O-13, O-14, B-02, B-03, I1 to I4: a code's picture opens the visit, a tag's bytes close it.
#[test]
fn in_by_a_picture_and_out_by_a_tag_without_network() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().expect("the planning comes");
        assert!(amina.phone.sees(visit));

        w.time.until(today_at(8, 3));
        amina.phone.offline(|phone| {
            let next = phone.day(None).unwrap();
            assert_eq!(next.next, Some(visit));
            assert_eq!(next.visits[0].button, Some(ClockKind::Start));

            let arrival = phone.badges(picture(&home.qr), None, false).expect("in");
            assert_eq!((arrival.kind, arrival.visit), (ClockKind::Start, visit));
            assert_eq!(phone.state().in_progress.unwrap().visit, visit);

            // O-20: the banner survives a restart of the app.
            phone.restart();
            assert_eq!(phone.state().in_progress.unwrap().visit, visit);

            w.time.until(today_at(9, 1));
            let departure = phone.badges(tap(&home.nfc), None, false).expect("out");
            assert_eq!((departure.kind, departure.visit), (ClockKind::End, visit));
            assert_eq!(phone.state().in_progress, None);
            assert_eq!(phone.state().waiting, 2);
            assert_eq!(phone.tally(), (2, 0, 0));
            assert_eq!(phone.visit(visit).unwrap().hours.badged, 58);
        });

        // Nothing has reached the office; it must not call that an absence (B-11).
        assert_eq!(w.desk.line(visit)["start"], serde_json::Value::Null);

        w.time.pass(3 * DAY_MS);
        amina.phone.sync().expect("days later");
        assert_eq!(amina.phone.state().waiting, 0);
        assert_eq!(amina.phone.tally(), (0, 2, 0));

        let line = w.desk.line(visit);
        assert_eq!(line["start"]["method"], "qr");
        assert_eq!(line["start"]["assurance"], "qr");
        assert_eq!(line["end"]["method"], "nfc");
        assert_eq!(line["end"]["assurance"], "nfc_static");
        for end in ["start", "end"] {
            assert_eq!(line[end]["measured"]["quality"], Quality::Exact.code(), "{line}");
        }
        let close = |name: &str, at: releve_shared::time::Moment| {
            let measured = line[name]["measured"]["at"].as_i64().unwrap();
            assert!((measured - at.0).abs() < MINUTE_MS, "{name}: {measured} {at:?}");
        };
        close("start", today_at(8, 3));
        close("end", today_at(9, 1));
        assert_eq!(line["hours"]["planned"], 60);
        assert_eq!(line["hours"]["badged"], 58);
        let sheet = amina.phone.visit(visit).unwrap();
        assert_eq!(sheet.hours.badged, 58);
        assert!(sheet.stamps.iter().all(|s| matches!(s.state, ActState::Received { .. })));
    });
}

/// O-14: the same gesture twice is one stamp; the next visit at the same home needs a new one.
#[test]
fn a_tag_held_too_long_does_not_end_the_visit() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&home.nfc), None, false).unwrap();
        w.time.pass(5_000);
        let again = amina.phone.badges(tap(&home.nfc), None, false).unwrap_err();
        assert_eq!(again.code(), "already_started");
        w.time.pass(HOUR_MS);
        let out = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        assert_eq!(out.kind, ClockKind::End);
        w.time.pass(5_000);
        let again = amina.phone.badges(tap(&home.nfc), None, false).unwrap_err();
        assert_eq!(again.code(), "already_ended");
        amina.phone.sync().unwrap();
        assert_eq!(w.desk.line(visit)["hours"]["badged"], 60);
    });
}
