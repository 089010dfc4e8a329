//! The lone worker's alarm (DATI; rows O-31 to O-33, B-06): what phone and server must agree on.
//!
//! Two machines, both pure. [`countdown`] runs on the phone, on its boot clock: press, ten seconds to
//! cancel, then the alarm. [`episode`] runs on the server, on its own clock: it holds the due time of
//! an armed countdown, raises by itself when the phone says nothing more, tells tier after tier until
//! somebody answers, and never ends without a person and a reason.

mod capability;
pub mod countdown;
pub mod episode;
mod position;
mod session;
mod settings;
mod sms;
mod still;
mod wire;

pub use capability::{Able, Capability};
pub use position::{Basis, Position, Theoretical, theoretical};
pub use session::{LONGEST_MIN, LoneSession, PLACE_LIMIT, SessionDue};
pub use settings::{
    AlarmRules, AlarmSettings, CheckIn, Contact, Immobility, PhoneAlarmSettings, Tier, WrongSetting,
};
pub use sms::{SMS_LIMIT, SmsKey, SmsText, caregiver_code, septets};
pub use still::{GAP_MS, MOVED_MG, Sample, Stillness};
pub use wire::{
    AlarmAnswer, AlarmReport, AlarmRequest, AlarmStatus, Mark, PhoneTry, Report, SmsRoute, Told,
};

use crate::wire_enum;

wire_enum! {
    /// Why an alarm was raised.
    pub enum Kind {
        /// The button.
        Panic = "panic",
        /// The button, held: nothing is shown, nothing sounds (aggression).
        Silent = "silent",
        /// The PIN of duress: the screen looks cancelled, the alarm goes on.
        Duress = "duress",
        /// A check-in was asked for and not given.
        MissedCheckIn = "missed_check_in",
        /// The end of the visit is long past and nobody has clocked it.
        NoCheckOut = "no_check_out",
        /// The phone has not moved.
        Immobility = "immobility",
        /// The phone armed, or watched, and then said nothing more: the server raised by itself.
        PhoneSilent = "phone_silent",
        /// A test of the whole chain.
        Test = "test",
    }
}

impl Kind {
    /// Whether the phone shows and sounds nothing of it.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        matches!(self, Self::Silent | Self::Duress)
    }

    /// Of two reasons for the same alarm, the one that counts: the graver. A test never hides a real
    /// one.
    #[must_use]
    pub fn graver(self, other: Self) -> Self {
        if other.weight() > self.weight() { other } else { self }
    }

    fn weight(&self) -> u8 {
        match self {
            Self::Test => 0,
            Self::PhoneSilent | Self::Unknown(_) => 1,
            Self::NoCheckOut | Self::MissedCheckIn => 2,
            Self::Immobility => 3,
            Self::Panic => 4,
            Self::Silent => 5,
            Self::Duress => 6,
        }
    }
}

wire_enum! {
    /// Where an alarm stands.
    pub enum Phase {
        /// A countdown runs; the server holds its due time.
        Armed = "armed",
        /// Cancelled before zero. Final, unless a raise comes after it.
        Cancelled = "cancelled",
        /// Raised: tier after tier is told.
        Notifying = "notifying",
        /// Every tier was told and nobody answered: everyone is told, again and again.
        Exhausted = "exhausted",
        /// Somebody has taken it in charge.
        Acknowledged = "acknowledged",
        /// Closed by a person, with a cause and a reason. Final.
        Resolved = "resolved",
    }
}

wire_enum! {
    /// What an alarm turned out to be.
    pub enum Cause {
        /// Help was needed.
        Real = "real",
        /// Pressed or raised by mistake.
        False = "false",
        /// A test.
        Test = "test",
    }
}

wire_enum! {
    /// How word of an alarm reached the server. One episode whatever the ways.
    pub enum Way {
        /// The phone's request.
        Phone = "phone",
        /// The phone's text message, by the office's gateway.
        Sms = "sms",
        /// The server's own clock: the phone said nothing more.
        Server = "server",
        /// Somebody at the desk: a test.
        Desk = "desk",
    }
}

wire_enum! {
    /// A way to a person.
    pub enum Channel {
        /// The desk's screens.
        Desk = "desk",
        /// A mail.
        Mail = "mail",
        /// A text message.
        Sms = "sms",
        /// An automatic telephone call.
        Call = "call",
        /// A push to a browser or an app.
        Push = "push",
        /// The app itself, by synchronisation.
        App = "app",
    }
}

wire_enum! {
    /// Where a message to a person is.
    pub enum Delivery {
        /// To be sent.
        Queued = "queued",
        /// The carrier has taken it.
        Sent = "sent",
        /// It has reached the telephone, says the carrier.
        Delivered = "delivered",
        /// An attempt failed; it will be tried again.
        Failed = "failed",
        /// It will not be tried any more.
        GivenUp = "given_up",
    }
}

#[cfg(test)]
#[path = "alarm/pair_tests.rs"]
mod pair_tests;
