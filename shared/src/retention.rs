//! How long what is written is kept (row B-19): each class of data has a period, within bounds.

use serde::{Deserialize, Serialize};

use crate::id::OrganisationId;
use crate::wire_enum;

wire_enum! {
    /// A class of data that is erased when its period is over.
    pub enum DataClass {
        /// Messages between the office and caregivers.
        Messages = "messages",
        /// Requests to be called back.
        Callbacks = "callbacks",
        /// Absences, regularisations, contested hours.
        Requests = "requests",
        /// What was sent, to whom: addresses, never texts.
        Notices = "notices",
        /// Visits, raw stamps and their proof, retained hours, kilometres, travel.
        Hours = "hours",
        /// Words about a visit: remarks, reports, tasks, instructions, notes of stamps and of travel.
        Words = "words",
        /// Changes of plannings, and who has seen them.
        Changes = "changes",
        /// Photos of receipts.
        Receipts = "receipts",
        /// Sheets of clients, with the tags at their homes.
        Sheets = "sheets",
        /// Names and telephones of caregivers who have left.
        Staff = "staff",
        /// Photos on the cards of caregivers who have left.
        Photos = "photos",
        /// Positions, read during alarms only.
        Positions = "positions",
        /// Alarms with their trail, and sessions of lone work.
        Alarms = "alarms",
        /// The log of who did and who read what.
        Log = "log",
        /// Sign-ins at the desk, and codes that enrolled phones.
        Sessions = "sessions",
        /// Names and SIM numbers of phones that are used no more.
        Phones = "phones",
    }
}

/// The period of a class, in days: what it is unless somebody says otherwise, and how far that may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Without a choice of the organisation.
    pub default: i64,
    /// Shortest.
    pub least: i64,
    /// Longest.
    pub most: i64,
}

/// Five years with their leap days, in days.
const FIVE_YEARS: i64 = 1_827;

impl DataClass {
    /// Every class that this build knows.
    #[must_use]
    pub fn all() -> Vec<Self> {
        Self::KNOWN.iter().map(|code| Self::from_code(code)).collect()
    }

    /// The bounds of its period; `None` for a class of tomorrow.
    #[must_use]
    pub fn bounds(&self) -> Option<Bounds> {
        let (default, least, most) = match self {
            Self::Messages => (365, 30, 1_825),
            Self::Callbacks | Self::Notices => (90, 7, 365),
            // As long as hours may be disputed (three years, Code du travail L3245-1), and no longer than they are kept.
            Self::Requests => (1_095, 365, 1_825),
            // Five years for working time, for everybody: chains of stamps hold those of several employers.
            Self::Hours => (FIVE_YEARS, FIVE_YEARS, FIVE_YEARS),
            // As the client's sheet: two years after the last contact (CNIL 2021-028 and 2023-095).
            Self::Words => (730, 90, FIVE_YEARS),
            Self::Sheets => (730, 365, FIVE_YEARS),
            Self::Changes => (365, 90, 1_096),
            // Proofs of expenses: as pay.
            Self::Receipts => (1_096, 365, FIVE_YEARS),
            // Hours need a name as long as they may be disputed.
            Self::Staff => (FIVE_YEARS, 1_096, FIVE_YEARS),
            Self::Photos => (30, 1, 365),
            // Two months (CNIL on geolocation).
            Self::Positions => (60, 60, 60),
            Self::Alarms => (1_096, 365, FIVE_YEARS),
            // Six months to one year, more when it is explained (CNIL 2021-122).
            Self::Log => (365, 183, 1_096),
            Self::Sessions => (30, 30, 30),
            Self::Phones => (365, 30, 1_096),
            Self::Unknown(_) => return None,
        };
        Some(Bounds { default, least, most })
    }
}

/// How long a class is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Period {
    /// Which class.
    pub class: DataClass,
    /// Days after which it is erased.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub days: i64,
}

/// What an organisation keeps, and how long. Scope `organisation/<id>`; its id is the organisation's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Whose.
    pub organisation: OrganisationId,
    /// Each class once.
    pub periods: Vec<Period>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_a_period_within_its_bounds() {
        assert_eq!(DataClass::all().len(), DataClass::KNOWN.len());
        for class in DataClass::all() {
            let Bounds { default, least, most } = class.bounds().unwrap();
            assert!(0 < least && least <= default && default <= most, "{class}");
        }
        assert_eq!(DataClass::from_code("dreams").bounds(), None);
    }
}
