//! The server's machine: one episode for an alarm, whatever the ways by which word of it came. Pure;
//! `at` is the server's time at the transaction (sync.md CK4).

use serde::{Deserialize, Serialize};

use super::{AlarmRules, Cause, Kind, Phase, Way};
use crate::refusal::Refusal;
use crate::time::{MINUTE_MS, Moment, SECOND_MS};

/// How long a cancel may be on its way after zero before the server raises by itself, in milliseconds.
/// A phone that lives raises at zero on its own; only a dead one waits for this.
pub const FLIGHT_MS: i64 = 3 * SECOND_MS;

/// Everyone is told again this long after an answer is still missing, in milliseconds.
pub const REPEAT_MS: i64 = 10 * MINUTE_MS;

/// Whoever has taken an alarm in charge is asked again this long after, in milliseconds: it must end
/// with a cause and a reason.
pub const REMIND_MS: i64 = 30 * MINUTE_MS;

/// Where an alarm stands on the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    /// Its phase.
    pub phase: Phase,
    /// The gravest reason so far.
    pub kind: Kind,
    /// When it was raised.
    pub raised_at: Option<Moment>,
    /// How many tiers were told.
    pub told: u32,
    /// When the server acts by itself next; `None` for never.
    pub due_at: Option<Moment>,
    /// The first who has taken it in charge.
    pub acknowledged: Option<Person>,
    /// When "Je vais bien" was first said after the raise.
    pub fine_at: Option<Moment>,
    /// How it was closed.
    pub resolved: Option<Resolution>,
}

/// Somebody who acts on an alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their account, or their contact's name and channel.
    pub id: String,
    /// Their name.
    pub name: String,
    /// When they did.
    pub at: Moment,
}

/// How an alarm was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// By whom, when.
    pub by: Person,
    /// What it was.
    pub cause: Cause,
    /// In words; never empty.
    pub reason: String,
}

/// What happens to an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A countdown runs on the phone.
    Armed {
        /// Why.
        kind: Kind,
        /// When its zero is, on the server's clock.
        zero_at: Moment,
    },
    /// It was cancelled before zero, says the phone.
    Cancelled,
    /// It is raised.
    Raised {
        /// Why.
        kind: Kind,
        /// By which way word came.
        way: Way,
        /// When it was pressed or found, on the server's clock: word may come late.
        acted_at: Moment,
    },
    /// "Je vais bien".
    Fine,
    /// Time has passed.
    Tick,
    /// Somebody takes it in charge. `worker` when it is the worker herself.
    Acknowledge {
        /// Their account, or contact.
        id: String,
        /// Their name.
        name: String,
        /// Whether it is her own alarm.
        worker: bool,
    },
    /// Somebody closes it.
    Resolve {
        /// Their account.
        id: String,
        /// Their name.
        name: String,
        /// Whether it is her own alarm.
        worker: bool,
        /// What it was.
        cause: Cause,
        /// In words.
        reason: String,
    },
}

/// What the server does then, in the same transaction. Also the lines of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A countdown is known; its due time is held.
    Armed,
    /// It was cancelled in time.
    Cancelled,
    /// The alarm is raised: the mail to the preset addresses (row O-33).
    Raised(Way),
    /// Word of it came once more.
    Joined(Way),
    /// A cancel came after the raise: shown, and nothing is taken back.
    LateCancel,
    /// "Je vais bien" was said: shown to whoever answers, and nothing is taken back.
    SaidFine,
    /// This tier is told, from 0.
    Tier(u32),
    /// Everyone is told: nobody has answered. It cannot be switched off.
    Everyone,
    /// A test went through every tier unanswered.
    TestFailed,
    /// Somebody has taken it in charge: who was told is told so.
    Acknowledged,
    /// Still open long after somebody has taken it in charge: they and the first tier are told.
    Remind,
    /// Closed: the all-clear goes to everyone who was told.
    AllClear,
    /// The act is refused.
    Refused(Refusal),
}

/// What follows from an event at `at`. `tiers` is how many tiers the agency has.
#[must_use]
pub fn step(
    state: Option<&Episode>,
    event: &Event,
    at: Moment,
    (rules, tiers): (&AlarmRules, u32),
) -> (Option<Episode>, Vec<Effect>) {
    let mut effects = Vec::new();
    let mut state = state.cloned();
    // Time first: whatever comes at or after the due time finds what it has brought. A word of the
    // phone is in flight, and may still come within its time.
    if let Some(known) = state.as_mut().filter(|known| known.due_at.is_some_and(|due| at >= due)) {
        pass(known, at, (rules, tiers), &mut effects);
    }
    let next = match (state, event) {
        (None, Event::Armed { kind, zero_at }) => {
            effects.push(Effect::Armed);
            Some(armed(kind, zero_at.plus(FLIGHT_MS)))
        }
        (None, Event::Cancelled) => {
            effects.push(Effect::Cancelled);
            Some(Episode { phase: Phase::Cancelled, due_at: None, ..armed(&Kind::Panic, at) })
        }
        (None, Event::Raised { kind, way, .. }) => {
            let mut new = armed(kind, at);
            raise(&mut new, way, at, (rules, tiers), &mut effects);
            Some(new)
        }
        (None, Event::Tick) => None,
        // She says it after zero only: word of the raise itself was lost, and is not taken back.
        (None, Event::Fine) => {
            let mut new = armed(&Kind::Panic, at);
            raise(&mut new, &Way::Phone, at, (rules, tiers), &mut effects);
            new.fine_at = Some(at);
            effects.push(Effect::SaidFine);
            Some(new)
        }
        (None, Event::Acknowledge { .. } | Event::Resolve { .. }) => {
            effects.push(Effect::Refused(Refusal::NotFound));
            None
        }
        (Some(mut known), event) => {
            happen(&mut known, event, at, (rules, tiers), &mut effects);
            Some(known)
        }
    };
    (next, effects)
}

fn armed(kind: &Kind, due: Moment) -> Episode {
    Episode {
        phase: Phase::Armed,
        kind: kind.clone(),
        raised_at: None,
        told: 0,
        due_at: Some(due),
        acknowledged: None,
        fine_at: None,
        resolved: None,
    }
}

/// What a due time brings. `at` is at or after it.
fn pass(
    known: &mut Episode,
    at: Moment,
    (rules, tiers): (&AlarmRules, u32),
    effects: &mut Vec<Effect>,
) {
    match known.phase {
        Phase::Armed => raise(known, &Way::Server, at, (rules, tiers), effects),
        Phase::Notifying if known.told < tiers => tell(known, at, rules, effects),
        Phase::Notifying if known.kind == Kind::Test => {
            known.phase = Phase::Exhausted;
            known.due_at = None;
            effects.push(Effect::TestFailed);
        }
        Phase::Notifying | Phase::Exhausted => {
            known.phase = Phase::Exhausted;
            known.due_at = Some(at.plus(REPEAT_MS));
            effects.push(Effect::Everyone);
        }
        Phase::Acknowledged => {
            known.due_at = Some(at.plus(REMIND_MS));
            effects.push(Effect::Remind);
        }
        Phase::Cancelled | Phase::Resolved | Phase::Unknown(_) => known.due_at = None,
    }
}

fn raise(
    known: &mut Episode,
    way: &Way,
    at: Moment,
    (rules, tiers): (&AlarmRules, u32),
    effects: &mut Vec<Effect>,
) {
    known.phase = Phase::Notifying;
    known.raised_at = Some(at);
    effects.push(Effect::Raised(way.clone()));
    if tiers == 0 {
        // Nobody is named: everyone is told at once, and again.
        known.due_at = Some(at);
        pass(known, at, (rules, tiers), effects);
    } else {
        tell(known, at, rules, effects);
    }
}

fn tell(known: &mut Episode, at: Moment, rules: &AlarmRules, effects: &mut Vec<Effect>) {
    effects.push(Effect::Tier(known.told));
    known.told = known.told.saturating_add(1);
    let wait = i64::from(rules.ack_timeout_s).saturating_mul(SECOND_MS);
    known.due_at = Some(at.plus(wait));
}

fn happen(
    known: &mut Episode,
    event: &Event,
    at: Moment,
    settings: (&AlarmRules, u32),
    effects: &mut Vec<Effect>,
) {
    match event {
        Event::Tick => {}
        Event::Armed { kind, .. } => arm_again(known, kind, effects),
        Event::Cancelled => cancel(known, at, effects),
        Event::Raised { kind, way, acted_at } => {
            join(known, (kind, way, *acted_at), at, settings, effects);
        }
        Event::Fine => match known.phase {
            Phase::Notifying | Phase::Exhausted | Phase::Acknowledged | Phase::Resolved => {
                known.fine_at = known.fine_at.or(Some(at));
                effects.push(Effect::SaidFine);
            }
            // Nothing is raised here yet: the words are kept, and take nothing back.
            Phase::Armed | Phase::Cancelled | Phase::Unknown(_) => effects.push(Effect::SaidFine),
        },
        Event::Acknowledge { id, name, worker } => {
            let by = Person { id: id.clone(), name: name.clone(), at };
            if let Err(refusal) = acknowledge(known, by, *worker, effects) {
                effects.push(Effect::Refused(refusal));
            }
        }
        Event::Resolve { id, name, worker, cause, reason } => {
            let by = Person { id: id.clone(), name: name.clone(), at };
            if let Err(refusal) = resolve(known, by, *worker, (cause, reason), effects) {
                effects.push(Effect::Refused(refusal));
            }
        }
    }
}

/// An arming that came late or twice: it changes no phase.
fn arm_again(known: &mut Episode, kind: &Kind, effects: &mut Vec<Effect>) {
    match known.phase {
        Phase::Armed | Phase::Cancelled => {
            known.kind = known.kind.clone().graver(kind.clone());
            effects.push(Effect::Armed);
        }
        Phase::Notifying | Phase::Exhausted | Phase::Acknowledged => {
            if known.kind == Kind::PhoneSilent {
                known.kind = kind.clone();
            }
            effects.push(Effect::Armed);
        }
        Phase::Resolved | Phase::Unknown(_) => effects.push(Effect::Armed),
    }
}

fn cancel(known: &mut Episode, at: Moment, effects: &mut Vec<Effect>) {
    match known.phase {
        Phase::Armed => {
            known.phase = Phase::Cancelled;
            known.due_at = None;
            effects.push(Effect::Cancelled);
        }
        Phase::Cancelled => {}
        Phase::Notifying
        | Phase::Exhausted
        | Phase::Acknowledged
        | Phase::Resolved
        | Phase::Unknown(_) => {
            known.fine_at = known.fine_at.or(Some(at));
            effects.push(Effect::LateCancel);
        }
    }
}

/// Word of a raise for an alarm that is known. A press after its end begins it anew: it is never
/// swallowed.
fn join(
    known: &mut Episode,
    (kind, way, acted_at): (&Kind, &Way, Moment),
    at: Moment,
    settings: (&AlarmRules, u32),
    effects: &mut Vec<Effect>,
) {
    match known.phase {
        Phase::Armed | Phase::Cancelled => {
            known.kind = kind.clone();
            raise(known, way, at, settings, effects);
        }
        // A real one is never lost in a test.
        Phase::Notifying | Phase::Exhausted | Phase::Acknowledged
            if known.kind == Kind::Test && *kind != Kind::Test =>
        {
            *known = armed(kind, at);
            raise(known, way, at, settings, effects);
        }
        Phase::Notifying | Phase::Exhausted | Phase::Acknowledged => {
            known.kind = known.kind.clone().graver(kind.clone());
            effects.push(Effect::Joined(way.clone()));
        }
        Phase::Resolved if known.resolved.as_ref().is_some_and(|end| acted_at > end.by.at) => {
            *known = armed(kind, at);
            raise(known, way, at, settings, effects);
        }
        Phase::Resolved | Phase::Unknown(_) => effects.push(Effect::Joined(way.clone())),
    }
}

/// Whether a person may act on it now.
fn open(known: &Episode, worker: bool) -> Result<(), Refusal> {
    if worker {
        return Err(Refusal::OwnAlarm);
    }
    match known.phase {
        Phase::Notifying | Phase::Exhausted | Phase::Acknowledged => Ok(()),
        Phase::Resolved | Phase::Cancelled => Err(Refusal::AlarmOver),
        Phase::Armed | Phase::Unknown(_) => Err(Refusal::NotFound),
    }
}

fn acknowledge(
    known: &mut Episode,
    by: Person,
    worker: bool,
    effects: &mut Vec<Effect>,
) -> Result<(), Refusal> {
    open(known, worker)?;
    match &known.acknowledged {
        // The same press twice.
        Some(first) if first.id == by.id => Ok(()),
        Some(_) => Err(Refusal::AlarmTaken),
        None => {
            known.phase = Phase::Acknowledged;
            known.due_at = Some(by.at.plus(REMIND_MS));
            known.acknowledged = Some(by);
            effects.push(Effect::Acknowledged);
            Ok(())
        }
    }
}

fn resolve(
    known: &mut Episode,
    by: Person,
    worker: bool,
    (cause, reason): (&Cause, &str),
    effects: &mut Vec<Effect>,
) -> Result<(), Refusal> {
    open(known, worker)?;
    if reason.trim().is_empty() {
        return Err(Refusal::ReasonMissing);
    }
    if matches!(cause, Cause::Unknown(_)) {
        return Err(Refusal::Invalid);
    }
    if known.acknowledged.is_none() {
        known.acknowledged = Some(by.clone());
        effects.push(Effect::Acknowledged);
    }
    known.phase = Phase::Resolved;
    known.due_at = None;
    known.resolved =
        Some(Resolution { by, cause: cause.clone(), reason: reason.trim().to_owned() });
    effects.push(Effect::AllClear);
    Ok(())
}

#[cfg(test)]
#[path = "episode_tests.rs"]
mod tests;
