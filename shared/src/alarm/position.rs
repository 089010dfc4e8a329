//! Where the worker is: measured by her phone, or by her planning. Each says how old it is.

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, VisitId};
use crate::time::{HOUR_MS, Moment};
use crate::visit::{Progress, Visit, VisitState};
use crate::wire_enum;

/// A position as the phone has measured it. Only read for an alarm (row B-05).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Position {
    /// Latitude in millionths of a degree, north positive (WGS 84).
    pub lat_udeg: i32,
    /// Longitude in millionths of a degree, east positive.
    pub lon_udeg: i32,
    /// Radius of 68 % confidence, in metres; `None` when the device does not say.
    pub accuracy_m: Option<u32>,
    /// How old it was at the act that carries it, in milliseconds.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub age_ms: i64,
}

impl Position {
    /// Whether it can be a place on Earth, of the past.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.lat_udeg.unsigned_abs() <= 90_000_000
            && self.lon_udeg.unsigned_abs() <= 180_000_000
            && self.age_ms >= 0
    }

    /// `43.929000,2.148100`: as maps and text messages read it.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{},{}", degrees(self.lat_udeg), degrees(self.lon_udeg))
    }

    /// Reads [`Self::text`] back: latitude and longitude in millionths of a degree.
    #[must_use]
    pub fn parse(text: &str) -> Option<(i32, i32)> {
        let (lat, lon) = text.split_once(',')?;
        Some((millionths(lat)?, millionths(lon)?))
    }
}

fn degrees(udeg: i32) -> String {
    let sign = if udeg < 0 { "-" } else { "" };
    let all = udeg.unsigned_abs();
    format!("{sign}{}.{:06}", all / 1_000_000, all % 1_000_000)
}

fn millionths(text: &str) -> Option<i32> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, part) = digits.split_once('.')?;
    let plain = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole) || !plain(part) || part.len() != 6 {
        return None;
    }
    let all = whole.parse::<i32>().ok()?.checked_mul(1_000_000)?.checked_add(part.parse().ok()?)?;
    all.checked_mul(sign)
}

wire_enum! {
    /// What a theoretical position rests on.
    pub enum Basis {
        /// A visit that was started and not ended.
        Badged = "badged",
        /// A visit that is planned for now.
        Planned = "planned",
        /// Between visits: the last one, which was or should be over.
        After = "after",
        /// Between visits: the next one.
        Before = "before",
    }
}

/// Where the planning says that the worker is (row O-33).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Theoretical {
    /// Which visit.
    pub visit: VisitId,
    /// At whose home.
    pub client: ClientId,
    /// What it rests on.
    pub basis: Basis,
    /// Planned start of the visit.
    pub starts_at: Moment,
    /// Planned end.
    pub ends_at: Moment,
    /// How old the knowledge is, in milliseconds: since the start stamp, else the distance in time
    /// to the planned visit (0 inside it).
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub age_ms: i64,
}

/// A visit this far from now says nothing about where somebody is.
const FAR_MS: i64 = 12 * HOUR_MS;

/// Where the planning says that the worker is: the visit that she has started; else the one planned
/// now; else the nearest within twelve hours.
#[must_use]
pub fn theoretical<'a>(
    visits: impl IntoIterator<Item = (&'a Visit, &'a Progress)>,
    at: Moment,
) -> Option<Theoretical> {
    visits
        .into_iter()
        .filter(|(visit, progress)| visit.state != VisitState::Cancelled || progress.in_progress())
        .map(|(visit, progress)| found(visit, progress, at))
        .filter(|(_, found)| found.age_ms <= FAR_MS)
        .min_by_key(|(rank, found)| (*rank, found.age_ms, found.visit))
        .map(|(_, found)| found)
}

fn found(visit: &Visit, progress: &Progress, at: Moment) -> (u8, Theoretical) {
    let ended = progress.end.as_ref().map(|end| end.counts_at()).filter(|end| *end <= at);
    let (rank, basis, age_ms) = match (&progress.start, ended) {
        (_, Some(end)) => (2, Basis::After, at.since(end)),
        (Some(start), None) => (0, Basis::Badged, at.since(start.counts_at()).max(0)),
        // Between visits the nearer of last and next counts.
        (None, None) if at < visit.starts_at => (2, Basis::Before, visit.starts_at.since(at)),
        (None, None) if at <= visit.ends_at => (1, Basis::Planned, 0),
        (None, None) => (2, Basis::After, at.since(visit.ends_at)),
    };
    let (visit_id, client) = (visit.id, visit.client);
    let (starts_at, ends_at) = (visit.starts_at, visit.ends_at);
    (rank, Theoretical { visit: visit_id, client, basis, starts_at, ends_at, age_ms })
}
