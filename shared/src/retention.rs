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
            Self::Callbacks => (90, 7, 365),
            // As long as hours may be disputed (three years, Code du travail L3245-1), and no longer than they are kept.
            Self::Requests => (1_095, 365, 1_825),
            Self::Notices => (90, 7, 365),
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
