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

    #[test]
    fn minutes_are_those_between_two_watches() {
        let at = |ms| Moment(1_800_000_000_000 + ms);
        assert_eq!(minutes(at(0), at(MINUTE_MS - 1)), 0);
        assert_eq!(minutes(at(0), at(MINUTE_MS)), 1);
        assert_eq!(minutes(at(-1), at(MINUTE_MS)), 2, "the seconds of neither count");
        assert_eq!(minutes(at(HOUR_MS), at(0)), 0, "they cross");
        assert_eq!(minutes(Moment(-1), Moment(0)), 1, "before 1970 too");
        assert_eq!(
            (hundredths(0), hundredths(60), hundredths(1), hundredths(-60)),
            (0, 100, 2, -100)
        );
    }

    #[test]
    fn a_night_is_shared_by_its_two_days() {
        let day = Day::parse("2026-11-23").unwrap();
        let (from, to) = (paris().at(day, 22, 30), paris().at(day.plus(1), 6, 0));
        assert_eq!(by_day(from, to, &paris()), [(day, 90), (day.plus(1), 360)]);
        assert_eq!(by_day(from, paris().at(day.plus(1), 0, 0), &paris()), [(day, 90)]);
        assert_eq!(by_day(to, from, &paris()), []);
    }

    #[test]
    fn planned_badged_and_retained_are_told_apart() {
        use crate::clock::{Measured, Quality};
        use crate::visit::{ClockKind, Clocked, Decision};

        let id = |n| uuid::Uuid::from_u128(n);
        let at = |minutes: i64| Moment(1_800_000_000_000 + minutes * MINUTE_MS);
        let mut visit = Visit {
            id: id(1).into(),
            membership: id(2).into(),
            client: id(3).into(),
            client_label: String::new(),
            place: String::new(),
            service: String::new(),
            starts_at: at(0),
            ends_at: at(60),
            state: VisitState::Planned,
            instructions: String::new(),
        };
        let stamp = |n, kind, minutes| Clocked {
            id: id(n).into(),
            visit: visit.id,
            kind,
            method: crate::badge::Method::Qr,
            assurance: crate::badge::Assurance::Qr,
            reason: None,
            voids: None,
            measured: Measured { at: at(minutes), error_ms: None, quality: Quality::Exact },
            declared_at: None,
            anomalies: Vec::new(),
        };
        let all = [stamp(5, ClockKind::Start, 2), stamp(6, ClockKind::End, 47)];
        let (whole, begun) = (Progress::of(&all), Progress::of(&all[..1]));
        let retained = RetainedPeriod {
            visit: visit.id,
            decision: Decision::Corrected,
            starts_at: at(0),
            ends_at: at(50),
            reason: None,
            note: String::new(),
            decided_by: String::new(),
            decided_at: at(99),
        };
        let hours = Hours::of(&visit, &whole, Some(&retained));
        assert_eq!(hours, Hours { planned: 60, badged: 45, retained: 50 });
        assert_eq!(hours.and(hours), Hours { planned: 120, badged: 90, retained: 100 });
        assert_eq!(Hours::of(&visit, &begun, None), Hours { planned: 60, badged: 0, retained: 0 });
        for state in [VisitState::Cancelled, VisitState::Unplanned] {
            visit.state = state;
            let unplanned = Hours::of(&visit, &whole, Some(&retained));
            assert_eq!(unplanned, Hours { planned: 0, ..hours });
            assert_eq!(hours.and(unplanned), Hours { planned: 60, badged: 90, retained: 100 });
        }
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
