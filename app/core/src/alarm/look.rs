//! What screens show of the alarm: a hidden one shows nothing, here too.

use releve_shared::alarm::countdown::{Countdown, Look, Raised};
use releve_shared::alarm::{Able, Kind};
use releve_shared::clock::Stamp;
use releve_shared::time::DAY_MS;

use crate::core::Core;
use crate::door::{AlarmLook, AlarmView, Means, Place, TestView, Ways};
use crate::ports::Ability;

/// A whole test is due this long after the last.
const TEST_EVERY_MS: i64 = 30 * DAY_MS;

impl Core {
    pub(crate) fn alarm_view(&mut self, now: &Stamp) -> AlarmView {
        let at = self.alarm_time(now);
        let known = &self.alarm.known;
        let test = known.test.as_ref();
        let since_test = test.filter(|test| test.whole).map(|test| at.since(test.at));
        AlarmView {
            ready: known.ready(),
            look: self.alarm_look(now),
            means: self.means(now),
            call_number: known.call_number(),
            long_press_ms: known.rules().long_press_ms,
            code: known.codes.is_some(),
            session: self.session_view(now),
            test: TestView {
                at: test.map(|test| test.at),
                whole: test.is_some_and(|test| test.whole),
                by: test.and_then(|test| test.by.clone()),
                due: known.identity.is_some() && since_test.is_none_or(|ms| ms >= TEST_EVERY_MS),
            },
        }
    }

    fn alarm_look(&self, now: &Stamp) -> AlarmLook {
        let held = &self.alarm.held;
        match (held.machine.look(), &held.machine) {
            (Look::Counting { from, due }, machine) => AlarmLook::Counting {
                // A hidden alarm keeps its own number to itself; one is needed all the same.
                alarm: machine.alarm().unwrap_or_else(|| uuid::Uuid::nil().into()),
                left_ms: due.saturating_sub(now.up_ms).max(0),
                all_ms: due.saturating_sub(from),
                test: held.kind() == Some(&Kind::Test),
                unanswered: matches!(held.kind(), Some(Kind::MissedCheckIn | Kind::NoCheckOut)),
                still: held.kind() == Some(&Kind::Immobility),
            },
            (Look::Raised, Countdown::Raised(raised)) => self.given(raised, now),
            (Look::Raised | Look::Quiet, _) => match &held.closed {
                Some(closed) => AlarmLook::Closed {
                    alarm: closed.alarm,
                    test: closed.test,
                    acknowledged_by: closed.acknowledged_by.clone(),
                    at: Some(closed.at),
                },
                None => AlarmLook::Quiet,
            },
        }
    }

    fn given(&self, raised: &Raised, now: &Stamp) -> AlarmLook {
        let held = &self.alarm.held;
        let status = held.status.as_ref();
        AlarmLook::Given {
            alarm: raised.alarm,
            test: raised.kind == Kind::Test,
            ways: Ways {
                call: held.call.clone(),
                heard: raised.heard,
                text: held.text.clone(),
                text_link: held.text_link.clone(),
            },
            phase: raised.phase.clone(),
            acknowledged_by: status.and_then(|status| status.acknowledged_by.clone()),
            acknowledged_at: status.and_then(|status| status.acknowledged_at),
            told: status.map(|status| status.told.clone()).unwrap_or_default(),
            fine: raised.fine,
            place: self.alarm.fix.as_ref().map(|fix| Place {
                accuracy_m: fix.accuracy_m,
                age_ms: now.up_ms.saturating_sub(fix.up_ms).max(0),
            }),
        }
    }

    fn means(&self, now: &Stamp) -> Means {
        let senses = &self.alarm.senses;
        let able = |ability: Option<Ability>| match ability {
            Some(Ability::Alone) => Able::Yes,
            Some(Ability::ByHand) => Able::Maybe,
            Some(Ability::No) | None => Able::No,
        };
        Means {
            call: able(senses.call),
            text: able(senses.text),
            data: self.data(now),
            place: able(senses.place),
            place_age_ms: senses.place_age_ms,
            notices: able(senses.notices),
            still: self.still_means(),
        }
    }
}
