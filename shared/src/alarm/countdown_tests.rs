//! The phone's machine against a model (reliability.md I8, T3).

use proptest::prelude::*;

use super::*;

fn id(n: u128) -> AlarmId {
    AlarmId::from(uuid::Uuid::from_u128(n))
}

fn press(kind: Kind) -> Event {
    Event::Trigger { alarm: id(1), kind }
}

fn run(events: &[(Event, i64)]) -> (Countdown, Vec<Effect>) {
    let rules = AlarmRules::default();
    let mut all = Vec::new();
    let mut state = Countdown::Idle;
    for (event, up) in events {
        let (next, effects) = step(&state, event, *up, &rules);
        state = next;
        all.extend(effects);
    }
    (state, all)
}

/// O-32: ten seconds to cancel everything; at the last millisecond it still counts.
#[test]
fn o_32_a_cancel_before_zero_ends_it_and_is_told() {
    let (state, effects) = run(&[(press(Kind::Panic), 1_000), (Event::Cancel, 10_999)]);
    assert_eq!(state, Countdown::Idle);
    assert!(effects.contains(&Effect::Tell(Tell::Cancelled { alarm: id(1) })));
    assert!(!effects.contains(&Effect::Call));
}

/// O-33: at zero all three leave, each by itself.
#[test]
fn o_33_at_zero_it_calls_tells_and_texts_when_nobody_hears() {
    let (state, effects) =
        run(&[(press(Kind::Panic), 0), (Event::Tick, 9_999), (Event::Tick, 10_000)]);
    assert_eq!(state.look(), Look::Raised);
    assert!(effects.contains(&Effect::Call));
    let raised = Effect::Tell(Tell::Raised { alarm: id(1), kind: Kind::Panic });
    assert_eq!(effects.iter().filter(|e| **e == raised).count(), 1);
    let rules = AlarmRules::default();
    let (_, early) = step(&state, &Event::Tick, 19_999, &rules);
    assert!(!early.contains(&Effect::Text));
    let (after, text) = step(&state, &Event::Tick, 20_000, &rules);
    assert!(text.contains(&Effect::Text));
    assert!(!step(&after, &Event::Tick, 60_000, &rules).1.contains(&Effect::Text), "once");
    let (heard, _) = step(&state, &Event::Heard { alarm: id(1) }, 15_000, &rules);
    assert!(!step(&heard, &Event::Tick, 60_000, &rules).1.contains(&Effect::Text));
}

/// O-33, B-06: each word on an alarm that was given changes what it should, and nothing else: who was
/// heard sends no text message, who is fine has said so, who entered the other PIN is under duress.
#[test]
fn what_is_learnt_of_an_alarm_that_was_given_is_kept() {
    let rules = AlarmRules::default();
    let given = run(&[(press(Kind::Panic), 0), (Event::Tick, 10_000)]).0;
    let Countdown::Raised(before) = &given else { panic!("{given:?}") };
    assert!(before.text_at.is_some() && !before.heard && !before.fine && before.phase.is_none());
    let after = |event: Event| step(&given, &event, 11_000, &rules).0;
    let as_it_was = || before.clone();

    let heard = Raised { heard: true, text_at: None, ..as_it_was() };
    assert_eq!(after(Event::Heard { alarm: id(1) }), Countdown::Raised(heard.clone()));
    assert_eq!(after(Event::Heard { alarm: id(2) }), given, "of another alarm");
    assert_eq!(after(Event::Fine), Countdown::Raised(Raised { fine: true, ..as_it_was() }));
    let duress = Raised { kind: Kind::Duress, decoy: Some(Decoy::Quiet), ..as_it_was() };
    assert_eq!(after(Event::Duress { alarm: id(9) }), Countdown::Raised(duress));
    let hidden = after(Event::Duress { alarm: id(9) });
    let said = step(&hidden, &Event::Fine, 12_000, &rules);
    assert_eq!(said, (hidden, vec![]), "under duress she cannot say that she is fine");
    let test = run(&[(press(Kind::Test), 0), (Event::Tick, 10_000)]).0;
    let (begun, _) = step(&test, &Event::Duress { alarm: id(9) }, 11_000, &rules);
    let own = matches!(&begun, Countdown::Raised(raised) if raised.alarm == id(9));
    assert!(own, "under duress a test is no alarm to hide: {begun:?}");
    for phase in [Phase::Notifying, Phase::Exhausted, Phase::Acknowledged] {
        let status = |hidden| Event::Status { alarm: id(1), phase: phase.clone(), hidden };
        let told = Raised { phase: Some(phase.clone()), ..heard.clone() };
        assert_eq!(after(status(false)), Countdown::Raised(told.clone()));
        let hidden = Raised { kind: Kind::Silent, decoy: Some(Decoy::Quiet), ..told };
        assert_eq!(after(status(true)), Countdown::Raised(hidden), "forgotten here, known there");
    }
}

/// B-06: the duress PIN looks like a cancel to whoever watches, and the alarm goes on.
#[test]
fn b_06_duress_looks_like_a_cancel_and_goes_on() {
    let begun = (press(Kind::Panic), 0);
    let (cancelled, shown) = run(&[begun.clone(), (Event::Cancel, 5_000)]);
    let (hidden, done) = run(&[begun, (Event::Duress { alarm: id(9) }, 5_000)]);
    assert_eq!(cancelled.look(), hidden.look());
    let seen = |all: &[Effect]| {
        let seen = |e: &&Effect| matches!(e, Effect::Ring | Effect::Hush | Effect::Call);
        all.iter().filter(seen).cloned().collect::<Vec<_>>()
    };
    assert_eq!(seen(&shown), seen(&done));
    assert_eq!(hidden.alarm(), Some(id(1)));
    let raised = Effect::Tell(Tell::Raised { alarm: id(1), kind: Kind::Duress });
    assert!(done.contains(&raised));
    assert!(!done.contains(&Effect::Tell(Tell::Cancelled { alarm: id(1) })));
    // Pressed again, it counts as before; cancelled again, the alarm under it goes on.
    let rules = AlarmRules::default();
    let again = Event::Trigger { alarm: id(2), kind: Kind::Panic };
    let (counting, _) = step(&hidden, &again, 30_000, &rules);
    assert_eq!(counting.look(), Look::Counting { from: 30_000, due: 40_000 });
    let (quiet, _) = step(&counting, &Event::Cancel, 31_000, &rules);
    assert_eq!((quiet.look(), quiet.alarm()), (Look::Quiet, Some(id(1))));
    let (shown, effects) = step(&counting, &Event::Tick, 40_000, &rules);
    assert_eq!(shown.look(), Look::Raised);
    assert!(effects.contains(&Effect::Call));
}

#[test]
fn b_06_a_silent_start_shows_and_sounds_nothing() {
    let (state, effects) = run(&[(press(Kind::Silent), 0)]);
    assert_eq!(state.look(), Look::Quiet);
    assert!(!effects.contains(&Effect::Ring) && !effects.contains(&Effect::Call));
    assert!(effects.contains(&Effect::WakeAt(10_000)), "the text message is silent too");
}

/// B-06: held once more while it counts, to be silent: there is no more time to cancel, and it shows no more.
#[test]
fn b_06_a_silent_press_during_the_count_raises_at_once() {
    let again = Event::Trigger { alarm: id(2), kind: Kind::Silent };
    let (state, effects) = run(&[(press(Kind::Panic), 0), (again, 3_000)]);
    assert_eq!((state.look(), state.alarm()), (Look::Quiet, Some(id(1))));
    assert!(effects.contains(&Effect::Tell(Tell::Raised { alarm: id(1), kind: Kind::Silent })));
}

/// B-06: pressed again, an alarm is told again and looks as it did: a count is played only over one that hides.
#[test]
fn b_06_another_press_does_not_change_how_an_alarm_looks() {
    let again = |kind| (Event::Trigger { alarm: id(2), kind }, 20_000);
    let given = |kind: Kind| [(press(kind), 0), (Event::Tick, 10_000)];
    for (first, second, look) in [
        (Kind::Panic, Kind::Panic, Look::Raised),
        (Kind::Silent, Kind::Silent, Look::Quiet),
        (Kind::Silent, Kind::Panic, Look::Counting { from: 20_000, due: 30_000 }),
    ] {
        let (before, _) = run(&given(first.clone()));
        let (event, up) = again(second.clone());
        let (after, effects) = step(&before, &event, up, &AlarmRules::default());
        assert_eq!(
            (after.look(), after.alarm()),
            (look.clone(), Some(id(1))),
            "{first:?} {second:?}"
        );
        assert_eq!(effects.contains(&Effect::Ring), look != Look::Raised && look != Look::Quiet);
        let told = |effect: &Effect| matches!(effect, Effect::Tell(Tell::Raised { .. }));
        assert!(effects.iter().any(told), "and told again");
    }
}

/// B-06: the end of an alarm is shown where the alarm was; a press over a hidden one is still to be judged.
#[test]
fn b_06_an_end_is_shown_where_the_alarm_was() {
    let rules = AlarmRules::default();
    let closed = Event::Status { alarm: id(1), phase: Phase::Resolved, hidden: false };
    let (shown, _) = run(&[(press(Kind::Panic), 0), (Event::Tick, 10_000)]);
    let over = step(&shown, &closed, 11_000, &rules);
    assert_eq!(over, (Countdown::Idle, vec![Effect::Hush, Effect::Closed]));
    let (silent, _) = run(&[(press(Kind::Silent), 0)]);
    assert_eq!(step(&silent, &closed, 4_000, &rules), (Countdown::Idle, vec![]));
    let again = Event::Trigger { alarm: id(2), kind: Kind::Panic };
    let (counting, _) = step(&silent, &again, 5_000, &rules);
    assert_eq!(step(&counting, &closed, 6_000, &rules), (counting, vec![]));
}

/// B-06: a press during a test that was given is an alarm of its own, with its count.
#[test]
fn b_06_a_real_alarm_is_never_lost_in_a_test() {
    let real = Event::Trigger { alarm: id(2), kind: Kind::Panic };
    let (state, effects) = run(&[(press(Kind::Test), 0), (Event::Tick, 60_000), (real, 61_000)]);
    assert_eq!(state.alarm(), Some(id(2)));
    assert_eq!(state.look(), Look::Counting { from: 61_000, due: 71_000 });
    assert!(effects.iter().any(|effect| {
        matches!(effect, Effect::Tell(Tell::Armed { alarm, kind: Kind::Panic, .. }) if *alarm == id(2))
    }));
}

#[test]
fn a_restart_begins_the_count_anew_and_keeps_a_raised_alarm() {
    let rules = AlarmRules::default();
    // The new start's clock may have passed the old zero already: that is no end of the count.
    let (early, _) = run(&[(press(Kind::Panic), 1_000)]);
    let (early, _) = step(&early, &Event::Restarted, 40_000, &rules);
    assert_eq!(early.look(), Look::Counting { from: 40_000, due: 50_000 });
    let (state, _) = run(&[(press(Kind::Panic), 900_000)]);
    let (state, _) = step(&state, &Event::Restarted, 50, &rules);
    assert_eq!(state.look(), Look::Counting { from: 50, due: 10_050 });
    let (state, _) = step(&state, &Event::Tick, 10_050, &rules);
    let (state, _) = step(&state, &Event::Restarted, 7, &rules);
    assert_eq!((state.look(), state.wake_at()), (Look::Raised, Some(10_007)));
}

/// B-06: an alarm of duress on a phone that has forgotten it, killed before it could keep the code: the
/// server's word hides it again, whatever the phone believes, and nothing sounds.
#[test]
fn b_06_a_forgotten_duress_is_never_revealed() {
    let rules = AlarmRules::default();
    let (counting, _) = run(&[(press(Kind::Panic), 0)]);
    let (given, _) = run(&[(press(Kind::Panic), 0), (Event::Tick, 10_000)]);
    for (state, at) in [(counting, 3_000), (given, 12_000)] {
        for phase in [Phase::Notifying, Phase::Exhausted, Phase::Acknowledged] {
            let status = |hidden| Event::Status { alarm: id(1), phase: phase.clone(), hidden };
            let (open, _) = step(&state, &status(false), at, &rules);
            assert_ne!(open.look(), Look::Quiet, "an alarm that nobody hid shows on");
            let (hidden, effects) = step(&state, &status(true), at, &rules);
            assert_eq!((hidden.look(), hidden.alarm()), (Look::Quiet, Some(id(1))));
            assert!(effects.contains(&Effect::Hush) && !effects.contains(&Effect::Call));
            let (later, effects) = step(&hidden, &Event::Tick, at + 60_000, &rules);
            assert_eq!(later.look(), Look::Quiet);
            assert!(!effects.contains(&Effect::Ring), "and goes on in silence: {effects:?}");
            let closed = Event::Status { alarm: id(1), phase: Phase::Resolved, hidden: true };
            let (over, effects) = step(&later, &closed, at + 70_000, &rules);
            assert_eq!((over, effects), (Countdown::Idle, vec![]), "its end is not shown either");
        }
    }
    // Pressed again over a hidden alarm and let run, it may show: the worker has decided so.
    let (silent, _) = run(&[(press(Kind::Silent), 0)]);
    let again = Event::Trigger { alarm: id(2), kind: Kind::Panic };
    let (counting, _) = step(&silent, &again, 5_000, &rules);
    let (shown, _) = step(&counting, &Event::Tick, 15_000, &rules);
    let status = Event::Status { alarm: id(1), phase: Phase::Notifying, hidden: true };
    assert_eq!(step(&shown, &status, 16_000, &rules).0.look(), Look::Raised);
}

fn any_kind() -> impl Strategy<Value = Kind> {
    (0..Kind::KNOWN.len()).prop_map(|n| Kind::from_code(Kind::KNOWN[n]))
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => any_kind().prop_map(|kind| Event::Trigger { alarm: id(0), kind }),
        2 => Just(Event::Cancel),
        1 => Just(Event::Duress { alarm: id(0) }),
        1 => Just(Event::Fine),
        4 => Just(Event::Tick),
        1 => Just(Event::Restarted),
        1 => (1_u128..6).prop_map(|n| Event::Heard { alarm: id(n) }),
        1 => ((1_u128..6), 0..Phase::KNOWN.len(), any::<bool>()).prop_map(|(n, phase, hidden)| {
            Event::Status { alarm: id(n), phase: Phase::from_code(Phase::KNOWN[phase]), hidden }
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// I8: a countdown that expires raises exactly one alarm, never early; nothing but a person at
    /// the server ends it; duress never tells a cancel.
    #[test]
    fn i_8_the_countdown_holds_in_any_order(
        events in proptest::collection::vec((any_event(), 0_i64..15_000), 1..60),
        pre_alarm_s in 0_u32..60,
    ) {
        let rules = AlarmRules { pre_alarm_s, ..AlarmRules::default() };
        let mut state = Countdown::Idle;
        let (mut up, mut drawn) = (0, 0_u128);
        let mut begun = std::collections::BTreeSet::new();
        let mut ended = std::collections::BTreeSet::new();
        for (event, passed) in events {
            up += passed;
            drawn += 1;
            let event = if let Event::Trigger { kind, .. } = event {
                Event::Trigger { alarm: id(drawn), kind }
            } else if let Event::Duress { .. } = event {
                Event::Duress { alarm: id(drawn) }
            } else {
                event
            };
            if event == Event::Restarted {
                up = passed;
            }
            let (next, effects) = step(&state, &event, up, &rules);
            let told = |of: fn(&Tell) -> Option<AlarmId>| -> Vec<AlarmId> {
                let tells = effects.iter().filter_map(|effect| {
                    if let Effect::Tell(tell) = effect { of(tell) } else { None }
                });
                tells.collect()
            };
            let raises = told(|tell| {
                if let Tell::Raised { alarm, .. } = tell { Some(*alarm) } else { None }
            });
            let cancels = told(|tell| {
                if let Tell::Cancelled { alarm } = tell { Some(*alarm) } else { None }
            });
            let tested = match &state {
                Countdown::Counting { kind, .. } => *kind == Kind::Test,
                Countdown::Raised(raised) => raised.kind == Kind::Test,
                Countdown::Idle => false,
            };
            let pressed = matches!(event, Event::Trigger { .. } | Event::Duress { .. });
            // A real alarm over a test that was raised is a new one.
            let over_a_test = pressed && state.alarm().is_some() && next.alarm() == Some(id(drawn));
            match (&state, &next) {
                _ if over_a_test => {
                    prop_assert!(tested, "only a test gives way");
                }
                (Countdown::Counting { due, alarm, .. }, Countdown::Raised(raised)) => {
                    prop_assert_eq!(*alarm, raised.alarm);
                    prop_assert!(up >= *due || raised.kind.is_hidden(), "early");
                    // The server itself says that it was raised, and hidden: it needs no telling.
                    let known = matches!(event, Event::Status { hidden: true, .. });
                    prop_assert!(raises.contains(alarm) || known, "untold");
                }
                (Countdown::Counting { due, alarm, .. }, Countdown::Idle) => {
                    let closed = |hidden| Event::Status { alarm: *alarm, phase: Phase::Resolved, hidden };
                    if event == closed(false) || event == closed(true) {
                        prop_assert!(up >= *due && raises.contains(alarm), "closed untold");
                    } else {
                        prop_assert!(up < *due && event == Event::Cancel);
                        prop_assert_eq!(&cancels, &vec![*alarm]);
                    }
                }
                (Countdown::Counting { due, .. }, Countdown::Counting { .. }) => {
                    prop_assert!(up < *due || event == Event::Restarted, "missed");
                }
                (Countdown::Raised(raised), Countdown::Idle) => {
                    let alarm = raised.alarm;
                    let closed = |hidden| Event::Status { alarm, phase: Phase::Resolved, hidden };
                    prop_assert!(event == closed(false) || event == closed(true), "only a person");
                }
                (Countdown::Raised(before), Countdown::Raised(after)) => {
                    prop_assert_eq!(before.alarm, after.alarm);
                    prop_assert!(!before.heard || after.heard);
                }
                (Countdown::Idle, Countdown::Idle) => prop_assert!(effects.is_empty() && !pressed),
                (Countdown::Idle, _) => prop_assert!(pressed),
                (Countdown::Raised(_), Countdown::Counting { .. }) => prop_assert!(false),
            }
            if !pressed {
                prop_assert!(raises.iter().all(|alarm| begun.insert(*alarm)), "raised twice");
            }
            begun.extend(raises);
            prop_assert!(cancels.iter().all(|alarm| ended.insert(*alarm) && !begun.contains(alarm)));
            prop_assert!(next.wake_at().is_none_or(|at| at >= up), "a moment that is over");
            let json = serde_json::to_string(&next).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Countdown>(&json).unwrap(), &next);
            state = next;
        }
    }
}
