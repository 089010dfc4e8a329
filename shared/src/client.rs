//! People helped at home, and what a caregiver may know of them. Scope `client/<id>`.

use serde::{Deserialize, Serialize};

use crate::id::ClientId;
use crate::travel::Point;
use crate::wire_enum;

/// A caregiver holds a client's sheet from this many days before a visit (sync.md section 4).
pub const SHEET_BEFORE_DAYS: i64 = 14;

/// … and until this many days after it.
pub const SHEET_AFTER_DAYS: i64 = 7;

wire_enum! {
    /// How to address a client.
    pub enum Title {
        /// Madame.
        Mrs = "mrs",
        /// Monsieur.
        Mr = "mr",
        /// Neither.
        None = "none",
    }
}

wire_enum! {
    /// What a section of the sheet is about (row O-12); a screen gives it an icon.
    pub enum SectionKind {
        /// How to come in: code, keys, floor.
        Access = "access",
        /// Habits and likes.
        Habits = "habits",
        /// What to watch for.
        Health = "health",
        /// Animals, equipment, the home.
        Home = "home",
        /// Whom to call.
        Contacts = "contacts",
        /// Anything else.
        Other = "other",
    }
}

/// A section of a client's sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Section {
    /// What it is about.
    pub kind: SectionKind,
    /// In words.
    pub text: String,
    /// The heading of a kind that the organisation has made itself; empty for a kind known here.
    #[serde(default)]
    pub title: String,
}

/// A client as a caregiver sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Client {
    /// Their id.
    pub id: ClientId,
    /// How to address them.
    pub title: Title,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Number and street.
    pub street: String,
    /// Floor, building, staircase.
    pub address_more: String,
    /// Postal code.
    pub postal_code: String,
    /// Commune.
    pub commune: String,
    /// Telephone; empty when there is none.
    pub phone: String,
    /// Door code; empty when there is none.
    pub door_code: String,
    /// The rest of the sheet.
    pub sections: Vec<Section>,
    /// Where the home is, when the office knows (row B-21).
    #[serde(default)]
    pub at: Option<Point>,
}
