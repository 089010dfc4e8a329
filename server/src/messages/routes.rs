//! The desk's routes of messages.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use releve_shared::id::{MessageId, ThreadId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::desk::{self, MessageInput, Sending, Sent, ThreadRow, ThreadSheet};
use crate::app::App;
use crate::http::{Desk, Refused};

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, send))
        .routes(routes!(read))
        .routes(routes!(answer))
        .routes(routes!(seen))
        .routes(routes!(set_alert))
        .routes(routes!(withdraw))
}

/// The threads with caregivers, the newest first.
#[utoipa::path(get, path = "/api/desk/threads", operation_id = "list_threads", tag = "messages",
    responses((status = 200, body = Vec<ThreadRow>)))]
async fn list(desk: Desk, State(app): State<App>) -> Result<Json<Vec<ThreadRow>>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, _| desk::list(tx, &by)).await?))
}

/// Writes to one, some or all caregivers (row O-22).
#[utoipa::path(post, path = "/api/desk/threads", operation_id = "send_message", tag = "messages",
    request_body = Sending, responses((status = 201, body = Sent)))]
async fn send(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<Sending>,
) -> Result<(StatusCode, Json<Sent>), Refused> {
    let Sending { to, everybody, text, mandatory } = typed;
    let (by, new, sending) = (desk.by, MessageInput { text, mandatory }.check()?, app.id());
    if to.is_empty() && !everybody {
        return Err(crate::text::BadField::invalid("to").into());
    }
    let sent =
        app.write(move |tx, now| desk::send(tx, &by, sending, (&to, everybody), &new, now)).await?;
    Ok((StatusCode::CREATED, Json(sent)))
}

/// A thread with its messages.
#[utoipa::path(get, path = "/api/desk/threads/{id}", operation_id = "get_thread", tag = "messages",
    params(("id" = String, Path)), responses((status = 200, body = ThreadSheet)))]
async fn read(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<ThreadId>,
) -> Result<Json<ThreadSheet>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, _| desk::read(tx, &by, id)).await?))
}

/// Answers in a thread.
#[utoipa::path(post, path = "/api/desk/threads/{id}/messages", operation_id = "answer_thread",
    tag = "messages", params(("id" = String, Path)), request_body = MessageInput,
    responses((status = 201, body = ThreadSheet)))]
async fn answer(
    desk: Desk,
    State(app): State<App>,
    Path(thread): Path<ThreadId>,
    Json(typed): Json<MessageInput>,
) -> Result<(StatusCode, Json<ThreadSheet>), Refused> {
    let (by, new, id) = (desk.by, typed.check()?, app.id());
    let sheet = app
        .write(move |tx, now| {
            desk::answer(tx, &by, thread, id, &new, now)?;
            desk::read(tx, &by, thread)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(sheet)))
}

/// What the caregiver wrote in a thread is seen.
#[utoipa::path(post, path = "/api/desk/threads/{id}/seen", operation_id = "see_thread", tag = "messages",
    params(("id" = String, Path)), responses((status = 204)))]
async fn seen(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<ThreadId>,
) -> Result<StatusCode, Refused> {
    let by = desk.by;
    app.write(move |tx, now| desk::seen(tx, &by, id, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether the office is told by mail of what the caregiver writes.
#[derive(Debug, Deserialize, ToSchema)]
struct AlertInput {
    /// Whether it is.
    alert: bool,
}

/// Sets "Alerter par email" of a thread (row O-23).
#[utoipa::path(put, path = "/api/desk/threads/{id}/alert", operation_id = "set_alert", tag = "messages",
    params(("id" = String, Path)), request_body = AlertInput,
    responses((status = 200, body = ThreadSheet)))]
async fn set_alert(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<ThreadId>,
    Json(typed): Json<AlertInput>,
) -> Result<Json<ThreadSheet>, Refused> {
    let by = desk.by;
    let sheet = app
        .write(move |tx, _| {
            desk::set_alert(tx, &by, id, typed.alert)?;
            desk::read(tx, &by, id)
        })
        .await?;
    Ok(Json(sheet))
}

/// Takes back a message that was not read yet.
#[utoipa::path(post, path = "/api/desk/messages/{id}/withdraw", operation_id = "withdraw_message",
    tag = "messages", params(("id" = String, Path)), responses((status = 204)))]
async fn withdraw(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<MessageId>,
) -> Result<StatusCode, Refused> {
    let by = desk.by;
    app.write(move |tx, now| desk::withdraw(tx, &by, id, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
