//! The desk's routes of visits, the control board and the proof.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, HeaderName};
use releve_shared::id::{ClientId, MembershipId, VisitId};
use releve_shared::proof::Export;
use releve_shared::refusal::Refusal;
use releve_shared::time::{DAY_MS, Day, Moment};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::board::{self, Board, BoardRow, Filter, VisitRow};
use super::plan::{self, VisitInput};
use super::proof::{self, Proof};
use super::reports::{self, ReportRow};
use super::retain::{self, AcceptInput, AcceptMany, AcceptedMany, CorrectInput};
use crate::app::App;
use crate::db::Answer;
use crate::db::Tx;
use crate::http::{Desk, Refused};
use crate::identity::By;
use crate::{services, text};

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, change))
        .routes(routes!(cancel))
        .routes(routes!(restore))
        .routes(routes!(show_board))
        .routes(routes!(accept_many))
        .routes(routes!(reopen))
        .routes(routes!(visit_proof))
        .routes(routes!(accept))
        .routes(routes!(correct))
        .routes(routes!(month_proof))
        .routes(routes!(list_reports))
}

/// Longest period of one list, in milliseconds.
const MOST_MS: i64 = 93 * DAY_MS;

/// Which visits.
#[derive(Debug, Deserialize, IntoParams)]
struct Which {
    /// From this moment …
    #[param(value_type = i64)]
    from: Moment,
    /// … to before this one.
    #[param(value_type = i64)]
    to: Moment,
    /// Of this worker only.
    #[param(value_type = Option<String>)]
    membership: Option<MembershipId>,
    /// Of this client only.
    #[param(value_type = Option<String>)]
    client: Option<ClientId>,
}

/// The visits that begin in a period.
#[utoipa::path(get, path = "/api/desk/visits", operation_id = "list_visits", tag = "visits",
    params(Which), responses((status = 200, body = Vec<VisitRow>)))]
async fn list(
    desk: Desk,
    State(app): State<App>,
    Query(which): Query<Which>,
) -> Result<Json<Vec<VisitRow>>, Refused> {
    let Which { from, to, membership, client } = which;
    if !(0..=MOST_MS).contains(&to.since(from)) {
        return Err(Refused::field(Refusal::TimeImpossible, "to"));
    }
    let by = desk.by;
    let rows = app.read(move |tx, now| {
        let rows = board::within(tx, &by, (from, to), (membership, client), now)?;
        let shown: Vec<VisitId> = rows.iter().map(|row| row.visit.id).collect();
        let mut tasks = services::planned_of(tx, &by, &shown)?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let tasks = tasks.remove(&row.visit.id).unwrap_or_default();
                VisitRow { tasks, ..VisitRow::from(row) }
            })
            .collect())
    });
    Ok(Json(rows.await?))
}

/// Plans a visit.
#[utoipa::path(post, path = "/api/desk/visits", operation_id = "create_visit", tag = "visits",
    request_body = VisitInput, responses((status = 201, body = BoardRow)))]
async fn create(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<VisitInput>,
) -> Result<(StatusCode, Json<BoardRow>), Refused> {
    let (new, id) = (typed.check()?, app.id());
    let row =
        act(&app, desk.by, id, move |tx, by, now| plan::create(tx, by, id, &new, now)).await?;
    Ok((StatusCode::CREATED, row))
}

/// A visit, as the board shows it.
#[utoipa::path(get, path = "/api/desk/visits/{id}", operation_id = "get_visit", tag = "visits",
    params(("id" = String, Path)), responses((status = 200, body = BoardRow)))]
async fn get(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<VisitId>,
) -> Result<Json<BoardRow>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, now| board::one(tx, &by, id, now)).await?))
}

/// Moves or changes a visit.
#[utoipa::path(put, path = "/api/desk/visits/{id}", operation_id = "change_visit", tag = "visits",
    params(("id" = String, Path)), request_body = VisitInput, responses((status = 200, body = BoardRow)))]
async fn change(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<VisitId>,
    Json(typed): Json<VisitInput>,
) -> Result<Json<BoardRow>, Refused> {
    let new = typed.check()?;
    act(&app, desk.by, id, move |tx, by, now| plan::change(tx, by, id, &new, now)).await
}

/// Which reports.
#[derive(Debug, Deserialize, IntoParams)]
struct WhichReports {
    /// Of visits from this day …
    #[param(value_type = String)]
    day: Day,
    /// … to this day.
    #[param(value_type = String)]
    to: Day,
    /// Of this worker only.
    #[param(value_type = Option<String>)]
    membership: Option<MembershipId>,
    /// Of this client only.
    #[param(value_type = Option<String>)]
    client: Option<ClientId>,
    /// With these words only.
    #[serde(default)]
    q: String,
}

/// What caregivers wrote at the end of their visits, the newest first (row O-35); reading it is noted.
#[utoipa::path(get, path = "/api/desk/reports", operation_id = "list_reports", tag = "visits",
    params(WhichReports), responses((status = 200, body = Vec<ReportRow>)))]
async fn list_reports(
    desk: Desk,
    State(app): State<App>,
    Query(which): Query<WhichReports>,
) -> Result<Json<Vec<ReportRow>>, Refused> {
    let WhichReports { day, to, membership, client, q } = which;
    if to < day || to > day.plus(board::MOST_DAYS) {
        return Err(Refused::field(Refusal::TimeImpossible, "to"));
    }
    let (by, role) = (desk.by, desk.role);
    let rows = app.write(move |tx, now| {
        let rows = reports::reports(tx, &by, (day, to), (membership, client), &q)?;
        reports::noted(tx, &by, role, (day, to), client, (&rows, now))?;
        Ok(rows)
    });
    Ok(Json(rows.await?))
}

/// Why a visit is called off.
#[derive(Debug, Deserialize, ToSchema)]
struct CancelInput {
    /// In words.
    reason: String,
}

/// Calls a visit off.
#[utoipa::path(post, path = "/api/desk/visits/{id}/cancel", operation_id = "cancel_visit", tag = "visits",
    params(("id" = String, Path)), request_body = CancelInput, responses((status = 200, body = BoardRow)))]
async fn cancel(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<VisitId>,
    Json(CancelInput { reason }): Json<CancelInput>,
) -> Result<Json<BoardRow>, Refused> {
    let reason = text::required("reason", &reason, text::LINE)?;
    act(&app, desk.by, id, move |tx, by, now| plan::cancel(tx, by, id, &reason, now)).await
}

/// Calls a cancelled visit back on.
#[utoipa::path(post, path = "/api/desk/visits/{id}/restore", operation_id = "restore_visit", tag = "visits",
    params(("id" = String, Path)), responses((status = 200, body = BoardRow)))]
async fn restore(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<VisitId>,
) -> Result<Json<BoardRow>, Refused> {
    act(&app, desk.by, id, move |tx, by, now| plan::restore(tx, by, id, now)).await
}

/// Which days of the board, and what of it.
#[derive(Debug, Deserialize, IntoParams)]
struct Days {
    /// The first day, today when not said.
    #[param(value_type = Option<String>)]
    day: Option<Day>,
    /// The last day, the first one when not said.
    #[param(value_type = Option<String>)]
    to: Option<Day>,
    /// What to show.
    #[serde(default)]
    #[param(inline)]
    filter: Filter,
}

/// The control board (row O-34).
#[utoipa::path(get, path = "/api/desk/board", operation_id = "board", tag = "visits",
    params(Days), responses((status = 200, body = Board)))]
async fn show_board(
    desk: Desk,
    State(app): State<App>,
    Query(days): Query<Days>,
) -> Result<Json<Board>, Refused> {
    let by = desk.by;
    let board = app.read(move |tx, now| {
        let day = days.day.unwrap_or_else(|| by.zone.day_of(now));
        board::board(tx, &by, day, days.to.unwrap_or(day), days.filter, now)
    });
    Ok(Json(board.await?))
}

/// Accepts many visits at once, those within the tolerance only.
#[utoipa::path(post, path = "/api/desk/board/accept", operation_id = "accept_visits", tag = "visits",
    request_body = AcceptMany, responses((status = 200, body = AcceptedMany)))]
async fn accept_many(
    desk: Desk,
    State(app): State<App>,
    Json(AcceptMany { visits }): Json<AcceptMany>,
) -> Result<Json<AcceptedMany>, Refused> {
    if visits.len() > retain::MANY {
        return Err(Refused::field(Refusal::TooLong, "visits"));
    }
    let by = desk.by;
    Ok(Json(app.write(move |tx, now| retain::accept_many(tx, &by, &visits, now)).await?))
}

/// Takes acceptances back: the visits are to be decided again.
#[utoipa::path(post, path = "/api/desk/board/reopen", operation_id = "reopen_visits", tag = "visits",
    request_body = AcceptMany, responses((status = 200, body = AcceptedMany)))]
async fn reopen(
    desk: Desk,
    State(app): State<App>,
    Json(AcceptMany { visits }): Json<AcceptMany>,
) -> Result<Json<AcceptedMany>, Refused> {
    if visits.len() > retain::MANY {
        return Err(Refused::field(Refusal::TooLong, "visits"));
    }
    let by = desk.by;
    Ok(Json(app.write(move |tx, now| retain::reopen(tx, &by, &visits, now)).await?))
}

/// The raw stamps and decisions of a visit, read only.
#[utoipa::path(get, path = "/api/desk/visits/{id}/proof", operation_id = "visit_proof", tag = "visits",
    params(("id" = String, Path)), responses((status = 200, body = Proof)))]
async fn visit_proof(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<VisitId>,
) -> Result<Json<Proof>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, _| proof::proof(tx, &by, id)).await?))
}

/// Retains the badged times as they are.
#[utoipa::path(post, path = "/api/desk/visits/{id}/accept", operation_id = "accept_visit", tag = "visits",
    params(("id" = String, Path)), request_body = AcceptInput, responses((status = 200, body = BoardRow)))]
async fn accept(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<VisitId>,
    Json(AcceptInput { rev }): Json<AcceptInput>,
) -> Result<Json<BoardRow>, Refused> {
    act(&app, desk.by, id, move |tx, by, now| retain::accept(tx, by, id, rev, now)).await
}

/// Retains other times, with a reason; the raw stamps stay.
#[utoipa::path(post, path = "/api/desk/visits/{id}/correct", operation_id = "correct_visit", tag = "visits",
    params(("id" = String, Path)), request_body = CorrectInput, responses((status = 200, body = BoardRow)))]
async fn correct(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<VisitId>,
    Json(typed): Json<CorrectInput>,
) -> Result<Json<BoardRow>, Refused> {
    let new = typed.check()?;
    act(&app, desk.by, id, move |tx, by, now| retain::correct(tx, by, id, &new, now)).await
}

/// Which month.
#[derive(Debug, Deserialize, IntoParams)]
struct Month {
    /// `YYYY-MM`.
    month: String,
}

/// A month of stamps for `releve-server verify` (row B-01).
#[utoipa::path(get, path = "/api/desk/proof", operation_id = "month_proof", tag = "visits",
    params(Month), responses((status = 200, body = Export)))]
async fn month_proof(
    desk: Desk,
    State(app): State<App>,
    Query(Month { month }): Query<Month>,
) -> Result<([(HeaderName, &'static str); 1], Json<Export>), Refused> {
    let by = desk.by;
    let export = app.write(move |tx, now| proof::month(tx, &by, &month, now)).await?;
    let head = [(CONTENT_DISPOSITION, "attachment; filename=\"releve-proof.json\"")];
    Ok((head, Json(export)))
}

/// Runs a verb about a visit and gives the visit as it stands after it.
async fn act(
    app: &App,
    by: By,
    id: VisitId,
    verb: impl Fn(&mut Tx, &By, Moment) -> Answer<()> + Send + Sync + 'static,
) -> Result<Json<BoardRow>, Refused> {
    let row = app.write(move |tx, now| {
        verb(tx, &by, now)?;
        board::one(tx, &by, id, now)
    });
    Ok(Json(row.await?))
}
