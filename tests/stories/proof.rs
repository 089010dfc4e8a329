//! Clock proof: what was exported can be checked by anybody, and any flipped byte is named (B-01).

use releve_shared::proof::{Broken, Export, Exported};
use releve_shared::time::HOUR_MS;
use releve_shared::visit::{ClockKind, ManualReason};
use releve_tests::world::World;
use releve_tests::world::desk::Desk;
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
                let stamp = &mut changed.devices[1].stamps[at];
                let raw = stamp.raw().expect("shown").to_owned();
                let id: serde_json::Value = serde_json::from_str(&raw).unwrap();
                let mut bytes = raw.into_bytes();
                bytes[spot] ^= 1;
                *stamp = Exported::Raw(String::from_utf8(bytes).unwrap());
                let (device, broken) = changed.check().expect_err("found");
                assert_eq!(device, export.devices[1].device);
                // The changed stamp, or the next one, whose link no longer holds.
                let told = format!("{broken}");
                let next = export.devices[1]
                    .stamps
                    .get(at + 1)
                    .and_then(Exported::raw)
                    .unwrap_or_default();
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

/// B-01, I9: the month of a visit counts, not that of its reception; and of a person who works for two
/// agencies, each sees its own stamps only, while the chain of the phone still verifies.
#[test]
fn each_employer_exports_its_own_stamps_of_the_month() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let (organisation, theirs) = w.agency("Autre Rive", "denis");
        let hers = w.joins(&amina, organisation);
        theirs.transmits(hers, true);
        let client = theirs.adds_client("Odile", "Canari-Garnier");
        // In November for the one, on its last day for the other; sent in December.
        let here = [day_at(0, 8, 0), day_at(7, 8, 0)].map(|from| w.visit(&amina, &home, from));
        let from = day_at(7, 10, 0);
        let there = theirs.plans(hers, client, from, from.plus(HOUR_MS));
        amina.phone.sync().unwrap();
        w.time.until(day_at(0, 8, 0));
        let stays = |visit| {
            let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
            w.time.pass(HOUR_MS);
            let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        };
        stays(here[0]);
        amina.phone.sync().unwrap();
        w.time.until(day_at(7, 8, 0));
        stays(here[1]);
        // Her phone is the first employer's: the other's visits are stamped by hand on it.
        w.time.until(day_at(7, 10, 0));
        for kind in [ClockKind::Start, ClockKind::End] {
            let _ = amina.phone.by_hand(there, kind, Some(ManualReason::TagError)).unwrap();
            w.time.pass(HOUR_MS);
        }
        w.time.until(day_at(8, 7, 0));
        let december = w.visit(&amina, &home, day_at(8, 8, 0));
        amina.phone.sync().unwrap();
        w.time.until(day_at(8, 8, 0));
        stays(december);
        amina.phone.sync().unwrap();

        let export = |desk: &Desk, month: &str| {
            let answer = desk.get(&format!("/api/desk/proof?month={month}")).ok();
            let export: Export = serde_json::from_value(answer.clone()).expect("what verify reads");
            (export.check().expect("the chain holds"), answer.to_string())
        };
        let (checked, text) = export(&w.desk, "2026-11");
        assert_eq!(checked, (4, 0), "both November visits, the second received in December");
        assert!(!text.contains(&there.to_string()) && !text.contains(&hers.to_string()));
        assert!(!text.contains(&client.to_string()) && !text.contains(&december.to_string()));
        let (checked, text) = export(&theirs, "2026-11");
        assert_eq!(checked, (2, 0));
        assert!(text.contains(&there.to_string()));
        for foreign in [here[0], here[1], december] {
            assert!(!text.contains(&foreign.to_string()), "another employer's stamp: {text}");
        }
        assert_eq!(export(&w.desk, "2026-12").0, (2, 0));
        assert_eq!(export(&theirs, "2026-12").0, (0, 0));
    });
}
