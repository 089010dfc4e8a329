//! Sign-in, tenants, and phones that come, rotate, cheat and are blocked.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use releve_shared::enrolment::{WipeMode, WipeOrder};
use releve_shared::keys::{Digest, Signer};
use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use serde_json::{Value, json};

use crate::testing::{PASSWORD, World, asked};

#[tokio::test]
async fn a_supervisor_signs_in_and_a_session_ends() {
    let world = World::new().await;
    world.organisation("albi").await;
    let cookie = world.sign_in("ALBI").await;
    let me = world.call("GET", "/api/desk/me", None, Some(&cookie)).await;
    assert_eq!((me.status, &me.body["role"]), (StatusCode::OK, &json!("supervisor")));
    assert_eq!(me.body["organisation"]["zone"], "Europe/Paris");

    let none = world.call("GET", "/api/desk/me", None, None).await;
    assert_eq!((none.status, none.refusal()), (StatusCode::UNAUTHORIZED, "sign_in_needed"));
    let audit = world.call("GET", "/api/desk/audit", None, Some(&cookie)).await;
    assert_eq!((audit.status, audit.refusal()), (StatusCode::FORBIDDEN, "not_allowed"));

    for _ in 0..8 {
        world.pass(HOUR_MS);
        assert_eq!(world.call("GET", "/api/desk/me", None, Some(&cookie)).await.status, 200);
    }
    world.pass(3 * HOUR_MS);
    assert_eq!(world.call("GET", "/api/desk/me", None, Some(&cookie)).await.status, 401, "idle");
    let cookie = world.sign_in("albi").await;
    let out = world.call("DELETE", "/api/desk/session", None, Some(&cookie)).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(world.call("GET", "/api/desk/me", None, Some(&cookie)).await.status, 401);
}

#[tokio::test]
async fn guesses_learn_nothing_and_are_slowed() {
    let world = World::new().await;
    world.organisation("albi").await;
    let mut answers = Vec::new();
    for login in ["albi", "nobody"] {
        let typed = json!({ "login": login, "password": "Wrong-Pass-1234" });
        let came = world.call("POST", "/api/desk/session", Some(typed), None).await;
        answers.push((came.status, came.body));
    }
    assert_eq!(answers[0], answers[1], "unknown name and wrong password look the same");
    for _ in 0..20 {
        let typed = json!({ "login": "albi", "password": "Wrong-Pass-1234" });
        let came = world.call("POST", "/api/desk/session", Some(typed), None).await;
        answers.push((came.status, came.body));
    }
    let (status, body) = answers.last().unwrap();
    assert_eq!(
        (*status, &body["refusal"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("too_many_tries"))
    );
    assert!(body["retry_after_s"].as_u64().is_some_and(|s| s <= 901));
    let right = json!({ "login": "albi", "password": PASSWORD });
    world.pass(16 * MINUTE_MS);
    let came = world.call("POST", "/api/desk/session", Some(right), None).await;
    assert_eq!(came.status, StatusCode::OK, "the lock ends by time");
}

#[tokio::test]
async fn another_site_and_bad_bodies_are_refused() {
    let world = World::new().await;
    world.organisation("albi").await;
    let cookie = world.sign_in("albi").await;
    let request = Request::delete("/api/desk/session")
        .header("cookie", &cookie)
        .header("host", "127.0.0.1:8470")
        .header("origin", "https://evil.example");
    let came = world.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!((came.status, came.refusal()), (StatusCode::FORBIDDEN, "not_allowed"));

    let request = Request::post("/api/desk/session").header("content-type", "application/json");
    let came = world.send(request.body(Body::from("{\"login\":")).unwrap()).await;
    assert_eq!((came.status, came.refusal()), (StatusCode::BAD_REQUEST, "invalid"));
    let huge = Body::from(vec![b' '; 5 * 1024 * 1024]);
    let request = Request::post("/api/desk/session").header("content-type", "application/json");
    let came = world.send(request.body(huge).unwrap()).await;
    assert_eq!((came.status, came.refusal()), (StatusCode::PAYLOAD_TOO_LARGE, "too_long"));
    let came = world.call("GET", "/api/desk/nothing", None, Some(&cookie)).await;
    assert_eq!((came.status, came.refusal()), (StatusCode::NOT_FOUND, "not_found"));
}

#[tokio::test]
async fn answers_carry_the_headers_that_protect_a_browser() {
    let world = World::new().await;
    for path in ["/healthz", "/readyz", "/api/openapi.json", "/api/docs/", "/e"] {
        let response = world.raw(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-security-policy").starts_with("default-src 'self'"), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
    }
}

/// O-01: a phone is enrolled once by its code; a lost answer locks nobody out.
#[tokio::test]
async fn a_code_enrols_one_phone_once() {
    let world = World::new().await;
    let albi = world.organisation("albi").await;
    let (_, membership) = world.caregiver(albi).await;
    let cookie = world.sign_in("albi").await;
    let path = format!("/api/desk/caregivers/{membership}/enrolments");
    let older = world.call("POST", &path, None, Some(&cookie)).await;
    let newer = world.call("POST", &path, None, Some(&cookie)).await;
    assert!(newer.body["qr_svg"].as_str().unwrap().contains("<svg"));
    let code = |came: &Value| {
        let link = came["link"].as_str().unwrap();
        releve_shared::enrolment::EnrolmentLink::parse(link).unwrap().code
    };
    let key = Signer::from_seed(&[1; 32]);
    let enrol = async |code: String, key: &Signer, token: &str| {
        world.call("POST", "/api/phone/enrol", Some(asked(&code, key, token)), None).await
    };
    let dead = enrol(code(&older.body), &key, "t1").await;
    assert_eq!(dead.refusal(), "enrolment_over", "a newer code kills the older");

    let state = format!("/api/desk/enrolments/{}", newer.body["id"].as_str().unwrap());
    let waiting = world.call("GET", &state, None, Some(&cookie)).await;
    assert_eq!(waiting.body["state"], "waiting");
    let first = enrol(code(&newer.body), &key, "t1").await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    let again = enrol(code(&newer.body), &key, "t1").await;
    assert_eq!(first.body["device"], again.body["device"]);
    let thief = enrol(code(&newer.body), &Signer::from_seed(&[2; 32]), "t2").await;
    assert_eq!(thief.refusal(), "enrolment_over");
    let used = world.call("GET", &state, None, Some(&cookie)).await;
    assert_eq!(
        (&used.body["state"], &used.body["device_id"]),
        (&json!("used"), &first.body["device"])
    );

    let late = world.call("POST", &path, None, Some(&cookie)).await;
    world.pass(15 * MINUTE_MS + 1);
    let late = enrol(code(&late.body), &Signer::from_seed(&[3; 32]), "t3").await;
    assert_eq!(late.refusal(), "enrolment_over", "to the millisecond");
}

/// security.md: what belongs to another organisation does not exist.
#[tokio::test]
async fn another_organisation_sees_nothing() {
    let world = World::new().await;
    let (albi, _) = (world.organisation("albi").await, world.organisation("gaillac").await);
    let (_, membership) = world.caregiver(albi).await;
    let (ours, theirs) = (world.sign_in("albi").await, world.sign_in("gaillac").await);
    let phone = world.enrol(&ours, membership).await;
    let device = phone.answer.device;
    let list = world.call("GET", "/api/desk/phones", None, Some(&theirs)).await;
    assert_eq!(list.body, json!([]));
    let block = json!({ "mode": "now" });
    for (method, path, body) in [
        ("POST", format!("/api/desk/caregivers/{membership}/enrolments"), None),
        ("POST", format!("/api/desk/phones/{device}/block"), Some(block)),
        ("POST", format!("/api/desk/phones/{device}/carrier-blocked"), Some(json!({"done": true}))),
    ] {
        let came = world.call(method, &path, body, Some(&theirs)).await;
        assert_eq!((came.status, came.refusal()), (StatusCode::NOT_FOUND, "not_found"), "{path}");
    }
    let list = world.call("GET", "/api/desk/phones", None, Some(&ours)).await;
    assert_eq!(list.body[0]["state"], "active");
}

#[tokio::test]
async fn tokens_rotate_and_a_copied_one_kills_the_family() {
    let world = World::new().await;
    let albi = world.organisation("albi").await;
    let (_, membership) = world.caregiver(albi).await;
    let cookie = world.sign_in("albi").await;
    let phone = world.enrol(&cookie, membership).await;
    let next = |token: &str| json!({ "next": Digest::of(&[token.as_bytes()]) });
    let rotate = async |with: &str, to: &str| {
        world.phone_with(&phone, with, &phone.key, "/api/phone/token", &next(to)).await
    };
    let old = phone.token.clone();
    for _ in 0..3 {
        assert_eq!(rotate(&old, "second").await.status, StatusCode::OK, "answers get lost");
    }
    assert_eq!(rotate("second", "second").await.status, StatusCode::OK);
    let thief = Signer::from_seed(&[9; 32]);
    let foreign = world.phone_with(&phone, "second", &thief, "/api/phone/token", &next("x")).await;
    assert_eq!((foreign.status, foreign.refusal()), (StatusCode::FORBIDDEN, "wrong_device"));
    assert_eq!(rotate(&old, "third").await.refusal(), "try_again", "delayed by the network");
    assert_eq!(rotate("second", "third").await.status, StatusCode::OK);
    world.pass(3 * MINUTE_MS);
    assert_eq!(rotate(&old, "fourth").await.refusal(), "token_reused");
    assert_eq!(rotate("second", "third").await.refusal(), "token_reused", "the whole family");
    let admin = world.sign_in("albi-admin").await;
    let log = world.call("GET", "/api/desk/audit", None, Some(&admin)).await;
    let verbs = log.body.to_string();
    for alert in ["phone.alert_wrong_device", "phone.alert_token_reused"] {
        assert!(verbs.contains(alert), "{alert}");
    }
}

/// O-44: a blocked phone is refused at once, gets a signed order, and confirms.
#[tokio::test]
async fn a_blocked_phone_is_told_to_wipe() {
    let world = World::new().await;
    let albi = world.organisation("albi").await;
    let (_, membership) = world.caregiver(albi).await;
    let cookie = world.sign_in("albi").await;
    let phone = world.enrol(&cookie, membership).await;
    let device = phone.answer.device;
    let path = format!("/api/desk/phones/{device}/block");
    let asked = json!({ "mode": "after_sending", "sim_number": "8933 0000", "note": "volé" });
    let row = world.call("POST", &path, Some(asked), Some(&cookie)).await;
    assert_eq!(
        (&row.body["state"], &row.body["sim_number"]),
        (&json!("wipe_pending"), &json!("8933 0000"))
    );

    world.pass(DAY_MS);
    let next = json!({ "next": Digest::of(&[b"x"]) });
    let came = world.phone(&phone, "/api/phone/token", &next).await;
    assert_eq!((came.status, came.refusal()), (StatusCode::FORBIDDEN, "device_blocked"));
    let order: WipeOrder = serde_json::from_value(came.body["wipe"].clone()).unwrap();
    assert!(order.verifies(device, &world.app.keys.server().public()));
    assert_eq!(order.mode, WipeMode::AfterSending);
    let cookie = world.sign_in("albi").await;
    let list = world.call("GET", "/api/desk/phones", None, Some(&cookie)).await;
    assert_eq!(list.body[0]["state"], "blocked", "it has been told");

    let wrong = json!({ "device": device, "nonce": "guess" });
    assert_eq!(world.call("POST", "/api/phone/wiped", Some(wrong), None).await.status, 404);
    let receipt = json!({ "device": device, "nonce": order.nonce });
    for _ in 0..2 {
        let came = world.call("POST", "/api/phone/wiped", Some(receipt.clone()), None).await;
        assert_eq!((came.status, &came.body), (StatusCode::OK, &receipt), "no portal says it back");
    }
    let list = world.call("GET", "/api/desk/phones", None, Some(&cookie)).await;
    assert_eq!(list.body[0]["state"], "wiped");
    let came = world.phone(&phone, "/api/phone/token", &next).await;
    assert_eq!(came.refusal(), "sign_in_needed");
}
