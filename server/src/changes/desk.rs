//! What the desk sees: who has not seen what (row O-10).

use axum::Json;
use axum::extract::{Query, State};
use releve_shared::id::{MembershipId, VisitId};
use releve_shared::planning::Picture;
use releve_shared::time::{DAY_MS, Moment};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sql;
use crate::app::App;
use crate::db::{Answer, Tx};
use crate::http::{Desk, Refused};
use crate::identity::By;

/// Changes that were seen stay in the list for so long, in milliseconds.
const KEPT_MS: i64 = 7 * DAY_MS;

/// A change of a caregiver's planning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangeRow {
    /// Of which visit.
    pub visit: VisitId,
    /// In whose planning.
    pub membership: MembershipId,
    /// Whose, by name.
    pub caregiver_name: String,
    /// As she knew it; null when it is new to her.
    pub before: Option<Picture>,
    /// As it is; null when it has left her planning.
    pub after: Option<Picture>,
    /// Who changed it, by name.
    pub changed_by: String,
    /// When.
    pub changed_at: Moment,
    /// When she has seen it.
    pub seen_at: Option<Moment>,
}

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Which changes.
#[derive(Debug, Deserialize, IntoParams)]
struct Which {
    /// Those not seen only.
    #[serde(default)]
    unseen: bool,
}

/// The changes of plannings, those not seen first; those seen of the last seven days.
#[utoipa::path(get, path = "/api/desk/planning-changes", operation_id = "list_planning_changes",
    tag = "visits", params(Which), responses((status = 200, body = Vec<ChangeRow>)))]
async fn show(
    desk: Desk,
    State(app): State<App>,
    Query(which): Query<Which>,
) -> Result<Json<Vec<ChangeRow>>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, now| list(tx, &by, which.unseen, now)).await?))
}

/// The changes of plannings, those not seen first.
///
/// # Errors
/// Those of the database.
pub fn list(tx: &mut Tx, by: &By, unseen: bool, now: Moment) -> Answer<Vec<ChangeRow>> {
    let mut rows = sql::list(tx, by.organisation, now.plus(-KEPT_MS))?;
    rows.retain(|row| row.seen_at.is_none() || !unseen);
    rows.sort_by_key(|row| (row.seen_at.is_some(), std::cmp::Reverse(row.changed_at)));
    Ok(rows)
}
