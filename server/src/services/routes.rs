//! The desk's routes of services and tasks.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use releve_shared::id::{ServiceTypeId, VisitId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::desk::{self, ServiceInput, ServiceRow};
use super::visit::{self, VisitTaskSheet};
use crate::app::App;
use crate::http::{Desk, Refused};

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change))
        .routes(routes!(tasks, write_tasks))
}

/// The services with their lists of tasks (row O-37).
#[utoipa::path(get, path = "/api/desk/services", operation_id = "list_services", tag = "services",
    responses((status = 200, body = Vec<ServiceRow>)))]
async fn list(desk: Desk, State(app): State<App>) -> Result<Json<Vec<ServiceRow>>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, _| desk::list(tx, &by)).await?))
}

/// Adds a service.
#[utoipa::path(post, path = "/api/desk/services", operation_id = "create_service", tag = "services",
    request_body = ServiceInput, responses((status = 201, body = Vec<ServiceRow>)))]
async fn create(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<ServiceInput>,
) -> Result<(StatusCode, Json<Vec<ServiceRow>>), Refused> {
    let (by, new, id) = (desk.by, typed.check()?, app.id());
    let rows = app
        .write(move |tx, now| {
            desk::create(tx, &by, id, &new, now)?;
            desk::list(tx, &by)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(rows)))
}

/// Changes a service; other tasks are a next version of its list.
#[utoipa::path(put, path = "/api/desk/services/{id}", operation_id = "change_service",
    tag = "services", params(("id" = String, Path)), request_body = ServiceInput,
    responses((status = 200, body = Vec<ServiceRow>)))]
async fn change(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<ServiceTypeId>,
    Json(typed): Json<ServiceInput>,
) -> Result<Json<Vec<ServiceRow>>, Refused> {
    let (by, new) = (desk.by, typed.check()?);
    let rows = app
        .write(move |tx, now| {
            desk::change(tx, &by, id, &new, now)?;
            desk::list(tx, &by)
        })
        .await?;
    Ok(Json(rows))
}

/// The tasks of a visit (rows O-38, O-41).
#[utoipa::path(get, path = "/api/desk/visits/{id}/tasks", operation_id = "get_visit_tasks",
    tag = "services", params(("id" = String, Path)), responses((status = 200, body = VisitTaskSheet)))]
async fn tasks(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<VisitId>,
) -> Result<Json<VisitTaskSheet>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, _| visit::sheet(tx, &by, id)).await?))
}

/// Tasks typed for one visit.
#[derive(Debug, Deserialize, ToSchema)]
struct TasksInput {
    /// In order.
    #[serde(default)]
    tasks: Vec<String>,
}

/// Plans the tasks of one visit.
#[utoipa::path(put, path = "/api/desk/visits/{id}/tasks", operation_id = "plan_visit_tasks",
    tag = "services", params(("id" = String, Path)), request_body = TasksInput,
    responses((status = 200, body = VisitTaskSheet)))]
async fn write_tasks(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<VisitId>,
    Json(typed): Json<TasksInput>,
) -> Result<Json<VisitTaskSheet>, Refused> {
    let (by, tasks) = (desk.by, visit::checked(&typed.tasks)?);
    let sheet = app
        .write(move |tx, now| {
            visit::write_planned(tx, &by, id, &tasks, now)?;
            visit::sheet(tx, &by, id)
        })
        .await?;
    Ok(Json(sheet))
}
