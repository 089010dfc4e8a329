//! Statements on phones: enrolments, devices, tokens, cursors, anchors.

use std::collections::BTreeMap;

use releve_shared::clock::Anchor;
use releve_shared::enrolment::WipeMode;
use releve_shared::id::{DeviceId, EnrolmentId, MembershipId, OrganisationId, PersonId};
use releve_shared::keys::{Digest, PublicKey};
use releve_shared::sync::Scope;
use releve_shared::time::Moment;

use crate::db::{Fault, Row, Tx, Value};

crate::code_columns!(WipeMode);

crate::statements! {
    /// The person of a membership at work.
    PERSON_OF = "SELECT person FROM membership
                  WHERE id = $1 AND organisation = $2 AND state = 'active'";
    /// A new enrolment kills the older ones of the person.
    CANCEL_OTHERS = "UPDATE enrolment SET state = 'cancelled'
                      WHERE person = $1 AND organisation = $2 AND state = 'waiting'";
    /// Opens an enrolment.
    ADD_ENROLMENT = "INSERT INTO enrolment (id, organisation, person, code, created_by, created_at,
                                            expires_at, state)
                      VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting')";
    /// An enrolment of an organisation.
    ENROLMENT = "SELECT id, organisation, person, expires_at, state, device FROM enrolment
                  WHERE id = $1 AND organisation = $2";
    /// The enrolment of a code.
    BY_CODE = "SELECT id, organisation, person, expires_at, state, device FROM enrolment
                WHERE code = $1";
    /// Uses a code, once.
    USE_CODE = "UPDATE enrolment SET state = 'used', device = $1 WHERE id = $2 AND state = 'waiting'";
    /// Cancels an enrolment that nobody has used.
    CANCEL = "UPDATE enrolment SET state = 'cancelled'
               WHERE id = $1 AND organisation = $2 AND state = 'waiting'";
    /// Adds a phone.
    ADD_DEVICE = "INSERT INTO device (id, organisation, person, public_key, name, platform, version, state,
                                      enrolled_at, last_seen_at, waiting, carrier_blocked)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8, $9, 0, 0)";
    /// Enrols a known phone again.
    RENEW_DEVICE = "UPDATE device SET organisation = $1, name = $2, platform = $3, version = $4,
                                      state = 'active', enrolled_at = $5, last_seen_at = $6
                     WHERE id = $7";
    /// The phone of a key.
    BY_KEY = "SELECT id, organisation, person, public_key, state, last_seen_at, wipe_mode, wipe_nonce
                FROM device WHERE public_key = $1";
    /// The phone of a token.
    BY_TOKEN = "SELECT d.id, d.organisation, d.person, d.public_key, d.state, d.last_seen_at,
                       d.wipe_mode, d.wipe_nonce, t.state, t.superseded_at
                  FROM device_token t JOIN device d ON d.id = t.device WHERE t.digest = $1";
    /// A phone.
    DEVICE = "SELECT id, organisation, person, public_key, state, last_seen_at, wipe_mode, wipe_nonce
                FROM device WHERE id = $1";
    /// Moves a phone to another state.
    SET_STATE = "UPDATE device SET state = $1 WHERE id = $2";
    /// Blocks a phone (row O-44).
    BLOCK = "UPDATE device SET state = 'blocked', blocked_at = COALESCE(blocked_at, $1),
                               wipe_mode = $2, wipe_nonce = COALESCE(wipe_nonce, $3),
                               sim_number = COALESCE($4, sim_number), block_note = $5
              WHERE id = $6 AND organisation = $7 AND state <> 'wiped'";
    /// The to-do of the carrier's block.
    CARRIER = "UPDATE device SET carrier_blocked = $1 WHERE id = $2 AND organisation = $3";
    /// A phone has confirmed that its data is gone.
    WIPED = "UPDATE device SET state = 'wiped', wiped_at = $1
              WHERE id = $2 AND wipe_nonce = $3 AND state IN ('blocked', 'wiped')";
    /// A phone was heard of.
    SEEN = "UPDATE device SET last_seen_at = $1 WHERE id = $2 AND last_seen_at < $3";
    /// A phone has synced.
    SYNCED = "UPDATE device SET last_seen_at = $1, last_sync_at = $2, waiting = $3 WHERE id = $4";
    /// Phones of an organisation, or of one person there.
    LIST = "SELECT d.id, d.person, p.first_name || ' ' || p.last_name, d.name, d.platform, d.version,
                   d.state, d.enrolled_at, d.last_seen_at, d.last_sync_at, d.waiting, d.sim_number,
                   d.carrier_blocked, d.blocked_at
              FROM device d JOIN person p ON p.id = d.person
             WHERE d.organisation = $1 AND ($2 = '' OR d.person = $3)
             ORDER BY d.enrolled_at DESC, d.id DESC";
    /// Adds a token to a phone's family.
    ADD_TOKEN = "INSERT INTO device_token (digest, device, state, made_at) VALUES ($1, $2, $3, $4)
                  ON CONFLICT (digest) DO NOTHING";
    /// The owner and state of a token.
    TOKEN = "SELECT device, state FROM device_token WHERE digest = $1";
    /// Ends the token in use.
    SUPERSEDE = "UPDATE device_token SET state = 'old', superseded_at = $1
                  WHERE device = $2 AND state = 'current'";
    /// Puts the announced token in use.
    PROMOTE = "UPDATE device_token SET state = 'current' WHERE digest = $1 AND state = 'next'";
    /// Forgets an announced token that was never used.
    DROP_NEXT = "DELETE FROM device_token WHERE device = $1 AND state = 'next'";
    /// Forgets a whole family.
    DROP_TOKENS = "DELETE FROM device_token WHERE device = $1";
    /// Forgets tokens that were superseded long ago.
    FORGET_TOKENS = "DELETE FROM device_token WHERE state = 'old' AND superseded_at < $1";
    /// What a phone shows of a scope; a cursor never goes back but with a reset.
    CONFIRM = "INSERT INTO device_cursor (device, scope, seq, confirmed_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (device, scope) DO UPDATE
                SET seq = excluded.seq, confirmed_at = excluded.confirmed_at
                WHERE device_cursor.seq <> excluded.seq";
    /// When a phone last synced, and how much waited on it.
    LAST_SYNC = "SELECT last_sync_at, waiting FROM device WHERE id = $1";
    /// All that a phone has confirmed.
    CURSORS = "SELECT scope, seq FROM device_cursor WHERE device = $1 ORDER BY scope";
    /// What a phone has confirmed of a scope.
    CONFIRMED = "SELECT seq, confirmed_at FROM device_cursor WHERE device = $1 AND scope = $2";
    /// Keeps what an exchange has taught.
    KEEP_ANCHOR = "INSERT INTO device_anchor (device, boot, up_ms, server, error_ms, seq)
                    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (device, boot, up_ms) DO NOTHING";
    /// The newest exchanges of a phone.
    ANCHORS = "SELECT boot, up_ms, server, error_ms, seq FROM device_anchor WHERE device = $1
                ORDER BY server DESC, boot, up_ms LIMIT $2";
}

/// An enrolment's row.
pub(in crate::identity) struct Enrolment {
    pub id: EnrolmentId,
    pub organisation: OrganisationId,
    pub person: PersonId,
    pub expires_at: Moment,
    pub state: String,
    pub device: Option<DeviceId>,
}

impl Enrolment {
    fn of(row: &Row) -> Result<Self, Fault> {
        Ok(Self {
            id: row.get(0)?,
            organisation: row.get(1)?,
            person: row.get(2)?,
            expires_at: row.get(3)?,
            state: row.get(4)?,
            device: row.get(5)?,
        })
    }
}

/// A phone, as far as trust goes.
#[derive(Clone, Debug)]
pub(in crate::identity) struct Device {
    pub id: DeviceId,
    pub organisation: OrganisationId,
    pub person: PersonId,
    pub key: PublicKey,
    pub state: String,
    pub last_seen_at: Moment,
    pub wipe_mode: Option<WipeMode>,
    pub wipe_nonce: Option<String>,
}

impl Device {
    fn of(row: &Row) -> Result<Self, Fault> {
        let key: String = row.get(3)?;
        Ok(Self {
            id: row.get(0)?,
            organisation: row.get(1)?,
            person: row.get(2)?,
            key: PublicKey::parse(&key).map_err(|e| Fault::of("a phone's key", e))?,
            state: row.get(4)?,
            last_seen_at: row.get(5)?,
            wipe_mode: row.get(6)?,
            wipe_nonce: row.get(7)?,
        })
    }
}

pub(in crate::identity) fn person_of(
    tx: &mut Tx,
    membership: MembershipId,
    organisation: OrganisationId,
) -> Result<Option<PersonId>, Fault> {
    let row = tx.query_opt(&PERSON_OF, &[membership.into(), organisation.into()])?;
    row.map(|row| row.get(0)).transpose()
}

/// Opens an enrolment in the place of older ones.
pub(in crate::identity) fn add_enrolment(
    tx: &mut Tx,
    new: &Enrolment,
    code: Digest,
    by: &str,
    at: Moment,
) -> Result<(), Fault> {
    tx.execute(&CANCEL_OTHERS, &[new.person.into(), new.organisation.into()])?;
    let values = [
        new.id.into(),
        new.organisation.into(),
        new.person.into(),
        Value::text(code),
        by.into(),
        at.into(),
        new.expires_at.into(),
    ];
    tx.execute(&ADD_ENROLMENT, &values)?;
    Ok(())
}

pub(in crate::identity) fn enrolment(
    tx: &mut Tx,
    id: EnrolmentId,
    organisation: OrganisationId,
) -> Result<Option<Enrolment>, Fault> {
    let row = tx.query_opt(&ENROLMENT, &[id.into(), organisation.into()])?;
    row.as_ref().map(Enrolment::of).transpose()
}

pub(in crate::identity) fn by_code(tx: &mut Tx, code: Digest) -> Result<Option<Enrolment>, Fault> {
    let row = tx.query_opt(&BY_CODE, &[Value::text(code)])?;
    row.as_ref().map(Enrolment::of).transpose()
}

/// False when somebody was first.
pub(in crate::identity) fn use_code(
    tx: &mut Tx,
    id: EnrolmentId,
    device: DeviceId,
) -> Result<bool, Fault> {
    Ok(tx.execute(&USE_CODE, &[device.into(), id.into()])? == 1)
}

pub(in crate::identity) fn cancel(
    tx: &mut Tx,
    id: EnrolmentId,
    of: OrganisationId,
) -> Result<(), Fault> {
    tx.execute(&CANCEL, &[id.into(), of.into()])?;
    Ok(())
}

/// What a phone says of itself.
pub(in crate::identity) struct Described<'a> {
    pub name: &'a str,
    pub platform: &'a str,
    pub version: &'a str,
}

pub(in crate::identity) fn add_device(
    tx: &mut Tx,
    new: &Device,
    said: &Described<'_>,
    at: Moment,
) -> Result<(), Fault> {
    let values = [
        new.id.into(),
        new.organisation.into(),
        new.person.into(),
        Value::text(new.key),
        said.name.into(),
        said.platform.into(),
        said.version.into(),
        at.into(),
        at.into(),
    ];
    tx.execute(&ADD_DEVICE, &values)?;
    Ok(())
}

pub(in crate::identity) fn renew_device(
    tx: &mut Tx,
    id: DeviceId,
    organisation: OrganisationId,
    said: &Described<'_>,
    at: Moment,
) -> Result<(), Fault> {
    let values = [
        organisation.into(),
        said.name.into(),
        said.platform.into(),
        said.version.into(),
        at.into(),
        at.into(),
        id.into(),
    ];
    tx.execute(&RENEW_DEVICE, &values)?;
    Ok(())
}

pub(in crate::identity) fn by_key(tx: &mut Tx, key: PublicKey) -> Result<Option<Device>, Fault> {
    let row = tx.query_opt(&BY_KEY, &[Value::text(key)])?;
    row.as_ref().map(Device::of).transpose()
}

/// The phone of a token, the token's state, and when it was superseded.
pub(in crate::identity) fn by_token(
    tx: &mut Tx,
    token: Digest,
) -> Result<Option<(Device, String, Option<Moment>)>, Fault> {
    let row = tx.query_opt(&BY_TOKEN, &[Value::text(token)])?;
    row.map(|row| Ok((Device::of(&row)?, row.get(8)?, row.get(9)?))).transpose()
}

pub(in crate::identity) fn device(tx: &mut Tx, id: DeviceId) -> Result<Option<Device>, Fault> {
    let row = tx.query_opt(&DEVICE, &[id.into()])?;
    row.as_ref().map(Device::of).transpose()
}

pub(in crate::identity) fn set_state(tx: &mut Tx, id: DeviceId, state: &str) -> Result<(), Fault> {
    tx.execute(&SET_STATE, &[state.into(), id.into()])?;
    Ok(())
}

/// How a phone is blocked.
pub(in crate::identity) struct Blocking<'a> {
    pub mode: &'a WipeMode,
    pub nonce: &'a str,
    pub sim_number: Option<String>,
    pub note: &'a str,
}

/// False when there is no such phone, or its data is gone already.
pub(in crate::identity) fn block(
    tx: &mut Tx,
    id: DeviceId,
    of: OrganisationId,
    how: &Blocking<'_>,
    at: Moment,
) -> Result<bool, Fault> {
    let values = [
        at.into(),
        how.mode.into(),
        how.nonce.into(),
        how.sim_number.clone().into(),
        how.note.into(),
        id.into(),
        of.into(),
    ];
    Ok(tx.execute(&BLOCK, &values)? == 1)
}

pub(in crate::identity) fn carrier(
    tx: &mut Tx,
    id: DeviceId,
    of: OrganisationId,
    done: bool,
) -> Result<bool, Fault> {
    Ok(tx.execute(&CARRIER, &[done.into(), id.into(), of.into()])? == 1)
}

pub(in crate::identity) fn wiped(
    tx: &mut Tx,
    id: DeviceId,
    nonce: &str,
    at: Moment,
) -> Result<bool, Fault> {
    Ok(tx.execute(&WIPED, &[at.into(), id.into(), nonce.into()])? == 1)
}

pub(in crate::identity) fn seen(tx: &mut Tx, id: DeviceId, at: Moment) -> Result<(), Fault> {
    tx.execute(&SEEN, &[at.into(), id.into(), at.into()])?;
    Ok(())
}

pub(in crate::identity) fn synced(
    tx: &mut Tx,
    id: DeviceId,
    waiting: u64,
    at: Moment,
) -> Result<(), Fault> {
    tx.execute(&SYNCED, &[at.into(), at.into(), waiting.into(), id.into()])?;
    Ok(())
}

pub(in crate::identity) fn last_sync(
    tx: &mut Tx,
    id: DeviceId,
) -> Result<Option<(Option<Moment>, u64)>, Fault> {
    let row = tx.query_opt(&LAST_SYNC, &[id.into()])?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

pub(in crate::identity) fn cursors(
    tx: &mut Tx,
    id: DeviceId,
) -> Result<BTreeMap<Scope, u64>, Fault> {
    let rows = tx.query(&CURSORS, &[id.into()])?;
    rows.iter().map(|row| Ok((Scope::of(&row.get::<String>(0)?), row.get(1)?))).collect()
}

pub(in crate::identity) fn list(
    tx: &mut Tx,
    of: OrganisationId,
    person: Option<PersonId>,
) -> Result<Vec<Row>, Fault> {
    let person = person.map_or_else(String::new, |id| id.to_string());
    tx.query(&LIST, &[of.into(), Value::from(&person), Value::from(&person)])
}

/// False when the digest is known already.
pub(in crate::identity) fn add_token(
    tx: &mut Tx,
    digest: Digest,
    device: DeviceId,
    state: &str,
    at: Moment,
) -> Result<bool, Fault> {
    let values = [Value::text(digest), device.into(), state.into(), at.into()];
    Ok(tx.execute(&ADD_TOKEN, &values)? == 1)
}

pub(in crate::identity) fn token(
    tx: &mut Tx,
    digest: Digest,
) -> Result<Option<(DeviceId, String)>, Fault> {
    let row = tx.query_opt(&TOKEN, &[Value::text(digest)])?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Puts an announced token in use in the place of the current one.
pub(in crate::identity) fn promote(
    tx: &mut Tx,
    digest: Digest,
    device: DeviceId,
    at: Moment,
) -> Result<(), Fault> {
    tx.execute(&SUPERSEDE, &[at.into(), device.into()])?;
    tx.execute(&PROMOTE, &[Value::text(digest)])?;
    Ok(())
}

pub(in crate::identity) fn drop_next(tx: &mut Tx, device: DeviceId) -> Result<(), Fault> {
    tx.execute(&DROP_NEXT, &[device.into()])?;
    Ok(())
}

pub(in crate::identity) fn drop_tokens(tx: &mut Tx, device: DeviceId) -> Result<(), Fault> {
    tx.execute(&DROP_TOKENS, &[device.into()])?;
    Ok(())
}

pub(in crate::identity) fn forget_tokens(tx: &mut Tx, before: Moment) -> Result<(), Fault> {
    tx.execute(&FORGET_TOKENS, &[before.into()])?;
    Ok(())
}

/// True when it was not known.
pub(in crate::identity) fn confirm(
    tx: &mut Tx,
    device: DeviceId,
    scope: &Scope,
    seq: u64,
    at: Moment,
) -> Result<bool, Fault> {
    Ok(tx.execute(&CONFIRM, &[device.into(), scope.into(), seq.into(), at.into()])? == 1)
}

pub(in crate::identity) fn confirmed(
    tx: &mut Tx,
    device: DeviceId,
    scope: &Scope,
) -> Result<Option<(u64, Moment)>, Fault> {
    let row = tx.query_opt(&CONFIRMED, &[device.into(), scope.into()])?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// False when it was known.
pub(in crate::identity) fn keep_anchor(
    tx: &mut Tx,
    device: DeviceId,
    anchor: &Anchor,
) -> Result<bool, Fault> {
    let values = [
        device.into(),
        Value::from(&anchor.boot),
        anchor.up_ms.into(),
        anchor.server.into(),
        anchor.error_ms.into(),
        anchor.seq.into(),
    ];
    Ok(tx.execute(&KEEP_ANCHOR, &values)? == 1)
}

pub(in crate::identity) fn anchors(
    tx: &mut Tx,
    device: DeviceId,
    most: u32,
) -> Result<Vec<Anchor>, Fault> {
    let rows = tx.query(&ANCHORS, &[device.into(), most.into()])?;
    let read = |row: &Row| {
        Ok(Anchor {
            boot: row.get(0)?,
            up_ms: row.get(1)?,
            server: row.get(2)?,
            error_ms: row.get(3)?,
            seq: row.get(4)?,
        })
    };
    rows.iter().map(read).collect()
}
