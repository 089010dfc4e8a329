//! What clocking knows of the planning when the care data is locked: ids and hours, no name. The same
//! tables find the visits of a day for the screens, which then read the words in the mirror.

use std::collections::BTreeSet;

use releve_shared::badge::HomeTag;
use releve_shared::id::{ClientId, ClockEventId, HomeTagId, MembershipId, VisitId};
use releve_shared::sync::{ClockedRow, RowKind};
use releve_shared::time::Moment;
use releve_shared::visit::{Clocked, Progress, Visit, VisitState};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Deserialize;
use uuid::Uuid;

use crate::fault::Fault;
use crate::scene::Judged;
use crate::store::duty::{self, LongestVisit};

/// A visit without a word of whom it is for.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct BareVisit {
    id: VisitId,
    membership: MembershipId,
    client: ClientId,
    starts_at: Moment,
    ends_at: Moment,
    state: VisitState,
}

/// What a change of the mirror means for clocking.
#[derive(Default)]
pub(crate) struct News {
    visits: Vec<BareVisit>,
    tags: Vec<HomeTag>,
    stamps: Vec<ClockedRow>,
    gone: Vec<(Kind, Uuid)>,
}

/// The kinds that clocking knows.
#[derive(Clone, Copy)]
enum Kind {
    Visit,
    Tag,
    Stamp,
}

fn kind_of(kind: &RowKind) -> Option<Kind> {
    if *kind == RowKind::Visit {
        Some(Kind::Visit)
    } else if *kind == RowKind::HomeTag {
        Some(Kind::Tag)
    } else if *kind == RowKind::ClockEvent {
        Some(Kind::Stamp)
    } else {
        None
    }
}

impl News {
    /// Whether clocking knows rows of this kind.
    pub(crate) fn concerns(kind: &RowKind) -> bool {
        kind_of(kind).is_some()
    }

    /// A row came or changed. One that this build cannot read counts as gone.
    pub(crate) fn came(&mut self, kind: &RowKind, id: &str, body: &str) {
        let read = match kind_of(kind) {
            Some(Kind::Visit) => serde_json::from_str(body).map(|row| self.visits.push(row)),
            Some(Kind::Tag) => serde_json::from_str(body).map(|row| self.tags.push(row)),
            Some(Kind::Stamp) => serde_json::from_str(body).map(|row| self.stamps.push(row)),
            None => Ok(()),
        };
        if read.is_err() {
            self.went(kind, id);
        }
    }

    /// A row has left.
    pub(crate) fn went(&mut self, kind: &RowKind, id: &str) {
        if let (Some(kind), Ok(id)) = (kind_of(kind), Uuid::parse_str(id)) {
            self.gone.push((kind, id));
        }
    }
}

/// Forgets everything, to learn it anew.
pub(crate) fn forget(db: &Connection) -> Result<(), Fault> {
    db.execute_batch(
        "DELETE FROM known_visit; DELETE FROM known_tag; DELETE FROM known_stamp; DELETE FROM under_way;",
    )?;
    Ok(())
}

/// Takes the news in.
pub(crate) fn learn(db: &Connection, news: &News) -> Result<(), Fault> {
    let mut moved: BTreeSet<Uuid> = BTreeSet::new();
    for (kind, id) in &news.gone {
        let sql = match kind {
            Kind::Visit => "DELETE FROM known_visit WHERE id = ?1",
            Kind::Tag => "DELETE FROM known_tag WHERE id = ?1",
            Kind::Stamp => {
                moved.extend(visit_of_stamp(db, *id)?);
                "DELETE FROM known_stamp WHERE id = ?1"
            }
        };
        db.prepare_cached(sql)?.execute([id.as_bytes()])?;
    }
    let mut put = db.prepare_cached(
        "INSERT INTO known_visit (id, membership, client, starts_at, ends_at, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET membership = excluded.membership, client = excluded.client,
             starts_at = excluded.starts_at, ends_at = excluded.ends_at, state = excluded.state",
    )?;
    let mut longest = 0;
    for visit in &news.visits {
        longest = longest.max(visit.ends_at.since(visit.starts_at));
        put.execute(params![
            visit.id.uuid().as_bytes(),
            visit.membership.uuid().as_bytes(),
            visit.client.uuid().as_bytes(),
            visit.starts_at.0,
            visit.ends_at.0,
            visit.state.code()
        ])?;
    }
    if duty::get::<LongestVisit>(db)?.is_none_or(|known| known.0 < longest) {
        duty::put(db, &LongestVisit(longest))?;
    }
    let mut put = db.prepare_cached(
        "INSERT INTO known_tag (id, body) VALUES (?1, ?2)
         ON CONFLICT (id) DO UPDATE SET body = excluded.body",
    )?;
    for tag in &news.tags {
        put.execute(params![tag.id.uuid().as_bytes(), serde_json::to_string(tag)?])?;
    }
    let mut put = db.prepare_cached(
        "INSERT INTO known_stamp (id, visit, received_at, body) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET visit = excluded.visit, received_at = excluded.received_at,
             body = excluded.body",
    )?;
    for row in &news.stamps {
        let id = row.clocked.id.uuid();
        moved.extend(visit_of_stamp(db, id)?);
        moved.insert(row.clocked.visit.uuid());
        put.execute(params![
            id.as_bytes(),
            row.clocked.visit.uuid().as_bytes(),
            row.received_at.0,
            serde_json::to_string(&row.clocked)?
        ])?;
    }
    moved.into_iter().try_for_each(|visit| follow(db, VisitId::from(visit)))
}

/// Keeps the list of open visits true for one of them.
fn follow(db: &Connection, visit: VisitId) -> Result<(), Fault> {
    let stamps: Vec<Clocked> =
        stamps_of(db, visit)?.into_iter().map(|judged| judged.clocked).collect();
    let sql = if Progress::of(&stamps).in_progress() {
        "INSERT OR IGNORE INTO under_way (visit) VALUES (?1)"
    } else {
        "DELETE FROM under_way WHERE visit = ?1"
    };
    db.prepare_cached(sql)?.execute([visit.uuid().as_bytes()])?;
    Ok(())
}

fn visit_of_stamp(db: &Connection, id: Uuid) -> Result<Option<Uuid>, Fault> {
    let mut select = db.prepare_cached("SELECT visit FROM known_stamp WHERE id = ?1")?;
    Ok(select.query_row([id.as_bytes()], |row| row.get(0)).optional()?.map(Uuid::from_bytes))
}

/// Visits that take up some of `from .. to`. One without a length counts as its first millisecond.
pub(crate) fn between(
    db: &Connection,
    from: Moment,
    to: Moment,
    longest: &LongestVisit,
) -> Result<Vec<VisitId>, Fault> {
    let mut select = db.prepare_cached(
        "SELECT id FROM known_visit WHERE starts_at > ?1 AND starts_at < ?2
         AND max(ends_at, starts_at + 1) > ?3",
    )?;
    // Nothing that began earlier than the longest visit lasts is still going on.
    let earliest = from.plus(longest.0.max(1).saturating_neg());
    ids(select.query_map(params![earliest.0.saturating_sub(1), to.0, from.0], id)?)
}

/// Visits at a client's.
pub(crate) fn at_client(db: &Connection, client: ClientId) -> Result<Vec<VisitId>, Fault> {
    let mut select = db.prepare_cached("SELECT id FROM known_visit WHERE client = ?1")?;
    ids(select.query_map([client.uuid().as_bytes()], id)?)
}

/// Visits that the server's stamps leave open.
pub(crate) fn under_way(db: &Connection) -> Result<Vec<VisitId>, Fault> {
    let mut select = db.prepare_cached("SELECT visit FROM under_way")?;
    ids(select.query_map([], id)?)
}

/// A visit, without a word of whom it is for.
pub(crate) fn visit(db: &Connection, id: VisitId) -> Result<Option<Visit>, Fault> {
    let mut select = db.prepare_cached(
        "SELECT membership, client, starts_at, ends_at, state FROM known_visit WHERE id = ?1",
    )?;
    let found = select.query_row([id.uuid().as_bytes()], |row| {
        Ok(Visit {
            id,
            membership: MembershipId::from(Uuid::from_bytes(row.get(0)?)),
            client: ClientId::from(Uuid::from_bytes(row.get(1)?)),
            client_label: String::new(),
            place: String::new(),
            service: String::new(),
            starts_at: Moment(row.get(2)?),
            ends_at: Moment(row.get(3)?),
            state: VisitState::from_code(&row.get::<_, String>(4)?),
            instructions: String::new(),
        })
    });
    Ok(found.optional()?)
}

/// A tag.
pub(crate) fn tag(db: &Connection, id: HomeTagId) -> Result<Option<HomeTag>, Fault> {
    let mut select = db.prepare_cached("SELECT body FROM known_tag WHERE id = ?1")?;
    let body: Option<String> =
        select.query_row([id.uuid().as_bytes()], |row| row.get(0)).optional()?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

/// The stamps of a visit, as the server has judged them.
pub(crate) fn stamps_of(db: &Connection, visit: VisitId) -> Result<Vec<Judged>, Fault> {
    let mut select =
        db.prepare_cached("SELECT received_at, body FROM known_stamp WHERE visit = ?1")?;
    let rows = select.query_map([visit.uuid().as_bytes()], judged)?;
    rows.map(|row| read_judged(row?)).collect()
}

/// A stamp, as the server has judged it.
pub(crate) fn stamp(db: &Connection, id: ClockEventId) -> Result<Option<Judged>, Fault> {
    let mut select =
        db.prepare_cached("SELECT received_at, body FROM known_stamp WHERE id = ?1")?;
    select.query_row([id.uuid().as_bytes()], judged).optional()?.map(read_judged).transpose()
}

type JudgedRow = (Option<i64>, String);

fn judged(row: &Row<'_>) -> Result<JudgedRow, rusqlite::Error> {
    Ok((row.get(0)?, row.get(1)?))
}

fn read_judged((received_at, body): JudgedRow) -> Result<Judged, Fault> {
    Ok(Judged { clocked: serde_json::from_str(&body)?, received_at: received_at.map(Moment) })
}

fn id(row: &Row<'_>) -> Result<[u8; 16], rusqlite::Error> {
    row.get(0)
}

fn ids(
    rows: impl Iterator<Item = Result<[u8; 16], rusqlite::Error>>,
) -> Result<Vec<VisitId>, Fault> {
    rows.map(|id| Ok(VisitId::from(Uuid::from_bytes(id?)))).collect()
}
