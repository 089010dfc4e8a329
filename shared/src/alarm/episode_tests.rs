//! The server's machine against a model (reliability.md I8, T3; row B-06).

use proptest::prelude::*;

use super::*;

const TIERS: u32 = 2;

fn rules() -> AlarmRules {
    AlarmRules::default()
}

struct Run {
    state: Option<Episode>,
    last: Vec<Effect>,
}

impl Run {
    fn new() -> Self {
        Self { state: None, last: vec![] }
    }

    fn on(&mut self, event: &Event, at_s: i64) -> &[Effect] {
        let at = Moment(at_s * SECOND_MS);
        let (state, last) = step(self.state.as_ref(), event, at, (&rules(), TIERS));
        (self.state, self.last) = (state, last);
        &self.last
    }

    fn phase(&self) -> Phase {
        self.state.as_ref().unwrap().phase.clone()
    }
}

fn armed_at(zero_s: i64) -> Event {
    Event::Armed { kind: Kind::Panic, zero_at: Moment(zero_s * SECOND_MS) }
}

fn raised(way: Way) -> Event {
    Event::Raised { kind: Kind::Panic, way, acted_at: Moment(0) }
}

fn takes(name: &str, worker: bool) -> Event {
    Event::Acknowledge { id: name.into(), name: name.into(), worker }
}

fn closes(name: &str, reason: &str) -> Event {
    let (id, name) = (name.into(), name.into());
    Event::Resolve { id, name, worker: false, cause: Cause::False, reason: reason.into() }
}

/// B-06: a phone that says nothing more still raises, and never before its zero.
#[test]
fn b_06_the_server_raises_by_itself_when_the_phone_is_silent() {
    let mut run = Run::new();
    assert_eq!(run.on(&armed_at(10), 1), [Effect::Armed]);
    assert!(run.on(&Event::Tick, 12).is_empty(), "a cancel may still be on its way");
    assert_eq!(run.on(&Event::Tick, 13), [Effect::Raised(Way::Server), Effect::Tier(0)]);
    // The phone, back again, and its text message: the same episode.
    assert_eq!(run.on(&raised(Way::Phone), 14), [Effect::Joined(Way::Phone)]);
    assert_eq!(run.on(&raised(Way::Sms), 20), [Effect::Joined(Way::Sms)]);
}

#[test]
fn b_06_tier_after_tier_then_everyone_again_and_again() {
    let mut run = Run::new();
    assert_eq!(run.on(&raised(Way::Phone), 0), [Effect::Raised(Way::Phone), Effect::Tier(0)]);
    assert!(run.on(&Event::Tick, 119).is_empty());
    assert_eq!(run.on(&Event::Tick, 120), [Effect::Tier(1)]);
    assert_eq!(run.on(&Event::Tick, 240), [Effect::Everyone]);
    assert_eq!(run.phase(), Phase::Exhausted);
    assert!(run.on(&Event::Tick, 839).is_empty());
    assert_eq!(run.on(&Event::Tick, 840), [Effect::Everyone], "ten minutes later");
    assert_eq!(run.on(&takes("Claire", false), 900), [Effect::Acknowledged]);
    assert_eq!(run.on(&takes("Paul", false), 901), [Effect::Refused(Refusal::AlarmTaken)]);
    assert!(run.on(&takes("Claire", false), 902).is_empty());
    assert!(run.on(&Event::Tick, 2_699).is_empty());
    assert_eq!(run.on(&Event::Tick, 2_700), [Effect::Remind], "half an hour later");
}

#[test]
fn b_06_nothing_closes_without_a_person_and_a_reason() {
    let mut run = Run::new();
    run.on(&raised(Way::Phone), 0);
    assert_eq!(run.on(&takes("Amina", true), 1), [Effect::Refused(Refusal::OwnAlarm)]);
    assert_eq!(run.on(&Event::Fine, 2), [Effect::SaidFine]);
    assert_eq!(run.on(&Event::Cancelled, 3), [Effect::LateCancel]);
    assert_eq!(run.phase(), Phase::Notifying);
    assert_eq!(run.on(&closes("Claire", "  "), 4), [Effect::Refused(Refusal::ReasonMissing)]);
    assert_eq!(run.on(&closes("Claire", "chute"), 5), [Effect::Acknowledged, Effect::AllClear]);
    assert_eq!(run.on(&closes("Paul", "rien"), 6), [Effect::Refused(Refusal::AlarmOver)]);
    assert_eq!(run.on(&raised(Way::Phone), 7), [Effect::Joined(Way::Phone)], "word that came late");
    let acted_at = Moment(60 * SECOND_MS);
    let again = Event::Raised { kind: Kind::Panic, way: Way::Phone, acted_at };
    assert_eq!(run.on(&again, 61), [Effect::Raised(Way::Phone), Effect::Tier(0)], "a new press");
}

/// A cancel that overtakes its arming still counts; one after the raise takes nothing back.
#[test]
fn gaps_and_disorder_are_accepted() {
    let mut run = Run::new();
    run.on(&Event::Cancelled, 5);
    assert_eq!(run.on(&armed_at(10), 6), [Effect::Armed]);
    assert!(run.on(&Event::Tick, 60).is_empty());
    assert_eq!(run.phase(), Phase::Cancelled);
    // Under duress the same alarm is raised after what looked like a cancel.
    let duress = Event::Raised { kind: Kind::Duress, way: Way::Phone, acted_at: Moment(0) };
    assert_eq!(run.on(&duress, 61), [Effect::Raised(Way::Phone), Effect::Tier(0)]);
    assert_eq!(run.state.unwrap().kind, Kind::Duress);
}

/// What it is, is said by the arming when that comes after a raise for silence; an alarm that was pressed
/// stays one.
#[test]
fn a_late_arming_says_why_a_silent_phone_was_alarmed() {
    for (was, is) in [(Kind::PhoneSilent, Kind::Immobility), (Kind::Panic, Kind::Panic)] {
        let mut run = Run::new();
        run.on(&Event::Raised { kind: was, way: Way::Server, acted_at: Moment(0) }, 0);
        let late = Event::Armed { kind: Kind::Immobility, zero_at: Moment(0) };
        assert_eq!(run.on(&late, 1), [Effect::Armed]);
        assert_eq!(run.state.unwrap().kind, is);
    }
}

/// Word of the press that was answered may come after its end, at the very moment of it too.
#[test]
fn only_a_press_after_the_end_is_a_new_alarm() {
    let mut run = Run::new();
    run.on(&raised(Way::Phone), 0);
    run.on(&closes("Claire", "essai"), 5);
    let pressed = |ms| Event::Raised { kind: Kind::Panic, way: Way::Sms, acted_at: Moment(ms) };
    assert_eq!(run.on(&pressed(5_000), 6), [Effect::Joined(Way::Sms)]);
    assert_eq!(run.on(&pressed(5_001), 7), [Effect::Raised(Way::Sms), Effect::Tier(0)]);
}

#[test]
fn an_agency_without_tiers_tells_everyone_at_once() {
    let (state, effects) = step(None, &raised(Way::Phone), Moment(0), (&rules(), 0));
    assert_eq!(effects, [Effect::Raised(Way::Phone), Effect::Everyone]);
    assert_eq!(state.unwrap().phase, Phase::Exhausted);
}

#[test]
fn a_test_wakes_nobody_but_its_tiers() {
    let mut run = Run::new();
    run.on(&Event::Raised { kind: Kind::Test, way: Way::Desk, acted_at: Moment(0) }, 0);
    run.on(&Event::Tick, 120);
    assert_eq!(run.on(&Event::Tick, 240), [Effect::TestFailed]);
    assert!(run.on(&Event::Tick, 9_000).is_empty());
    assert_eq!(run.on(&raised(Way::Phone), 9_001), [Effect::Raised(Way::Phone), Effect::Tier(0)]);
    assert_eq!(run.on(&closes("Claire", "essai"), 9_002), [Effect::Acknowledged, Effect::AllClear]);
}

fn any_event() -> impl Strategy<Value = Event> {
    // The last kind is a test's, which has rules of its own.
    let kind = || (0..Kind::KNOWN.len() - 1).prop_map(|n| Kind::from_code(Kind::KNOWN[n]));
    let way = || (0..Way::KNOWN.len()).prop_map(|n| Way::from_code(Way::KNOWN[n]));
    let who = || prop_oneof![Just("Claire"), Just("Paul"), Just("Amina")];
    prop_oneof![
        2 => (kind(), 0_i64..60).prop_map(|(kind, zero)| Event::Armed {
            kind, zero_at: Moment(zero * SECOND_MS),
        }),
        2 => Just(Event::Cancelled),
        3 => (kind(), way()).prop_map(|(kind, way)| {
            Event::Raised { kind, way, acted_at: Moment(0) }
        }),
        1 => Just(Event::Fine),
        6 => Just(Event::Tick),
        2 => who().prop_map(|who| takes(who, who == "Amina")),
        1 => (who(), "[a-z ]{0,3}").prop_map(|(who, reason)| Event::Resolve {
            id: who.into(), name: who.into(), worker: who == "Amina",
            cause: Cause::Real, reason,
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// I8, B-06: never early, one episode, no silent end.
    #[test]
    fn i_8_the_episode_holds_in_any_order(
        events in proptest::collection::vec((any_event(), 0_i64..200), 1..60),
    ) {
        let mut state: Option<Episode> = None;
        let mut at = 0;
        let (mut zero, mut raises) = (None, 0);
        for (event, passed) in events {
            at += passed;
            let now = Moment(at * SECOND_MS);
            if let (None, Event::Armed { zero_at, .. }) = (&state, &event) { zero = Some(*zero_at); }
            let (next, effects) = step(state.as_ref(), &event, now, (&rules(), TIERS));
            for effect in &effects {
                match effect {
                    Effect::Raised(way) => {
                        raises += 1;
                        prop_assert_eq!(raises, 1, "twice");
                        let by_itself = *way == Way::Server
                            && !matches!(&event, Event::Raised { way: Way::Server, .. });
                        if by_itself {
                            prop_assert!(zero.is_some_and(|zero| now >= zero), "early");
                        }
                    }
                    Effect::AllClear => {
                        let end = next.as_ref().and_then(|n| n.resolved.clone()).unwrap();
                        prop_assert!(!end.reason.is_empty() && end.by.id != "Amina");
                    }
                    Effect::Acknowledged => {
                        let first = next.as_ref().and_then(|n| n.acknowledged.clone()).unwrap();
                        prop_assert!(first.id != "Amina");
                        prop_assert_eq!(first.at, now);
                    }
                    Effect::Everyone => {
                        prop_assert!(next.as_ref().is_some_and(|n| n.kind != Kind::Test));
                    }
                    Effect::Armed | Effect::Cancelled | Effect::Joined(_) | Effect::LateCancel
                    | Effect::SaidFine | Effect::Tier(_) | Effect::TestFailed | Effect::Remind
                    | Effect::Refused(_) => {}
                }
            }
            if let (Some(before), Some(after)) = (&state, &next) {
                if before.raised_at.is_some() {
                    prop_assert_eq!(before.raised_at, after.raised_at);
                    prop_assert!(after.phase != Phase::Cancelled && after.phase != Phase::Armed);
                }
                if before.phase == Phase::Resolved { prop_assert_eq!(&after.resolved, &before.resolved); }
                prop_assert!(before.acknowledged.is_none() || before.acknowledged == after.acknowledged);
                prop_assert!(before.fine_at.is_none() || before.fine_at == after.fine_at);
            }
            if let Some(open) = &next {
                // Whatever is open has a next moment: no silent end, a test's excepted.
                let waits = matches!(
                    open.phase,
                    Phase::Armed | Phase::Notifying | Phase::Acknowledged | Phase::Exhausted
                );
                let tested = open.kind == Kind::Test && open.phase == Phase::Exhausted;
                prop_assert_eq!(open.due_at.is_some(), waits && !tested);
                prop_assert!(open.due_at.is_none_or(|due| due > now) || !matches!(event, Event::Tick));
            }
            state = next;
        }
    }
}
