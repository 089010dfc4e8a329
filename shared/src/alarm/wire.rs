//! The wire of `POST /api/phone/alarm`: one report a request, in no queue, signed by the device's key.
//!
//! No token: the alarm is heard of an expired, blocked, signed-out or old phone, and marked so (sync.md
//! C9). A number that is missing stops nothing. The id makes a repeated report harmless.

use serde::{Deserialize, Serialize};

use super::{Capability, Channel, Delivery, Kind, Phase, Position};
use crate::clock::{Anchor, Stamp};
use crate::id::{AlarmId, CommandId, DeviceId, LoneSessionId, MembershipId, VisitId};
use crate::refusal::Refusal;
use crate::time::Moment;
use crate::wire_enum;

/// `POST /api/phone/alarm`, with `Releve-Proof` only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmRequest {
    /// [`crate::sync::PROTOCOL`] of the phone.
    pub protocol: u32,
    /// Which phone.
    pub device: DeviceId,
    /// What the phone's clocks say as it sends: with the report's own stamp, how long it waited.
    pub sent: Stamp,
    /// Exchanges that the server has not been told of yet; may be empty.
    #[serde(default)]
    pub anchors: Vec<Anchor>,
    /// The report.
    pub report: AlarmReport,
}

/// A report of the alarm lane. Sent again with the same id until it is answered; then it may be
/// forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmReport {
    /// Made once, at the act. The same id counts once.
    pub id: CommandId,
    /// Its number in the lane, growing; gaps are accepted, and a lower number that comes late is
    /// judged by its own stamp.
    pub n: u64,
    /// In whose name; `None` on a phone that knows no planning.
    pub membership: Option<MembershipId>,
    /// What the phone's clocks said at the act.
    pub stamp: Stamp,
    /// What could be used then.
    pub capability: Option<Capability>,
    /// What it says.
    pub what: Report,
}

/// What a phone says in the alarm lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Report {
    /// A countdown runs; the server holds its due time and raises when it hears nothing more.
    Armed {
        /// The alarm.
        alarm: AlarmId,
        /// Why.
        kind: Kind,
        /// Milliseconds from the act to zero.
        pre_alarm_ms: i64,
        /// The visit in progress, as the phone knows it.
        visit: Option<VisitId>,
        /// Where.
        position: Option<Position>,
    },
    /// Cancelled before zero. It never takes back an alarm that was raised: it is shown beside it.
    Cancelled {
        /// The alarm.
        alarm: AlarmId,
    },
    /// At zero, or at once. Sent whether or not the arming came through; raising twice is one episode.
    Raised {
        /// The alarm.
        alarm: AlarmId,
        /// Why; the graver reason counts.
        kind: Kind,
        /// The visit in progress, as the phone knows it.
        visit: Option<VisitId>,
        /// Where.
        position: Option<Position>,
    },
    /// A newer position of a raised alarm.
    At {
        /// The alarm.
        alarm: AlarmId,
        /// Where.
        position: Position,
    },
    /// "Je vais bien", after zero: kept and shown, and it closes nothing.
    Fine {
        /// The alarm.
        alarm: AlarmId,
    },
    /// What came of the phone's own call or text message (row O-33: each has its state).
    Tried {
        /// The alarm.
        alarm: AlarmId,
        /// `call` or `sms`.
        channel: Channel,
        /// What came of it.
        came: PhoneTry,
    },
    /// A session is opened by the worker, or by a start stamp (then its id is the visit's).
    Opened {
        /// The session.
        session: LoneSessionId,
        /// Of which visit.
        visit: Option<VisitId>,
        /// Milliseconds from the act to its expected end.
        ends_in_ms: i64,
        /// Whether check-ins are wanted.
        check_in: Option<super::CheckIn>,
        /// Where, in the worker's own words; empty for a visit.
        #[serde(default)]
        place: String,
    },
    /// The worker herself has given a sign in a session.
    Signed {
        /// The session.
        session: LoneSessionId,
        /// Milliseconds from the act to the new expected end, when she stays longer.
        ends_in_ms: Option<i64>,
    },
    /// The session is over: the end was clocked, or the worker ended it.
    Closed {
        /// The session.
        session: LoneSessionId,
    },
    /// The phone lives and watches; it asks how its alarm stands. Every two minutes in a session,
    /// every ten seconds with a raised alarm.
    Alive {
        /// The alarm that it shows.
        alarm: Option<AlarmId>,
        /// The session that it watches.
        session: Option<LoneSessionId>,
    },
    /// Of a newer phone.
    #[serde(other)]
    Unknown,
}

impl Report {
    /// The alarm that it is about.
    #[must_use]
    pub fn alarm(&self) -> Option<AlarmId> {
        match self {
            Self::Armed { alarm, .. }
            | Self::Cancelled { alarm }
            | Self::Raised { alarm, .. }
            | Self::At { alarm, .. }
            | Self::Fine { alarm }
            | Self::Tried { alarm, .. } => Some(*alarm),
            Self::Alive { alarm, .. } => *alarm,
            Self::Opened { .. } | Self::Signed { .. } | Self::Closed { .. } | Self::Unknown => None,
        }
    }
}

wire_enum! {
    /// What came of what the phone did by itself.
    pub enum PhoneTry {
        /// It was started: the call rings, the message left.
        Started = "started",
        /// It was shown to the worker, who must confirm it (an iPhone, an emergency number).
        Asked = "asked",
        /// It failed.
        Failed = "failed",
        /// This phone cannot.
        Cannot = "cannot",
    }
}

wire_enum! {
    /// What is to be known of a phone that was heard all the same.
    pub enum Mark {
        /// It was blocked by the office: stolen, or lost.
        Blocked = "blocked",
        /// Its worker had signed out.
        SignedOut = "signed_out",
        /// Its tokens were revoked.
        Revoked = "revoked",
        /// Its data was wiped.
        Wiped = "wiped",
        /// Its app is too old.
        Old = "old",
        /// Its worker has no contract here any more.
        Ended = "ended",
    }
}

/// The answer. A phone counts a report as heard only when `heard` is its id: HTML, or another JSON, is
/// a captive portal's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmAnswer {
    /// The report's id.
    pub heard: CommandId,
    /// The server's time.
    pub server_time: Moment,
    /// Why the report changed nothing, when it did not; heard all the same.
    pub refused: Option<Refusal>,
    /// What is known of this phone.
    pub marks: Vec<Mark>,
    /// How the alarm stands.
    pub status: Option<AlarmStatus>,
    /// For text messages; only to a phone that may read.
    pub sms: Option<SmsRoute>,
}

/// How an alarm stands, for the worker: who answers, in clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct AlarmStatus {
    /// The alarm.
    pub alarm: AlarmId,
    /// Where it stands.
    pub phase: Phase,
    /// It must not show, whatever a phone that has lost its memory believes.
    #[serde(default)]
    pub hidden: bool,
    /// Who has taken it in charge, by name.
    pub acknowledged_by: Option<String>,
    /// When.
    pub acknowledged_at: Option<Moment>,
    /// When it was closed.
    pub resolved_at: Option<Moment>,
    /// What was sent, by channel.
    pub told: Vec<Told>,
}

/// Messages of an alarm by one channel, in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Told {
    /// By which way.
    pub channel: Channel,
    /// Where they are.
    pub state: Delivery,
    /// How many.
    pub count: u32,
}

/// What a phone needs to send a text message that the server believes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsRoute {
    /// [`super::caregiver_code`] of this phone.
    pub code: String,
    /// [`super::SmsKey::text`]; to be kept in the vault.
    pub key: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_of_tomorrow_is_read_as_unknown() {
        let read: Report = serde_json::from_str(r#"{"is":"beamed","to":"orbit"}"#).unwrap();
        assert_eq!(read, Report::Unknown);
        assert_eq!(read.alarm(), None);
    }
}
