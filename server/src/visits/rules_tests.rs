use super::*;
use proptest::prelude::*;
use releve_shared::clock::Stamp;
use releve_shared::keys::Digest;
use releve_shared::time::Day;

fn id<T: From<uuid::Uuid>>(n: u128) -> T {
    T::from(uuid::Uuid::from_u128(n))
}

const TOLERANCE_MS: i64 = 5 * MINUTE_MS;
const EIGHT: i64 = 1_800_000_000_000;

fn visit() -> Visit {
    Visit {
        id: id(1),
        membership: id(2),
        client: id(3),
        client_label: "Mme Garrigues".into(),
        place: "Albi".into(),
        service: "Aide au lever".into(),
        starts_at: Moment(EIGHT),
        ends_at: Moment(EIGHT + HOUR_MS),
        state: VisitState::Planned,
        instructions: String::new(),
    }
}

fn measured(at: i64, quality: Quality) -> Measured {
    Measured { at: Moment(at), error_ms: Some(50), quality }
}

fn clocked(kind: ClockKind, at: i64) -> Clocked {
    Clocked {
        id: id(9),
        visit: id(1),
        kind,
        method: Method::Qr,
        assurance: Assurance::Qr,
        reason: None,
        voids: None,
        measured: measured(at, Quality::Exact),
        declared_at: None,
        anomalies: vec![],
    }
}

fn progress(start: Option<i64>, end: Option<i64>) -> Progress {
    Progress {
        start: start.map(|at| clocked(ClockKind::Start, EIGHT + at * MINUTE_MS)),
        end: end.map(|at| clocked(ClockKind::End, EIGHT + at * MINUTE_MS)),
    }
}

fn at(minute: i64) -> Moment {
    Moment(EIGHT + minute * MINUTE_MS)
}

fn of(visit: &Visit, progress: &Progress, heard: Heard, now: Moment) -> Status {
    status(visit, progress, false, None, Some(heard), TOLERANCE_MS, now)
}

fn heard(minute: i64, waiting: u64) -> Heard {
    Heard { at: Some(at(minute)), waiting }
}

#[test]
fn o_34_a_visit_goes_from_planned_to_done() {
    let visit = visit();
    assert_eq!(of(&visit, &progress(None, None), Heard::default(), at(-10)), Status::Planned);
    assert_eq!(of(&visit, &progress(Some(2), None), Heard::default(), at(30)), Status::InProgress);
    assert_eq!(of(&visit, &progress(Some(2), Some(59)), Heard::default(), at(70)), Status::Done);
    assert_eq!(of(&visit, &progress(Some(2), Some(80)), Heard::default(), at(90)), Status::ToCheck);
    assert_eq!(of(&visit, &progress(None, Some(60)), Heard::default(), at(90)), Status::ToCheck);
    let forgotten = of(&visit, &progress(Some(2), None), Heard::default(), at(60 * 5));
    assert_eq!(forgotten, Status::ToCheck);
    assert_eq!(difference(&visit, &progress(Some(2), Some(80))), Some(18));
    assert_eq!(difference(&visit, &progress(Some(2), None)), None);
}

#[test]
fn b_11_a_silent_phone_is_never_called_an_absence() {
    let (visit, nothing) = (visit(), progress(None, None));
    assert_eq!(of(&visit, &nothing, heard(20, 0), at(30)), Status::Late);
    assert_eq!(of(&visit, &nothing, heard(-20, 0), at(30)), Status::Silent);
    assert_eq!(of(&visit, &nothing, Heard::default(), at(30)), Status::Silent);
    assert_eq!(
        of(&visit, &nothing, heard(20, 2), at(30)),
        Status::Silent,
        "its acts are on their way"
    );
    assert_eq!(of(&visit, &nothing, heard(2, 0), at(3)), Status::Planned, "within the tolerance");
    let without = |now| status(&visit, &nothing, false, None, None, TOLERANCE_MS, now);
    assert_eq!(without(at(3)), Status::Planned);
    assert_eq!(without(at(30)), Status::NoPhone, "what does not exist is not silent");
}

#[test]
fn what_the_office_decided_wins() {
    let visit = visit();
    let mut retained = RetainedPeriod {
        visit: visit.id,
        decision: Decision::Accepted,
        starts_at: visit.starts_at,
        ends_at: visit.ends_at,
        reason: None,
        note: String::new(),
        decided_by: "Claire".into(),
        decided_at: at(90),
    };
    let of = |r: &RetainedPeriod| {
        status(&visit, &progress(None, None), true, Some(r), None, TOLERANCE_MS, at(99))
    };
    assert_eq!(of(&retained), Status::Accepted);
    retained.decision = Decision::Corrected;
    assert_eq!(of(&retained), Status::Corrected);
}

#[test]
fn a_cancelled_visit_that_was_made_is_looked_at() {
    let visit = Visit { state: VisitState::Cancelled, ..visit() };
    assert_eq!(of(&visit, &progress(None, None), heard(20, 0), at(30)), Status::Cancelled);
    assert_eq!(of(&visit, &progress(Some(0), Some(60)), heard(61, 0), at(90)), Status::ToCheck);
}

#[test]
fn o_08_phones_hold_a_week_back_and_four_ahead() {
    let paris = Zone::named("Europe/Paris").unwrap();
    let today = Day::parse("2026-10-24").unwrap();
    let (from, to) = window(&paris, paris.at(today, 23, 59));
    assert_eq!(from, paris.at(Day::parse("2026-10-17").unwrap(), 0, 0));
    assert_eq!(to, paris.at(Day::parse("2026-11-22").unwrap(), 0, 0));
}

fn event() -> ClockEvent {
    ClockEvent {
        id: id(9),
        seq: 1,
        prev: Digest::from_bytes([0; 32]),
        kind: ClockKind::Start,
        membership: id(2),
        visit: id(1),
        client: Some(id(3)),
        method: Method::Qr,
        tag: None,
        raw_tag: None,
        reason: None,
        declared_at: None,
        voids: None,
        note: None,
        stamp: Stamp { wall: Moment(EIGHT), boot: "a".into(), up_ms: 5 },
    }
}

#[test]
fn stamps_are_flagged_for_what_they_are() {
    let (event, good) = (event(), measured(EIGHT, Quality::Exact));
    let clean = Facts {
        event: &event,
        measured: &good,
        visit: Some(&VisitState::Planned),
        tag: &TagVerdict::True,
        access: true,
        other_worker: false,
        doubled: false,
        link: Link::Whole,
    };
    assert_eq!(anomalies(&clean), vec![]);
    let claimed = measured(EIGHT, Quality::Claimed);
    assert_eq!(anomalies(&Facts { measured: &claimed, ..clean }), vec![Anomaly::TimeClaimed]);
    let late = measured(EIGHT + 3 * MINUTE_MS, Quality::Exact);
    assert_eq!(anomalies(&Facts { measured: &late, ..clean }), vec![Anomaly::WallWrong]);
    assert_eq!(anomalies(&Facts { access: false, ..clean }), vec![Anomaly::NoAccess]);
    assert_eq!(anomalies(&Facts { other_worker: true, ..clean }), vec![Anomaly::OtherWorker]);
    assert_eq!(anomalies(&Facts { link: Link::Broken, ..clean }), vec![Anomaly::ChainBroken]);
    let cancelled = VisitState::Cancelled;
    assert_eq!(anomalies(&Facts { visit: Some(&cancelled), ..clean }), vec![Anomaly::Cancelled]);
    let wrong = TagVerdict::Wrong(vec![Anomaly::WrongClient]);
    assert_eq!(anomalies(&Facts { tag: &wrong, ..clean }), vec![Anomaly::WrongClient]);
    assert_eq!(assurance(Assurance::Qr, &wrong), Assurance::Manual);
    assert_eq!(assurance(Assurance::Sun, &TagVerdict::True), Assurance::Sun);
}

/// T10: of stamps that stand beside each other all are flagged, whichever came first; one that was
/// taken back counts for nothing.
#[test]
fn stamps_beside_each_other_are_all_flagged() {
    let stamp = |number: u8, kind: ClockKind, voids| Clocked {
        id: ClockEventId::new(Moment(1), [number; 10]),
        visit: event().visit,
        kind,
        method: Method::Manual,
        assurance: Assurance::Manual,
        reason: None,
        voids,
        measured: measured(EIGHT, Quality::Exact),
        declared_at: None,
        anomalies: Vec::new(),
    };
    let first = stamp(1, ClockKind::Start, None);
    let second = stamp(2, ClockKind::Start, None);
    let end = stamp(3, ClockKind::End, None);
    let taken_back = stamp(4, ClockKind::Void, Some(second.id));
    let is = |stamp: &Clocked, all: &[&Clocked]| {
        doubled(stamp.id, &stamp.kind, &all.iter().map(|one| (*one).clone()).collect::<Vec<_>>())
    };
    let both = [&first, &second, &end];
    assert_eq!(both.map(|stamp| is(stamp, &both)), [true, true, false]);
    let one = [&first, &second, &end, &taken_back];
    assert_eq!(one.map(|stamp| is(stamp, &one)), [false; 4]);
    // A stamp is judged before it is among the others.
    assert!(is(&second, &[&first, &end]) && !is(&first, &[&end]));

    let flags = [Anomaly::Manual, Anomaly::WallWrong, Anomaly::WrongClient];
    let with = with_doubled(&flags, true);
    assert_eq!(with[2..], [Anomaly::Doubled, Anomaly::WrongClient]);
    assert_eq!((with_doubled(&with, true), with_doubled(&with, false)), (with, flags.to_vec()));
}

#[test]
fn o_16_a_stamp_by_hand_says_so_and_a_forgotten_one_too() {
    let good = measured(EIGHT, Quality::Exact);
    let by_hand = |reason, declared_at| {
        let event = ClockEvent { method: Method::Manual, reason, declared_at, ..event() };
        anomalies(&Facts {
            event: &event,
            measured: &good,
            visit: Some(&VisitState::Planned),
            tag: &TagVerdict::None,
            access: true,
            other_worker: false,
            doubled: false,
            link: Link::Whole,
        })
    };
    assert_eq!(by_hand(Some(ManualReason::TagMissing), None), vec![Anomaly::Manual]);
    assert_eq!(by_hand(Some(ManualReason::Forgotten), Some(at(0))), vec![Anomaly::Forgotten]);
}

#[test]
fn every_limit_of_a_status_is_where_it_is_said() {
    let visit = visit();
    let (tolerance, end) = (TOLERANCE_MS / MINUTE_MS, 60);
    let nothing = progress(None, None);
    let spoke = |minute, now| of(&visit, &nothing, heard(minute, 0), now);
    let just_before = at(tolerance).plus(-1);
    assert_eq!(spoke(tolerance, just_before), Status::Planned);
    assert_eq!(spoke(tolerance, at(tolerance)), Status::Late);
    let early = Heard { at: Some(just_before), waiting: 0 };
    assert_eq!(of(&visit, &nothing, early, at(30)), Status::Silent);
    let (begun, last) = (progress(Some(0), None), at(end).plus(LATE_MS));
    assert_eq!(of(&visit, &begun, Heard::default(), last), Status::InProgress);
    assert_eq!(of(&visit, &begun, Heard::default(), last.plus(1)), Status::ToCheck);
    let done =
        |start, stop| of(&visit, &progress(Some(start), Some(stop)), Heard::default(), at(99));
    for (start, stop) in [(0, end), (tolerance, end + tolerance), (-tolerance, end - tolerance)] {
        assert_eq!(done(start, stop), Status::Done, "{start} {stop}");
    }
    for (start, stop) in [
        (tolerance + 1, end),
        (-tolerance - 1, end),
        (0, end + tolerance + 1),
        (0, end - tolerance - 1),
    ] {
        assert_eq!(done(start, stop), Status::ToCheck, "{start} {stop}");
    }
    let whole = progress(Some(0), Some(end));
    let flagged = status(&visit, &whole, true, None, None, TOLERANCE_MS, at(99));
    assert_eq!(flagged, Status::ToCheck);
    let unplanned = Visit { state: VisitState::Unplanned, ..visit };
    assert_eq!(of(&unplanned, &nothing, heard(20, 0), at(30)), Status::Cancelled);
    assert_eq!(of(&unplanned, &whole, heard(20, 0), at(99)), Status::ToCheck);
    assert_eq!(difference(&unplanned, &whole), Some(60));
}

#[test]
fn a_period_lasts_from_a_moment_to_a_day() {
    let from = Moment(EIGHT);
    for length in [1, HOUR_MS, LONGEST_MS] {
        assert_eq!(period(from, from.plus(length)), Ok(()), "{length}");
    }
    for length in [0, -1, LONGEST_MS + 1] {
        assert_eq!(period(from, from.plus(length)), Err(Refusal::TimeImpossible), "{length}");
    }
    assert_eq!((ACCESS_GRACE_MS, LONGEST_MS), (12 * 3_600_000, 24 * 3_600_000));
}

#[test]
fn only_what_leaves_the_tag_true_keeps_its_worth() {
    let wrong = |anomalies: &[Anomaly]| TagVerdict::Wrong(anomalies.to_vec());
    let doubts = [Anomaly::SunOutOfOrder, Anomaly::SunJump, Anomaly::TwoPlaces];
    assert_eq!(assurance(Assurance::Sun, &wrong(&doubts)), Assurance::Sun);
    let mixed = wrong(&[Anomaly::TwoPlaces, Anomaly::SunReplayed]);
    assert_eq!(assurance(Assurance::Sun, &mixed), Assurance::Manual);
    assert_eq!(assurance(Assurance::Qr, &TagVerdict::None), Assurance::Manual);
    assert!(only_doubts(&[]) && !only_doubts(&[Anomaly::SunForged]));
}

#[test]
fn nobody_is_in_two_places_sooner_than_they_can_go() {
    let near =
        |ms| Measured { at: Moment(EIGHT + ms), error_ms: Some(10), quality: Quality::Exact };
    let (here, unknown) = (near(0), Measured { error_ms: None, ..near(0) });
    for (far, limit) in [(false, MINUTE_MS), (true, 3 * MINUTE_MS)] {
        for sign in [1, -1] {
            assert!(two_places(&here, &near(sign * (limit - 21)), far), "{far} {sign}");
            assert!(!two_places(&here, &near(sign * (limit - 20)), far), "{far} {sign}");
        }
        assert!(!two_places(&here, &unknown, far) && !two_places(&unknown, &here, far));
    }
    assert!(read_ahead(&near(21), &here) && !read_ahead(&near(20), &here));
    let late = Measured { at: Moment(EIGHT + DAY_MS + 11), ..here.clone() };
    assert!(read_ahead(&late, &unknown) && !read_ahead(&near(DAY_MS), &unknown));
    let late_unknown = Measured { error_ms: None, ..late };
    assert!(read_ahead(&late_unknown, &here) && !read_ahead(&late_unknown, &unknown));
}

#[test]
fn a_second_stamp_and_an_unplanned_visit_are_flagged() {
    let (event, good) = (event(), measured(EIGHT, Quality::Exact));
    let facts = Facts {
        event: &event,
        measured: &good,
        visit: Some(&VisitState::Unplanned),
        tag: &TagVerdict::None,
        access: true,
        other_worker: false,
        doubled: true,
        link: Link::Whole,
    };
    assert_eq!(anomalies(&facts), [Anomaly::Unplanned, Anomaly::Doubled]);
    // Who had no access at all is not told apart from who has it no more.
    let foreign = Facts { access: false, other_worker: true, doubled: false, visit: None, ..facts };
    assert_eq!(anomalies(&foreign), [Anomaly::NoAccess]);
    let declared = ClockEvent { declared_at: Some(at(0)), ..event.clone() };
    let declared = Facts { event: &declared, access: true, visit: None, doubled: false, ..facts };
    assert_eq!(anomalies(&declared), [Anomaly::Forgotten]);
}

proptest! {
    /// B-04: honest late uploads never look read in advance, whatever the order of reception.
    #[test]
    fn counters_in_order_of_time_are_never_flagged(
        first in 0i64..DAY_MS,
        gap in 0i64..DAY_MS,
        errors in (0i64..60_000, 0i64..60_000),
        lies in (-1.0f64..=1.0, -1.0f64..=1.0),
    ) {
        let near = |at: i64, error: i64, lie: f64| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a test")]
            let off = (error as f64 * lie) as i64;
            Measured { at: Moment(at + off), error_ms: Some(error), quality: Quality::Exact }
        };
        let lower = near(first, errors.0, lies.0);
        let higher = near(first + gap, errors.1, lies.1);
        prop_assert!(!read_ahead(&lower, &higher));
    }

    #[test]
    fn a_tap_used_hours_after_a_later_one_is_read_ahead(
        hours in 1i64..48, errors in (0i64..60_000, 0i64..60_000),
    ) {
        let lower = Measured { at: Moment(hours * HOUR_MS), error_ms: Some(errors.0), quality: Quality::Exact };
        let higher = Measured { at: Moment(0), error_ms: Some(errors.1), quality: Quality::Exact };
        prop_assert!(read_ahead(&lower, &higher));
    }

    /// A visit that is over never stays planned or in progress, and only a spoken phone makes it late.
    #[test]
    fn the_status_of_a_past_visit_says_what_to_do(
        start in proptest::option::of(-30i64..90),
        length in proptest::option::of(0i64..120),
        heard_at in proptest::option::of(-600i64..600),
        waiting in 0u64..3,
        flagged: bool,
    ) {
        let visit = visit();
        let progress = progress(start, start.zip(length).map(|(s, l)| s + l));
        let heard = Heard { at: heard_at.map(at), waiting };
        let status = status(&visit, &progress, flagged, None, Some(heard), TOLERANCE_MS, at(60 * 20));
        match status {
            Status::Late => prop_assert!(heard_at.is_some_and(|h| h >= 5) && waiting == 0 && start.is_none()),
            Status::Silent => prop_assert!(start.is_none()),
            Status::Done => prop_assert!(!flagged && as_planned(&visit, &progress, TOLERANCE_MS)),
            Status::ToCheck => prop_assert!(start.is_some()),
            Status::Planned
            | Status::InProgress
            | Status::Accepted
            | Status::Corrected
            | Status::Cancelled
            | Status::NoPhone => prop_assert!(false, "{status:?}"),
        }
    }
}
