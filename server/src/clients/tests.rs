use releve_shared::badge::parse_link;
use releve_shared::time::DAY_MS;
use serde_json::{Value, json};

use crate::testing::World;

async fn desk() -> (World, String, String) {
    let world = World::new().await;
    world.organisation("albi").await;
    world.organisation("gaillac").await;
    let (ours, theirs) = (world.sign_in("albi").await, world.sign_in("gaillac").await);
    (world, ours, theirs)
}

fn yvette() -> Value {
    json!({ "title": "mrs", "first_name": "Yvette", "last_name": "Garrigues", "street": "3 rue Basse",
        "postal_code": "81000", "commune": "Albi", "phone": "05 63 54 01 02", "door_code": "12A4",
        "sections": [{ "kind": "health", "text": "Diabète" }] })
}

async fn add(world: &World, cookie: &str, typed: Value) -> Value {
    let came = world.call("POST", "/api/desk/clients", Some(typed), Some(cookie)).await;
    assert_eq!(came.status, 201, "{}", came.body);
    came.body
}

#[tokio::test]
async fn o_11_a_sheet_is_kept_found_and_changed() {
    let (world, ours, theirs) = desk().await;
    let made = add(&world, &ours, yvette()).await;
    assert_eq!((&made["phone"], &made["rev"]), (&json!("+33563540102"), &json!(1)));
    assert_eq!(made["sections"][0]["text"], "Diabète");
    let path = format!("/api/desk/clients/{}", made["id"].as_str().unwrap());
    for q in ["garrigues", "albi%20yvette", "0563540102", "RUE"] {
        let found = world.call("GET", &format!("/api/desk/clients?q={q}"), None, Some(&ours)).await;
        assert_eq!(found.body.as_array().unwrap().len(), 1, "{q}");
    }
    let mut typed = yvette();
    typed["commune"] = json!("Gaillac");
    typed["rev"] = json!(1);
    let changed = world.call("PUT", &path, Some(typed.clone()), Some(&ours)).await;
    assert_eq!((&changed.body["commune"], &changed.body["rev"]), (&json!("Gaillac"), &json!(2)));
    let stale = world.call("PUT", &path, Some(typed), Some(&ours)).await;
    assert_eq!(stale.refusal(), "stale");
    for (method, body) in [("GET", None), ("PUT", Some(yvette()))] {
        let foreign = world.call(method, &path, body, Some(&theirs)).await;
        assert_eq!((foreign.status.as_u16(), foreign.refusal()), (404, "not_found"));
    }
    for (field, value) in [("postal_code", "8100"), ("postal_code", "ABCDE"), ("title", "king")] {
        let mut typed = yvette();
        typed[field] = json!(value);
        let came = world.call("POST", "/api/desk/clients", Some(typed), Some(&ours)).await;
        assert_eq!((came.refusal(), came.body["field"].as_str()), ("invalid", Some(field)));
    }
}

#[tokio::test]
async fn o_01_a_tag_is_issued_printed_and_withdrawn() {
    let (world, ours, theirs) = desk().await;
    let mut typed = yvette();
    typed["last_name"] = json!("<img src=x onerror=alert(1)>");
    let client = add(&world, &ours, typed).await;
    let tags = format!("/api/desk/clients/{}/tags", client["id"].as_str().unwrap());
    let new = json!({ "kind": "qr", "label": "Porte" });
    let issued = world.call("POST", &tags, Some(new.clone()), Some(&ours)).await;
    assert_eq!(issued.status, 201, "{}", issued.body);
    assert!(parse_link(issued.body["link"].as_str().unwrap()).is_ok());
    assert!(issued.body["qr_svg"].as_str().unwrap().starts_with("<svg"));
    assert_eq!(issued.body["ntag424"], Value::Null);
    let foreign = world.call("POST", &tags, Some(new), Some(&theirs)).await;
    assert_eq!(foreign.refusal(), "not_found");

    let id = issued.body["id"].as_str().unwrap();
    let sheet = world.call("GET", &format!("/api/desk/tags/{id}/sheet"), None, Some(&ours)).await;
    let page = sheet.body.as_str().unwrap();
    assert!(page.contains("<svg") && page.contains("&lt;img src=x"), "{page}");
    assert!(!page.contains("<img") && !page.contains("<script"));
    let link = issued.body["link"].as_str().unwrap();
    let (_, path) = link.split_once("/b/").unwrap();
    let public = world.call("GET", &format!("/b/{path}"), None, None).await;
    assert!(public.body.as_str().unwrap().contains("aide à domicile"));
    let css = world.call("GET", "/api/desk/tags/sheet.css", None, None).await;
    assert!(css.body.as_str().unwrap().contains("@page"));
    let foreign =
        world.call("GET", &format!("/api/desk/tags/{id}/sheet"), None, Some(&theirs)).await;
    assert_eq!(foreign.refusal(), "not_found");

    let revoke = format!("/api/desk/tags/{id}/revoke");
    let why = json!({ "reason": "perdu" });
    let foreign = world.call("POST", &revoke, Some(why.clone()), Some(&theirs)).await;
    assert_eq!(foreign.refusal(), "not_found");
    let empty = world.call("POST", &revoke, Some(json!({ "reason": " " })), Some(&ours)).await;
    assert_eq!(empty.body["field"], "reason");
    assert_eq!(world.call("POST", &revoke, Some(why.clone()), Some(&ours)).await.status, 204);
    let again = world.call("POST", &revoke, Some(why), Some(&ours)).await;
    assert_eq!(again.refusal(), "tag_revoked");
    let list = world.call("GET", &tags, None, Some(&ours)).await;
    assert_eq!(
        (&list.body[0]["state"], &list.body[0]["revoke_reason"]),
        (&json!("revoked"), &json!("perdu"))
    );
    let client = world.call("GET", "/api/desk/clients", None, Some(&ours)).await;
    assert_eq!(client.body[0]["tags_active"], 0);
}

/// B-04: the keys of a chip are shown once, on issue, and are its own.
#[tokio::test]
async fn b_04_a_chip_is_issued_with_keys_of_its_own() {
    let (world, ours, _) = desk().await;
    let client = add(&world, &ours, yvette()).await;
    let tags = format!("/api/desk/clients/{}/tags", client["id"].as_str().unwrap());
    let new = json!({ "kind": "ntag424" });
    let one = world.call("POST", &tags, Some(new.clone()), Some(&ours)).await.body;
    let two = world.call("POST", &tags, Some(new), Some(&ours)).await.body;
    for key in ["master_key", "meta_read_key", "file_read_key"] {
        assert_eq!(one["ntag424"][key].as_str().unwrap().len(), 32);
        assert_ne!(one["ntag424"][key], two["ntag424"][key], "{key}");
    }
    let template = one["ntag424"]["url_template"].as_str().unwrap();
    assert!(parse_link(template).unwrap().sun.is_some());
    assert!(template.len() <= 240, "it fits an NDEF file of 256 bytes");
    let list = world.call("GET", &tags, None, Some(&ours)).await;
    assert!(!list.body.to_string().contains("file_read_key"));
}

/// O-05: a phone is granted a client from 14 days before a visit to 7 days after it.
#[tokio::test]
async fn o_05_a_client_is_granted_around_a_visit_only() {
    let (world, ours, _) = desk().await;
    let client = add(&world, &ours, yvette()).await;
    let worker = json!({ "first_name": "Amina", "last_name": "Kaci", "role": "Aide" });
    let worker = world.call("POST", "/api/desk/caregivers", Some(worker), Some(&ours)).await.body;
    let path = format!("/api/desk/caregivers/{}/transmit", worker["id"].as_str().unwrap());
    let starts_at = world.app.now().0 + 20 * DAY_MS;
    let visit = json!({ "membership": worker["id"], "client": client["id"], "service": "Toilette",
        "starts_at": starts_at, "ends_at": starts_at + 3_600_000 });
    let visit = world.call("POST", "/api/desk/visits", Some(visit), Some(&ours)).await.body;
    let person = worker["person_id"].as_str().unwrap().parse().unwrap();
    let granted =
        async || world.write(move |tx, now| super::grants(tx, person, now).unwrap().len()).await;

    world.pass(7 * DAY_MS);
    assert_eq!(granted().await, 0, "not transmitted yet");
    let ours = world.sign_in("albi").await;
    world.call("PUT", &path, Some(json!({ "transmit": true })), Some(&ours)).await;
    assert_eq!(granted().await, 1);
    world.pass(-2 * DAY_MS);
    assert_eq!(granted().await, 0, "15 days before");
    world.pass(15 * DAY_MS + 6 * DAY_MS);
    assert_eq!(granted().await, 1, "6 days after");
    let ours = world.sign_in("albi").await;
    let id = visit["visit"]["id"].as_str().unwrap();
    let reason = json!({ "reason": "hospitalisée" });
    world.call("POST", &format!("/api/desk/visits/{id}/cancel"), Some(reason), Some(&ours)).await;
    assert_eq!(granted().await, 0, "cancelled");
    world.call("POST", &format!("/api/desk/visits/{id}/restore"), None, Some(&ours)).await;
    world.pass(2 * DAY_MS);
    assert_eq!(granted().await, 0, "8 days after");
}
