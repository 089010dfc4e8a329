//! Phones as the desk sees them, and what they have told.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use releve_shared::clock::Anchor;
use releve_shared::id::{DeviceId, OrganisationId, PersonId};
use releve_shared::keys::PublicKey;
use releve_shared::refusal::Refusal;
use releve_shared::sync::Scope;
use releve_shared::time::{MINUTE_MS, Moment};
use serde::Serialize;
use utoipa::ToSchema;

use super::sql;
use crate::app::App;
use crate::db::{Answer, Fault, Row, Tx};
use crate::http::{Desk, Refused};

/// How many exchanges are looked at to place a stamp in time.
const ANCHORS: u32 = 2_000;

/// How far a phone is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhoneState {
    /// In use.
    Active,
    /// Blocked, and it has been told so.
    Blocked,
    /// Blocked, and not heard of since.
    WipePending,
    /// It has confirmed that its data is gone.
    Wiped,
    /// Signed out, or no longer trusted: it must be enrolled again.
    SignedOut,
}

/// A phone in the list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PhoneRow {
    /// Its id.
    pub id: DeviceId,
    /// Whose phone it is.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: String,
    /// What it calls itself.
    pub name: String,
    /// `android`, `ios`, `linux`.
    pub platform: String,
    /// The app's version when it was enrolled.
    pub version: String,
    /// How far it is trusted.
    pub state: PhoneState,
    /// When it was enrolled.
    pub enrolled_at: Moment,
    /// When it was last heard of.
    pub last_seen_at: Moment,
    /// When it last pulled.
    pub last_sync_at: Option<Moment>,
    /// Acts that waited on it at its last pull.
    pub waiting: u64,
    /// The SIM's number, noted when it was blocked.
    pub sim_number: Option<String>,
    /// Whether the carrier has blocked the SIM.
    pub carrier_blocked: bool,
}

fn read(row: &Row) -> Result<PhoneRow, Fault> {
    let (state, seen): (String, Moment) = (row.get(6)?, row.get(8)?);
    let blocked_at: Option<Moment> = row.get(13)?;
    let state = match state.as_str() {
        "active" => PhoneState::Active,
        "blocked" if blocked_at.is_some_and(|at| seen > at) => PhoneState::Blocked,
        "blocked" => PhoneState::WipePending,
        "wiped" => PhoneState::Wiped,
        _ => PhoneState::SignedOut,
    };
    Ok(PhoneRow {
        id: row.get(0)?,
        person_id: row.get(1)?,
        person_name: row.get(2)?,
        name: row.get(3)?,
        platform: row.get(4)?,
        version: row.get(5)?,
        state,
        enrolled_at: row.get(7)?,
        last_seen_at: seen,
        last_sync_at: row.get(9)?,
        waiting: row.get(10)?,
        sim_number: row.get(11)?,
        carrier_blocked: row.get(12)?,
    })
}

/// The phones of an organisation, or of one person there, newest enrolment first.
///
/// # Errors
/// Those of the database.
pub fn phones_of(
    tx: &mut Tx,
    organisation: OrganisationId,
    person: Option<PersonId>,
) -> Answer<Vec<PhoneRow>> {
    let rows = sql::list(tx, organisation, person)?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

pub(super) fn one(tx: &mut Tx, of: OrganisationId, id: DeviceId, _: Moment) -> Answer<PhoneRow> {
    let found = phones_of(tx, of, None)?.into_iter().find(|phone| phone.id == id);
    Ok(found.ok_or(Refusal::NotFound)?)
}

/// Every phone that was enrolled for the organisation.
#[utoipa::path(get, path = "/api/desk/phones", operation_id = "list_phones", tag = "phones",
    responses((status = 200, body = Vec<PhoneRow>)))]
pub(super) async fn list(
    desk: Desk,
    State(app): State<App>,
) -> Result<Json<Vec<PhoneRow>>, Refused> {
    Ok(Json(app.read(move |tx, _| phones_of(tx, desk.by.organisation, None)).await?))
}

/// The key of a phone of an organisation.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn device_key(tx: &mut Tx, of: OrganisationId, id: DeviceId) -> Answer<PublicKey> {
    let device = sql::device(tx, id)?.filter(|device| device.organisation == of);
    Ok(device.ok_or(Refusal::NotFound)?.key)
}

/// What a phone has confirmed to show of a scope, and when (row O-07).
///
/// # Errors
/// Those of the database.
pub fn applied(tx: &mut Tx, device: DeviceId, scope: &Scope) -> Answer<Option<(u64, Moment)>> {
    Ok(sql::confirmed(tx, device, scope)?)
}

/// All that a phone has confirmed to show, scopes that it has lost since too.
///
/// # Errors
/// Those of the database.
pub fn confirmed(tx: &mut Tx, device: DeviceId) -> Answer<BTreeMap<Scope, u64>> {
    Ok(sql::cursors(tx, device)?)
}

/// Whether [`pulled`] would write nothing that matters: the same was told within the last minute, and is
/// in `confirmed`. So the usual pull only reads.
///
/// # Errors
/// Those of the database.
pub fn told_before(
    tx: &mut Tx,
    device: DeviceId,
    (waiting, applied): (u64, &BTreeMap<Scope, u64>),
    confirmed: &BTreeMap<Scope, u64>,
    now: Moment,
) -> Answer<bool> {
    let Some((Some(at), known)) = sql::last_sync(tx, device)? else { return Ok(false) };
    if known != waiting || !(0..MINUTE_MS).contains(&now.since(at)) {
        return Ok(false);
    }
    Ok(applied.iter().all(|(scope, seq)| confirmed.get(scope) == Some(seq)))
}

/// A phone has pulled: how much waits on it, and what it shows of the scopes granted to it. Desks are
/// poked when it confirms something new (row O-07).
///
/// # Errors
/// Those of the database.
pub fn pulled(
    tx: &mut Tx,
    (of, device): (OrganisationId, DeviceId),
    waiting: u64,
    applied: &BTreeMap<Scope, u64>,
    now: Moment,
) -> Answer<()> {
    sql::synced(tx, device, waiting, now)?;
    let mut news = false;
    for (scope, seq) in applied {
        news |= sql::confirm(tx, device, scope, *seq, now)?;
    }
    if news {
        tx.tell(&Scope::desk(of));
    }
    Ok(())
}

/// Keeps what exchanges have taught about a phone's clocks; true when something was new. One that
/// claims a time after now is dropped.
///
/// # Errors
/// Those of the database.
pub fn keep_anchors(tx: &mut Tx, device: DeviceId, told: &[Anchor], now: Moment) -> Answer<bool> {
    if told.is_empty() {
        return Ok(false);
    }
    let mut new = false;
    // A phone tells its exchanges in their order: one from before the newest known is made up, or known.
    let newest = sql::anchors(tx, device, 1)?.first().map_or(Moment(0), |anchor| anchor.server);
    let sound = |anchor: &&Anchor| {
        (newest.plus(-MINUTE_MS)..=now.plus(MINUTE_MS)).contains(&anchor.server)
            && anchor.boot.len() <= 100
            && anchor.error_ms >= 0
    };
    for anchor in told.iter().filter(sound) {
        new |= sql::keep_anchor(tx, device, anchor)?;
    }
    Ok(new)
}

/// The exchanges of a phone, newest first.
///
/// # Errors
/// Those of the database.
pub fn known_anchors(tx: &mut Tx, device: DeviceId) -> Answer<Vec<Anchor>> {
    Ok(sql::anchors(tx, device, ANCHORS)?)
}

/// The worker has signed out: the phone holds nothing any more and is granted nothing.
///
/// # Errors
/// Those of the database.
pub fn sign_out(tx: &mut Tx, device: DeviceId) -> Answer<()> {
    Ok(sql::set_state(tx, device, "signed_out")?)
}

/// Whether a phone is trusted now.
///
/// # Errors
/// Those of the database.
pub fn is_active(tx: &mut Tx, device: DeviceId) -> Answer<bool> {
    Ok(sql::device(tx, device)?.is_some_and(|device| device.state == "active"))
}
