//! The mirror of the feed, its cursors, and the pages of a pull that is not complete yet.
//!
//! A new kind of row needs nothing here: [`rows`] reads all of a kind, [`row`] one of them.

use std::collections::{BTreeMap, BTreeSet};

use releve_shared::clock::Stamp;
use releve_shared::id::VisitId;
use releve_shared::planted;
use releve_shared::sync::{Row, RowKind, Scope};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::store::known::News;

/// What the mirror shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shown {
    /// The epoch of the cursors.
    pub(crate) epoch: String,
    /// Grows with each change of the mirror.
    pub(crate) state: i64,
}

/// A pull under way: what its pages said so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pull {
    pub(crate) epoch: String,
    pub(crate) cursors: BTreeMap<Scope, u64>,
    pub(crate) resets: BTreeSet<Scope>,
    rows: Vec<Row>,
    /// How many of them are on the disk.
    written: usize,
    /// Since when the rest has been on its way, by the boot clock.
    since: Option<Stamp>,
}

/// A page as it is kept on the disk, in case the app is stopped before the last one comes.
#[derive(Serialize, Deserialize)]
struct KeptPage<R> {
    epoch: String,
    cursors: BTreeMap<Scope, u64>,
    resets: BTreeSet<Scope>,
    rows: R,
}

/// What came of applying a pull.
#[derive(Default)]
pub(crate) struct Applied {
    /// The number of the mirror's state before.
    pub(crate) before: i64,
    /// What clocking must learn of it.
    pub(crate) news: News,
    /// Whether rows came or changed.
    came: bool,
    /// Whether rows have left the phone.
    pub(crate) left: bool,
}

/// What the mirror shows: epoch and number.
pub(crate) fn shown(db: &Connection) -> Result<Shown, Fault> {
    Ok(fact(db, "shown")?.unwrap_or_default())
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

impl Pull {
    /// Adds a page: its rows, and the scopes that begin again from nothing.
    pub(crate) fn add(&mut self, rows: Vec<Row>, resets: &[Scope]) {
        self.resets.extend(resets.iter().cloned());
        if !resets.is_empty() {
            self.rows.retain(|row| !resets.contains(&row.scope));
            // What is on the disk holds them still.
            self.written = 0;
        }
        self.rows.extend(rows);
    }

    /// Whether what is not on the disk yet, asked for at `sent`, took this long to come.
    pub(crate) fn slow(&mut self, sent: &Stamp, now: &Stamp, most_ms: i64) -> bool {
        let since = self.since.get_or_insert_with(|| sent.clone());
        since.boot != now.boot || now.up_ms.saturating_sub(since.up_ms) >= most_ms
    }

    /// Writes down what is not on the disk yet.
    pub(crate) fn keep(&mut self, db: &Connection) -> Result<(), Fault> {
        if self.written == 0 {
            db.execute("DELETE FROM staged", [])?;
        }
        let page = KeptPage {
            epoch: self.epoch.clone(),
            cursors: self.cursors.clone(),
            resets: self.resets.clone(),
            rows: self.rows.get(self.written..).unwrap_or_default(),
        };
        db.execute("INSERT INTO staged (page) VALUES (?1)", [serde_json::to_string(&page)?])?;
        self.written = self.rows.len();
        self.since = None;
        Ok(())
    }
}

/// The pull that was under way when the app was stopped, as far as it was written down.
pub(crate) fn kept_pull(db: &Connection) -> Result<Option<Pull>, Fault> {
    let mut select = db.prepare_cached("SELECT page FROM staged ORDER BY n")?;
    let pages = select.query_map([], |row| row.get::<_, String>(0))?;
    let mut pull: Option<Pull> = None;
    for page in pages {
        let page: KeptPage<Vec<Row>> = serde_json::from_str(&page?)?;
        let pull = pull.get_or_insert_default();
        pull.epoch = page.epoch;
        pull.cursors = page.cursors;
        pull.resets = page.resets;
        pull.rows.extend(page.rows);
        pull.written = pull.rows.len();
    }
    Ok(pull)
}

/// Makes the pages of a pull the mirror, with the cursors and the scope set, all at once (F4, F7).
pub(crate) fn apply(
    db: &Connection,
    mut pull: Pull,
    granted: &BTreeSet<Scope>,
) -> Result<Applied, Fault> {
    let before = shown(db)?;
    let mut applied = Applied { before: before.state, ..Applied::default() };
    let mut scopes = scopes(db)?;
    let held: BTreeSet<Scope> =
        cursors(db)?.into_keys().chain(scopes.keys().map(|name| Scope::of(name))).collect();
    for scope in held.iter().filter(|s| pull.resets.contains(s) || !granted.contains(s)) {
        db.execute("DELETE FROM cursor WHERE scope = ?1", [scope.as_str()])?;
        if let Some(n) = scopes.remove(scope.as_str()) {
            drop_scope(db, n, &mut applied)?;
        }
    }
    pull.rows.retain(|row| granted.contains(&row.scope));
    // In the order of the index, and of each entity the newest last.
    pull.rows.sort_unstable_by(|a, b| {
        (a.kind.code(), &a.id, &a.scope, a.seq).cmp(&(b.kind.code(), &b.id, &b.scope, b.seq))
    });
    let mut put = db.prepare_cached(
        "INSERT INTO mirror (scope, kind, id, seq, body) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (kind, id, scope) DO UPDATE SET seq = excluded.seq, body = excluded.body
         WHERE excluded.seq > mirror.seq",
    )?;
    let mut rows = pull.rows.iter().peekable();
    while let Some(row) = rows.next() {
        let same =
            |next: &&Row| next.kind == row.kind && next.id == row.id && next.scope == row.scope;
        if rows.peek().is_some_and(same) {
            continue;
        }
        match &row.body {
            Some(body) => {
                let scope = scope_number(db, &mut scopes, &row.scope)?;
                let put =
                    put.execute(params![scope, row.kind.code(), row.id, number(row.seq), body])?;
                if put > 0 {
                    applied.came = true;
                    applied.news.came(&row.kind, &row.id, body);
                }
            }
            None => {
                let Some(scope) = scopes.get(row.scope.as_str()) else { continue };
                let mut delete = db.prepare_cached(
                    "DELETE FROM mirror WHERE kind = ?1 AND id = ?2 AND scope = ?3 AND seq < ?4",
                )?;
                let params = params![row.kind.code(), row.id, scope, number(row.seq)];
                if delete.execute(params)? > 0 {
                    went(db, &row.kind, &row.id, &mut applied)?;
                }
            }
        }
    }
    let kept = |scope: &Scope| granted.contains(scope) && !planted!("page_without_cursors");
    for (scope, seq) in pull.cursors.iter().filter(|(scope, _)| kept(scope)) {
        db.prepare_cached(
            "INSERT INTO cursor (scope, seq) VALUES (?1, ?2)
             ON CONFLICT (scope) DO UPDATE SET seq = excluded.seq WHERE excluded.seq <> cursor.seq",
        )?
        .execute(params![scope.as_str(), number(*seq)])?;
    }
    let state = before.state.saturating_add(i64::from(applied.came || applied.left));
    let after = Shown { epoch: pull.epoch, state };
    // An exchange without news writes nothing.
    if after != before {
        put_fact(db, "shown", &after)?;
    }
    db.prepare_cached("DELETE FROM staged WHERE n > 0")?.execute([])?;
    Ok(applied)
}

/// Drops a scope's rows.
fn drop_scope(db: &Connection, scope: i64, applied: &mut Applied) -> Result<(), Fault> {
    let mut select = db.prepare_cached("SELECT kind, id FROM mirror WHERE scope = ?1")?;
    let rows: Vec<(String, String)> = select
        .query_map([scope], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    db.execute("DELETE FROM mirror WHERE scope = ?1", [scope])?;
    db.execute("DELETE FROM scope WHERE n = ?1", [scope])?;
    for (kind, id) in rows {
        went(db, &RowKind::from_code(&kind), &id, applied)?;
    }
    Ok(())
}

/// A row has left the mirror. Where another scope has it too, that one counts now.
fn went(db: &Connection, kind: &RowKind, id: &str, applied: &mut Applied) -> Result<(), Fault> {
    applied.left = true;
    if News::concerns(kind) {
        match body(db, kind, id)? {
            Some(body) => applied.news.came(kind, id, &body),
            None => applied.news.went(kind, id),
        }
    }
    Ok(())
}

/// All that clocking must know of the mirror.
pub(crate) fn all_news(db: &Connection) -> Result<News, Fault> {
    let mut news = News::default();
    for kind in [RowKind::Visit, RowKind::HomeTag, RowKind::ClockEvent] {
        let mut select = db.prepare_cached("SELECT id, body FROM mirror WHERE kind = ?1")?;
        let mut rows = select.query([kind.code()])?;
        while let Some(row) = rows.next()? {
            let (id, body) = (row.get_ref(0)?.as_str(), row.get_ref(1)?.as_str());
            if let (Ok(id), Ok(body)) = (id, body) {
                news.came(&kind, id, body);
            }
        }
    }
    Ok(news)
}

/// Every row of a kind that this build can read. A row that it cannot stays as it came (F9).
pub(crate) fn rows<T: DeserializeOwned>(db: &Connection, kind: &RowKind) -> Result<Vec<T>, Fault> {
    let mut select = db.prepare_cached("SELECT body FROM mirror WHERE kind = ?1 ORDER BY id")?;
    let mut bodies = select.query([kind.code()])?;
    let mut all = Vec::new();
    while let Some(row) = bodies.next()? {
        let body = row.get_ref(0)?.as_str().ok();
        all.extend(body.and_then(|body| serde_json::from_str(body).ok()));
    }
    Ok(all)
}

/// One row of a kind, when it is held and this build can read it.
pub(crate) fn row<T: DeserializeOwned>(
    db: &Connection,
    kind: &RowKind,
    id: &str,
) -> Result<Option<T>, Fault> {
    Ok(body(db, kind, id)?.and_then(|body| serde_json::from_str(&body).ok()))
}

/// How many rows of a kind are held.
pub(crate) fn count(db: &Connection, kind: &RowKind) -> Result<u32, Fault> {
    let mut select = db.prepare_cached("SELECT count(*) FROM mirror WHERE kind = ?1")?;
    Ok(select.query_row([kind.code()], |row| row.get(0))?)
}

/// Whether the office has decided on a visit's hours.
pub(crate) fn decided(db: &Connection, visit: VisitId) -> Result<bool, Fault> {
    Ok(body(db, &RowKind::RetainedPeriod, &visit.to_string())?.is_some())
}

fn body(db: &Connection, kind: &RowKind, id: &str) -> Result<Option<String>, Fault> {
    let mut select = db.prepare_cached("SELECT body FROM mirror WHERE kind = ?1 AND id = ?2")?;
    Ok(select.query_row(params![kind.code(), id], |row| row.get(0)).optional()?)
}

fn scopes(db: &Connection) -> Result<BTreeMap<String, i64>, Fault> {
    let mut select = db.prepare_cached("SELECT name, n FROM scope")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn scope_number(
    db: &Connection,
    scopes: &mut BTreeMap<String, i64>,
    scope: &Scope,
) -> Result<i64, Fault> {
    if let Some(n) = scopes.get(scope.as_str()) {
        return Ok(*n);
    }
    let mut insert = db.prepare_cached("INSERT INTO scope (name) VALUES (?1) RETURNING n")?;
    let n = insert.query_row([scope.as_str()], |row| row.get(0))?;
    scopes.insert(scope.as_str().to_owned(), n);
    Ok(n)
}

fn fact<T: DeserializeOwned>(db: &Connection, name: &str) -> Result<Option<T>, Fault> {
    let mut select = db.prepare_cached("SELECT value FROM fact WHERE name = ?1")?;
    let text: Option<String> = select.query_row([name], |row| row.get(0)).optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

fn put_fact<T: Serialize>(db: &Connection, name: &str, value: &T) -> Result<(), Fault> {
    db.prepare_cached(
        "INSERT INTO fact (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![name, serde_json::to_string(value)?])?;
    Ok(())
}

fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
