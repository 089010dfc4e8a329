//! "Rappelez-moi" (row O-25): asked from a phone, taken and answered at the desk.

use releve_shared::clock::locate;
use releve_shared::contact::{Callback, CallbackState};
use releve_shared::id::{AccountId, CallbackId, CommandId, MembershipId};
use releve_shared::refusal::Refusal;
use releve_shared::setting::Setting;
use releve_shared::sync::{CallMe, RowKind, Scope};
use releve_shared::time::{DAY_MS, MINUTE_MS, Moment};
use serde::Serialize;
use utoipa::ToSchema;

use super::sql::{self, Listed};
use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::identity::By;
use crate::notices::{self, Kind};
use crate::people;
use crate::settings;
use crate::visits::Reception;

/// How long an answered request stays on the desk's list.
const SHOWN_MS: i64 = 30 * DAY_MS;

/// A request in the desk's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CallbackRow {
    /// The request.
    #[serde(flatten)]
    pub callback: Callback,
    /// Her first name.
    pub first_name: String,
    /// Her last name.
    pub last_name: String,
    /// Her telephone; empty when there is none.
    pub phone: String,
    /// How often she asked within the time that is one request.
    pub times: u64,
    /// Her line manager, by name; empty when she has none.
    pub manager: String,
}

/// Takes a request; one within five minutes of another is the same. Tells her line manager,
/// or everybody of the office when she has none.
///
/// # Errors
/// [`Refusal::NotFound`] for somebody who does not work here; [`Refusal::NotAllowed`] after her last day.
pub fn call_me(
    tx: &mut Tx,
    from: &Reception<'_>,
    command: CommandId,
    asked: &CallMe,
) -> Answer<()> {
    let at = locate(from.anchors, &asked.stamp, u64::MAX, Some(from.at)).at;
    let own = people::membership_of(tx, from.organisation, from.person)?;
    let membership = own.ok_or(Refusal::NotFound)?;
    let place = people::place(tx, membership, from.person)?.ok_or(Refusal::NotFound)?;
    if place.ended_at.is_some_and(|ended| at > ended) {
        return Err(Refusal::NotAllowed.into());
    }
    let minutes = settings::value(tx, from.organisation, &Setting::SameCallback)?;
    let same_ms = minutes.saturating_mul(MINUTE_MS);
    let near = (at.plus(-same_ms), at.plus(same_ms));
    let same = sql::same(tx, membership, near)?;
    let id = same.unwrap_or_else(|| CallbackId::from(command.uuid()));
    if same.is_some() {
        sql::ask_again(tx, id)?;
    } else {
        sql::add_callback(tx, (from.organisation, membership), id, at, from.at)?;
        let to = (from.organisation, line_manager(tx, membership)?);
        notices::tell(tx, to, Kind::Callback, id, from.at)?;
    }
    tx.changed(&Scope::membership(membership), &RowKind::Callback, id);
    Ok(())
}

/// Who is told first of what a caregiver asks: her line manager.
///
/// # Errors
/// Those of the database.
pub fn line_manager(tx: &mut Tx, membership: MembershipId) -> Answer<Option<AccountId>> {
    Ok(sql::manager(tx, membership)?)
}

/// The requests of the organisation: open ones first, then those answered within thirty days.
///
/// # Errors
/// Those of the database.
pub fn callbacks(tx: &mut Tx, by: &By, now: Moment) -> Answer<Vec<CallbackRow>> {
    Ok(sql::callbacks(tx, by.organisation, now.plus(-SHOWN_MS))?.into_iter().map(row).collect())
}

fn row(listed: Listed) -> CallbackRow {
    let Listed { callback, first_name, last_name, phone, times, manager } = listed;
    CallbackRow { callback, first_name, last_name, phone, times, manager }
}

/// Says that one will call; the caregiver sees who.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Stale`] when somebody has taken it meanwhile.
pub fn take(tx: &mut Tx, by: &By, id: CallbackId, now: Moment) -> Answer<()> {
    let done = sql::take(tx, (by.organisation, id), &by.name, now)?;
    moved(tx, by, id, done, "callback.take", now)
}

/// Says that one has called.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Stale`] when somebody has called meanwhile.
pub fn called(tx: &mut Tx, by: &By, id: CallbackId, now: Moment) -> Answer<()> {
    let done = sql::called(tx, (by.organisation, id), &by.name, now)?;
    moved(tx, by, id, done, "callback.called", now)
}

/// Takes back what one has said: the request is open again.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Stale`] when it is open already.
pub fn reopen(tx: &mut Tx, by: &By, id: CallbackId, now: Moment) -> Answer<()> {
    let done = sql::reopen(tx, (by.organisation, id))?;
    moved(tx, by, id, done, "callback.reopen", now)
}

fn moved(tx: &mut Tx, by: &By, id: CallbackId, done: bool, verb: &str, now: Moment) -> Answer<()> {
    let found = sql::callback(tx, id)?.filter(|(organisation, _)| *organisation == by.organisation);
    let (_, callback) = found.ok_or(Refusal::NotFound)?;
    if !done {
        return Err(Refusal::Stale.into());
    }
    tx.changed(&Scope::membership(callback.membership), &RowKind::Callback, id);
    note(tx, by, verb, id, "", now)?;
    Ok(())
}

/// The first state of a request.
pub(super) const REQUESTED: CallbackState = CallbackState::Requested;
