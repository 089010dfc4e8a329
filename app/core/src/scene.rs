//! What the phone knows at a moment: the mirror, completed by its own acts. Pure; screens and acts
//! look at the same scene, so a button never promises what the tap would refuse.

use std::collections::{BTreeMap, BTreeSet};

use releve_shared::badge::{self, HomeTag, Method};
use releve_shared::client::Client;
use releve_shared::clock::{Anchor, Stamp, locate};
use releve_shared::id::{ClientId, ClockEventId, CommandId, HomeTagId, VisitId};
use releve_shared::sync::{Outcome, Verdict};
use releve_shared::time::{HOUR_MS, Moment};
use releve_shared::visit::{
    Anomaly, ClockEvent, ClockKind, Clocked, ManualReason, Progress, RetainedPeriod, UNDO_MS,
    Visit, VisitNotes, VisitState,
};

use crate::door::{ActState, StampLine};
use crate::store::outbox::Item;

/// A stamp that the server has judged, and when it got it.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    pub(crate) clocked: Clocked,
    pub(crate) received_at: Option<Moment>,
}

/// What the server has told, as far as it may be read now.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) visits: Vec<Visit>,
    pub(crate) tags: Vec<HomeTag>,
    pub(crate) judged: Vec<Judged>,
    pub(crate) clients: Vec<Client>,
    pub(crate) retained: Vec<RetainedPeriod>,
    pub(crate) notes: Vec<(VisitId, VisitNotes)>,
}

/// What the phone did itself.
#[derive(Clone)]
pub(crate) struct Own {
    pub(crate) events: Vec<ClockEvent>,
    pub(crate) items: BTreeMap<CommandId, Item>,
    pub(crate) anchors: Vec<Anchor>,
}

impl Own {
    /// The number of the last stamp; 0 before the first.
    pub(crate) fn seq(&self) -> u64 {
        self.events.last().map_or(0, |event| event.seq)
    }

    /// The command that carries a stamp.
    pub(crate) fn carrier(&self, event: ClockEventId) -> Option<&Item> {
        self.items.get(&CommandId::from(event.uuid()))
    }

    /// Stamps whose last word is not in the mirror: on their way, refused, or still open.
    pub(crate) fn live(&self, now: &Stamp) -> Vec<&ClockEvent> {
        let voided = self.voided();
        let live = |event: &&ClockEvent| {
            self.carrier(event.id).is_some_and(|item| {
                !item.left || item.refused() || is_open(event, self, &voided, now)
            })
        };
        self.events.iter().filter(live).collect()
    }

    fn voided(&self) -> BTreeSet<ClockEventId> {
        self.events.iter().filter_map(|event| event.voids).collect()
    }
}

/// Both together, at a moment.
pub(crate) struct Scene {
    pub(crate) visits: BTreeMap<VisitId, Visit>,
    pub(crate) tags: BTreeMap<HomeTagId, HomeTag>,
    pub(crate) clients: BTreeMap<ClientId, Client>,
    pub(crate) retained: BTreeMap<VisitId, RetainedPeriod>,
    pub(crate) notes: BTreeMap<VisitId, VisitNotes>,
    stamps: BTreeMap<VisitId, Vec<StampLine>>,
    progress: BTreeMap<VisitId, Progress>,
    /// Visits made up on this phone, with no row of the server yet.
    pub(crate) made_here: BTreeSet<VisitId>,
}

impl Scene {
    /// The scene at a moment by the phone's clocks.
    pub(crate) fn of(told: Told, own: &Own, now: &Stamp) -> Self {
        let mut visits: BTreeMap<VisitId, Visit> =
            told.visits.into_iter().map(|visit| (visit.id, visit)).collect();
        let mut made_here = BTreeSet::new();
        let mut lines: BTreeMap<_, StampLine> = told
            .judged
            .into_iter()
            .map(|judged| {
                let at = judged.received_at.unwrap_or(judged.clocked.measured.at);
                let state = ActState::Received { at };
                (judged.clocked.id, StampLine { clocked: judged.clocked, state, undo_ms: 0 })
            })
            .collect();
        let voided = own.voided();
        for event in &own.events {
            let Some(item) = own.carrier(event.id) else { continue };
            if item.left
                && !item.refused()
                && !lines.contains_key(&event.id)
                && !is_open(event, own, &voided, now)
            {
                continue;
            }
            let state = state_of(item);
            if !item.refused()
                && !visits.contains_key(&event.visit)
                && event.kind != ClockKind::Void
            {
                visits.insert(event.visit, made_up(event, &own.anchors));
                made_here.insert(event.visit);
            }
            let undo_ms = if voided.contains(&event.id) || item.refused() {
                0
            } else {
                undo_left(event, now)
            };
            let own_line = StampLine { clocked: own_clocked(event, item, own), state, undo_ms };
            lines
                .entry(event.id)
                .and_modify(|line| {
                    if item.outcome.is_some() {
                        line.state = own_line.state.clone();
                    }
                    line.undo_ms = undo_ms;
                })
                .or_insert(own_line);
        }
        let mut stamps: BTreeMap<VisitId, Vec<StampLine>> = BTreeMap::new();
        for line in lines.into_values() {
            stamps.entry(line.clocked.visit).or_default().push(line);
        }
        for lines in stamps.values_mut() {
            lines.sort_by_key(|line| (line.clocked.measured.at, line.clocked.id));
        }
        let progress = stamps
            .iter()
            .map(|(visit, lines)| {
                let standing: Vec<Clocked> = lines
                    .iter()
                    .filter(|line| !matches!(line.state, ActState::Refused { .. }))
                    .map(|line| line.clocked.clone())
                    .collect();
                (*visit, Progress::of(&standing))
            })
            .collect();
        Self {
            visits,
            tags: told.tags.into_iter().map(|tag| (tag.id, tag)).collect(),
            clients: told.clients.into_iter().map(|client| (client.id, client)).collect(),
            retained: told.retained.into_iter().map(|period| (period.visit, period)).collect(),
            notes: told.notes.into_iter().collect(),
            stamps,
            progress,
            made_here,
        }
    }

    /// How far a visit has come.
    pub(crate) fn progress(&self, visit: VisitId) -> Progress {
        self.progress.get(&visit).cloned().unwrap_or_default()
    }

    /// Every stamp of a visit, in order.
    pub(crate) fn stamps(&self, visit: VisitId) -> Vec<StampLine> {
        self.stamps.get(&visit).cloned().unwrap_or_default()
    }

    /// The visit in progress; the one begun last, when several were left open.
    pub(crate) fn in_progress(&self) -> Option<(&Visit, &Clocked)> {
        self.visits
            .values()
            .filter_map(|visit| {
                let progress = self.progress.get(&visit.id).filter(|p| p.in_progress())?;
                Some((visit, progress.start.as_ref()?))
            })
            .max_by_key(|(visit, start)| (start.measured.at, visit.id))
    }

    /// How to name a client, as far as this phone may know.
    pub(crate) fn label(&self, visit: VisitId) -> String {
        let Some(visit) = self.visits.get(&visit) else { return String::new() };
        if !visit.client_label.is_empty() {
            return visit.client_label.clone();
        }
        self.clients
            .get(&visit.client)
            .map_or_else(String::new, |c| format!("{} {}", c.first_name, c.last_name))
    }
}

/// The longest visit that stays in sight when the planning it belongs to is not granted any more.
const OPEN_MS: i64 = 16 * HOUR_MS;

/// Whether a start begun on this phone still waits for its end, which the worker must be able to give
/// even when the office has stopped transmitting meanwhile (row O-20).
fn is_open(event: &ClockEvent, own: &Own, voided: &BTreeSet<ClockEventId>, now: &Stamp) -> bool {
    let since = now.up_ms.saturating_sub(event.stamp.up_ms);
    let ended = || {
        own.events.iter().any(|other| {
            other.kind == ClockKind::End
                && other.visit == event.visit
                && own.carrier(other.id).is_some_and(|item| item.left)
        })
    };
    event.kind == ClockKind::Start
        && !voided.contains(&event.id)
        && event.stamp.boot == now.boot
        && (0..OPEN_MS).contains(&since)
        && !ended()
}

/// Where an act is (row B-02): received only after the verdict.
pub(crate) fn state_of(item: &Item) -> ActState {
    match &item.outcome {
        Some(Outcome { verdict: Verdict::Done, at, .. }) => ActState::Received { at: *at },
        Some(Outcome { verdict: Verdict::Refused { code }, at, .. }) => {
            ActState::Refused { at: *at, code: code.clone() }
        }
        Some(Outcome { verdict: Verdict::Expected { .. }, .. }) | None => ActState::OnPhone,
    }
}

/// Milliseconds left to undo a stamp, by the boot clock: a restart of the phone ends it.
pub(crate) fn undo_left(event: &ClockEvent, now: &Stamp) -> i64 {
    let same_start = event.stamp.boot == now.boot && event.kind != ClockKind::Void;
    let passed = now.up_ms.saturating_sub(event.stamp.up_ms);
    if same_start && passed >= 0 { (UNDO_MS - passed).max(0) } else { 0 }
}

fn own_clocked(event: &ClockEvent, item: &Item, own: &Own) -> Clocked {
    let received = item.outcome.as_ref().map(|outcome| outcome.at);
    let measured = locate(&own.anchors, &event.stamp, event.seq, received);
    let link = event.raw_tag.as_deref().and_then(|raw| badge::parse_link(raw).ok());
    let mut anomalies = Vec::new();
    if event.method == Method::Manual && event.kind != ClockKind::Void {
        anomalies.push(Anomaly::Manual);
    }
    if event.reason == Some(ManualReason::Forgotten) || event.declared_at.is_some() {
        anomalies.push(Anomaly::Forgotten);
    }
    Clocked {
        id: event.id,
        visit: event.visit,
        kind: event.kind.clone(),
        method: event.method.clone(),
        assurance: badge::assurance(&event.method, link.as_ref()),
        reason: event.reason.clone(),
        voids: event.voids,
        measured,
        declared_at: event.declared_at,
        anomalies,
    }
}

/// A visit that only this phone knows, from its stamp. Its client is nil when the tag named one
/// that this phone does not know.
fn made_up(event: &ClockEvent, anchors: &[Anchor]) -> Visit {
    let at = event.declared_at.unwrap_or_else(|| locate(anchors, &event.stamp, event.seq, None).at);
    Visit {
        id: event.visit,
        membership: event.membership,
        client: event.client.unwrap_or_else(no_client),
        client_label: String::new(),
        place: String::new(),
        service: String::new(),
        starts_at: at,
        ends_at: at,
        state: VisitState::Unplanned,
        instructions: String::new(),
    }
}

/// The client of a tag that this phone does not know.
pub(crate) fn no_client() -> ClientId {
    ClientId::from(uuid::Uuid::nil())
}
