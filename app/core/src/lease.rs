//! How long a lease has lasted by clocks that anybody can set (sync.md WP3).

use releve_shared::clock::Stamp;
use releve_shared::time::{MINUTE_MS, Moment};
use serde::{Deserialize, Serialize};

use crate::store::duty::LeaseHeld;

/// Time that has passed since a lease came: the greater of the sum of the phone's starts and the
/// highest wall time seen. Setting the clock back gains nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Age {
    wall_then: Moment,
    wall_highest: Moment,
    boot: String,
    up_ms: i64,
    boots_ms: i64,
}

impl Age {
    /// Of a lease that comes now.
    pub(crate) fn from(now: &Stamp) -> Self {
        Self {
            wall_then: now.wall,
            wall_highest: now.wall,
            boot: now.boot.clone(),
            up_ms: now.up_ms,
            boots_ms: 0,
        }
    }

    /// The same, having seen the clocks again.
    pub(crate) fn seen(&self, now: &Stamp) -> Self {
        let passed = if self.boot == now.boot { now.up_ms - self.up_ms } else { now.up_ms };
        Self {
            wall_then: self.wall_then,
            wall_highest: self.wall_highest.max(now.wall),
            boot: now.boot.clone(),
            up_ms: now.up_ms,
            boots_ms: self.boots_ms.saturating_add(passed.max(0)),
        }
    }

    /// Whether the two are far enough apart to be written down.
    pub(crate) fn far_from(&self, other: &Self) -> bool {
        self.boot != other.boot
            || other.up_ms.saturating_sub(self.up_ms) >= MINUTE_MS
            || other.wall_highest.since(self.wall_highest) >= MINUTE_MS
    }

    /// Milliseconds since the lease came.
    pub(crate) fn ms(&self) -> i64 {
        self.boots_ms.max(self.wall_highest.since(self.wall_then))
    }
}

impl LeaseHeld {
    /// Whether what is held may be read.
    pub(crate) fn holds(&self, now: &Stamp) -> bool {
        self.age.seen(now).ms() < self.lease.until.since(self.lease.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(boot: &str, up_ms: i64, wall: i64) -> Stamp {
        Stamp { wall: Moment(wall), boot: boot.to_owned(), up_ms }
    }

    #[test]
    fn setting_the_clock_back_gains_nothing() {
        let came = Age::from(&at("a", 1_000, 500_000));
        assert_eq!(came.seen(&at("a", 61_000, 0)).ms(), 60_000, "the boot clock goes on");
        let rebooted = came.seen(&at("a", 61_000, 560_000)).seen(&at("b", 5_000, 0));
        assert_eq!(rebooted.ms(), 65_000, "boots add up");
        assert_eq!(
            rebooted.seen(&at("b", 6_000, 900_000)).ms(),
            400_000,
            "the highest wall counts"
        );
        assert_eq!(rebooted.seen(&at("b", 6_000, 900_000)).seen(&at("c", 1, 3)).ms(), 400_000);
    }
}
