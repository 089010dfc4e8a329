//! Two phones of one worker, and two visits at one home.

use releve_shared::time::HOUR_MS;
use releve_tests::world::World;
use releve_tests::world::reading::tap;
use releve_tests::world::time::today_at;

/// I4, I6: in on one phone, out on the other: both show the same, the hours are the same.
#[test]
fn in_on_one_phone_and_out_on_the_other() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let second = w.phone_of(amina.caregiver);
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().expect("the first phone stays enrolled");
        second.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        amina.phone.sync().unwrap();
        second.sync().unwrap();
        assert_eq!(
            second.state().in_progress.map(|p| p.visit),
            Some(visit),
            "a start before its end"
        );
        w.time.pass(HOUR_MS);
        let _ = second.badges(tap(&home.nfc), None, false).unwrap();
        second.sync().unwrap();
        amina.phone.sync().unwrap();
        for phone in [&amina.phone, &second] {
            let sheet = phone.visit(visit).unwrap();
            assert_eq!((sheet.hours.badged, sheet.stamps.len()), (60, 2));
            assert_eq!(phone.state().in_progress, None);
        }
        assert_eq!(w.desk.line(visit)["hours"]["badged"], 60);
    });
}

/// I7, T10: both phones badge the same visit offline; doubled stamps are kept, flagged, and the hours
/// are those of the earliest start and the latest end, on both phones and on the board.
#[test]
fn both_phones_badge_the_same_visit_offline() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let second = w.phone_of(amina.caregiver);
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        second.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = second.badges(tap(&home.nfc), Some(visit), false).unwrap();
        w.time.until(today_at(8, 5));
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        w.time.until(today_at(9, 0));
        let _ = second.badges(tap(&home.nfc), Some(visit), false).unwrap();
        w.time.until(today_at(9, 10));
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        for phone in [&amina.phone, &second, &amina.phone] {
            phone.sync().unwrap();
        }
        for phone in [&amina.phone, &second] {
            assert_eq!(phone.visit(visit).unwrap().hours.badged, 70);
            assert_eq!(phone.tally(), (0, 2, 0), "a fact is never refused");
        }
        let line = w.desk.line(visit);
        assert_eq!(line["hours"]["badged"], 70);
        assert_eq!(line["status"], "to_check");
    });
}
