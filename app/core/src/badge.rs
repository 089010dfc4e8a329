//! What a tap, a hand and an undo mean on the phone. Pure: the scene and the moment are arguments.

use releve_shared::badge::{Method, Reading, TagKey, TagState, parse_link};
use releve_shared::clock::Stamp;
use releve_shared::id::{ClientId, ClockEventId, HomeTagId, OrganisationId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::time::{HOUR_MS, Moment};
use releve_shared::visit::{
    ClockEvent, ClockKind, ManualReason, Progress, SAME_GESTURE_MS, Visit, VisitState, judge, pick,
};

use crate::scene::{Scene, undo_left};

/// Longest note of a stamp, in characters.
pub(crate) const NOTE_LIMIT: usize = 2_000;

/// A visit open for longer than this was forgotten: it no longer keeps another from starting.
const LEFT_OPEN_MS: i64 = 16 * HOUR_MS;

/// A stamp that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) kind: ClockKind,
    pub(crate) visit: VisitId,
    pub(crate) client: Option<ClientId>,
    /// The visit was made up here: nobody had planned it.
    pub(crate) made_up: bool,
    pub(crate) method: Method,
    pub(crate) tag: Option<HomeTagId>,
    pub(crate) raw_tag: Option<String>,
    pub(crate) reason: Option<ManualReason>,
    pub(crate) note: String,
    pub(crate) declared_at: Option<Moment>,
    pub(crate) voids: Option<ClockEventId>,
}

/// The moment of an act: by the phone's clocks, and as measured.
pub(crate) struct Now<'a> {
    pub(crate) stamp: &'a Stamp,
    pub(crate) at: Moment,
}

/// Whose tags are true here.
pub(crate) struct House<'a> {
    pub(crate) organisation: OrganisationId,
    pub(crate) keys: &'a [TagKey],
}

/// A reading, and what the worker said with it.
#[derive(Clone, Copy)]
pub(crate) struct Tap<'a> {
    pub(crate) reading: &'a Reading,
    /// The visit whose sheet is open.
    pub(crate) chosen: Option<VisitId>,
    /// Yes to "visite non planifiée".
    pub(crate) unplanned: bool,
}

/// What a reading means. `fresh` is the id of a visit that has to be made up.
///
/// # Errors
/// Each reading that means nothing, with its own code.
pub(crate) fn badge(
    scene: &Scene,
    own: &[ClockEvent],
    house: &House<'_>,
    tap: &Tap<'_>,
    now: &Now<'_>,
    fresh: VisitId,
) -> Result<Decided, Refusal> {
    let Tap { reading, chosen, unplanned } = *tap;
    let link = parse_link(&reading.text)?;
    let tag = link.token.tag;
    match link.token.check(house.organisation, house.keys) {
        // A key newer than the last sync: the server will tell, when the worker confirms the visit.
        Err(Refusal::TagUnknown) if unplanned => {}
        verdict => verdict?,
    }
    let known = scene.tags.get(&tag);
    if known.is_some_and(|tag| tag.state == TagState::Revoked) {
        return Err(Refusal::TagRevoked);
    }
    // The tag that began a visit ends it, known or not.
    if known.is_none() && !unplanned && begun_with(scene, own, tag).is_none() {
        return Err(Refusal::TagUnknown);
    }
    let client = known.map(|tag| tag.client);
    same_gesture(own, tag, now.stamp)?;
    let decided = |kind, visit, client, made_up| Decided {
        kind,
        visit,
        client,
        made_up,
        method: reading.method.clone(),
        tag: Some(tag),
        raw_tag: Some(reading.text.trim().to_owned()),
        reason: None,
        note: String::new(),
        declared_at: None,
        voids: None,
    };

    let target = match (chosen, client) {
        (Some(visit), _) => Ok(scene.visits.get(&visit).ok_or(Refusal::NotFound)?.id),
        (None, Some(client)) => {
            let all: Vec<(&Visit, Progress)> =
                scene.visits.values().map(|visit| (visit, scene.progress(visit.id))).collect();
            pick(all.iter().map(|(visit, progress)| (*visit, progress)), client, now.at)
        }
        (None, None) => begun_with(scene, own, tag).ok_or(Refusal::NoVisitPlanned),
    };
    let judged = target.and_then(|target| {
        let visit = scene.visits.get(&target).ok_or(Refusal::NotFound)?;
        let kind = judge(
            visit,
            &scene.progress(target),
            client,
            elsewhere(scene, target, now.at),
            now.at,
        )?;
        Ok((kind, visit))
    });
    match judged {
        Ok((kind, visit)) => {
            let client = client.or_else(|| known_client(visit));
            Ok(decided(kind, visit.id, client, scene.made_here.contains(&visit.id)))
        }
        Err(
            Refusal::NoVisitPlanned
            | Refusal::WrongClient
            | Refusal::VisitCancelled
            | Refusal::AlreadyEnded,
        ) if unplanned => match elsewhere(scene, fresh, now.at) {
            Some(_) => Err(Refusal::OtherVisitInProgress),
            None => Ok(decided(ClockKind::Start, fresh, client, true)),
        },
        Err(refusal) => Err(refusal),
    }
}

/// What the worker says by hand.
pub(crate) struct ByHand<'a> {
    pub(crate) visit: Option<VisitId>,
    pub(crate) client: Option<ClientId>,
    pub(crate) kind: &'a ClockKind,
    pub(crate) reason: Option<&'a ManualReason>,
    pub(crate) note: &'a str,
    pub(crate) declared_at: Option<Moment>,
}

/// What a stamp by hand means (rows O-16 to O-18).
///
/// # Errors
/// A missing reason or note, an impossible time, a visit that is not in that state.
pub(crate) fn by_hand(
    scene: &Scene,
    said: &ByHand<'_>,
    now: &Now<'_>,
    fresh: VisitId,
) -> Result<Decided, Refusal> {
    let reason = said.reason.ok_or(Refusal::ReasonMissing)?;
    let note = said.note.trim();
    if *reason == ManualReason::Other && note.is_empty() {
        return Err(Refusal::ReasonMissing);
    }
    if note.chars().count() > NOTE_LIMIT {
        return Err(Refusal::TooLong);
    }
    if *reason == ManualReason::Forgotten && said.declared_at.is_none() {
        return Err(Refusal::Invalid);
    }
    if said.declared_at.is_some_and(|at| at > now.at) {
        return Err(Refusal::TimeImpossible);
    }
    let (visit, client) = match (said.visit, said.client) {
        (Some(visit), _) => {
            let visit = scene.visits.get(&visit).ok_or(Refusal::NotFound)?;
            (Some(visit), known_client(visit))
        }
        (None, Some(client)) => {
            let open = scene
                .visits
                .values()
                .find(|visit| visit.client == client && scene.progress(visit.id).in_progress());
            (open.filter(|_| *said.kind == ClockKind::End), Some(client))
        }
        (None, None) => return Err(Refusal::Invalid),
    };
    let progress = visit.map(|visit| scene.progress(visit.id)).unwrap_or_default();
    let id = visit.map_or(fresh, |visit| visit.id);
    match said.kind {
        ClockKind::Start => {
            if progress.end.is_some() {
                return Err(Refusal::AlreadyEnded);
            }
            if progress.start.is_some() {
                return Err(Refusal::AlreadyStarted);
            }
            if visit.is_some_and(|visit| visit.state == VisitState::Cancelled) {
                return Err(Refusal::VisitCancelled);
            }
            if said.declared_at.is_none() && elsewhere(scene, id, now.at).is_some() {
                return Err(Refusal::OtherVisitInProgress);
            }
        }
        ClockKind::End => {
            if progress.end.is_some() {
                return Err(Refusal::AlreadyEnded);
            }
            let start = progress.start.as_ref().ok_or(Refusal::NotStarted)?;
            if said.declared_at.unwrap_or(now.at) < start.counts_at() {
                return Err(Refusal::TimeImpossible);
            }
        }
        ClockKind::Void | ClockKind::Unknown(_) => return Err(Refusal::Invalid),
    }
    Ok(Decided {
        kind: said.kind.clone(),
        visit: id,
        client,
        made_up: visit.is_none_or(|visit| scene.made_here.contains(&visit.id)),
        method: Method::Manual,
        tag: None,
        raw_tag: None,
        reason: Some(reason.clone()),
        note: note.to_owned(),
        declared_at: said.declared_at,
        voids: None,
    })
}

/// Undoes one of the phone's own stamps within thirty seconds (sync.md C10). `None` when it is
/// undone already.
///
/// # Errors
/// [`Refusal::NotFound`] for no stamp of this phone, [`Refusal::TooLateToUndo`].
pub(crate) fn undo(
    own: &[ClockEvent],
    event: ClockEventId,
    now: &Stamp,
) -> Result<Option<Decided>, Refusal> {
    if own.iter().any(|other| other.voids == Some(event)) {
        return Ok(None);
    }
    let stamp = own.iter().find(|own| own.id == event).ok_or(Refusal::NotFound)?;
    if undo_left(stamp, now) == 0 {
        return Err(Refusal::TooLateToUndo);
    }
    Ok(Some(Decided {
        kind: ClockKind::Void,
        visit: stamp.visit,
        client: stamp.client,
        made_up: false,
        method: stamp.method.clone(),
        tag: None,
        raw_tag: None,
        reason: None,
        note: String::new(),
        declared_at: None,
        voids: Some(event),
    }))
}

/// Another visit in progress, unless it was left open long ago.
fn elsewhere(scene: &Scene, visit: VisitId, at: Moment) -> Option<VisitId> {
    scene
        .visits
        .keys()
        .filter(|other| **other != visit)
        .find(|other| {
            let progress = scene.progress(**other);
            progress.in_progress()
                && progress.start.is_some_and(|start| at.since(start.counts_at()) < LEFT_OPEN_MS)
        })
        .copied()
}

/// A second reading of the same tag within half a minute is the same gesture: it neither ends the
/// visit that it has begun, nor begins the next one at the same home.
fn same_gesture(own: &[ClockEvent], tag: HomeTagId, now: &Stamp) -> Result<(), Refusal> {
    let last =
        own.iter().rev().find(|event| event.tag == Some(tag) && event.kind != ClockKind::Void);
    let Some(last) = last else { return Ok(()) };
    let undone = own.iter().any(|event| event.voids == Some(last.id));
    let passed = now.up_ms.saturating_sub(last.stamp.up_ms);
    if undone || last.stamp.boot != now.boot || !(0..SAME_GESTURE_MS).contains(&passed) {
        return Ok(());
    }
    match last.kind {
        ClockKind::End => Err(Refusal::AlreadyEnded),
        ClockKind::Start | ClockKind::Void | ClockKind::Unknown(_) => Err(Refusal::AlreadyStarted),
    }
}

/// The visit in progress that this tag has begun, when the phone does not know whose tag it is.
fn begun_with(scene: &Scene, own: &[ClockEvent], tag: HomeTagId) -> Option<VisitId> {
    own.iter()
        .filter(|event| event.tag == Some(tag) && event.kind == ClockKind::Start)
        .map(|event| event.visit)
        .find(|visit| scene.progress(*visit).in_progress())
}

fn known_client(visit: &Visit) -> Option<ClientId> {
    (!visit.client.uuid().is_nil()).then_some(visit.client)
}
