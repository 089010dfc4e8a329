//! Lone work under watch: opened by the start stamp of a visit when the agency wants it, or by the worker
//! herself outside the planning; asked about, closed by its end. The server holds the same session, and
//! waits longer.

use releve_shared::alarm::countdown::{Countdown, Event, Look};
use releve_shared::alarm::{CheckIn, LONGEST_MIN, LoneSession, PLACE_LIMIT, Report};
use releve_shared::clock::Stamp;
use releve_shared::id::{LoneSessionId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::time::{MINUTE_MS, Moment};
use releve_shared::visit::ClockKind;

use super::held::Aside;
use crate::core::Core;
use crate::door::{Reply, SessionView};
use crate::fault::Stop;

impl Core {
    /// A stamp was made: a start opens a session, an end or an undone start closes it. `ended` is
    /// whether the visit was over before the stamp, which then has undone its end.
    pub(crate) fn alarm_clocked(
        &mut self,
        kind: &ClockKind,
        visit: VisitId,
        (ends_at, ended): (Option<Moment>, bool),
        now: &Stamp,
    ) {
        let watched = self.alarm.held.session.as_ref().is_some_and(|it| it.visit == Some(visit));
        match (kind, watched) {
            (ClockKind::Start, _) => self.open_session(visit, ends_at, now),
            (ClockKind::End | ClockKind::Void, true) => {
                self.close_session(now);
                self.take_up(now);
            }
            (ClockKind::Void, false) if ended => self.open_session(visit, ends_at, now),
            (ClockKind::End | ClockKind::Void | ClockKind::Unknown(_), _) => {}
        }
    }

    fn open_session(&mut self, visit: VisitId, ends_at: Option<Moment>, now: &Stamp) {
        let rules = self.alarm.known.rules();
        if !rules.sessions {
            return;
        }
        let at = self.alarm_time(now);
        // A visit that nobody has planned is asked about after an hour.
        let ends_at = ends_at.filter(|end| *end > at).unwrap_or_else(|| at.plus(60 * MINUTE_MS));
        let ends_in_ms = ends_at.since(at);
        let opened = Moment(now.up_ms);
        let session = LoneSession::of_visit(visit, opened, opened.plus(ends_in_ms), &rules);
        // The visit's takes over from one that she has opened, which goes on after it.
        let aside = self.set_aside();
        self.close_session(now);
        self.alarm.held.aside = aside;
        self.watch(session, ends_at, now);
    }

    fn set_aside(&mut self) -> Option<Aside> {
        let held = &mut self.alarm.held;
        match (&held.session, held.session_ends) {
            (Some(LoneSession { visit: None, check_in, place, .. }), Some(ends_at)) => {
                Some(Aside { ends_at, check_in: check_in.clone(), place: place.clone() })
            }
            _ => held.aside.take(),
        }
    }

    /// What she had announced before the visit is not over: she is watched again, as another session.
    fn take_up(&mut self, now: &Stamp) {
        let Some(Aside { ends_at, check_in, place }) = self.alarm.held.aside.take() else { return };
        let at = self.alarm_time(now);
        if ends_at > at {
            let session = self.own(ends_at.since(at), check_in, place, now);
            self.watch(session, ends_at, now);
        }
    }

    fn own(
        &mut self,
        lasts_ms: i64,
        check_in: Option<CheckIn>,
        place: String,
        now: &Stamp,
    ) -> LoneSession {
        let opened_at = Moment(now.up_ms);
        LoneSession {
            id: LoneSessionId::new(self.alarm_time(now), self.id_chance()),
            visit: None,
            opened_at,
            ends_at: opened_at.plus(lasts_ms),
            signed_at: opened_at,
            check_in,
            place,
        }
    }

    fn watch(&mut self, session: LoneSession, ends_at: Moment, now: &Stamp) {
        let what = Report::Opened {
            session: session.id,
            visit: session.visit,
            ends_in_ms: session.ends_at.since(session.opened_at),
            check_in: session.check_in.clone(),
            place: session.place.clone(),
        };
        self.alarm.held.session = Some(session);
        self.alarm.held.session_ends = Some(ends_at);
        self.alarm.held.boot.clone_from(&now.boot);
        self.report(what, now);
        self.save_alarm();
    }

    /// She works alone outside the planning, for so long, and wants to be watched.
    pub(crate) fn start_lone_work(
        &mut self,
        (minutes, every_min): (u32, Option<u32>),
        place: &str,
        now: &Stamp,
    ) -> Result<Reply, Stop> {
        if self.alarm.known.line().is_none() {
            return Err(Refusal::NotEnrolled.into());
        }
        if self.alarm.held.session.is_some() {
            return Err(Refusal::AlreadyWatched.into());
        }
        let place = place.trim();
        if place.chars().count() > PLACE_LIMIT {
            return Err(Refusal::TooLong.into());
        }
        let asked = every_min.is_none_or(|every| (5..=480).contains(&every));
        if !(5..=LONGEST_MIN).contains(&minutes) || !asked {
            return Err(Refusal::Invalid.into());
        }
        let lasts_ms = i64::from(minutes).saturating_mul(MINUTE_MS);
        let grace_min = self.alarm.known.rules().check_in.unwrap_or_default().grace_min;
        let check_in = every_min.map(|every_min| CheckIn { every_min, grace_min });
        let session = self.own(lasts_ms, check_in, place.to_owned(), now);
        let ends_at = self.alarm_time(now).plus(lasts_ms);
        self.watch(session, ends_at, now);
        Ok(Reply::Done)
    }

    /// She has ended it. A visit's session ends with its stamp.
    pub(crate) fn end_lone_work(&mut self, now: &Stamp) -> Result<Reply, Stop> {
        let own = |session: &LoneSession| session.visit.is_none();
        if !self.alarm.held.session.as_ref().is_some_and(own) {
            return Err(Refusal::NotFound.into());
        }
        self.close_session(now);
        Ok(Reply::Done)
    }

    fn close_session(&mut self, now: &Stamp) {
        let Some(session) = self.alarm.held.session.take() else { return };
        self.alarm.held.session_ends = None;
        self.report(Report::Closed { session: session.id }, now);
        self.save_alarm();
    }

    /// "Tout va bien", and perhaps "je reste encore".
    pub(crate) fn alarm_fine(&mut self, stay_min: Option<u32>, now: &Stamp) -> Result<Reply, Stop> {
        let Some(session) = &self.alarm.held.session else { return Err(Refusal::NotFound.into()) };
        // So much longer than announced, or than now when that is over.
        let from = session.ends_at.max(Moment(now.up_ms));
        let until = stay_min
            .map(|minutes| i64::from(minutes.min(LONGEST_MIN)).saturating_mul(MINUTE_MS))
            .map(|ms| from.plus(ms));
        let (id, signed) = (session.id, session.signed(Moment(now.up_ms), until));
        let ends_in_ms = until.map(|until| until.0.saturating_sub(now.up_ms));
        self.alarm.held.session = Some(signed);
        if let Some(ms) = ends_in_ms {
            let ends = self.alarm_time(now).plus(ms);
            self.alarm.held.session_ends = Some(ends);
        }
        self.report(Report::Signed { session: id, ends_in_ms }, now);
        self.save_alarm();
        Ok(Reply::Done)
    }

    /// Time has passed: an answer that did not come begins a countdown.
    pub(crate) fn session_turn(&mut self, now: &Stamp) {
        let rules = self.alarm.known.rules();
        let Some(session) = &self.alarm.held.session else { return };
        let (due, alarm) = (session.due(&rules), session.alarm());
        if now.up_ms < due.raise_at.0 {
            return;
        }
        if self.alarm.held.machine != Countdown::Idle {
            if self.alarm.held.machine.look() == Look::Quiet {
                // A hidden alarm runs: nothing on this phone may tell of it, a question for ever neither.
                self.sign_silently(now);
            }
            return;
        }
        // Asked, and told: what comes next is asked anew.
        self.alarm.held.session = Some(session.signed(Moment(now.up_ms), None));
        // The server raises the same one, under the same id.
        self.alarm_event(&Event::Trigger { alarm, kind: due.kind }, now);
    }

    /// The session begins to wait anew, on this phone only.
    pub(crate) fn sign_silently(&mut self, now: &Stamp) {
        if let Some(session) = &self.alarm.held.session {
            self.alarm.held.session = Some(session.signed(Moment(now.up_ms), None));
        }
    }

    /// The boot clock begins anew: the end is found again from the measured time.
    pub(crate) fn session_restarted(&mut self, now: &Stamp) {
        let at = self.alarm_time(now);
        let held = &mut self.alarm.held;
        let Some(session) = &mut held.session else { return };
        let up = Moment(now.up_ms);
        session.opened_at = up;
        session.signed_at = up;
        session.ends_at = held.session_ends.map_or(up, |ends| up.plus(ends.since(at)));
    }

    /// Whether "tout va bien ?" waits for an answer.
    pub(crate) fn session_asks(&self, now: &Stamp) -> bool {
        self.alarm.held.session.as_ref().is_some_and(|session| {
            let due = session.due(&self.alarm.known.rules());
            (due.ask_at.0..due.raise_at.0).contains(&now.up_ms)
        })
    }

    /// When the clock must look at the session.
    pub(crate) fn session_wake(&self, now: &Stamp) -> Option<i64> {
        let due = self.alarm.held.session.as_ref()?.due(&self.alarm.known.rules());
        Some(if now.up_ms < due.ask_at.0 { due.ask_at.0 } else { due.raise_at.0 })
    }

    pub(crate) fn session_view(&self, now: &Stamp) -> Option<SessionView> {
        let session = self.alarm.held.session.as_ref()?;
        let wake = self.session_wake(now)?;
        Some(SessionView {
            id: session.id,
            visit: session.visit,
            place: session.place.clone(),
            ends_at: self.alarm.held.session_ends,
            every_min: session.check_in.as_ref().map(|check_in| check_in.every_min),
            asks: self.session_asks(now),
            left_ms: wake.saturating_sub(now.up_ms).max(0),
        })
    }
}
