//! The device's clocks.

use releve_core::ports::Clock;
use releve_shared::clock::Stamp;
use releve_shared::time::Moment;

/// Wall clock and boot clock of this device.
pub(crate) struct DeviceClock {
    boot: String,
}

impl DeviceClock {
    /// `stand_in` names this start where the system gives it no name that an app may read: moments
    /// are then exact within one run of the app only, which is less but never wrong.
    pub(crate) fn new(stand_in: String) -> Self {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .map(|id| id.trim().to_owned())
            .ok()
            .filter(|id| !id.is_empty())
            .unwrap_or(stand_in);
        Self { boot }
    }
}

impl Clock for DeviceClock {
    fn now(&self) -> Stamp {
        Stamp { wall: wall(), boot: self.boot.clone(), up_ms: up_ms() }
    }
}

/// The one place of the app where the wall clock is read.
#[expect(clippy::disallowed_methods, reason = "this is the Clock port")]
fn wall() -> Moment {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Moment(match since {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    })
}

/// Milliseconds since the start of the device, sleep included.
#[cfg(unix)]
fn up_ms() -> i64 {
    use rustix::time::{ClockId, clock_gettime};
    // Linux stops its monotonic clock during sleep; Apple's goes on.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;
    let up = clock_gettime(CLOCK);
    up.tv_sec.saturating_mul(1000).saturating_add(up.tv_nsec / 1_000_000)
}
