//! Sealing: each entry is chained to the one before it, in the order of its sealing.

use releve_shared::id::{AuditId, OrganisationId};
use releve_shared::keys::Digest;

use super::sql;
use crate::db::{Answer, Fault, Tx};

/// Entries sealed in one transaction.
const BATCH: u32 = 500;

/// An entry that is not what it was when it was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// In whose log.
    pub organisation: OrganisationId,
    /// Which entry: the first that does not hold.
    pub entry: AuditId,
}

/// Seals entries that are not in the chain yet; gives how many. Fewer than a batch: all are.
///
/// # Errors
/// Those of the database.
pub fn seal(tx: &mut Tx) -> Answer<u32> {
    let mut sealed = 0;
    for organisation in sql::unsealed(tx)? {
        let (mut n, mut hash) = match sql::head(tx, organisation)? {
            Some((n, hash)) => (n, parse(&hash)?),
            None => start(tx, organisation)?,
        };
        for entry in sql::due(tx, organisation, BATCH)? {
            n += 1;
            hash = link(hash, organisation, &entry);
            sql::place(tx, entry.id, n, hash.to_string())?;
            sealed += 1;
        }
    }
    Ok(sealed)
}

/// Recomputes every chain; the first entry of each that does not hold.
///
/// # Errors
/// Those of the database.
pub fn verify(tx: &mut Tx) -> Answer<Vec<Flaw>> {
    let mut flaws = Vec::new();
    for organisation in sql::logs(tx)? {
        if let Some(entry) = first_flaw(tx, organisation)? {
            flaws.push(Flaw { organisation, entry });
        }
    }
    Ok(flaws)
}

fn first_flaw(tx: &mut Tx, organisation: OrganisationId) -> Answer<Option<AuditId>> {
    let (mut n, mut hash) = start(tx, organisation)?;
    loop {
        let page = sql::chain(tx, organisation, n, BATCH)?;
        if page.is_empty() {
            return Ok(None);
        }
        for (entry, place, kept) in page {
            hash = link(hash, organisation, &entry);
            if place != n + 1 || kept != hash.to_string() {
                return Ok(Some(entry.id));
            }
            n = place;
        }
    }
}

/// Where a chain begins: at its first entry, or after the last that was erased.
fn start(tx: &mut Tx, organisation: OrganisationId) -> Answer<(u64, Digest)> {
    match sql::floor(tx, organisation)? {
        Some((n, hash)) => Ok((n, parse(&hash)?)),
        None => Ok((0, Digest::from_bytes([0; 32]))),
    }
}

fn link(before: Digest, organisation: OrganisationId, entry: &sql::Kept) -> Digest {
    let sealed = serde_json::json!([
        organisation,
        entry.id,
        entry.at,
        entry.who,
        entry.verb,
        entry.what,
        entry.detail
    ]);
    Digest::of(&[b"releve audit 1\0", before.as_bytes(), sealed.to_string().as_bytes()])
}

fn parse(hash: &str) -> Result<Digest, Fault> {
    Digest::parse(hash).map_err(|e| Fault::of("a hash of the audit log", e))
}
