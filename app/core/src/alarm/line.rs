//! The alarm's own line to the server (sync.md C4, C9): one report a request, signed by the device's
//! key and by nothing else, sent again without end until the server says that it has heard.

use releve_shared::alarm::countdown::{Countdown, Event};
use releve_shared::alarm::{
    AlarmAnswer, AlarmReport, AlarmRequest, AlarmStatus, Capability, Phase, Report, SmsKey,
};
use releve_shared::clock::Stamp;
use releve_shared::id::CommandId;
use releve_shared::sync::PROTOCOL;
use releve_shared::time::{MINUTE_MS, SECOND_MS};

use super::{Alarm, SmsCode};
use crate::core::Core;
use crate::fault::Stop;
use crate::ports::{NoAnswer, Request, Response, Secret};
use crate::store::{duty, write};
use crate::sync::{answer, request};

/// With an alarm, a failed try is repeated after at most this long.
const ALARM_WAIT_MS: i64 = 5 * SECOND_MS;

/// Without one: a cancel, the end of a session.
const CALM_WAIT_MS: i64 = MINUTE_MS;

/// "I live, how does my alarm stand?", with a raised alarm …
const ALIVE_ALARM_MS: i64 = 10 * SECOND_MS;

/// … while one counts down: the server may know that it was raised, and that it must not show …
const ALIVE_COUNTING_MS: i64 = 3 * SECOND_MS;

/// … and with a session under watch.
const ALIVE_SESSION_MS: i64 = 2 * MINUTE_MS;

/// Nothing is owed.
const IDLE_MS: i64 = MINUTE_MS;

/// The answer of somebody who answered this long ago counts as "lately".
const LATELY_MS: i64 = 5 * MINUTE_MS;

/// What the line's loop does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineStep {
    /// Send this, then call [`Core::alarm_answered`].
    Send(Request),
    /// Nothing for so many milliseconds; an event comes sooner.
    Wait(i64),
}

/// Where the line is.
#[derive(Debug, Default)]
pub(crate) struct Line {
    in_flight: Option<AlarmReport>,
    failures: i64,
    /// Boot and moment of its clock before which nothing is sent.
    not_before: Option<(String, i64)>,
    /// When a sign of life is due.
    alive_at: Option<(String, i64)>,
    /// Whether the last try was answered, and when.
    answered: Option<(bool, String, i64)>,
}

impl Line {
    /// Something new is to be said: a failure of a moment ago waits no more.
    pub(crate) fn hurry(&mut self) {
        self.not_before = None;
    }

    /// Whether the server has answered on this line; `None` when nothing was asked lately.
    pub(crate) fn answered_lately(&self, now: &Stamp) -> Option<bool> {
        let (answered, boot, at) = self.answered.as_ref()?;
        let recent = *boot == now.boot && now.up_ms.saturating_sub(*at) < LATELY_MS;
        recent.then_some(*answered)
    }

    fn failed(&mut self, running: bool, now: &Stamp) {
        self.failures = self.failures.saturating_add(1);
        let most = if running { ALARM_WAIT_MS } else { CALM_WAIT_MS };
        let wait = self.failures.saturating_mul(SECOND_MS).min(most);
        self.not_before = Some((now.boot.clone(), now.up_ms.saturating_add(wait)));
        self.answered = Some((false, now.boot.clone(), now.up_ms));
    }

    fn worked(&mut self, now: &Stamp) {
        self.failures = 0;
        self.not_before = None;
        self.answered = Some((true, now.boot.clone(), now.up_ms));
    }
}

/// How long until a moment of the boot clock; a restart makes it due.
fn left(due: Option<&(String, i64)>, now: &Stamp) -> i64 {
    due.filter(|(boot, _)| *boot == now.boot)
        .map_or(0, |(_, at)| at.saturating_sub(now.up_ms).max(0))
}

impl Alarm {
    fn running(&self) -> bool {
        self.held.machine.alarm().is_some()
    }

    /// How often the phone says that it lives; `None` when nobody waits for it.
    fn alive_every(&self) -> Option<i64> {
        match (&self.held.machine, &self.held.session) {
            (Countdown::Raised(_), _) => Some(ALIVE_ALARM_MS),
            (Countdown::Counting { .. }, _) => Some(ALIVE_COUNTING_MS),
            (Countdown::Idle, Some(_)) => Some(ALIVE_SESSION_MS),
            (Countdown::Idle, None) => None,
        }
    }
}

impl Core {
    /// The next request of the alarm's line.
    pub fn alarm_request(&mut self) -> LineStep {
        let now = self.ports.clock.now();
        if self.alarm.line.in_flight.take().is_some() {
            let running = self.alarm.running();
            self.alarm.line.failed(running, &now);
        }
        let wait = left(self.alarm.line.not_before.as_ref(), &now);
        if self.alarm.known.line().is_none() {
            return LineStep::Wait(IDLE_MS);
        }
        if wait > 0 {
            return LineStep::Wait(wait);
        }
        let report = match (self.alarm.held.next(), self.alarm.alive_every()) {
            (Some(report), _) => report.clone(),
            (None, None) => return LineStep::Wait(IDLE_MS),
            (None, Some(every)) => {
                let wait = left(self.alarm.line.alive_at.as_ref(), &now);
                if wait > 0 {
                    return LineStep::Wait(wait.min(every));
                }
                self.alive(&now)
            }
        };
        match self.alarm_signed(&report, &now) {
            Ok(request) => {
                self.alarm.line.in_flight = Some(report);
                LineStep::Send(request)
            }
            Err(stop) => {
                drop(self.refusal(stop));
                let running = self.alarm.running();
                self.alarm.line.failed(running, &now);
                LineStep::Wait(left(self.alarm.line.not_before.as_ref(), &now))
            }
        }
    }

    /// What came back.
    pub fn alarm_answered(&mut self, came: &Result<Response, NoAnswer>) {
        let now = self.ports.clock.now();
        let Some(report) = self.alarm.line.in_flight.take() else { return };
        let before = self.data(&now);
        match answer::read::<AlarmAnswer>(came) {
            Ok(answer) if answer.heard == report.id => self.heard(&report, &answer, &now),
            // A portal's page, a broken server, a refusal: not heard, so it is said again.
            Ok(_) | Err(_) => {
                let running = self.alarm.running();
                self.alarm.line.failed(running, &now);
                self.alarm.held.behind(report.id);
            }
        }
        if self.data(&now) != before {
            self.changed();
        }
    }

    fn heard(&mut self, report: &AlarmReport, answer: &AlarmAnswer, now: &Stamp) {
        self.alarm.line.worked(now);
        self.alarm.line.alive_at = self
            .alarm
            .alive_every()
            .map(|every| (now.boot.clone(), now.up_ms.saturating_add(every)));
        self.alarm.held.heard(report.id);
        if let Some(route) = &answer.sms {
            self.keep_route(&route.code, &route.key);
        }
        if let Report::Raised { alarm, .. } = report.what {
            self.alarm_event(&Event::Heard { alarm }, now);
        }
        if let Some(status) = &answer.status {
            self.alarm_status(status, now);
        }
        if !matches!(report.what, Report::Alive { .. }) {
            self.save_alarm();
            self.changed();
        }
    }

    fn alarm_status(&mut self, status: &AlarmStatus, now: &Stamp) {
        let running = self.alarm.held.machine.alarm();
        let open =
            matches!(status.phase, Phase::Notifying | Phase::Exhausted | Phase::Acknowledged);
        if running.is_none() && open {
            // The server has raised by itself: the worker sees it, and can say that she is well. One
            // that was hidden by a phone which has forgotten it since stays hidden.
            self.alarm.held.raised_by_server(status.alarm, status.hidden, now.up_ms);
            self.alarm.held.boot.clone_from(&now.boot);
        }
        if self.alarm.held.machine.alarm() != Some(status.alarm) {
            return;
        }
        let news = self.alarm.held.status.as_ref() != Some(status);
        self.alarm.held.status = Some(status.clone());
        let (alarm, phase, hidden) = (status.alarm, status.phase.clone(), status.hidden);
        self.alarm_event(&Event::Status { alarm, phase, hidden }, now);
        if news {
            self.save_alarm();
            self.changed();
        }
    }

    /// The way of a text message that the server believes.
    fn keep_route(&mut self, code: &str, key: &str) {
        let known = self.alarm.known.sms_code.as_ref().is_some_and(|held| held.0 == code);
        if SmsKey::parse(key).is_err() {
            return;
        }
        let held = self.ports.vault.get(Secret::SmsKey).ok().flatten();
        if known && held.as_deref() == Some(key.as_bytes()) {
            return;
        }
        let fact = SmsCode(code.to_owned());
        let kept: Result<(), Stop> = (|| {
            self.ports.vault.put(Secret::SmsKey, key.as_bytes())?;
            write(&mut self.store()?.duty, |tx| Ok(duty::put(tx, &fact)?))
        })();
        if let Err(stop) = kept {
            drop(self.refusal(stop));
        }
        self.alarm.known.sms_code = Some(fact);
        self.copy_for_alarms();
    }

    fn alive(&mut self, now: &Stamp) -> AlarmReport {
        let id = CommandId::new(self.alarm_time(now), self.id_chance());
        let held = &mut self.alarm.held;
        held.n = held.n.saturating_add(1);
        let what = Report::Alive {
            alarm: held.machine.alarm(),
            session: held.session.as_ref().map(|session| session.id),
        };
        let n = held.n;
        let capability: Option<Capability> = Some(self.capability(now));
        let membership = self.alarm.known.member;
        AlarmReport { id, n, membership, stamp: now.clone(), capability, what }
    }

    fn alarm_signed(&mut self, report: &AlarmReport, now: &Stamp) -> Result<Request, Stop> {
        let (device, server) =
            self.alarm.known.line().ok_or(releve_shared::refusal::Refusal::NotEnrolled)?;
        let asked = AlarmRequest {
            protocol: PROTOCOL,
            device,
            sent: now.clone(),
            anchors: Vec::new(),
            report: report.clone(),
        };
        let key = request::device_key(&*self.ports.vault)?;
        let body = request::body(&asked)?;
        Ok(request::signed("POST", server, "/api/phone/alarm", body, None, &key))
    }
}
