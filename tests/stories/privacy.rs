//! No position at clocking, and the worker sees what is held (row B-05).

use releve_shared::time::HOUR_MS;
use releve_tests::world::World;
use releve_tests::world::reading::tap;
use releve_tests::world::time::today_at;

/// B-05: clocking reads no position, sends none, and the ledger says so.
#[test]
fn clocking_reads_no_position() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        w.time.pass(HOUR_MS);
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        amina.phone.sync().unwrap();
        let ledger = amina.phone.privacy().unwrap();
        assert!(ledger.positions.is_empty());
        assert_eq!((ledger.visits_held, ledger.clients_held, ledger.stamps_held), (1, 1, 2));
        assert!(ledger.lease_until.is_some_and(|until| until > w.time.now()));
        let proof = w.desk.get(&format!("/api/desk/visits/{visit}/proof")).ok().to_string();
        for word in ["\"lat", "\"lon", "position", "accuracy", "altitude"] {
            assert!(!proof.contains(word), "{word} in {proof}");
        }
    });
}
