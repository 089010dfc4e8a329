//! The desk's routes of requests.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use releve_shared::id::RequestId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::decide::{self, Answered, RequestRow};
use crate::app::App;
use crate::http::{Desk, Refused};

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(decide)).routes(routes!(reopen))
}

/// What caregivers ask: absences, regularisations, contested hours. Those to decide come first.
#[utoipa::path(get, path = "/api/desk/requests", operation_id = "requests", tag = "requests",
    responses((status = 200, body = Vec<RequestRow>)))]
async fn list(desk: Desk, State(app): State<App>) -> Result<Json<Vec<RequestRow>>, Refused> {
    Ok(Json(app.read(move |tx, now| decide::list(tx, &desk.by, now)).await?))
}

/// Grants or refuses a request (row O-29).
#[utoipa::path(post, path = "/api/desk/requests/{id}/decide", operation_id = "decide_request",
    tag = "requests", params(("id" = String, Path)), request_body = Answered,
    responses((status = 204)))]
async fn decide(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<RequestId>,
    Json(typed): Json<Answered>,
) -> Result<StatusCode, Refused> {
    let answered = typed.check()?;
    app.write(move |tx, now| decide::decide(tx, &desk.by, id, &answered, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a decision back.
#[utoipa::path(post, path = "/api/desk/requests/{id}/reopen", operation_id = "reopen_request",
    tag = "requests", params(("id" = String, Path)), responses((status = 204)))]
async fn reopen(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<RequestId>,
) -> Result<StatusCode, Refused> {
    app.write(move |tx, now| decide::reopen(tx, &desk.by, id, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
