//! Who sees what of a client's sheet (row O-12).

use releve_shared::client::SectionKind;
use releve_tests::world::World;
use releve_tests::world::desk::client_input;
use releve_tests::world::folder::found_in;
use releve_tests::world::time::today_at;
use serde_json::{Value, json};

fn rule(kind: &str, caregivers: bool, supervisors: bool) -> Value {
    json!({ "kind": kind, "title": "", "caregivers": caregivers, "supervisors": supervisors })
}

/// O-12: what caregivers may not see is in no byte that a phone gets; what supervisors may not see
/// survives their changes.
#[test]
fn a_hidden_section_never_reaches_a_phone() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let _ = w.visit(&amina, &home, today_at(10, 0));
        let mut body = client_input("Odette", "Lefèvre");
        body["sections"] = json!([
            { "kind": "access", "text": "Sonner deux fois" },
            { "kind": "health", "text": "CANARI-diagnostic" },
            { "kind": "habits", "text": "Thé à dix heures" },
        ]);
        let path = format!("/api/desk/clients/{}", home.client);
        let _ = w.desk.put(&path, &body).ok();
        amina.phone.sync().unwrap();
        let sees = || {
            let client = amina.phone.client(home.client).unwrap().client;
            client.sections.iter().map(|s| s.kind.code().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(sees(), ["access", "health", "habits"], "all, until somebody decides");

        let rules = json!({ "rules": [rule("health", false, true), rule("habits", true, false)] });
        assert_eq!(w.desk.put("/api/desk/section-rules", &rules).refusal(), "not_allowed");
        let director = w.director();
        let _ = director.put("/api/desk/section-rules", &rules).ok();
        amina.phone.sync().unwrap();
        assert_eq!(sees(), ["access", "habits"], "it has left the phone");
        amina.phone.line.record();
        let bruno = w.worker("Bruno");
        let _ = w.visit(&bruno, &home, today_at(12, 0));
        bruno.phone.line.record();
        bruno.phone.sync().unwrap();
        let wire = bruno.phone.line.heard();
        assert!(wire.contains("Sonner deux fois"), "the control: the sheet went over this line");
        assert!(!wire.contains("CANARI-diagnostic"), "a hidden section is on the wire");
        bruno.phone.close();
        assert!(found_in(bruno.phone.folder(), &["CANARI-diagnostic".to_owned()]).is_empty());

        let sheet = w.desk.get(&path).ok();
        let kinds: Vec<_> =
            sheet["sections"].as_array().unwrap().iter().map(|s| s["kind"].clone()).collect();
        assert_eq!(kinds, [json!("access"), json!("health")], "a supervisor sees no habits");
        body["sections"] = sheet["sections"].clone();
        body["sections"][0]["text"] = json!("Sonner trois fois");
        let _ = w.desk.put(&path, &body).ok();
        let whole = director.get(&path).ok();
        assert_eq!(whole["sections"].as_array().map(Vec::len), Some(3), "nothing is lost: {whole}");
        assert_eq!(whole["sections"][0]["text"], "Sonner trois fois");

        // A kind of the agency's own, with its heading on the phone.
        let own = json!({ "rules": [{ "kind": "", "title": "Aidants", "caregivers": true,
            "supervisors": true }] });
        let made = director.put("/api/desk/section-rules", &own).ok();
        let code = made.as_array().unwrap().last().unwrap()["kind"].clone();
        body["sections"] = json!([{ "kind": code, "text": "Sa fille passe le soir" }]);
        let _ = director.put(&path, &body).ok();
        amina.phone.sync().unwrap();
        let held = amina.phone.client(home.client).unwrap().client.sections;
        assert_eq!(held[0].title, "Aidants");
        assert!(matches!(held[0].kind, SectionKind::Unknown(_)));
        body["sections"] = json!([{ "kind": "own_99", "text": "Inconnue" }]);
        assert_eq!(director.put(&path, &body).refusal(), "invalid");
    });
}
