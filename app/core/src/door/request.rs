//! The door of what a caregiver asks of the office (row O-29).

use releve_shared::request::OfficeRequest;
use serde::{Deserialize, Serialize};

use super::ActState;

/// A request, and whether the office has got it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct RequestLine {
    /// What was asked, and what has come of it.
    pub request: OfficeRequest,
    /// Where the act is.
    pub sent: ActState,
    /// Taken back on this phone, and the office does not know yet.
    pub withdrawing: bool,
}
