//! What happens around every request: its id and its line in the log, its time limit, the origin it
//! comes from, and one shape for every error.

use std::any::Any;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, ORIGIN};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use releve_shared::refusal::Refusal;
use tracing::Instrument;

use super::Refused;
use super::refused::Why;
use crate::app::App;
use crate::db::Fault;

/// Everything that happens around a request, in one layer: each costs as much as a small answer.
///
/// It gives the request an id and tells of it in one line (the route, never the path, which may hold
/// a token or an id), refuses what another site has caused, ends what takes too long (streams begin in
/// time and then go on), and shapes errors and headers.
pub(super) async fn around(State(app): State<App>, request: Request, next: Next) -> Response {
    let number = app.requests.fetch_add(1, Ordering::Relaxed);
    let from = app.now();
    let id = format!("{:x}-{number:x}", from.0);
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or_else(|| "files".to_owned(), |path| path.as_str().to_owned());
    let to = To::of(request.uri().path());
    let span = tracing::info_span!("request", id = %id);
    async {
        let response = if to == To::Desk && !same_origin(&app, &request) {
            Refused::from(Refusal::NotAllowed).into_response()
        } else {
            timed(&app, to, request, next).await
        };
        let mut response = if to == To::Page { response } else { shaped(response) };
        let status = response.status().as_u16();
        let ms = app.now().since(from);
        tracing::info!(%method, route, status, ms, "answered");
        if let Some(Why(refusal)) = response.extensions().get() {
            app.metrics.refused(refusal);
        }
        app.metrics.answered(&method, route, status);
        let headers = response.headers_mut();
        protect(headers, to, app.config.server.https());
        if let Ok(value) = HeaderValue::from_str(&id) {
            headers.insert("x-request-id", value);
        }
        response
    }
    .instrument(span)
    .await
}

/// Whom a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    /// The phones' interface.
    Phone,
    /// The desk's interface, with its cookie.
    Desk,
    /// Another interface.
    Api,
    /// A page or a file.
    Page,
}

impl To {
    fn of(path: &str) -> Self {
        match path {
            _ if path.starts_with("/api/phone/") => Self::Phone,
            _ if path.starts_with("/api/desk") => Self::Desk,
            _ if path.starts_with("/api/") => Self::Api,
            _ => Self::Page,
        }
    }
}

/// What a page of ours may load and do.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The headers that protect a browser. A phone is none and pays for each byte: its answers carry the
/// one that helps when somebody opens them in a browser all the same.
fn protect(headers: &mut HeaderMap, to: To, https: bool) {
    let mut put = |name: &'static str, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put("x-content-type-options", "nosniff");
    if to == To::Phone {
        return;
    }
    put("content-security-policy", POLICY);
    put("x-frame-options", "DENY");
    put("referrer-policy", "no-referrer");
    put("cross-origin-opener-policy", "same-origin");
    put("permissions-policy", "camera=(), microphone=(), geolocation=()");
    if https {
        put("strict-transport-security", "max-age=31536000; includeSubDomains");
    }
}

async fn timed(app: &App, to: To, request: Request, next: Next) -> Response {
    let limit = Duration::from_secs(app.config.server.timeout_s);
    let answer = async { next.run(arrived(to, request).await).await };
    match tokio::time::timeout(limit, answer).await {
        Ok(response) => response,
        Err(_) => Refused::from(Refusal::TryAgain).into_response(),
    }
}

/// A body of the desk that is no longer is read before it is answered: when the answer comes before the
/// body, which some of them never look at, HTTP ends the connection, and the next request on it is lost.
const SHORT_BODY: usize = 64 * 1024;

async fn arrived(to: To, request: Request) -> Request {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length: Option<usize> = length.and_then(|length| length.parse().ok());
    if to != To::Desk || !length.is_some_and(|length| (1..=SHORT_BODY).contains(&length)) {
        return request;
    }
    let (parts, body) = request.into_parts();
    // Cut off, it is as no body at all; nobody waits for the answer.
    let body = to_bytes(body, SHORT_BODY).await.map_or_else(|_| Body::empty(), Body::from);
    Request::from_parts(parts, body)
}

/// False for an unsafe request that another site has caused. A browser always names the origin of such
/// a request; programs name none and have no cookie to abuse.
fn same_origin(app: &App, request: &Request) -> bool {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    safe || from_here(request.headers(), &app.config.server.public_url)
}

fn from_here(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = headers.get(ORIGIN) else {
        return text("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
    };
    let Ok(origin) = origin.to_str() else { return false };
    let host = text(HOST.as_str());
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    origin == public_url || (authority.is_some() && authority == host)
}

/// Gives the refusals of extractors and limits, which are bare texts, the shape of all others.
fn shaped(response: Response) -> Response {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let kind = response.headers().get(CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json")) {
        return response;
    }
    let refusal = match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Refusal::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLong,
        StatusCode::REQUEST_TIMEOUT => Refusal::TryAgain,
        _ if status.is_server_error() => Refusal::TryAgain,
        _ => Refusal::Invalid,
    };
    let status =
        if status == StatusCode::UNPROCESSABLE_ENTITY { StatusCode::BAD_REQUEST } else { status };
    let mut shaped = Refused::from(refusal).into_response();
    *shaped.status_mut() = status;
    shaped
}

/// A handler that panicked: a fault like any other.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands the payload over")]
pub(super) fn panicked(payload: Box<dyn Any + Send>) -> Response {
    let words = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Refused::from(Fault::new(format!("a handler panicked: {words}"))).into_response()
}

/// The body of a request as axum knows it, whatever a layer has wrapped around it.
pub(super) fn plain_body<B>(request: axum::http::Request<B>) -> Request
where
    B: axum::body::HttpBody<Data = axum::body::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    request.map(Body::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_site_may_not_act() {
        let from = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs
                .iter()
                .map(|(k, v)| (k.parse().unwrap(), HeaderValue::from_static(v)))
                .collect();
            from_here(&headers, "https://releve.example")
        };
        assert!(from(&[("origin", "https://releve.example")]));
        assert!(from(&[("origin", "http://localhost:8470"), ("host", "localhost:8470")]));
        assert!(from(&[("host", "releve.example")]), "a program, without a browser");
        assert!(!from(&[("origin", "https://evil.example"), ("host", "releve.example")]));
        assert!(!from(&[("origin", "null"), ("host", "releve.example")]));
        assert!(!from(&[("sec-fetch-site", "cross-site"), ("host", "releve.example")]));
    }
}
