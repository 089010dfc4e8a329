//! Every statement of pushes.

use releve_shared::id::{AccountId, DeviceId, MembershipId, OrganisationId, SubscriptionId};
use releve_shared::notice::{PushKind, PushTarget};
use releve_shared::time::Moment;

use crate::db::{Fault, Row, Tx};

crate::code_columns!(PushKind);

crate::statements! {
    /// Keeps a subscription.
    ADD = "INSERT INTO push_subscription
               (id, organisation, account, device, endpoint, p256dh, auth, name, language, created_at,
                kind)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING";
    /// Forgets what the same receiver had subscribed before, for whomever: it shows the same secret. A
    /// token is one itself.
    /// Its organisation does not count: a browser that another agency signs in to is heard by it no more.
    FORGET_SAME = "DELETE FROM push_subscription
                    WHERE endpoint = $1 AND auth = $2 AND kind = $3";
    /// Forgets the oldest ones of an account above a number.
    FORGET_OLD = "DELETE FROM push_subscription
                   WHERE account = $1 AND id NOT IN (SELECT s.id FROM push_subscription s
                          WHERE s.account = $1 ORDER BY s.created_at DESC, s.id DESC LIMIT $2)";
    /// Forgets a phone's.
    FORGET_OF_DEVICE = "DELETE FROM push_subscription WHERE device = $1 AND organisation = $2";
    /// Forgets one of an account.
    FORGET_ONE = "DELETE FROM push_subscription WHERE id = $1 AND account = $2 AND organisation = $3";
    /// Forgets one that its push service knows no more.
    FORGET_GONE = "DELETE FROM push_subscription WHERE id = $1 AND organisation = $2";
    /// The subscriptions of an account, the newest first.
    OF_ACCOUNT = "SELECT id, name, endpoint, created_at FROM push_subscription
                   WHERE account = $1 AND organisation = $2 ORDER BY created_at DESC, id DESC";
    /// The subscriptions of an organisation's accounts that are open.
    OF_OFFICE = "SELECT s.account, s.id, s.name FROM push_subscription s
                   JOIN account a ON a.id = s.account
                  WHERE s.organisation = $1 AND a.state = 'active' ORDER BY s.account, s.id";
    /// The trusted phones of a caregiver that are reached by push.
    OF_CAREGIVER = "SELECT s.id, d.name FROM push_subscription s
                      JOIN device d ON d.id = s.device AND d.state = 'active'
                      JOIN membership m ON m.person = d.person AND m.organisation = d.organisation
                     WHERE m.id = $1 AND s.organisation = $2 ORDER BY s.id";
    /// Where a subscription leads; a phone's for as long as it is trusted.
    TARGET = "SELECT s.endpoint, s.p256dh, s.auth, s.language, s.kind FROM push_subscription s
                LEFT JOIN device d ON d.id = s.device
                LEFT JOIN account a ON a.id = s.account
               WHERE s.id = $1 AND s.organisation = $2
                 AND (d.state = 'active' OR a.state = 'active')";
}

/// Whose a subscription is.
#[derive(Clone, Copy, Debug)]
pub enum Owner {
    /// An account of the desk.
    Account(AccountId),
    /// A phone.
    Device(DeviceId),
}

/// A subscription to be kept.
#[derive(Clone, Debug)]
pub struct New<'a> {
    pub id: SubscriptionId,
    pub organisation: OrganisationId,
    pub owner: Owner,
    pub target: &'a PushTarget,
    pub name: &'a str,
    pub language: &'a str,
}

pub fn add(tx: &mut Tx, new: &New<'_>, now: Moment) -> Result<(), Fault> {
    let (account, device) = match new.owner {
        Owner::Account(id) => (Some(id), None),
        Owner::Device(id) => (None, Some(id)),
    };
    let target = new.target;
    let same = [(&target.endpoint).into(), (&target.auth).into(), (&target.kind).into()];
    tx.execute(&FORGET_SAME, &same)?;
    let row = [
        new.id.into(),
        new.organisation.into(),
        account.into(),
        device.into(),
        (&target.endpoint).into(),
        (&target.p256dh).into(),
        (&target.auth).into(),
        new.name.into(),
        new.language.into(),
        now.into(),
        (&target.kind).into(),
    ];
    tx.execute(&ADD, &row)?;
    Ok(())
}

pub fn forget_old(tx: &mut Tx, account: AccountId, most: u32) -> Result<u64, Fault> {
    tx.execute(&FORGET_OLD, &[account.into(), most.into()])
}

pub fn forget_of_device(
    tx: &mut Tx,
    organisation: OrganisationId,
    device: DeviceId,
) -> Result<u64, Fault> {
    tx.execute(&FORGET_OF_DEVICE, &[device.into(), organisation.into()])
}

pub fn forget_one(
    tx: &mut Tx,
    organisation: OrganisationId,
    account: AccountId,
    id: SubscriptionId,
) -> Result<bool, Fault> {
    Ok(tx.execute(&FORGET_ONE, &[id.into(), account.into(), organisation.into()])? > 0)
}

pub fn forget_gone(
    tx: &mut Tx,
    organisation: OrganisationId,
    id: SubscriptionId,
) -> Result<u64, Fault> {
    tx.execute(&FORGET_GONE, &[id.into(), organisation.into()])
}

/// A browser that was let in.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: SubscriptionId,
    pub name: String,
    pub endpoint: String,
    pub created_at: Moment,
}

pub fn of_account(
    tx: &mut Tx,
    organisation: OrganisationId,
    account: AccountId,
) -> Result<Vec<Listed>, Fault> {
    let read = |r: &Row| {
        Ok(Listed { id: r.get(0)?, name: r.get(1)?, endpoint: r.get(2)?, created_at: r.get(3)? })
    };
    tx.query(&OF_ACCOUNT, &[account.into(), organisation.into()])?.iter().map(read).collect()
}

pub fn of_office(
    tx: &mut Tx,
    organisation: OrganisationId,
) -> Result<Vec<(AccountId, SubscriptionId, String)>, Fault> {
    let rows = tx.query(&OF_OFFICE, &[organisation.into()])?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).collect()
}

pub fn of_caregiver(
    tx: &mut Tx,
    organisation: OrganisationId,
    membership: MembershipId,
) -> Result<Vec<(SubscriptionId, String)>, Fault> {
    let rows = tx.query(&OF_CAREGIVER, &[membership.into(), organisation.into()])?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

/// Where a subscription leads, and the language of its receiver.
pub fn target(
    tx: &mut Tx,
    organisation: OrganisationId,
    id: SubscriptionId,
) -> Result<Option<(PushTarget, String)>, Fault> {
    let read = |r: Row| {
        let (endpoint, p256dh, auth) = (r.get(0)?, r.get(1)?, r.get(2)?);
        let target = PushTarget { kind: r.get(4)?, endpoint, p256dh, auth };
        Ok((target, r.get(3)?))
    };
    tx.query_opt(&TARGET, &[id.into(), organisation.into()])?.map(read).transpose()
}
