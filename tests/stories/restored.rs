//! A server restored from an older backup: another epoch, and phones offer again what it forgot.

use releve_shared::time::HOUR_MS;
use releve_tests::world::World;
use releve_tests::world::reading::tap;
use releve_tests::world::time::today_at;

/// C8, T14: what was acknowledged after the backup comes again from the phone, once.
#[test]
fn phones_offer_again_what_a_restored_server_forgot() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let home = w.home("Lefèvre");
        let (hers, his) =
            (w.visit(&amina, &home, today_at(8, 0)), w.visit(&bruno, &home, today_at(9, 0)));
        amina.phone.sync().unwrap();
        bruno.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(hers), false).unwrap();
        amina.phone.sync().unwrap();

        w.backup();
        w.time.until(today_at(9, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(hers), false).unwrap();
        let _ = bruno.phone.badges(tap(&home.nfc), Some(his), false).unwrap();
        amina.phone.notes(hers, 12, 0, "Après la sauvegarde").unwrap();
        amina.phone.sync().unwrap();
        bruno.phone.sync().unwrap();
        assert_eq!((amina.phone.tally(), bruno.phone.tally()), ((0, 3, 0), (0, 1, 0)));

        w.restore();
        assert_eq!(w.desk.line(hers)["end"], serde_json::Value::Null, "the server has forgotten");
        w.time.pass(HOUR_MS);
        for phone in [&amina.phone, &bruno.phone, &amina.phone, &bruno.phone] {
            phone.sync().unwrap();
        }
        let line = w.desk.line(hers);
        assert_eq!(line["hours"]["badged"], 60);
        assert_eq!(line["notes"]["comment"], "Après la sauvegarde");
        assert_ne!(w.desk.line(his)["start"], serde_json::Value::Null);
        assert_eq!((amina.phone.tally(), bruno.phone.tally()), ((0, 3, 0), (0, 1, 0)));
        assert_eq!(amina.phone.visit(hers).unwrap().hours.badged, 60);
        let proof = w.desk.get(&format!("/api/desk/visits/{hers}/proof")).ok();
        assert_eq!(proof["stamps"].as_array().unwrap().len(), 2);
        assert!(!proof.to_string().contains("chain_broken"), "{proof}");
    });
}
