//! The mirror of the feed, its cursors, and the pages of a pull that is not complete yet.

use std::collections::{BTreeMap, BTreeSet};

use releve_shared::id::VisitId;
use releve_shared::sync::{Row, RowKind, Scope};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// A pull under way: what its pages said so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Staging {
    pub(crate) epoch: String,
    pub(crate) cursors: BTreeMap<Scope, u64>,
    pub(crate) resets: BTreeSet<Scope>,
}

/// What the mirror shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shown {
    /// The epoch of the cursors.
    pub(crate) epoch: String,
    /// Grows with each change of the mirror.
    pub(crate) state: i64,
}

/// What the mirror shows: epoch and number.
pub(crate) fn shown(db: &Connection) -> Result<Shown, Fault> {
    Ok(fact(db, "shown")?.unwrap_or_default())
}

/// The pull under way, when there is one.
pub(crate) fn staging(db: &Connection) -> Result<Option<Staging>, Fault> {
    fact(db, "staging")
}

/// The cursors of what is shown.
pub(crate) fn cursors(db: &Connection) -> Result<BTreeMap<Scope, u64>, Fault> {
    let mut select = db.prepare_cached("SELECT scope, seq FROM cursor ORDER BY scope")?;
    let rows = select.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    rows.map(|row| {
        let (scope, seq) = row?;
        Ok((Scope::of(&scope), u64::try_from(seq).unwrap_or(0)))
    })
    .collect()
}

/// Adds a page to the pull under way. A later row of the same entity takes the earlier one's place.
pub(crate) fn stage(db: &Connection, staging: &Staging, rows: &[Row]) -> Result<(), Fault> {
    put_fact(db, "staging", staging)?;
    let mut insert = db.prepare_cached(
        "INSERT INTO staged (scope, kind, id, seq, body) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (scope, kind, id) DO UPDATE SET seq = excluded.seq, body = excluded.body
         WHERE excluded.seq >= staged.seq",
    )?;
    for row in rows {
        insert.execute(params![
            row.scope.as_str(),
            row.kind.code(),
            row.id,
            number(row.seq),
            row.body
        ])?;
    }
    Ok(())
}

/// Forgets the staged rows of a scope.
pub(crate) fn unstage(db: &Connection, scope: &Scope) -> Result<(), Fault> {
    db.execute("DELETE FROM staged WHERE scope = ?1", [scope.as_str()])?;
    Ok(())
}

/// Forgets the pull under way.
pub(crate) fn forget_staging(db: &Connection) -> Result<(), Fault> {
    db.execute("DELETE FROM staged", [])?;
    db.execute("DELETE FROM fact WHERE name = 'staging'", [])?;
    Ok(())
}

/// Makes the staged pages the mirror, with the cursors and the scope set, all at once (F4, F7).
/// Gives whether rows have left the phone.
pub(crate) fn apply(
    db: &Connection,
    staging: &Staging,
    granted: &BTreeSet<Scope>,
) -> Result<bool, Fault> {
    let mut left = 0;
    let held: BTreeSet<Scope> = cursors(db)?.into_keys().chain(mirrored(db)?).collect();
    for scope in
        held.iter().filter(|scope| staging.resets.contains(scope) || !granted.contains(scope))
    {
        left += db.execute("DELETE FROM mirror WHERE scope = ?1", [scope.as_str()])?;
        db.execute("DELETE FROM cursor WHERE scope = ?1", [scope.as_str()])?;
    }
    for scope in staged_scopes(db)?.iter().filter(|scope| !granted.contains(scope)) {
        unstage(db, scope)?;
    }
    db.execute(
        "INSERT INTO mirror (scope, kind, id, seq, body)
         SELECT scope, kind, id, seq, body FROM staged WHERE body IS NOT NULL
         ON CONFLICT (scope, kind, id) DO UPDATE SET seq = excluded.seq, body = excluded.body
         WHERE excluded.seq > mirror.seq",
        [],
    )?;
    left += db.execute(
        "DELETE FROM mirror WHERE EXISTS (
             SELECT 1 FROM staged WHERE staged.body IS NULL AND staged.scope = mirror.scope
             AND staged.kind = mirror.kind AND staged.id = mirror.id AND staged.seq > mirror.seq)",
        [],
    )?;
    for (scope, seq) in staging.cursors.iter().filter(|(scope, _)| granted.contains(scope)) {
        db.execute(
            "INSERT INTO cursor (scope, seq) VALUES (?1, ?2)
             ON CONFLICT (scope) DO UPDATE SET seq = excluded.seq",
            params![scope.as_str(), number(*seq)],
        )?;
    }
    let state = shown(db)?.state + 1;
    put_fact(db, "shown", &Shown { epoch: staging.epoch.clone(), state })?;
    forget_staging(db)?;
    Ok(left > 0)
}

/// Every row of a kind that this build can read. A row that it cannot stays as it came (F9).
pub(crate) fn rows<T: DeserializeOwned>(db: &Connection, kind: &RowKind) -> Result<Vec<T>, Fault> {
    let mut select = db.prepare_cached("SELECT body FROM mirror WHERE kind = ?1 ORDER BY id")?;
    let bodies = select.query_map([kind.code()], |row| row.get::<_, String>(0))?;
    let mut all = Vec::new();
    for body in bodies {
        all.extend(serde_json::from_str(&body?).ok());
    }
    Ok(all)
}

/// Whether the office has decided on a visit's hours.
pub(crate) fn decided(db: &Connection, visit: VisitId) -> Result<bool, Fault> {
    let count: i64 = db.query_row(
        "SELECT count(*) FROM mirror WHERE kind = ?1 AND id = ?2",
        params![RowKind::RetainedPeriod.code(), visit.to_string()],
        |row| row.get(0),
    )?;
    Ok(count > 0)
}

fn mirrored(db: &Connection) -> Result<Vec<Scope>, Fault> {
    scopes(db, "SELECT DISTINCT scope FROM mirror")
}

fn staged_scopes(db: &Connection) -> Result<Vec<Scope>, Fault> {
    scopes(db, "SELECT DISTINCT scope FROM staged")
}

fn scopes(db: &Connection, sql: &str) -> Result<Vec<Scope>, Fault> {
    let mut select = db.prepare_cached(sql)?;
    let names = select.query_map([], |row| row.get::<_, String>(0))?;
    names.map(|name| Ok(Scope::of(&name?))).collect()
}

fn fact<T: DeserializeOwned>(db: &Connection, name: &str) -> Result<Option<T>, Fault> {
    let text: Option<String> = db
        .query_row("SELECT value FROM fact WHERE name = ?1", [name], |row| row.get(0))
        .optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

fn put_fact<T: Serialize>(db: &Connection, name: &str, value: &T) -> Result<(), Fault> {
    db.execute(
        "INSERT INTO fact (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, serde_json::to_string(value)?],
    )?;
    Ok(())
}

fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
