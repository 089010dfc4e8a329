//! What an alarm needs to know, read when it changes and then kept in memory: it serves when the
//! store does not. It lies with the duty data, under the key that asks for nobody's presence (WP3).

use releve_shared::alarm::{AlarmRules, PhoneAlarmSettings};
use releve_shared::id::{DeviceId, MembershipId};
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};

use super::copy::Bare;
use super::{AlarmHeld, Codes};
use crate::core::{Core, Held};
use crate::fault::{Fault, Stop};
use crate::store::duty::{self, Identity, Member};
use crate::store::write;

/// The number of help, when no other is known: no app dials it by itself.
const HELP: &str = "112";

/// Who and what.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Known {
    pub(crate) identity: Option<Identity>,
    pub(crate) member: Option<MembershipId>,
    pub(crate) name: Option<WorkerName>,
    pub(crate) settings: Option<PhoneAlarmSettings>,
    pub(crate) sms_code: Option<SmsCode>,
    pub(crate) codes: Option<Codes>,
    pub(crate) test: Option<SelfTest>,
    /// All that is left, when nothing else could be read; empty when not even that.
    #[serde(skip)]
    pub(crate) bare: Option<Bare>,
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
        let bare = || self.bare.as_ref().map(|bare| bare.rules.clone());
        let set = self.settings.as_ref().map(|set| set.rules.clone());
        set.or_else(bare).unwrap_or_default()
    }

    /// Whether the button is there: somebody would be told, or nobody can know who is to be.
    pub(crate) fn ready(&self) -> bool {
        self.identity.is_some() || self.bare.is_some()
    }

    /// The office's telephone; empty when it is not known.
    pub(crate) fn office_number(&self) -> String {
        let bare = || self.bare.as_ref().map(|bare| bare.office_number.clone());
        let known = self.identity.as_ref().map(|who| who.organisation.phone.clone());
        known.or_else(bare).unwrap_or_default()
    }

    /// Whom to call: the number that the agency has set, else the office's own, else help itself.
    pub(crate) fn call_number(&self) -> String {
        let bare = self.bare.as_ref();
        let set = self.settings.as_ref().map(|set| set.call_number.clone());
        let set = set.or_else(|| bare.map(|bare| bare.call_number.clone())).unwrap_or_default();
        let number = if set.is_empty() { self.office_number() } else { set };
        if number.is_empty() && bare.is_some() { HELP.to_owned() } else { number }
    }

    /// To whom a text message in plain words may go: nobody reads one at the number of help.
    pub(crate) fn text_number(&self) -> Option<String> {
        Some(self.call_number()).filter(|number| !number.is_empty() && number != HELP)
    }

    /// Where the alarm's line goes, and as whom.
    pub(crate) fn line(&self) -> Option<(DeviceId, &str)> {
        let known = self.identity.as_ref().map(|who| (who.device, who.server.as_str()));
        known.or_else(|| self.bare.as_ref().and_then(Bare::line))
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
                bare: None,
            })
        };
        match read() {
            Ok(known) if known.identity.is_some() => {
                self.alarm.known = known;
                self.copy_for_alarms();
            }
            // Nobody's phone, or one whose data was damaged and put aside.
            Ok(_) => self.know_from_copy(false),
            Err(fault) => drop(self.noted(fault)),
        }
    }

    /// After the start of the app: the alarm that ran goes on. What is in memory is newer, then what
    /// was kept beside the databases while they took nothing.
    pub(crate) fn alarm_after_start(&mut self) {
        if !self.alarm.unsaved && self.alarm.held.machine.alarm().is_none() {
            let beside = self.kept_beside();
            let Held::Open(store) = &self.held else { return };
            match (beside, duty::get::<AlarmHeld>(&store.duty)) {
                // One that could not be taken away when the store took writes again is the older.
                (Some(beside), Ok(Some(held))) if held.revision >= beside.revision => {
                    self.alarm.held = held;
                }
                (Some(beside), _) => (self.alarm.held, self.alarm.unsaved) = (beside, true),
                (None, Ok(held)) => self.alarm.held = held.unwrap_or_default(),
                (None, Err(fault)) => drop(self.noted(fault)),
            }
        }
        self.know_for_alarms();
        if self.alarm.unsaved {
            self.save_alarm();
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
