//! Who has read what of a client (row B-19): for the office, and for the client or family who asks.

use axum::Json;
use axum::extract::{Path, State};
use releve_shared::id::ClientId;
use releve_shared::refusal::Refusal;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sql;
use crate::app::App;
use crate::audit::{self, AuditRow};
use crate::db::{Answer, Tx};
use crate::http::{Desk, Refused};
use crate::identity::By;

/// Who has read, written or holds a client's sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Accesses {
    /// What was read and written, the newest first, within the period of the log. The detail of a
    /// reading is the role, then the sections that were seen.
    pub entries: Vec<AuditRow>,
    /// Caregivers whose phones may hold the sheet now, by name.
    pub on_phones: Vec<String>,
}

/// Who has read, written or holds a client's sheet.
///
/// # Errors
/// [`Refusal::NotFound`], whether they are unknown, erased or another organisation's.
pub fn accesses(tx: &mut Tx, by: &By, id: ClientId) -> Answer<Accesses> {
    sql::one(tx, by.organisation, id)?.ok_or(Refusal::NotFound)?;
    let entries = audit::about(tx, by.organisation, &format!("client/{id}"), "report/all")?;
    let names = tx.query(&sql::ON_PHONES, &[id.into(), by.organisation.into()])?;
    let on_phones = names.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    Ok(Accesses { entries, on_phones })
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_accesses))
}

/// Who has read, written or holds a client's sheet; looking at this list is no reading of the sheet.
#[utoipa::path(get, path = "/api/desk/clients/{id}/accesses", operation_id = "client_accesses",
    tag = "clients", params(("id" = String, Path)), responses((status = 200, body = Accesses)))]
async fn list_accesses(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<ClientId>,
) -> Result<Json<Accesses>, Refused> {
    Ok(Json(app.read(move |tx, _| accesses(tx, &desk.by, id)).await?))
}
