//! Moments, days and zones. All arithmetic on days goes through the IANA zone of the organisation.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(as = "f64", export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = i64))]
#[serde(transparent)]
pub struct Moment(pub i64);

/// One second, in milliseconds.
pub const SECOND_MS: i64 = 1_000;
/// One minute, in milliseconds.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// One hour, in milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Twenty-four hours, in milliseconds: a duration, not a calendar day.
pub const DAY_MS: i64 = 24 * HOUR_MS;

impl Moment {
    /// The moment `ms` milliseconds later (earlier when negative); stops at the ends of time.
    #[must_use]
    pub fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; negative when it is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This moment, brought inside `low ..= high`; `low` wins when they cross.
    #[must_use]
    pub fn within(self, low: Self, high: Self) -> Self {
        self.min(high).max(low)
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(at) => write!(f, "{at}"),
            Err(_) => write!(f, "Moment({})", self.0),
        }
    }
}

/// A text that names no IANA zone, or no date.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TimeError {
    /// The text names no zone of the IANA database.
    #[error("not an IANA time zone")]
    NotAZone,
    /// The text is no date, or one that cannot be.
    #[error("not a date")]
    NotADate,
}

/// An IANA time zone, for example `Europe/Paris` or `Indian/Reunion` (row O-43).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(as = "String", export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct Zone(jiff::tz::TimeZone);

impl Zone {
    /// The zone of a name.
    ///
    /// # Errors
    /// [`TimeError::NotAZone`] when the IANA database has no such name.
    pub fn named(name: &str) -> Result<Self, TimeError> {
        jiff::tz::TimeZone::get(name).map(Self).map_err(|_| TimeError::NotAZone)
    }

    /// Universal time, for what belongs to no place.
    #[must_use]
    pub fn utc() -> Self {
        Self(jiff::tz::TimeZone::UTC)
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The calendar day of a moment in this zone.
    #[must_use]
    pub fn day_of(&self, at: Moment) -> Day {
        Day(self.zoned(at).date())
    }

    /// The first moment of a day, and the first of the next: 23, 24 or 25 hours apart.
    #[must_use]
    pub fn bounds(&self, day: Day) -> (Moment, Moment) {
        (self.start_of(day), self.start_of(day.plus(1)))
    }

    /// The moment of a wall time on a day; in a gap of the clock, the first moment after it, and in
    /// a fold the first of the two (jiff's "compatible", RFC 5545's reading).
    #[must_use]
    pub fn at(&self, day: Day, hour: i8, minute: i8) -> Moment {
        let wall = day.0.at(hour.clamp(0, 23), minute.clamp(0, 59), 0, 0);
        wall.to_zoned(self.0.clone()).map_or(Moment(0), |z| Moment(z.timestamp().as_millisecond()))
    }

    /// Hour and minute on the wall at a moment.
    #[must_use]
    pub fn wall(&self, at: Moment) -> (i8, i8) {
        let zoned = self.zoned(at);
        (zoned.hour(), zoned.minute())
    }

    fn zoned(&self, at: Moment) -> jiff::Zoned {
        jiff::Timestamp::from_millisecond(at.0)
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
            .to_zoned(self.0.clone())
    }

    fn start_of(&self, day: Day) -> Moment {
        self.0
            .to_ambiguous_zoned(day.0.at(0, 0, 0, 0))
            .compatible()
            .map_or(Moment(0), |z| Moment(z.timestamp().as_millisecond()))
    }
}

impl TryFrom<String> for Zone {
    type Error = TimeError;
    fn try_from(name: String) -> Result<Self, TimeError> {
        Self::named(&name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}

/// A calendar day, written `2026-11-23`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(as = "String", export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct Day(jiff::civil::Date);

impl Day {
    /// The day of a text `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`TimeError::NotADate`] when it is none.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        text.parse().map(Self).map_err(|_| TimeError::NotADate)
    }

    /// The day `days` later (earlier when negative); itself at the ends of the calendar.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        let span = jiff::Span::new().try_days(days);
        span.and_then(|span| self.0.checked_add(span)).map_or(self, Self)
    }

    /// The first day of its month.
    #[must_use]
    pub fn month(self) -> Self {
        Self(self.0.first_of_month())
    }

    /// The first day of the month after its own.
    #[must_use]
    pub fn next_month(self) -> Self {
        Self(self.0.last_of_month()).plus(1)
    }

    /// Monday is 1, Sunday is 7 (ISO 8601).
    #[must_use]
    pub fn weekday(self) -> i8 {
        self.0.weekday().to_monday_one_offset()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Day {
    type Error = TimeError;
    fn try_from(text: String) -> Result<Self, TimeError> {
        Self::parse(&text)
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_23_24_or_25_hours() {
        let paris = Zone::named("Europe/Paris").unwrap();
        let hours = |day: &str| {
            let (from, to) = paris.bounds(Day::parse(day).unwrap());
            to.since(from) / HOUR_MS
        };
        assert_eq!(hours("2026-03-29"), 23);
        assert_eq!(hours("2026-10-25"), 25);
        assert_eq!(hours("2026-11-22"), 24);
    }

    #[test]
    fn a_zone_is_checked_when_it_is_read() {
        assert!(serde_json::from_str::<Zone>("\"Indian/Reunion\"").is_ok());
        assert!(serde_json::from_str::<Zone>("\"Mars/Olympus\"").is_err());
        assert_eq!(Day::parse("2026-02-30"), Err(TimeError::NotADate));
    }

    #[test]
    fn the_wall_shows_the_hour_of_the_place() {
        let paris = Zone::named("Europe/Paris").unwrap();
        let at = paris.at(Day::parse("2026-11-23").unwrap(), 8, 3);
        assert_eq!(paris.wall(at), (8, 3));
        assert_eq!(Zone::named("Indian/Reunion").unwrap().wall(at), (11, 3));
    }
}
