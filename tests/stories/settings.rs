//! The thresholds of an agency, in one place (row O-45), and who has read what (row B-19).

use releve_core::door::{Act, Ask, View};
use releve_shared::setting::Setting;
use releve_shared::time::{DAY_MS, MINUTE_MS};
use releve_tests::world::World;
use releve_tests::world::desk::{Answer, Desk, of};
use releve_tests::world::phone::Phone;
use releve_tests::world::reading::tap;
use releve_tests::world::time::today_at;
use serde_json::{Value, json};

fn set(desk: &Desk, setting: &str, value: i64, reason: &str) -> Answer {
    desk.put("/api/desk/settings", &json!({ "setting": setting, "value": value, "reason": reason }))
}

fn row(rows: &Value, setting: &str) -> Value {
    let found = rows.as_array().expect("a list").iter().find(|row| row["setting"] == setting);
    found.unwrap_or_else(|| panic!("{setting} is not in the list")).clone()
}

fn lease_until(phone: &Phone) -> Option<releve_shared::time::Moment> {
    phone.privacy().unwrap().lease_until
}

fn callbacks(phone: &Phone) -> usize {
    let Ok(View::Contacts(view)) = phone.ask(&Ask::Contacts) else { panic!("another view") };
    view.callbacks.len()
}

/// O-45: every threshold has bounds, a usual value and a history of who, when, from what to what and why;
/// a supervisor reads, an administrator changes, and another agency keeps its own.
#[test]
fn every_threshold_is_set_within_bounds_and_its_changes_are_kept() {
    World::each(|w| {
        let director = w.director();
        let (_, elsewhere) = w.agency("Autre Rive", "denis");
        let before = elsewhere.get("/api/desk/settings").ok();
        let known = w.desk.get("/api/desk/settings").ok();
        assert_eq!(known.as_array().map(Vec::len), Some(Setting::KNOWN.len()));
        for code in Setting::KNOWN {
            let told = row(&known, code);
            let number = |field: &str| told[field].as_i64().expect("a number");
            assert_eq!(number("value"), number("usual"), "{code}: {told}");
            assert_eq!(told["history"], json!([]), "{code}");
            let (usual, least, most) = (number("usual"), number("least"), number("most"));
            let new = if usual == most { least } else { most };
            assert_eq!(set(&w.desk, code, new, "Essai").refusal(), "not_allowed", "{code}");
            assert_eq!(set(&director, code, most + 1, "Essai").refusal(), "invalid", "{code}");
            assert_eq!(set(&director, code, least - 1, "Essai").refusal(), "invalid", "{code}");
            assert_eq!(set(&director, code, new, "  ").refusal(), "reason_missing", "{code}");
            w.time.pass(MINUTE_MS);
            let at = w.time.now();
            let rows = set(&director, code, new, "Accord du CSE").ok();
            let changed = row(&rows, code);
            assert_eq!(changed["value"], new, "{code}");
            let told = json!({ "was": usual, "value": new, "reason": "Accord du CSE",
                "changed_by": "La direction", "changed_at": at });
            assert_eq!(changed["history"], json!([told]), "{code}");

            // Undone: back to what it was, and both are remembered.
            w.time.pass(MINUTE_MS);
            let undone = row(&set(&director, code, usual, "Annulé").ok(), code);
            assert_eq!(undone["value"], usual, "{code}");
            assert_eq!(undone["history"].as_array().map(Vec::len), Some(2), "{code}");
            assert_eq!(undone["history"][0]["was"], new, "{code}: the newest first");
        }
        assert_eq!(set(&director, "of_tomorrow", 1, "Essai").refusal(), "invalid");
        assert_eq!(elsewhere.get("/api/desk/settings").ok(), before, "each agency has its own");
        let log = director.get("/api/desk/audit?limit=500").ok().to_string();
        for code in Setting::KNOWN {
            assert!(log.contains(&format!("setting/{code}")), "{code} is in the log");
        }
        // What is changed on the alarms' own page is remembered here as well.
        let mut alarms = director.get("/api/desk/alarms/settings").ok()["settings"].clone();
        alarms["rules"]["pre_alarm_s"] = json!(15);
        w.time.pass(MINUTE_MS);
        let _ = director.put("/api/desk/alarms/settings", &alarms).ok();
        let rows = director.get("/api/desk/settings").ok();
        let told = row(&rows, "pre_alarm_s");
        assert_eq!((&told["value"], &told["history"][0]["was"]), (&json!(15), &json!(10)));
    });
}

/// O-45, O-25, O-44: what is set holds on phones: how long they read alone, and which taps are one.
#[test]
fn phones_follow_the_thresholds() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let _ = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        assert_eq!(lease_until(&amina.phone), Some(w.time.now().plus(7 * DAY_MS)));
        let director = w.director();
        let _ = set(&director, "lease_days", 2, "Téléphones perdus").ok();
        let _ = set(&director, "same_callback_min", 30, "Trop de demandes").ok();
        w.time.pass(MINUTE_MS);
        amina.phone.sync().unwrap();
        assert_eq!(lease_until(&amina.phone), Some(w.time.now().plus(2 * DAY_MS)));

        amina.phone.offline(|phone| {
            phone.act(Act::CallMe).unwrap();
            w.time.pass(20 * MINUTE_MS);
            phone.act(Act::CallMe).unwrap();
            assert_eq!(callbacks(phone), 1, "within thirty minutes they are one");
            w.time.pass(31 * MINUTE_MS);
            phone.act(Act::CallMe).unwrap();
            assert_eq!(callbacks(phone), 2);
        });
        amina.phone.sync().unwrap();
        let asked = w.desk.get("/api/desk/callbacks").ok();
        assert_eq!(asked.as_array().map(Vec::len), Some(2), "{asked}");
    });
}

/// B-19: who opened a client's sheet or reports, in which role, which sections, and whose phones hold it.
#[test]
fn who_has_read_a_sheet_is_told() {
    World::each(|w| {
        let (amina, home, other) = (w.worker("Amina"), w.home("Lefèvre"), w.home("Garnier"));
        let visit = w.visit(&amina, &home, today_at(8, 0));
        let path = format!("/api/desk/clients/{}", home.client);
        let list = |desk: &Desk| desk.get(&format!("{path}/accesses")).ok();
        let lines = |desk: &Desk, verb: &str| -> Vec<Value> {
            let entries = list(desk)["entries"].as_array().expect("entries").clone();
            entries.into_iter().filter(|row| row["verb"] == verb).collect()
        };
        let director = w.director();
        let before = lines(&w.desk, "client.read").len();
        w.time.pass(MINUTE_MS);
        let sheet = director.get(&path).ok();
        let told = lines(&w.desk, "client.read");
        assert_eq!(told.len(), before + 1);
        let sections = sheet["sections"].as_array().expect("sections").clone();
        let kinds: Vec<String> = sections.iter().map(|one| of(one, "kind")).collect();
        let detail = [&["admin".to_owned()], kinds.as_slice()].concat().join(" ");
        assert_eq!((&told[0]["who"], &told[0]["detail"]), (&json!("La direction"), &json!(detail)));
        assert_eq!(told[0]["at"], w.time.now().0);
        let _ = director.get(&path).ok();
        assert_eq!(
            lines(&w.desk, "client.read").len(),
            before + 1,
            "a page that refreshes reads once"
        );
        w.time.pass(16 * MINUTE_MS);
        let _ = director.get(&path).ok();
        assert_eq!(lines(&w.desk, "client.read").len(), before + 2);
        assert_eq!(list(&w.desk)["on_phones"], json!(["Amina Diallo"]));

        // Reports tell of health too: of one client with the sheet, of all with all.
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        amina.phone.notes(visit, 12, 0, "Fatiguée").unwrap();
        amina.phone.sync().unwrap();
        let days = "day=2026-11-23&to=2026-11-23";
        let _ = w.desk.get(&format!("/api/desk/reports?{days}&client={}", home.client)).ok();
        let of_client = lines(&w.desk, "client.reports");
        assert_eq!(of_client[0]["detail"], "supervisor 2026-11-23 2026-11-23");
        assert_eq!(of_client[0]["who"], "Chloé Martin");
        let _ = w.desk.get(&format!("/api/desk/reports?{days}")).ok();
        assert_eq!(lines(&w.desk, "report.read").len(), 1);
        let theirs = w.desk.get(&format!("/api/desk/clients/{}/accesses", other.client)).ok();
        assert!(!theirs.to_string().contains("client.reports"), "not hers: {theirs}");
        let (_, elsewhere) = w.agency("Autre Rive", "denis");
        assert_eq!(elsewhere.get(&format!("{path}/accesses")).refusal(), "not_found");
        let log = director.get("/api/desk/audit?limit=500").ok();
        assert!(!log.to_string().contains("Fatiguée"), "no words of a report");
        let about = |what: &str| {
            let mine = |entry: &&Value| entry["what"] == what && entry["verb"] == "client.read";
            log.as_array().expect("a list").iter().find(mine).map(|entry| entry["whose"].clone())
        };
        assert_eq!(about(&format!("client/{}", home.client)), Some(json!("Jeanne Lefèvre")));
        for entry in log.as_array().expect("a list") {
            let kept = format!("{} {}", entry["what"], entry["detail"]);
            assert!(!kept.contains("Lefèvre"), "ids and codes only are kept: {kept}");
        }
    });
}
