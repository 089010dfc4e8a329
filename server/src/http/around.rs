//! What happens around every request: its id and its line in the log, its time limit, the origin it
//! comes from, and one shape for every error.

use std::any::Any;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue, ORIGIN};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use releve_shared::refusal::Refusal;
use tracing::Instrument;

use super::Refused;
use super::refused::Why;
use crate::app::App;
use crate::db::Fault;

/// Gives the request an id and tells of it in one line: the route, never the path, which may hold a
/// token or an id.
pub(super) async fn told(State(app): State<App>, request: Request, next: Next) -> Response {
    let number = app.requests.fetch_add(1, Ordering::Relaxed);
    let id = format!("{:x}-{number:x}", app.now().0);
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or_else(|| "files".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", id = %id);
    let from = app.now();
    async {
        let mut response = next.run(request).await;
        let status = response.status().as_u16();
        let ms = app.now().since(from);
        tracing::info!(%method, route, status, ms, "answered");
        if let Some(Why(refusal)) = response.extensions().get() {
            app.metrics.refused(refusal);
        }
        app.metrics.answered(&method, route, status);
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert("x-request-id", value);
        }
        response
    }
    .instrument(span)
    .await
}

/// Ends a request that takes too long. Streams begin in time and then go on.
pub(super) async fn timed(State(app): State<App>, request: Request, next: Next) -> Response {
    let limit = Duration::from_secs(app.config.server.timeout_s);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refused::from(Refusal::TryAgain).into_response(),
    }
}

/// Refuses unsafe requests of the desk's interface that another site has caused. A browser always
/// names the origin of such a request; programs name none and have no cookie to abuse.
pub(super) async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !safe && request.uri().path().starts_with("/api/desk") {
        let headers = request.headers();
        if !from_here(headers, &app.config.server.public_url) {
            return Refused::from(Refusal::NotAllowed).into_response();
        }
    }
    next.run(request).await
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
pub(super) async fn refusals(request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/api/");
    let response = next.run(request).await;
    let status = response.status();
    let json = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !api || json || !(status.is_client_error() || status.is_server_error()) {
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
