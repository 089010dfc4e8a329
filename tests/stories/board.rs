//! The control board: what was planned, what was badged, what the office retains.

use releve_shared::time::{HOUR_MS, MINUTE_MS, Moment};
use releve_shared::visit::Decision;
use releve_tests::world::reading::tap;
use releve_tests::world::time::today_at;
use releve_tests::world::{Home, Worker, World};
use serde_json::{Value, json};

fn done(
    w: &World,
    amina: &Worker,
    home: &Home,
    hour: i8,
    minutes: i64,
) -> releve_shared::id::VisitId {
    let visit = w.visit(amina, home, today_at(hour, 0));
    amina.phone.sync().unwrap();
    w.time.until(today_at(hour, 0));
    amina.phone.offline(|phone| {
        let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        w.time.pass(minutes * MINUTE_MS);
        let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
    });
    amina.phone.sync().unwrap();
    visit
}

fn stamps(w: &World, visit: releve_shared::id::VisitId) -> Vec<Value> {
    let proof = w.desk.get(&format!("/api/desk/visits/{visit}/proof")).ok();
    let stamps = proof["stamps"].as_array().expect("stamps").iter();
    stamps.map(|stamp| stamp["raw"].clone()).collect()
}

/// O-34, I7: accepted or corrected with a reason; the raw stamps stay; everybody sees the same hours.
#[test]
fn the_office_accepts_or_corrects_and_the_stamps_stay() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let (first, second) = (w.home("Lefèvre"), w.home("Garnier"));
        let accepted = done(w, &amina, &first, 8, 61);
        let corrected = done(w, &amina, &second, 10, 20);
        let before = [stamps(w, accepted), stamps(w, corrected)];

        let line = w.desk.line(accepted);
        assert_eq!(
            (&line["status"], &line["difference_min"]),
            (&"done".into(), &1.into()),
            "{line}"
        );
        let path = format!("/api/desk/visits/{accepted}/accept");
        let _ = w.desk.post(&path, &json!({ "rev": line["rev"] })).ok();

        w.time.until(today_at(11, 30));
        let line = w.desk.line(corrected);
        assert_eq!((&line["status"], &line["difference_min"]), (&"to_check".into(), &(-40).into()));
        let path = format!("/api/desk/visits/{corrected}/correct");
        let to = |minutes: i64| today_at(10, 0).plus(minutes * MINUTE_MS);
        let correct = |to: Moment, reason: Value| {
            json!({ "starts_at": today_at(10, 0), "ends_at": to, "reason": reason,
                "note": "La cliente a confirmé", "rev": w.desk.line(corrected)["rev"] })
        };
        let unreasoned = w.desk.post(&path, &correct(to(60), Value::Null));
        assert!((400..500).contains(&unreasoned.status), "a correction wants its reason");
        let backwards = w.desk.post(&path, &correct(to(-10), "client_request".into()));
        assert_eq!(backwards.refusal(), "time_impossible");
        let _ = w.desk.post(&path, &correct(to(60), "client_request".into())).ok();

        assert_eq!([stamps(w, accepted), stamps(w, corrected)], before, "the raw stamps stay");
        let line = w.desk.line(corrected);
        assert_eq!(line["status"], "corrected");
        assert_eq!(line["hours"], json!({ "planned": 60, "badged": 20, "retained": 60 }));

        amina.phone.sync().unwrap();
        let sheet = amina.phone.visit(corrected).unwrap();
        let retained = sheet.retained.expect("the worker sees what was retained");
        assert_eq!(retained.decision, Decision::Corrected);
        assert_eq!(
            (retained.note.as_str(), retained.decided_by.as_str()),
            ("La cliente a confirmé", "Chloé Martin")
        );
        assert_eq!((sheet.hours.planned, sheet.hours.badged, sheet.hours.retained), (60, 20, 60));
        let sheet = amina.phone.visit(accepted).unwrap();
        assert_eq!((sheet.hours.badged, sheet.hours.retained), (61, 61));

        let totals = w.desk.board("2026-11-23", "2026-11-23")["totals"].clone();
        assert_eq!(totals, json!({ "planned": 120, "badged": 81, "retained": 121 }));
        assert_eq!(amina.phone.day(None).unwrap().hours.badged, 81);

        assert_eq!(w.desk.get("/api/desk/audit").refusal(), "not_allowed", "not for supervisors");
        let audit = w.director().get("/api/desk/audit?limit=50").ok().to_string();
        assert!(audit.contains(&corrected.to_string()), "who decided is in the log");
    });
}

/// Two supervisors, one visit: the second is told to look again; nothing is overwritten unseen.
#[test]
fn a_stale_screen_overwrites_nothing() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = done(w, &amina, &home, 8, 60);
        let seen = w.desk.line(visit)["rev"].clone();
        let path = format!("/api/desk/visits/{visit}/accept");
        let _ = w.desk.post(&path, &json!({ "rev": seen })).ok();
        let correct = json!({ "starts_at": today_at(8, 0), "ends_at": today_at(8, 30),
            "reason": "device", "note": "", "rev": seen });
        let late = w.desk.post(&format!("/api/desk/visits/{visit}/correct"), &correct);
        assert_eq!((late.status, late.refusal().as_str()), (409, "stale"));
        assert_eq!(w.desk.line(visit)["hours"]["retained"], 60);

        let sheet = w.desk.get(&format!("/api/desk/clients/{}", home.client)).ok();
        let mut change = sheet.clone();
        change["first_name"] = "Jeannine".into();
        let _ = w.desk.put(&format!("/api/desk/clients/{}", home.client), &change).ok();
        let late = w.desk.put(&format!("/api/desk/clients/{}", home.client), &sheet);
        assert_eq!((late.status, late.refusal().as_str()), (409, "stale"));
    });
}

/// B-11: "nothing received, the phone is silent" is not "nothing badged, the phone is online".
#[test]
fn a_silent_phone_is_never_called_an_absence() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let home = w.home("Lefèvre");
        let (hers, his) =
            (w.visit(&amina, &home, today_at(8, 0)), w.visit(&bruno, &home, today_at(8, 0)));
        amina.phone.sync().unwrap();
        bruno.phone.sync().unwrap();
        assert_eq!(w.desk.line(hers)["status"], "planned");
        w.time.until(today_at(8, 30));
        bruno.phone.sync().unwrap();
        assert_eq!(w.desk.line(hers)["status"], "silent");
        assert_eq!(w.desk.line(his)["status"], "late");
        let heard = w.desk.line(hers)["phone"]["last_sync_at"].as_i64().expect("since when");
        assert!(heard <= today_at(7, 30).0 + MINUTE_MS);

        // Amina was there all the time.
        amina.phone.offline(|phone| {
            let _ = phone.badges(tap(&home.nfc), Some(hers), false).unwrap();
        });
        w.time.pass(HOUR_MS / 2);
        amina.phone.sync().unwrap();
        assert_eq!(w.desk.line(hers)["status"], "in_progress");
    });
}
