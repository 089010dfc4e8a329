//! The lock of the app as screens show it (row O-03).

use serde::{Deserialize, Serialize};

use crate::ports::Biometry;

/// The lock of the app. Neither clocking nor the alarm waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct LockView {
    /// There is a PIN.
    pub set: bool,
    /// The app is locked now.
    pub locked: bool,
    /// The agency asks for a PIN.
    pub required: bool,
    /// A PIN is to be chosen now: the agency asks for one, or for a longer one.
    pub must_set: bool,
    /// Its fewest digits.
    pub digits: u32,
    /// Minutes without a touch before the app locks.
    pub after_min: u32,
    /// The app locks in so many milliseconds; `None` when it is locked, or has no PIN.
    #[cfg_attr(feature = "ts", ts(type = "number | null"))]
    pub locks_in_ms: Option<i64>,
    /// The next try is possible in so many milliseconds.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub wait_ms: i64,
    /// So many tries are left; with 0 only a new code of the office opens the app.
    pub tries_left: u32,
    /// What the device can tell.
    pub biometry: Biometry,
    /// Fingerprint or face unlocks the app too.
    pub by_presence: bool,
}

impl Default for LockView {
    fn default() -> Self {
        Self {
            set: false,
            locked: false,
            required: false,
            must_set: false,
            digits: *releve_shared::lock::DIGITS.start(),
            after_min: *releve_shared::lock::AFTER_MIN.start(),
            locks_in_ms: None,
            wait_ms: 0,
            tries_left: releve_shared::lock::MOST_WRONG,
            biometry: Biometry::None,
            by_presence: false,
        }
    }
}
