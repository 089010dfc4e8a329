//! The lone worker's alarm, in the same weather as everything else (I8): its own line, the server's due
//! times, and what must hold of every press.

use std::collections::BTreeMap;

use releve_core::door::{Act, AlarmLook, PhoneState, Press};
use releve_core::{LineStep, Senses};
use releve_shared::id::AlarmId;
use releve_shared::time::{MINUTE_MS, Moment, SECOND_MS};

use crate::run::Run;

releve_server::statements! {
    RAISED = "SELECT a.id, a.raised_at, (SELECT COUNT(*) FROM alarm_entry e
              WHERE e.alarm = a.id AND e.what LIKE 'raised%') FROM alarm a";
}

/// From the press to zero: what an agency has that has set nothing.
const COUNTDOWN_MS: i64 = 10 * SECOND_MS;

/// An alarm that a worker has pressed and whose phone has said that it counts.
pub struct Pressed {
    alarm: AlarmId,
    phone: usize,
    /// The true moment.
    at: Moment,
    /// Cancelled before zero, as the phone said.
    cancelled: bool,
}

impl Run {
    /// Something happens to the alarm of a phone.
    pub fn alarms(&mut self, number: usize) {
        self.phones[number].turns(Senses::default());
        match self.dice.below(10) {
            0..2 => self.presses(number),
            2..4 => self.cancels(number),
            _ => self.speaks_for_its_alarm(number),
        }
        self.server.watches_alarms();
        self.mourns(number);
    }

    fn presses(&mut self, number: usize) {
        let before = self.counting(number);
        let silent = self.dice.percent(20);
        let press = if silent { Press::Held } else { Press::Pressed };
        let _ = self.phones[number].act(Act::Alarm { press });
        self.phones[number].turns(Senses::default());
        // A silent alarm shows nothing: what this phone shows from then on may have begun long before.
        self.phones[number].silent |= silent;
        let clear = !self.phones[number].silent && !self.phones[number].fuse.blown();
        let counting = self.counting(number).filter(|alarm| before != Some(*alarm));
        if let Some(alarm) = counting.filter(|_| clear) {
            self.trace.says(format!("phone {number} is pressed: {alarm}"));
            let at = self.time.now();
            self.pressed.push(Pressed { alarm, phone: number, at, cancelled: false });
        }
    }

    fn cancels(&mut self, number: usize) {
        self.time.pass(i64::try_from(self.dice.below(12_000)).unwrap());
        let Some(alarm) = self.counting(number) else { return };
        let done = self.phones[number].act(Act::CancelAlarm { code: None });
        self.phones[number].turns(Senses::default());
        self.trace.says(format!("phone {number} cancels {alarm}: {done:?}"));
        let quiet = matches!(self.phones[number].state().alarm.look, AlarmLook::Quiet);
        if let Some(pressed) = self.pressed.iter_mut().find(|pressed| pressed.alarm == alarm) {
            // A phone killed meanwhile may have forgotten that it was cancelled; then it counts again.
            pressed.cancelled = quiet || self.phones[number].fuse.blown();
        }
    }

    fn counting(&mut self, number: usize) -> Option<AlarmId> {
        match self.phones[number].state().alarm.look {
            AlarmLook::Counting { alarm, .. } => Some(alarm),
            AlarmLook::Quiet | AlarmLook::Given { .. } | AlarmLook::Closed { .. } => None,
        }
    }

    /// The alarm's line says what it has to say, there and back.
    fn speaks_for_its_alarm(&mut self, number: usize) {
        let LineStep::Send(request) = self.phones[number].speaks() else { return };
        self.trace.bytes(&request.body);
        let came = self.goes_up(number, &request);
        self.server.watches_alarms();
        let came = self.comes_down(number, came);
        self.trace.answer(number, &came);
        self.phones[number].is_told(came);
    }

    /// Once the network has healed, every phone says what its alarm has to say.
    pub fn alarms_settle(&mut self) {
        for _ in 0..4 {
            for number in 0..self.phones.len() {
                self.phones[number].turns(Senses::default());
                for _ in 0..50 {
                    let LineStep::Send(request) = self.phones[number].speaks() else { break };
                    let came = Ok(self.server.ask(&request).0);
                    self.phones[number].is_told(came);
                }
            }
            self.time.pass(MINUTE_MS);
            self.server.watches_alarms();
        }
    }

    /// I8: whoever pressed and did not cancel is heard, once and never early; nobody else raises.
    pub fn every_alarm_is_raised_once(&mut self) {
        let rows: Vec<(AlarmId, Option<Moment>, u64)> = self.read(|tx| {
            let rows = tx.query(&RAISED, &[])?;
            rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
        });
        let known: BTreeMap<String, _> =
            rows.into_iter().map(|(id, at, times)| (id.to_string(), (at, times))).collect();
        for pressed in &self.pressed {
            let Pressed { alarm, phone, at, cancelled } = pressed;
            let (raised_at, times) = known.get(&alarm.to_string()).copied().unwrap_or((None, 0));
            assert!(times <= 1, "I8: alarm {alarm} of phone {phone} was raised {times} times");
            if let Some(raised_at) = raised_at {
                let early = COUNTDOWN_MS - raised_at.since(*at);
                assert!(early <= 0, "I8: alarm {alarm} of phone {phone} is {early} ms early");
            }
            // What only a lost backup or a wiped phone knew is gone with it.
            let gone = self.restored || self.phones[*phone].ever_blocked;
            assert!(
                *cancelled || gone || raised_at.is_some(),
                "I8: alarm {alarm} of phone {phone} was never raised"
            );
        }
        for number in 0..self.phones.len() {
            let state = self.phones[number].state();
            let counts = matches!(state.alarm.look, AlarmLook::Counting { .. });
            assert!(
                !counts || state.state != PhoneState::Ready,
                "I8: phone {number} counts for ever"
            );
        }
    }
}
