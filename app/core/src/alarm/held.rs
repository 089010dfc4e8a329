//! What of an alarm outlives the app: one fact of the duty data.

use releve_shared::alarm::countdown::{Countdown, Decoy, Raised};
use releve_shared::alarm::{
    AlarmReport, AlarmStatus, Capability, CheckIn, Kind, LoneSession, PhoneTry, Report,
};
use releve_shared::clock::Stamp;
use releve_shared::id::{AlarmId, CommandId, MembershipId};
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};

/// Most reports that wait. A raise is never let go for it.
const MOST: usize = 60;

/// The alarm as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct AlarmHeld {
    /// Grows with each time it is kept: of two copies the greater one is newer.
    pub(crate) revision: u64,
    /// Which start of the phone the machine's times belong to.
    pub(crate) boot: String,
    pub(crate) machine: Countdown,
    /// The alarm that runs, or ran last, is a test.
    pub(crate) test: bool,
    /// The last number of the lane.
    pub(crate) n: u64,
    /// What the server has not heard yet, in order.
    pub(crate) reports: Vec<AlarmReport>,
    pub(crate) call: Option<PhoneTry>,
    pub(crate) text: Option<PhoneTry>,
    pub(crate) text_link: Option<String>,
    /// Boot time at which a position was last told.
    pub(crate) place_told_up: i64,
    /// What the server last said of it.
    pub(crate) status: Option<AlarmStatus>,
    /// How it ended, until the worker has seen it.
    pub(crate) closed: Option<Closed>,
    pub(crate) session: Option<LoneSession>,
    /// When the session should end, as measured: the boot clock's moment does not outlive a restart.
    pub(crate) session_ends: Option<Moment>,
    /// The watch that she has opened herself, while a visit's takes its place.
    pub(crate) aside: Option<Aside>,
}

/// A watch of her own that waits for the end of a visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Aside {
    pub(crate) ends_at: Moment,
    pub(crate) check_in: Option<CheckIn>,
    pub(crate) place: String,
}

/// How an alarm ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Closed {
    pub(crate) alarm: AlarmId,
    pub(crate) test: bool,
    pub(crate) acknowledged_by: Option<String>,
    pub(crate) at: Moment,
}

impl AlarmHeld {
    /// An alarm begins: what is known of the one before is over.
    pub(crate) fn begin(&mut self) {
        (self.call, self.text, self.text_link) = (None, None, None);
        (self.status, self.closed, self.place_told_up, self.test) = (None, None, 0, false);
    }

    /// Another report.
    pub(crate) fn add(
        &mut self,
        id: CommandId,
        what: Report,
        membership: Option<MembershipId>,
        capability: Option<Capability>,
        now: &Stamp,
    ) {
        if matches!(what, Report::At { .. }) {
            self.reports.retain(|report| !matches!(report.what, Report::At { .. }));
        }
        self.n = self.n.saturating_add(1);
        let (n, stamp) = (self.n, now.clone());
        self.reports.push(AlarmReport { id, n, membership, stamp, capability, what });
        while self.reports.len() > MOST {
            let raise = |report: &AlarmReport| matches!(report.what, Report::Raised { .. });
            let Some(oldest) = self.reports.iter().position(|report| !raise(report)) else { break };
            self.reports.remove(oldest);
        }
    }

    /// What goes next: a raise before all else.
    pub(crate) fn next(&self) -> Option<&AlarmReport> {
        let raise = |report: &&AlarmReport| matches!(report.what, Report::Raised { .. });
        self.reports.iter().find(raise).or_else(|| self.reports.first())
    }

    /// The server has heard it.
    pub(crate) fn heard(&mut self, id: CommandId) {
        self.reports.retain(|report| report.id != id);
    }

    /// The server would not hear this one: others first.
    pub(crate) fn behind(&mut self, id: CommandId) {
        if let Some(at) = self.reports.iter().position(|report| report.id == id) {
            let report = self.reports.remove(at);
            self.reports.push(report);
        }
    }

    /// Why the alarm that runs was raised.
    pub(crate) fn kind(&self) -> Option<&Kind> {
        match &self.machine {
            Countdown::Idle => None,
            Countdown::Counting { kind, .. } => Some(kind),
            Countdown::Raised(raised) => Some(&raised.kind),
        }
    }

    /// The office has closed it.
    pub(crate) fn close(&mut self, at: Moment) {
        let Some(status) = &self.status else { return };
        self.closed = Some(Closed {
            alarm: status.alarm,
            test: self.test,
            acknowledged_by: status.acknowledged_by.clone(),
            at: status.resolved_at.unwrap_or(at),
        });
    }
}

impl AlarmHeld {
    /// The server has raised an alarm that this phone did not.
    pub(crate) fn raised_by_server(&mut self, alarm: AlarmId, hidden: bool, up_ms: i64) {
        self.begin();
        self.machine = Countdown::Raised(Raised {
            alarm,
            kind: if hidden { Kind::Silent } else { Kind::PhoneSilent },
            at: up_ms,
            text_at: None,
            heard: true,
            fine: false,
            phase: None,
            decoy: hidden.then_some(Decoy::Quiet),
        });
    }
}
