//! The phone's own stamps, chained (row B-01), and the exchanges that date them (row B-03).

use releve_shared::clock::Anchor;
use releve_shared::id::ClockEventId;
use releve_shared::keys::Digest;
use releve_shared::proof::{GENESIS, link};
use releve_shared::time::{MINUTE_MS, Moment};
use releve_shared::visit::ClockEvent;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::fault::Fault;
use crate::store::outbox::SENT_KEPT_MS;

/// An exchange this soon after a better one teaches nothing, in milliseconds of boot time.
const ANCHOR_APART_MS: i64 = 10 * MINUTE_MS;

/// Number and hash of the last stamp.
pub(crate) fn head(db: &Connection) -> Result<(u64, Digest), Fault> {
    let mut select = db.prepare_cached("SELECT seq, hash FROM stamp ORDER BY seq DESC LIMIT 1")?;
    let last: Option<(i64, String)> =
        select.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    last.map_or(Ok((0, Digest::from_bytes(GENESIS))), |(seq, hash)| {
        Ok((u64::try_from(seq).unwrap_or(0), digest(&hash)?))
    })
}

/// The hash after a stamp.
pub(crate) fn hash_at(db: &Connection, id: ClockEventId) -> Result<Option<(u64, Digest)>, Fault> {
    let found: Option<(i64, String)> = db
        .query_row("SELECT seq, hash FROM stamp WHERE id = ?1", [id.to_string()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    found.map(|(seq, hash)| Ok((u64::try_from(seq).unwrap_or(0), digest(&hash)?))).transpose()
}

/// Adds a stamp to the chain and gives its canonical bytes. Its number and `prev` must be the
/// head's, read in the same transaction.
pub(crate) fn append(db: &Connection, event: &ClockEvent) -> Result<String, Fault> {
    let raw = serde_json::to_string(event)?;
    let hash = link(event.prev, &raw);
    db.prepare_cached("INSERT INTO stamp (seq, id, raw, hash) VALUES (?1, ?2, ?3, ?4)")?.execute(
        params![
            i64::try_from(event.seq).unwrap_or(i64::MAX),
            event.id.to_string(),
            raw,
            hash.to_string()
        ],
    )?;
    Ok(raw)
}

/// Every stamp held, in order.
pub(crate) fn stamps(db: &Connection) -> Result<Vec<ClockEvent>, Fault> {
    let mut select = db.prepare_cached("SELECT raw FROM stamp ORDER BY seq")?;
    let raws = select.query_map([], |row| row.get::<_, String>(0))?;
    raws.map(|raw| Ok(serde_json::from_str(&raw?)?)).collect()
}

/// Forgets stamps whose command is gone since longer than a server could ask for them again. The
/// head stays: the chain goes on from it.
pub(crate) fn prune(db: &Connection, now: Moment) -> Result<(), Fault> {
    db.prepare_cached(
        "DELETE FROM stamp WHERE seq < (SELECT max(seq) FROM stamp)
         AND id NOT IN (SELECT id FROM command)",
    )?
    .execute([])?;
    let old = now.plus(-2 * SENT_KEPT_MS);
    let stale: Vec<i64> = anchors(db)?
        .into_iter()
        .filter(|(_, anchor, told)| *told && anchor.server < old)
        .map(|(id, _, _)| id)
        .collect();
    for id in stale {
        db.prepare_cached("DELETE FROM anchor WHERE id = ?1")?.execute([id])?;
    }
    Ok(())
}

/// Keeps an exchange, unless a better one of the same start of the phone is close by.
pub(crate) fn learn(db: &Connection, anchor: &Anchor) -> Result<(), Fault> {
    let as_good = |held: &Anchor| {
        held.boot == anchor.boot
            && held.seq == anchor.seq
            && anchor.up_ms.saturating_sub(held.up_ms).abs() < ANCHOR_APART_MS
            && held.error_ms <= anchor.error_ms
    };
    if !anchors(db)?.iter().any(|(_, held, _)| as_good(held)) {
        db.prepare_cached("INSERT INTO anchor (body, told) VALUES (?1, 0)")?
            .execute([serde_json::to_string(anchor)?])?;
    }
    Ok(())
}

/// The exchanges held: key, exchange, whether the server was told.
pub(crate) fn anchors(db: &Connection) -> Result<Vec<(i64, Anchor, bool)>, Fault> {
    let mut select = db.prepare_cached("SELECT id, body, told FROM anchor ORDER BY id")?;
    let rows = select.query_map([], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
    })?;
    rows.map(|row| {
        let (id, body, told) = row?;
        Ok((id, serde_json::from_str(&body)?, told != 0))
    })
    .collect()
}

/// The server was told of these exchanges.
pub(crate) fn told(db: &Connection, ids: &[i64]) -> Result<(), Fault> {
    for id in ids {
        db.prepare_cached("UPDATE anchor SET told = 1 WHERE id = ?1")?.execute([id])?;
    }
    Ok(())
}

/// A restored server may have forgotten them all: tell again.
pub(crate) fn tell_again(db: &Connection) -> Result<(), Fault> {
    db.execute("UPDATE anchor SET told = 0", [])?;
    Ok(())
}

/// Begins a new chain, in which the stamps of these numbers are to be the first ones. What was learnt of
/// the clocks stays true: each exchange comes after as many of them as it came after before.
pub(crate) fn begin_again(db: &Connection, kept: &[u64]) -> Result<(), Fault> {
    db.execute("DELETE FROM stamp", [])?;
    for (id, anchor, _) in anchors(db)? {
        let before = kept.iter().filter(|number| **number <= anchor.seq).count();
        let first = Anchor { seq: u64::try_from(before).unwrap_or(u64::MAX), ..anchor };
        db.execute(
            "UPDATE anchor SET body = ?2, told = 0 WHERE id = ?1",
            params![id, serde_json::to_string(&first)?],
        )?;
    }
    Ok(())
}

fn digest(text: &str) -> Result<Digest, Fault> {
    Digest::parse(text).map_err(|_| Fault::Store("a hash of the chain cannot be read".to_owned()))
}
