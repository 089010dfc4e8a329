//! Pushes: who has subscribed, and the way to them. Web Push, and UnifiedPush which speaks the same
//! (RFC 8030, 8291, 8292); Google's and Apple's services for phones. A push says what kind of thing waits
//! and its id; the receiver words it.

mod apns;
mod ece;
mod fcm;
mod guard;
mod jwt;
mod oauth;
mod send;
mod sql;
mod vapid;
mod web;

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use releve_shared::id::{AccountId, MembershipId, OrganisationId, SubscriptionId};
use releve_shared::notice::{PushKind, PushTarget};
use releve_shared::refusal::Refusal;
use releve_shared::sync::SetPush;
use releve_shared::time::Moment;

use crate::audit::note;
use crate::config::{Apns, Fcm};
use crate::db::{Answer, Tx};
use crate::identity::By;
use crate::notices::send::Failed;
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

/// Why a push cannot leave: its service is not in the settings.
const OFF: &str = "push_off";

/// Why an attempt failed: the service does not take us for who the settings say. It can be mended.
const ACCOUNT: &str = "push_account";

/// What this node keeps for the services of Google and Apple: who it is there for a while, and
/// connections.
#[derive(Default)]
pub struct Services {
    google: Mutex<Option<oauth::Access>>,
    apple: Mutex<Option<apns::Word>>,
    apple_client: OnceLock<Option<apns::Client>>,
}

fn held<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks Google's service for an access and sends nothing; gives the project, `None` when none is set. It
/// blocks.
///
/// # Errors
/// Why not, in words.
pub fn try_google(settings: &Fcm, now: Moment) -> Option<Result<String, String>> {
    let account = oauth::Account::read(settings.account_file.as_ref()?);
    Some(account.and_then(|account| match account.access(now) {
        Ok(_) => Ok(account.project_id),
        Err(Failed::ForNow(ACCOUNT)) => Err("it refuses the account".to_owned()),
        Err(_) => Err("it does not answer".to_owned()),
    }))
}

/// Looks whether the settings of Apple's service are whole, and asks nothing; `None` when none is set.
///
/// # Errors
/// Why not, in words.
pub fn try_apple(settings: &Apns) -> Option<Result<(), String>> {
    let read = apns::key(settings.key_file.as_ref()?);
    let unnamed =
        [&settings.key_id, &settings.team_id, &settings.topic].iter().any(|s| s.is_empty());
    Some(match read {
        Err(why) => Err(why),
        Ok(_) if unnamed => Err("key_id, team_id or topic is missing".to_owned()),
        Ok(_) => Ok(()),
    })
}

/// A browser's target as it can be kept: an endpoint that may be called, and keys that are keys.
pub(super) fn checked(target: PushTarget, own: &[String]) -> Result<PushTarget, BadField> {
    if target.kind != PushKind::Web {
        return Err(BadField::invalid("kind"));
    }
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

/// Writes where a phone is reached by push, or that it is not any more.
///
/// # Errors
/// [`Refusal::Invalid`] for a token or keys that are none.
pub fn set_push(
    tx: &mut Tx,
    from: &Reception<'_>,
    id: SubscriptionId,
    wish: &SetPush,
) -> Answer<()> {
    sql::forget_of_device(tx, from.organisation, from.device)?;
    let Some(target) = wish.target.clone() else { return Ok(()) };
    // Whether its address may be called is looked at when it is, with what it leads to then.
    let keyed =
        target.kind != PushKind::Web || Receiver::read(&target.p256dh, &target.auth).is_some();
    if !target.has_form() || !keyed {
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
