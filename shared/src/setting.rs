//! What an agency may set, with its bounds (row O-45): one number each, a yes is 1 and a no is 0.

use std::ops::RangeInclusive;

use crate::alarm::AlarmRules;
use crate::lock::{self, LockRules};
use crate::wire_enum;

wire_enum! {
    /// A threshold of an agency; its unit ends its code.
    pub enum Setting {
        /// How far badged times may be from planned ones without a look (row O-34).
        Tolerance = "tolerance_min",
        /// When phones remind of the end of a visit; 0 for never (row O-42).
        EndReminder = "end_reminder_min",
        /// Taps of "Rappelez-moi" so near to each other are one (row O-25).
        SameCallback = "same_callback_min",
        /// How long a phone reads without the server; a phone that is silent for longer is shown so (rows O-07, O-44).
        Lease = "lease_days",
        /// Whether caregivers who share a client find each other (row O-27).
        ShareColleagues = "share_colleagues",
        /// Whether each phone must have a PIN (row O-03).
        LockRequired = "lock_required",
        /// The fewest digits of a PIN (row O-03).
        LockDigits = "lock_digits",
        /// How long nobody touches a phone before the app locks (row O-03).
        LockAfter = "lock_after_min",
        /// How long an alarm can be cancelled after the press (row O-32).
        PreAlarm = "pre_alarm_s",
        /// How long the cancel button must be held (row O-32).
        LongPress = "long_press_ms",
        /// Without the server's word for so long, the phone sends a text message (row O-33).
        SmsAfter = "sms_after_s",
        /// How long a tier has to answer an alarm before the next is told (row O-33).
        AckTimeout = "ack_timeout_s",
        /// How long the server waits for a phone that watches a session (row O-33).
        ServerGrace = "server_grace_s",
        /// How long after the planned end a lone worker is asked whether all is well (row O-33).
        Overrun = "overrun_min",
        /// How long she has to answer (row O-33).
        AnswerTime = "answer_min",
        /// Whether a start stamp opens a watched session (row O-33).
        Sessions = "sessions",
    }
}

/// What a setting is unless somebody says otherwise, and how far that may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Without a choice of the organisation.
    pub usual: i64,
    /// Least.
    pub least: i64,
    /// Most.
    pub most: i64,
}

fn lock_range(usual: u32, bounds: &RangeInclusive<u32>) -> Range {
    let (least, most) = (i64::from(*bounds.start()), i64::from(*bounds.end()));
    Range { usual: i64::from(usual), least, most }
}

impl Setting {
    /// Whether it is one of the rules of alarms, which are kept together.
    #[must_use]
    pub fn is_of_alarms(&self) -> bool {
        self.of_alarms(&AlarmRules::default()).is_some()
    }

    /// Every setting that this build knows.
    #[must_use]
    pub fn all() -> Vec<Self> {
        Self::KNOWN.iter().map(|code| Self::from_code(code)).collect()
    }

    /// Its bounds; `None` for a setting of tomorrow.
    #[must_use]
    pub fn range(&self) -> Option<Range> {
        let usual = |rules: AlarmRules| self.of_alarms(&rules).unwrap_or_default();
        let (least, most) = match self {
            Self::Tolerance => return Some(Range { usual: 5, least: 0, most: 30 }),
            Self::EndReminder => return Some(Range { usual: 5, least: 0, most: 60 }),
            Self::SameCallback => return Some(Range { usual: 5, least: 1, most: 60 }),
            Self::Lease => return Some(Range { usual: 7, least: 1, most: 30 }),
            Self::ShareColleagues => return Some(Range { usual: 0, least: 0, most: 1 }),
            Self::LockRequired => return Some(Range { usual: 0, least: 0, most: 1 }),
            Self::LockDigits => {
                return Some(lock_range(LockRules::default().digits, &lock::DIGITS));
            }
            Self::LockAfter => {
                return Some(lock_range(LockRules::default().after_min, &lock::AFTER_MIN));
            }
            Self::PreAlarm => (0, 60),
            Self::LongPress => (500, 5_000),
            Self::SmsAfter => (5, 120),
            Self::AckTimeout => (30, 900),
            Self::ServerGrace => (60, 1_800),
            Self::Overrun => (5, 120),
            Self::AnswerTime => (1, 60),
            Self::Sessions => (0, 1),
            Self::Unknown(_) => return None,
        };
        Some(Range { usual: usual(AlarmRules::default()), least, most })
    }

    /// Its value among the rules of alarms; `None` when it is none of them.
    #[must_use]
    pub fn of_alarms(&self, rules: &AlarmRules) -> Option<i64> {
        Some(i64::from(match self {
            Self::PreAlarm => rules.pre_alarm_s,
            Self::LongPress => rules.long_press_ms,
            Self::SmsAfter => rules.sms_after_s,
            Self::AckTimeout => rules.ack_timeout_s,
            Self::ServerGrace => rules.server_grace_s,
            Self::Overrun => rules.overrun_min,
            Self::AnswerTime => rules.answer_min,
            Self::Sessions => u32::from(rules.sessions),
            Self::Tolerance
            | Self::EndReminder
            | Self::SameCallback
            | Self::Lease
            | Self::ShareColleagues
            | Self::LockRequired
            | Self::LockDigits
            | Self::LockAfter
            | Self::Unknown(_) => return None,
        }))
    }

    /// The rules of alarms with another value of it; as they were when it is none of them.
    #[must_use]
    pub fn in_alarms(&self, rules: AlarmRules, value: i64) -> AlarmRules {
        let number = u32::try_from(value).unwrap_or_default();
        match self {
            Self::PreAlarm => AlarmRules { pre_alarm_s: number, ..rules },
            Self::LongPress => AlarmRules { long_press_ms: number, ..rules },
            Self::SmsAfter => AlarmRules { sms_after_s: number, ..rules },
            Self::AckTimeout => AlarmRules { ack_timeout_s: number, ..rules },
            Self::ServerGrace => AlarmRules { server_grace_s: number, ..rules },
            Self::Overrun => AlarmRules { overrun_min: number, ..rules },
            Self::AnswerTime => AlarmRules { answer_min: number, ..rules },
            Self::Sessions => AlarmRules { sessions: number != 0, ..rules },
            Self::Tolerance
            | Self::EndReminder
            | Self::SameCallback
            | Self::Lease
            | Self::ShareColleagues
            | Self::LockRequired
            | Self::LockDigits
            | Self::LockAfter
            | Self::Unknown(_) => rules,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_has_its_bounds_and_those_of_alarms_are_the_alarms() {
        for setting in Setting::all() {
            let Range { usual, least, most } = setting.range().unwrap();
            assert!(least <= usual && usual <= most && least < most, "{setting}");
            let with = |value| setting.in_alarms(AlarmRules::default(), value);
            let Some(now) = setting.of_alarms(&AlarmRules::default()) else {
                assert_eq!(with(most), AlarmRules::default(), "{setting}: none of the alarms'");
                continue;
            };
            assert_eq!(now, usual, "{setting}");
            for value in [least, most] {
                assert_eq!(setting.of_alarms(&with(value)), Some(value), "{setting}");
                assert!(with(value).check().is_ok(), "{setting} {value}");
            }
            if most > 1 {
                assert!(with(most + 1).check().is_err(), "{setting}: the alarms allow more");
                assert!(least == 0 || with(least - 1).check().is_err(), "{setting}");
            }
        }
        assert_eq!(Setting::from_code("of_tomorrow").range(), None);
    }
}
