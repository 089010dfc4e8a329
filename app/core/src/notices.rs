//! Notices that wait for their moment, where the app itself has to keep the time.

use std::time::Duration;

use crate::ports::Notice;

/// Clocks may jump: nobody sleeps longer.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// What is planned. A new plan replaces it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned(Vec<Notice>);

impl Planned {
    /// These, and no others.
    #[must_use]
    pub fn of(notices: &[Notice]) -> Self {
        Self(notices.to_vec())
    }

    /// What is due at boot time `up_ms`, each once.
    pub fn take_due(&mut self, up_ms: i64) -> Vec<Notice> {
        let (due, later) = self.0.drain(..).partition(|notice| notice.up_ms <= up_ms);
        self.0 = later;
        due
    }

    /// How long to sleep from boot time `up_ms` on.
    #[must_use]
    pub fn wait(&self, up_ms: i64) -> Duration {
        let next = self.0.iter().map(|notice| notice.up_ms.saturating_sub(up_ms).max(0)).min();
        let wait = next.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
        wait.unwrap_or(LOOK_AGAIN).min(LOOK_AGAIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(key: &str, up_ms: i64) -> Notice {
        Notice { key: key.into(), up_ms, title: String::new(), words: String::new() }
    }

    #[test]
    fn o_42_each_rings_once_at_its_moment_and_a_new_plan_replaces() {
        let mut planned = Planned::of(&[notice("end", 5_000), notice("ask", 2_000)]);
        assert_eq!(planned.wait(1_500), Duration::from_millis(500));
        assert_eq!(planned.take_due(1_999), []);
        assert_eq!(planned.take_due(2_000), [notice("ask", 2_000)]);
        assert_eq!(planned.take_due(4_000), [], "once");
        planned = Planned::of(&[]);
        assert_eq!((planned.take_due(9_000), planned.wait(9_000)), (vec![], LOOK_AGAIN));
    }
}
