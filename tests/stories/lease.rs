//! A phone that does not come back: reading closes, clocking goes on (sync.md WP3).

use releve_core::door::PhoneState;
use releve_shared::refusal::Refusal;
use releve_shared::time::{DAY_MS, HOUR_MS};
use releve_tests::world::World;
use releve_tests::world::reading::tap;
use releve_tests::world::time::{day_at, today_at};

/// O-44, WP3: over the lease nothing can be read, whatever the clock says; badging goes on.
#[test]
fn over_the_lease_reading_closes_and_badging_goes_on() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let early = w.visit(&amina, &home, today_at(8, 0));
        let late = w.visit(&amina, &home, day_at(8, 8, 0));
        amina.phone.sync().unwrap();
        w.time.until(day_at(6, 8, 0));
        amina.phone.offline(|phone| {
            assert!(phone.sees(early) && phone.clients().is_ok(), "six days away");
            w.time.until(day_at(8, 8, 0));
            // Setting the clock back gains nothing.
            phone.clocks.off_by(-7 * DAY_MS);
            assert_eq!(phone.state().state, PhoneState::LeaseOver);
            assert_eq!(phone.clients(), Err(Refusal::LeaseOver));
            assert_eq!(phone.client(home.client), Err(Refusal::LeaseOver));
            assert_eq!(phone.visit(late).map(|_| ()), Err(Refusal::LeaseOver));
            phone.clocks.off_by(0);
            let start = phone.badges(tap(&home.nfc), None, false).expect("badging goes on");
            assert_eq!(start.visit, late, "clocking still knows today's visit");
            w.time.pass(HOUR_MS);
            let _ = phone.badges(tap(&home.nfc), None, false).expect("badging goes on");
            phone.restart();
            assert_eq!(phone.state().state, PhoneState::LeaseOver);
        });
        amina.phone.sync().expect("back");
        assert_eq!(amina.phone.state().state, PhoneState::Ready);
        assert!(amina.phone.sees(late));
        assert_eq!(w.desk.line(late)["hours"]["badged"], 60);
    });
}
