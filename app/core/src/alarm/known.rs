//! What an alarm needs to know, read when it changes and then kept in memory: it serves when the
//! store does not. It lies with the duty data, under the key that asks for nobody's presence (WP3).

use releve_shared::alarm::{AlarmRules, PhoneAlarmSettings};
use releve_shared::id::MembershipId;
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};

use super::{AlarmHeld, Codes};
use crate::core::{Core, Held};
use crate::fault::{Fault, Stop};
use crate::store::duty::{self, Identity, Member};
use crate::store::write;

/// Who and what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) identity: Option<Identity>,
    pub(crate) member: Option<MembershipId>,
    pub(crate) name: Option<WorkerName>,
    pub(crate) settings: Option<PhoneAlarmSettings>,
    pub(crate) sms_code: Option<SmsCode>,
    pub(crate) codes: Option<Codes>,
    pub(crate) test: Option<SelfTest>,
}

/// The worker's name, for a text message that a person reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WorkerName(pub(crate) String);

/// By which code the office's gateway knows this phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SmsCode(pub(crate) String);

/// The last test of the alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SelfTest {
    pub(crate) at: Moment,
    /// It was heard, answered and closed.
    pub(crate) whole: bool,
    /// Who had answered.
    pub(crate) by: Option<String>,
}

impl Known {
    pub(crate) fn rules(&self) -> AlarmRules {
        self.settings.as_ref().map(|set| set.rules.clone()).unwrap_or_default()
    }

    /// Whom to call: the number that the agency has set, else the office's own.
    pub(crate) fn call_number(&self) -> String {
        let set = self.settings.as_ref().map(|set| set.call_number.clone()).unwrap_or_default();
        let office = || self.identity.as_ref().map(|who| who.organisation.phone.clone());
        if set.is_empty() { office().unwrap_or_default() } else { set }
    }
}

impl Core {
    /// Reads again what an alarm needs. What cannot be read stays as it was known.
    pub(crate) fn know_for_alarms(&mut self) {
        let Held::Open(store) = &self.held else { return };
        let db = &store.duty;
        let read = || -> Result<Known, Fault> {
            Ok(Known {
                identity: duty::get::<Identity>(db)?,
                member: duty::get::<Member>(db)?.map(|member| member.0),
                name: duty::get(db)?,
                settings: duty::get(db)?,
                sms_code: duty::get(db)?,
                codes: duty::get(db)?,
                test: duty::get(db)?,
            })
        };
        match read() {
            Ok(known) => self.alarm.known = known,
            Err(fault) => drop(self.noted(fault)),
        }
    }

    /// After the start of the app: the alarm that ran goes on. What is in memory is newer.
    pub(crate) fn alarm_after_start(&mut self) {
        self.know_for_alarms();
        if self.alarm.unsaved || self.alarm.held.machine.alarm().is_some() {
            return;
        }
        let Held::Open(store) = &self.held else { return };
        match duty::get::<AlarmHeld>(&store.duty) {
            Ok(held) => self.alarm.held = held.unwrap_or_default(),
            Err(fault) => drop(self.noted(fault)),
        }
    }

    /// A test has come to its end.
    pub(crate) fn keep_test(&mut self, test: SelfTest) {
        let kept =
            self.store().and_then(|store| write(&mut store.duty, |tx| Ok(duty::put(tx, &test)?)));
        if let Err(Stop::Fault(fault)) = kept {
            drop(self.noted(fault));
        }
        self.alarm.known.test = Some(test);
    }
}
