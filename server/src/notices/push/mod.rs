//! Web Push, and UnifiedPush which speaks the same: who has subscribed, and the way to them
//! (RFC 8030, 8291, 8292). A push says what kind of thing waits and its id; the receiver words it.

mod ece;
mod guard;
mod send;
mod sql;
mod vapid;

use releve_shared::id::{AccountId, MembershipId, OrganisationId, SubscriptionId};
use releve_shared::notice::{ENDPOINT_LIMIT, PushTarget};
use releve_shared::refusal::Refusal;
use releve_shared::sync::SetPush;
use releve_shared::time::Moment;

use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::identity::By;
use crate::text::BadField;
use crate::visits::Reception;
use ece::Receiver;
use sql::{New, Owner};

pub use sql::{ALL, Listed};

use guard::endpoint;
pub(super) use send::send;
pub(super) use vapid::vapid;

/// Browsers of one account that are told; the oldest goes when another comes.
const MOST: u32 = 10;

/// A target as it can be kept: an endpoint that may be called, and keys that are keys.
pub(super) fn checked(target: PushTarget, own: &[String]) -> Result<PushTarget, BadField> {
    if endpoint(&target.endpoint, own).is_none() {
        return Err(BadField::invalid("endpoint"));
    }
    if Receiver::read(&target.p256dh, &target.auth).is_none() {
        return Err(BadField::invalid("p256dh"));
    }
    Ok(target)
}

/// Keeps the browser of an account. The same browser again takes the place of what it was.
pub(super) fn subscribe(
    tx: &mut Tx,
    by: &By,
    id: SubscriptionId,
    (target, name, language): (&PushTarget, &str, &str),
    now: Moment,
) -> Answer<()> {
    let owner = Owner::Account(by.account);
    let new = New { id, organisation: by.organisation, owner, target, name, language };
    sql::add(tx, &new, now)?;
    sql::forget_old(tx, by.account, MOST)?;
    note(tx, by, "push.subscribe", id, "", now)?;
    Ok(())
}

/// Forgets a browser of an account.
pub(super) fn forget(tx: &mut Tx, by: &By, id: SubscriptionId, now: Moment) -> Answer<()> {
    if !sql::forget_one(tx, by.organisation, by.account, id)? {
        return Err(Refusal::NotFound.into());
    }
    note(tx, by, "push.forget", id, "", now)?;
    Ok(())
}

/// The browsers of an account, the newest first.
pub(super) fn mine(tx: &mut Tx, by: &By) -> Answer<Vec<Listed>> {
    Ok(sql::of_account(tx, by.organisation, by.account)?)
}

/// Writes where a phone is reached by push, or that it is not any more (UnifiedPush).
///
/// # Errors
/// [`Refusal::Invalid`] for keys that are none.
pub fn set_push(
    tx: &mut Tx,
    from: &Reception<'_>,
    id: SubscriptionId,
    wish: &SetPush,
) -> Answer<()> {
    sql::forget_of_device(tx, from.organisation, from.device)?;
    let Some(target) = wish.target.clone() else { return Ok(()) };
    // Whether its address may be called is looked at when it is, with what it leads to then.
    let short = target.endpoint.len() <= ENDPOINT_LIMIT;
    if !short || Receiver::read(&target.p256dh, &target.auth).is_none() {
        return Err(Refusal::Invalid.into());
    }
    let owner = Owner::Device(from.device);
    let language = if wish.language == "en" { "en" } else { "fr" };
    let new =
        New { id, organisation: from.organisation, owner, target: &target, name: "", language };
    sql::add(tx, &new, from.at)?;
    Ok(())
}

/// The browsers of an organisation's open accounts: account, subscription, name.
pub(super) fn of_office(
    tx: &mut Tx,
    organisation: OrganisationId,
) -> Answer<Vec<(AccountId, SubscriptionId, String)>> {
    Ok(sql::of_office(tx, organisation)?)
}

/// The phones of a caregiver that are reached by push.
pub(super) fn of_caregiver(
    tx: &mut Tx,
    organisation: OrganisationId,
    membership: MembershipId,
) -> Answer<Vec<(SubscriptionId, String)>> {
    Ok(sql::of_caregiver(tx, organisation, membership)?)
}
