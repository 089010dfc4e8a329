//! Whether the process lives, and whether it can work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::app::App;
use crate::db::migrate;

/// Under this many free bytes the server says that it is not ready.
const DISK_FLOOR: u64 = 64 * 1024 * 1024;

/// The process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

#[derive(Serialize)]
struct Ready {
    database: bool,
    migrations: bool,
    disk: bool,
}

/// Database, migrations and disk, each by name; 503 when one fails.
pub(crate) async fn ready(State(app): State<App>) -> Response {
    let newest = app.read(|tx, _| Ok(migrate::newest(tx)?)).await;
    let ready = Ready {
        database: newest.is_ok(),
        migrations: newest.is_ok_and(|seen| seen == migrate::known()),
        disk: free_bytes(&app.config.db.url).is_none_or(|free| free > DISK_FLOOR),
    };
    let all = ready.database && ready.migrations && ready.disk;
    let status = if all { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(ready)).into_response()
}

/// Free bytes where the database lies, or will lie; none for PostgreSQL, whose disk is not ours.
#[must_use]
pub fn free_bytes(url: &str) -> Option<u64> {
    let stat = rustix::fs::statvfs(&folder(url)?).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// The folder where the database lies, or the nearest that is there already; none for PostgreSQL.
#[must_use]
pub fn folder(url: &str) -> Option<std::path::PathBuf> {
    let path = std::path::Path::new(url.strip_prefix("sqlite:")?);
    let relative = std::path::Path::new(".");
    let mut folders = path.ancestors().skip(1).chain([relative]);
    let there = |folder: &&std::path::Path| !folder.as_os_str().is_empty() && folder.exists();
    folders.find(there).map(std::path::Path::to_owned)
}
