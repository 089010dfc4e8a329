//! A phone that is lost or stolen (row O-44): it is blocked at once, told to wipe when it is heard of
//! again, and confirms.

use axum::Json;
use axum::extract::{Path, State};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use releve_shared::enrolment::{WipeMode, WipeReceipt};
use releve_shared::id::DeviceId;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;
use serde::Deserialize;
use utoipa::ToSchema;

use super::list::{PhoneRow, one};
use super::sql;
use crate::app::App;
use crate::audit;
use crate::db::{Answer, Tx};
use crate::http::{Desk, Refused};
use crate::identity::By;
use crate::text;

/// Longest note, in characters.
const NOTE: usize = 500;
/// Longest SIM number: 20 digits, spaces between them.
const SIM: usize = 40;

/// How a phone is to be blocked.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(super) struct Block {
    /// Try once to send what waits on it, or wipe at once.
    mode: WipeMode,
    /// The SIM's number, which the carrier asks for.
    #[serde(default)]
    sim_number: Option<String>,
    /// What happened.
    #[serde(default)]
    note: String,
}

/// Whether the carrier has blocked the SIM.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub(super) struct Carrier {
    /// Done.
    done: bool,
}

/// Blocks a phone. Its tokens are dead at once; blocking again may only sharpen the order.
#[utoipa::path(post, path = "/api/desk/phones/{id}/block", operation_id = "block_phone", tag = "phones",
    params(("id" = DeviceId, Path)), request_body = Block,
    responses((status = 200, body = PhoneRow), (status = 404, body = crate::http::RefusedBody)))]
pub(super) async fn block(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<DeviceId>,
    Json(asked): Json<Block>,
) -> Result<Json<PhoneRow>, Refused> {
    if matches!(asked.mode, WipeMode::Unknown(_)) {
        return Err(Refused::field(Refusal::Invalid, "mode"));
    }
    let sim = text::line("sim_number", asked.sim_number.as_deref().unwrap_or_default(), SIM)?;
    let note = text::paragraph("note", &asked.note)?;
    if note.chars().count() > NOTE {
        return Err(Refused::field(Refusal::TooLong, "note"));
    }
    let sim_number = asked.sim_number.is_some().then_some(sim);
    let asked = Block { mode: asked.mode, sim_number, note };
    let nonce = URL_SAFE_NO_PAD.encode(app.draw::<24>());
    let row = app.write(move |tx, now| shut(tx, &desk.by, id, &asked, &nonce, now)).await?;
    Ok(Json(row))
}

fn shut(
    tx: &mut Tx,
    by: &By,
    id: DeviceId,
    asked: &Block,
    nonce: &str,
    now: Moment,
) -> Answer<PhoneRow> {
    let device = sql::device(tx, id)?.filter(|device| device.organisation == by.organisation);
    let device = device.ok_or(Refusal::NotFound)?;
    let sharper = device.state == "blocked" && device.wipe_mode == Some(WipeMode::Now);
    let mode = if sharper { &WipeMode::Now } else { &asked.mode };
    let sim_number = asked.sim_number.clone().filter(|number| !number.trim().is_empty());
    let how = sql::Blocking { mode, nonce, sim_number, note: &asked.note };
    if sql::block(tx, id, by.organisation, &how, now)? {
        audit::note(tx, by, "phone.block", id, mode.code(), now)?;
        tx.changed(&Scope::person(device.person), &RowKind::Person, device.person);
    }
    one(tx, by.organisation, id, now)
}

/// Ticks the to-do "blocked by the carrier".
#[utoipa::path(post, path = "/api/desk/phones/{id}/carrier-blocked", tag = "phones",
    params(("id" = DeviceId, Path)), request_body = Carrier,
    responses((status = 200, body = PhoneRow)))]
pub(super) async fn carrier_blocked(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<DeviceId>,
    Json(Carrier { done }): Json<Carrier>,
) -> Result<Json<PhoneRow>, Refused> {
    let row = app
        .write(move |tx, now| {
            if !sql::carrier(tx, id, desk.by.organisation, done)? {
                return Err(Refusal::NotFound.into());
            }
            let detail = if done { "done" } else { "undone" };
            audit::note(tx, &desk.by, "phone.carrier_blocked", id, detail, now)?;
            one(tx, desk.by.organisation, id, now)
        })
        .await?;
    Ok(Json(row))
}

/// A phone confirms that its data is gone, and is told back what it said: a bare success could be a
/// captive portal's. It has no token left: the order's nonce is the proof.
pub(super) async fn wiped(
    State(app): State<App>,
    Json(receipt): Json<WipeReceipt>,
) -> Result<Json<WipeReceipt>, Refused> {
    let kept = receipt.clone();
    app.write(move |tx, now| confirm(tx, &receipt, now)).await?;
    Ok(Json(kept))
}

fn confirm(tx: &mut Tx, receipt: &WipeReceipt, now: Moment) -> Answer<()> {
    let device = sql::device(tx, receipt.device)?.ok_or(Refusal::NotFound)?;
    if !sql::wiped(tx, receipt.device, &receipt.nonce, now)? {
        return Err(Refusal::NotFound.into());
    }
    if device.state != "wiped" {
        sql::drop_tokens(tx, device.id)?;
        let by = By::phone(device.organisation, device.id);
        audit::note(tx, &by, "phone.wiped", device.id, "", now)?;
        tx.changed(&Scope::person(device.person), &RowKind::Person, device.person);
    }
    Ok(())
}
