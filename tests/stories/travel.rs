//! Travel is work: computed, corrected, both kept (row B-21).

use releve_core::door::Act;
use releve_shared::refusal::Refusal;
use releve_shared::travel::{Correction, Leg};
use releve_tests::world::World;
use releve_tests::world::desk::client_input;
use releve_tests::world::time::today_at;
use serde_json::json;

/// B-21: between two visits of a half-day, from the addresses; the worker corrects, the desk sees both.
#[test]
fn a_way_is_computed_and_corrected() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let (first, second, noon) = (w.home("Lefèvre"), w.home("Garnier"), w.home("Pujol"));
        let placed = |home: &releve_tests::world::Home, name: &str, at: (i32, i32)| {
            let mut body = client_input("Odette", name);
            body["at"] = json!({ "lat_e6": at.0, "lon_e6": at.1 });
            let _ = w.desk.put(&format!("/api/desk/clients/{}", home.client), &body).ok();
        };
        placed(&first, "Lefèvre", (43_928_900, 2_146_400));
        placed(&second, "Garnier", (43_935_000, 2_160_000));
        let (a, b, c) = (
            w.visit(&amina, &first, today_at(8, 0)),
            w.visit(&amina, &second, today_at(9, 30)),
            w.visit(&amina, &noon, today_at(14, 0)),
        );
        amina.phone.sync().unwrap();
        let day = amina.phone.day(None).unwrap();
        assert_eq!(day.travel.len(), 1, "none across noon: {:?}", day.travel);
        let way = &day.travel[0];
        assert_eq!((way.visit, way.from), (b, a));
        let computed = way.computed;
        assert!((14..=20).contains(&computed.distance_hm.unwrap()), "{computed:?}");
        assert_eq!(Some(day.travel_min), computed.minutes, "counted as work");
        assert_eq!(amina.phone.visit(c).unwrap().travel, None);

        let leg = Leg { distance_hm: Some(31), minutes: Some(12) };
        let says = |leg| {
            let correction = Correction { from: a, leg, note: "Route barrée".into() };
            amina.phone.act(Act::CorrectTravel { visit: b, correction: Some(correction) })
        };
        let far = Leg { distance_hm: Some(9_000), minutes: None };
        assert_eq!(says(far), Err(Refusal::Invalid));
        amina.phone.offline(|phone| {
            says(leg).unwrap();
            let day = phone.day(None).unwrap();
            assert_eq!((day.travel[0].corrected, day.travel_min), (Some(leg), 12));
        });
        amina.phone.sync().unwrap();
        let held = amina.phone.visit(b).unwrap().travel.unwrap();
        assert_eq!((held.computed, held.corrected), (computed, Some(leg)), "both are kept");
        let list = w.desk.get("/api/desk/travel?day=2026-11-23&to=2026-11-23").ok();
        assert_eq!(list["ways"].as_array().map(Vec::len), Some(1), "{list}");
        let way = &list["ways"][0];
        assert_eq!(way["computed"], json!(computed), "the same rule on both ends");
        assert_eq!((&way["corrected"], &way["note"]), (&json!(leg), &json!("Route barrée")));
        assert_eq!((&list["minutes"], &list["distance_hm"]), (&json!(12), &json!(31)));

        amina.phone.act(Act::CorrectTravel { visit: b, correction: None }).unwrap();
        amina.phone.sync().unwrap();
        let list = w.desk.get("/api/desk/travel?day=2026-11-23&to=2026-11-23").ok();
        assert_eq!(list["ways"][0]["corrected"], json!(null), "taken back");
        assert_eq!(amina.phone.visit(b).unwrap().travel.unwrap().corrected, None);
    });
}
