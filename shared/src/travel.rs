//! Travel between two visits (row B-21): computed, corrected by the worker, counted as work.

use serde::{Deserialize, Serialize};

use crate::id::VisitId;
use crate::refusal::Refusal;
use crate::time::{MINUTE_MS, Moment, Zone};
use crate::visit::{Visit, VisitState};

/// The afternoon begins at this hour of the wall clock.
const NOON_HOUR: i8 = 13;

/// Roads are longer than the way of the crow, in hundredths: the usual factor of French departments.
const DETOUR_PERCENT: f64 = 130.0;

/// Usual speed from door to door, in hundreds of metres a minute: 30 km/h.
const HM_PER_MINUTE: u32 = 5;

/// The mean radius of the Earth, in hundreds of metres.
const EARTH_HM: f64 = 63_710.0;

/// Longest travel that can be declared: 500 km, 12 hours.
pub const MOST_HM: u32 = 5_000;
/// See [`MOST_HM`].
pub const MOST_MINUTES: u32 = 720;

/// A place on the Earth, in millionths of a degree (WGS 84).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Point {
    /// Latitude.
    pub lat_e6: i32,
    /// Longitude.
    pub lon_e6: i32,
}

impl Point {
    /// A place that exists; `None` beyond the poles or the date line.
    #[must_use]
    pub fn checked(lat_e6: i32, lon_e6: i32) -> Option<Self> {
        let inside = lat_e6.unsigned_abs() <= 90_000_000 && lon_e6.unsigned_abs() <= 180_000_000;
        inside.then_some(Self { lat_e6, lon_e6 })
    }
}

/// How far a road between two places is likely to be, in hundreds of metres.
#[must_use]
pub fn road_hm(from: Point, to: Point) -> u32 {
    let radians = |e6: i32| (f64::from(e6) / 1e6).to_radians();
    let (lat1, lat2) = (radians(from.lat_e6), radians(to.lat_e6));
    let (dlat, dlon) = (lat2 - lat1, radians(to.lon_e6) - radians(from.lon_e6));
    let h = (dlat / 2.0).sin().powi(2) + lat1.cos() * lat2.cos() * (dlon / 2.0).sin().powi(2);
    let crow = 2.0 * EARTH_HM * h.sqrt().min(1.0).asin();
    let road = (crow * DETOUR_PERCENT / 100.0).round();
    // At most 26,000 km.
    road as u32
}

/// A length and a time of travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Leg {
    /// Hundreds of metres; `None` when the places are not known.
    pub distance_hm: Option<u32>,
    /// Minutes; `None` when the distance is not known.
    pub minutes: Option<u32>,
}

/// What is computed between two homes: the road, and its time at the usual speed, at most the time
/// between both visits.
#[must_use]
pub fn computed(from: Option<Point>, to: Option<Point>, left: Moment, due: Moment) -> Leg {
    let Some((from, to)) = from.zip(to) else { return Leg::default() };
    let distance = road_hm(from, to);
    let between = u32::try_from(due.since(left).max(0) / MINUTE_MS).unwrap_or(u32::MAX);
    let minutes = distance.div_ceil(HM_PER_MINUTE).min(between);
    Leg { distance_hm: Some(distance), minutes: Some(minutes) }
}

/// What a worker says of the way to a visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Correction {
    /// From where.
    pub from: VisitId,
    /// How far and how long.
    pub leg: Leg,
    /// Why, in words.
    pub note: String,
}

/// A way as phones hold it. Scope `membership/<id>`; its id is that of the visit it leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TravelRow {
    /// The visit that it leads to.
    pub visit: VisitId,
    /// What the worker said.
    pub correction: Correction,
    /// When the server got it.
    pub received_at: Moment,
}

/// Checks what a worker says.
///
/// # Errors
/// [`Refusal::Invalid`] beyond the longest; [`Refusal::TooLong`].
pub fn check(correction: &Correction) -> Result<(), Refusal> {
    if correction.leg.distance_hm.is_some_and(|hm| hm > MOST_HM)
        || correction.leg.minutes.is_some_and(|minutes| minutes > MOST_MINUTES)
    {
        return Err(Refusal::Invalid);
    }
    if correction.note.chars().count() > crate::task::WHY_LIMIT {
        return Err(Refusal::TooLong);
    }
    Ok(())
}

/// Whether a worker goes from one visit to the other: one after the other in the same half of the same
/// day, at two clients'. Both take place. The visits are of one worker, the second follows the first.
#[must_use]
pub fn leads(from: &Visit, to: &Visit, zone: &Zone) -> bool {
    let takes_place = |visit: &Visit| visit.state != VisitState::Cancelled;
    let half = |visit: &Visit| {
        let afternoon = zone.wall(visit.starts_at).0 >= NOON_HOUR;
        (zone.day_of(visit.starts_at), afternoon)
    };
    takes_place(from)
        && takes_place(to)
        && from.client != to.client
        && from.starts_at <= to.starts_at
        && half(from) == half(to)
}

/// The ways of some visits of one worker: pairs of places in the list, in order.
#[must_use]
pub fn ways<'a>(visits: &[&'a Visit], zone: &Zone) -> Vec<(&'a Visit, &'a Visit)> {
    let mut going: Vec<&'a Visit> =
        visits.iter().copied().filter(|visit| visit.state != VisitState::Cancelled).collect();
    going.sort_by_key(|visit| (visit.starts_at, visit.ends_at, visit.id));
    going
        .windows(2)
        .filter_map(|pair| match pair {
            [from, to] if leads(from, to, zone) => Some((*from, *to)),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ClientId, MembershipId};
    use crate::time::Day;
    use proptest::prelude::*;

    const ALBI: Point = Point { lat_e6: 43_928_900, lon_e6: 2_146_400 };
    const GAILLAC: Point = Point { lat_e6: 43_901_400, lon_e6: 1_897_100 };

    /// B-21: Albi to Gaillac is 20 km by the crow, 26 by road at the usual factor.
    #[test]
    fn a_road_is_longer_than_the_way_of_the_crow() {
        let road = road_hm(ALBI, GAILLAC);
        assert!((255..=270).contains(&road), "{road}");
        assert_eq!(road_hm(ALBI, ALBI), 0);
        let leg = computed(Some(ALBI), Some(GAILLAC), Moment(0), Moment(30 * MINUTE_MS));
        assert_eq!(leg, Leg { distance_hm: Some(road), minutes: Some(30) }, "the time between");
        let long = computed(Some(ALBI), Some(GAILLAC), Moment(0), Moment(90 * MINUTE_MS));
        assert_eq!(long.minutes, Some(road.div_ceil(5)));
        assert_eq!(computed(None, Some(ALBI), Moment(0), Moment(0)), Leg::default());
    }

    /// B-21: within the same half-day only, between two homes, of visits that take place.
    #[test]
    fn ways_stay_within_half_a_day() {
        let zone = Zone::named("Europe/Paris").unwrap();
        let day = Day::parse("2026-11-23").unwrap();
        let visit = |n: u8, hour: i8, client: u8| Visit {
            id: VisitId::new(Moment(i64::from(n)), [n; 10]),
            membership: MembershipId::new(Moment(1), [1; 10]),
            client: ClientId::new(Moment(1), [client; 10]),
            client_label: String::new(),
            place: String::new(),
            service: String::new(),
            starts_at: zone.at(day, hour, 0),
            ends_at: zone.at(day, hour, 45),
            state: VisitState::Planned,
            instructions: String::new(),
        };
        let all =
            [visit(1, 8, 1), visit(2, 9, 2), visit(3, 10, 2), visit(4, 12, 3), visit(5, 14, 4)];
        let list: Vec<&Visit> = all.iter().collect();
        let found = ways(&list, &zone);
        let ids: Vec<_> = found.iter().map(|(a, b)| (a.id, b.id)).collect();
        assert_eq!(ids, [(all[0].id, all[1].id), (all[2].id, all[3].id)]);
        let off = Visit { state: VisitState::Cancelled, ..all[1].clone() };
        let list = [&all[0], &off, &all[2]];
        assert_eq!(ways(&list, &zone).len(), 1, "past the one called off");
    }

    proptest! {
        #[test]
        fn a_road_is_as_long_back(
            a in -90_000_000..90_000_000, b in -180_000_000..180_000_000,
            c in -90_000_000..90_000_000, d in -180_000_000..180_000_000,
        ) {
            let (one, other) = (Point { lat_e6: a, lon_e6: b }, Point { lat_e6: c, lon_e6: d });
            let there = i64::from(road_hm(one, other));
            let back = i64::from(road_hm(other, one));
            prop_assert!((there - back).abs() <= 1 && there <= 261_000);
        }
    }
}
