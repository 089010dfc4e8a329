//! Hours: planned, badged, retained. Seconds are ignored, as the funders' télégestion does
//! (standards.md 3.1), and days are those of the organisation's zone, 23 to 25 hours long.

use serde::{Deserialize, Serialize};

use crate::time::{Day, MINUTE_MS, Moment, Zone};
use crate::visit::{Progress, RetainedPeriod, Visit, VisitState};

/// Whole minutes between two moments, each without its seconds; 0 when they cross.
#[must_use]
pub fn minutes(from: Moment, to: Moment) -> i64 {
    (to.0.div_euclid(MINUTE_MS) - from.0.div_euclid(MINUTE_MS)).max(0)
}

/// Minutes as hundredths of an hour, half up: 90 is 150, 20 is 33.
#[must_use]
pub fn hundredths(minutes: i64) -> i64 {
    (minutes * 100 + 30).div_euclid(60)
}

/// Minutes of a period in each calendar day of a zone, in order.
#[must_use]
pub fn by_day(from: Moment, to: Moment, zone: &Zone) -> Vec<(Day, i64)> {
    let mut days = Vec::new();
    let mut day = zone.day_of(from);
    loop {
        let (start, end) = zone.bounds(day);
        let inside = minutes(from.max(start), to.min(end));
        if inside > 0 {
            days.push((day, inside));
        }
        if end >= to || day.plus(1) == day {
            return days;
        }
        day = day.plus(1);
    }
}

/// The three hours of a visit, or of many, in minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hours {
    /// As planned; 0 for a cancelled or unplanned visit.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub planned: i64,
    /// As badged; 0 until both stamps are there.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub badged: i64,
    /// As the office retained them; 0 until it has decided.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub retained: i64,
}

impl Hours {
    /// The hours of one visit.
    #[must_use]
    pub fn of(visit: &Visit, progress: &Progress, retained: Option<&RetainedPeriod>) -> Self {
        let planned = match visit.state {
            VisitState::Planned => minutes(visit.starts_at, visit.ends_at),
            VisitState::Cancelled | VisitState::Unplanned | VisitState::Unknown(_) => 0,
        };
        Self {
            planned,
            badged: progress.period().map_or(0, |(from, to)| minutes(from, to)),
            retained: retained.map_or(0, |r| minutes(r.starts_at, r.ends_at)),
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            planned: self.planned + other.planned,
            badged: self.badged + other.badged,
            retained: self.retained + other.retained,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::HOUR_MS;
    use proptest::prelude::*;

    fn paris() -> Zone {
        Zone::named("Europe/Paris").unwrap()
    }

    #[test]
    fn a_night_of_clock_change_has_its_true_length() {
        let paris = paris();
        let night = |day: &str| {
            let day = Day::parse(day).unwrap();
            minutes(paris.at(day, 22, 0), paris.at(day.plus(1), 6, 0))
        };
        assert_eq!(night("2026-10-24"), 9 * 60);
        assert_eq!(night("2026-03-28"), 7 * 60);
        assert_eq!(night("2026-11-22"), 8 * 60);
    }

    #[test]
    fn seconds_are_ignored() {
        let eight = paris().at(Day::parse("2026-11-23").unwrap(), 8, 0);
        assert_eq!(minutes(eight.plus(59_000), eight.plus(HOUR_MS)), 60);
        assert_eq!(minutes(eight, eight.plus(-1)), 0);
        assert_eq!(hundredths(90), 150);
        assert_eq!(hundredths(20), 33);
    }

    proptest! {
        #[test]
        fn the_days_of_a_period_add_up_to_it(
            from in 1_700_000_000i64..1_900_000_000,
            length in 0i64..4 * 24 * 3600,
        ) {
            let from = Moment(from * 1000);
            let to = from.plus(length * 1000);
            let days = by_day(from, to, &paris());
            prop_assert_eq!(days.iter().map(|(_, m)| m).sum::<i64>(), minutes(from, to));
            prop_assert!(days.windows(2).all(|w| w[0].0 < w[1].0));
        }
    }
}
