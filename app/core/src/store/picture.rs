//! Photos of receipts until the office has them (sync.md C11), in the duty data: encrypted as all of it.

use releve_shared::id::{ReceiptId, VisitId};
use releve_shared::receipt::PART_BYTES;
use releve_shared::sync::{Outcome, Verdict};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::fault::Fault;

/// A photo on this phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) receipt: ReceiptId,
    pub(crate) visit: VisitId,
    pub(crate) refused: bool,
    pub(crate) waiting: bool,
    pub(crate) sent: u64,
    pub(crate) size: u64,
}

/// The next part to send.
pub(crate) struct Part {
    pub(crate) receipt: ReceiptId,
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
}

/// Keeps a photo. Only inside the act's transaction.
pub(crate) fn add(
    db: &Connection,
    receipt: ReceiptId,
    visit: VisitId,
    body: &[u8],
) -> Result<(), Fault> {
    db.execute(
        "INSERT INTO picture (receipt, visit, state, sent, size, body)
         VALUES (?1, ?2, 'waiting', 0, ?3, ?4)",
        params![receipt.to_string(), visit.to_string(), number(body.len()), body],
    )?;
    Ok(())
}

/// Forgets a photo.
pub(crate) fn forget(db: &Connection, receipt: ReceiptId) -> Result<(), Fault> {
    db.execute("DELETE FROM picture WHERE receipt = ?1", [receipt.to_string()])?;
    Ok(())
}

/// Every photo, oldest first.
pub(crate) fn all(db: &Connection) -> Result<Vec<Held>, Fault> {
    let mut select = db
        .prepare_cached("SELECT receipt, visit, state, sent, size FROM picture ORDER BY receipt")?;
    let rows = select.query_map([], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, String>(2)?,
            row.get::<_, i64>(3)?,
            row.get::<_, i64>(4)?,
        ))
    })?;
    rows.map(|row| {
        let (receipt, visit, state, sent, size) = row?;
        let none = |_| Fault::Store("a picture without an id".to_owned());
        Ok(Held {
            receipt: receipt.parse().map_err(none)?,
            visit: visit.parse().map_err(none)?,
            refused: state == "refused",
            waiting: state == "waiting",
            sent: u64::try_from(sent).unwrap_or(0),
            size: u64::try_from(size).unwrap_or(0),
        })
    })
    .collect()
}

/// How many are on the phone only; one whose announcement was refused waits for nothing.
pub(crate) fn waiting(db: &Connection) -> Result<u32, Fault> {
    let count = "SELECT count(*) FROM picture p WHERE state = 'waiting' AND NOT EXISTS (
                     SELECT 1 FROM command c
                     WHERE c.id = p.receipt AND c.outcome ->> '$.verdict.is' = 'refused')";
    Ok(db.prepare_cached(count)?.query_row([], |row| row.get(0))?)
}

/// The next part of the oldest photo whose announcement the office has taken.
pub(crate) fn next(db: &Connection) -> Result<Option<Part>, Fault> {
    let mut select = db.prepare_cached(
        "SELECT p.receipt, p.sent, c.id, c.outcome FROM picture p
         LEFT JOIN command c ON c.id = p.receipt WHERE p.state = 'waiting' ORDER BY p.receipt",
    )?;
    let rows = select.query_map([], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, i64>(1)?,
            row.get::<_, Option<String>>(2)?,
            row.get::<_, Option<String>>(3)?,
        ))
    })?;
    for row in rows {
        let (receipt, sent, announced, outcome) = row?;
        let verdict = outcome
            .map(|text| serde_json::from_str::<Outcome>(&text))
            .transpose()?
            .map(|outcome| outcome.verdict);
        let taken = match (announced, verdict) {
            // Acknowledged so long ago that it was pruned.
            (None, _) | (Some(_), Some(Verdict::Done)) => true,
            (Some(_), Some(Verdict::Refused { .. } | Verdict::Expected { .. }) | None) => false,
        };
        if taken {
            let bytes: Vec<u8> = db.query_row(
                "SELECT substr(body, ?2 + 1, ?3) FROM picture WHERE receipt = ?1",
                params![receipt, sent, number(PART_BYTES)],
                |row| row.get(0),
            )?;
            let receipt =
                receipt.parse().map_err(|_| Fault::Store("a picture without an id".to_owned()))?;
            let offset = u64::try_from(sent).unwrap_or(0);
            return Ok(Some(Part { receipt, offset, bytes }));
        }
    }
    Ok(None)
}

/// How far the office is; whole, the bytes go.
pub(crate) fn sent(
    db: &Connection,
    receipt: ReceiptId,
    held: u64,
    whole: bool,
) -> Result<(), Fault> {
    let held = i64::try_from(held).unwrap_or(i64::MAX);
    let id = receipt.to_string();
    if whole {
        db.execute(
            "UPDATE picture SET state = 'sent', sent = ?2, body = x'' WHERE receipt = ?1",
            params![id, held],
        )?;
    } else {
        db.execute("UPDATE picture SET sent = ?2 WHERE receipt = ?1", params![id, held])?;
    }
    Ok(())
}

/// The office does not take it.
pub(crate) fn refuse(db: &Connection, receipt: ReceiptId) -> Result<(), Fault> {
    db.execute(
        "UPDATE picture SET state = 'refused', body = x'' WHERE receipt = ?1",
        [receipt.to_string()],
    )?;
    Ok(())
}

/// Whether a photo is here, in any state.
pub(crate) fn known(db: &Connection, receipt: ReceiptId) -> Result<bool, Fault> {
    let found: Option<i64> = db
        .query_row("SELECT 1 FROM picture WHERE receipt = ?1", [receipt.to_string()], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(found.is_some())
}

fn number(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
