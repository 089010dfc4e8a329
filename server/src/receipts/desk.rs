//! Receipts at the desk.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use releve_shared::id::{ReceiptId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::time::Moment;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{phone, sql};
use crate::app::App;
use crate::audit::note;
use crate::db::{Answer, Fault, Tx};
use crate::http::{Desk, Refused};
use crate::identity::By;

/// A receipt of a visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReceiptSheet {
    /// Its id: its picture is at `/api/desk/receipts/{id}`.
    pub id: ReceiptId,
    /// When the photo was taken in, by the phone.
    pub taken_at: Moment,
    /// When its picture came; null while it is on its way.
    pub kept_at: Option<Moment>,
}

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    let phones = axum::Router::new().route("/api/phone/receipts", post(phone::part));
    OpenApiRouter::new().routes(routes!(of_visit)).routes(routes!(picture)).merge(phones.into())
}

/// The receipts of a visit.
#[utoipa::path(get, path = "/api/desk/visits/{id}/receipts", operation_id = "list_receipts",
    tag = "visits", params(("id" = String, Path)), responses((status = 200, body = Vec<ReceiptSheet>)))]
async fn of_visit(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<VisitId>,
) -> Result<Json<Vec<ReceiptSheet>>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, _| list(tx, &by, id)).await?))
}

/// The receipts of a visit, those taken back left out.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn list(tx: &mut Tx, by: &By, visit: VisitId) -> Answer<Vec<ReceiptSheet>> {
    if !sql::ours(tx, by.organisation, visit)? {
        return Err(Refusal::NotFound.into());
    }
    let all = sql::of_visit(tx, visit)?.into_iter();
    let standing = all.filter(|r| r.state == "waiting" || r.state == "kept");
    Ok(standing
        .map(|r| ReceiptSheet { id: r.id, taken_at: r.taken_at, kept_at: r.kept_at })
        .collect())
}

type Headers = [(HeaderName, &'static str); 2];

/// A receipt's picture; looking at it is noted.
#[utoipa::path(get, path = "/api/desk/receipts/{id}", operation_id = "get_receipt", tag = "visits",
    params(("id" = String, Path)),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>)))]
async fn picture(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<ReceiptId>,
) -> Result<(Headers, Vec<u8>), Refused> {
    let by = desk.by;
    let text = app.write(move |tx, now| {
        let picture = sql::picture(tx, by.organisation, id)?.ok_or(Refusal::NotFound)?;
        note(tx, &by, "receipt.read", id, "", now)?;
        Ok(picture)
    });
    let bytes = STANDARD_NO_PAD.decode(text.await?).map_err(|e| Fault::of("a kept picture", e))?;
    Ok(([(CONTENT_TYPE, "image/jpeg"), (CACHE_CONTROL, "no-store")], bytes))
}
