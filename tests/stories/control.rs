//! The control of hours: how wide it is, and what was accepted by mistake (row O-34).

use releve_shared::time::{HOUR_MS, MINUTE_MS};
use releve_tests::world::World;
use releve_tests::world::reading::tap;
use releve_tests::world::time::today_at;
use serde_json::json;

/// O-34: the agency's own tolerance decides what needs no look; an administrator sets it, in the log.
#[test]
fn the_tolerance_is_the_agencys() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 8));
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        w.time.pass(HOUR_MS);
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        amina.phone.sync().unwrap();
        assert_eq!(w.desk.line(visit)["status"], "to_check", "eight minutes are more than five");

        let set = |desk: &releve_tests::world::desk::Desk, minutes: i64| {
            desk.put(
                "/api/desk/settings",
                &json!({ "setting": "tolerance_min", "value": minutes, "reason": "Bouchons" }),
            )
        };
        assert_eq!(set(&w.desk, 10).refusal(), "not_allowed", "not for supervisors");
        let director = w.director();
        assert_eq!(set(&director, 31).refusal(), "invalid");
        assert_eq!(set(&director, -1).refusal(), "invalid");
        let _ = set(&director, 10).ok();
        assert_eq!(w.desk.get("/api/desk/me").ok()["organisation"]["tolerance_min"], 10);
        assert_eq!(w.desk.line(visit)["status"], "done");
        let audit = director.get("/api/desk/audit?limit=50").ok().to_string();
        assert!(audit.contains("setting/tolerance_min") && audit.contains("5 > 10"), "{audit}");
        let (_, elsewhere) = w.agency("Autre Rive", "denis");
        assert_eq!(elsewhere.get("/api/desk/me").ok()["organisation"]["tolerance_min"], 5);
    });
}

/// O-34, B-01: what was accepted by mistake is taken back; both are told, the raw stamps stay, and
/// the worker's phone follows.
#[test]
fn an_acceptance_is_taken_back() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        w.time.pass(40 * MINUTE_MS);
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        amina.phone.sync().unwrap();
        let proof = || w.desk.get(&format!("/api/desk/visits/{visit}/proof")).ok();
        let before = proof()["stamps"].clone();
        let accept = json!({ "rev": w.desk.line(visit)["rev"] });
        let _ = w.desk.post(&format!("/api/desk/visits/{visit}/accept"), &accept).ok();
        amina.phone.sync().unwrap();
        assert!(amina.phone.visit(visit).unwrap().retained.is_some());

        let (_, elsewhere) = w.agency("Autre Rive", "denis");
        let ids = json!({ "visits": [visit] });
        let foreign = elsewhere.post("/api/desk/board/reopen", &ids).ok();
        assert_eq!(foreign["refused"][0]["refusal"], "not_found");
        let back = w.desk.post("/api/desk/board/reopen", &ids).ok();
        assert_eq!(back["accepted"], json!([visit]));
        let line = w.desk.line(visit);
        assert_eq!((&line["status"], &line["retained"]), (&json!("to_check"), &json!(null)));
        assert_eq!(line["hours"], json!({ "planned": 60, "badged": 40, "retained": 0 }));
        let history = proof()["retained"].clone();
        assert_eq!(history[0]["decision"], "accepted");
        assert_eq!(history[0]["undone_by"], "Chloé Martin");
        assert_eq!(proof()["stamps"], before, "the raw stamps stay");
        amina.phone.sync().unwrap();
        let sheet = amina.phone.visit(visit).unwrap();
        assert!(sheet.retained.is_none() && sheet.notes_open);
        // Nothing is taken back twice, nor a correction.
        assert_eq!(w.desk.post("/api/desk/board/reopen", &ids).ok()["accepted"], json!([]));
    });
}

/// B-11: who has no phone is not silent.
#[test]
fn a_caregiver_without_a_phone_is_said_to_have_none() {
    World::each(|w| {
        let amina = w.desk.adds_caregiver("Amina", "Diallo");
        let home = w.home("Lefèvre");
        let visit = w.desk.plans(amina.id, home.client, today_at(8, 0), today_at(9, 0));
        assert_eq!(w.desk.line(visit)["status"], "planned");
        w.time.until(today_at(8, 30));
        assert_eq!(w.desk.line(visit)["status"], "no_phone");
        let missing = "/api/desk/board?day=2026-11-23&to=2026-11-23&filter=missing";
        assert_eq!(w.desk.get(missing).ok()["rows"].as_array().unwrap().len(), 1);
        w.desk.transmits(amina.id, true);
        let _ = w.phone_of(amina);
        assert_eq!(
            w.desk.line(visit)["status"],
            "late",
            "a phone is there, and nothing was badged"
        );
    });
}
