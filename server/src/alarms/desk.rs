//! Alarms as the office sees and ends them.

use releve_shared::alarm::episode::{Episode, Event};
use releve_shared::alarm::{Cause, Channel, Delivery, Kind, Mark, Phase, Way};
use releve_shared::id::{AlarmId, LoneSessionId, MembershipId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::time::{DAY_MS, Moment};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::apply::{self, Act, Whose, happen};
use super::place::{self, Near, Place, Seen};
use super::session;
use super::sql::{self, Entry, Listed};
use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::identity::By;
use crate::notices;
use crate::text::{self, BadField};

/// A session of which no phone has said a word for so long is no news any more: its alarm is.
const WATCHED_MS: i64 = 2 * DAY_MS;

/// An alarm in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AlarmRow {
    /// Its id.
    pub id: AlarmId,
    /// Whose planning; null for a test of the desk.
    pub caregiver: Option<MembershipId>,
    /// Her name; empty for a test of the desk.
    pub name: String,
    /// Her telephone.
    pub phone: String,
    /// Why: the gravest reason.
    pub kind: Kind,
    /// Where it stands.
    pub phase: Phase,
    /// The press, on the server's clock.
    pub pressed_at: Moment,
    /// When it was raised; null while its countdown runs.
    pub raised_at: Option<Moment>,
    /// How many tiers were told.
    pub told: u32,
    /// When the server acts by itself next.
    pub due_at: Option<Moment>,
    /// Who has taken it in charge.
    pub acknowledged_by: Option<String>,
    /// When.
    pub acknowledged_at: Option<Moment>,
    /// When "Je vais bien" was first said after the raise: it closes nothing.
    pub fine_at: Option<Moment>,
    /// How it ended.
    pub end: Option<End>,
    /// What is to be known of the phone.
    pub marks: Vec<Mark>,
}

/// How an alarm ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct End {
    /// By whom.
    pub by: String,
    /// When.
    pub at: Moment,
    /// What it was.
    pub cause: Cause,
    /// In words.
    pub reason: String,
}

/// Lone work under watch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WatchRow {
    /// Its id; the visit's for a visit's.
    pub id: LoneSessionId,
    /// Whose planning.
    pub caregiver: Option<MembershipId>,
    /// Her name.
    pub name: String,
    /// Her telephone.
    pub phone: String,
    /// Which visit; null when she has opened it herself.
    pub visit: Option<VisitId>,
    /// Where, in her words; empty for a visit.
    pub place: String,
    /// Since when.
    pub opened_at: Moment,
    /// When it should end.
    pub ends_at: Moment,
    /// The last sign of herself.
    pub signed_at: Moment,
    /// The last word of her phone.
    pub heard_at: Moment,
    /// Its alarm was raised.
    pub raised: bool,
}

/// An alarm with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AlarmSheet {
    /// As in the list.
    #[serde(flatten)]
    pub row: AlarmRow,
    /// Where the planning said that she was at the raise.
    pub theoretical: Option<Place>,
    /// Where she had said that she would be, when she had opened the watch herself; else empty.
    pub said: String,
    /// Where her phone was, the newest first.
    pub positions: Vec<Seen>,
    /// All that has happened, in order.
    pub trail: Vec<TrailLine>,
    /// Every message, with its state.
    pub deliveries: Vec<DeliveryLine>,
    /// Who may be near, by their planning.
    pub near: Vec<Near>,
}

/// A line of the trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TrailLine {
    /// What: `armed`, `cancelled`, `raised:phone`, `joined:sms`, `late_cancel`, `fine`, `tier:1`,
    /// `everyone`, `test_failed`, `acknowledged`, `remind`, `resolved`, `note`, `tried`, `position`.
    pub what: String,
    /// Who: a name, `phone`, `sms`, `server`.
    pub who: String,
    /// In words or codes.
    pub detail: String,
    /// When it was done, on the server's clock.
    pub acted_at: Moment,
    /// When the server knew.
    pub at: Moment,
}

/// A message about an alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeliveryLine {
    /// By which way.
    pub channel: Channel,
    /// To whom, by name; empty where only the address is known.
    pub name: String,
    /// The address or number.
    pub recipient: String,
    /// Where it is.
    pub state: Delivery,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt failed: a code.
    pub error: Option<String>,
    /// When it was queued.
    pub queued_at: Moment,
    /// When it was sent or given up.
    pub ended_at: Option<Moment>,
}

/// What is typed to close an alarm.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct ResolveInput {
    /// What it was.
    pub cause: Cause,
    /// In words; never empty.
    pub reason: String,
}

/// Alarms that are open, running countdowns included, the newest first.
///
/// # Errors
/// Those of the database.
pub fn open(tx: &mut Tx, by: &By) -> Answer<Vec<AlarmRow>> {
    Ok(sql::open(tx, by.organisation)?.into_iter().map(row).collect())
}

/// Lone work under watch now.
///
/// # Errors
/// Those of the database.
pub fn watched(tx: &mut Tx, by: &By, now: Moment) -> Answer<Vec<WatchRow>> {
    let rows = session::watched(tx, by.organisation, now.plus(-WATCHED_MS))?;
    let line = |it: session::Watched| WatchRow {
        id: it.id,
        caregiver: it.membership,
        name: it.name,
        phone: it.phone,
        visit: it.session.visit,
        place: it.session.place,
        opened_at: it.session.opened_at,
        ends_at: it.session.ends_at,
        signed_at: it.session.signed_at,
        heard_at: it.heard_at,
        raised: it.state == "raised",
    };
    Ok(rows.into_iter().map(line).collect())
}

/// One alarm. That it was read is noted: it holds positions.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn read(tx: &mut Tx, by: &By, id: AlarmId, now: Moment) -> Answer<AlarmSheet> {
    let listed = sql::one(tx, by.organisation, id)?.ok_or(Refusal::NotFound)?;
    note(tx, by, "alarm.read", id, "", now)?;
    let theoretical = listed.theoretical.clone();
    let near = match &theoretical {
        Some(at) => {
            let when = listed.episode.raised_at.unwrap_or(listed.pressed_at);
            place::near(tx, by.organisation, listed.membership, (at, when))?
        }
        None => Vec::new(),
    };
    let line = |e: Entry| TrailLine {
        what: e.what,
        who: e.who,
        detail: e.detail,
        acted_at: e.acted_at,
        at: e.at,
    };
    let trail = sql::entries(tx, id)?.into_iter().map(line).collect();
    let sent = |l: notices::AlarmLine| DeliveryLine {
        channel: l.channel,
        name: l.name,
        recipient: l.recipient,
        state: l.state,
        attempts: l.attempts,
        error: l.error,
        queued_at: l.queued_at,
        ended_at: l.ended_at,
    };
    let deliveries = notices::of_alarm(tx, id)?.into_iter().map(sent).collect();
    let positions = place::seen(tx, id)?;
    let said = session::of_alarm(tx, by.organisation, id)?.map(|it| it.place).unwrap_or_default();
    Ok(AlarmSheet { row: row(listed), theoretical, said, positions, trail, deliveries, near })
}

pub(super) fn row(listed: Listed) -> AlarmRow {
    let Episode { phase, kind, raised_at, told, due_at, acknowledged, fine_at, resolved } =
        listed.episode;
    AlarmRow {
        id: listed.id,
        caregiver: listed.membership,
        name: listed.name,
        phone: listed.phone,
        kind,
        phase,
        pressed_at: listed.pressed_at,
        raised_at,
        told,
        due_at,
        acknowledged_at: acknowledged.as_ref().map(|by| by.at),
        acknowledged_by: acknowledged.map(|by| by.name),
        fine_at,
        end: resolved.map(|end| End {
            by: end.by.name,
            at: end.by.at,
            cause: end.cause,
            reason: end.reason,
        }),
        marks: listed.marks,
    }
}

/// Takes an alarm in charge. The first counts.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::AlarmTaken`], [`Refusal::AlarmOver`].
pub fn acknowledge(tx: &mut Tx, by: &By, id: AlarmId, now: Moment) -> Answer<()> {
    // An account is of the office: the worker herself has none.
    let event =
        Event::Acknowledge { id: by.account.to_string(), name: by.name.clone(), worker: false };
    act(tx, by, id, event, String::new(), now)?;
    note(tx, by, "alarm.acknowledge", id, "", now)?;
    Ok(())
}

/// Closes an alarm, with what it was and why. Whoever was told gets the all-clear.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::ReasonMissing`], [`Refusal::AlarmOver`].
pub fn resolve(tx: &mut Tx, by: &By, id: AlarmId, input: &ResolveInput, now: Moment) -> Answer<()> {
    let event = Event::Resolve {
        id: by.account.to_string(),
        name: by.name.clone(),
        worker: false,
        cause: input.cause.clone(),
        reason: input.reason.clone(),
    };
    let detail = format!("{}: {}", input.cause, input.reason.trim());
    act(tx, by, id, event, detail, now)?;
    note(tx, by, "alarm.resolve", id, input.cause.code(), now)?;
    Ok(())
}

fn act(tx: &mut Tx, by: &By, id: AlarmId, event: Event, detail: String, now: Moment) -> Answer<()> {
    let act = Act { event, who: by.name.clone(), acted_at: now, detail };
    apply::act(tx, by.organisation, id, &act, now)
}

/// Adds words to the trail.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn add_note(tx: &mut Tx, by: &By, id: AlarmId, words: &str, now: Moment) -> Answer<()> {
    let (what, who, detail) = ("note".to_owned(), by.name.clone(), words.to_owned());
    apply::remark(tx, by.organisation, id, &Entry { what, who, detail, acted_at: now, at: now })?;
    note(tx, by, "alarm.note", id, "", now)?;
    Ok(())
}

/// Begins a test of the whole chain from the desk.
///
/// # Errors
/// Those of the database.
pub fn test(tx: &mut Tx, by: &By, id: AlarmId, now: Moment) -> Answer<()> {
    let whose = Whose {
        organisation: by.organisation,
        membership: None,
        person: None,
        device: None,
        marks: Vec::new(),
    };
    let event = Event::Raised { kind: Kind::Test, way: Way::Desk, acted_at: now };
    let act = Act { event, who: by.name.clone(), acted_at: now, detail: String::new() };
    happen(tx, id, &whose, &act, now)?;
    note(tx, by, "alarm.test", id, "", now)?;
    Ok(())
}

/// Checks words of a note or a reason.
///
/// # Errors
/// [`Refusal::Invalid`] without a word, [`Refusal::TooLong`].
pub fn words(field: &'static str, typed: &str) -> Result<String, BadField> {
    let words = text::paragraph(field, typed)?;
    if words.is_empty() { Err(BadField::invalid(field)) } else { Ok(words) }
}
