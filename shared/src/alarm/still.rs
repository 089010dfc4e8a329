//! Whether a phone lies still (row B-06): from what its accelerometer feels to "nothing has moved for so
//! long". Pure, on the boot clock. It is off unless the agency has set it, and never more than a question
//! with time to answer: a phone on a table lies as still as somebody who has fallen.
//!
//! What it holds against false alarms: only lone work under watch is felt; a phone on its charger is not
//! carried, so it is not felt; a gap between two samples proves nothing, so the time begins anew.

use serde::{Deserialize, Serialize};

use super::Immobility;
use crate::time::SECOND_MS;

/// A change of this much, in thousandths of g, is a movement. Our choice, to be tried on real phones
/// (docs/devices.md).
pub const MOVED_MG: i32 = 60;

/// Longest time between two samples that still are one stretch: the system may have put the sensor to
/// sleep, and what it did not feel nobody knows.
pub const GAP_MS: i64 = 15 * SECOND_MS;

/// What the accelerometer has felt once, in thousandths of g along the phone's own axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// When, by the boot clock, in milliseconds.
    pub up_ms: i64,
    /// Along the width.
    pub x_mg: i32,
    /// Along the height.
    pub y_mg: i32,
    /// Out of the screen.
    pub z_mg: i32,
}

impl Sample {
    fn moved_from(&self, rest: &Self) -> bool {
        [(self.x_mg, rest.x_mg), (self.y_mg, rest.y_mg), (self.z_mg, rest.z_mg)]
            .into_iter()
            .any(|(now, then)| now.abs_diff(then) >= MOVED_MG.unsigned_abs())
    }
}

/// How long a phone has lain still.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stillness {
    /// Since when, and how it lay then.
    rest: Option<Sample>,
    /// The newest sample.
    felt_at: Option<i64>,
}

impl Stillness {
    /// One more sample. One that is older than the newest says nothing.
    #[must_use]
    pub fn felt(&self, sample: Sample) -> Self {
        let Some((rest, felt_at)) = self.rest.zip(self.felt_at) else {
            return Self { rest: Some(sample), felt_at: Some(sample.up_ms) };
        };
        if sample.up_ms < felt_at {
            return self.clone();
        }
        let gap = sample.up_ms.saturating_sub(felt_at) > GAP_MS;
        // The way it lay at the beginning counts, so that a slow slide is a movement too.
        let rest = if gap || sample.moved_from(&rest) { sample } else { rest };
        Self { rest: Some(rest), felt_at: Some(sample.up_ms) }
    }

    /// Milliseconds of stillness that were felt without a gap, as of boot time `up`; `None` when nothing
    /// was felt lately.
    #[must_use]
    pub fn still_ms(&self, up: i64) -> Option<i64> {
        let (rest, felt_at) = self.rest.zip(self.felt_at)?;
        let fresh = (0..=GAP_MS).contains(&up.saturating_sub(felt_at));
        // Only as far as it was felt: the time since is not known yet.
        fresh.then(|| felt_at.saturating_sub(rest.up_ms))
    }

    /// Whether it has lain still for as long as the agency has set.
    #[must_use]
    pub fn is_over(&self, up: i64, rule: &Immobility) -> bool {
        let after = i64::from(rule.after_s).saturating_mul(SECOND_MS);
        self.still_ms(up).is_some_and(|still| still >= after)
    }
}

#[cfg(test)]
#[path = "still_tests.rs"]
mod tests;
