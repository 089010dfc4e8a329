//! The desk's routes of caregivers.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use releve_shared::id::MembershipId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caregiver::{self, CaregiverInput, CaregiverRow};
use crate::app::App;
use crate::http::{Desk, Refused};

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, change))
        .routes(routes!(set_transmit))
        .routes(routes!(end))
}

/// What to look for.
#[derive(Debug, Deserialize, IntoParams)]
struct Typed {
    /// Words of a name, a role or a telephone.
    #[serde(default)]
    q: String,
}

/// The caregivers of the organisation.
#[utoipa::path(get, path = "/api/desk/caregivers", operation_id = "list_caregivers", tag = "caregivers",
    params(Typed), responses((status = 200, body = Vec<CaregiverRow>)))]
async fn list(
    desk: Desk,
    State(app): State<App>,
    Query(typed): Query<Typed>,
) -> Result<Json<Vec<CaregiverRow>>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, now| caregiver::list(tx, &by, &typed.q, now)).await?))
}

/// Adds a caregiver.
#[utoipa::path(post, path = "/api/desk/caregivers", operation_id = "create_caregiver", tag = "caregivers",
    request_body = CaregiverInput, responses((status = 201, body = CaregiverRow)))]
async fn create(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<CaregiverInput>,
) -> Result<(StatusCode, Json<CaregiverRow>), Refused> {
    let (by, new) = (desk.by, typed.check()?);
    let ids = (app.id(), app.id());
    let row = app
        .write(move |tx, now| {
            caregiver::create(tx, &by, &new, ids, now)?;
            caregiver::get(tx, &by, ids.1, now)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// A caregiver's file.
#[utoipa::path(get, path = "/api/desk/caregivers/{id}", operation_id = "get_caregiver", tag = "caregivers",
    params(("id" = String, Path)), responses((status = 200, body = CaregiverRow)))]
async fn get(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<MembershipId>,
) -> Result<Json<CaregiverRow>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, now| caregiver::get(tx, &by, id, now)).await?))
}

/// Changes names, telephone or role.
#[utoipa::path(put, path = "/api/desk/caregivers/{id}", operation_id = "change_caregiver", tag = "caregivers",
    params(("id" = String, Path)), request_body = CaregiverInput,
    responses((status = 200, body = CaregiverRow)))]
async fn change(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<MembershipId>,
    Json(typed): Json<CaregiverInput>,
) -> Result<Json<CaregiverRow>, Refused> {
    let (by, new) = (desk.by, typed.check()?);
    let row = app
        .write(move |tx, now| {
            caregiver::change(tx, &by, id, &new, now)?;
            caregiver::get(tx, &by, id, now)
        })
        .await?;
    Ok(Json(row))
}

/// "Transmettre", ticked or not.
#[derive(Debug, Deserialize, ToSchema)]
struct TransmitInput {
    /// Whether her planning goes to her phone.
    transmit: bool,
}

/// Ticks or unticks "Transmettre" (row O-06).
#[utoipa::path(put, path = "/api/desk/caregivers/{id}/transmit", operation_id = "transmit_caregiver",
    tag = "caregivers", params(("id" = String, Path)), request_body = TransmitInput,
    responses((status = 200, body = CaregiverRow)))]
async fn set_transmit(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<MembershipId>,
    Json(TransmitInput { transmit }): Json<TransmitInput>,
) -> Result<Json<CaregiverRow>, Refused> {
    let by = desk.by;
    let row = app
        .write(move |tx, now| {
            caregiver::set_transmit(tx, &by, id, transmit, now)?;
            caregiver::get(tx, &by, id, now)
        })
        .await?;
    Ok(Json(row))
}

/// Ends a membership.
#[utoipa::path(post, path = "/api/desk/caregivers/{id}/end", operation_id = "end_caregiver",
    tag = "caregivers", params(("id" = String, Path)), responses((status = 200, body = CaregiverRow)))]
async fn end(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<MembershipId>,
) -> Result<Json<CaregiverRow>, Refused> {
    let by = desk.by;
    let row = app
        .write(move |tx, now| {
            caregiver::end(tx, &by, id, now)?;
            caregiver::get(tx, &by, id, now)
        })
        .await?;
    Ok(Json(row))
}
