//! The desk's routes of settings.

use axum::Json;
use axum::extract::State;
use releve_shared::refusal::Refusal;
use releve_shared::setting::Setting;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::SettingRow;
use crate::app::App;
use crate::http::{Desk, Refused, Role};
use crate::text;

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_settings, set_setting))
}

/// Every threshold of the agency with its bounds and its changes (row O-45).
#[utoipa::path(get, path = "/api/desk/settings", operation_id = "list_settings", tag = "settings",
    responses((status = 200, body = Vec<SettingRow>)))]
async fn list_settings(
    desk: Desk,
    State(app): State<App>,
) -> Result<Json<Vec<SettingRow>>, Refused> {
    let usual_lease = app.config.phones.lease_days;
    Ok(Json(app.read(move |tx, _| super::list(tx, &desk.by, usual_lease)).await?))
}

/// A threshold set anew.
#[derive(Debug, Deserialize, ToSchema)]
struct SettingInput {
    /// Which one.
    setting: Setting,
    /// Its value, within its bounds.
    value: i64,
    /// Why: mandatory, kept with the change.
    reason: String,
}

/// Sets a threshold of the agency, with the reason.
#[utoipa::path(put, path = "/api/desk/settings", operation_id = "set_setting", tag = "settings",
    request_body = SettingInput, responses((status = 200, body = Vec<SettingRow>)))]
async fn set_setting(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<SettingInput>,
) -> Result<Json<Vec<SettingRow>>, Refused> {
    desk.must_be(Role::Admin)?;
    let reason = reason(&typed.reason)?;
    let range = typed.setting.range();
    let range = range.ok_or_else(|| Refused::field(Refusal::Invalid, "setting"))?;
    if !(range.least..=range.most).contains(&typed.value) {
        return Err(Refused::field(Refusal::Invalid, "value"));
    }
    let (by, usual_lease) = (desk.by, app.config.phones.lease_days);
    let rows = app.write(move |tx, now| {
        let new = (&typed.setting, typed.value);
        super::set(tx, &by, new, &reason, (usual_lease, now))?;
        super::list(tx, &by, usual_lease)
    });
    Ok(Json(rows.await?))
}

/// The reason of a change: a line that is not empty.
///
/// # Errors
/// [`Refusal::ReasonMissing`]; [`Refusal::TooLong`].
pub fn reason(typed: &str) -> Result<String, Refused> {
    if typed.trim().is_empty() {
        return Err(Refused::field(Refusal::ReasonMissing, "reason"));
    }
    Ok(text::line("reason", typed, text::LINE)?)
}
