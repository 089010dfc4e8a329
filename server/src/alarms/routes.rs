//! The room's routes.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use releve_shared::alarm::AlarmSettings;
use releve_shared::id::AlarmId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::desk::{self, AlarmRow, AlarmSheet, ResolveInput, WatchRow};
use super::figures::{self, AlarmFigures};
use super::settings::{self, SettingsSheet};
use super::{gateway, phone};
use crate::app::App;
use crate::http::{Desk, Refused, Role};

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    let others = axum::Router::new()
        .route("/api/phone/alarm", post(phone::alarm))
        .route("/api/gateway/sms", get(gateway::sms_by_get).post(gateway::sms))
        .route("/api/gateway/sms/report", get(gateway::report))
        .route("/api/gateway/call", post(gateway::call));
    OpenApiRouter::new()
        .routes(routes!(open))
        .routes(routes!(watched))
        .routes(routes!(history))
        .routes(routes!(month))
        .routes(routes!(test))
        .routes(routes!(read_settings, write_settings))
        .routes(routes!(read))
        .routes(routes!(acknowledge))
        .routes(routes!(add_note))
        .routes(routes!(resolve))
        .merge(others.into())
}

/// Alarms that are open, running countdowns included, the newest first.
#[utoipa::path(get, path = "/api/desk/alarms", operation_id = "list_alarms", tag = "alarms",
    responses((status = 200, body = Vec<AlarmRow>)))]
async fn open(desk: Desk, State(app): State<App>) -> Result<Json<Vec<AlarmRow>>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, _| desk::open(tx, &by)).await?))
}

/// Lone work under watch now, visits and what workers have opened themselves.
#[utoipa::path(get, path = "/api/desk/alarms/watched", operation_id = "list_watched", tag = "alarms",
    responses((status = 200, body = Vec<WatchRow>)))]
async fn watched(desk: Desk, State(app): State<App>) -> Result<Json<Vec<WatchRow>>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, now| desk::watched(tx, &by, now)).await?))
}

/// Which month.
#[derive(Debug, Deserialize, IntoParams)]
struct Month {
    /// `YYYY-MM`.
    month: String,
}

/// Every alarm of a month, the newest first.
#[utoipa::path(get, path = "/api/desk/alarms/history", operation_id = "alarm_history", tag = "alarms",
    params(Month), responses((status = 200, body = Vec<AlarmRow>)))]
async fn history(
    desk: Desk,
    State(app): State<App>,
    Query(Month { month }): Query<Month>,
) -> Result<Json<Vec<AlarmRow>>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, _| figures::history(tx, &by, &month)).await?))
}

/// How fast somebody answered in a month, how many alarms were false, who has not tested.
#[utoipa::path(get, path = "/api/desk/alarms/figures", operation_id = "alarm_figures", tag = "alarms",
    params(Month), responses((status = 200, body = AlarmFigures)))]
async fn month(
    desk: Desk,
    State(app): State<App>,
    Query(Month { month }): Query<Month>,
) -> Result<Json<AlarmFigures>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, _| figures::figures(tx, &by, &month)).await?))
}

/// Begins a test of the whole chain: every tier is told that it is one.
#[utoipa::path(post, path = "/api/desk/alarms/test", operation_id = "test_alarms", tag = "alarms",
    responses((status = 201, body = AlarmSheet)))]
async fn test(
    desk: Desk,
    State(app): State<App>,
) -> Result<(StatusCode, Json<AlarmSheet>), Refused> {
    let (by, id) = (desk.by, app.id());
    let sheet = app
        .write(move |tx, now| {
            desk::test(tx, &by, id, now)?;
            desk::read(tx, &by, id, now)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(sheet)))
}

/// The agency's settings of alarms, with their history.
#[utoipa::path(get, path = "/api/desk/alarms/settings", operation_id = "get_alarm_settings",
    tag = "alarms", responses((status = 200, body = SettingsSheet)))]
async fn read_settings(desk: Desk, State(app): State<App>) -> Result<Json<SettingsSheet>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, _| settings::sheet(tx, &by)).await?))
}

/// Sets them anew; administrators only.
#[utoipa::path(put, path = "/api/desk/alarms/settings", operation_id = "set_alarm_settings",
    tag = "alarms", request_body = AlarmSettings, responses((status = 200, body = SettingsSheet)))]
async fn write_settings(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<AlarmSettings>,
) -> Result<Json<SettingsSheet>, Refused> {
    desk.must_be(Role::Admin)?;
    let (by, new) = (desk.by, settings::checked(typed)?);
    let sheet = app.write(move |tx, now| {
        settings::set(tx, &by, &new, "", now)?;
        settings::sheet(tx, &by)
    });
    Ok(Json(sheet.await?))
}

/// An alarm with its trail, positions, messages, and who is near.
#[utoipa::path(get, path = "/api/desk/alarms/{id}", operation_id = "get_alarm", tag = "alarms",
    params(("id" = String, Path)), responses((status = 200, body = AlarmSheet)))]
async fn read(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<AlarmId>,
) -> Result<Json<AlarmSheet>, Refused> {
    let by = desk.by;
    Ok(Json(app.write(move |tx, now| desk::read(tx, &by, id, now)).await?))
}

/// Takes an alarm in charge. The first counts.
#[utoipa::path(post, path = "/api/desk/alarms/{id}/acknowledge", operation_id = "acknowledge_alarm",
    tag = "alarms", params(("id" = String, Path)), responses((status = 200, body = AlarmSheet)))]
async fn acknowledge(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<AlarmId>,
) -> Result<Json<AlarmSheet>, Refused> {
    let by = desk.by;
    let sheet = app.write(move |tx, now| {
        desk::acknowledge(tx, &by, id, now)?;
        desk::read(tx, &by, id, now)
    });
    Ok(Json(sheet.await?))
}

/// Words for the trail.
#[derive(Debug, Deserialize, ToSchema)]
struct AlarmNote {
    /// The words.
    text: String,
}

/// Adds words to the trail.
#[utoipa::path(post, path = "/api/desk/alarms/{id}/note", operation_id = "note_alarm", tag = "alarms",
    params(("id" = String, Path)), request_body = AlarmNote,
    responses((status = 201, body = AlarmSheet)))]
async fn add_note(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<AlarmId>,
    Json(typed): Json<AlarmNote>,
) -> Result<(StatusCode, Json<AlarmSheet>), Refused> {
    let (by, words) = (desk.by, desk::words("text", &typed.text)?);
    let sheet = app
        .write(move |tx, now| {
            desk::add_note(tx, &by, id, &words, now)?;
            desk::read(tx, &by, id, now)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(sheet)))
}

/// Closes an alarm, with what it was and why.
#[utoipa::path(post, path = "/api/desk/alarms/{id}/resolve", operation_id = "resolve_alarm",
    tag = "alarms", params(("id" = String, Path)), request_body = ResolveInput,
    responses((status = 200, body = AlarmSheet)))]
async fn resolve(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<AlarmId>,
    Json(typed): Json<ResolveInput>,
) -> Result<Json<AlarmSheet>, Refused> {
    let by = desk.by;
    let reason = crate::text::paragraph("reason", &typed.reason)?;
    let input = ResolveInput { reason, ..typed };
    let sheet = app.write(move |tx, now| {
        desk::resolve(tx, &by, id, &input, now)?;
        desk::read(tx, &by, id, now)
    });
    Ok(Json(sheet.await?))
}
