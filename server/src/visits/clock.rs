//! Stamps: stored as they came, measured, judged, never refused for what they look like
//! (rows O-13 to O-18, B-01, B-03, B-04).

use releve_shared::badge::{Assurance, Method};
use releve_shared::clock::{Anchor, Measured, Quality, locate};
use releve_shared::id::{CommandId, DeviceId, MembershipId, OrganisationId, PersonId, VisitId};
use releve_shared::keys::Digest;
use releve_shared::person::MembershipState;
use releve_shared::planted;
use releve_shared::proof::{ChainHead, GENESIS, link, note_digest};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{Clock, Note, RowKind, Scope};
use releve_shared::time::{HOUR_MS, MINUTE_MS, Moment};
use releve_shared::visit::{Anomaly, ClockEvent, ClockKind, Clocked, VisitState};

use super::places;
use super::rows::{self, Met, Plan};
use super::rules::{self, Facts, Link, TagVerdict};
use super::stamps::{self, Raw};
use crate::db::{Answer, Tx};
use crate::identity::Keys;
use crate::{alarms, clients, contacts, identity, people};

/// An unplanned visit is taken to last this long until its end is badged.
const UNPLANNED_MS: i64 = HOUR_MS;

/// What is known of the phone that sends, and when it is heard.
#[derive(Clone, Copy, Debug)]
pub struct Reception<'a> {
    /// For which organisation the phone is enrolled.
    pub organisation: OrganisationId,
    /// Which phone.
    pub device: DeviceId,
    /// Whose.
    pub person: PersonId,
    /// Every exchange with it, these ones included.
    pub anchors: &'a [Anchor],
    /// When.
    pub at: Moment,
    /// The server's keys: changing codes of chips are verified with them.
    pub keys: &'a Keys,
}

/// Takes a stamp. Whatever it looks like it is stored, then measured and judged; what is odd about
/// it is flagged. A stamp that is here already changes nothing.
///
/// # Errors
/// [`Refusal::ProofBroken`] when the bytes are no stamp, or not that of the command.
pub fn record_clock(
    tx: &mut Tx,
    from: &Reception<'_>,
    command: CommandId,
    clock: &Clock,
) -> Answer<()> {
    let mut event: ClockEvent =
        serde_json::from_str(&clock.event).map_err(|_| Refusal::ProofBroken)?;
    if event.id.uuid() != command.uuid() || !codes_are_clean(&event) {
        return Err(Refusal::ProofBroken.into());
    }
    // A phone that was never granted a planning does not know in which name it clocks.
    if event.membership.uuid().is_nil()
        && let Some(own) = people::membership_of(tx, from.organisation, from.person)?
    {
        event.membership = own;
    }
    let place = people::place(tx, event.membership, from.person)?;
    let raw = Raw {
        organisation: place.as_ref().map_or(from.organisation, |p| p.organisation),
        device: from.device,
        membership: event.membership,
        raw: clock.event.clone(),
        received_at: from.at,
    };
    if planted!("dedupe_by_content") && doubled(tx, &event, &raw)? {
        return Ok(());
    }
    if !stamps::add(tx, &event, &raw, link(event.prev, &clock.event))? {
        return Ok(());
    }
    if let Some(note) = clock.note.as_ref().filter(|note| belongs(note, &event)) {
        stamps::add_note(tx, event.id, note)?;
    }
    let met = if place.is_some() {
        receive_visit(tx, from, &event, &raw, clock)?
    } else {
        rows::met(tx, raw.organisation, event.visit)?
    };
    let doubled = judge(tx, from, &event, &raw, (place.as_ref(), met.as_ref()))?;
    if doubled || event.kind == ClockKind::Void {
        flag_doubled(tx, &event, &raw, from.at)?;
    }
    if place.is_some() {
        let at = locate(from.anchors, &event.stamp, event.seq, Some(raw.received_at)).at;
        let of = (raw.organisation, event.membership, event.visit);
        alarms::stamped(tx, from, of, &event.kind, at)?;
    }
    Ok(())
}

/// Measures the stamps of a phone again after new anchors, where they place them better: a new
/// measure each, the old ones stay (sync.md CK3).
///
/// # Errors
/// Those of the database.
pub fn remeasure(tx: &mut Tx, from: &Reception<'_>) -> Answer<()> {
    for id in stamps::unsure(tx, from.device)? {
        let Some(raw) = stamps::raw(tx, id)? else { continue };
        let Ok(event) = serde_json::from_str::<ClockEvent>(&raw.raw) else { continue };
        let event = ClockEvent { membership: raw.membership, ..event };
        let Some(before) = rows::stamp(tx, &id.to_string())? else { continue };
        let better = locate(from.anchors, &event.stamp, event.seq, Some(raw.received_at));
        if improves(&better, &before.clocked.measured) {
            let place = people::place(tx, event.membership, from.person)?;
            let met = rows::met(tx, raw.organisation, event.visit)?;
            let _ = judge(tx, from, &event, &raw, (place.as_ref(), met.as_ref()))?;
        }
    }
    Ok(())
}

/// Keeps a head that a phone signed; its signature is verified by the caller, who has the key.
///
/// # Errors
/// Those of the database.
pub fn record_head(tx: &mut Tx, device: DeviceId, head: &ChainHead, now: Moment) -> Answer<()> {
    stamps::add_head(tx, device, head, now)?;
    Ok(())
}

/// Better known than before: exact at last, or bracketed more closely.
fn improves(new: &Measured, old: &Measured) -> bool {
    let width = |m: &Measured| m.error_ms.unwrap_or(i64::MAX);
    new != old && (new.quality == Quality::Exact || width(new) < width(old))
}

/// Codes go into columns, and PostgreSQL keeps no NUL in a text.
fn codes_are_clean(event: &ClockEvent) -> bool {
    let reason = event.reason.as_ref().map_or("", |r| r.code());
    [event.kind.code(), event.method.code(), reason].iter().all(|code| !code.contains('\0'))
}

fn belongs(note: &Note, event: &ClockEvent) -> bool {
    event.note == Some(note_digest(&note.salt, &note.text))
}

/// Makes the visit that nobody had planned, and lets it last until its end; gives it as it is then.
fn receive_visit(
    tx: &mut Tx,
    from: &Reception<'_>,
    event: &ClockEvent,
    raw: &Raw,
    clock: &Clock,
) -> Answer<Option<Met>> {
    let org = raw.organisation;
    let at = locate(from.anchors, &event.stamp, event.seq, Some(raw.received_at)).at;
    // Nothing that a stamp says of happens after it is heard.
    let at = event.declared_at.unwrap_or(at).min(from.at);
    // Claimed, so that a decision of the office meets the stamp or is stale.
    if let Some(visit) = rows::claim(tx, org, event.visit)? {
        let longer = visit.state == VisitState::Unplanned && event.kind == ClockKind::End;
        if longer && visit.plan.membership == event.membership {
            let ends_at = at.max(visit.plan.starts_at.plus(MINUTE_MS));
            rows::write(tx, event.visit, &Plan { ends_at, ..visit.plan.clone() }, visit.held)?;
            tx.changed(&Scope::membership(event.membership), &RowKind::Visit, event.visit);
        }
        let Plan { membership, client, .. } = visit.plan;
        return Ok(Some(Met { membership, client, state: visit.state }));
    }
    let client = match clock.unplanned.or(event.client) {
        Some(client) => Some(client),
        None => clients::named(tx, org, event)?,
    };
    let Some(client) = client else { return Ok(None) };
    let taken = rows::owner(tx, event.visit)?.is_some();
    if taken || !rows::claim_client(tx, org, client, from.at)? {
        return Ok(None);
    }
    let plan = Plan {
        membership: event.membership,
        client,
        service: String::new(),
        starts_at: at,
        ends_at: at.plus(UNPLANNED_MS),
        instructions: String::new(),
    };
    let (start, end) = rules::window(&identity::zone(tx, org)?, from.at);
    let held = (start..end).contains(&at);
    rows::add(tx, org, event.visit, &plan, &VisitState::Unplanned, held, at.min(from.at))?;
    if held {
        tx.changed(&Scope::membership(event.membership), &RowKind::Visit, event.visit);
        contacts::link_moved(tx, org, client, from.at)?;
    }
    Ok(Some(Met { membership: event.membership, client, state: VisitState::Unplanned }))
}

/// Measures and judges a stored stamp, and announces what came out. Gives whether it is doubled.
fn judge(
    tx: &mut Tx,
    from: &Reception<'_>,
    event: &ClockEvent,
    raw: &Raw,
    (place, met): (Option<&people::Place>, Option<&Met>),
) -> Answer<bool> {
    let measured = locate(from.anchors, &event.stamp, event.seq, Some(raw.received_at));
    let client = met.map(|visit| visit.client).or(event.client);
    let (claimed, tag) = verdict(tx, from, event, raw, &measured, client)?;
    let facts = Facts {
        event,
        measured: &measured,
        visit: met.map(|visit| &visit.state),
        tag: &tag,
        access: met.is_some() && had_access(tx, place, (event.visit, event.membership), &measured)?,
        other_worker: met.is_some_and(|visit| visit.membership != event.membership),
        doubled: doubled(tx, event, raw)?,
        link: chain_link(tx, raw.device, event)?,
    };
    let anomalies = rules::anomalies(&facts);
    let assurance = rules::assurance(claimed, &tag);
    stamps::add_measure(tx, event.id, &measured, &assurance, &anomalies, from.at)?;
    // In another's name it is kept for the office, and told to nobody's phone.
    if place.is_some() {
        tx.changed(&Scope::membership(event.membership), &RowKind::ClockEvent, event.id);
    }
    Ok(facts.doubled)
}

/// What the tag proves, and whether a chip's counters go against time: then the lower counter was
/// read in advance, and it is its stamp that is flagged, be it this one or its neighbour.
fn verdict(
    tx: &mut Tx,
    from: &Reception<'_>,
    event: &ClockEvent,
    raw: &Raw,
    measured: &Measured,
    client: Option<releve_shared::id::ClientId>,
) -> Answer<(Assurance, TagVerdict)> {
    let read = clients::verify(tx, from.keys, raw.organisation, event, measured, client)?;
    let Some((claimed, mut found)) = read else {
        return Ok(match event.method {
            Method::Manual => (Assurance::Manual, TagVerdict::None),
            Method::Nfc | Method::Qr | Method::Unknown(_) => {
                (Assurance::Manual, TagVerdict::Wrong(vec![Anomaly::TagUnknown]))
            }
        });
    };
    for other in &found.neighbours {
        if other.lower && rules::read_ahead(&other.measured, measured) {
            flag_read_ahead(tx, &other.stamp.to_string(), from.at)?;
        } else if !other.lower && rules::read_ahead(measured, &other.measured) {
            found.anomalies.push(Anomaly::SunOutOfOrder);
        }
    }
    if rules::only_doubts(&found.anomalies) && places::too_soon(tx, event, raw, measured, client)? {
        found.anomalies.push(Anomaly::TwoPlaces);
    }
    let tag = if found.anomalies.is_empty() {
        TagVerdict::True
    } else {
        TagVerdict::Wrong(found.anomalies)
    };
    Ok((claimed, tag))
}

fn flag_read_ahead(tx: &mut Tx, stamp: &str, now: Moment) -> Answer<()> {
    let Some(row) = rows::stamp(tx, stamp)? else { return Ok(()) };
    let Clocked { id, measured, assurance, mut anomalies, .. } = row.clocked;
    if anomalies.contains(&Anomaly::SunOutOfOrder) {
        return Ok(());
    }
    anomalies.push(Anomaly::SunOutOfOrder);
    stamps::add_measure(tx, id, &measured, &assurance, &anomalies, now)?;
    if let Some(raw) = stamps::raw(tx, id)? {
        tx.changed(&Scope::membership(raw.membership), &RowKind::ClockEvent, id);
    }
    Ok(())
}

/// Access at the time of the act, with its grace (sync.md C7).
pub(super) fn had_access(
    tx: &mut Tx,
    place: Option<&people::Place>,
    (visit, membership): (VisitId, MembershipId),
    measured: &Measured,
) -> Answer<bool> {
    let since = measured.at.plus(-rules::ACCESS_GRACE_MS);
    let Some(place) = place else { return Ok(false) };
    let at_work = place.state == MembershipState::Active
        || place.ended_at.is_some_and(|ended| ended >= since);
    Ok(at_work && rows::held_by(tx, visit, membership, since)?)
}

/// Whether a start or end stands beside another of its kind.
fn doubled(tx: &mut Tx, event: &ClockEvent, raw: &Raw) -> Answer<bool> {
    match event.kind {
        ClockKind::Start | ClockKind::End => {
            Ok(rules::doubled(event.id, &event.kind, &stamps_of(tx, event, raw)?))
        }
        ClockKind::Void | ClockKind::Unknown(_) => Ok(false),
    }
}

/// Flags a visit's other stamps, or frees them, for what this one makes of them: starts or ends that
/// stand beside each other are all flagged, so that the order of arrival changes nothing.
fn flag_doubled(tx: &mut Tx, event: &ClockEvent, raw: &Raw, now: Moment) -> Answer<()> {
    let all = stamps_of(tx, event, raw)?;
    for other in all.iter().filter(|other| other.id != event.id) {
        let doubled = rules::doubled(other.id, &other.kind, &all);
        if other.anomalies.contains(&Anomaly::Doubled) == doubled {
            continue;
        }
        let anomalies = rules::with_doubled(&other.anomalies, doubled);
        stamps::add_measure(tx, other.id, &other.measured, &other.assurance, &anomalies, now)?;
        if let Some(membership) = stamps::told_to(tx, other.id)? {
            tx.changed(&Scope::membership(membership), &RowKind::ClockEvent, other.id);
        }
    }
    Ok(())
}

fn stamps_of(tx: &mut Tx, event: &ClockEvent, raw: &Raw) -> Answer<Vec<Clocked>> {
    let rows = rows::visit_stamps(tx, raw.organisation, event.visit)?;
    Ok(rows.into_iter().map(|row| row.clocked).collect())
}

/// Whether a stamp follows the one before it on its phone.
fn chain_link(tx: &mut Tx, device: DeviceId, event: &ClockEvent) -> Answer<Link> {
    // One with the same number breaks the chain like a missing one.
    let (number, hash) = stamps::previous(tx, device, event)?
        .unwrap_or_else(|| (0, Digest::from_bytes(GENESIS).to_string()));
    let follows = number + 1 == event.seq && hash == event.prev.to_string();
    Ok(if follows { Link::Whole } else { Link::Broken })
}
