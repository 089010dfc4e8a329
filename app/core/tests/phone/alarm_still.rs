//! A phone that lies still, under watch (row B-06).

use releve_core::door::*;
use releve_core::ports::Alert;
use releve_shared::alarm::{Able, AlarmRules, Immobility, Kind, Report, Sample};
use releve_shared::time::SECOND_MS;

use crate::alarm::{CALL, left};
use crate::world::World;

fn rules() -> AlarmRules {
    AlarmRules { immobility: Some(Immobility::default()), ..AlarmRules::default() }
}

fn watching(rules: AlarmRules) -> World {
    let world = World::watched(rules);
    let place = String::new();
    world.act(Act::StartLoneWork { minutes: 120, every_min: None, place }).unwrap();
    world.wait(0);
    world
}

/// So many seconds pass, felt twice in each, moving or not.
fn feels(world: &World, seconds: i64, swing_mg: i32) {
    for second in 0..seconds {
        let up = world.inner(|i| i.now - i.booted_at);
        world.hands.noted(|n| {
            for half in 0..2 {
                let x_mg = if (second + half) % 2 == 0 { 0 } else { swing_mg };
                n.samples.push(Sample { up_ms: up + half * 500, x_mg, y_mg: 0, z_mg: 1_000 });
            }
        });
        world.later(SECOND_MS);
        world.turn();
    }
    world.phone().alarm_line();
}

fn raised_as(world: &World) -> Vec<Kind> {
    world.inner(|i| {
        let kinds = i.server.alarms.iter().filter_map(|report| {
            if let Report::Raised { kind, .. } = &report.what { Some(kind.clone()) } else { None }
        });
        kinds.collect()
    })
}

/// B-06: two minutes without a movement are a question of a minute, then an alarm; the number of the
/// agency is called, never 112 by itself.
#[test]
fn b_06_a_phone_that_lies_still_asks_then_alarms() {
    let world = watching(rules());
    assert!(world.hands.noted(|n| n.feeling));
    assert_eq!(world.alarm().means.still, Some(Able::Yes));
    feels(&world, 115, 0);
    assert_eq!(world.alarm().look, AlarmLook::Quiet);
    feels(&world, 10, 0);
    let AlarmLook::Counting { still, unanswered, all_ms, .. } = world.alarm().look else {
        panic!("no question")
    };
    assert_eq!((still, unanswered, all_ms), (true, false, 60_000));
    assert!(!world.hands.noted(|n| n.feeling), "an alarm runs: nothing more is felt");
    world.wait(50_000);
    assert!(left(&world.alarm().look).is_some(), "a minute to answer");
    world.wait(11_000);
    assert!(matches!(world.alarm().look, AlarmLook::Given { .. }));
    assert_eq!(world.hands.noted(|n| n.calls.clone()), [CALL]);
    assert_eq!(raised_as(&world), [Kind::Immobility]);
}

/// B-06: answered, the two minutes begin anew; moved now and then, nothing is ever asked.
#[test]
fn b_06_an_answer_and_a_movement_begin_it_anew() {
    let world = watching(rules());
    feels(&world, 125, 0);
    assert!(left(&world.alarm().look).is_some());
    assert_eq!(world.cancel(None), Ok(Reply::Done));
    assert_eq!(world.hands.noted(|n| n.alert), Alert::Watching);
    feels(&world, 100, 0);
    assert_eq!(world.alarm().look, AlarmLook::Quiet);
    for _ in 0..5 {
        feels(&world, 3, 300);
        feels(&world, 100, 0);
    }
    assert_eq!(world.alarm().look, AlarmLook::Quiet);
    assert_eq!(raised_as(&world), []);
}

/// B-06: off by default; outside lone work under watch, on the charger, or when the sensor sleeps,
/// nothing is felt and nothing is claimed, and the line of means says so.
#[test]
fn b_06_what_is_not_felt_is_not_claimed() {
    let off = watching(AlarmRules::default());
    assert_eq!((off.alarm().means.still, off.hands.noted(|n| n.feeling)), (None, false));
    feels(&off, 300, 0);
    assert_eq!(off.alarm().look, AlarmLook::Quiet);

    let unwatched = World::watched(rules());
    assert!(!unwatched.hands.noted(|n| n.feeling), "her phone at home is her own");

    let charging = watching(rules());
    charging.hands.noted(|n| n.charging = true);
    feels(&charging, 300, 0);
    assert_eq!(
        (charging.alarm().look, charging.alarm().means.still),
        (AlarmLook::Quiet, Some(Able::No))
    );
    charging.hands.noted(|n| n.charging = false);
    feels(&charging, 100, 0);
    assert_eq!(charging.alarm().look, AlarmLook::Quiet, "it begins when it is carried again");

    let asleep = watching(rules());
    feels(&asleep, 60, 0);
    for _ in 0..10 {
        asleep.wait(60_000);
    }
    assert_eq!(asleep.alarm().look, AlarmLook::Quiet, "a sensor that sleeps proves nothing");

    let none = watching(rules());
    none.hands.noted(|n| n.no_sensor = true);
    none.turn();
    assert_eq!(none.alarm().means.still, Some(Able::No));

    // The end of the watch is the end of feeling.
    let ended = watching(rules());
    ended.act(Act::EndLoneWork).unwrap();
    ended.wait(0);
    assert!(!ended.hands.noted(|n| n.feeling));
}

/// O-31: the shortcut of the home screen is the button: one touch, one countdown, whatever else is known.
#[test]
fn o_31_the_shortcut_of_the_home_screen_begins_a_countdown_once() {
    let world = World::watched(AlarmRules::default());
    world.hands.noted(|n| n.pressed = true);
    world.wait(0);
    assert!(left(&world.alarm().look).is_some());
    assert_eq!(world.cancel(None), Ok(Reply::Done));
    world.wait(60_000);
    assert_eq!(world.alarm().look, AlarmLook::Quiet, "one touch is one press");
}

/// O-42: notices are planned by the boot clock and replaced as a whole; the phone says how well its device
/// keeps their time.
#[test]
fn o_42_notices_are_planned_by_the_boot_clock_and_replaced() {
    let world = World::watched(AlarmRules::default());
    assert_eq!(world.phone_view().notices, Timing::Exact);
    let notice = |key: &str, in_ms| NoticeIn {
        key: key.into(),
        in_ms,
        title: "Bientôt".into(),
        words: "Fin prévue à 13:00.".into(),
    };
    let up = world.inner(|i| i.now - i.booted_at);
    world.inner(|i| i.wall_off = 86_400_000);
    world
        .act(Act::PlanNotices { notices: vec![notice("end", 60_000), notice("ask", -5)] })
        .unwrap();
    let planned = world.hands.noted(|n| n.planned.clone());
    let times: Vec<_> = planned.iter().map(|one| (one.key.as_str(), one.up_ms - up)).collect();
    assert_eq!(times, [("end", 60_000), ("ask", 0)]);
    world.act(Act::PlanNotices { notices: Vec::new() }).unwrap();
    assert_eq!(world.hands.noted(|n| n.planned.len()), 0, "badged out: nothing rings any more");
    world.act(Act::ShowNotice { title: "A".into(), words: "B".into() }).unwrap();
    assert_eq!(world.hands.noted(|n| n.shown.clone()), [("A".to_owned(), "B".to_owned())]);
    world.hands.noted(|n| n.timing = Timing::About);
    world.turn();
    assert_eq!(world.phone_view().notices, Timing::About);
}
