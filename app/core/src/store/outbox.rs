//! Acts waiting to be sent, and those acknowledged in the last thirty days (sync.md C1–C8).

use std::collections::{BTreeMap, BTreeSet};

use releve_shared::id::CommandId;
use releve_shared::sync::{Command, Envelope, Lane, Outcome, Scope, Verdict};
use releve_shared::time::{DAY_MS, Moment};
use rusqlite::{Connection, Row, params};

use crate::fault::Fault;

/// How long an acknowledged command can be offered again to a restored server (C8).
pub(crate) const SENT_KEPT_MS: i64 = 30 * DAY_MS;

/// A command and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) envelope: Envelope,
    pub(crate) outcome: Option<Outcome>,
    /// It has left the outbox: its outcome is known and the mirror shows its effect.
    pub(crate) left: bool,
}

impl Item {
    /// The command; `Unknown` when an older build cannot read it.
    pub(crate) fn command(&self) -> Command {
        serde_json::from_str(&self.envelope.body).unwrap_or(Command::Unknown)
    }

    /// Whether the server has refused it.
    pub(crate) fn refused(&self) -> bool {
        matches!(self.outcome, Some(Outcome { verdict: Verdict::Refused { .. }, .. }))
    }
}

/// Writes a command into its lane, under the next number. Only inside an act's transaction. Gives it
/// as it waits there.
pub(crate) fn append(
    db: &Connection,
    id: CommandId,
    lane: &Lane,
    command: &Command,
) -> Result<Item, Fault> {
    let n: i64 = db
        .prepare_cached(
            "INSERT INTO lane (name, n) VALUES (?1, 1)
             ON CONFLICT (name) DO UPDATE SET n = n + 1 RETURNING n",
        )?
        .query_row([lane.code()], |row| row.get(0))?;
    let body = serde_json::to_string(command)?;
    db.prepare_cached("INSERT INTO command (id, lane, n, body) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id.to_string(), lane.code(), n, body])?;
    let n = u64::try_from(n).unwrap_or(0);
    let envelope = Envelope { id, lane: lane.clone(), n, body };
    Ok(Item { envelope, outcome: None, left: false })
}

/// Everything held, oldest first in each lane: the outbox, then what has left it.
pub(crate) fn all(db: &Connection) -> Result<Vec<Item>, Fault> {
    let mut select = db.prepare_cached(
        "SELECT id, lane, n, body, outcome, left_at FROM command ORDER BY lane, n",
    )?;
    let rows = select.query_map([], read)?;
    rows.map(|row| row.map_err(Fault::from).and_then(item)).collect()
}

/// Commands with a verdict that are still in the outbox.
fn judged_and_here(db: &Connection) -> Result<Vec<Item>, Fault> {
    let mut select = db.prepare_cached(
        "SELECT id, lane, n, body, outcome, left_at FROM command
         WHERE outcome IS NOT NULL AND left_at IS NULL",
    )?;
    let rows = select.query_map([], read)?;
    rows.map(|row| row.map_err(Fault::from).and_then(item)).collect()
}

/// What is to be sent next: at most `limit` commands, lane by lane, in order of number.
pub(crate) fn to_send(db: &Connection, limit: usize) -> Result<Vec<Envelope>, Fault> {
    let mut select = db.prepare_cached(
        "SELECT id, lane, n, body, outcome, left_at FROM command WHERE outcome IS NULL
         ORDER BY CASE lane WHEN 'alarm' THEN 0 WHEN 'mission' THEN 1 WHEN 'badge' THEN 2 ELSE 3 END,
                  lane, n
         LIMIT ?1",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = select.query_map([limit], read)?;
    rows.map(|row| row.map_err(Fault::from).and_then(item).map(|item| item.envelope)).collect()
}

/// How many acts are on the phone only.
pub(crate) fn waiting(db: &Connection) -> Result<u32, Fault> {
    let mut select = db.prepare_cached("SELECT count(*) FROM command WHERE outcome IS NULL")?;
    Ok(select.query_row([], |row| row.get(0))?)
}

/// Keeps a final verdict. The command stays in the outbox until the mirror shows it (C5).
pub(crate) fn record(db: &Connection, outcome: &Outcome) -> Result<(), Fault> {
    db.prepare_cached("UPDATE command SET outcome = ?2 WHERE id = ?1 AND outcome IS NULL")?
        .execute(params![outcome.id.to_string(), serde_json::to_string(outcome)?])?;
    Ok(())
}

/// Makes a lane be offered again from a number: the server lost what it had (C3, C8).
pub(crate) fn offer_again(db: &Connection, lane: &Lane, from: u64) -> Result<usize, Fault> {
    Ok(db.execute(
        "UPDATE command SET outcome = NULL, left_at = NULL
         WHERE lane = ?1 AND n >= ?2 AND outcome IS NOT NULL",
        params![lane.code(), i64::try_from(from).unwrap_or(i64::MAX)],
    )?)
}

/// Every lane that has ever been used.
pub(crate) fn lanes(db: &Connection) -> Result<Vec<Lane>, Fault> {
    let mut select = db.prepare_cached("SELECT name FROM lane ORDER BY name")?;
    let names = select.query_map([], |row| row.get::<_, String>(0))?;
    names.map(|name| Ok(Lane::from_code(&name?))).collect()
}

/// Lets go of the commands whose effect the mirror shows: each scope named by the outcome has
/// reached its number, or is granted no more. Those of a lane leave together, once nothing in it waits for
/// a verdict: of a visit that has left the planning, an end would else be seen without its start (I6).
/// Prunes what left more than thirty days ago.
pub(crate) fn let_go(
    db: &Connection,
    reached: &BTreeMap<Scope, u64>,
    granted: &BTreeSet<Scope>,
    now: Moment,
) -> Result<(), Fault> {
    let waiting = lanes_that_wait(db)?;
    let shown = |outcome: &Outcome| {
        outcome.seen.iter().all(|(scope, seq)| {
            !granted.contains(scope) || reached.get(scope).is_some_and(|at| at >= seq)
        })
    };
    let gone = |item: &Item| {
        !waiting.contains(item.envelope.lane.code()) && item.outcome.as_ref().is_some_and(shown)
    };
    for item in judged_and_here(db)? {
        if gone(&item) {
            db.prepare_cached("UPDATE command SET left_at = ?2 WHERE id = ?1")?
                .execute(params![item.envelope.id.to_string(), now.0])?;
        }
    }
    db.prepare_cached("DELETE FROM command WHERE left_at < ?1")?
        .execute([now.plus(-SENT_KEPT_MS).0])?;
    Ok(())
}

/// Lanes with a command that has no verdict yet.
fn lanes_that_wait(db: &Connection) -> Result<BTreeSet<String>, Fault> {
    let mut select =
        db.prepare_cached("SELECT DISTINCT lane FROM command WHERE outcome IS NULL")?;
    let names = select.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// Empties outbox and lanes, to begin again under another device id.
pub(crate) fn clear(db: &Connection) -> Result<(), Fault> {
    db.execute("DELETE FROM command", [])?;
    db.execute("DELETE FROM lane", [])?;
    Ok(())
}

type Columns = (String, String, i64, String, Option<String>, Option<i64>);

fn read(row: &Row<'_>) -> Result<Columns, rusqlite::Error> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
}

fn item((id, lane, n, body, outcome, left): Columns) -> Result<Item, Fault> {
    let id = id.parse().map_err(|_| Fault::Store("a command's id is none".to_owned()))?;
    let outcome = outcome.map(|text| serde_json::from_str(&text)).transpose()?;
    let n = u64::try_from(n).unwrap_or(0);
    let envelope = Envelope { id, lane: Lane::from_code(&lane), n, body };
    Ok(Item { envelope, outcome, left: left.is_some() })
}
