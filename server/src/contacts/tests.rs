//! Contacts at the desk's routes; with phones: tests/stories/contacts.rs.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::testing::World;

fn number(phone: &str) -> Value {
    json!({ "kind": "on_call", "label": "Astreinte", "phone": phone })
}

/// O-24: none to five, whoever asks; the first field that is wrong is named.
#[tokio::test]
async fn o_24_an_organisation_has_at_most_five_emergency_numbers() {
    let world = World::new().await;
    world.organisation("albi").await;
    let cookie = world.sign_in("albi").await;
    let path = "/api/desk/emergency-numbers";
    let write = async |numbers: Vec<Value>| {
        let body = json!({ "numbers": numbers });
        world.call("PUT", path, Some(body), Some(&cookie)).await
    };
    let first = world.call("GET", path, None, Some(&cookie)).await.body;
    let dialled = |body: &Value| -> Vec<String> {
        let numbers = body["numbers"].as_array().unwrap().iter();
        numbers.map(|n| n["phone"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(dialled(&first), ["15", "18", "17", "112", "114"], "those of the country");

    for n in 0..=5 {
        let came = write((0..n).map(|i| number(&format!("056354010{i}"))).collect()).await;
        assert_eq!(came.status, StatusCode::OK, "{n}: {}", came.body);
        assert_eq!(came.body["numbers"].as_array().unwrap().len(), n);
    }
    let came = write(vec![number("15"); 6]).await;
    assert_eq!((came.refusal(), came.body["field"].as_str()), ("invalid", Some("numbers")));
    for (wrong, field) in [
        (number("nobody"), "phone"),
        (json!({ "kind": "on_call", "label": " ", "phone": "15" }), "label"),
        (json!({ "kind": "ghosts", "label": "Ghosts", "phone": "15" }), "kind"),
    ] {
        let came = write(vec![wrong]).await;
        assert_eq!((came.refusal(), came.body["field"].as_str()), ("invalid", Some(field)));
    }
    let kept = world.call("GET", path, None, Some(&cookie)).await.body;
    assert_eq!(kept["numbers"].as_array().unwrap().len(), 5, "what was refused changed nothing");
}

/// O-26, O-27: the office keeps the directory; the option is the administrator's.
#[tokio::test]
async fn o_26_the_directory_is_kept_by_the_office() {
    let world = World::new().await;
    world.organisation("albi").await;
    world.organisation("gaillac").await;
    let cookie = world.sign_in("albi").await;
    let theirs = world.sign_in("gaillac").await;
    let entry = json!({ "name": "Pharmacie du Vigan", "role": "", "phone": "05 63 54 00 00" });
    let came = world.call("POST", "/api/desk/directory", Some(entry), Some(&cookie)).await;
    assert_eq!(came.status, StatusCode::CREATED, "{}", came.body);
    let path = format!("/api/desk/directory/{}", came.body["entries"][0]["id"].as_str().unwrap());
    let wrong = json!({ "name": "Pharmacie", "role": "", "phone": "" });
    let came = world.call("PUT", &path, Some(wrong), Some(&cookie)).await;
    assert_eq!((came.refusal(), came.body["field"].as_str()), ("invalid", Some("phone")));
    let other = json!({ "name": "Intrus", "role": "", "phone": "15" });
    let came = world.call("PUT", &path, Some(other), Some(&theirs)).await;
    assert_eq!(came.refusal(), "not_found");
    assert_eq!(world.call("DELETE", &path, None, Some(&theirs)).await.refusal(), "not_found");
    let came = world.call("DELETE", &path, None, Some(&cookie)).await;
    assert_eq!(came.status, StatusCode::NO_CONTENT);
    assert_eq!(world.call("DELETE", &path, None, Some(&cookie)).await.refusal(), "not_found");

    let share = json!({ "share_colleagues": true });
    let came = world.call("PUT", "/api/desk/colleagues", Some(share.clone()), Some(&cookie)).await;
    assert_eq!(came.refusal(), "not_allowed");
    let admin = world.sign_in("albi-admin").await;
    let came = world.call("PUT", "/api/desk/colleagues", Some(share), Some(&admin)).await;
    assert_eq!(came.body["share_colleagues"], true, "{}", came.body);
}

/// O-25: a line manager is somebody of the same office.
#[tokio::test]
async fn o_25_a_line_manager_is_of_the_house() {
    let world = World::new().await;
    let organisation = world.organisation("albi").await;
    world.organisation("gaillac").await;
    let (_, membership) = world.caregiver(organisation).await;
    let cookie = world.sign_in("albi").await;
    let theirs = world.sign_in("gaillac").await;
    let path = format!("/api/desk/caregivers/{membership}/manager");
    let read = world.call("GET", &path, None, Some(&cookie)).await.body;
    assert_eq!((&read["account"], read["choices"].as_array().unwrap().len()), (&Value::Null, 2));
    let account = read["choices"][0]["account"].clone();
    let body = json!({ "account": account });
    let came = world.call("PUT", &path, Some(body.clone()), Some(&cookie)).await;
    assert_eq!(came.body["account"], account, "{}", came.body);
    assert_eq!(world.call("PUT", &path, Some(body), Some(&theirs)).await.refusal(), "not_found");
    let none = json!({ "account": world.app.id::<uuid::Uuid>() });
    assert_eq!(world.call("PUT", &path, Some(none), Some(&cookie)).await.refusal(), "not_found");
    let came = world.call("PUT", &path, Some(json!({ "account": null })), Some(&cookie)).await;
    assert_eq!(came.body["account"], Value::Null);
}
