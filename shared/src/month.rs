//! A worker's hours of a month, as the office holds them: told to her phone when she asks.

use serde::{Deserialize, Serialize};

use crate::hours::Hours;
use crate::id::{DeviceId, VisitId};
use crate::time::{Day, Moment};
use crate::visit::{RetainedPeriod, VisitState};

/// A decision of the office on a visit's hours, and whether it was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Decided {
    /// What was decided.
    #[serde(flatten)]
    pub period: RetainedPeriod,
    /// Who took it back.
    pub undone_by: Option<String>,
    /// When.
    pub undone_at: Option<Moment>,
}

impl Decided {
    /// Whether it was not taken back. Of several, the newest counts.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.undone_at.is_none()
    }
}

/// The last change of a visit's planned time that its worker was told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct Replanned {
    /// Start and end before; `None` when the visit was new in her planning.
    pub was: Option<(Moment, Moment)>,
    /// Who changed it, by name.
    pub by: String,
    /// When.
    pub at: Moment,
}

/// `POST /api/phone/hours`: asks for the hours of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthRequest {
    /// Which phone.
    pub device: DeviceId,
    /// A day of the month.
    pub month: Day,
}

/// A visit in the hours of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitHours {
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
    /// Whether it was to take place.
    pub state: VisitState,
    /// Why it was called off.
    pub cancel_reason: Option<String>,
    /// The start that counts.
    pub started: Option<Moment>,
    /// The end that counts.
    pub ended: Option<Moment>,
    /// Planned, badged, retained minutes.
    pub hours: Hours,
    /// Minutes of work on the way to it (row B-21).
    pub travel_min: u32,
    /// Every decision of the office, the oldest first.
    pub decisions: Vec<Decided>,
    /// The last change of its planned time.
    pub replanned: Option<Replanned>,
}

/// The hours of a month, as they were at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthHours {
    /// The first day of the month.
    pub month: Day,
    /// When they were read, on the server's clock.
    pub told_at: Moment,
    /// The visits that begin in it, by planned start.
    pub visits: Vec<VisitHours>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_begin_on_their_first_day() {
        let day = |text: &str| Day::parse(text).unwrap();
        assert_eq!(day("2026-11-23").month(), day("2026-11-01"));
        assert_eq!(day("2026-12-31").next_month(), day("2027-01-01"));
        assert_eq!(day("2028-02-01").next_month(), day("2028-03-01"), "a leap year");
        assert_eq!(day("2026-11-01").month().plus(-1).month(), day("2026-10-01"), "the one before");
    }
}
