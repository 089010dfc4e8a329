//! The lock of the app on the organisation's phones (row O-03): a setting, for its phones.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use releve_shared::lock::LockRules;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;

use super::desk::{Desk, Role};
use super::{By, sql};
use crate::app::App;
use crate::audit;
use crate::db::{Answer, Tx};
use crate::http::Refused;

/// What the agency asks of the lock of its phones.
#[utoipa::path(get, path = "/api/desk/organisation/lock", operation_id = "get_lock",
    tag = "identity", responses((status = 200, body = LockRules)))]
pub(super) async fn lock(State(app): State<App>, desk: Desk) -> Result<Json<LockRules>, Refused> {
    let id = desk.by.organisation;
    let rules = app.read(move |tx, _| Ok(sql::lock(tx, id)?)).await?;
    Ok(Json(rules.ok_or(Refusal::NotFound)?))
}

/// Sets what the agency asks of the lock of its phones.
#[utoipa::path(put, path = "/api/desk/organisation/lock", operation_id = "set_lock",
    tag = "identity", request_body = LockRules, responses((status = 204)))]
pub(super) async fn set_lock(
    State(app): State<App>,
    desk: Desk,
    Json(typed): Json<LockRules>,
) -> Result<StatusCode, Refused> {
    desk.must_be(Role::Admin)?;
    if let Err(field) = typed.check() {
        return Err(Refused::field(Refusal::Invalid, field));
    }
    app.write(move |tx, now| set(tx, &desk.by, &typed, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn set(tx: &mut Tx, by: &By, rules: &LockRules, now: Moment) -> Answer<()> {
    let before = sql::lock(tx, by.organisation)?.ok_or(Refusal::NotFound)?;
    if before != *rules {
        sql::write_lock(tx, by.organisation, rules)?;
        let scope = Scope::organisation(by.organisation);
        tx.changed(&scope, &RowKind::Organisation, by.organisation);
        let told = |rules: &LockRules| {
            let asked = if rules.required { "required" } else { "free" };
            format!("{asked} {} {}", rules.digits, rules.after_min)
        };
        let detail = format!("{} > {}", told(&before), told(rules));
        audit::note(tx, by, "organisation.lock", by.organisation, &detail, now)?;
    }
    Ok(())
}
