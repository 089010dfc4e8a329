use super::*;
use crate::clock::Quality;
use crate::time::MINUTE_MS;
use proptest::prelude::*;

fn id<T: From<uuid::Uuid>>(n: u128) -> T {
    T::from(uuid::Uuid::from_u128(n))
}

fn visit(n: u128, client: u128, starts_at: i64) -> Visit {
    Visit {
        id: id(n),
        membership: id(1),
        client: id(client),
        client_label: "Mme Garrigues".into(),
        place: "Albi".into(),
        service: "Aide à la toilette".into(),
        starts_at: Moment(starts_at),
        ends_at: Moment(starts_at + HOUR_MS),
        state: VisitState::Planned,
        instructions: String::new(),
    }
}

fn stamp(n: u128, kind: ClockKind, at: i64, voids: Option<u128>) -> Clocked {
    Clocked {
        id: id(n),
        visit: id(10),
        kind,
        method: Method::Qr,
        assurance: Assurance::Qr,
        reason: None,
        voids: voids.map(id),
        measured: Measured { at: Moment(at), error_ms: Some(0), quality: Quality::Exact },
        declared_at: None,
        anomalies: vec![],
    }
}

const EIGHT: i64 = 1_800_000_000_000;

#[test]
fn half_a_minute_to_undo_and_two_hours_around_a_visit() {
    assert_eq!((UNDO_MS, SAME_GESTURE_MS), (30_000, 30_000));
    assert_eq!((EARLY_MS, LATE_MS), (7_200_000, 7_200_000));
}

#[test]
fn one_tap_starts_and_the_next_ends() {
    let visit = visit(10, 5, EIGHT);
    let none = Progress::default();
    assert_eq!(judge(&visit, &none, Some(id(5)), None, Moment(EIGHT)), Ok(ClockKind::Start));
    let started = Progress::of(&[stamp(1, ClockKind::Start, EIGHT, None)]);
    let later = Moment(EIGHT + HOUR_MS);
    assert_eq!(judge(&visit, &started, Some(id(5)), Some(visit.id), later), Ok(ClockKind::End));
}

#[test]
fn the_same_gesture_twice_does_not_end_a_visit() {
    let visit = visit(10, 5, EIGHT);
    let started = Progress::of(&[stamp(1, ClockKind::Start, EIGHT, None)]);
    let soon = Moment(EIGHT + SAME_GESTURE_MS - 1);
    assert_eq!(judge(&visit, &started, Some(id(5)), None, soon), Err(Refusal::AlreadyStarted));
}

#[test]
fn a_tap_that_means_nothing_says_why() {
    let mut visit = visit(10, 5, EIGHT);
    let none = Progress::default();
    let now = Moment(EIGHT);
    assert_eq!(judge(&visit, &none, Some(id(6)), None, now), Err(Refusal::WrongClient));
    let other = Some(id(99));
    assert_eq!(judge(&visit, &none, None, other, now), Err(Refusal::OtherVisitInProgress));
    let ended = Progress::of(&[
        stamp(1, ClockKind::Start, EIGHT, None),
        stamp(2, ClockKind::End, EIGHT + 5, None),
    ]);
    assert_eq!(judge(&visit, &ended, None, None, now), Err(Refusal::AlreadyEnded));
    visit.state = VisitState::Cancelled;
    assert_eq!(judge(&visit, &none, None, None, now), Err(Refusal::VisitCancelled));
}

#[test]
fn a_cancelled_visit_that_was_begun_can_still_be_ended() {
    let mut visit = visit(10, 5, EIGHT);
    visit.state = VisitState::Cancelled;
    let started = Progress::of(&[stamp(1, ClockKind::Start, EIGHT, None)]);
    let later = Moment(EIGHT + HOUR_MS);
    assert_eq!(judge(&visit, &started, None, None, later), Ok(ClockKind::End));
}

#[test]
fn a_tag_picks_the_nearest_visit_of_its_client() {
    let (morning, noon) = (visit(10, 5, EIGHT), visit(11, 5, EIGHT + 4 * HOUR_MS));
    let none = Progress::default();
    let both = [(&morning, &none), (&noon, &none)];
    assert_eq!(pick(both, id(5), Moment(EIGHT + 10)), Ok(morning.id));
    assert_eq!(pick(both, id(5), Moment(EIGHT + 4 * HOUR_MS)), Ok(noon.id));
    assert_eq!(pick(both, id(6), Moment(EIGHT)), Err(Refusal::NoVisitPlanned));
    let night = Moment(EIGHT + 12 * HOUR_MS);
    assert_eq!(pick(both, id(5), night), Err(Refusal::NoVisitPlanned));
    let begun = Progress::of(&[stamp(1, ClockKind::Start, EIGHT, None)]);
    assert_eq!(pick([(&morning, &begun), (&noon, &none)], id(5), night), Ok(morning.id));
    // What is in progress goes before what is nearer.
    let at_noon = noon.starts_at;
    assert_eq!(pick([(&morning, &begun), (&noon, &none)], id(5), at_noon), Ok(morning.id));
}

#[test]
fn a_tap_counts_from_two_hours_before_to_two_hours_after() {
    let visit = visit(10, 5, EIGHT);
    let none = Progress::default();
    let at = |ms| pick([(&visit, &none)], id(5), Moment(EIGHT + ms));
    for inside in [-EARLY_MS, 0, HOUR_MS, HOUR_MS + LATE_MS] {
        assert_eq!(at(inside), Ok(visit.id), "{inside}");
    }
    for outside in [-EARLY_MS - 1, HOUR_MS + LATE_MS + 1] {
        assert_eq!(at(outside), Err(Refusal::NoVisitPlanned), "{outside}");
    }
    let cancelled = Visit { state: VisitState::Cancelled, ..visit.clone() };
    let picked = pick([(&cancelled, &none)], id(5), Moment(EIGHT));
    assert_eq!(picked, Err(Refusal::NoVisitPlanned));
    let over = Progress::of(&[
        stamp(1, ClockKind::Start, EIGHT, None),
        stamp(2, ClockKind::End, EIGHT + 5, None),
    ]);
    assert_eq!(pick([(&visit, &over)], id(5), Moment(EIGHT)), Err(Refusal::NoVisitPlanned));
}

#[test]
fn the_same_gesture_lasts_thirty_seconds_and_only_for_taps() {
    let visit = visit(10, 5, EIGHT);
    let begun = stamp(1, ClockKind::Start, EIGHT, None);
    let started = Progress::of([&begun]);
    let at = |progress: &Progress, ms| judge(&visit, progress, None, None, Moment(EIGHT + ms));
    assert_eq!(at(&started, 0), Err(Refusal::AlreadyStarted));
    assert_eq!(at(&started, SAME_GESTURE_MS), Ok(ClockKind::End));
    assert_eq!(
        at(&started, -1),
        Ok(ClockKind::End),
        "a start that lies ahead is no gesture of now"
    );
    let declared = Clocked { declared_at: Some(Moment(EIGHT - HOUR_MS)), ..begun };
    assert_eq!(at(&Progress::of([&declared]), 0), Ok(ClockKind::End));
    assert_eq!(declared.counts_at(), Moment(EIGHT - HOUR_MS));
}

#[test]
fn the_earliest_start_and_the_latest_end_after_it_count() {
    let of = |n, kind, minutes: i64| stamp(n, kind, EIGHT + minutes * MINUTE_MS, None);
    let all = [
        of(1, ClockKind::Start, 10),
        of(2, ClockKind::Start, 5),
        of(3, ClockKind::End, 0),
        of(4, ClockKind::End, 50),
        of(5, ClockKind::End, 40),
    ];
    let progress = Progress::of(&all);
    assert_eq!((progress.start, progress.end), (Some(all[1].clone()), Some(all[3].clone())));
    let same = [of(1, ClockKind::Start, 5), of(2, ClockKind::End, 5)];
    let progress = Progress::of(&same);
    let moment = Moment(EIGHT + 5 * MINUTE_MS);
    assert_eq!((progress.in_progress(), progress.period()), (false, Some((moment, moment))));
    let alone = Progress::of(&same[..1]);
    assert_eq!((alone.in_progress(), alone.period()), (true, None));
    assert!(!Progress::default().in_progress());
    let orphan = Progress::of(&same[1..]);
    assert_eq!((orphan.end.is_some(), orphan.in_progress(), orphan.period()), (true, false, None));
}

#[test]
fn a_void_takes_its_stamp_away() {
    let undone =
        [stamp(1, ClockKind::Start, EIGHT, None), stamp(2, ClockKind::Void, EIGHT + 9, Some(1))];
    assert_eq!(Progress::of(&undone), Progress::default());
    let again = stamp(3, ClockKind::Start, EIGHT + MINUTE_MS, None);
    let all = [undone[0].clone(), undone[1].clone(), again.clone()];
    assert_eq!(Progress::of(&all).start, Some(again));
}

proptest! {
    /// I7: whatever the order and the repeats, the same stamps give the same progress.
    #[test]
    fn progress_depends_on_neither_order_nor_repeats(
        spots in prop::collection::vec((0u8..3, 0i64..100, 0usize..6), 1..6),
        seed: u64,
    ) {
        let stamps: Vec<Clocked> = spots.iter().enumerate().map(|(i, (kind, at, target))| {
            let kind = match kind { 0 => ClockKind::Start, 1 => ClockKind::End, _ => ClockKind::Void };
            let voids = (kind == ClockKind::Void).then_some(*target as u128);
            stamp(i as u128, kind, EIGHT + at * MINUTE_MS, voids)
        }).collect();
        let mut shuffled = [stamps.clone(), stamps.clone()].concat();
        let len = shuffled.len();
        for i in 0..len {
            let j = (seed.rotate_left(i as u32) as usize) % len;
            shuffled.swap(i, j);
        }
        let progress = Progress::of(&stamps);
        prop_assert_eq!(&Progress::of(&shuffled), &progress);
        if let Some((from, to)) = progress.period() {
            prop_assert!(from <= to);
        }
    }
}
