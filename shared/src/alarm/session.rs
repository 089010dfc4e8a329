//! A stretch of lone work that is watched: when the worker is asked, and when silence is an alarm.
//! Pure; the same on the phone and on the server, which waits longer (R2B's five minutes).

use serde::{Deserialize, Serialize};

use super::{AlarmRules, CheckIn, Kind};
use crate::id::{AlarmId, LoneSessionId, VisitId};
use crate::time::{MINUTE_MS, Moment, SECOND_MS};

/// A stretch of lone work, tied to a visit or started by the worker. On a phone, moments are those of
/// its boot clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoneSession {
    /// Its id; the visit's, as a UUID, for one that a stamp has opened.
    pub id: LoneSessionId,
    /// Which visit.
    pub visit: Option<VisitId>,
    /// When it was opened.
    pub opened_at: Moment,
    /// When it should end.
    pub ends_at: Moment,
    /// The last sign that the worker herself has given.
    pub signed_at: Moment,
    /// Asked for at intervals, when the worker or the agency wants it.
    pub check_in: Option<CheckIn>,
    /// Where she is, in her own words, when she has opened it herself; else empty.
    #[serde(default)]
    pub place: String,
}

/// Longest words about the place of a session, in characters.
pub const PLACE_LIMIT: usize = 120;

/// Longest session that a worker opens, and longest stretch that it is put off by, in minutes.
pub const LONGEST_MIN: u32 = 720;

/// What is next in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionDue {
    /// When the phone asks "Tout va bien ?".
    pub ask_at: Moment,
    /// When no answer becomes an alarm on the phone: its countdown begins.
    pub raise_at: Moment,
    /// As what.
    pub kind: Kind,
}

impl LoneSession {
    /// The session of a visit; its id is the visit's, so that phone and server make the same one.
    #[must_use]
    pub fn of_visit(
        visit: VisitId,
        opened_at: Moment,
        ends_at: Moment,
        rules: &AlarmRules,
    ) -> Self {
        Self {
            id: LoneSessionId::from(visit.uuid()),
            visit: Some(visit),
            opened_at,
            ends_at,
            signed_at: opened_at,
            check_in: rules.check_in.clone(),
            place: String::new(),
        }
    }

    /// The alarm of the session: it has the session's id, so that phone and server raise the same one.
    #[must_use]
    pub fn alarm(&self) -> AlarmId {
        AlarmId::from(self.id.uuid())
    }

    /// What is next: the check-in that is due, or the end of the visit and its overrun.
    #[must_use]
    pub fn due(&self, rules: &AlarmRules) -> SessionDue {
        let minutes = |min: u32| i64::from(min).saturating_mul(MINUTE_MS);
        let grace = minutes(rules.answer_min);
        // A sign after the end begins the overrun anew: she was asked, and she has answered.
        let end = self.ends_at.max(self.signed_at);
        let kind = if self.visit.is_some() { Kind::NoCheckOut } else { Kind::MissedCheckIn };
        // A visit may last a little; what the worker herself has announced is asked about at its end.
        let announced = self.visit.is_none() && self.signed_at < self.ends_at;
        let over = if announced { end } else { end.plus(minutes(rules.overrun_min)) };
        let checkout = SessionDue { ask_at: over, raise_at: over.plus(grace), kind };
        let Some(check_in) = &self.check_in else { return checkout };
        let ask_at = self.signed_at.plus(minutes(check_in.every_min));
        let raise_at = ask_at.plus(minutes(check_in.grace_min));
        let asked = SessionDue { ask_at, raise_at, kind: Kind::MissedCheckIn };
        if asked.raise_at <= checkout.raise_at { asked } else { checkout }
    }

    /// When the server raises by itself: five minutes after the phone should have, and after the last
    /// word of the phone, which counts down by itself while it lives.
    #[must_use]
    pub fn server_due(&self, rules: &AlarmRules, heard_at: Moment) -> Moment {
        let silent = i64::from(rules.server_grace_s).saturating_mul(SECOND_MS);
        self.due(rules).raise_at.max(heard_at).plus(silent)
    }

    /// The worker has given a sign, and may have said how long she stays.
    #[must_use]
    pub fn signed(&self, at: Moment, until: Option<Moment>) -> Self {
        Self {
            signed_at: self.signed_at.max(at),
            ends_at: until.unwrap_or(self.ends_at),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> LoneSession {
        let rules = AlarmRules::default();
        let visit = VisitId::from(uuid::Uuid::from_u128(7));
        LoneSession::of_visit(visit, Moment(0), Moment(60 * MINUTE_MS), &rules)
    }

    #[test]
    fn an_end_that_nobody_clocks_is_asked_about_then_raised() {
        let rules = AlarmRules::default();
        let due = session().due(&rules);
        assert_eq!(due.kind, Kind::NoCheckOut);
        assert_eq!(due.ask_at, Moment(75 * MINUTE_MS));
        assert_eq!(due.raise_at, Moment(85 * MINUTE_MS));
        assert_eq!(session().server_due(&rules, Moment(0)), Moment(90 * MINUTE_MS));
        // While the phone speaks it counts by itself; five minutes of silence, and the server does.
        let heard = Moment(88 * MINUTE_MS);
        assert_eq!(session().server_due(&rules, heard), Moment(93 * MINUTE_MS));
    }

    #[test]
    fn b_06_a_session_of_her_own_is_asked_about_at_its_end() {
        let rules = AlarmRules::default();
        let own = LoneSession { visit: None, ..session() };
        let due = own.due(&rules);
        let wanted = (Moment(60 * MINUTE_MS), Moment(70 * MINUTE_MS), Kind::MissedCheckIn);
        assert_eq!((due.ask_at, due.raise_at, due.kind), wanted);
        let at_its_end = own.signed(Moment(60 * MINUTE_MS), None);
        assert_eq!(at_its_end.due(&rules).ask_at, Moment(75 * MINUTE_MS), "she was asked");
        let answered = own.signed(Moment(61 * MINUTE_MS), None);
        assert_eq!(answered.due(&rules).ask_at, Moment(76 * MINUTE_MS), "asked until she ends it");
        let longer = own.signed(Moment(61 * MINUTE_MS), Some(Moment(90 * MINUTE_MS)));
        assert_eq!(longer.due(&rules).ask_at, Moment(90 * MINUTE_MS));
    }

    #[test]
    fn a_sign_puts_the_next_question_off() {
        let check_in = Some(CheckIn::default());
        let rules = AlarmRules { check_in, ..AlarmRules::default() };
        let visit = VisitId::from(uuid::Uuid::from_u128(7));
        let long = LoneSession::of_visit(visit, Moment(0), Moment(600 * MINUTE_MS), &rules);
        assert_eq!(long.due(&rules).kind, Kind::MissedCheckIn);
        assert_eq!(long.due(&rules).raise_at, Moment(70 * MINUTE_MS));
        let signed = long.signed(Moment(50 * MINUTE_MS), None);
        assert_eq!(signed.due(&rules).ask_at, Moment(110 * MINUTE_MS));
        // A sign that was delayed takes nothing back.
        assert_eq!(signed.signed(Moment(40 * MINUTE_MS), None), signed);
        let longer = session().signed(Moment(80 * MINUTE_MS), Some(Moment(120 * MINUTE_MS)));
        assert_eq!(longer.due(&AlarmRules::default()).ask_at, Moment(135 * MINUTE_MS));
    }
}
