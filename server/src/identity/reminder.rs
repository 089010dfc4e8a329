//! The reminder before the end of a visit (row O-42): a setting of the organisation, for its phones.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::desk::{Desk, Role};
use super::{By, sql};
use crate::app::App;
use crate::audit;
use crate::db::{Answer, Tx};
use crate::http::Refused;

/// The longest, in minutes.
const MOST_MIN: u32 = 60;

/// When phones remind of the end of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(super) struct Reminder {
    /// So many minutes before it; 0 for never.
    minutes: u32,
}

/// When phones remind of the end of a visit.
#[utoipa::path(get, path = "/api/desk/organisation/reminder", operation_id = "get_reminder",
    tag = "identity", responses((status = 200, body = Reminder)))]
pub(super) async fn reminder(
    State(app): State<App>,
    desk: Desk,
) -> Result<Json<Reminder>, Refused> {
    let id = desk.by.organisation;
    let minutes = app.read(move |tx, _| Ok(sql::reminder(tx, id)?)).await?;
    Ok(Json(Reminder { minutes: minutes.ok_or(Refusal::NotFound)? }))
}

/// Sets when phones remind of the end of a visit.
#[utoipa::path(put, path = "/api/desk/organisation/reminder", operation_id = "set_reminder",
    tag = "identity", request_body = Reminder, responses((status = 204)))]
pub(super) async fn set_reminder(
    State(app): State<App>,
    desk: Desk,
    Json(typed): Json<Reminder>,
) -> Result<StatusCode, Refused> {
    desk.must_be(Role::Admin)?;
    if typed.minutes > MOST_MIN {
        return Err(Refused::field(Refusal::Invalid, "minutes"));
    }
    app.write(move |tx, now| set(tx, &desk.by, typed.minutes, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn set(tx: &mut Tx, by: &By, minutes: u32, now: Moment) -> Answer<()> {
    let before = sql::reminder(tx, by.organisation)?.ok_or(Refusal::NotFound)?;
    if before != minutes {
        sql::write_reminder(tx, by.organisation, minutes)?;
        let scope = Scope::organisation(by.organisation);
        tx.changed(&scope, &RowKind::Organisation, by.organisation);
        let detail = format!("{before} > {minutes}");
        audit::note(tx, by, "organisation.reminder", by.organisation, &detail, now)?;
    }
    Ok(())
}
