//! Statements on what phones have sent, and on the feed.

use std::collections::HashMap;

use releve_shared::id::{CommandId, DeviceId, OrganisationId, PersonId};
use releve_shared::keys::Digest;
use releve_shared::sync::{Envelope, Lane, Outcome, RowKind, Scope};

use crate::db::{Fault, Row, Tx, Value};

crate::statements! {
    /// What is stored under a command's id.
    COMMAND = "SELECT digest, outcome FROM command WHERE device = $1 AND id = $2";
    /// Stores an outcome, for ever word for word.
    KEEP = "INSERT INTO command (device, id, lane, n, digest, outcome, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// Opens a lane, once.
    OPEN_LANE = "INSERT INTO lane (device, name, n) VALUES ($1, $2, 1) ON CONFLICT (device, name) DO NOTHING";
    /// Claims a number of a lane, so that two nodes cannot run the same command at once (sync.md C3).
    CLAIM = "UPDATE lane SET n = n + 1 WHERE device = $1 AND name = $2 AND n = $3";
    /// The number due in a lane.
    DUE = "SELECT n FROM lane WHERE device = $1 AND name = $2";
    /// The lanes of a phone.
    LANES = "SELECT name, n FROM lane WHERE device = $1 ORDER BY name";
    /// Where some scopes stand.
    HEADS = "SELECT id, head, floor FROM scope
              WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    /// What has moved in a scope.
    CHANGES = "SELECT seq, kind, id, gone FROM change WHERE scope = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    /// The memberships of a person, granted or not: what moves in them may grant more.
    MEMBERSHIPS = "SELECT id FROM membership WHERE person = $1 ORDER BY id";
    /// Whether a scope is about somebody or something of an organisation.
    OURS = "SELECT 1 FROM membership WHERE organisation = $1 AND id = $2
            UNION SELECT 1 FROM membership WHERE organisation = $3 AND person = $4
            UNION SELECT 1 FROM client WHERE organisation = $5 AND id = $6";
}

/// A row of the feed, without its body.
pub(super) struct Change {
    pub seq: u64,
    pub kind: RowKind,
    pub id: String,
    pub gone: bool,
}

/// The digest of a command that was run, and its outcome.
pub(super) fn command(
    tx: &mut Tx,
    device: DeviceId,
    id: CommandId,
) -> Result<Option<(String, Outcome)>, Fault> {
    let row = tx.query_opt(&COMMAND, &[device.into(), id.into()])?;
    row.map(|row| Ok((row.get(0)?, row.json(1)?))).transpose()
}

pub(super) fn keep(
    tx: &mut Tx,
    device: DeviceId,
    digest: Digest,
    outcome: &Outcome,
) -> Result<(), Fault> {
    let values = [
        device.into(),
        outcome.id.into(),
        (&outcome.lane).into(),
        outcome.n.into(),
        Value::text(digest),
        Value::json(outcome)?,
        outcome.at.into(),
    ];
    tx.execute(&KEEP, &values)?;
    Ok(())
}

/// True when the number was due and is now this command's.
pub(super) fn claim(tx: &mut Tx, device: DeviceId, envelope: &Envelope) -> Result<bool, Fault> {
    let lane = &envelope.lane;
    let values = [device.into(), lane.into(), envelope.n.into()];
    if tx.execute(&CLAIM, &values)? == 1 {
        return Ok(true);
    }
    // The first of its lane, or not due.
    tx.execute(&OPEN_LANE, &[device.into(), lane.into()])?;
    Ok(tx.execute(&CLAIM, &values)? == 1)
}

pub(super) fn due(tx: &mut Tx, device: DeviceId, lane: &Lane) -> Result<u64, Fault> {
    tx.query_one(&DUE, &[device.into(), lane.into()])?.get(0)
}

/// The lanes of a phone, with the number due in each.
pub(super) fn lanes(tx: &mut Tx, device: DeviceId) -> Result<Vec<(Lane, u64)>, Fault> {
    let rows = tx.query(&LANES, &[device.into()])?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Scopes of one [`HEADS`].
const AT_ONCE: usize = 16;

/// Head and floor of scopes; none of one in which nothing was ever announced.
pub(super) fn heads(tx: &mut Tx, of: &[Scope]) -> Result<HashMap<Scope, (u64, u64)>, Fault> {
    let mut heads = HashMap::with_capacity(of.len());
    for some in of.chunks(AT_ONCE) {
        let mut values: Vec<Value> = some.iter().map(Value::from).collect();
        values.resize(AT_ONCE, Value::Null);
        for row in tx.query(&HEADS, &values)? {
            heads.insert(row.get(0)?, (row.get(1)?, row.get(2)?));
        }
    }
    Ok(heads)
}

pub(super) fn changes(
    tx: &mut Tx,
    scope: &Scope,
    after: u64,
    most: usize,
) -> Result<Vec<Change>, Fault> {
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    let rows = tx.query(&CHANGES, &[scope.into(), after.into(), most.into()])?;
    let read = |row: &Row| {
        Ok(Change { seq: row.get(0)?, kind: row.get(1)?, id: row.get(2)?, gone: row.get(3)? })
    };
    rows.iter().map(read).collect()
}

pub(super) fn memberships(tx: &mut Tx, person: PersonId) -> Result<Vec<Scope>, Fault> {
    let rows = tx.query(&MEMBERSHIPS, &[person.into()])?;
    rows.iter().map(|row| Ok(Scope::membership(row.get(0)?))).collect()
}

/// Whether the thing that a scope is about belongs to an organisation.
pub(super) fn ours(tx: &mut Tx, of: OrganisationId, scope: &Scope) -> Result<bool, Fault> {
    let Some((_, id)) = scope.as_str().split_once('/') else { return Ok(false) };
    let values = [of.into(), id.into(), of.into(), id.into(), of.into(), id.into()];
    Ok(!tx.query(&OURS, &values)?.is_empty())
}
