//! The control board: planned beside badged, and what to look at (rows O-34, B-11). Four queries,
//! whatever the number of visits.

use std::collections::BTreeMap;

use releve_shared::hours::Hours;
use releve_shared::id::{ClientId, MembershipId, VisitId};
use releve_shared::month::Decided;
use releve_shared::refusal::Refusal;
use releve_shared::time::{Day, Moment};
use releve_shared::visit::{Anomaly, Clocked, Progress, RetainedPeriod, Visit, VisitNotes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rows::{self, HeardOf, Known};
use super::rules::{self, Heard, Status};
use crate::db::{Answer, Tx};
use crate::identity::{By, tolerance_ms};

/// Longest board, in days.
pub const MOST_DAYS: i32 = 62;

/// What to show of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// Everything.
    #[default]
    All,
    /// What somebody should look at.
    ToCheck,
    /// Where somebody is now.
    InProgress,
    /// Where nothing was badged, or nothing received.
    Missing,
}

impl Filter {
    fn keeps(self, status: Status) -> bool {
        match self {
            Self::All => true,
            Self::ToCheck => status == Status::ToCheck,
            Self::InProgress => status == Status::InProgress,
            Self::Missing => matches!(status, Status::Late | Status::Silent | Status::NoPhone),
        }
    }
}

/// A worker's phone, as last heard of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoardPhone {
    /// When it was last heard of.
    pub last_seen_at: Moment,
    /// When it last synced.
    pub last_sync_at: Option<Moment>,
    /// How many acts waited on it then.
    pub waiting: u64,
    /// `active` or `blocked`.
    pub state: String,
}

/// A visit on the board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoardRow {
    /// The visit.
    pub visit: Visit,
    /// Who goes.
    pub caregiver_name: String,
    /// Who is helped.
    pub client_name: String,
    /// The start that counts.
    pub start: Option<Clocked>,
    /// The end that counts.
    pub end: Option<Clocked>,
    /// What the worker wrote.
    pub notes: Option<VisitNotes>,
    /// What the office retained.
    pub retained: Option<RetainedPeriod>,
    /// Planned, badged, retained minutes.
    pub hours: Hours,
    /// Badged beyond planned minutes; null until both stamps are there.
    pub difference_min: Option<i64>,
    /// Where it stands.
    pub status: Status,
    /// What to look at, over both stamps.
    pub anomalies: Vec<Anomaly>,
    /// The worker's phone.
    pub phone: Option<BoardPhone>,
    /// Why it was called off.
    pub cancel_reason: Option<String>,
    /// To be sent back with a change.
    pub rev: i64,
}

/// The board of some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Board {
    /// Its first day.
    pub day: Day,
    /// Its last day.
    pub to: Day,
    /// Its visits, by planned start.
    pub rows: Vec<BoardRow>,
    /// Their hours.
    pub totals: Hours,
}

/// A visit in the planning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct VisitRow {
    /// The visit.
    pub visit: Visit,
    /// Who goes.
    pub caregiver_name: String,
    /// Who is helped.
    pub client_name: String,
    /// Where it stands.
    pub status: Status,
    /// Why it was called off.
    pub cancel_reason: Option<String>,
    /// What is planned to be done there (row O-38).
    pub tasks: Vec<String>,
    /// To be sent back with a change.
    pub rev: i64,
}

impl From<BoardRow> for VisitRow {
    fn from(row: BoardRow) -> Self {
        let BoardRow { visit, caregiver_name, client_name, status, cancel_reason, rev, .. } = row;
        let tasks = Vec::new();
        Self { visit, caregiver_name, client_name, status, cancel_reason, tasks, rev }
    }
}

/// The board of the days `day ..= to` of the organisation's zone.
///
/// # Errors
/// [`Refusal::TimeImpossible`] for days that go backwards or are too many.
pub fn board(
    tx: &mut Tx,
    by: &By,
    day: Day,
    to: Day,
    filter: Filter,
    now: Moment,
) -> Answer<Board> {
    if to < day || to > day.plus(MOST_DAYS) {
        return Err(Refusal::TimeImpossible.into());
    }
    let period = (by.zone.bounds(day).0, by.zone.bounds(to).1);
    let mut rows = within(tx, by, period, (None, None), now)?;
    rows.retain(|row| filter.keeps(row.status));
    let totals = rows.iter().fold(Hours::default(), |sum, row| sum.and(row.hours));
    Ok(Board { day, to, rows, totals })
}

/// The visits that begin in a period, of one worker or client when they are named.
///
/// # Errors
/// Those of the database.
pub fn within(
    tx: &mut Tx,
    by: &By,
    period: (Moment, Moment),
    of: (Option<MembershipId>, Option<ClientId>),
    now: Moment,
) -> Answer<Vec<BoardRow>> {
    let known = rows::board(tx, by.organisation, period, of)?;
    let mut stamps: BTreeMap<VisitId, Vec<Clocked>> = BTreeMap::new();
    for row in rows::board_stamps(tx, by.organisation, period, of)? {
        stamps.entry(row.clocked.visit).or_default().push(row.clocked);
    }
    let (phones, tolerance) = (phones(tx, by, of.0)?, tolerance_ms(tx, by.organisation)?);
    let row = |known: Known| {
        let own = stamps.get(&known.visit.id).map_or(&[][..], Vec::as_slice);
        let phone = phones.get(&known.visit.membership);
        board_row(known, own, phone, tolerance, now)
    };
    Ok(known.into_iter().map(row).collect())
}

/// Every decision on the visits of a worker that begin in a period, by visit, the oldest first.
///
/// # Errors
/// Those of the database.
pub fn decided_within(
    tx: &mut Tx,
    of: MembershipId,
    period: (Moment, Moment),
) -> Answer<BTreeMap<VisitId, Vec<Decided>>> {
    let mut all: BTreeMap<VisitId, Vec<Decided>> = BTreeMap::new();
    for decided in rows::decided_within(tx, of, period)? {
        all.entry(decided.period.visit).or_default().push(decided);
    }
    Ok(all)
}

/// One visit, as the board shows it.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn one(tx: &mut Tx, by: &By, id: VisitId, now: Moment) -> Answer<BoardRow> {
    let known = rows::one(tx, by.organisation, id)?.ok_or(Refusal::NotFound)?;
    let stamps = rows::visit_stamps(tx, by.organisation, id)?;
    let stamps: Vec<Clocked> = stamps.into_iter().map(|row| row.clocked).collect();
    let whose = Some(known.visit.membership);
    let (phones, tolerance) = (phones(tx, by, whose)?, tolerance_ms(tx, by.organisation)?);
    let phone = phones.get(&known.visit.membership);
    Ok(board_row(known, &stamps, phone, tolerance, now))
}

/// Whether a stamp that counts has something to look at.
pub(super) fn flagged(progress: &Progress) -> bool {
    [&progress.start, &progress.end].into_iter().flatten().any(|c| !c.anomalies.is_empty())
}

fn phones(
    tx: &mut Tx,
    by: &By,
    of: Option<MembershipId>,
) -> Answer<BTreeMap<MembershipId, HeardOf>> {
    let heard = rows::heard(tx, by.organisation, of)?;
    Ok(heard.into_iter().map(|phone| (phone.membership, phone)).collect())
}

fn board_row(
    known: Known,
    stamps: &[Clocked],
    phone: Option<&HeardOf>,
    tolerance_ms: i64,
    now: Moment,
) -> BoardRow {
    let progress = Progress::of(stamps);
    let heard = phone.map(|p| Heard { at: p.last_sync_at, waiting: p.waiting });
    let status = rules::status(
        &known.visit,
        &progress,
        flagged(&progress),
        known.retained.as_ref(),
        heard,
        tolerance_ms,
        now,
    );
    let mut anomalies: Vec<Anomaly> = [&progress.start, &progress.end]
        .into_iter()
        .flatten()
        .flat_map(|c| c.anomalies.iter().cloned())
        .collect();
    anomalies.sort();
    anomalies.dedup();
    BoardRow {
        hours: Hours::of(&known.visit, &progress, known.retained.as_ref()),
        difference_min: rules::difference(&known.visit, &progress),
        status,
        anomalies,
        start: progress.start,
        end: progress.end,
        notes: known.notes,
        retained: known.retained,
        caregiver_name: known.caregiver_name,
        client_name: known.client_name,
        phone: phone.map(|p| BoardPhone {
            last_seen_at: p.last_seen_at,
            last_sync_at: p.last_sync_at,
            waiting: p.waiting,
            state: p.state.clone(),
        }),
        cancel_reason: known.cancel_reason,
        rev: known.rev,
        visit: known.visit,
    }
}
