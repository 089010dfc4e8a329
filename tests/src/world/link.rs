//! The way between a phone and its server: real sockets, and whatever weather a story makes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use releve_core::ports::{Link, NoAnswer, Request, Response};
use ureq::Agent;
use ureq::http;

use super::time::Time;

/// What befalls each request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weather {
    /// It arrives, and so does its answer.
    #[default]
    Clear,
    /// Nothing arrives.
    Cut,
    /// It arrives; the answer is lost.
    AnswersLost,
    /// It arrives twice.
    Doubled,
    /// Half of its body arrives, then the line breaks.
    Truncated,
    /// A captive portal says 200 with its own page.
    Portal,
    /// A portal says 302 to its own page.
    Redirected,
    /// A portal says 204 without a word.
    Bare204,
    /// A proxy says 401 without a word.
    Bare401,
    /// A proxy says 403 without a word.
    Bare403,
    /// A proxy says 502.
    BadGateway,
    /// It arrives; half of the answer's body comes back.
    AnswerTruncated,
}

/// The line of one phone. Clones share it.
#[derive(Clone)]
pub struct Line {
    agent: Agent,
    state: Arc<Mutex<State>>,
    time: Time,
}

#[derive(Default)]
struct State {
    weather: Weather,
    took_ms: i64,
    paths: Vec<String>,
    ways: Vec<(String, String)>,
    heard: Option<String>,
    cut: Option<(String, usize)>,
}

impl Line {
    /// A clear line.
    #[must_use]
    pub fn new(time: &Time) -> Self {
        Self { agent: agent(), state: Arc::default(), time: time.clone() }
    }

    /// Changes the weather.
    pub fn weather(&self, weather: Weather) {
        self.state().weather = weather;
    }

    /// Makes each exchange take so long.
    pub fn takes(&self, ms: i64) {
        self.state().took_ms = ms;
    }

    /// Leads the requests of some paths to another node.
    pub fn leads(&self, paths: &str, node: &str) {
        self.state().ways.push((paths.to_owned(), node.to_owned()));
    }

    /// Writes down what comes back from now on.
    pub fn record(&self) {
        self.state().heard = Some(String::new());
    }

    /// What came back since [`Self::record`].
    #[must_use]
    pub fn heard(&self) -> String {
        self.state().heard.clone().expect("a line that is recorded")
    }

    /// Lets so many requests of a path through; the line is cut at the next one.
    pub fn cut_after(&self, path: &str, requests: usize) {
        self.state().cut = Some((path.to_owned(), requests));
    }

    /// Paths of the requests tried since the last look.
    #[must_use]
    pub fn tried(&self) -> Vec<String> {
        std::mem::take(&mut self.state().paths)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("the line")
    }
}

impl Link for Line {
    fn send(&self, request: &Request) -> Result<Response, NoAnswer> {
        let path = path_of(&request.url);
        let (weather, took_ms, node) = {
            let mut state = self.state();
            state.paths.push(path.to_owned());
            let cut = match &mut state.cut {
                Some((at, left)) if path == at => {
                    let over = *left == 0;
                    *left = left.saturating_sub(1);
                    over
                }
                Some(_) | None => false,
            };
            if cut {
                (state.cut, state.weather) = (None, Weather::Cut);
            }
            let way = state.ways.iter().rev().find(|(paths, _)| path.starts_with(paths));
            (state.weather, state.took_ms, way.map(|(_, node)| node.clone()))
        };
        let led = node.map(|node| Request { url: format!("{node}{path}"), ..request.clone() });
        self.time.pass(took_ms / 2);
        let came = through(&self.agent, weather, led.as_ref().unwrap_or(request));
        self.time.pass(took_ms - took_ms / 2);
        if let (Some(heard), Ok(answer)) = (&mut self.state().heard, &came) {
            heard.push_str(&String::from_utf8_lossy(&answer.body));
        }
        came
    }
}

fn through(agent: &Agent, weather: Weather, request: &Request) -> Result<Response, NoAnswer> {
    match weather {
        Weather::Clear => send(agent, request),
        Weather::Cut => Err(NoAnswer),
        Weather::AnswersLost => send(agent, request).and(Err(NoAnswer)),
        Weather::Doubled => send(agent, request).and_then(|_| send(agent, request)),
        Weather::Truncated => {
            half(request);
            Err(NoAnswer)
        }
        Weather::Portal => Ok(page(200)),
        Weather::Redirected => Ok(page(302)),
        Weather::Bare204 => Ok(bare(204)),
        Weather::Bare401 => Ok(bare(401)),
        Weather::Bare403 => Ok(bare(403)),
        Weather::BadGateway => Ok(page(502)),
        Weather::AnswerTruncated => {
            let mut answer = send(agent, request)?;
            answer.body.truncate(answer.body.len() / 2);
            Ok(answer)
        }
    }
}

fn page(status: u16) -> Response {
    let body = b"<!doctype html><title>Bienvenue</title><p>Acceptez les conditions.".to_vec();
    Response { status, content_type: "text/html; charset=utf-8".to_owned(), body }
}

fn bare(status: u16) -> Response {
    Response { status, content_type: String::new(), body: Vec::new() }
}

/// An agent that judges no status.
#[must_use]
pub fn agent() -> Agent {
    Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(60)))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build()
        .into()
}

/// One exchange over a real socket.
///
/// # Errors
/// [`NoAnswer`] when nothing whole came back.
pub fn send(agent: &Agent, request: &Request) -> Result<Response, NoAnswer> {
    let mut message = http::Request::builder().method(request.method).uri(&request.url);
    for (name, value) in &request.headers {
        message = message.header(name, value);
    }
    let mut answer =
        if request.method == "GET" || (request.method == "DELETE" && request.body.is_empty()) {
            agent.run(message.body(()).map_err(|_| NoAnswer)?)
        } else {
            agent.run(message.body(request.body.as_slice()).map_err(|_| NoAnswer)?)
        }
        .map_err(|_| NoAnswer)?;
    let content_type = answer
        .headers()
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let status = answer.status().as_u16();
    let limit = 64 * 1024 * 1024;
    let body = answer.body_mut().with_config().limit(limit).read_to_vec().map_err(|_| NoAnswer)?;
    Ok(Response { status, content_type, body })
}

/// Listens to server-sent events on a thread of its own: what comes are their `data` lines. When this
/// returns, the server listens too.
#[must_use]
pub fn listens(request: &Request) -> mpsc::Receiver<String> {
    let mut message = http::Request::builder().method(request.method).uri(&request.url);
    for (name, value) in &request.headers {
        message = message.header(name, value);
    }
    let message = message.body(()).expect("a request");
    let answer = agent().run(message).expect("the server answers");
    assert_eq!(answer.status().as_u16(), 200);
    let (said, heard) = mpsc::channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(answer.into_body().into_reader()).lines();
        for line in lines.map_while(Result::ok).filter(|line| line.starts_with("data")) {
            if said.send(line).is_err() {
                return;
            }
        }
    });
    heard
}

/// Announces the whole body, sends half of it, and hangs up.
fn half(request: &Request) {
    let authority = request.url.trim_start_matches("http://").split('/').next().unwrap_or_default();
    let Ok(mut socket) = TcpStream::connect(authority) else { return };
    let mut head =
        format!("{} {} HTTP/1.1\r\nhost: {authority}\r\n", request.method, path_of(&request.url));
    for (name, value) in &request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", request.body.len()));
    let _ = socket.write_all(head.as_bytes());
    let _ = socket.write_all(&request.body[..request.body.len() / 2]);
    let _ = socket.flush();
}

fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("/", |at| &rest[at..])
}
