//! The lone worker's alarm on the phone (rows O-31 to O-33, B-06): the shared machine, kept in memory
//! first and in the duty data when that works, so that a full disk or a locked key stops nothing.
//!
//! Two loops drive it ([`crate::phone::Phone`]): one is the clock and the hands (call, text message,
//! position, sound), the other its own line to the server. Neither waits for the other.

mod codes;
mod copy;
mod held;
mod immobile;
mod known;
mod line;
mod look;
mod session;

use releve_shared::alarm::countdown::{self, Countdown, Effect, Event, Look, Tell};
use releve_shared::alarm::{
    Able, Capability, Channel, Kind, Phase, PhoneTry, Position, Report, SmsKey, SmsText, Stillness,
};
use releve_shared::clock::Stamp;
use releve_shared::id::{AlarmId, CommandId, VisitId};
use releve_shared::planted;
use releve_shared::refusal::Refusal;
use releve_shared::time::{MINUTE_MS, Moment, SECOND_MS};

use crate::core::Core;
use crate::door::{Press, Reply, Timing};
use crate::fault::Stop;
use crate::ports::{Ability, Alert, Asked, Felt, Fix, Secret};
use crate::sight::Sight;
use crate::store::{duty, write};
use crate::sync::request;

pub(crate) use codes::Codes;
pub(crate) use held::AlarmHeld;
pub(crate) use known::{Known, SelfTest, SmsCode, WorkerName};
pub use line::LineStep;

/// A position is told at most this often.
const TELL_PLACE_MS: i64 = 10 * SECOND_MS;

/// With an alarm, the clock looks this often: positions, beeps.
const BEAT_MS: i64 = 500;

/// While movements are felt, this often.
const FEEL_MS: i64 = 2 * SECOND_MS;

/// Without one, this often: the line of means must be true.
const REST_MS: i64 = MINUTE_MS;

/// The alarm of this phone.
#[derive(Default)]
pub(crate) struct Alarm {
    pub(crate) held: AlarmHeld,
    /// The store has refused the last step; it is offered again.
    pub(crate) unsaved: bool,
    pub(crate) known: Known,
    written: copy::Written,
    pub(crate) senses: Senses,
    still: Stillness,
    fix: Option<Fix>,
    owed: Vec<Hand>,
    line: line::Line,
}

/// What the device says of itself, for the line of means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Senses {
    /// Calling.
    pub call: Option<Ability>,
    /// Sending text messages.
    pub text: Option<Ability>,
    /// Measuring positions.
    pub place: Option<Ability>,
    /// How old the device's last position is, in milliseconds.
    pub place_age_ms: Option<i64>,
    /// Showing notices.
    pub notices: Option<Ability>,
    /// The newest position, while one may be measured.
    pub fix: Option<Fix>,
    /// Feeling movements.
    pub feel: Option<Ability>,
    /// The phone is on its charger.
    pub charging: bool,
    /// What was felt since the last turn, while movements may be felt.
    pub felt: Option<Felt>,
    /// How well notices keep their time.
    pub timing: Timing,
    /// The alarm was pressed outside the app.
    pub pressed: bool,
}

/// Something for the hands, each on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hand {
    /// Call this number, loudspeaker on.
    Call {
        /// The number.
        number: String,
    },
    /// Send this text message.
    Text {
        /// To whom.
        number: String,
        /// The words.
        words: String,
    },
}

/// What the clock's loop does until its next turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// For the hands, once.
    pub hands: Vec<Hand>,
    /// What is heard and felt.
    pub alert: Alert,
    /// Whether positions are measured: from the countdown to the end of the alarm.
    pub locate: bool,
    /// Whether movements are felt: under watch, when the agency wants it.
    pub feel: bool,
    /// When to come back, in milliseconds.
    pub wait_ms: i64,
}

impl Core {
    /// The button. Nothing that can fail comes before it.
    pub(crate) fn press_alarm(&mut self, press: Press, now: &Stamp) -> Reply {
        let kind = match press {
            Press::Pressed => Kind::Panic,
            Press::Held => Kind::Silent,
            Press::Test => Kind::Test,
        };
        self.trigger(kind, now);
        Reply::Done
    }

    pub(crate) fn trigger(&mut self, kind: Kind, now: &Stamp) {
        let alarm = AlarmId::new(self.alarm_time(now), self.id_chance());
        self.alarm_event(&Event::Trigger { alarm, kind }, now);
    }

    /// Cancels, or says "je vais bien" after zero.
    pub(crate) fn cancel_alarm(&mut self, code: Option<&str>, now: &Stamp) -> Result<Reply, Stop> {
        let event = match (&self.alarm.known.codes, code) {
            (None, _) => Event::Cancel,
            (Some(codes), Some(code)) if codes.cancels(code) => Event::Cancel,
            (Some(codes), Some(code)) if codes.duress(code) => {
                Event::Duress { alarm: AlarmId::new(self.alarm_time(now), self.id_chance()) }
            }
            (Some(_), _) => return Err(Refusal::WrongCredentials.into()),
        };
        let cancels = event == Event::Cancel;
        self.alarm_event(&event, now);
        if cancels && self.alarm.held.session.is_some() {
            // Whoever cancels has given a sign.
            return self.alarm_fine(None, now);
        }
        if !cancels {
            // On this phone it looks the same; the server hears no sign.
            self.sign_silently(now);
            self.save_alarm();
        }
        Ok(Reply::Done)
    }

    /// The end was seen.
    pub(crate) fn alarm_seen(&mut self) -> Reply {
        self.alarm.held.closed = None;
        self.save_alarm();
        Reply::Done
    }

    /// A turn of the clock's loop.
    pub fn alarm_turn(&mut self, mut senses: Senses) -> Turn {
        let now = self.ports.clock.now();
        let fix = senses.fix.clone();
        // A screen is not drawn anew for each movement.
        let felt = senses.felt.take();
        let pressed = std::mem::take(&mut senses.pressed);
        if self.alarm.senses != senses {
            self.alarm.senses = senses;
            self.changed();
        }
        if !self.alarm.held.boot.is_empty() && self.alarm.held.boot != now.boot {
            self.session_restarted(&now);
            self.alarm_event(&Event::Restarted, &now);
        }
        if pressed {
            self.trigger(Kind::Panic, &now);
        }
        // The position first: what zero tells carries it.
        if let Some(fix) = fix {
            self.alarm_fix(fix, &now);
        }
        self.alarm_event(&Event::Tick, &now);
        self.session_turn(&now);
        self.immobile_turn(felt, &now);
        if self.alarm.unsaved {
            self.save_alarm();
        }
        let running = self.alarm.held.machine != Countdown::Idle;
        Turn {
            hands: std::mem::take(&mut self.alarm.owed),
            alert: self.alert(&now),
            locate: running,
            feel: self.feels(),
            wait_ms: self.next_turn(&now),
        }
    }

    /// What came of a hand's work.
    pub fn alarm_tried(&mut self, hand: &Hand, asked: Asked) {
        let now = self.ports.clock.now();
        let came = match asked {
            Asked::Done => PhoneTry::Started,
            Asked::Offered => PhoneTry::Asked,
            Asked::Impossible => PhoneTry::Cannot,
        };
        let channel = match hand {
            Hand::Call { .. } => {
                self.alarm.held.call = Some(came.clone());
                Channel::Call
            }
            Hand::Text { number, words } => {
                self.alarm.held.text = Some(came.clone());
                self.alarm.held.text_link = Some(composer(number, words));
                Channel::Sms
            }
        };
        if let Some(alarm) = self.alarm.held.machine.alarm() {
            self.report(Report::Tried { alarm, channel, came }, &now);
        }
        self.save_alarm();
        self.changed();
    }

    /// One step of the machine, and all that follows.
    pub(crate) fn alarm_event(&mut self, event: &Event, now: &Stamp) {
        let before = self.alarm.held.machine.clone();
        let (next, effects) = countdown::step(&before, event, now.up_ms, &self.alarm.known.rules());
        let news = next != before || effects.iter().any(|e| !matches!(e, Effect::WakeAt(_)));
        if before.alarm().is_none() && next.alarm().is_some() {
            self.alarm.held.begin();
            self.alarm.fix = None;
        }
        self.alarm.held.machine = next;
        if let Some(kind) = self.alarm.held.kind() {
            self.alarm.held.test = *kind == Kind::Test;
        }
        self.alarm.held.boot.clone_from(&now.boot);
        for effect in effects {
            self.alarm_effect(effect, now);
        }
        if news {
            self.save_alarm();
            self.changed();
        }
    }

    fn alarm_effect(&mut self, effect: Effect, now: &Stamp) {
        match effect {
            // What sounds, where the phone looks and when it wakes follow from the state.
            Effect::WakeAt(_) | Effect::Ring | Effect::Hush | Effect::Locate => {}
            Effect::Tell(tell) => self.tell(tell, now),
            Effect::Call => {
                let number = self.alarm.known.call_number();
                if !number.is_empty() {
                    self.alarm.owed.push(Hand::Call { number });
                }
            }
            Effect::Text => match self.text_message(now) {
                Some(hand) => self.alarm.owed.push(hand),
                None => self.alarm.held.text = Some(PhoneTry::Cannot),
            },
            Effect::Closed => self.alarm_closed(now),
        }
    }

    fn tell(&mut self, tell: Tell, now: &Stamp) {
        let what = match tell {
            Tell::Armed { alarm, kind, pre_alarm_ms } => {
                let (visit, position) = (self.alarm_visit(now), self.position(now));
                Report::Armed { alarm, kind, pre_alarm_ms, visit, position }
            }
            Tell::Raised { alarm, kind } => {
                let (visit, position) = (self.alarm_visit(now), self.position(now));
                let at = self.alarm_time(now);
                if kind == Kind::Test {
                    self.keep_test(SelfTest { at, whole: false, by: None });
                }
                Report::Raised { alarm, kind, visit, position }
            }
            Tell::Cancelled { alarm } => Report::Cancelled { alarm },
            Tell::Fine { alarm } => Report::Fine { alarm },
        };
        self.report(what, now);
    }

    /// The text message: signed for the office's gateway, or in plain words for a person.
    fn text_message(&self, now: &Stamp) -> Option<Hand> {
        let Countdown::Raised(raised) = &self.alarm.held.machine else { return None };
        let known = &self.alarm.known;
        let gateway = known.settings.as_ref().map(|set| set.sms_number.clone()).unwrap_or_default();
        let key = request::text(&*self.ports.vault, Secret::SmsKey).ok();
        let key = key.and_then(|key| SmsKey::parse(&key).ok());
        if let (false, Some(code), Some(key)) = (gateway.is_empty(), &known.sms_code, key) {
            let text = SmsText {
                alarm: raised.alarm,
                code: code.0.clone(),
                position: self.position(now),
                kind: raised.kind.clone(),
            };
            let words = text.sign(&key).ok()?;
            return Some(Hand::Text { number: gateway, words });
        }
        let number = known.text_number()?;
        Some(Hand::Text { number, words: self.plain_words(raised, now) })
    }

    /// For a person: who, that it is an alarm, where by coordinates. Nothing of a client.
    fn plain_words(&self, raised: &countdown::Raised, now: &Stamp) -> String {
        let who = self.alarm.known.name.as_ref().map_or("", |name| name.0.as_str());
        let what = if raised.kind == Kind::Test { "TEST DATI" } else { "ALARME DATI" };
        let place = self.position(now).map_or_else(String::new, |at| {
            let accuracy = at.accuracy_m.map_or_else(String::new, |m| format!(" a {m} m pres"));
            format!(" Position {}{accuracy}, il y a {} s.", at.text(), at.age_ms / SECOND_MS)
        });
        format!("{what} {who}.{place} Rappelez, sinon appelez le 112.").replace(" .", ".")
    }

    /// The position known, as it travels.
    fn position(&self, now: &Stamp) -> Option<Position> {
        let fix = self.alarm.fix.as_ref()?;
        let age_ms = now.up_ms.saturating_sub(fix.up_ms).max(0);
        let (lat_udeg, lon_udeg, accuracy_m) = (fix.lat_udeg, fix.lon_udeg, fix.accuracy_m);
        Some(Position { lat_udeg, lon_udeg, accuracy_m, age_ms }).filter(Position::is_possible)
    }

    /// A position was measured: written in the worker's ledger (row B-05), then told.
    fn alarm_fix(&mut self, fix: Fix, now: &Stamp) {
        let Some(alarm) = self.alarm.held.machine.alarm() else { return };
        if self.alarm.fix.as_ref().is_some_and(|known| known.up_ms >= fix.up_ms) {
            return;
        }
        let first = self.alarm.fix.is_none();
        self.alarm.fix = Some(fix);
        self.note_position(now);
        let since = now.up_ms.saturating_sub(self.alarm.held.place_told_up);
        if let (true, Some(position)) =
            (first || !(0..TELL_PLACE_MS).contains(&since), self.position(now))
        {
            self.alarm.held.place_told_up = now.up_ms;
            self.report(Report::At { alarm, position }, now);
            self.save_alarm();
        }
        self.changed();
    }

    fn note_position(&mut self, now: &Stamp) {
        let at = self.alarm_time(now);
        let noted = self.store().and_then(|store| {
            write(&mut store.duty, |tx| Ok(duty::position_read(tx, at, "alarm")?))
        });
        if let Err(Stop::Fault(fault)) = noted {
            drop(self.noted(fault));
        }
    }

    /// Another report for the line. Only the newest position waits.
    pub(crate) fn report(&mut self, what: Report, now: &Stamp) {
        let id = CommandId::new(self.alarm_time(now), self.id_chance());
        let capability = Some(self.capability(now));
        let membership = self.alarm.known.member;
        self.alarm.held.add(id, what, membership, capability, now);
        self.alarm.line.hurry();
    }

    /// What could be used now.
    pub(crate) fn capability(&self, now: &Stamp) -> Capability {
        let senses = &self.alarm.senses;
        let alone = |ability: Option<Ability>| match ability {
            Some(Ability::Alone) => Able::Yes,
            Some(Ability::ByHand | Ability::No) => Able::No,
            None => Able::Maybe,
        };
        Capability {
            call: alone(senses.call),
            sms: alone(senses.text),
            data: self.data(now),
            on_time: alone(senses.notices),
            position_age_ms: senses.place_age_ms,
        }
    }

    /// Whether the server has answered lately, by any way.
    pub(crate) fn data(&self, now: &Stamp) -> Able {
        match (self.engine.online, self.alarm.line.answered_lately(now)) {
            (true, _) | (_, Some(true)) => Able::Yes,
            (false, Some(false)) => Able::No,
            (false, None) if self.engine.trouble.is_some() => Able::No,
            (false, None) => Able::Maybe,
        }
    }

    /// The best guess of the time, whatever the store says.
    pub(crate) fn alarm_time(&mut self, now: &Stamp) -> Moment {
        self.measured(now).map_or(now.wall, |measured| measured.at)
    }

    /// The visit in progress, when that can be read.
    fn alarm_visit(&mut self, now: &Stamp) -> Option<VisitId> {
        let (scene, _) = self.clocking_scene(&Sight::default(), now).ok()?;
        scene.in_progress().map(|(visit, _)| visit.id)
    }

    /// Keeps the alarm; what the disk refuses stays in memory and is offered again.
    pub(crate) fn save_alarm(&mut self) {
        if planted!("alarm_not_saved") {
            return;
        }
        self.alarm.held.revision = self.alarm.held.revision.saturating_add(1);
        let held = self.alarm.held.clone();
        let saved =
            self.store().and_then(|store| write(&mut store.duty, |tx| Ok(duty::put(tx, &held)?)));
        let aside = self.alarm.unsaved;
        self.alarm.unsaved = saved.is_err();
        if let Err(Stop::Fault(fault)) = saved {
            drop(self.noted(fault));
        }
        // Beside the databases while they take nothing, and no longer.
        if aside || self.alarm.unsaved {
            self.copy_for_alarms();
        }
    }

    fn alarm_closed(&mut self, now: &Stamp) {
        let at = self.alarm_time(now);
        self.alarm.held.close(at);
        let Some(closed) = self.alarm.held.closed.clone().filter(|closed| closed.test) else {
            return;
        };
        let test = SelfTest { at, whole: true, by: closed.acknowledged_by };
        self.keep_test(test);
    }

    /// What is heard and felt: nothing of a hidden alarm.
    fn alert(&self, now: &Stamp) -> Alert {
        let held = &self.alarm.held;
        match (held.machine.look(), &held.machine) {
            (Look::Counting { from, due }, _) => {
                let all = due.saturating_sub(from).max(1);
                let far = now.up_ms.saturating_sub(from).clamp(0, all).saturating_mul(1000) / all;
                Alert::Countdown(u16::try_from(far).unwrap_or(1000))
            }
            (Look::Raised, Countdown::Raised(raised)) => {
                let answered = raised.phase == Some(Phase::Acknowledged);
                match (answered, raised.fine) {
                    (true, _) => Alert::Acknowledged,
                    (false, true) => Alert::Quiet,
                    (false, false) => Alert::Given,
                }
            }
            (Look::Quiet | Look::Raised, _) if self.session_asks(now) => Alert::Question,
            (Look::Quiet | Look::Raised, _) if held.session.is_some() => Alert::Watching,
            (Look::Quiet | Look::Raised, _) => Alert::Quiet,
        }
    }

    fn next_turn(&self, now: &Stamp) -> i64 {
        let held = &self.alarm.held;
        let rest = match held.machine {
            Countdown::Idle if self.feels() => FEEL_MS,
            Countdown::Idle => REST_MS,
            Countdown::Counting { .. } | Countdown::Raised(_) => BEAT_MS,
        };
        let dues = [held.machine.wake_at(), self.session_wake(now)];
        let soonest = dues.into_iter().flatten().map(|due| due.saturating_sub(now.up_ms)).min();
        soonest.map_or(rest, |wait| wait.clamp(0, rest))
    }
}

/// `sms:` with its words, for the device's own composer.
fn composer(number: &str, words: &str) -> String {
    let coded: String = words
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("sms:{number}?body={coded}")
}
