//! The desk's routes of contacts.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use releve_shared::id::{AccountId, CallbackId, DirectoryEntryId, MembershipId};
use releve_shared::setting::Setting;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::callback::{self, CallbackRow};
use super::emergency::{self, EmergencyInput};
use super::manager::{self, Manager};
use super::staff::{self, EntryInput, Staff};
use crate::app::App;
use crate::http::{Desk, Refused, Role};
use crate::settings;

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_emergency, write_emergency))
        .routes(routes!(callbacks))
        .routes(routes!(take))
        .routes(routes!(called))
        .routes(routes!(reopen))
        .routes(routes!(read_manager, write_manager))
        .routes(routes!(directory, add_entry))
        .routes(routes!(change_entry, remove_entry))
        .routes(routes!(share_colleagues))
}

/// The emergency numbers that phones show.
#[utoipa::path(get, path = "/api/desk/emergency-numbers", operation_id = "emergency_numbers",
    tag = "contacts", responses((status = 200, body = EmergencyInput)))]
async fn list_emergency(
    desk: Desk,
    State(app): State<App>,
) -> Result<Json<EmergencyInput>, Refused> {
    let organisation = desk.by.organisation;
    Ok(Json(app.read(move |tx, _| emergency::emergency(tx, organisation)).await?))
}

/// Writes the emergency numbers, at most five (row O-24).
#[utoipa::path(put, path = "/api/desk/emergency-numbers", operation_id = "set_emergency_numbers",
    tag = "contacts", request_body = EmergencyInput, responses((status = 200, body = EmergencyInput)))]
async fn write_emergency(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<EmergencyInput>,
) -> Result<Json<EmergencyInput>, Refused> {
    let (by, numbers) = (desk.by, typed.check()?);
    let kept = app
        .write(move |tx, now| {
            emergency::set_emergency(tx, &by, &numbers, now)?;
            emergency::emergency(tx, by.organisation)
        })
        .await?;
    Ok(Json(kept))
}

/// Who wishes to be called back: open requests first.
#[utoipa::path(get, path = "/api/desk/callbacks", operation_id = "callbacks", tag = "contacts",
    responses((status = 200, body = Vec<CallbackRow>)))]
async fn callbacks(desk: Desk, State(app): State<App>) -> Result<Json<Vec<CallbackRow>>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, now| callback::callbacks(tx, &by, now)).await?))
}

/// "Je rappelle": the caregiver sees who (row O-25).
#[utoipa::path(post, path = "/api/desk/callbacks/{id}/take", operation_id = "take_callback",
    tag = "contacts", params(("id" = String, Path)), responses((status = 204)))]
async fn take(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<CallbackId>,
) -> Result<StatusCode, Refused> {
    app.write(move |tx, now| callback::take(tx, &desk.by, id, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// "Rappelée" (row O-25).
#[utoipa::path(post, path = "/api/desk/callbacks/{id}/called", operation_id = "called_back",
    tag = "contacts", params(("id" = String, Path)), responses((status = 204)))]
async fn called(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<CallbackId>,
) -> Result<StatusCode, Refused> {
    app.write(move |tx, now| callback::called(tx, &desk.by, id, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Opens a request again.
#[utoipa::path(post, path = "/api/desk/callbacks/{id}/reopen", operation_id = "reopen_callback",
    tag = "contacts", params(("id" = String, Path)), responses((status = 204)))]
async fn reopen(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<CallbackId>,
) -> Result<StatusCode, Refused> {
    app.write(move |tx, now| callback::reopen(tx, &desk.by, id, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A caregiver's line manager, and who could be.
#[utoipa::path(get, path = "/api/desk/caregivers/{id}/manager", operation_id = "line_manager",
    tag = "contacts", params(("id" = String, Path)), responses((status = 200, body = Manager)))]
async fn read_manager(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<MembershipId>,
) -> Result<Json<Manager>, Refused> {
    Ok(Json(app.read(move |tx, _| manager::manager(tx, &desk.by, id)).await?))
}

/// Who is told when she wishes to be called back.
#[derive(Debug, Deserialize, ToSchema)]
struct ManagerInput {
    /// The account; nobody in particular without it.
    account: Option<AccountId>,
}

/// Names a caregiver's line manager (row O-25).
#[utoipa::path(put, path = "/api/desk/caregivers/{id}/manager", operation_id = "set_line_manager",
    tag = "contacts", params(("id" = String, Path)), request_body = ManagerInput,
    responses((status = 200, body = Manager)))]
async fn write_manager(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<MembershipId>,
    Json(typed): Json<ManagerInput>,
) -> Result<Json<Manager>, Refused> {
    let by = desk.by;
    let kept = app
        .write(move |tx, now| {
            manager::set_manager(tx, &by, id, typed.account, now)?;
            manager::manager(tx, &by, id)
        })
        .await?;
    Ok(Json(kept))
}

/// The staff directory.
#[utoipa::path(get, path = "/api/desk/directory", operation_id = "directory", tag = "contacts",
    responses((status = 200, body = Staff)))]
async fn directory(desk: Desk, State(app): State<App>) -> Result<Json<Staff>, Refused> {
    Ok(Json(app.read(move |tx, _| staff::staff(tx, &desk.by)).await?))
}

/// Adds somebody to the directory (row O-26).
#[utoipa::path(post, path = "/api/desk/directory", operation_id = "add_entry", tag = "contacts",
    request_body = EntryInput, responses((status = 201, body = Staff)))]
async fn add_entry(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<EntryInput>,
) -> Result<(StatusCode, Json<Staff>), Refused> {
    let (by, new, id) = (desk.by, typed.check()?, app.id());
    let kept = app
        .write(move |tx, now| {
            staff::add(tx, &by, id, &new, now)?;
            staff::staff(tx, &by)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(kept)))
}

/// Changes an entry of the directory (row O-26).
#[utoipa::path(put, path = "/api/desk/directory/{id}", operation_id = "change_entry", tag = "contacts",
    params(("id" = String, Path)), request_body = EntryInput, responses((status = 200, body = Staff)))]
async fn change_entry(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<DirectoryEntryId>,
    Json(typed): Json<EntryInput>,
) -> Result<Json<Staff>, Refused> {
    let (by, new) = (desk.by, typed.check()?);
    let kept = app
        .write(move |tx, now| {
            staff::change(tx, &by, id, &new, now)?;
            staff::staff(tx, &by)
        })
        .await?;
    Ok(Json(kept))
}

/// Removes an entry of the directory (row O-26).
#[utoipa::path(delete, path = "/api/desk/directory/{id}", operation_id = "remove_entry",
    tag = "contacts", params(("id" = String, Path)), responses((status = 204)))]
async fn remove_entry(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<DirectoryEntryId>,
) -> Result<StatusCode, Refused> {
    app.write(move |tx, now| staff::remove(tx, &desk.by, id, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether caregivers who share a client find each other.
#[derive(Debug, Deserialize, ToSchema)]
struct SharingInput {
    /// Whether they do.
    share_colleagues: bool,
}

/// Adds colleagues who share a client to the directories of phones, or not (row O-27).
#[utoipa::path(put, path = "/api/desk/colleagues", operation_id = "share_colleagues", tag = "contacts",
    request_body = SharingInput, responses((status = 200, body = Staff)))]
async fn share_colleagues(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<SharingInput>,
) -> Result<Json<Staff>, Refused> {
    desk.must_be(Role::Admin)?;
    let (by, usual_lease) = (desk.by, app.config.phones.lease_days);
    let kept = app
        .write(move |tx, now| {
            let new = (&Setting::ShareColleagues, i64::from(typed.share_colleagues));
            settings::set(tx, &by, new, "", (usual_lease, now))?;
            staff::staff(tx, &by)
        })
        .await?;
    Ok(Json(kept))
}
