//! Pushes to iPhones through Apple's service (APNs, HTTP/2 with a provider token). An alarm or a test
//! shows; anything else wakes the app, which words it when work allows.

use std::path::Path;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use releve_shared::notice::PushTarget;
use releve_shared::time::{MINUTE_MS, Moment, SECOND_MS};
use ring::signature::EcdsaKeyPair;
use serde::Deserialize;
use serde_json::{Value, json};

use super::send::{Answered, TIMEOUT, Told, wait};
use super::{ACCOUNT, OFF, jwt};
use crate::app::App;
use crate::config::Apns;
use crate::db::Answer;
use crate::notices::send::Failed;

/// How long a word is used: Apple takes one for an hour, and a new one every twenty minutes at most.
const WORD_MS: i64 = 40 * MINUTE_MS;

/// Connections to the service: few, long and shared.
pub type Client = Pool<HttpsConnector<HttpConnector>, Body>;

/// Who this server is at Apple's, said for a while.
#[derive(Clone)]
pub struct Word {
    word: String,
    said_at: Moment,
}

/// Reads the key of the settings.
///
/// # Errors
/// Why not, in words.
pub fn key(path: &Path) -> Result<EcdsaKeyPair, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let pair = jwt::p256(&text);
    pair.ok_or_else(|| format!("{} holds no private key (P-256, PKCS#8)", path.display()))
}

fn said(settings: &Apns, path: &Path, now: Moment) -> Result<Word, Failed> {
    let pair = key(path).map_err(|why| {
        tracing::error!(why, "push.apns.key_file");
        Failed::ForNow(ACCOUNT)
    })?;
    let head = json!({ "alg": "ES256", "kid": settings.key_id });
    let claims = json!({ "iss": settings.team_id, "iat": now.0.div_euclid(SECOND_MS) });
    let word = jwt::es256(&pair, &jwt::said(&head, &claims)).ok_or(Failed::ForNow(ACCOUNT))?;
    Ok(Word { word, said_at: now })
}

/// Sends a push.
///
/// # Errors
/// None; a service that does not answer is none.
pub async fn send(app: &App, target: PushTarget, told: Told) -> Answer<Result<(), Failed>> {
    let settings = &app.config.push.apns;
    let Some(file) = &settings.key_file else { return Ok(Err(Failed::ForGood(OFF))) };
    let word = match app.push_services.apple(app.now(), |now| said(settings, file, now)) {
        Ok(word) => word,
        Err(failed) => return Ok(Err(failed)),
    };
    let request = request(settings, &target.endpoint, &word, &told, app.now());
    let Ok(request) = request else { return Ok(Err(Failed::ForNow(ACCOUNT))) };
    let Some(client) = app.push_services.apple_client.get_or_init(client) else {
        return Ok(Err(Failed::ForNow("unreachable")));
    };
    let answer = match tokio::time::timeout(TIMEOUT, asked(client, request)).await {
        Ok(Some(answer)) => answer,
        Ok(None) => return Ok(Err(Failed::ForNow("unreachable"))),
        Err(_) => return Ok(Err(Failed::ForNow("timeout"))),
    };
    let came = judged(&answer);
    if answer.status == 403 {
        app.push_services.apple_forgets();
    }
    Ok(came)
}

/// `None` when this build has no way to speak TLS, which is a bug.
fn client() -> Option<Client> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(TIMEOUT));
    let ways = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
        .ok()?
        .https_or_http()
        .enable_http2()
        .wrap_connector(tcp);
    let pool = Pool::builder(TokioExecutor::new())
        .http2_only(true)
        .timer(TokioTimer::new())
        // A connection that died in silence is noticed before the next alarm needs it.
        .http2_keep_alive_interval(Duration::from_secs(60))
        .http2_keep_alive_timeout(Duration::from_secs(10))
        .http2_keep_alive_while_idle(true)
        .build(ways);
    Some(pool)
}

async fn asked(client: &Client, request: Request<Body>) -> Option<Answered> {
    let answer = client.request(request).await.ok()?;
    let (status, after_ms) = (answer.status().as_u16(), wait(answer.headers()));
    let body = to_bytes(Body::new(answer.into_body()), 4_096).await.ok()?;
    Some(Answered { status, after_ms, body: String::from_utf8_lossy(&body).into_owned() })
}

fn request(
    settings: &Apns,
    token: &str,
    word: &Word,
    told: &Told,
    now: Moment,
) -> Result<Request<Body>, axum::http::Error> {
    let (kind, priority) = if told.urgent { ("alert", "10") } else { ("background", "5") };
    let until = now.0.div_euclid(SECOND_MS) + i64::from(told.ttl_s());
    Request::post(format!("{}/3/device/{token}", settings.url))
        .header("authorization", format!("bearer {}", word.word))
        .header("apns-topic", &settings.topic)
        .header("apns-push-type", kind)
        .header("apns-priority", priority)
        .header("apns-expiration", until)
        // The same at each attempt.
        .header("apns-id", &told.notice)
        .header("apns-collapse-id", &told.topic)
        .body(Body::from(payload(told).to_string()))
}

/// What is sent: kind and ids. The telephone itself shows what shows, so that its words are here.
fn payload(told: &Told) -> Value {
    let mut payload = told.data();
    let aps = if told.urgent {
        let body = match (told.kind.as_str(), told.language.as_str()) {
            ("test", "en") => "Test notice received",
            ("test", _) => "Notification de test reçue",
            (_, "en") => "Something is waiting for you",
            (_, _) => "Quelque chose vous attend",
        };
        json!({ "alert": { "title": "Relève", "body": body }, "sound": "default" })
    } else {
        json!({ "content-available": 1 })
    };
    if let Some(payload) = payload.as_object_mut() {
        let _ = payload.insert("aps".to_owned(), aps);
    }
    payload
}

/// What an answer means.
fn judged(answer: &Answered) -> Result<(), Failed> {
    #[derive(Deserialize)]
    struct Body {
        reason: String,
    }
    let said = serde_json::from_str::<Body>(&answer.body).map(|body| body.reason);
    match (answer.status, said.unwrap_or_default().as_str()) {
        (200..=299, _) => Ok(()),
        (410, _) => Err(Failed::ForGood("gone")),
        // The next attempt says who we are anew.
        (403, "ExpiredProviderToken") => Err(Failed::ForNow("later")),
        // A key taken back, another team: somebody can mend it.
        (403, _) => Err(Failed::ForNow(ACCOUNT)),
        (413, _) => Err(Failed::ForGood("too_long")),
        (429 | 500..=599, _) => Err(answer.later()),
        _ => Err(Failed::ForGood("refused")),
    }
}

impl super::Services {
    /// The word for Apple's, said anew when it is old.
    fn apple(
        &self,
        now: Moment,
        say: impl FnOnce(Moment) -> Result<Word, Failed>,
    ) -> Result<Word, Failed> {
        let mut held = super::held(&self.apple);
        if let Some(word) = held.as_ref().filter(|word| now.since(word.said_at) < WORD_MS) {
            return Ok(word.clone());
        }
        let word = say(now)?;
        *held = Some(word.clone());
        Ok(word)
    }

    /// The word was refused: the next attempt says another.
    fn apple_forgets(&self) {
        *super::held(&self.apple) = None;
    }
}
