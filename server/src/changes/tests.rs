//! What is a change, what is one, what is none.

use axum::http::StatusCode;
use releve_shared::time::HOUR_MS;
use serde_json::{Value, json};

use crate::testing::World;

async fn planned(w: &World) -> (String, Value, String) {
    let org = w.organisation("albi").await;
    let (_, membership) = w.caregiver(org).await;
    let cookie = w.sign_in("albi").await;
    let client = json!({ "title": "mrs", "first_name": "Odette", "last_name": "Lefèvre",
        "street": "1 rue des Lices", "postal_code": "81000", "commune": "Albi" });
    let client = w.call("POST", "/api/desk/clients", Some(client), Some(&cookie)).await;
    let client: String = client.body["id"].as_str().unwrap().to_owned();
    let phone = w.enrol(&cookie, membership).await;
    let pull = json!({ "protocol": 1, "device": phone.answer.device, "epoch": "", "cursors": {},
        "applied": {}, "anchors": [], "waiting": 0 });
    assert_eq!(w.phone(&phone, "/api/phone/pull", &pull).await.status, StatusCode::OK);
    let starts = w.app.now().plus(72 * HOUR_MS);
    let visit = json!({ "membership": membership, "client": client, "service": "Aide au lever",
        "starts_at": starts, "ends_at": starts.plus(HOUR_MS), "instructions": "", "force": true });
    (cookie, visit, client)
}

async fn changes(w: &World, cookie: &str) -> Vec<Value> {
    let came = w.call("GET", "/api/desk/planning-changes?unseen=true", None, Some(cookie)).await;
    came.body.as_array().unwrap().clone()
}

/// O-10: several changes of one visit are one, an undone one is none, and a new service rings nobody.
#[tokio::test]
async fn changes_add_up_and_vanish() {
    let w = World::new().await;
    let (cookie, visit, _) = planned(&w).await;
    let made = w.call("POST", "/api/desk/visits", Some(visit.clone()), Some(&cookie)).await;
    let id = made.body["visit"]["id"].as_str().unwrap().to_owned();
    assert!(changes(&w, &cookie).await.is_empty(), "planned ahead: no alarm");
    let path = format!("/api/desk/visits/{id}");
    let change = async |field: &str, value: Value| {
        let mut body = visit.clone();
        body[field] = value;
        let came = w.call("PUT", &path, Some(body), Some(&cookie)).await;
        assert_eq!(came.status, StatusCode::OK, "{}", came.body);
    };
    change("service", json!("Repas")).await;
    assert!(changes(&w, &cookie).await.is_empty(), "neither time nor client nor place");

    let later = visit["ends_at"].as_i64().unwrap() + HOUR_MS;
    change("ends_at", json!(later)).await;
    change("ends_at", json!(later + HOUR_MS)).await;
    let told = changes(&w, &cookie).await;
    assert_eq!(told.len(), 1, "two changes of one visit are one");
    assert_eq!(told[0]["before"]["ends_at"], visit["ends_at"]);
    assert_eq!(told[0]["after"]["ends_at"], json!(later + HOUR_MS));
    change("ends_at", visit["ends_at"].clone()).await;
    assert!(changes(&w, &cookie).await.is_empty(), "back to what she knew");

    let cancel = json!({ "reason": "Hospitalisation" });
    let _ = w.call("POST", &format!("{path}/cancel"), Some(cancel), Some(&cookie)).await;
    assert_eq!(changes(&w, &cookie).await[0]["after"]["cancelled"], json!(true));
    let _ = w.call("POST", &format!("{path}/restore"), None, Some(&cookie)).await;
    assert!(changes(&w, &cookie).await.is_empty(), "called back on");
}

/// O-10: a client who moves changes the place of the visits to come; a better spelling does not.
#[tokio::test]
async fn another_address_is_a_change() {
    let w = World::new().await;
    let (cookie, visit, client) = planned(&w).await;
    let made = w.call("POST", "/api/desk/visits", Some(visit), Some(&cookie)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let path = format!("/api/desk/clients/{client}");
    let sheet = |last: &str, street: &str| {
        json!({ "title": "mrs", "first_name": "Odette", "last_name": last, "street": street,
            "postal_code": "81000", "commune": "Albi" })
    };
    let put = async |body: Value| {
        let came = w.call("PUT", &path, Some(body), Some(&cookie)).await;
        assert_eq!(came.status, StatusCode::OK, "{}", came.body);
    };
    put(sheet("Lefebvre", "1 rue des Lices")).await;
    assert!(changes(&w, &cookie).await.is_empty());
    put(sheet("Lefebvre", "9 avenue Gambetta")).await;
    assert_eq!(changes(&w, &cookie).await.len(), 1);
}
