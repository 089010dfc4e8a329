//! What an agency sets about alarms, with its bounds, and the part of it that phones hold.

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::id::OrganisationId;
use crate::time::SECOND_MS;

/// Check-ins at intervals: opt-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckIn {
    /// Minutes from a sign to the next question, 5 to 480.
    pub every_min: u32,
    /// Minutes to answer, 1 to 60.
    pub grace_min: u32,
}

impl Default for CheckIn {
    fn default() -> Self {
        Self { every_min: 60, grace_min: 10 }
    }
}

/// An alarm of a phone that does not move: off by default, never an automatic call to 112.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Immobility {
    /// Seconds without a movement, 30 to 3,600.
    pub after_s: u32,
    /// Seconds to cancel, 10 to 300.
    pub pre_alarm_s: u32,
}

impl Default for Immobility {
    fn default() -> Self {
        Self { after_s: 120, pre_alarm_s: 60 }
    }
}

/// The delays of an agency, as both ends apply them (standards.md 3.8, "default parameters").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlarmRules {
    /// Seconds to cancel after the press, 0 to 60 (row O-32).
    pub pre_alarm_s: u32,
    /// How long the cancel button must be held, in milliseconds, 500 to 5,000.
    pub long_press_ms: u32,
    /// Seconds without the server's word before the phone sends a text message, 5 to 120.
    pub sms_after_s: u32,
    /// Seconds of a tier to answer before the next is told, 30 to 900.
    pub ack_timeout_s: u32,
    /// Seconds that the server waits for a phone that watches a session, 60 to 1,800.
    pub server_grace_s: u32,
    /// Minutes after the planned end before the worker is asked, 5 to 120.
    pub overrun_min: u32,
    /// Minutes to answer that question, 1 to 60.
    pub answer_min: u32,
    /// Whether a start stamp opens a session by itself.
    pub sessions: bool,
    /// Check-ins at intervals; `None` is off.
    pub check_in: Option<CheckIn>,
    /// `None` is off.
    pub immobility: Option<Immobility>,
}

impl Default for AlarmRules {
    fn default() -> Self {
        Self {
            pre_alarm_s: 10,
            long_press_ms: 2_000,
            sms_after_s: 10,
            ack_timeout_s: 120,
            server_grace_s: 300,
            overrun_min: 15,
            answer_min: 10,
            sessions: false,
            check_in: None,
            immobility: None,
        }
    }
}

impl AlarmRules {
    /// How long an alarm of a kind can be cancelled, in milliseconds.
    #[must_use]
    pub fn pre_alarm_ms(&self, kind: &Kind) -> i64 {
        let seconds = match kind {
            Kind::Silent | Kind::Duress | Kind::PhoneSilent => 0,
            Kind::Immobility => self
                .immobility
                .as_ref()
                .map_or_else(|| Immobility::default().pre_alarm_s, |wish| wish.pre_alarm_s),
            Kind::Panic
            | Kind::MissedCheckIn
            | Kind::NoCheckOut
            | Kind::Test
            | Kind::Unknown(_) => self.pre_alarm_s,
        };
        i64::from(seconds).saturating_mul(SECOND_MS)
    }

    /// Checks every bound.
    ///
    /// # Errors
    /// The first setting outside its bounds.
    pub fn check(&self) -> Result<(), WrongSetting> {
        let within = |field, value: u32, low: u32, high: u32| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(WrongSetting { field, low, high })
            }
        };
        within("pre_alarm_s", self.pre_alarm_s, 0, 60)?;
        within("long_press_ms", self.long_press_ms, 500, 5_000)?;
        within("sms_after_s", self.sms_after_s, 5, 120)?;
        within("ack_timeout_s", self.ack_timeout_s, 30, 900)?;
        within("server_grace_s", self.server_grace_s, 60, 1_800)?;
        within("overrun_min", self.overrun_min, 5, 120)?;
        within("answer_min", self.answer_min, 1, 60)?;
        if let Some(check_in) = &self.check_in {
            within("every_min", check_in.every_min, 5, 480)?;
            within("grace_min", check_in.grace_min, 1, 60)?;
        }
        if let Some(immobility) = &self.immobility {
            within("after_s", immobility.after_s, 30, 3_600)?;
            within("immobility_pre_alarm_s", immobility.pre_alarm_s, 10, 300)?;
        }
        Ok(())
    }
}

/// A setting outside its bounds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be from {low} to {high}")]
pub struct WrongSetting {
    /// Which one.
    pub field: &'static str,
    /// The least.
    pub low: u32,
    /// The most.
    pub high: u32,
}

/// Somebody who is told of alarms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contact {
    /// Who, for the trail.
    pub name: String,
    /// Mail address; empty for none.
    pub mail: String,
    /// Number for text messages, international (`+33…`); empty for none.
    pub sms: String,
    /// Number for automatic calls, international; empty for none.
    pub call: String,
}

/// People who are told at the same time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tier {
    /// Who.
    pub contacts: Vec<Contact>,
}

/// All that an agency sets about alarms. The desk's screens are told in every tier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlarmSettings {
    /// Delays.
    pub rules: AlarmRules,
    /// Whom the phone calls at zero (row O-33); empty for nobody.
    pub call_number: String,
    /// The number of the office's gateway, where phones send their text message; empty for none.
    pub sms_number: String,
    /// The preset addresses of the mail at zero (row O-33), at most five.
    pub mails: Vec<String>,
    /// From first to last, at most six.
    pub tiers: Vec<Tier>,
}

impl AlarmSettings {
    /// What an agency that has set nothing yet is shown to begin with: visits are watched from the start
    /// stamp on. It counts once it is saved, and somebody is named who answers.
    #[must_use]
    pub fn proposed() -> Self {
        Self { rules: AlarmRules { sessions: true, ..AlarmRules::default() }, ..Self::default() }
    }
}

/// What phones hold of it: scope `organisation/<id>`, kind `alarm_settings`, with the duty data, so
/// that it serves when reading is locked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct PhoneAlarmSettings {
    /// Whose.
    pub organisation: OrganisationId,
    /// Delays.
    pub rules: AlarmRules,
    /// Whom the phone calls at zero; empty for nobody.
    pub call_number: String,
    /// Where it sends its text message; empty for nowhere.
    pub sms_number: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// O-32: ten seconds by default, 0 to 60 by setting.
    #[test]
    fn o_32_the_countdown_is_ten_seconds_and_has_bounds() {
        let rules = AlarmRules::default();
        assert_eq!(rules.check(), Ok(()));
        assert_eq!(rules.pre_alarm_ms(&Kind::Panic), 10_000);
        assert_eq!(rules.pre_alarm_ms(&Kind::Silent), 0);
        assert_eq!(rules.pre_alarm_ms(&Kind::Immobility), 60_000);
        for (seconds, good) in [(0, true), (60, true), (61, false)] {
            let set = AlarmRules { pre_alarm_s: seconds, ..AlarmRules::default() };
            assert_eq!(set.check().is_ok(), good, "{seconds}");
        }
    }
}
