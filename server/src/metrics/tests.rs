use super::*;
use crate::config::Config;
use crate::testing::World;
use axum::body::Body;
use axum::http::Request;
use tower::ServiceExt as _;

async fn figures_of(world: &World) -> String {
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let answer = router(world.app.clone()).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn every_figure_is_told_and_names_nobody() {
    let world = World::new().await;
    let organisation = world.organisation("albi").await;
    let (person, membership) = world.caregiver(organisation).await;
    let cookie = world.sign_in("albi").await;
    let phone = world.enrol(&cookie, membership).await;
    let device = phone.answer.device;
    let asked = serde_json::json!({ "protocol": releve_shared::sync::PROTOCOL, "device": device,
        "epoch": "", "cursors": {}, "anchors": [], "applied": {}, "waiting": 0 });
    let came = world.phone(&phone, "/api/phone/pull", &asked).await;
    assert!(came.status.is_success(), "{}", came.body);
    let came = world.call("GET", &format!("/api/desk/visits/{membership}"), None, None).await;
    assert_eq!(came.refusal(), "sign_in_needed");
    let came = world.call("BREW", "/api/desk/session", None, None).await;
    assert_eq!(came.status, StatusCode::METHOD_NOT_ALLOWED);

    let text = figures_of(&world).await;
    for wanted in [
        "releve_commit_seconds_count",
        "releve_commit_batch_sum",
        "releve_writer_queue 0\n",
        "releve_connections_in_use 0\n",
        "releve_pull_rows_count 1\n",
        "releve_pull_bytes_count 1\n",
        "releve_phones{seen=\"1h\"} 1\n",
        "releve_phones{seen=\"longer\"} 0\n",
        "releve_refused_requests_total{code=\"sign_in_needed\"} 1\n",
        "releve_requests_total{method=\"POST\",route=\"/api/phone/pull\",status=\"200\"} 1\n",
        "releve_requests_total{method=\"GET\",route=\"/api/desk/visits/{id}\",status=\"401\"} 1\n",
        "method=\"other\"",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
    let known = [organisation.to_string(), person.to_string(), membership.to_string()];
    for secret in known.iter().chain([&device.to_string(), &"albi".to_owned()]) {
        assert!(!text.contains(secret.as_str()), "{secret} is told");
    }
}

/// A phone that was not heard of for two days is told of as such.
#[tokio::test]
async fn phones_grow_silent() {
    let world = World::new().await;
    let organisation = world.organisation("albi").await;
    let (_, membership) = world.caregiver(organisation).await;
    let cookie = world.sign_in("albi").await;
    let _phone = world.enrol(&cookie, membership).await;
    world.pass(2 * DAY_MS);
    let text = figures_of(&world).await;
    assert!(text.contains("releve_phones{seen=\"7d\"} 1\n"), "{text}");
    assert!(text.contains("releve_phones{seen=\"1h\"} 0\n"), "{text}");
}

#[tokio::test]
async fn a_stream_is_counted_while_it_lives() {
    let world = World::new().await;
    let open = world.app.metrics.stream("desk");
    assert!(figures_of(&world).await.contains("releve_streams{to=\"desk\"} 1\n"));
    drop(open);
    assert!(figures_of(&world).await.contains("releve_streams{to=\"desk\"} 0\n"));
}

#[tokio::test]
async fn the_port_is_off_until_the_settings_want_it() {
    let world = World::new().await;
    assert!(bind(&world.app).await.unwrap().is_none());
    let mut config = Config::default();
    "127.0.0.1:0".clone_into(&mut config.metrics.listen);
    let world = World::with(config).await;
    assert!(bind(&world.app).await.unwrap().is_some());
}
