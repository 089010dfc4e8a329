//! Messages at the desk's routes; with phones: tests/stories/messages.rs.

use axum::http::StatusCode;
use serde_json::json;

use crate::testing::World;

#[tokio::test]
async fn o_22_what_cannot_be_sent_is_refused_by_field() {
    let world = World::new().await;
    let organisation = world.organisation("albi").await;
    let (_, membership) = world.caregiver(organisation).await;
    let cookie = world.sign_in("albi").await;
    let send =
        async |body| world.call("POST", "/api/desk/threads", Some(body), Some(&cookie)).await;

    let came = send(json!({ "to": [membership], "text": "  " })).await;
    assert_eq!((came.refusal(), came.body["field"].as_str()), ("invalid", Some("text")));
    let came = send(json!({ "to": [membership], "text": "é".repeat(2_001) })).await;
    assert_eq!((came.refusal(), came.body["field"].as_str()), ("too_long", Some("text")));
    let came = send(json!({ "to": [], "text": "Bonjour" })).await;
    assert_eq!((came.refusal(), came.body["field"].as_str()), ("invalid", Some("to")));
    let came = send(json!({ "to": [world.app.id::<uuid::Uuid>()], "text": "Bonjour" })).await;
    assert_eq!(came.refusal(), "not_found");

    let came = send(json!({ "to": [membership], "text": "é".repeat(2_000) })).await;
    assert_eq!(came.status, StatusCode::CREATED, "{}", came.body);
    let rows = world.call("GET", "/api/desk/threads", None, Some(&cookie)).await;
    assert_eq!(rows.body.as_array().unwrap().len(), 1);
    assert_eq!(rows.body[0]["unread"], 1);
}

#[tokio::test]
async fn o_22_a_message_to_all_shows_its_readers_and_can_be_taken_back_once() {
    let world = World::new().await;
    let organisation = world.organisation("albi").await;
    for _ in 0..3 {
        let _ = world.caregiver(organisation).await;
    }
    let cookie = world.sign_in("albi").await;
    let body = json!({ "everybody": true, "text": "Réunion mardi", "mandatory": true });
    let came = world.call("POST", "/api/desk/threads", Some(body), Some(&cookie)).await;
    let threads = came.body["threads"].as_array().unwrap().clone();
    assert_eq!(threads.len(), 3);
    let path = format!("/api/desk/threads/{}", threads[0].as_str().unwrap());
    let sheet = world.call("GET", &path, None, Some(&cookie)).await.body;
    assert_eq!(sheet["messages"][0]["readers"].as_array().unwrap().len(), 3);
    assert_eq!(sheet["mandatory_unread"], 1);

    let id = sheet["messages"][0]["id"].as_str().unwrap();
    let path = format!("/api/desk/messages/{id}/withdraw");
    let came = world.call("POST", &path, None, Some(&cookie)).await;
    assert_eq!(came.status, StatusCode::NO_CONTENT, "{}", came.body);
    let came = world.call("POST", &path, None, Some(&cookie)).await;
    assert_eq!(came.refusal(), "in_use", "taken back already");
}
