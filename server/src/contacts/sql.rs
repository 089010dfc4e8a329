//! Every statement of the room, and its rows.

use releve_shared::contact::{
    Callback, CallbackState, Colleague, DirectoryEntry, EmergencyKind, EmergencyNumber,
};
use releve_shared::id::{
    AccountId, CallbackId, ClientId, DirectoryEntryId, MembershipId, OrganisationId, PersonId,
};
use releve_shared::time::Moment;

use super::callback::REQUESTED;
use super::staff::EntryInput;
use crate::db::{Fault, Row, Tx, Value};

crate::code_columns!(EmergencyKind, CallbackState);

crate::statements! {
    /// The emergency numbers of an organisation, in order.
    EMERGENCY = "SELECT kind, label, phone FROM emergency_number
                  WHERE organisation = $1 ORDER BY position";
    /// Clears them, to be written again.
    CLEAR_EMERGENCY = "DELETE FROM emergency_number WHERE organisation = $1";
    /// Writes one.
    ADD_EMERGENCY = "INSERT INTO emergency_number (organisation, position, kind, label, phone)
                     VALUES ($1, $2, $3, $4, $5)";
    /// An open request of the same time.
    SAME = "SELECT id FROM callback
             WHERE membership = $1 AND asked_at >= $2 AND asked_at <= $3 AND state <> 'called_back'
             ORDER BY asked_at DESC, id LIMIT 1";
    /// Asked once more.
    ASK_AGAIN = "UPDATE callback SET times = times + 1 WHERE id = $1";
    /// Keeps a request, once.
    ADD_CALLBACK = "INSERT INTO callback (id, organisation, membership, state, asked_at, times,
                                          received_at, taken_by, called_by)
                    VALUES ($1, $2, $3, $4, $5, 1, $6, '', '') ON CONFLICT (id) DO NOTHING";
    /// A request, whoever asks.
    CALLBACK = "SELECT id, membership, state, asked_at, taken_by, taken_at, called_by, called_at,
                       organisation
                  FROM callback WHERE id = $1";
    /// The requests of an organisation: open ones first.
    CALLBACKS = "SELECT c.id, c.membership, c.state, c.asked_at, c.taken_by, c.taken_at, c.called_by,
                        c.called_at, p.first_name, p.last_name, p.phone, c.times, COALESCE(a.name, '')
                   FROM callback c
                   JOIN membership m ON m.id = c.membership
                   JOIN person p ON p.id = m.person
                   LEFT JOIN line_manager l ON l.membership = c.membership
                   LEFT JOIN account a ON a.id = l.account
                  WHERE c.organisation = $1 AND (c.state <> 'called_back' OR c.called_at >= $2)
                  ORDER BY CASE c.state WHEN 'requested' THEN 0 WHEN 'taken' THEN 1 ELSE 2 END,
                           c.asked_at DESC, c.id LIMIT 300";
    /// Somebody will call.
    TAKE = "UPDATE callback SET state = 'taken', taken_by = $1, taken_at = $2
             WHERE organisation = $3 AND id = $4 AND state = 'requested'";
    /// Somebody has called.
    CALLED = "UPDATE callback SET state = 'called_back', called_by = $1, called_at = $2
               WHERE organisation = $3 AND id = $4 AND state <> 'called_back'";
    /// Open again.
    REOPEN = "UPDATE callback SET state = 'requested', taken_by = '', taken_at = NULL,
                                  called_by = '', called_at = NULL
               WHERE organisation = $1 AND id = $2 AND state <> 'requested'";
    /// Requests to be called back that were asked before a moment.
    OLD = "SELECT COUNT(*), MIN(asked_at) FROM callback WHERE organisation = $1 AND asked_at < $2";
    /// Erases them, answered or not.
    FORGET = "DELETE FROM callback WHERE organisation = $1 AND asked_at < $2
              RETURNING membership, id";
    /// A caregiver's line manager.
    MANAGER = "SELECT account FROM line_manager WHERE membership = $1";
    /// Nobody in particular.
    NO_MANAGER = "DELETE FROM line_manager WHERE membership = $1";
    /// Names one.
    WRITE_MANAGER = "INSERT INTO line_manager (membership, account) VALUES ($1, $2)";
    /// The accounts of the office.
    OFFICES = "SELECT id, name FROM account WHERE organisation = $1 AND state = 'active'
                ORDER BY name, id";
    /// Whether a caregiver is of an organisation.
    OURS = "SELECT id FROM membership WHERE organisation = $1 AND id = $2";
    /// The directory of an organisation.
    ENTRIES = "SELECT id, name, role, phone FROM directory_entry WHERE organisation = $1
                ORDER BY name, id LIMIT 2000";
    /// One entry, whoever asks.
    ENTRY = "SELECT id, name, role, phone FROM directory_entry WHERE id = $1";
    /// Adds an entry.
    ADD_ENTRY = "INSERT INTO directory_entry (id, organisation, name, role, phone, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6)";
    /// Changes an entry.
    CHANGE_ENTRY = "UPDATE directory_entry SET name = $1, role = $2, phone = $3
                     WHERE organisation = $4 AND id = $5";
    /// Removes an entry.
    REMOVE_ENTRY = "DELETE FROM directory_entry WHERE organisation = $1 AND id = $2";
    /// The caregivers at work of an organisation.
    AT_WORK = "SELECT id FROM membership WHERE organisation = $1 AND state = 'active' ORDER BY id";
    /// A colleague, as others may know her; nothing once she has left.
    COLLEAGUE = "SELECT m.id, p.first_name, p.last_name, m.role, p.phone
                   FROM membership m JOIN person p ON p.id = m.person
                  WHERE m.id = $1 AND m.state = 'active'";
    /// The colleagues with a client of hers, around now, where the organisation wishes it.
    COLLEAGUES = "SELECT DISTINCT c.id
                    FROM membership m
                    JOIN setting g ON g.organisation = m.organisation
                     AND g.code = 'share_colleagues' AND g.value = 1
                    JOIN visit v ON v.membership = m.id
                    JOIN visit o ON o.client = v.client AND o.membership <> v.membership
                    JOIN membership c ON c.id = o.membership
                   WHERE m.person = $1 AND m.state = 'active' AND m.transmit = 1
                     AND v.state <> 'cancelled' AND v.starts_at <= $2 AND v.ends_at >= $3 AND v.held = 1
                     AND o.state <> 'cancelled' AND o.starts_at <= $2 AND o.ends_at >= $3
                     AND c.organisation = m.organisation AND c.state = 'active'
                     AND c.person <> m.person
                   ORDER BY c.id";
    /// Who goes to a client around now.
    GOERS = "SELECT DISTINCT v.membership FROM visit v
              WHERE v.client = $1 AND v.state <> 'cancelled' AND v.starts_at <= $2 AND v.ends_at >= $3
                AND v.held = 1 ORDER BY v.membership";
}

pub fn emergency(tx: &mut Tx, org: OrganisationId) -> Result<Vec<EmergencyNumber>, Fault> {
    let rows = tx.query(&EMERGENCY, &[org.into()])?;
    let read =
        |r: &Row| Ok(EmergencyNumber { kind: r.get(0)?, label: r.get(1)?, phone: r.get(2)? });
    rows.iter().map(read).collect()
}

pub fn write_emergency(
    tx: &mut Tx,
    org: OrganisationId,
    numbers: &[EmergencyNumber],
) -> Result<(), Fault> {
    tx.execute(&CLEAR_EMERGENCY, &[org.into()])?;
    for (position, EmergencyNumber { kind, label, phone }) in (1_u64..).zip(numbers) {
        let row = [org.into(), position.into(), kind.into(), label.into(), phone.into()];
        tx.execute(&ADD_EMERGENCY, &row)?;
    }
    Ok(())
}

pub fn same(
    tx: &mut Tx,
    membership: MembershipId,
    (from, to): (Moment, Moment),
) -> Result<Option<CallbackId>, Fault> {
    let row = tx.query_opt(&SAME, &[membership.into(), from.into(), to.into()])?;
    row.map(|r| r.get(0)).transpose()
}

pub fn ask_again(tx: &mut Tx, id: CallbackId) -> Result<u64, Fault> {
    tx.execute(&ASK_AGAIN, &[id.into()])
}

pub fn add_callback(
    tx: &mut Tx,
    (org, membership): (OrganisationId, MembershipId),
    id: CallbackId,
    asked_at: Moment,
    now: Moment,
) -> Result<u64, Fault> {
    let row = [
        id.into(),
        org.into(),
        membership.into(),
        (&REQUESTED).into(),
        asked_at.into(),
        now.into(),
    ];
    tx.execute(&ADD_CALLBACK, &row)
}

fn read_callback(r: &Row) -> Result<Callback, Fault> {
    Ok(Callback {
        id: r.get(0)?,
        membership: r.get(1)?,
        state: r.get(2)?,
        asked_at: r.get(3)?,
        taken_by: r.get(4)?,
        taken_at: r.get(5)?,
        called_by: r.get(6)?,
        called_at: r.get(7)?,
    })
}

/// A request with its organisation.
pub fn callback(tx: &mut Tx, id: CallbackId) -> Result<Option<(OrganisationId, Callback)>, Fault> {
    let row = tx.query_opt(&CALLBACK, &[id.into()])?;
    row.map(|r| Ok((r.get(8)?, read_callback(&r)?))).transpose()
}

/// A request in the list.
pub struct Listed {
    pub callback: Callback,
    pub first_name: String,
    pub last_name: String,
    pub phone: String,
    pub times: u64,
    pub manager: String,
}

pub fn callbacks(
    tx: &mut Tx,
    org: OrganisationId,
    answered_since: Moment,
) -> Result<Vec<Listed>, Fault> {
    let rows = tx.query(&CALLBACKS, &[org.into(), answered_since.into()])?;
    let read = |r: &Row| {
        Ok(Listed {
            callback: read_callback(r)?,
            first_name: r.get(8)?,
            last_name: r.get(9)?,
            phone: r.get(10)?,
            times: r.get(11)?,
            manager: r.get(12)?,
        })
    };
    rows.iter().map(read).collect()
}

type Own = (OrganisationId, CallbackId);

pub fn take(tx: &mut Tx, (org, id): Own, who: &str, now: Moment) -> Result<bool, Fault> {
    Ok(tx.execute(&TAKE, &[who.into(), now.into(), org.into(), id.into()])? == 1)
}

pub fn called(tx: &mut Tx, (org, id): Own, who: &str, now: Moment) -> Result<bool, Fault> {
    Ok(tx.execute(&CALLED, &[who.into(), now.into(), org.into(), id.into()])? == 1)
}

pub fn reopen(tx: &mut Tx, (org, id): Own) -> Result<bool, Fault> {
    Ok(tx.execute(&REOPEN, &[org.into(), id.into()])? == 1)
}

pub fn manager(tx: &mut Tx, of: MembershipId) -> Result<Option<AccountId>, Fault> {
    tx.query_opt(&MANAGER, &[of.into()])?.map(|r| r.get(0)).transpose()
}

pub fn write_manager(
    tx: &mut Tx,
    of: MembershipId,
    account: Option<AccountId>,
) -> Result<(), Fault> {
    tx.execute(&NO_MANAGER, &[of.into()])?;
    if let Some(account) = account {
        tx.execute(&WRITE_MANAGER, &[of.into(), account.into()])?;
    }
    Ok(())
}

pub fn offices(tx: &mut Tx, org: OrganisationId) -> Result<Vec<(AccountId, String)>, Fault> {
    let rows = tx.query(&OFFICES, &[org.into()])?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

pub fn ours(tx: &mut Tx, org: OrganisationId, id: MembershipId) -> Result<bool, Fault> {
    Ok(tx.query_opt(&OURS, &[org.into(), id.into()])?.is_some())
}

fn read_entry(r: &Row) -> Result<DirectoryEntry, Fault> {
    Ok(DirectoryEntry { id: r.get(0)?, name: r.get(1)?, role: r.get(2)?, phone: r.get(3)? })
}

pub fn entries(tx: &mut Tx, org: OrganisationId) -> Result<Vec<DirectoryEntry>, Fault> {
    tx.query(&ENTRIES, &[org.into()])?.iter().map(read_entry).collect()
}

pub fn entry(tx: &mut Tx, id: &str) -> Result<Option<DirectoryEntry>, Fault> {
    tx.query_opt(&ENTRY, &[id.into()])?.as_ref().map(read_entry).transpose()
}

pub fn add_entry(
    tx: &mut Tx,
    org: OrganisationId,
    id: DirectoryEntryId,
    EntryInput { name, role, phone }: &EntryInput,
    now: Moment,
) -> Result<u64, Fault> {
    let row = [id.into(), org.into(), name.into(), role.into(), phone.into(), now.into()];
    tx.execute(&ADD_ENTRY, &row)
}

pub fn change_entry(
    tx: &mut Tx,
    org: OrganisationId,
    id: DirectoryEntryId,
    EntryInput { name, role, phone }: &EntryInput,
) -> Result<bool, Fault> {
    let row: [Value; 5] = [name.into(), role.into(), phone.into(), org.into(), id.into()];
    Ok(tx.execute(&CHANGE_ENTRY, &row)? == 1)
}

pub fn remove_entry(tx: &mut Tx, org: OrganisationId, id: DirectoryEntryId) -> Result<bool, Fault> {
    Ok(tx.execute(&REMOVE_ENTRY, &[org.into(), id.into()])? == 1)
}

pub fn at_work(tx: &mut Tx, org: OrganisationId) -> Result<Vec<MembershipId>, Fault> {
    tx.query(&AT_WORK, &[org.into()])?.iter().map(|r| r.get(0)).collect()
}

pub fn colleague(tx: &mut Tx, id: &str) -> Result<Option<Colleague>, Fault> {
    let row = tx.query_opt(&COLLEAGUE, &[id.into()])?;
    row.map(|r| {
        Ok(Colleague {
            membership: r.get(0)?,
            first_name: r.get(1)?,
            last_name: r.get(2)?,
            role: r.get(3)?,
            phone: r.get(4)?,
        })
    })
    .transpose()
}

pub fn colleagues(
    tx: &mut Tx,
    person: PersonId,
    (latest_start, earliest_end): (Moment, Moment),
) -> Result<Vec<MembershipId>, Fault> {
    let row = [person.into(), latest_start.into(), earliest_end.into()];
    tx.query(&COLLEAGUES, &row)?.iter().map(|r| r.get(0)).collect()
}

pub fn goers(
    tx: &mut Tx,
    client: ClientId,
    (latest_start, earliest_end): (Moment, Moment),
) -> Result<Vec<MembershipId>, Fault> {
    let row = [client.into(), latest_start.into(), earliest_end.into()];
    tx.query(&GOERS, &row)?.iter().map(|r| r.get(0)).collect()
}
