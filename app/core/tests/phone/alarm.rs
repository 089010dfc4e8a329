//! The lone worker's alarm: the countdown, what stops it, and what does not (rows O-31, O-32).

use std::sync::Arc;

use releve_core::door::*;
use releve_core::ports::Alert;
use releve_core::{Hand, Turn};
use releve_shared::alarm::{AlarmRules, CheckIn, Kind, Report};
use releve_shared::refusal::Refusal;
use releve_shared::time::{DAY_MS, MINUTE_MS};

use crate::server::WipeMode;
use crate::world::{Net, World, clocked};

pub const CALL: &str = "+33563999999";
pub const GATEWAY: &str = "+33700000000";

impl World {
    /// Enrolled, with an agency that has set its alarm.
    pub fn watched(rules: AlarmRules) -> Self {
        let world = Self::enrolled();
        world.inner(|i| i.server.alarm_settings(rules, CALL, GATEWAY));
        world.sync();
        world.turn();
        world
    }

    pub fn press(&self, press: Press) {
        assert_eq!(self.act(Act::Alarm { press }), Ok(Reply::Done));
        self.turn();
        self.phone().alarm_line();
    }

    /// A turn of the clock, and of the line: what the app's own threads do.
    pub fn turn(&self) -> Turn {
        let turn = self.phone().alarm_turn();
        for hand in &turn.hands {
            self.phone().hand(hand);
        }
        turn
    }

    /// Time passes, and is noticed.
    pub fn wait(&self, ms: i64) -> Turn {
        self.later(ms);
        let turn = self.turn();
        self.phone().alarm_line();
        turn
    }

    pub fn cancel(&self, code: Option<&str>) -> Result<Reply, Refusal> {
        let reply = self.act(Act::CancelAlarm { code: code.map(str::to_owned) });
        self.turn();
        self.phone().alarm_line();
        reply
    }

    pub fn alarm(&self) -> AlarmView {
        self.phone_view().alarm
    }

    /// What the server has heard, in a word each.
    pub fn heard(&self) -> Vec<&'static str> {
        self.inner(|i| i.server.alarms.iter().map(|report| word(&report.what)).collect())
    }
}

pub fn word(report: &Report) -> &'static str {
    match report {
        Report::Armed { .. } => "armed",
        Report::Cancelled { .. } => "cancelled",
        Report::Raised { .. } => "raised",
        Report::At { .. } => "at",
        Report::Fine { .. } => "fine",
        Report::Tried { .. } => "tried",
        Report::Opened { .. } => "opened",
        Report::Signed { .. } => "signed",
        Report::Closed { .. } => "closed",
        Report::Alive { .. } => "alive",
        Report::Unknown => "unknown",
    }
}

/// Seconds that the screen shows.
pub fn left(look: &AlarmLook) -> Option<i64> {
    match look {
        AlarmLook::Counting { left_ms, .. } => Some(left_ms.div_euclid(1000)),
        AlarmLook::Quiet | AlarmLook::Given { .. } | AlarmLook::Closed { .. } => None,
    }
}

fn given(world: &World) -> bool {
    matches!(world.alarm().look, AlarmLook::Given { .. })
}

/// O-32: ten seconds, seen and heard; then call, message, and nothing was early.
#[test]
fn o_32_ten_seconds_then_the_alarm() {
    let world = World::watched(AlarmRules::default());
    world.press(Press::Pressed);
    assert_eq!(left(&world.alarm().look), Some(9), "the line took its milliseconds");
    assert_eq!(world.heard(), ["armed"], "the server holds the due time");
    assert!(matches!(world.hands.noted(|n| n.alert), Alert::Countdown(_)));
    world.wait(9_000);
    assert!(left(&world.alarm().look).is_some());
    assert_eq!(world.hands.noted(|n| n.calls.len()), 0, "never early");
    world.wait(1_000);
    assert!(given(&world));
    assert_eq!(world.hands.noted(|n| n.calls.clone()), [CALL]);
    assert_eq!(world.hands.noted(|n| n.alert), Alert::Given);
    assert!(world.heard().contains(&"raised"));
    world.wait(11_000);
    assert_eq!(world.hands.noted(|n| n.texts.len()), 0, "the server has heard: no text message");
}

/// O-32: the agency's own duration, none included.
#[test]
fn o_32_the_duration_is_the_agencys() {
    let rules = |seconds| AlarmRules { pre_alarm_s: seconds, ..AlarmRules::default() };
    let world = World::watched(rules(60));
    world.press(Press::Pressed);
    world.wait(55_000);
    assert!(left(&world.alarm().look).is_some());
    world.wait(6_000);
    assert!(given(&world));
    let at_once = World::watched(rules(0));
    at_once.press(Press::Pressed);
    assert!(given(&at_once));
}

/// O-32: cancelled in time, the server is told so, and nobody is called.
#[test]
fn o_32_a_cancel_in_time_ends_it_and_is_told() {
    let world = World::watched(AlarmRules::default());
    world.press(Press::Pressed);
    world.later(9_500);
    assert_eq!(world.cancel(None), Ok(Reply::Done));
    world.wait(60_000);
    assert_eq!(world.alarm().look, AlarmLook::Quiet);
    assert_eq!(world.heard(), ["armed", "cancelled"]);
    assert_eq!(world.hands.noted(|n| (n.calls.len(), n.alert)), (0, Alert::Quiet));
}

/// O-32: the app is killed, the wall clock lies by a day, the countdown ends when it should.
#[test]
fn o_32_it_survives_a_kill_and_a_wrong_clock() {
    let mut world = World::watched(AlarmRules::default());
    world.press(Press::Pressed);
    world.inner(|i| i.wall_off = DAY_MS);
    world.later(4_000);
    world.reopen();
    let seconds = left(&world.alarm().look).expect("it goes on");
    assert!((4..=6).contains(&seconds), "{seconds}");
    world.inner(|i| i.wall_off = -DAY_MS);
    world.later(7_000);
    world.reopen();
    world.wait(0);
    assert!(given(&world), "zero passed while the app was closed");
    assert_eq!(world.hands.noted(|n| n.calls.clone()), [CALL]);
}

/// O-32: after a restart of the phone nobody knows how long it was off: all the time begins anew, and
/// the server holds the first due time.
#[test]
fn o_32_a_restart_of_the_phone_begins_anew_and_is_never_early() {
    let mut world = World::watched(AlarmRules::default());
    world.press(Press::Pressed);
    world.later(9_000);
    world.reboot();
    world.turn();
    assert!(left(&world.alarm().look).is_some_and(|seconds| seconds >= 9));
    world.wait(10_500);
    assert!(given(&world));
}

/// O-31, T8: at zero bytes free the countdown runs from memory, and so does all that follows; when
/// there is room again, it is kept.
#[test]
fn o_31_a_full_disk_stops_nothing() {
    let mut world = World::watched(AlarmRules::default());
    let room = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let seen = Arc::clone(&room);
    let fuse = move || seen.load(std::sync::atomic::Ordering::SeqCst);
    world.reopen_fused(Some(Arc::new(fuse)));
    room.store(false, std::sync::atomic::Ordering::SeqCst);
    world.press(Press::Pressed);
    assert!(left(&world.alarm().look).is_some());
    world.wait(10_500);
    assert!(given(&world));
    assert_eq!(world.hands.noted(|n| n.calls.clone()), [CALL]);
    assert!(world.heard().contains(&"raised"));
    room.store(true, std::sync::atomic::Ordering::SeqCst);
    world.wait(1_000);
    world.reopen();
    assert!(given(&world), "it was kept as soon as there was room");
}

/// O-31, WP3, C9: a lease that is over, a phone that must sign in again or be updated, a locked key,
/// a blocked phone that is offline: the button works, and the server hears by the device's key alone.
#[test]
fn o_31_nothing_that_locks_a_phone_locks_the_alarm() {
    type Lock = fn(&mut World);
    let locks: &[(&str, PhoneState, Lock)] = &[
        ("lease", PhoneState::LeaseOver, |world| world.later(8 * DAY_MS)),
        ("token", PhoneState::SignInNeeded, |world| {
            world.inner(|i| i.server.forget_phone());
            world.sync();
        }),
        ("old app", PhoneState::UpdateNeeded, |world| {
            world.inner(|i| i.server.min_version = "9.0.0".into());
            world.sync();
        }),
        ("care key", PhoneState::LeaseOver, |world| {
            world.inner(|i| i.vault_locked = true);
            world.reopen();
        }),
    ];
    for (what, state, lock) in locks {
        let mut world = World::watched(AlarmRules::default());
        lock(&mut world);
        assert_eq!(world.phone_view().state, *state, "{what}");
        world.turn();
        world.press(Press::Pressed);
        world.wait(10_500);
        assert!(given(&world), "{what}");
        assert_eq!(world.hands.noted(|n| n.calls.clone()), [CALL], "{what}");
        assert!(world.heard().contains(&"raised"), "{what}");
    }
}

/// A wipe ends what the phone holds, the alarm's memory included.
#[test]
fn a_wipe_leaves_no_alarm_behind() {
    let world = World::watched(AlarmRules::default());
    world.press(Press::Pressed);
    world.inner(|i| i.server.blocked = Some(WipeMode::Now));
    world.sync();
    assert_eq!(world.phone_view().state, PhoneState::Wiped);
    assert_eq!(world.alarm().look, AlarmLook::Quiet);
    assert!(!world.alarm().ready);
}

/// B-06: held, nothing shows and nothing sounds, nobody is called aloud, and the server knows.
#[test]
fn b_06_a_silent_alarm_shows_nothing() {
    let world = World::watched(AlarmRules::default());
    world.press(Press::Held);
    assert_eq!(world.alarm().look, AlarmLook::Quiet);
    assert_eq!(world.hands.noted(|n| (n.alert, n.calls.len())), (Alert::Quiet, 0));
    let kinds = world.inner(|i| {
        let mut kinds = Vec::new();
        for report in &i.server.alarms {
            if let Report::Raised { kind, .. } = &report.what {
                kinds.push(kind.clone());
            }
        }
        kinds
    });
    assert_eq!(kinds, [Kind::Silent]);
}

/// B-06: the code of duress looks like the one that cancels, and the alarm goes on.
#[test]
fn b_06_the_code_of_duress_looks_like_a_cancel() {
    let world = World::watched(AlarmRules::default());
    let codes = |cancel: &str, duress: &str| Some((cancel.to_owned(), duress.to_owned()));
    let set = |codes, before: Option<&str>| {
        world.act(Act::AlarmCodes { codes, before: before.map(str::to_owned) })
    };
    assert_eq!(set(codes("12", "3456"), None), Err(Refusal::Invalid));
    assert_eq!(set(codes("1234", "1234"), None), Err(Refusal::Invalid));
    assert_eq!(set(codes("1234", "4321"), None), Ok(Reply::Done));
    assert_eq!(set(None, None), Err(Refusal::WrongCredentials), "the code before is asked for");
    assert!(world.alarm().code);

    world.press(Press::Pressed);
    assert_eq!(world.cancel(None), Err(Refusal::WrongCredentials));
    assert_eq!(world.cancel(Some("9999")), Err(Refusal::WrongCredentials));
    assert!(left(&world.alarm().look).is_some());
    let looks_like = world.cancel(Some("4321"));
    let shown = world.alarm();
    assert!(world.heard().contains(&"raised"));
    assert_eq!(world.hands.noted(|n| (n.alert, n.calls.len())), (Alert::Quiet, 0));

    let other = World::watched(AlarmRules::default());
    other.act(Act::AlarmCodes { codes: codes("1234", "4321"), before: None }).unwrap();
    other.press(Press::Pressed);
    let true_one = other.cancel(Some("1234"));
    let honest = other.alarm();
    assert!(!other.heard().contains(&"raised"));
    assert_eq!((looks_like, shown), (true_one, honest), "not a byte of the door differs");
}

/// B-06: while a session asks, and long after, the code of duress looks like the one that cancels; the office
/// hears no sign of it.
#[test]
fn b_06_duress_in_a_session_looks_like_a_cancel() {
    let check_in = Some(CheckIn { every_min: 30, grace_min: 5 });
    let rules = AlarmRules { sessions: true, check_in, ..AlarmRules::default() };
    let shown = |code: &str| {
        let world = World::watched(rules.clone());
        let codes = Some(("1234".to_owned(), "4321".to_owned()));
        world.act(Act::AlarmCodes { codes, before: None }).unwrap();
        clocked(world.badge(1));
        world.wait(31 * MINUTE_MS);
        assert!(world.alarm().session.is_some_and(|session| session.asks));
        world.press(Press::Pressed);
        let reply = world.cancel(Some(code));
        let mut seen = Vec::new();
        let mut look = |world: &World| {
            let session = world.alarm().session.expect("a session");
            // In seconds: the line takes some milliseconds.
            seen.push((session.asks, session.left_ms / 1_000, world.hands.noted(|n| n.alert)));
        };
        look(&world);
        world.wait(10 * MINUTE_MS);
        look(&world);
        let heard = world.heard();
        (reply, seen, heard.contains(&"raised"), heard.contains(&"signed"))
    };
    let (reply, seen, raised, signed) = shown("4321");
    let (true_reply, true_seen, true_raised, true_signed) = shown("1234");
    assert_eq!((reply, seen), (true_reply, true_seen));
    assert_eq!((raised, signed), (true, false));
    assert_eq!((true_raised, true_signed), (false, true));
}

/// B-06: a session opens with the visit and asks; an answer is a sign, silence is an alarm.
#[test]
fn b_06_a_session_is_tied_to_the_visit() {
    let check_in = Some(CheckIn { every_min: 30, grace_min: 5 });
    let rules = AlarmRules { sessions: true, check_in, ..AlarmRules::default() };
    let world = World::watched(rules);
    let (_, visit, _) = clocked(world.badge(1));
    let session = world.alarm().session.expect("a session");
    assert_eq!((session.visit, session.asks), (Some(visit), false));
    world.wait(31 * MINUTE_MS);
    assert!(world.alarm().session.is_some_and(|session| session.asks));
    assert_eq!(world.hands.noted(|n| n.alert), Alert::Question);
    assert_eq!(world.act(Act::AlarmFine { stay_min: None }), Ok(Reply::Done));
    world.wait(0);
    assert!(world.alarm().session.is_some_and(|session| !session.asks));
    assert!(world.heard().contains(&"opened") && world.heard().contains(&"signed"));

    world.wait(31 * MINUTE_MS);
    world.wait(5 * MINUTE_MS);
    assert!(matches!(world.alarm().look, AlarmLook::Counting { unanswered: true, .. }));
    world.wait(11_000);
    assert!(given(&world));
    assert_eq!(world.hands.noted(|n| n.calls.clone()), [CALL]);
}

/// B-06: the end of the visit ends the session; undoing it opens it again (C10).
#[test]
fn b_06_the_end_of_the_visit_ends_the_session() {
    let world = World::watched(AlarmRules { sessions: true, ..AlarmRules::default() });
    clocked(world.badge(1));
    world.later(30 * MINUTE_MS);
    let (end, ..) = clocked(world.badge(1));
    assert_eq!(world.alarm().session, None);
    world.act(Act::Undo { event: end }).unwrap();
    assert!(world.alarm().session.is_some());
    world.later(MINUTE_MS);
    clocked(world.badge(1));
    world.wait(0);
    assert_eq!(world.alarm().session, None);
    assert_eq!(world.heard().last(), Some(&"closed"));
}

/// A phone without alarms set calls the office; one that is nobody's shows that it is not ready.
#[test]
fn the_offices_number_stands_in_for_a_number_that_nobody_has_set() {
    let world = World::enrolled();
    assert_eq!(world.alarm().call_number, "+33563000000");
    world.press(Press::Pressed);
    let turn = world.wait(10_500);
    assert_eq!(turn.hands, [Hand::Call { number: "+33563000000".into() }]);
    let fresh = World::new();
    assert!(!fresh.alarm().ready);
    assert_eq!(fresh.inner(|i| i.net), Net::Up);
}
