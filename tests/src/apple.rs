//! Apple's service for iPhones, for the stories: real HTTP/2 over a real socket. It verifies the
//! provider's word, and takes pushes for its topic (APNs).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, Version};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::net::TcpListener;

/// A push that was taken.
#[derive(Clone, Debug)]
pub struct Push {
    /// Whose telephone.
    pub token: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// What the telephone reads.
    pub payload: Value,
}

impl Push {
    /// A header; empty when there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(held, _)| held == name).map_or("", |(_, value)| value)
    }
}

/// The service; it listens for as long as the process lives.
pub struct Apple {
    /// Where.
    pub address: SocketAddr,
    key: NamedTempFile,
    state: Arc<Mutex<State>>,
}

struct State {
    public: Vec<u8>,
    says: (u16, String, Option<u32>),
    words: Vec<String>,
    connections: usize,
    tries: usize,
    pushes: Vec<Push>,
}

impl Apple {
    /// The key's name.
    pub const KEY_ID: &str = "ABC123DEFG";
    /// Whose key it is.
    pub const TEAM_ID: &str = "DEF123GHIJ";
    /// Which app.
    pub const TOPIC: &str = "fr.releve.app";

    /// Starts on a free port, with a key that it has given out.
    #[must_use]
    pub fn start() -> Self {
        let scheme = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let made = EcdsaKeyPair::generate_pkcs8(scheme, &SystemRandom::new()).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(scheme, made.as_ref(), &SystemRandom::new());
        let public = pair.expect("a key").public_key().as_ref().to_vec();
        let key = NamedTempFile::new().expect("a file");
        let text = STANDARD.encode(made.as_ref());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
        std::fs::write(key.path(), pem).expect("written");
        let says = (200, String::new(), None);
        let (words, pushes) = (Vec::new(), Vec::new());
        let state = State { public, says, words, connections: 0, tries: 0, pushes };
        let state = Arc::new(Mutex::new(state));
        let held = Arc::clone(&state);
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                tell.send(listener.local_addr().expect("an address")).expect("heard");
                listen(listener, held).await;
            });
        });
        Self { address: told.recv().expect("an address"), key, state }
    }

    /// The file of the key.
    #[must_use]
    pub fn key(&self) -> &Path {
        self.key.path()
    }

    /// What it answers from now on.
    pub fn says(&self, status: u16, reason: &str, after_s: Option<u32>) {
        self.state.lock().expect("state").says = (status, reason.to_owned(), after_s);
    }

    /// The pushes that it has taken, oldest first.
    #[must_use]
    pub fn pushes(&self) -> Vec<Push> {
        self.state.lock().expect("state").pushes.clone()
    }

    /// How often it was asked.
    #[must_use]
    pub fn tries(&self) -> usize {
        self.state.lock().expect("state").tries
    }

    /// How many connections were made to it.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.state.lock().expect("state").connections
    }

    /// How many words it was shown, each counted once.
    #[must_use]
    pub fn words(&self) -> usize {
        self.state.lock().expect("state").words.len()
    }
}

async fn listen(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        state.lock().expect("state").connections += 1;
        #[expect(clippy::disallowed_methods, reason = "it ends with the runtime of its thread")]
        tokio::task::spawn(async move {
            let answer = service_fn(|request| taken(Arc::clone(&state), request));
            hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), answer)
                .await
        });
    }
}

async fn taken(
    state: Arc<Mutex<State>>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    assert_eq!((request.method().as_str(), request.version()), ("POST", Version::HTTP_2));
    let (parts, body) = request.into_parts();
    let body = to_bytes(Body::new(body), 4_096).await.expect("4 KiB at most");
    let text = |value: &axum::http::HeaderValue| value.to_str().expect("a text").to_owned();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
    let token = parts.uri.path().strip_prefix("/3/device/").expect("a device").to_owned();
    let payload = serde_json::from_slice(&body).expect("JSON");
    let push = Push { token, headers: headers.collect(), payload };
    let mut state = state.lock().expect("state");
    state.tries += 1;
    let word = push.header("authorization").strip_prefix("bearer ").expect("a word").to_owned();
    verified(&word, &state.public);
    if !state.words.contains(&word) {
        state.words.push(word);
    }
    assert_eq!(push.header("apns-topic"), Apple::TOPIC);
    let (status, reason, after) = state.says.clone();
    let mut answer = Response::builder().status(status);
    if let Some(after) = after {
        answer = answer.header("retry-after", after);
    }
    let said = if status == 200 {
        state.pushes.push(push);
        Body::empty()
    } else {
        Body::from(json!({ "reason": reason }).to_string())
    };
    Ok(answer.body(said).expect("an answer"))
}

/// The provider's word: signed by the key that was given out, of its team.
fn verified(word: &str, public: &[u8]) {
    let (said, signature) = word.rsplit_once('.').expect("a signature");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64");
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public)
        .verify(said.as_bytes(), &signature)
        .expect("signed by the key");
    let (head, claims) = said.split_once('.').expect("two parts");
    let json = |text: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).expect("base64")).expect("JSON")
    };
    assert_eq!(json(head), json!({ "alg": "ES256", "kid": Apple::KEY_ID }));
    let claims = json(claims);
    assert_eq!(claims["iss"], Apple::TEAM_ID);
    assert!(claims["iat"].as_i64().is_some_and(|at| at > 1_700_000_000), "{claims}");
}
