//! A push service with one receiver behind it, for the stories: real HTTP over a real socket; each push
//! is verified as the service would (RFC 8292) and opened as the browser would (RFC 8291).

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, OnceLock};

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes128Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey, SecretKey};
use serde_json::{Value, json};
use sha2::Sha256;

/// A push that was taken.
#[derive(Clone, Debug)]
pub struct Push {
    /// Path of the endpoint.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// As it came.
    pub closed: Vec<u8>,
    /// What the receiver reads; nothing at a blind service.
    pub open: Value,
    /// The claims of who sent it, whose signature was verified.
    pub claims: Value,
    /// The key that signed.
    pub key: String,
}

impl Push {
    /// A header; empty when there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(held, _)| held == name).map_or("", |(_, value)| value)
    }
}

/// What the service answers.
type Says = Arc<Mutex<(u16, Option<u32>)>>;

/// The service; it listens for as long as the process lives.
pub struct Receiver {
    /// Where.
    pub address: SocketAddr,
    pushes: Arc<Mutex<Vec<Push>>>,
    tries: Arc<Mutex<usize>>,
    says: Says,
    secret: SecretKey,
}

/// The ports that services of this process listen on: the world's servers must know them beforehand.
struct Ports {
    all: Vec<SocketAddr>,
    free: Mutex<Vec<TcpListener>>,
}

fn ports() -> &'static Ports {
    static PORTS: OnceLock<Ports> = OnceLock::new();
    PORTS.get_or_init(|| {
        let bound = (0..32).map(|_| TcpListener::bind("127.0.0.1:0").expect("a port"));
        let free: Vec<TcpListener> = bound.collect();
        let all = free.iter().map(|one| one.local_addr().expect("an address")).collect();
        Ports { all, free: Mutex::new(free) }
    })
}

/// Where services of this process listen, each `host:port`.
#[must_use]
pub fn services() -> Vec<String> {
    ports().all.iter().map(ToString::to_string).collect()
}

/// What a receiver shares with who writes to it.
const AUTH: [u8; 16] = *b"sixteen secrets!";

impl Receiver {
    /// Starts on one of [`services`], with a key of its own.
    #[must_use]
    pub fn start(seed: u8) -> Self {
        Self::listen(seed, false)
    }

    /// A service whose receiver is elsewhere: it opens nothing.
    #[must_use]
    pub fn blind() -> Self {
        Self::listen(1, true)
    }

    fn listen(seed: u8, blind: bool) -> Self {
        let listener = ports().free.lock().expect("ports").pop().expect("a free service");
        let address = listener.local_addr().expect("an address");
        let secret = SecretKey::from_slice(&[seed; 32]).expect("a key");
        let made = Self {
            address,
            pushes: Arc::default(),
            tries: Arc::default(),
            says: Arc::new(Mutex::new((201, None))),
            secret: secret.clone(),
        };
        let (pushes, says) = (Arc::clone(&made.pushes), Arc::clone(&made.says));
        let tries = Arc::clone(&made.tries);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                *tries.lock().expect("tries") += 1;
                let (status, after) = *says.lock().expect("an answer");
                // A push that does not verify or open ends this thread: the story then sees none.
                let came = read(&stream).expect("a request");
                if status < 300 {
                    let push = opened(came, (!blind).then_some(&secret), address);
                    pushes.lock().expect("pushes").push(push);
                }
                let after = after.map_or(String::new(), |s| format!("retry-after: {s}\r\n"));
                let answer = format!(
                    "HTTP/1.1 {status} so be it\r\n{after}content-length: 0\r\nconnection: close\r\n\r\n"
                );
                let mut stream = stream;
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        made
    }

    /// What the service answers from now on, and after how many seconds it wants to be asked again.
    pub fn says(&self, status: u16, after_s: Option<u32>) {
        *self.says.lock().expect("an answer") = (status, after_s);
    }

    /// The pushes that were taken, oldest first.
    #[must_use]
    pub fn pushes(&self) -> Vec<Push> {
        self.pushes.lock().expect("pushes").clone()
    }

    /// How often it was asked.
    #[must_use]
    pub fn tries(&self) -> usize {
        *self.tries.lock().expect("tries")
    }

    /// Where a subscription of it leads, with its keys.
    #[must_use]
    pub fn target(&self, path: &str) -> Value {
        json!({
            "endpoint": format!("http://{}/{path}", self.address),
            "p256dh": URL_SAFE_NO_PAD.encode(point(&self.secret.public_key())),
            "auth": URL_SAFE_NO_PAD.encode(AUTH),
        })
    }
}

fn point(key: &PublicKey) -> Vec<u8> {
    key.to_sec1_point(false).as_bytes().to_vec()
}

/// A request: path, headers with names in lower case, body.
pub(crate) type Came = (String, Vec<(String, String)>, Vec<u8>);

/// Reads a `POST`.
pub(crate) fn read(stream: &TcpStream) -> std::io::Result<Came> {
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    lines.read_line(&mut first)?;
    let (mut headers, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        if name == "content-length" {
            length = value.parse().unwrap_or(0);
        }
        headers.push((name, value));
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body)?;
    assert!(first.starts_with("POST "), "{first}");
    Ok((first.split(' ').nth(1).unwrap_or_default().to_owned(), headers, body))
}

fn opened((path, headers, closed): Came, secret: Option<&SecretKey>, address: SocketAddr) -> Push {
    let header =
        |name: &str| headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.clone());
    assert_eq!(header("content-encoding").as_deref(), Some("aes128gcm"));
    let (claims, key) = verified(&header("authorization").expect("a word"));
    assert_eq!(claims["aud"], format!("http://{address}"), "a word for another service");
    let read = |secret| serde_json::from_slice(&decrypt(&closed, secret)).expect("JSON");
    let open = secret.map_or(Value::Null, read);
    Push { path, headers, closed, open, claims, key }
}

fn verified(authorization: &str) -> (Value, String) {
    let words = authorization.strip_prefix("vapid ").expect("vapid");
    let part = |name: &str| {
        let mut parts = words.split(',').map(str::trim);
        parts.find_map(|part| part.strip_prefix(name)).expect("a part").to_owned()
    };
    let (word, key) = (part("t="), part("k="));
    let (said, signature) = word.rsplit_once('.').expect("a signature");
    let bytes = URL_SAFE_NO_PAD.decode(&key).expect("a key");
    let verifying = VerifyingKey::from_sec1_bytes(&bytes).expect("a point");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64");
    let signature = Signature::from_slice(&signature).expect("a signature");
    verifying.verify(said.as_bytes(), &signature).expect("signed by that key");
    let (head, claims) = said.split_once('.').expect("two parts");
    let json = |text: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).expect("base64")).expect("JSON")
    };
    assert_eq!(json(head)["alg"], "ES256");
    (json(claims), key)
}

/// The receiver's side of RFC 8291.
fn decrypt(closed: &[u8], secret: &SecretKey) -> Vec<u8> {
    let (salt, rest) = closed.split_at(16);
    let (record, rest) = rest.split_at(4);
    assert!(u32::from_be_bytes(record.try_into().expect("four")) >= 18);
    let (id, sealed) = rest[1..].split_at(usize::from(rest[0]));
    let sender = PublicKey::from_sec1_bytes(id).expect("a point");
    let shared = p256::ecdh::diffie_hellman(secret.to_nonzero_scalar(), sender.as_affine());
    let info = [b"WebPush: info\0".as_slice(), &point(&secret.public_key()), id].concat();
    let mut input = [0; 32];
    let mixed = Hkdf::<Sha256>::new(Some(&AUTH), shared.raw_secret_bytes());
    mixed.expand(&info, &mut input).expect("a length");
    let keys = Hkdf::<Sha256>::new(Some(salt), &input);
    let (mut key, mut nonce) = ([0; 16], [0; 12]);
    keys.expand(b"Content-Encoding: aes128gcm\0", &mut key).expect("a length");
    keys.expand(b"Content-Encoding: nonce\0", &mut nonce).expect("a length");
    let cipher = Aes128Gcm::new(&key.into());
    let mut text = cipher.decrypt(&Nonce::from(nonce), sealed).expect("it opens");
    while text.pop().expect("a delimiter") != 2 {}
    text
}
