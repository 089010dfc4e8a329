//! Clock proof: what was exported can be checked by anybody, and any flipped byte is named (B-01).

use releve_shared::proof::{Broken, Export};
use releve_shared::time::HOUR_MS;
use releve_tests::world::World;
use releve_tests::world::reading::tap;
use releve_tests::world::time::day_at;

/// B-01: a month of stamps is exported and verified; any changed byte of a stamp names it.
#[test]
fn an_exported_month_is_verified_and_a_flipped_byte_is_named() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let home = w.home("Lefèvre");
        for worker in [&amina, &bruno] {
            for day in 0..3 {
                let _ = w.visit(worker, &home, day_at(day, 8, 0));
            }
            worker.phone.sync().unwrap();
        }
        for day in 0..3 {
            w.time.until(day_at(day, 8, 0));
            for worker in [&amina, &bruno] {
                let _ = worker.phone.badges(tap(&home.nfc), None, false).unwrap();
            }
            w.time.pass(HOUR_MS);
            for worker in [&amina, &bruno] {
                let _ = worker.phone.badges(tap(&home.nfc), None, false).unwrap();
                worker.phone.sync().unwrap();
            }
        }
        let answer = w.desk.get("/api/desk/proof?month=2026-11").ok();
        let export: Export = serde_json::from_value(answer).expect("what verify reads");
        assert_eq!(export.check(), Ok((12, 0)), "as the phones signed it");

        for at in 0..6 {
            for spot in [20, 90, 200] {
                let mut changed = export.clone();
                let raw = &mut changed.devices[1].stamps[at];
                let id: serde_json::Value = serde_json::from_str(raw).unwrap();
                let mut bytes = raw.clone().into_bytes();
                bytes[spot] ^= 1;
                *raw = String::from_utf8(bytes).unwrap();
                let (device, broken) = changed.check().expect_err("found");
                assert_eq!(device, export.devices[1].device);
                // The changed stamp, or the next one, whose link no longer holds.
                let told = format!("{broken}");
                let next =
                    export.devices[1].stamps.get(at + 1).map(String::as_str).unwrap_or_default();
                let named = told.contains(id["id"].as_str().unwrap())
                    || matches!(&broken, Broken::Unreadable { .. } | Broken::Number { .. })
                    || matches!(&broken, Broken::Link { event } if next.contains(&event.to_string()));
                assert!(named, "{told} for stamp {at}");
            }
        }
        let mut shorter = export.clone();
        let _ = shorter.devices[0].stamps.pop();
        assert!(shorter.check().is_err(), "a missing stamp is missed");
        let wrong = w.desk.get("/api/desk/proof?month=novembre");
        assert_eq!(wrong.refusal(), "invalid");
    });
}
