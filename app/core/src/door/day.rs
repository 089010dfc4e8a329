//! A day of planning and a visit as screens show them: hours, ways, tasks, receipts.

use releve_shared::hours::Hours;
use releve_shared::id::{ReceiptId, VisitId};
use releve_shared::planning::PlanningChange;
use releve_shared::task::TaskLine;
use releve_shared::time::Day;
use releve_shared::travel::Leg;
use releve_shared::visit::{RetainedPeriod, VisitNotes};
use serde::{Deserialize, Serialize};

use super::{ActState, StampLine, VisitLine};

/// A day of planning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct DayView {
    /// Which day.
    pub day: Day,
    /// Today, in the organisation's zone.
    pub today: Day,
    /// The first and the last day that this phone holds.
    pub from: Day,
    /// See `from`.
    pub to: Day,
    /// In order of start, cancelled ones included.
    pub visits: Vec<VisitLine>,
    /// The visit of the big button: in progress, else the next one to do.
    pub next: Option<VisitId>,
    /// Hours of the day.
    pub hours: Hours,
    /// The ways between the visits (row B-21).
    pub travel: Vec<TravelLine>,
    /// Minutes of them, which are work.
    pub travel_min: u32,
}

/// A way between two visits of a half-day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct TravelLine {
    /// The visit that it leads to.
    pub visit: VisitId,
    /// The visit before.
    pub from: VisitId,
    /// At whose home that one is, in words.
    pub from_label: String,
    /// As computed from the addresses.
    pub computed: Leg,
    /// As the worker says.
    pub corrected: Option<Leg>,
    /// Why, in her words.
    pub note: String,
}

/// A visit's sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct VisitView {
    /// As in a list.
    pub line: VisitLine,
    /// Every stamp, voided ones included, in order.
    pub stamps: Vec<StampLine>,
    /// What the worker wrote.
    pub notes: VisitNotes,
    /// Whether notes may still be written: until the office has decided.
    pub notes_open: bool,
    /// What the office retained.
    pub retained: Option<RetainedPeriod>,
    /// Planned, badged, retained minutes.
    pub hours: Hours,
    /// Its tasks, once its start is badged (row O-39).
    pub tasks: Option<TasksView>,
    /// The way to it.
    pub travel: Option<TravelLine>,
    /// Photos of receipts, oldest first.
    pub receipts: Vec<ReceiptLine>,
    /// A change of it that is to be seen.
    pub change: Option<PlanningChange>,
}

/// The tasks of a visit (row O-39).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct TasksView {
    /// Planned ones first, then those added.
    pub lines: Vec<TaskLine>,
    /// The service's list, those shown already left out.
    pub offered: Vec<String>,
    /// Whether they may still be written.
    pub open: bool,
}

/// A receipt of a visit, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct ReceiptLine {
    /// Which one.
    pub id: ReceiptId,
    /// Where it is: received once the office has the whole picture.
    pub state: ActState,
    /// How much of it is sent, in hundredths.
    pub sent_percent: u32,
}
