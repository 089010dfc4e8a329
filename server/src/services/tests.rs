//! Lists of tasks: their versions, and the visits that take them.

use axum::http::StatusCode;
use releve_shared::time::HOUR_MS;
use serde_json::{Value, json};

use crate::testing::World;

/// O-37, O-38: a list gets versions; a visit takes the newest, a next one reaches what nobody edited.
#[tokio::test]
async fn a_list_has_versions_and_visits_follow_it() {
    let w = World::new().await;
    let org = w.organisation("albi").await;
    let (_, membership) = w.caregiver(org).await;
    let cookie = w.sign_in("albi").await;
    let call = async |method: &str, path: &str, body: Value| {
        w.call(method, path, Some(body), Some(&cookie)).await
    };
    let lever = json!({ "name": "Aide au lever", "tasks": ["Toilette", " Habillage ", ""] });
    let made = call("POST", "/api/desk/services", lever.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let service = made.body[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(made.body[0]["lists"][0]["tasks"], json!(["Toilette", "Habillage"]));
    let twice = json!({ "name": "aide au LEVER", "tasks": [] });
    assert_eq!(call("POST", "/api/desk/services", twice).await.refusal(), "exists");
    let same = json!({ "name": "Repas", "tasks": ["Cuisine", "cuisine"] });
    assert_eq!(call("POST", "/api/desk/services", same).await.body["field"], "tasks");

    let client = json!({ "title": "mrs", "first_name": "Odette", "last_name": "Lefèvre",
        "street": "1 rue", "postal_code": "81000", "commune": "Albi" });
    let client = call("POST", "/api/desk/clients", client).await.body["id"].clone();
    let mut visits = Vec::new();
    for hour in [2, 4] {
        let at = w.app.now().plus(hour * HOUR_MS);
        let visit = json!({ "membership": membership, "client": client,
            "service": "Aide au lever", "starts_at": at, "ends_at": at.plus(HOUR_MS) });
        let made = call("POST", "/api/desk/visits", visit).await;
        visits.push(made.body["visit"]["id"].as_str().unwrap().to_owned());
    }
    let tasks = async |visit: &str| {
        let path = format!("/api/desk/visits/{visit}/tasks");
        w.call("GET", &path, None, Some(&cookie)).await.body
    };
    assert_eq!(tasks(&visits[0]).await["planned"], json!(["Toilette", "Habillage"]));
    let path = format!("/api/desk/visits/{}/tasks", visits[1]);
    let edited = call("PUT", &path, json!({ "tasks": ["Toilette"] })).await;
    assert_eq!((&edited.body["edited"], edited.status), (&json!(true), StatusCode::OK));

    let next =
        json!({ "name": "Aide au lever", "tasks": ["Toilette", "Petit déjeuner"], "rev": 1 });
    let path = format!("/api/desk/services/{service}");
    let changed = call("PUT", &path, next.clone()).await;
    assert_eq!(changed.body[0]["lists"].as_array().map(Vec::len), Some(2), "{}", changed.body);
    assert_eq!(call("PUT", &path, next).await.refusal(), "stale");
    let first = tasks(&visits[0]).await;
    assert_eq!(
        (&first["planned"], &first["version"]),
        (&json!(["Toilette", "Petit déjeuner"]), &json!(2))
    );
    assert_eq!(tasks(&visits[1]).await["planned"], json!(["Toilette"]), "edited: left alone");

    let from = w.app.now().0;
    let path = format!("/api/desk/visits?from={from}&to={}", from + 24 * HOUR_MS);
    let list = w.call("GET", &path, None, Some(&cookie)).await.body;
    assert_eq!(list[0]["tasks"], json!(["Toilette", "Petit déjeuner"]), "O-38: {list}");
}
