//! The phone's machine: press, time to cancel, alarm. Pure; `up` is the phone's boot clock, which
//! counts sleep. Its state is kept at each step, so that a killed app goes on where it was.

use serde::{Deserialize, Serialize};

use super::{AlarmRules, Kind, Phase};
use crate::id::AlarmId;
use crate::time::SECOND_MS;

/// Where the phone's alarm stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Countdown {
    /// Nothing.
    #[default]
    Idle,
    /// Time to cancel.
    Counting {
        /// The alarm.
        alarm: AlarmId,
        /// Why.
        kind: Kind,
        /// Boot time of the press.
        from: i64,
        /// Boot time of zero.
        due: i64,
    },
    /// Raised. Only the server ends it: a person has closed it there.
    Raised(Raised),
}

/// An alarm that was raised on this phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// The alarm.
    pub alarm: AlarmId,
    /// Why: the gravest reason so far.
    pub kind: Kind,
    /// Boot time of the raise.
    pub at: i64,
    /// When the text message leaves, unless the server has answered; `None` once that is settled.
    pub text_at: Option<i64>,
    /// The server has heard it.
    pub heard: bool,
    /// "Je vais bien" was said; it closes nothing.
    pub fine: bool,
    /// What the server says of it.
    pub phase: Option<Phase>,
    /// What an alarm that must not show pretends to be; `None` shows it.
    pub decoy: Option<Decoy>,
}

/// What the screen pretends while a hidden alarm goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Decoy {
    /// Nothing.
    Quiet,
    /// A countdown, which cancelling seems to end. At zero the alarm shows.
    Counting {
        /// Boot time of the press.
        from: i64,
        /// Boot time of zero.
        due: i64,
    },
}

/// What the screen shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// The small icon only.
    Quiet,
    /// A countdown from `from` to `due`.
    Counting {
        /// Boot time of the press.
        from: i64,
        /// Boot time of zero.
        due: i64,
    },
    /// The alarm and how it stands.
    Raised,
}

/// What happens to the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A press, or a reason found by the phone. `alarm` was drawn for it, and is used if it begins one.
    Trigger {
        /// The id of an alarm that would begin.
        alarm: AlarmId,
        /// Why.
        kind: Kind,
    },
    /// The cancel button was held long enough, or the PIN entered.
    Cancel,
    /// The PIN of duress was entered.
    Duress {
        /// The id of an alarm that would begin.
        alarm: AlarmId,
    },
    /// "Je vais bien".
    Fine,
    /// Time has passed.
    Tick,
    /// The phone was restarted, or its boot clock is another one: elapsed time is not known.
    Restarted,
    /// The server has answered the raise.
    Heard {
        /// Of which alarm.
        alarm: AlarmId,
    },
    /// The server says how the alarm stands.
    Status {
        /// Which alarm.
        alarm: AlarmId,
        /// Where it stands.
        phase: Phase,
        /// It must not show, whatever this phone remembers of it.
        hidden: bool,
    },
}

/// What the core does then. Each stands alone: one that fails stops no other (row O-33).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Look again at this boot time; the last one counts.
    WakeAt(i64),
    /// Vibrate and sound, and stay awake.
    Ring,
    /// Stop that.
    Hush,
    /// Read a position, and send it as `At` when it comes.
    Locate,
    /// Send this to the server, until it answers.
    Tell(Tell),
    /// Call the preset number, loudspeaker on.
    Call,
    /// Send the signed text message.
    Text,
    /// The alarm is closed: show who has answered, then nothing.
    Closed,
}

/// What the server is told; the core adds visit and position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tell {
    /// `Report::Armed`.
    Armed {
        /// The alarm.
        alarm: AlarmId,
        /// Why.
        kind: Kind,
        /// From the press to zero, in milliseconds.
        pre_alarm_ms: i64,
    },
    /// `Report::Cancelled`.
    Cancelled {
        /// The alarm.
        alarm: AlarmId,
    },
    /// `Report::Raised`.
    Raised {
        /// The alarm.
        alarm: AlarmId,
        /// Why.
        kind: Kind,
    },
    /// `Report::Fine`.
    Fine {
        /// The alarm.
        alarm: AlarmId,
    },
}

impl Countdown {
    /// What the screen shows: an alarm under duress shows nothing.
    #[must_use]
    pub fn look(&self) -> Look {
        match self {
            Self::Idle => Look::Quiet,
            Self::Counting { from, due, .. } => Look::Counting { from: *from, due: *due },
            Self::Raised(raised) => match raised.decoy {
                None => Look::Raised,
                Some(Decoy::Quiet) => Look::Quiet,
                Some(Decoy::Counting { from, due }) => Look::Counting { from, due },
            },
        }
    }

    /// The alarm that runs, shown or not.
    #[must_use]
    pub fn alarm(&self) -> Option<AlarmId> {
        match self {
            Self::Idle => None,
            Self::Counting { alarm, .. } => Some(*alarm),
            Self::Raised(raised) => Some(raised.alarm),
        }
    }

    /// When to look again, after a start of the app.
    #[must_use]
    pub fn wake_at(&self) -> Option<i64> {
        match self {
            Self::Idle => None,
            Self::Counting { due, .. } => Some(*due),
            Self::Raised(raised) => {
                let shown = match raised.decoy {
                    Some(Decoy::Counting { due, .. }) => Some(due),
                    Some(Decoy::Quiet) | None => None,
                };
                [shown, raised.text_at].into_iter().flatten().min()
            }
        }
    }
}

/// What follows from an event at boot time `up`.
#[must_use]
pub fn step(
    state: &Countdown,
    event: &Event,
    up: i64,
    rules: &AlarmRules,
) -> (Countdown, Vec<Effect>) {
    // Time first: an event at or after zero finds the alarm raised.
    if *event != Event::Tick && *event != Event::Restarted {
        let (passed, mut effects) = tick(state, up, rules);
        if passed != *state {
            let (next, more) = happen(&passed, event, up, rules);
            effects.extend(more);
            return (next, effects);
        }
    }
    happen(state, event, up, rules)
}

fn happen(
    state: &Countdown,
    event: &Event,
    up: i64,
    rules: &AlarmRules,
) -> (Countdown, Vec<Effect>) {
    match event {
        Event::Tick => tick(state, up, rules),
        Event::Restarted => restarted(state, up, rules),
        Event::Trigger { alarm, kind } => triggered(state, *alarm, kind, up, rules),
        Event::Cancel => cancelled(state),
        Event::Duress { alarm } => duress(state, *alarm, up, rules),
        Event::Fine => fine(state),
        Event::Heard { alarm } => heard(state, *alarm),
        Event::Status { alarm, phase, hidden } => {
            match (hidden, forgotten(state, *alarm, phase, up)) {
                (true, Some(hidden)) => status(&hidden, *alarm, phase, vec![Effect::Hush]),
                (true, None) | (false, _) => status(state, *alarm, phase, vec![]),
            }
        }
    }
}

fn tick(state: &Countdown, up: i64, rules: &AlarmRules) -> (Countdown, Vec<Effect>) {
    match state {
        Countdown::Idle => (Countdown::Idle, vec![]),
        Countdown::Counting { alarm, kind, due, .. } if up >= *due => {
            raise(*alarm, kind, up, rules)
        }
        Countdown::Counting { due, .. } => (state.clone(), vec![Effect::WakeAt(*due)]),
        Countdown::Raised(raised) => {
            let mut next = raised.clone();
            let mut effects = Vec::new();
            if raised.text_at.is_some_and(|at| up >= at) {
                next.text_at = None;
                effects.push(Effect::Text);
            }
            if matches!(raised.decoy, Some(Decoy::Counting { due, .. }) if up >= due) {
                // Pressed again and not cancelled: it may show, and sound.
                next.decoy = None;
                effects.extend([Effect::Ring, Effect::Call]);
            }
            let next = Countdown::Raised(next);
            effects.extend(next.wake_at().map(Effect::WakeAt));
            (next, effects)
        }
    }
}

fn raise(alarm: AlarmId, kind: &Kind, up: i64, rules: &AlarmRules) -> (Countdown, Vec<Effect>) {
    let text_at = up.saturating_add(i64::from(rules.sms_after_s).saturating_mul(SECOND_MS));
    let hidden = kind.is_hidden();
    let raised = Raised {
        alarm,
        kind: kind.clone(),
        at: up,
        text_at: Some(text_at),
        heard: false,
        fine: false,
        phase: None,
        decoy: hidden.then_some(Decoy::Quiet),
    };
    let told = Tell::Raised { alarm, kind: kind.clone() };
    let mut effects = vec![Effect::Tell(told), Effect::Locate];
    if hidden {
        // A voice from the loudspeaker would betray her.
        effects.push(Effect::Hush);
    } else if *kind == Kind::Test {
        effects.push(Effect::Ring);
    } else {
        effects.extend([Effect::Ring, Effect::Call]);
    }
    effects.push(Effect::WakeAt(text_at));
    (Countdown::Raised(raised), effects)
}

/// How much is left is not known: all of it begins anew. Never early; and the server holds the first
/// due time.
fn restarted(state: &Countdown, up: i64, rules: &AlarmRules) -> (Countdown, Vec<Effect>) {
    let mut next = state.clone();
    let mut effects = Vec::new();
    match &mut next {
        Countdown::Idle => {}
        Countdown::Counting { kind, from, due, .. } => {
            *from = up;
            *due = up.saturating_add(rules.pre_alarm_ms(kind));
            effects.extend([Effect::Ring, Effect::Locate]);
        }
        Countdown::Raised(raised) => {
            raised.at = up;
            if let Some(at) = &mut raised.text_at {
                *at = up.saturating_add(i64::from(rules.sms_after_s).saturating_mul(SECOND_MS));
            }
            if let Some(Decoy::Counting { .. }) = raised.decoy {
                raised.decoy = Some(Decoy::Quiet);
            }
            effects.push(Effect::Locate);
        }
    }
    effects.extend(next.wake_at().map(Effect::WakeAt));
    (next, effects)
}

fn triggered(
    state: &Countdown,
    alarm: AlarmId,
    kind: &Kind,
    up: i64,
    rules: &AlarmRules,
) -> (Countdown, Vec<Effect>) {
    let pre_alarm_ms = rules.pre_alarm_ms(kind);
    match state {
        Countdown::Idle if pre_alarm_ms == 0 => raise(alarm, kind, up, rules),
        Countdown::Idle => {
            let due = up.saturating_add(pre_alarm_ms);
            let told = Tell::Armed { alarm, kind: kind.clone(), pre_alarm_ms };
            let effects =
                vec![Effect::Tell(told), Effect::Ring, Effect::Locate, Effect::WakeAt(due)];
            (Countdown::Counting { alarm, kind: kind.clone(), from: up, due }, effects)
        }
        // Held once more, to be silent: no more time to cancel.
        Countdown::Counting { alarm, .. } if kind.is_hidden() => raise(*alarm, kind, up, rules),
        Countdown::Counting { alarm, kind: first, from, due } => {
            // The first due time stands, and a graver reason is told when it comes.
            let kind = first.clone().graver(kind.clone());
            let next = Countdown::Counting { alarm: *alarm, kind, from: *from, due: *due };
            (next, vec![Effect::WakeAt(*due)])
        }
        // A real one is never lost in a test.
        Countdown::Raised(raised) if raised.kind == Kind::Test && *kind != Kind::Test => {
            triggered(&Countdown::Idle, alarm, kind, up, rules)
        }
        Countdown::Raised(raised) => again(raised, kind, up, pre_alarm_ms),
    }
}

/// Another press while an alarm is raised: the same alarm, told again.
fn again(raised: &Raised, kind: &Kind, up: i64, pre_alarm_ms: i64) -> (Countdown, Vec<Effect>) {
    let mut next = raised.clone();
    next.kind = raised.kind.clone().graver(kind.clone());
    let told = Tell::Raised { alarm: raised.alarm, kind: next.kind.clone() };
    let mut effects = vec![Effect::Tell(told), Effect::Locate];
    if raised.decoy == Some(Decoy::Quiet) && !kind.is_hidden() {
        next.decoy = Some(Decoy::Counting { from: up, due: up.saturating_add(pre_alarm_ms) });
        effects.push(Effect::Ring);
    }
    let next = Countdown::Raised(next);
    effects.extend(next.wake_at().map(Effect::WakeAt));
    (next, effects)
}

fn cancelled(state: &Countdown) -> (Countdown, Vec<Effect>) {
    match state {
        Countdown::Idle => (Countdown::Idle, vec![]),
        Countdown::Counting { alarm, .. } => {
            (Countdown::Idle, vec![Effect::Hush, Effect::Tell(Tell::Cancelled { alarm: *alarm })])
        }
        Countdown::Raised(raised) => match raised.decoy {
            Some(Decoy::Counting { .. }) => {
                let next = Raised { decoy: Some(Decoy::Quiet), ..raised.clone() };
                let next = Countdown::Raised(next);
                let wake = next.wake_at().map(Effect::WakeAt);
                (next, std::iter::once(Effect::Hush).chain(wake).collect())
            }
            Some(Decoy::Quiet) => (state.clone(), vec![]),
            // Too late to cancel: it is said, and it closes nothing.
            None => fine(state),
        },
    }
}

fn duress(
    state: &Countdown,
    alarm: AlarmId,
    up: i64,
    rules: &AlarmRules,
) -> (Countdown, Vec<Effect>) {
    match state {
        Countdown::Idle => raise(alarm, &Kind::Duress, up, rules),
        Countdown::Counting { alarm, .. } => raise(*alarm, &Kind::Duress, up, rules),
        Countdown::Raised(raised) if raised.kind == Kind::Test => {
            raise(alarm, &Kind::Duress, up, rules)
        }
        Countdown::Raised(raised) => {
            let next = Raised { kind: Kind::Duress, decoy: Some(Decoy::Quiet), ..raised.clone() };
            let told = Tell::Raised { alarm: raised.alarm, kind: Kind::Duress };
            let next = Countdown::Raised(next);
            let wake = next.wake_at().map(Effect::WakeAt);
            let effects = [Effect::Hush, Effect::Tell(told), Effect::Locate];
            (next, effects.into_iter().chain(wake).collect())
        }
    }
}

fn fine(state: &Countdown) -> (Countdown, Vec<Effect>) {
    match state {
        Countdown::Raised(raised) if raised.decoy.is_none() => {
            let next = Raised { fine: true, ..raised.clone() };
            let effects = vec![Effect::Hush, Effect::Tell(Tell::Fine { alarm: raised.alarm })];
            (Countdown::Raised(next), effects)
        }
        Countdown::Raised(_) | Countdown::Idle | Countdown::Counting { .. } => {
            (state.clone(), vec![])
        }
    }
}

fn heard(state: &Countdown, alarm: AlarmId) -> (Countdown, Vec<Effect>) {
    match state {
        Countdown::Raised(raised) if raised.alarm == alarm => {
            let next = Raised { heard: true, text_at: None, ..raised.clone() };
            (Countdown::Raised(next), vec![])
        }
        Countdown::Raised(_) | Countdown::Idle | Countdown::Counting { .. } => {
            (state.clone(), vec![])
        }
    }
}

/// An alarm that was hidden, on a phone that has forgotten so: killed before it could keep the code of
/// duress, or put back to an older state. What it shows must end. `None` when nothing is to be mended.
fn forgotten(state: &Countdown, alarm: AlarmId, phase: &Phase, up: i64) -> Option<Countdown> {
    let open = matches!(phase, Phase::Notifying | Phase::Exhausted | Phase::Acknowledged);
    let hide = |raised: Raised| {
        let decoy = Some(Decoy::Quiet);
        Countdown::Raised(Raised { kind: Kind::Silent, decoy, ..raised })
    };
    match state {
        Countdown::Counting { alarm: mine, kind, .. } if open && *mine == alarm => {
            let raised = Raised {
                alarm,
                kind: kind.clone(),
                at: up,
                text_at: None,
                heard: true,
                fine: false,
                phase: None,
                decoy: None,
            };
            Some(hide(raised))
        }
        // One that knows it is hidden decides by itself what shows.
        Countdown::Raised(raised) if open && raised.alarm == alarm && !raised.kind.is_hidden() => {
            Some(hide(raised.clone()))
        }
        Countdown::Idle | Countdown::Counting { .. } | Countdown::Raised(_) => None,
    }
}

fn status(
    state: &Countdown,
    alarm: AlarmId,
    phase: &Phase,
    mut effects: Vec<Effect>,
) -> (Countdown, Vec<Effect>) {
    let Countdown::Raised(raised) = state else { return (state.clone(), effects) };
    if raised.alarm != alarm {
        return (state.clone(), effects);
    }
    match phase {
        // Pressed again under a hidden alarm: that press is still to be judged.
        Phase::Resolved if matches!(raised.decoy, Some(Decoy::Counting { .. })) => {
            (state.clone(), effects)
        }
        Phase::Resolved if raised.decoy.is_some() => (Countdown::Idle, effects),
        Phase::Resolved => {
            effects.extend([Effect::Hush, Effect::Closed]);
            (Countdown::Idle, effects)
        }
        Phase::Notifying | Phase::Exhausted | Phase::Acknowledged => {
            let phase = Some(phase.clone());
            let next = Raised { heard: true, text_at: None, phase, ..raised.clone() };
            (Countdown::Raised(next), effects)
        }
        // Word of before the raise, or of a newer server.
        Phase::Armed | Phase::Cancelled | Phase::Unknown(_) => (state.clone(), effects),
    }
}

#[cfg(test)]
#[path = "countdown_tests.rs"]
mod tests;
