//! Google's service for Android phones, for the stories: real HTTP over a real socket. It verifies the
//! signed word that asks for an access (RFC 7523), and takes pushes from whoever shows one (FCM, HTTP v1).

use std::collections::HashSet;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rsa::KeyPair;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::receiver::{Came, read};

/// The key of the service account: of these tests alone, and of no use elsewhere.
const KEY: &str = include_str!("google.pem");

const PROJECT: &str = "releve-stories";

/// The service; it listens for as long as the process lives.
pub struct Google {
    /// Where.
    pub address: SocketAddr,
    account: NamedTempFile,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Status of pushes, FCM's own code, and after how many seconds it wants to be asked again.
    says: (u16, String, Option<u32>),
    /// Status of the asking for an access.
    gives: u16,
    accesses: HashSet<String>,
    given: usize,
    tries: usize,
    messages: Vec<Value>,
}

impl Google {
    /// Starts on a free port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let account = NamedTempFile::new().expect("a file");
        let written = json!({
            "type": "service_account", "project_id": PROJECT, "private_key_id": "key-1",
            "private_key": KEY, "client_email": "releve@releve-stories.example",
            "client_id": "1", "token_uri": format!("http://{address}/token"),
        });
        std::fs::write(account.path(), written.to_string()).expect("written");
        let state = State { says: (200, String::new(), None), gives: 200, ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let held = Arc::clone(&state);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let came = read(&stream).expect("a request");
                // What does not verify ends this thread: the story then sees nothing taken.
                let (status, after, body) = answered(&held, &came, address);
                let after = after.map_or(String::new(), |s| format!("retry-after: {s}\r\n"));
                let body = body.to_string();
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status} so be it\r\n{after}content-type: application/json\r\n\
                     content-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Self { address, account, state }
    }

    /// The file of the service account.
    #[must_use]
    pub fn account(&self) -> &Path {
        self.account.path()
    }

    /// What it answers to pushes from now on.
    pub fn says(&self, status: u16, code: &str, after_s: Option<u32>) {
        self.state.lock().expect("state").says = (status, code.to_owned(), after_s);
    }

    /// What it answers from now on to who asks for an access.
    pub fn gives(&self, status: u16) {
        self.state.lock().expect("state").gives = status;
    }

    /// Takes every access back.
    pub fn takes_back(&self) {
        self.state.lock().expect("state").accesses.clear();
    }

    /// How many accesses it has given.
    #[must_use]
    pub fn given(&self) -> usize {
        self.state.lock().expect("state").given
    }

    /// How many pushes it was asked for.
    #[must_use]
    pub fn tries(&self) -> usize {
        self.state.lock().expect("state").tries
    }

    /// The messages that it has taken, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Value> {
        self.state.lock().expect("state").messages.clone()
    }
}

fn answered(
    state: &Mutex<State>,
    (path, headers, body): &Came,
    address: SocketAddr,
) -> (u16, Option<u32>, Value) {
    let mut state = state.lock().expect("state");
    if path == "/token" {
        let form = std::str::from_utf8(body).expect("a form");
        verified(form, address);
        if state.gives != 200 {
            return (state.gives, None, json!({ "error": "invalid_grant" }));
        }
        state.given += 1;
        let access = format!("ya29.{}", state.given);
        let _ = state.accesses.insert(access.clone());
        let said = json!({ "access_token": access, "expires_in": 3_599, "token_type": "Bearer" });
        return (200, None, said);
    }
    assert_eq!(path, &format!("/v1/projects/{PROJECT}/messages:send"));
    state.tries += 1;
    let shown = headers.iter().find(|(name, _)| name == "authorization").expect("an access");
    let access = shown.1.strip_prefix("Bearer ").expect("a bearer");
    if !state.accesses.contains(access) {
        return (401, None, json!({ "error": { "code": 401, "status": "UNAUTHENTICATED" } }));
    }
    let (status, code, after) = state.says.clone();
    if status == 200 {
        let asked: Value = serde_json::from_slice(body).expect("JSON");
        state.messages.push(asked["message"].clone());
        return (200, None, json!({ "name": format!("projects/{PROJECT}/messages/1") }));
    }
    let kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
    let details =
        if code.is_empty() { json!([]) } else { json!([{ "@type": kind, "errorCode": code }]) };
    (status, after, json!({ "error": { "code": status, "details": details } }))
}

/// The word that asks for an access: signed by the account's key, for this service, for an hour at most.
fn verified(form: &str, address: SocketAddr) {
    let part = |name: &str| {
        let mut parts = form.split('&');
        parts.find_map(|part| part.strip_prefix(&format!("{name}="))).expect("a part")
    };
    let grant = part("grant_type").replace("%3A", ":");
    assert_eq!(grant, "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let (said, signature) = part("assertion").rsplit_once('.').expect("a signature");
    let pem = KEY.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let der = STANDARD.decode(pem).expect("base64");
    let pair = KeyPair::from_pkcs8(&der).expect("a key");
    let public: RsaPublicKeyComponents<Vec<u8>> = pair.public().into();
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64");
    public
        .verify(&RSA_PKCS1_2048_8192_SHA256, said.as_bytes(), &signature)
        .expect("signed by the account");
    let (head, claims) = said.split_once('.').expect("two parts");
    let json = |text: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).expect("base64")).expect("JSON")
    };
    assert_eq!(json(head), json!({ "alg": "RS256", "typ": "JWT", "kid": "key-1" }));
    let claims = json(claims);
    assert_eq!(claims["iss"], "releve@releve-stories.example");
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/firebase.messaging");
    assert_eq!(claims["aud"], format!("http://{address}/token"));
    let (from, until) =
        (claims["iat"].as_i64().expect("iat"), claims["exp"].as_i64().expect("exp"));
    assert!(from < until && until - from <= 3_600, "{claims}");
}
