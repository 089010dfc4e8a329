//! "Appel ✓ SMS ✓ données ✗ GPS 12 min": what an alarm could use right now (row B-06).

use serde::{Deserialize, Serialize};

use crate::wire_enum;

wire_enum! {
    /// Whether a way is open.
    pub enum Able {
        /// It is.
        Yes = "yes",
        /// It is not.
        No = "no",
        /// This device cannot tell.
        Maybe = "maybe",
    }
}

/// What an alarm of this phone could use right now: always shown, never guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Capability {
    /// It can place a call by itself (on an iPhone the worker must confirm: `no`).
    pub call: Able,
    /// It can send a text message by itself.
    pub sms: Able,
    /// The server has answered lately.
    pub data: Able,
    /// A countdown rings on time even when the phone sleeps.
    pub on_time: Able,
    /// Age of the last position, in milliseconds; `None` when there is none.
    #[cfg_attr(feature = "ts", ts(type = "number | null"))]
    pub position_age_ms: Option<i64>,
}

impl Capability {
    /// Whether some way to a human being is open.
    #[must_use]
    pub fn reaches_somebody(&self) -> bool {
        [&self.call, &self.sms, &self.data].into_iter().any(|able| *able == Able::Yes)
    }
}
