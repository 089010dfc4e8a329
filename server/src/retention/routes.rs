//! The desk's routes of retention.

use axum::Json;
use axum::extract::State;
use releve_shared::retention::Period;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::periods::{self, ClassRow};
use crate::app::App;
use crate::http::{Desk, Refused, Role};

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(report, set_period))
}

/// What is kept, how long, and when the job last erased something (row B-19).
#[utoipa::path(get, path = "/api/desk/retention", operation_id = "retention", tag = "retention",
    responses((status = 200, body = Vec<ClassRow>)))]
async fn report(desk: Desk, State(app): State<App>) -> Result<Json<Vec<ClassRow>>, Refused> {
    Ok(Json(app.read(move |tx, _| periods::report(tx, &desk.by)).await?))
}

/// Sets how long a class of data is kept, within its bounds.
#[utoipa::path(put, path = "/api/desk/retention", operation_id = "set_retention", tag = "retention",
    request_body = Period, responses((status = 200, body = Vec<ClassRow>)))]
async fn set_period(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<Period>,
) -> Result<Json<Vec<ClassRow>>, Refused> {
    desk.must_be(Role::Admin)?;
    periods::check(&typed)?;
    let by = desk.by;
    let kept = app
        .write(move |tx, now| {
            periods::set_period(tx, &by, &typed, now)?;
            periods::report(tx, &by)
        })
        .await?;
    Ok(Json(kept))
}
