//! The door over HTTP, the worker UI's files, and the tests' knobs.

use std::convert::Infallible;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use futures_util::Stream;
use releve_core::code::Pictures;
use releve_core::door::{Act, Ask};
use releve_core::ports::{CodeReader as _, TagReader};
use releve_shared::refusal::Refusal;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::device::Device;
use super::hands::Pretended;
use super::tags::{HeldUp, PluggedIn};
use crate::pn532::link_message;

/// How long a screen waits for a tag before it offers other ways.
const TAG_WAIT_MS: u64 = 25_000;

/// The largest picture, in bytes.
const PICTURE_LIMIT: usize = 32 * 1024 * 1024;

/// What the bridge is asked to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the phone keeps its files.
    pub folder: PathBuf,
    /// The worker UI, built; only the door is served when there is none.
    pub ui: PathBuf,
    /// Which port of the loopback address; 0 for any.
    pub port: u16,
    /// Whether `/test` is served.
    pub controls: bool,
}

#[derive(Clone)]
struct Bridge {
    device: Arc<Device>,
    changes: watch::Receiver<u64>,
    held_up: Arc<HeldUp>,
    controls: bool,
    ui: Arc<PathBuf>,
}

/// Serves until the process ends. Tells the address through `ready`.
///
/// # Errors
/// A sentence, when the folder or the port cannot be used.
pub async fn serve(options: Options, ready: impl FnOnce(&str)) -> Result<(), String> {
    let (sender, changes) = watch::channel(0);
    let changed = Arc::new(move || sender.send_modify(|number| *number += 1));
    let device = Device::open(&options.folder, changed, true)?;
    let bridge = Bridge {
        device,
        changes,
        held_up: Arc::default(),
        controls: options.controls,
        ui: Arc::new(options.ui),
    };
    let mut router = Router::new()
        .route("/door/act", post(act))
        .route("/door/ask", post(ask))
        .route("/door/changes", get(changes_of))
        .route("/door/picture", post(picture))
        .route("/door/tag", post(tag))
        .fallback(file);
    if options.controls {
        router = router
            .route("/test/offline", post(|State(bridge): State<Bridge>| cut(bridge, true)))
            .route("/test/online", post(|State(bridge): State<Bridge>| cut(bridge, false)))
            .route("/test/clock", post(clock))
            .route("/test/restart", post(restart))
            .route("/test/spoil", post(|State(bridge): State<Bridge>| spoil(bridge, false)))
            .route("/test/mend", post(|State(bridge): State<Bridge>| spoil(bridge, true)))
            .route("/test/tag", post(hold_up))
            .route("/test/hands", get(hands).post(set_hands));
    }
    let router = router.layer(DefaultBodyLimit::max(PICTURE_LIMIT)).with_state(bridge);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", options.port))
        .await
        .map_err(|error| format!("port {}: {error}", options.port))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    ready(&format!("http://{address}"));
    axum::serve(listener, router).await.map_err(|error| error.to_string())
}

/// A JSON body of this page and no other: a page elsewhere cannot send this content type unasked.
struct Body<T>(T);

impl<T: for<'de> Deserialize<'de>> FromRequest<Bridge> for Body<T> {
    type Rejection = Response;
    async fn from_request(request: Request, state: &Bridge) -> Result<Self, Response> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(rejection.into_response()),
        }
    }
}

#[derive(Serialize)]
struct Refused {
    refusal: Refusal,
}

/// The core works off the server's threads: disks and networks are slow.
async fn aside<T: Serialize + Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(value)) => Json(value).into_response(),
        Ok(Err(refusal)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, Json(Refused { refusal })).into_response()
        }
        Err(failed) => {
            eprintln!("the core failed: {failed}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn act(State(bridge): State<Bridge>, Body(act): Body<Act>) -> Response {
    aside(move || bridge.device.phone().act(act)).await
}

async fn ask(State(bridge): State<Bridge>, Body(ask): Body<Ask>) -> Response {
    aside(move || bridge.device.phone().ask(&ask)).await
}

async fn picture(bytes: Bytes) -> Response {
    aside(move || Pictures.read(&bytes)).await
}

async fn tag(State(bridge): State<Bridge>) -> Response {
    aside(move || {
        let reader: &dyn TagReader = if bridge.controls { &*bridge.held_up } else { &PluggedIn };
        releve_core::ndef::reading(&reader.read(TAG_WAIT_MS)?)
    })
    .await
}

async fn changes_of(
    State(bridge): State<Bridge>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stream = futures_util::stream::unfold(bridge.changes, |mut changes| async move {
        changes.changed().await.ok()?;
        let number = *changes.borrow_and_update();
        Some((Ok(Event::default().data(number.to_string())), changes))
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

/// A file of the worker UI; its page for every address of its own.
async fn file(State(bridge): State<Bridge>, uri: Uri) -> Response {
    let asked = Path::new(uri.path().trim_start_matches('/'));
    if !asked.components().all(|part| matches!(part, Component::Normal(_))) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let wanted = bridge.ui.join(asked);
    let path = if wanted.is_file() { wanted } else { bridge.ui.join("index.html") };
    let Ok(bytes) = tokio::fs::read(&path).await else {
        return (StatusCode::NOT_FOUND, "the worker UI is not built: npm run build -w app/ui")
            .into_response();
    };
    let mut headers = HeaderMap::new();
    if let Ok(kind) = kind_of(&path).parse() {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    (headers, bytes).into_response()
}

fn kind_of(path: &Path) -> &'static str {
    match path.extension().and_then(|end| end.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "json" | "webmanifest" => "application/json",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        _ => "application/octet-stream",
    }
}

async fn cut(bridge: Bridge, cut: bool) -> StatusCode {
    bridge.device.knobs.cut.store(cut, Ordering::Relaxed);
    if !cut {
        bridge.device.phone().poked();
    }
    StatusCode::NO_CONTENT
}

/// How wrong the clocks are.
#[derive(Deserialize)]
struct Wrong {
    /// The wall clock's error.
    #[serde(default)]
    wall_ms: i64,
    /// Time that passes at once, on both clocks.
    #[serde(default)]
    shift_ms: i64,
}

async fn clock(State(bridge): State<Bridge>, Body(wrong): Body<Wrong>) -> StatusCode {
    bridge.device.knobs.wall_ms.store(wrong.wall_ms, Ordering::Relaxed);
    bridge.device.knobs.shift_ms.store(wrong.shift_ms, Ordering::Relaxed);
    StatusCode::NO_CONTENT
}

async fn restart(State(bridge): State<Bridge>) -> Response {
    match tokio::task::spawn_blocking(move || bridge.device.restart()).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(why)) => (StatusCode::INTERNAL_SERVER_ERROR, why).into_response(),
        Err(failed) => (StatusCode::INTERNAL_SERVER_ERROR, failed.to_string()).into_response(),
    }
}

/// A start of the app on duty data that it cannot open; and the end of that.
async fn spoil(bridge: Bridge, back: bool) -> Response {
    match tokio::task::spawn_blocking(move || bridge.device.spoil(back)).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(why)) => (StatusCode::INTERNAL_SERVER_ERROR, why).into_response(),
        Err(failed) => (StatusCode::INTERNAL_SERVER_ERROR, failed.to_string()).into_response(),
    }
}

async fn hands(State(bridge): State<Bridge>) -> Json<Pretended> {
    Json(bridge.device.hands.pretended())
}

async fn set_hands(State(bridge): State<Bridge>, Body(able): Body<Pretended>) -> StatusCode {
    // A position is of now.
    let up_ms = bridge.device.up_ms();
    bridge.device.hands.set(Pretended { up_ms, ..able });
    StatusCode::NO_CONTENT
}

/// A tag that comes near: its link, or the bytes of its message in hexadecimal.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tag {
    Link(String),
    Message(String),
}

async fn hold_up(State(bridge): State<Bridge>, Body(tag): Body<Tag>) -> StatusCode {
    let message = match tag {
        Tag::Link(link) => link_message(&link),
        Tag::Message(hex) => (0..hex.len() / 2)
            .filter_map(|at| hex.get(2 * at..2 * at + 2))
            .filter_map(|pair| u8::from_str_radix(pair, 16).ok())
            .collect(),
    };
    bridge.held_up.hold_up(message);
    StatusCode::NO_CONTENT
}
