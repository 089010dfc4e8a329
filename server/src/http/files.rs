//! The desk's own files, embedded when the binary is built (read from the folder by a debug build).

use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use releve_shared::refusal::Refusal;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::Refused;

#[derive(RustEmbed)]
#[folder = "desk/dist"]
#[allow_missing = true]
struct Files;

const INDEX: &str = "index.html";

/// Shown by a binary that was built before the desk.
const ABSENT: &str = "<!doctype html><html lang=\"fr\"><meta charset=\"utf-8\"><title>Relève</title>\
<h1>Relève</h1><p>Les écrans du bureau ne sont pas dans ce programme. Construisez-les avec \
<code>npm run build -w server/desk</code>, puis le serveur.</p><p lang=\"en\">The desk's screens are \
not in this program. Build them with <code>npm run build -w server/desk</code>, then the server.</p></html>";

/// A file of the desk; for any other address of the desk, its index, which shows the screen.
pub(super) async fn serve(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if path.starts_with("api/") {
        return Refused::from(Refusal::NotFound).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let known = request.headers().get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
    if let Some(file) = Files::get(path) {
        return answer(path, file, known);
    }
    // A missing script must not be answered with a page.
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    if is_file {
        return StatusCode::NOT_FOUND.into_response();
    }
    match Files::get(INDEX) {
        Some(index) => answer(INDEX, index, known),
        None => (StatusCode::SERVICE_UNAVAILABLE, Html(ABSENT)).into_response(),
    }
}

fn answer(path: &str, file: EmbeddedFile, known: Option<&str>) -> Response {
    let hash: String =
        file.metadata.sha256_hash().iter().take(16).map(|b| format!("{b:02x}")).collect();
    let tag = format!("\"{hash}\"");
    // Vite writes the hash of the content into the names under assets/.
    let cache = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let kind = file.metadata.mimetype().to_owned();
    let kind = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind };
    let head = [(CONTENT_TYPE, kind), (CACHE_CONTROL, cache.to_owned()), (ETAG, tag.clone())];
    if known == Some(tag.as_str()) {
        return (StatusCode::NOT_MODIFIED, head).into_response();
    }
    (head, file.data).into_response()
}
