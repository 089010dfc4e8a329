//! Trusted time: where a stamp of a phone with a wrong clock really lies (row B-03, sync.md CK1–CK4).

use serde::{Deserialize, Serialize};

use crate::planted;
use crate::time::{Moment, SECOND_MS};
use crate::wire_enum;

/// What a phone's clocks said at the moment of an act. Raw: never rewritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stamp {
    /// The wall clock, which anybody can set; it decides and orders nothing.
    pub wall: Moment,
    /// Which start of the phone this is.
    pub boot: String,
    /// Milliseconds since that start, sleep included.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub up_ms: i64,
}

/// What one exchange with the server taught about a phone's clocks. Kept on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Which start of the phone.
    pub boot: String,
    /// Milliseconds since that start, at the middle of the exchange.
    pub up_ms: i64,
    /// The server's time.
    pub server: Moment,
    /// Half the time of the exchange, in milliseconds: how far off `server` may be.
    pub error_ms: i64,
    /// The number of the last stamp made before the exchange; 0 when there was none.
    pub seq: u64,
}

wire_enum! {
    /// How well a moment is known.
    pub enum Quality {
        /// In the same start of the phone as an exchange with the server.
        Exact = "exact",
        /// Between two known moments.
        Bracketed = "bracketed",
        /// By the phone's wall clock only.
        Claimed = "claimed",
    }
}

/// When an act took place, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Measured {
    /// The best estimate.
    pub at: Moment,
    /// The true moment is at most this many milliseconds away; unknown when nothing bounds it.
    #[cfg_attr(feature = "ts", ts(type = "number | null"))]
    pub error_ms: Option<i64>,
    /// How it was found.
    pub quality: Quality,
}

/// Quartz drifts by some 20 parts in a million; 100 leaves room for cold and old phones.
const DRIFT_PPM: i64 = 100;

/// Finds the moment of a stamp from the exchanges known so far.
///
/// `seq` is the number of the stamp in its device's chain: order within a device is that number,
/// never time. `received` is when the server got it: no act is later than its reception.
///
/// The same start of the phone as an exchange gives an `exact` moment; otherwise the exchanges
/// before and after it, or its reception, bracket the wall clock; otherwise the wall clock is only
/// `claimed`.
#[must_use]
pub fn locate(anchors: &[Anchor], stamp: &Stamp, seq: u64, received: Option<Moment>) -> Measured {
    if planted!("wall_clock_trusted") {
        return Measured { at: stamp.wall, error_ms: Some(SECOND_MS), quality: Quality::Exact };
    }
    let exact = anchors
        .iter()
        .filter(|a| a.boot == stamp.boot || planted!("other_start_trusted"))
        .map(|a| {
            let elapsed = stamp.up_ms.saturating_sub(a.up_ms);
            let drift = elapsed.saturating_abs() / (1_000_000 / DRIFT_PPM);
            (a.error_ms.saturating_add(drift), a.server.plus(elapsed))
        })
        .min_by_key(|(error, at)| (*error, *at));
    if let Some((error, at)) = exact {
        let at = received.map_or(at, |r| at.min(r));
        return Measured { at, error_ms: Some(error), quality: Quality::Exact };
    }

    let before = anchors.iter().filter(|a| a.seq < seq).max_by_key(|a| (a.seq, a.server));
    let after = anchors.iter().filter(|a| a.seq >= seq).min_by_key(|a| (a.seq, a.server));
    let low = before.map(|a| a.server.plus(a.error_ms.saturating_neg()));
    let high = match (after.map(|a| a.server.plus(a.error_ms)), received) {
        (Some(a), Some(r)) => Some(a.min(r)),
        (a, r) => a.or(r),
    };
    match (low, high) {
        (Some(low), Some(high)) => {
            let at = stamp.wall.within(low, high);
            let error = at.since(low).max(high.since(at));
            Measured { at, error_ms: Some(error), quality: Quality::Bracketed }
        }
        (Some(low), None) => {
            Measured { at: stamp.wall.max(low), error_ms: None, quality: Quality::Claimed }
        }
        (None, Some(high)) => {
            Measured { at: stamp.wall.min(high), error_ms: None, quality: Quality::Claimed }
        }
        (None, None) => Measured { at: stamp.wall, error_ms: None, quality: Quality::Claimed },
    }
}

/// How far the phone's wall clock is from the measured time, when that is worth a word to the user
/// (more than two minutes, interface.md 2 no 7).
#[must_use]
pub fn wall_error(stamp: &Stamp, measured: &Measured) -> Option<i64> {
    let off = stamp.wall.since(measured.at);
    let known = measured.quality == Quality::Exact;
    (known && off.saturating_abs() > 120 * SECOND_MS).then_some(off)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY_MS, HOUR_MS};
    use proptest::prelude::*;

    fn stamp(boot: &str, up_ms: i64, wall: i64) -> Stamp {
        Stamp { wall: Moment(wall), boot: boot.to_owned(), up_ms }
    }

    fn anchor(boot: &str, up_ms: i64, server: i64, seq: u64) -> Anchor {
        Anchor { boot: boot.to_owned(), up_ms, server: Moment(server), error_ms: 50, seq }
    }

    #[test]
    fn a_clock_set_to_1970_changes_nothing_in_the_same_boot() {
        let anchors = [anchor("a", 1_000, 1_800_000_000_000, 0)];
        let found = locate(&anchors, &stamp("a", 61_000, 0), 1, None);
        assert_eq!(found.at, Moment(1_800_000_060_000));
        assert_eq!(found.quality, Quality::Exact);
    }

    #[test]
    fn after_a_restart_without_network_the_stamp_lies_between_two_exchanges() {
        let day = 1_800_000_000_000;
        let anchors = [anchor("a", 0, day, 3), anchor("c", 0, day + 4 * HOUR_MS, 4)];
        let honest = locate(&anchors, &stamp("b", 9, day + HOUR_MS), 4, None);
        assert_eq!((honest.at, honest.quality), (Moment(day + HOUR_MS), Quality::Bracketed));
        let liar = locate(&anchors, &stamp("b", 9, day - DAY_MS), 4, None);
        assert_eq!(liar.at, Moment(day - 50));
        assert_eq!(liar.error_ms, Some(4 * HOUR_MS + 100));
    }

    #[test]
    fn the_error_grows_with_drift_before_and_after_an_exchange() {
        let day = 1_800_000_000_000;
        let anchors = [anchor("a", 0, day, 0)];
        let error = |up| locate(&anchors, &stamp("a", up, 0), 1, None).error_ms;
        assert_eq!(error(0), Some(50));
        assert_eq!(error(DAY_MS), Some(50 + DAY_MS / 10_000), "100 parts in a million");
        assert_eq!(error(-DAY_MS), Some(50 + DAY_MS / 10_000));
        // The closer exchange is the better one, whichever came first.
        let both = [anchor("a", 0, day, 0), anchor("a", DAY_MS, day + DAY_MS + 7, 1)];
        let found = locate(&both, &stamp("a", DAY_MS + 5, 0), 2, None);
        assert_eq!((found.at, found.error_ms), (Moment(day + DAY_MS + 12), Some(50)));
    }

    #[test]
    fn an_exchange_at_the_number_of_a_stamp_came_after_it() {
        let day = 1_800_000_000_000;
        let anchors = [anchor("a", 0, day, 3), anchor("c", 0, day + HOUR_MS, 4)];
        let found = |seq| locate(&anchors, &stamp("b", 9, day + 9 * HOUR_MS), seq, None);
        assert_eq!(found(4).at, Moment(day + HOUR_MS + 50), "between the two");
        assert_eq!(found(5).quality, Quality::Claimed, "after both, nothing bounds it");
        assert_eq!(found(5).at, Moment(day + 9 * HOUR_MS));
        assert_eq!(found(3).at, Moment(day + 50), "before both");
        let heard =
            locate(&anchors, &stamp("b", 9, day + 9 * HOUR_MS), 5, Some(Moment(day + 2 * HOUR_MS)));
        assert_eq!((heard.at, heard.quality), (Moment(day + 2 * HOUR_MS), Quality::Bracketed));
    }

    #[test]
    fn a_clock_more_than_two_minutes_wrong_is_worth_a_word() {
        let measured = |quality| Measured { at: Moment(1_000_000), error_ms: Some(5), quality };
        let told = |off, quality| wall_error(&stamp("a", 5, 1_000_000 + off), &measured(quality));
        let limit = 120 * SECOND_MS;
        for off in [limit + 1, -limit - 1, DAY_MS] {
            assert_eq!(told(off, Quality::Exact), Some(off));
        }
        for off in [0, limit, -limit] {
            assert_eq!(told(off, Quality::Exact), None);
        }
        for unsure in [Quality::Bracketed, Quality::Claimed] {
            assert_eq!(told(DAY_MS, unsure), None, "who knows which of the two is wrong");
        }
    }

    #[test]
    fn no_exchange_at_all_is_only_a_claim() {
        let found = locate(&[], &stamp("a", 5, 77), 1, None);
        assert_eq!((found.at, found.quality, found.error_ms), (Moment(77), Quality::Claimed, None));
        assert_eq!(locate(&[], &stamp("a", 5, 77), 1, Some(Moment(60))).at, Moment(60));
    }

    proptest! {
        /// B-03: three days of clock change offline, restarts included: within the stated error.
        #[test]
        fn the_true_moment_is_within_the_stated_error(
            first in 0i64..DAY_MS,
            gap in 0i64..3 * DAY_MS,
            later in 0i64..DAY_MS,
            rtt in 0i64..2_000,
            lie in -3 * DAY_MS..3 * DAY_MS,
            rebooted: bool,
            synced_after: bool,
        ) {
            let start = 1_800_000_000_000;
            let known = start + first;
            let truth = known + gap;
            let reception = truth + later;
            let boot = if rebooted { "b" } else { "a" };
            let up = if rebooted { 500 } else { first + gap };
            let mut anchors = vec![Anchor {
                boot: "a".into(), up_ms: first, server: Moment(known + rtt / 4), error_ms: rtt / 2, seq: 0,
            }];
            if synced_after {
                anchors.push(Anchor {
                    boot: "c".into(), up_ms: 0, server: Moment(reception), error_ms: rtt / 2, seq: 1,
                });
            }
            let found = locate(&anchors, &stamp(boot, up, truth + lie), 1, Some(Moment(reception + rtt)));
            let error = found.error_ms.unwrap();
            prop_assert!((found.at.0 - truth).abs() <= error, "{found:?} truth {truth}");
            prop_assert_eq!(found.quality, if rebooted { Quality::Bracketed } else { Quality::Exact });
        }
    }
}
