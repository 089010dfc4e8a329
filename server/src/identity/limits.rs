//! How often is too often: fixed windows over the application's own clock.
//!
//! `tower_governor` reads a clock of its own, so a story could not drive it, and it knows the address
//! but not the account. Counts are kept in memory: each node of several counts for itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use releve_shared::id::DeviceId;
use releve_shared::refusal::Refusal;
use releve_shared::time::{MINUTE_MS, Moment, SECOND_MS};

use crate::config;
use crate::http::Refused;

/// Windows that are over are forgotten when this many are kept.
const KEPT: usize = 10_000;

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    SignInAccount(String),
    SignInAddress(String),
    SignInOverall,
    EnrolAddress(String),
    Phone(DeviceId),
    AlarmLane(DeviceId),
}

/// Counts of this node.
pub(crate) struct Limits {
    limits: config::Limits,
    windows: Mutex<HashMap<Key, Window>>,
}

#[derive(Clone, Copy)]
struct Window {
    until: Moment,
    count: u32,
}

impl Limits {
    pub(crate) fn new(limits: &config::Limits) -> Self {
        Self { limits: limits.clone(), windows: Mutex::default() }
    }

    /// A try to sign in.
    pub(super) fn sign_in(&self, login: &str, address: &str, now: Moment) -> Result<(), Refused> {
        let long = 15 * MINUTE_MS;
        self.count(Key::SignInOverall, self.limits.sign_ins_overall, MINUTE_MS, now)?;
        let from = Key::SignInAddress(address.to_owned());
        self.count(from, self.limits.sign_ins_per_address, long, now)?;
        let of = Key::SignInAccount(login.to_owned());
        self.count(of, self.limits.sign_ins_per_account, long, now)
    }

    /// A sign-in that worked: tries before it do not count against the account.
    pub(super) fn signed_in(&self, login: &str) {
        self.windows().remove(&Key::SignInAccount(login.to_owned()));
    }

    /// A try to enrol a phone.
    pub(super) fn enrol(&self, address: &str, now: Moment) -> Result<(), Refused> {
        self.count(Key::SignInOverall, self.limits.sign_ins_overall, MINUTE_MS, now)?;
        let from = Key::EnrolAddress(address.to_owned());
        self.count(from, self.limits.enrolments_per_address, 15 * MINUTE_MS, now)
    }

    /// A request of a phone.
    pub(super) fn phone(&self, device: DeviceId, now: Moment) -> Result<(), Refused> {
        self.count(Key::Phone(device), self.limits.requests_per_phone, MINUTE_MS, now)
    }

    /// A report on the alarm lane of a phone; the alarm room may hear it all the same.
    pub(crate) fn alarm_lane(&self, device: DeviceId, now: Moment) -> Result<(), Refused> {
        self.count(Key::AlarmLane(device), self.limits.alarm_reports_per_phone, MINUTE_MS, now)
    }

    fn count(&self, key: Key, most: u32, length_ms: i64, now: Moment) -> Result<(), Refused> {
        let mut windows = self.windows();
        if windows.len() >= KEPT {
            windows.retain(|_, window| window.until > now);
        }
        let fresh = Window { until: now.plus(length_ms), count: 0 };
        let window = windows.entry(key).or_insert(fresh);
        // Over, or from a clock that was set back.
        if window.until <= now || window.until > fresh.until {
            *window = fresh;
        }
        if window.count >= most {
            let wait = window.until.since(now).div_euclid(SECOND_MS) + 1;
            let wait = u64::try_from(wait).unwrap_or(1);
            return Err(Refused::retry_after(Refusal::TooManyTries, wait));
        }
        window.count += 1;
        Ok(())
    }

    fn windows(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_is_slowed_by_account_and_ends_with_time() {
        let limits = Limits::new(&config::Limits { sign_ins_per_account: 3, ..Default::default() });
        let start = Moment(1_000_000);
        for _ in 0..3 {
            limits.sign_in("nadia", "a", start).unwrap();
        }
        let Err(Refused::Answer(body)) = limits.sign_in("nadia", "b", start) else {
            panic!("a fourth try passed")
        };
        assert_eq!(body.refusal, Refusal::TooManyTries);
        assert!(body.retry_after_s.is_some_and(|s| (890..=901).contains(&s)));
        limits.sign_in("paul", "b", start).unwrap();
        limits.sign_in("nadia", "b", start.plus(15 * MINUTE_MS)).unwrap();
    }

    #[test]
    fn a_right_password_clears_the_count() {
        let limits = Limits::new(&config::Limits { sign_ins_per_account: 2, ..Default::default() });
        for _ in 0..10 {
            limits.sign_in("nadia", "a", Moment(0)).unwrap();
            limits.signed_in("nadia");
        }
    }
}
