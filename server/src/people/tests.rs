use releve_shared::id::MembershipId;
use releve_shared::sync::{RowKind, Scope};
use serde_json::{Value, json};

use super::*;
use crate::testing::World;

async fn desk() -> (World, String, String) {
    let world = World::new().await;
    world.organisation("albi").await;
    world.organisation("gaillac").await;
    let (ours, theirs) = (world.sign_in("albi").await, world.sign_in("gaillac").await);
    (world, ours, theirs)
}

fn amina() -> Value {
    json!({ "first_name": "Amina", "last_name": "Bénali", "phone": "06 12 34 56 78", "role": "Aide" })
}

async fn add(world: &World, cookie: &str, typed: Value) -> Value {
    let came = world.call("POST", "/api/desk/caregivers", Some(typed), Some(cookie)).await;
    assert_eq!(came.status, 201, "{}", came.body);
    came.body
}

#[tokio::test]
async fn o_06_a_caregiver_is_added_found_changed_and_ended() {
    let (world, ours, theirs) = desk().await;
    let made = add(&world, &ours, amina()).await;
    assert_eq!(made["phone"], "+33612345678");
    assert_eq!((&made["transmit"], &made["transmission"]), (&json!(false), &json!("not_sent")));
    let path = format!("/api/desk/caregivers/{}", made["id"].as_str().unwrap());

    for typed in ["benali", "AMINA", "ami ben", "0612", "06 12 34"] {
        let q = typed.replace(' ', "%20");
        let found =
            world.call("GET", &format!("/api/desk/caregivers?q={q}"), None, Some(&ours)).await;
        assert_eq!(found.body.as_array().unwrap().len(), 1, "{typed}");
    }
    let mut typed = amina();
    typed["last_name"] = json!("Kaci");
    typed["rev"] = made["rev"].clone();
    let changed = world.call("PUT", &path, Some(typed.clone()), Some(&ours)).await;
    assert_eq!(changed.body["last_name"], "Kaci");
    let stale = world.call("PUT", &path, Some(typed), Some(&ours)).await;
    assert_eq!((stale.status.as_u16(), stale.refusal()), (409, "stale"));

    let (tick, yes) = (format!("{path}/transmit"), json!({ "transmit": true }));
    let ticked = world.call("PUT", &tick, Some(yes), Some(&ours)).await;
    assert_eq!(ticked.body["transmit"], true);
    for (method, path, body) in [
        ("GET", path.clone(), None),
        ("PUT", path.clone(), Some(amina())),
        ("PUT", format!("{path}/transmit"), Some(json!({"transmit": true}))),
        ("POST", format!("{path}/end"), None),
    ] {
        let foreign = world.call(method, &path, body, Some(&theirs)).await;
        assert_eq!(
            (foreign.status.as_u16(), foreign.refusal()),
            (404, "not_found"),
            "{method} {path}"
        );
    }
    let ended = world.call("POST", &format!("{path}/end"), None, Some(&ours)).await;
    assert_eq!((&ended.body["state"], &ended.body["transmit"]), (&json!("ended"), &json!(false)));
}

#[tokio::test]
async fn a_field_that_cannot_be_taken_is_named() {
    let (world, ours, _) = desk().await;
    for (field, value, refusal) in [
        ("first_name", json!("  "), "invalid"),
        ("last_name", json!("x".repeat(200)), "too_long"),
        ("phone", json!("call me"), "invalid"),
        ("role", json!("a\u{0}b"), "invalid"),
    ] {
        let mut typed = amina();
        typed[field] = value;
        let came = world.call("POST", "/api/desk/caregivers", Some(typed), Some(&ours)).await;
        assert!(came.status.is_client_error(), "{field}");
        assert_eq!((came.refusal(), came.body["field"].as_str()), (refusal, Some(field)));
    }
}

#[tokio::test]
async fn hostile_names_stay_names() {
    let (world, ours, _) = desk().await;
    for name in ["'; DROP TABLE person; --", "<script>alert(1)</script>", "$1 %s {0} \\", "Zoé 😀"]
    {
        let mut typed = amina();
        typed["last_name"] = json!(name);
        let made = add(&world, &ours, typed).await;
        assert_eq!(made["last_name"], name);
    }
    let all = world.call("GET", "/api/desk/caregivers?q=%25", None, Some(&ours)).await;
    assert_eq!(all.body.as_array().unwrap().len(), 4);
}

/// O-06: without the tick a phone is granted the person alone; without a visit no planning, but what the
/// agency tells everybody: the settings of the alarm must reach her before her first visit does.
#[tokio::test]
async fn o_06_a_planning_is_granted_when_ticked_and_planned() {
    let (world, ours, _) = desk().await;
    let made = add(&world, &ours, amina()).await;
    let id: MembershipId = made["id"].as_str().unwrap().parse().unwrap();
    let person = made["person_id"].as_str().unwrap().parse().unwrap();
    let granted = || world.write(move |tx, _| grants(tx, person).unwrap());
    assert_eq!(granted().await, vec![Scope::person(person)]);
    let tick = json!({ "transmit": true });
    let path = format!("/api/desk/caregivers/{id}/transmit");
    world.call("PUT", &path, Some(tick), Some(&ours)).await;
    let early = granted().await;
    let kinds: Vec<&str> = early.iter().filter_map(|s| s.as_str().split('/').next()).collect();
    assert_eq!(kinds, ["organisation", "person"], "no visit is planned");

    let client = json!({ "title": "mrs", "first_name": "Yvette", "last_name": "Garrigues",
        "street": "3 rue Basse", "postal_code": "81000", "commune": "Albi" });
    let client = world.call("POST", "/api/desk/clients", Some(client), Some(&ours)).await;
    let now = world.app.now().0;
    let visit = json!({ "membership": id, "client": client.body["id"], "service": "Toilette",
        "starts_at": now + 3_600_000, "ends_at": now + 7_200_000 });
    let visit = world.call("POST", "/api/desk/visits", Some(visit), Some(&ours)).await;
    assert_eq!(visit.status, 201, "{}", visit.body);
    assert!(granted().await.contains(&Scope::membership(id)));
    let end =
        world.call("POST", &format!("/api/desk/caregivers/{id}/end"), None, Some(&ours)).await;
    assert_eq!(end.refusal(), "in_use", "visits are planned");

    let body =
        world.write(move |tx, _| body(tx, &RowKind::Person, &person.to_string()).unwrap()).await;
    assert!(body.unwrap().contains("Amina"));
}
