//! What a visit and its stamps mean to the office. Pure.

use releve_shared::badge::{Assurance, Method};
use releve_shared::clock::{Measured, Quality, wall_error};
use releve_shared::hours::minutes;
use releve_shared::id::ClockEventId;
use releve_shared::refusal::Refusal;
use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS, Moment, Zone};
use releve_shared::visit::{
    Anomaly, ClockEvent, ClockKind, Clocked, Decision, LATE_MS, ManualReason, Progress,
    RetainedPeriod, Visit, VisitState,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A visit taken from a worker stays hers this long: her phone may not know yet (sync.md C7).
pub const ACCESS_GRACE_MS: i64 = 12 * HOUR_MS;

/// Longest visit that can be planned.
pub const LONGEST_MS: i64 = DAY_MS;

/// Phones hold visits from this many days before today …
pub const WINDOW_BEFORE_DAYS: i32 = -7;
/// … to this many days after it, both included (sync.md section 4).
pub const WINDOW_AFTER_DAYS: i32 = 28;

/// The first moment that phones hold, and the first that they do not any more.
#[must_use]
pub fn window(zone: &Zone, now: Moment) -> (Moment, Moment) {
    let today = zone.day_of(now);
    (zone.bounds(today.plus(WINDOW_BEFORE_DAYS)).0, zone.bounds(today.plus(WINDOW_AFTER_DAYS)).1)
}

/// Where a visit stands, for the control board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// To come.
    Planned,
    /// The worker is there.
    InProgress,
    /// Somebody should look before accepting.
    ToCheck,
    /// Badged as planned; ready to be accepted.
    Done,
    /// The badged times are retained.
    Accepted,
    /// Other times are retained.
    Corrected,
    /// Called off, and nobody went.
    Cancelled,
    /// Nothing badged, though the phone has been heard of since the start.
    Late,
    /// Nothing received, and the phone has been silent since before the start: never an absence
    /// (row B-11).
    Silent,
    /// Nothing received, and there is no phone that it could come from.
    NoPhone,
}

/// What was last heard from a worker's phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// When it last synced.
    pub at: Option<Moment>,
    /// How many acts it said were still to be sent.
    pub waiting: u64,
}

/// The status of a visit.
///
/// `flagged` tells whether a standing stamp has an anomaly; `heard` is `None` without a phone.
#[must_use]
pub fn status(
    visit: &Visit,
    progress: &Progress,
    flagged: bool,
    retained: Option<&RetainedPeriod>,
    heard: Option<Heard>,
    tolerance_ms: i64,
    now: Moment,
) -> Status {
    match retained.map(|r| &r.decision) {
        Some(Decision::Accepted) => return Status::Accepted,
        Some(Decision::Corrected | Decision::Unknown(_)) => return Status::Corrected,
        None => {}
    }
    let cancelled = visit.state == VisitState::Cancelled;
    match (&progress.start, &progress.end) {
        // Of an unplanned visit whose only stamp was undone, nothing is left to wait for.
        (None, None) if cancelled || visit.state == VisitState::Unplanned => Status::Cancelled,
        (None, None) if now < visit.starts_at.plus(tolerance_ms) => Status::Planned,
        (None, None) => {
            let Some(heard) = heard else { return Status::NoPhone };
            let spoke = heard.at.is_some_and(|at| at >= visit.starts_at.plus(tolerance_ms));
            if spoke && heard.waiting == 0 { Status::Late } else { Status::Silent }
        }
        (Some(_), None) if now <= visit.ends_at.plus(LATE_MS) => Status::InProgress,
        (Some(_), Some(_))
            if !flagged && !cancelled && as_planned(visit, progress, tolerance_ms) =>
        {
            Status::Done
        }
        (Some(_), None) | (_, Some(_)) => Status::ToCheck,
    }
}

/// Whether both badged times are within the tolerance of the planned ones.
#[must_use]
pub fn as_planned(visit: &Visit, progress: &Progress, tolerance_ms: i64) -> bool {
    let near = |a: Moment, b: Moment| a.since(b).saturating_abs() <= tolerance_ms;
    visit.state == VisitState::Planned
        && progress
            .period()
            .is_some_and(|(from, to)| near(from, visit.starts_at) && near(to, visit.ends_at))
}

/// Badged minutes beyond the planned ones; negative when fewer, `None` until both stamps are there.
#[must_use]
pub fn difference(visit: &Visit, progress: &Progress) -> Option<i64> {
    let (from, to) = progress.period()?;
    let planned = match visit.state {
        VisitState::Planned => minutes(visit.starts_at, visit.ends_at),
        VisitState::Cancelled | VisitState::Unplanned | VisitState::Unknown(_) => 0,
    };
    Some(minutes(from, to) - planned)
}

/// A period that can be planned or retained.
///
/// # Errors
/// [`Refusal::TimeImpossible`] when it is empty, backwards or longer than a day.
pub fn period(starts_at: Moment, ends_at: Moment) -> Result<(), Refusal> {
    if (1..=LONGEST_MS).contains(&ends_at.since(starts_at)) {
        Ok(())
    } else {
        Err(Refusal::TimeImpossible)
    }
}

/// How a stamp follows the one before it on its phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// It follows.
    Whole,
    /// A stamp between them is missing, or they differ about the past.
    Broken,
}

/// What the tag that was read turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagVerdict {
    /// No tag: by hand.
    None,
    /// A true tag of the client of the visit.
    True,
    /// Something to look at.
    Wrong(Vec<Anomaly>),
}

/// Everything that is known of a stamp when it is judged.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The stamp.
    pub event: &'a ClockEvent,
    /// When it was.
    pub measured: &'a Measured,
    /// The state of its visit, when there is one.
    pub visit: Option<&'a VisitState>,
    /// Its tag.
    pub tag: &'a TagVerdict,
    /// Whether the worker had the visit at that moment.
    pub access: bool,
    /// Whether the visit is in somebody else's planning by now.
    pub other_worker: bool,
    /// Whether another stamp of the same kind stands beside it.
    pub doubled: bool,
    /// Its place in the chain.
    pub link: Link,
}

/// What the office should look at: flagged, never blocked (beyond.md 2a).
#[must_use]
pub fn anomalies(facts: &Facts<'_>) -> Vec<Anomaly> {
    let mut found = Vec::new();
    let mut flag = |yes: bool, anomaly: Anomaly| {
        if yes {
            found.push(anomaly);
        }
    };
    let event = facts.event;
    let forgotten = event.reason == Some(ManualReason::Forgotten) || event.declared_at.is_some();
    flag(event.method == Method::Manual && !forgotten, Anomaly::Manual);
    flag(forgotten, Anomaly::Forgotten);
    flag(facts.visit == Some(&VisitState::Unplanned), Anomaly::Unplanned);
    flag(facts.visit == Some(&VisitState::Cancelled), Anomaly::Cancelled);
    flag(facts.measured.quality == Quality::Claimed, Anomaly::TimeClaimed);
    flag(wall_error(&event.stamp, facts.measured).is_some(), Anomaly::WallWrong);
    flag(!facts.access, Anomaly::NoAccess);
    flag(facts.access && facts.other_worker, Anomaly::OtherWorker);
    flag(facts.doubled, Anomaly::Doubled);
    flag(facts.link == Link::Broken, Anomaly::ChainBroken);
    match facts.tag {
        TagVerdict::Wrong(more) => found.extend(more.iter().cloned()),
        TagVerdict::None | TagVerdict::True => {}
    }
    found
}

/// Whether a start or end of a visit stands, and another of its kind too.
#[must_use]
pub fn doubled(id: ClockEventId, kind: &ClockKind, all: &[Clocked]) -> bool {
    let counts = matches!(kind, ClockKind::Start | ClockKind::End);
    let stands = |id| !all.iter().any(|other| other.voids == Some(id));
    let beside = |other: &Clocked| other.id != id && other.kind == *kind && stands(other.id);
    counts && stands(id) && all.iter().any(beside)
}

/// The flags of a stamp when another has come beside it, or is gone: as [`anomalies`] orders them.
#[must_use]
pub fn with_doubled(flags: &[Anomaly], doubled: bool) -> Vec<Anomaly> {
    const AFTER: [Anomaly; 8] = [
        Anomaly::Manual,
        Anomaly::Forgotten,
        Anomaly::Unplanned,
        Anomaly::Cancelled,
        Anomaly::TimeClaimed,
        Anomaly::WallWrong,
        Anomaly::NoAccess,
        Anomaly::OtherWorker,
    ];
    let mut flags: Vec<Anomaly> =
        flags.iter().filter(|flag| **flag != Anomaly::Doubled).cloned().collect();
    if doubled {
        let place = flags.iter().take_while(|flag| AFTER.contains(flag)).count();
        flags.insert(place, Anomaly::Doubled);
    }
    flags
}

/// What a stamp proves about the place, once the server has looked at its tag: a tag that is not
/// what it says proves nothing more than the worker's word.
#[must_use]
pub fn assurance(claimed: Assurance, tag: &TagVerdict) -> Assurance {
    match tag {
        TagVerdict::None => Assurance::Manual,
        TagVerdict::True => claimed,
        TagVerdict::Wrong(anomalies) => {
            if only_doubts(anomalies) {
                claimed
            } else {
                Assurance::Manual
            }
        }
    }
}

/// Whether what was found leaves the tag itself true: it was there, when or how is the question.
#[must_use]
pub fn only_doubts(anomalies: &[Anomaly]) -> bool {
    let doubts = [Anomaly::SunOutOfOrder, Anomaly::SunJump, Anomaly::TwoPlaces];
    anomalies.iter().all(|anomaly| doubts.contains(anomaly))
}

/// Nobody is at one door and then at the next one sooner.
const NEXT_DOOR_MS: i64 = MINUTE_MS;
/// Nobody goes from one commune to another sooner.
const NEXT_COMMUNE_MS: i64 = 3 * MINUTE_MS;

/// Whether two stamps at two addresses are nearer in time than anybody can go, whatever the two clocks
/// may err; `far` when they are in two communes.
#[must_use]
pub fn two_places(one: &Measured, other: &Measured, far: bool) -> bool {
    let errors = one.error_ms.unwrap_or(DAY_MS).saturating_add(other.error_ms.unwrap_or(DAY_MS));
    let apart = one.at.since(other.at).saturating_abs().saturating_add(errors);
    apart < if far { NEXT_COMMUNE_MS } else { NEXT_DOOR_MS }
}

/// Whether a chip's counters go against time: of two taps, the lower counter must be the earlier.
/// True when `lower` was used after `higher`, beyond what the two clocks may err: a tap read in
/// advance and used later (security.md).
#[must_use]
pub fn read_ahead(lower: &Measured, higher: &Measured) -> bool {
    let slack = lower.error_ms.unwrap_or(DAY_MS).saturating_add(higher.error_ms.unwrap_or(DAY_MS));
    lower.at.since(higher.at) > slack
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
