//! Statements of the audit log.

use releve_shared::id::{AuditId, OrganisationId};
use releve_shared::time::Moment;

use crate::db::{Fault, Row, Tx, Value};

crate::statements! {
    /// Notes an act.
    APPEND = "INSERT INTO audit_entry (id, organisation, at, who, verb, what, detail)
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
    /// The newest entries before a place, with the name of whom it is about, as it is now.
    PAGE = "SELECT e.id, e.at, e.who, COALESCE(a.name, e.who), e.verb, e.what, e.detail,
                   CASE WHEN e.what LIKE 'client/%' THEN
                          (SELECT c.first_name || ' ' || c.last_name FROM client c
                            WHERE c.id = SUBSTR(e.what, 8) AND c.organisation = e.organisation)
                        WHEN e.what LIKE 'visit/%' THEN
                          (SELECT c.first_name || ' ' || c.last_name
                             FROM visit v JOIN client c ON c.id = v.client
                            WHERE v.id = SUBSTR(e.what, 7) AND v.organisation = e.organisation)
                        WHEN e.what LIKE 'tag/%' THEN
                          (SELECT c.first_name || ' ' || c.last_name
                             FROM home_tag t JOIN client c ON c.id = t.client
                            WHERE t.id = SUBSTR(e.what, 5) AND c.organisation = e.organisation)
                        WHEN e.what LIKE 'caregiver/%' THEN
                          (SELECT p.first_name || ' ' || p.last_name
                             FROM membership m JOIN person p ON p.id = m.person
                            WHERE m.id = SUBSTR(e.what, 11) AND m.organisation = e.organisation)
                        WHEN e.what LIKE 'phone/%' THEN
                          (SELECT p.first_name || ' ' || p.last_name
                             FROM device d JOIN person p ON p.id = d.person
                            WHERE d.id = SUBSTR(e.what, 7) AND d.organisation = e.organisation)
                   END
              FROM audit_entry e LEFT JOIN account a ON e.who = 'account/' || a.id
             WHERE e.organisation = $1 AND e.id < $2 ORDER BY e.id DESC LIMIT $3";
    /// Whether somebody has lately read the same of the same.
    LATELY = "SELECT id FROM audit_entry
               WHERE organisation = $1 AND what = $2 AND at > $3 AND who = $4 AND verb = $5 AND detail = $6
               LIMIT 1";
    /// What was done with something, the newest first; `$3` is a second one that counts.
    ABOUT = "SELECT e.id, e.at, e.who, COALESCE(a.name, e.who), e.verb, e.what, e.detail,
                    CAST(NULL AS TEXT)
               FROM audit_entry e LEFT JOIN account a ON e.who = 'account/' || a.id
              WHERE e.organisation = $1 AND e.what IN ($2, $3) ORDER BY e.id DESC LIMIT 200";
    /// Organisations with entries outside the chain.
    UNSEALED = "SELECT DISTINCT organisation FROM audit_entry WHERE n IS NULL ORDER BY organisation";
    /// The head of a chain.
    HEAD = "SELECT n, hash FROM audit_entry WHERE organisation = $1 AND n IS NOT NULL
             ORDER BY n DESC LIMIT 1";
    /// The oldest entries outside the chain.
    DUE = "SELECT id, at, who, verb, what, detail FROM audit_entry
            WHERE organisation = $1 AND n IS NULL ORDER BY at, id LIMIT $2";
    /// Gives an entry its place, once.
    SEAL = "UPDATE audit_entry SET n = $1, hash = $2 WHERE id = $3 AND n IS NULL";
    /// A chain from its start.
    CHAIN = "SELECT id, at, who, verb, what, detail, n, hash FROM audit_entry
              WHERE organisation = $1 AND n > $2 ORDER BY n LIMIT $3";
    /// The newest entry's time; none in an empty log.
    NEWEST = "SELECT MAX(at) FROM audit_entry";
    /// Entries of before a moment.
    OLD = "SELECT COUNT(*), MIN(at) FROM audit_entry WHERE organisation = $1 AND at < $2";
    /// The last sealed entry before the first that is to stay.
    LAST_OLD = "SELECT e.n, e.hash FROM audit_entry e
                 WHERE e.organisation = $1 AND e.at < $2 AND e.n IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM audit_entry k
                                    WHERE k.organisation = $1 AND k.at >= $2 AND k.n < e.n)
                 ORDER BY e.n DESC LIMIT 1";
    /// Where the chain begins from now on.
    WRITE_FLOOR = "INSERT INTO audit_floor (organisation, n, hash) VALUES ($1, $2, $3)
                   ON CONFLICT (organisation) DO UPDATE SET n = excluded.n, hash = excluded.hash";
    /// Where it begins.
    FLOOR = "SELECT n, hash FROM audit_floor WHERE organisation = $1";
    /// Erases what is below.
    FORGET = "DELETE FROM audit_entry WHERE organisation = $1 AND n <= $2";
    /// Every organisation with a log.
    LOGS = "SELECT DISTINCT organisation FROM audit_entry ORDER BY organisation";
}

/// An entry as it is kept.
pub(super) struct Kept {
    pub id: AuditId,
    pub at: Moment,
    pub who: String,
    pub verb: String,
    pub what: String,
    pub detail: String,
}

impl Kept {
    fn of(row: &Row) -> Result<Self, Fault> {
        Ok(Self {
            id: row.get(0)?,
            at: row.get(1)?,
            who: row.get(2)?,
            verb: row.get(3)?,
            what: row.get(4)?,
            detail: row.get(5)?,
        })
    }
}

pub(super) fn newest(tx: &mut Tx) -> Result<Option<Moment>, Fault> {
    tx.query_one(&NEWEST, &[])?.get(0)
}

pub(super) fn append(tx: &mut Tx, of: OrganisationId, kept: &Kept) -> Result<(), Fault> {
    let Kept { id, at, who, verb, what, detail } = kept;
    let values = [
        (*id).into(),
        of.into(),
        (*at).into(),
        who.into(),
        verb.into(),
        what.into(),
        detail.into(),
    ];
    tx.execute(&APPEND, &values)?;
    Ok(())
}

/// Whether the same entry was appended after a moment.
pub(super) fn lately(
    tx: &mut Tx,
    of: OrganisationId,
    (who, verb, what, detail): (&str, &str, &str, &str),
    after: Moment,
) -> Result<bool, Fault> {
    let values = [of.into(), what.into(), after.into(), who.into(), verb.into(), detail.into()];
    Ok(!tx.query(&LATELY, &values)?.is_empty())
}

/// An entry, who it was by name, and whom it is about where that is one person.
pub(super) type Named = (Kept, String, Option<String>);

/// The newest entries about one of two things.
pub(super) fn about(
    tx: &mut Tx,
    of: OrganisationId,
    (what, or): (&str, &str),
) -> Result<Vec<Named>, Fault> {
    tx.query(&ABOUT, &[of.into(), what.into(), or.into()])?.iter().map(named).collect()
}

fn named(row: &Row) -> Result<Named, Fault> {
    let kept = Kept {
        id: row.get(0)?,
        at: row.get(1)?,
        who: row.get(2)?,
        verb: row.get(4)?,
        what: row.get(5)?,
        detail: row.get(6)?,
    };
    Ok((kept, row.get(3)?, row.get(7)?))
}

/// Entries newest first.
pub(super) fn page(
    tx: &mut Tx,
    organisation: OrganisationId,
    before: &str,
    limit: u32,
) -> Result<Vec<Named>, Fault> {
    let rows = tx.query(&PAGE, &[organisation.into(), before.into(), limit.into()])?;
    rows.iter().map(named).collect()
}

pub(super) fn unsealed(tx: &mut Tx) -> Result<Vec<OrganisationId>, Fault> {
    tx.query(&UNSEALED, &[])?.iter().map(|row| row.get(0)).collect()
}

pub(super) fn logs(tx: &mut Tx) -> Result<Vec<OrganisationId>, Fault> {
    tx.query(&LOGS, &[])?.iter().map(|row| row.get(0)).collect()
}

pub(super) fn head(tx: &mut Tx, of: OrganisationId) -> Result<Option<(u64, String)>, Fault> {
    let row = tx.query_opt(&HEAD, &[of.into()])?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Where a chain begins: the place and the hash of the last entry that was erased.
pub(super) fn floor(tx: &mut Tx, of: OrganisationId) -> Result<Option<(u64, String)>, Fault> {
    let row = tx.query_opt(&FLOOR, &[of.into()])?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Erases the oldest entries, and remembers where the chain begins.
pub(super) fn forget(tx: &mut Tx, of: OrganisationId, before: Moment) -> Result<u64, Fault> {
    let Some(last) = tx.query_opt(&LAST_OLD, &[of.into(), before.into()])? else { return Ok(0) };
    let (n, hash): (u64, String) = (last.get(0)?, last.get(1)?);
    tx.execute(&WRITE_FLOOR, &[of.into(), n.into(), hash.into()])?;
    tx.execute(&FORGET, &[of.into(), n.into()])
}

pub(super) fn due(tx: &mut Tx, of: OrganisationId, limit: u32) -> Result<Vec<Kept>, Fault> {
    tx.query(&DUE, &[of.into(), limit.into()])?.iter().map(Kept::of).collect()
}

pub(super) fn place(tx: &mut Tx, id: AuditId, n: u64, hash: String) -> Result<(), Fault> {
    tx.execute(&SEAL, &[n.into(), Value::from(hash), id.into()])?;
    Ok(())
}

pub(super) fn chain(
    tx: &mut Tx,
    of: OrganisationId,
    after: u64,
    limit: u32,
) -> Result<Vec<(Kept, u64, String)>, Fault> {
    let rows = tx.query(&CHAIN, &[of.into(), after.into(), limit.into()])?;
    rows.iter().map(|row| Ok((Kept::of(row)?, row.get(6)?, row.get(7)?))).collect()
}
