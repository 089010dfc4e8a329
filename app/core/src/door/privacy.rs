//! What is known of the worker, and for how long (rows B-05 and B-19).

use releve_shared::retention::Period;
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};

/// What the employer sees of this phone, and every position read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct PrivacyView {
    /// Every position read: none at clocking, by default and by law.
    pub positions: Vec<PositionLine>,
    /// How many days of planning and sheets this phone holds.
    pub visits_held: u32,
    /// How many clients' sheets.
    pub clients_held: u32,
    /// How many stamps it keeps as proof.
    pub stamps_held: u32,
    /// Until when what is held may be read without network.
    pub lease_until: Option<Moment>,
    /// How long the office keeps what is written (row B-19); empty before the first sync.
    pub periods: Vec<Period>,
}

/// A position that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct PositionLine {
    /// When.
    pub at: Moment,
    /// Why.
    pub purpose: String,
    /// When it is erased.
    pub erased_at: Moment,
}
