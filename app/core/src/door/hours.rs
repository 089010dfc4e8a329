//! A worker's own hours as a screen shows them.

use releve_shared::hours::Hours;
use releve_shared::id::VisitId;
use releve_shared::month::{Decided, Replanned};
use releve_shared::time::{Day, Moment};
use releve_shared::visit::VisitState;
use serde::{Deserialize, Serialize};

use super::RequestLine;

/// My hours of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct HoursView {
    /// The first day of the month.
    pub month: Day,
    /// The first day of the month before.
    pub before: Day,
    /// The first day of the month after.
    pub after: Day,
    /// Today, in the organisation's zone.
    pub today: Day,
    /// When the office told this month; `None` when it was never asked for on this phone.
    pub told_at: Option<Moment>,
    /// Days of the month before this one are not on this phone; `None` when all are.
    pub missing_before: Option<Day>,
    /// Days of the month after this one are not on this phone; `None` when all are.
    pub missing_after: Option<Day>,
    /// The days with visits, in order.
    pub days: Vec<HoursDay>,
    /// Hours of the month.
    pub hours: Hours,
    /// Minutes on the way to visits that have begun, which are work (row B-21).
    pub travel_min: u32,
    /// Visits that have taken place and that the office has not decided.
    pub undecided: u32,
    /// Contested visits that the office has not answered.
    pub contested: u32,
}

/// A day of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct HoursDay {
    /// Which day.
    pub day: Day,
    /// By planned start.
    pub visits: Vec<WorkedLine>,
    /// Hours of the day.
    pub hours: Hours,
    /// Minutes on the way.
    pub travel_min: u32,
}

/// A visit of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct WorkedLine {
    /// Which visit.
    pub visit: VisitId,
    /// The client in short.
    pub client_label: String,
    /// The billed kind of help.
    pub service: String,
    /// Planned start.
    pub starts_at: Moment,
    /// Planned end.
    pub ends_at: Moment,
    /// Whether it is to take place.
    pub state: VisitState,
    /// Why it was called off, when the phone was told.
    pub cancel_reason: Option<String>,
    /// The start that counts.
    pub started: Option<Moment>,
    /// The end that counts.
    pub ended: Option<Moment>,
    /// Planned, badged, retained minutes.
    pub hours: Hours,
    /// Minutes on the way to it.
    pub travel_min: u32,
    /// Every decision of the office that the phone was told of, the oldest first.
    pub decisions: Vec<Decided>,
    /// The last change of its planned time.
    pub replanned: Option<Replanned>,
    /// The newest contest of it.
    pub contest: Option<RequestLine>,
    /// Whether its sheet is on this phone.
    pub held: bool,
}
