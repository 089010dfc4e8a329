//! The way between phones and a server in the same process: it loses, doubles, delays and reorders,
//! and the server dies between two requests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use releve_core::ports::{Link, NoAnswer, Request, Response};
use releve_server::app::App;
use releve_shared::time::Moment;
use releve_tests::world::server::open;
use releve_tests::world::time::{Seeded, Time};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// How often each thing befalls a request, in a hundred.
const LOST: u64 = 8;
const ANSWER_LOST: u64 = 8;
const DOUBLED: u64 = 5;
const LATE: u64 = 5;
const ANSWER_CUT: u64 = 3;
const SERVER_DIES: u64 = 4;

/// How long a request can be held up, in milliseconds: what was superseded two minutes ago is taken
/// for stolen.
const LATEST_MS: i64 = 100_000;

/// The address that the phones know.
pub const URL: &str = "http://sim.example";

/// The server and all that lies before it. Clones share it.
#[derive(Clone)]
pub struct Net(Arc<Mutex<Inner>>);

struct Inner {
    runtime: Arc<Runtime>,
    database: String,
    time: Time,
    chance: Seeded,
    dice: Seeded,
    served: Option<(App, Router)>,
    faulty: bool,
    late: Vec<(Moment, Request)>,
    cookie: Option<String>,
}

impl Net {
    /// A server over a database.
    pub fn new(runtime: Arc<Runtime>, database: &str, time: &Time, seed: u64) -> Self {
        let net = Self(Arc::new(Mutex::new(Inner {
            runtime,
            database: database.to_owned(),
            time: time.clone(),
            chance: Seeded::of(seed ^ 0x5e4e),
            dice: Seeded::of(seed ^ 0xd1ce),
            served: None,
            faulty: false,
            late: Vec::new(),
            cookie: None,
        })));
        net.restart();
        net
    }

    /// The server dies and comes back over the same database.
    pub fn restart(&self) {
        self.inner().restart();
    }

    /// The application, for the office's acts and for checks.
    pub fn app(&self) -> App {
        self.inner().served.as_ref().expect("a server").0.clone()
    }

    /// Begins or ends the bad weather.
    pub fn faulty(&self, faulty: bool) {
        self.inner().faulty = faulty;
    }

    /// Delivers one of the requests that were held up; nobody hears its answer.
    pub fn late_arrival(&self) {
        self.inner().late_arrival();
    }

    /// One request in clear weather.
    pub fn ask(&self, request: &Request) -> Response {
        self.inner().deliver(request)
    }

    /// One request whose answer may set a cookie.
    pub fn ask_for_cookie(&self, request: &Request) -> (Response, Option<String>) {
        let mut inner = self.inner();
        let answer = inner.deliver(request);
        (answer, inner.cookie.take())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("the net")
    }
}

impl Inner {
    fn restart(&mut self) {
        self.served = None;
        let app = self.runtime.block_on(open(&self.database, &self.time, &self.chance, URL));
        let router = releve_server::http::router(app.clone());
        self.served = Some((app, router));
    }

    fn deliver(&mut self, request: &Request) -> Response {
        let path = request.url.strip_prefix(URL).expect("our server");
        let mut message = axum::http::Request::builder().method(request.method).uri(path);
        message = message.header("host", "sim.example");
        for (name, value) in &request.headers {
            message = message.header(name, value);
        }
        message = message.extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
        let message = message.body(Body::from(request.body.clone())).expect("a request");
        let router = self.served.as_ref().expect("a server").1.clone();
        let (answer, cookie) = self.runtime.block_on(async move {
            let answer = router.oneshot(message).await.expect("an answer");
            let status = answer.status().as_u16();
            let kind = answer.headers().get("content-type").and_then(|v| v.to_str().ok());
            let content_type = kind.unwrap_or_default().to_owned();
            let set = answer.headers().get("set-cookie").and_then(|v| v.to_str().ok());
            let cookie = set.and_then(|set| set.split(';').next()).map(str::to_owned);
            let body = to_bytes(answer.into_body(), usize::MAX).await.expect("a body").to_vec();
            (Response { status, content_type, body }, cookie)
        });
        self.cookie = cookie.or(self.cookie.take());
        answer
    }

    /// One held-up request arrives, in any order; a connection lives for two minutes at most.
    fn late_arrival(&mut self) {
        let oldest = self.time.now().plus(-LATEST_MS);
        self.late.retain(|(sent, _)| *sent >= oldest);
        if !self.late.is_empty() {
            let which = usize::try_from(self.dice.below(self.late.len() as u64)).expect("small");
            let (_, request) = self.late.swap_remove(which);
            let _ = self.deliver(&request);
        }
    }

    fn befalls(&mut self, request: &Request) -> Result<Response, NoAnswer> {
        if !self.faulty {
            return Ok(self.deliver(request));
        }
        // An exchange takes between nothing and four seconds.
        self.time.pass(i64::try_from(self.dice.below(2_000)).expect("small"));
        if self.dice.percent(LOST) {
            return Err(NoAnswer);
        }
        if self.dice.percent(LATE) {
            self.late.push((self.time.now(), request.clone()));
            return Err(NoAnswer);
        }
        if self.dice.percent(50) {
            self.late_arrival();
        }
        if self.dice.percent(DOUBLED) {
            let _ = self.deliver(request);
        }
        let mut answer = self.deliver(request);
        if self.dice.percent(SERVER_DIES) {
            self.restart();
        }
        self.time.pass(i64::try_from(self.dice.below(2_000)).expect("small"));
        if self.dice.percent(ANSWER_LOST) {
            return Err(NoAnswer);
        }
        if self.dice.percent(ANSWER_CUT) {
            answer.body.truncate(answer.body.len() / 2);
        }
        Ok(answer)
    }
}

/// A phone's end of it.
pub struct SimLink(pub Net);

impl Link for SimLink {
    fn send(&self, request: &Request) -> Result<Response, NoAnswer> {
        self.0.inner().befalls(request)
    }
}
