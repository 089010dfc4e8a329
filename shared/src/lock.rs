//! The lock of the app on a phone (row O-03): what an agency may ask, what a PIN is, how long wrong
//! ones are waited for.

use serde::{Deserialize, Serialize};

use crate::time::{HOUR_MS, SECOND_MS};

/// The shortest and the longest PIN, in digits.
pub const DIGITS: std::ops::RangeInclusive<u32> = 4..=8;

/// The shortest and the longest time without a touch before the app locks, in minutes.
pub const AFTER_MIN: std::ops::RangeInclusive<u32> = 1..=60;

/// After so many wrong PINs in a row the data can be opened by a new code of the office only.
pub const MOST_WRONG: u32 = 10;

/// So many wrong PINs cost nothing: fingers slip.
const FREE: u32 = 2;

/// The wait after the first wrong PIN that costs.
const FIRST_WAIT_MS: i64 = 30 * SECOND_MS;

/// What an agency asks of the lock of its phones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LockRules {
    /// Each phone must have a PIN.
    pub required: bool,
    /// Its fewest digits.
    pub digits: u32,
    /// Minutes without a touch before the app locks.
    pub after_min: u32,
}

impl Default for LockRules {
    fn default() -> Self {
        Self { required: false, digits: *DIGITS.start(), after_min: 5 }
    }
}

/// Whether a text may be a PIN: so many digits at least, eight at most.
#[must_use]
pub fn is_pin(text: &str, digits: u32) -> bool {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    text.bytes().all(|byte| byte.is_ascii_digit()) && (digits..=*DIGITS.end()).contains(&length)
}

/// Whether a PIN is among the first that anybody tries: one digit repeated, or a run like 1234 or
/// 9876.
#[must_use]
pub fn is_plain(pin: &str) -> bool {
    let steps: Vec<i16> = pin
        .as_bytes()
        .windows(2)
        .filter_map(|pair| match pair {
            [one, next] => Some(i16::from(*next) - i16::from(*one)),
            _ => None,
        })
        .collect();
    steps.first().is_some_and(|first| (-1..=1).contains(first) && steps.iter().all(|s| s == first))
}

/// How long to wait before the next try, after so many wrong ones in a row, in milliseconds: thirty
/// seconds, then twice as long each time, an hour at most.
#[must_use]
pub fn wait_ms(wrong: u32) -> i64 {
    match wrong.checked_sub(FREE + 1) {
        None => 0,
        Some(doubled) => (FIRST_WAIT_MS << doubled.min(10)).min(HOUR_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_has_its_digits_and_is_not_the_first_that_is_tried() {
        assert!(is_pin("4071", 4) && is_pin("40715829", 4));
        for not in ["407", "407158291", "40a1", "４０７１", "", " 4071"] {
            assert!(!is_pin(not, 4), "{not}");
        }
        assert!(!is_pin("4071", 6));
        for plain in ["0000", "1234", "9876", "777777", "345678"] {
            assert!(is_plain(plain), "{plain}");
        }
        for fine in ["4071", "1235", "1212", "1357"] {
            assert!(!is_plain(fine), "{fine}");
        }
    }

    #[test]
    fn waits_double_up_to_an_hour() {
        let waits: Vec<i64> = (0..=MOST_WRONG).map(|wrong| wait_ms(wrong) / SECOND_MS).collect();
        assert_eq!(waits, [0, 0, 0, 30, 60, 120, 240, 480, 960, 1_920, 3_600]);
        assert_eq!(wait_ms(u32::MAX), HOUR_MS);
    }
}
