//! The rule of stillness, on days that could be (B-06).

use proptest::prelude::*;

use super::*;

const RULE: Immobility = Immobility { after_s: 120, pre_alarm_s: 60 };

fn lying(up_ms: i64) -> Sample {
    Sample { up_ms, x_mg: 12, y_mg: -30, z_mg: 998 }
}

fn feel(samples: impl IntoIterator<Item = Sample>) -> Stillness {
    samples.into_iter().fold(Stillness::default(), |still, sample| still.felt(sample))
}

/// B-06: nothing is felt, nothing is said; two minutes on the floor are two minutes, not one less.
#[test]
fn b_06_two_minutes_without_a_movement_and_not_one_second_less() {
    assert_eq!(Stillness::default().still_ms(500_000), None);
    let almost = feel((0..=119).map(|second| lying(second * 1_000)));
    assert!(!almost.is_over(119_999, &RULE), "what was not felt yet does not count");
    let over = almost.felt(lying(120_000));
    assert!(over.is_over(120_000, &RULE));
    let turned = over.felt(Sample { x_mg: 12 + MOVED_MG, ..lying(121_000) });
    assert!(!turned.is_over(121_000, &RULE));
    // Two samples of one millisecond both count; an older one does not.
    assert!(!over.felt(Sample { x_mg: 12 + MOVED_MG, ..lying(120_000) }).is_over(120_000, &RULE));
    assert_eq!(over.felt(Sample { x_mg: 12 + MOVED_MG, ..lying(119_999) }), over);
}

/// A slide so slow that no two samples differ much is a movement all the same.
#[test]
fn a_slow_slide_is_a_movement() {
    let slide = feel((0..400).map(|n| Sample { x_mg: n, ..lying(i64::from(n) * 1_000) }));
    assert!(slide.still_ms(399_000).is_some_and(|ms| ms < 70_000));
}

/// The system put the sensor to sleep: what it did not feel is not held against her.
#[test]
fn a_gap_proves_nothing() {
    let before = feel((0..100).map(|second| lying(second * 1_000)));
    let after = before.felt(lying(300_000));
    assert_eq!(after.still_ms(300_000), Some(0));
    assert_eq!(before.still_ms(99_000 + GAP_MS + 1), None, "and silence is no stillness");
    let slow = |every: i64| feel((0..10).map(|n| lying(n * every))).still_ms(9 * every);
    assert_eq!(slow(15_000), Some(135_000), "a sample each quarter of a minute is one stretch");
    assert_eq!(slow(15_001), Some(0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// B-06: an alarm of stillness has behind it, without a gap, samples over the whole of its time, and
    /// none of them moved: checked by another way of counting.
    #[test]
    fn b_06_stillness_is_never_claimed_early(
        steps in proptest::collection::vec((1_i64..20_000, -80_i32..80), 1..400),
        after_s in 30_u32..600,
    ) {
        let rule = Immobility { after_s, pre_alarm_s: 60 };
        let mut still = Stillness::default();
        let (mut up, mut felt) = (0, Vec::<Sample>::new());
        for (passed, x_mg) in steps {
            up += passed;
            let sample = Sample { x_mg, ..lying(up) };
            still = still.felt(sample);
            felt.push(sample);
            if still.is_over(up, &rule) {
                let from = up - i64::from(after_s) * 1_000;
                let stretch: Vec<&Sample> = felt.iter().rev().take_while(|s| s.up_ms >= from).collect();
                let before = felt.iter().rev().find(|s| s.up_ms < from);
                let mut times: Vec<i64> = stretch.iter().map(|s| s.up_ms).collect();
                times.extend(before.map(|s| s.up_ms));
                prop_assert!(times.windows(2).all(|two| two[0] - two[1] <= GAP_MS), "a gap");
                prop_assert!(times.last().is_some_and(|first| *first <= from), "too short");
                let (least, most) = (
                    stretch.iter().map(|s| s.x_mg).min().unwrap(),
                    stretch.iter().map(|s| s.x_mg).max().unwrap(),
                );
                prop_assert!(most - least < 2 * MOVED_MG, "it moved: {least} to {most}");
            }
        }
    }

    /// Samples that come late or twice change nothing.
    #[test]
    fn old_samples_say_nothing(late in 0_i64..100_000, x_mg in -2_000..2_000) {
        let still = feel((0..=100).map(|second| lying(second * 1_000)));
        let sample = Sample { x_mg, ..lying(late.min(99_999)) };
        prop_assert_eq!(still.felt(sample), still);
    }
}
