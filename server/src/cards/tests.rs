//! Cards at the desk's routes and the public page; with phones: tests/stories/card.rs.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::testing::World;

/// One white pixel.
fn dot() -> String {
    let drawn = image::DynamicImage::new_rgb8(1, 1);
    let mut bytes = std::io::Cursor::new(Vec::new());
    drawn.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    STANDARD.encode(bytes.into_inner())
}

/// O-30: a photo is set and removed by its own office; the logo by its administrator.
#[tokio::test]
async fn o_30_pictures_are_set_by_the_house() {
    let world = World::new().await;
    let organisation = world.organisation("albi").await;
    world.organisation("gaillac").await;
    let (_, membership) = world.caregiver(organisation).await;
    let cookie = world.sign_in("albi").await;
    let theirs = world.sign_in("gaillac").await;
    let path = format!("/api/desk/caregivers/{membership}/photo");
    let put = async |picture: Value, cookie: &str| {
        world.call("PUT", &path, Some(json!({ "picture": picture })), Some(cookie)).await
    };
    let came = put(json!("GIF89a"), &cookie).await;
    assert_eq!((came.refusal(), came.body["field"].as_str()), ("not_a_picture", Some("picture")));
    let came = put(json!(dot()), &cookie).await;
    assert_eq!(came.status, StatusCode::OK, "{}", came.body);
    assert!(came.body["picture"].as_str().unwrap().len() > 200);
    assert_eq!(put(Value::Null, &theirs).await.refusal(), "not_found");
    assert_eq!(world.call("GET", &path, None, Some(&theirs)).await.refusal(), "not_found");
    assert_eq!(put(Value::Null, &cookie).await.body["picture"], Value::Null);

    let logo = json!({ "picture": dot() });
    let came = world.call("PUT", "/api/desk/logo", Some(logo.clone()), Some(&cookie)).await;
    assert_eq!(came.refusal(), "not_allowed");
    let admin = world.sign_in("albi-admin").await;
    let came = world.call("PUT", "/api/desk/logo", Some(logo), Some(&admin)).await;
    assert!(came.body["picture"].is_string(), "{}", came.body);
    let read = world.call("GET", "/api/desk/logo", None, Some(&theirs)).await.body;
    assert_eq!(read["picture"], Value::Null, "each its own");
}

/// O-30: what is no code of a card tells nothing, and is kept by no browser.
#[tokio::test]
async fn o_30_a_strange_code_tells_nothing() {
    let world = World::new().await;
    for code in ["AAAA", "%3Cscript%3E"] {
        let request = Request::get(format!("/c/{code}")).body(Body::empty()).unwrap();
        let came = world.raw(request).await;
        assert_eq!(came.status(), StatusCode::OK);
        assert_eq!(came.headers()["cache-control"], "no-store");
        let bytes = axum::body::to_bytes(came.into_body(), 100_000).await.unwrap();
        let page = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(page.contains("n'est pas valable") && !page.contains("script"), "{page}");
    }
}
