//! When a mail that failed is tried again. Pure.

use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

/// How long a node may take for what it has taken; another takes it over then.
pub const LEASE_MS: i64 = 5 * MINUTE_MS;

/// The same for what is urgent: longer than any carrier may take.
pub const URGENT_LEASE_MS: i64 = MINUTE_MS;

/// How long to wait after a failed attempt at what is urgent; `None` gives up: by then the tiers have
/// moved on, and everyone is told again.
pub fn urgent_wait_after(attempts: u32) -> Option<i64> {
    match attempts {
        0..=2 => Some(5 * SECOND_MS),
        3 | 4 => Some(20 * SECOND_MS),
        5..=8 => Some(MINUTE_MS),
        9..=12 => Some(5 * MINUTE_MS),
        _ => None,
    }
}

/// How long to wait after a failed attempt, the first one being 1; `None` gives up.
pub fn wait_after(attempts: u32) -> Option<i64> {
    match attempts {
        0 | 1 => Some(MINUTE_MS),
        2 => Some(5 * MINUTE_MS),
        3 => Some(30 * MINUTE_MS),
        4 => Some(2 * HOUR_MS),
        5 => Some(8 * HOUR_MS),
        6 => Some(DAY_MS),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_longer_and_the_last_gives_up() {
        let waits: Vec<_> = (1..=6).map(|n| wait_after(n).unwrap()).collect();
        assert!(waits.is_sorted());
        assert_eq!(waits, [1, 5, 30, 120, 480, 1_440].map(|minutes| minutes * 60_000));
        assert_eq!(
            (wait_after(0), wait_after(7), wait_after(u32::MAX)),
            (Some(60_000), None, None)
        );
        assert_eq!(LEASE_MS, 300_000);
        let waits: Vec<_> = (1..=12).map(|n| urgent_wait_after(n).unwrap()).collect();
        assert!(waits.is_sorted());
        assert_eq!(urgent_wait_after(13), None);
    }
}
