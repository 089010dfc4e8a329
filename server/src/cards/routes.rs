//! The desk's routes of cards, and the public page.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse};
use releve_shared::id::MembershipId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::set::{self, Pictures};
use super::{page, picture};
use crate::app::App;
use crate::http::{Desk, Refused, Role};

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_photo, write_photo))
        .routes(routes!(read_logo, write_logo))
}

/// The public pages of the room.
pub fn pages() -> axum::Router<App> {
    axum::Router::new()
        .route("/c/page.css", axum::routing::get(css))
        .route("/c/{code}", axum::routing::get(card))
}

async fn css() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], page::CSS)
}

/// Who stands at the door (row O-30). Never kept by a browser: it holds for minutes.
async fn card(
    State(app): State<App>,
    Path(code): Path<String>,
) -> Result<impl IntoResponse, Refused> {
    let shown = app.read(move |tx, now| page::check(tx, &code, now)).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Html(shown.html())))
}

/// A caregiver's photo.
#[utoipa::path(get, path = "/api/desk/caregivers/{id}/photo", operation_id = "photo", tag = "cards",
    params(("id" = String, Path)), responses((status = 200, body = Pictures)))]
async fn read_photo(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<MembershipId>,
) -> Result<Json<Pictures>, Refused> {
    Ok(Json(app.read(move |tx, _| set::photo(tx, &desk.by, id)).await?))
}

/// Sets or removes a caregiver's photo (row O-30). It is cut square and written again.
#[utoipa::path(put, path = "/api/desk/caregivers/{id}/photo", operation_id = "set_photo", tag = "cards",
    params(("id" = String, Path)), request_body = Pictures,
    responses((status = 200, body = Pictures)))]
async fn write_photo(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<MembershipId>,
    Json(typed): Json<Pictures>,
) -> Result<Json<Pictures>, Refused> {
    let by = desk.by;
    let square = drawn(typed, false).await?;
    let kept = app
        .write(move |tx, now| {
            set::set_photo(tx, &by, id, square.as_deref(), now)?;
            set::photo(tx, &by, id)
        })
        .await?;
    Ok(Json(kept))
}

/// The logo of the organisation.
#[utoipa::path(get, path = "/api/desk/logo", operation_id = "logo", tag = "cards",
    responses((status = 200, body = Pictures)))]
async fn read_logo(desk: Desk, State(app): State<App>) -> Result<Json<Pictures>, Refused> {
    Ok(Json(app.read(move |tx, _| set::logo(tx, &desk.by)).await?))
}

/// Sets or removes the logo of the organisation (row O-30).
#[utoipa::path(put, path = "/api/desk/logo", operation_id = "set_logo", tag = "cards",
    request_body = Pictures, responses((status = 200, body = Pictures)))]
async fn write_logo(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<Pictures>,
) -> Result<Json<Pictures>, Refused> {
    desk.must_be(Role::Admin)?;
    let by = desk.by;
    let square = drawn(typed, true).await?;
    let kept = app
        .write(move |tx, now| {
            set::set_logo(tx, &by, square.as_deref(), now)?;
            set::logo(tx, &by)
        })
        .await?;
    Ok(Json(kept))
}

/// Decoding takes a core for a moment: not one that answers others.
async fn drawn(typed: Pictures, whole: bool) -> Result<Option<String>, Refused> {
    let Some(sent) = typed.picture else { return Ok(None) };
    let drawing = tokio::task::spawn_blocking(move || picture::square(&sent, whole));
    let drawn = drawing.await.map_err(|e| crate::db::Fault::of("drawing a picture", e))?;
    Ok(Some(drawn?))
}
