//! The log as the desk shows it.

use axum::Json;
use axum::extract::{Query, State};
use releve_shared::id::AuditId;
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::sql;
use crate::app::App;
use crate::http::{Desk, Refused, Role};

/// Most entries in one answer.
const MOST: u32 = 500;

/// Which part of the log.
#[derive(Debug, Deserialize, IntoParams)]
pub(super) struct Page {
    /// At most so many, 100 when not said.
    limit: Option<u32>,
    /// Only entries older than this one: the id of the last entry seen.
    before: Option<AuditId>,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditRow {
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: Moment,
    /// Who, by name for an account; `device/<id>` for a phone, `system` for the server.
    pub who: String,
    /// What was done: a stable code.
    pub verb: String,
    /// On what: kind and id.
    pub what: String,
    /// Whose it is, by the name of now: a client's, a caregiver's.
    pub whose: Option<String>,
    /// Codes and figures.
    pub detail: String,
}

impl AuditRow {
    pub(super) fn of((kept, who, whose): sql::Named) -> Self {
        let sql::Kept { id, at, verb, what, detail, .. } = kept;
        Self { id, at, who, verb, what, whose, detail }
    }
}

/// Who did what, newest first. For administrators.
#[utoipa::path(get, path = "/api/desk/audit", tag = "audit", params(Page),
    responses((status = 200, body = Vec<AuditRow>)))]
pub(super) async fn audit(
    desk: Desk,
    State(app): State<App>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<AuditRow>>, Refused> {
    desk.must_be(Role::Admin)?;
    let limit = page.limit.unwrap_or(100).min(MOST);
    let before = page.before.map_or_else(|| "g".to_owned(), |id| id.to_string());
    let organisation = desk.by.organisation;
    let rows = app.read(move |tx, _| Ok(sql::page(tx, organisation, &before, limit)?)).await?;
    Ok(Json(rows.into_iter().map(AuditRow::of).collect()))
}
