//! The desk's routes of retention.

use axum::Json;
use axum::extract::{Query, State};
use releve_shared::retention::{DataClass, Period};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::periods::{self, ClassRow, Preview};
use crate::app::App;
use crate::http::{Desk, Refused, Role};
use crate::settings;

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(report, set_period)).routes(routes!(preview))
}

/// What is kept, how long, and when the job last erased something (row B-19).
#[utoipa::path(get, path = "/api/desk/retention", operation_id = "retention", tag = "retention",
    responses((status = 200, body = Vec<ClassRow>)))]
async fn report(desk: Desk, State(app): State<App>) -> Result<Json<Vec<ClassRow>>, Refused> {
    Ok(Json(app.read(move |tx, now| periods::report(tx, &desk.by, now)).await?))
}

/// A period set anew.
#[derive(Debug, Deserialize, ToSchema)]
struct PeriodInput {
    /// Of which class.
    class: DataClass,
    /// In days.
    days: i64,
    /// Why: mandatory, kept with the change.
    reason: String,
}

/// Sets how long a class of data is kept, within its bounds.
#[utoipa::path(put, path = "/api/desk/retention", operation_id = "set_retention", tag = "retention",
    request_body = PeriodInput, responses((status = 200, body = Vec<ClassRow>)))]
async fn set_period(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<PeriodInput>,
) -> Result<Json<Vec<ClassRow>>, Refused> {
    desk.must_be(Role::Admin)?;
    let period = Period { class: typed.class, days: typed.days };
    periods::check(&period)?;
    let reason = settings::reason(&typed.reason)?;
    let by = desk.by;
    let kept = app
        .write(move |tx, now| {
            periods::set_period(tx, &by, &period, &reason, now)?;
            periods::report(tx, &by, now)
        })
        .await?;
    Ok(Json(kept))
}

/// Another period of a class.
#[derive(Debug, Deserialize, IntoParams)]
struct Another {
    /// Of which class.
    class: DataClass,
    /// In days.
    days: i64,
}

/// How many rows another period would erase at the next pass; nothing is erased.
#[utoipa::path(get, path = "/api/desk/retention/preview", operation_id = "retention_preview",
    tag = "retention", params(Another), responses((status = 200, body = Preview)))]
async fn preview(
    desk: Desk,
    State(app): State<App>,
    Query(typed): Query<Another>,
) -> Result<Json<Preview>, Refused> {
    let period = Period { class: typed.class, days: typed.days };
    periods::check(&period)?;
    Ok(Json(app.read(move |tx, now| periods::preview(tx, &desk.by, &period, now)).await?))
}
