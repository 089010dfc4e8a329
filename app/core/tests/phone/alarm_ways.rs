//! The ways of an alarm, each on its own: call, message, text message, position (rows O-33, B-05, B-06).

use releve_core::door::*;
use releve_core::ports::{Asked, Fix, Secret};
use releve_shared::alarm::{
    Able, AlarmRules, AlarmStatus, Channel, Delivery, Phase, PhoneTry, Report, SmsKey, SmsRoute,
    SmsText, Told,
};
use releve_shared::id::AlarmId;
use releve_shared::time::{DAY_MS, Moment};

use crate::alarm::{CALL, GATEWAY};
use crate::world::{Net, World};

fn ways(world: &World) -> Ways {
    let AlarmLook::Given { ways, .. } = world.alarm().look else { panic!("no alarm is given") };
    ways
}

/// With the way of text messages, as the server gives it.
fn with_sms(world: &World) -> SmsKey {
    let key = SmsKey::from_bytes([5; 32]);
    let route = SmsRoute { code: "AMINA234".into(), key: key.text() };
    world.inner(|i| i.server.sms_route = Some(route));
    // Any report fetches it: here a countdown that is cancelled.
    world.press(Press::Pressed);
    world.cancel(None).unwrap();
    assert!(world.inner(|i| i.vault.contains_key(&Secret::SmsKey)), "kept in the vault");
    world.inner(|i| i.server.alarms.clear());
    key
}

fn running(world: &World) -> AlarmId {
    world.inner(|i| i.server.alarms.iter().find_map(|report| report.what.alarm()).unwrap())
}

fn status(world: &World, phase: Phase, who: Option<&str>) {
    let alarm = running(world);
    let status = AlarmStatus {
        alarm,
        phase,
        hidden: false,
        acknowledged_by: who.map(str::to_owned),
        acknowledged_at: who.map(|_| Moment(1_795_345_230_000)),
        resolved_at: None,
        told: vec![Told { channel: Channel::Mail, state: Delivery::Sent, count: 2 }],
    };
    world.inner(|i| i.server.alarm_status = Some(status));
}

/// O-33: no network: the call begins all the same, the text message leaves after ten seconds, signed,
/// and the message is said until it is heard, before anything else.
#[test]
fn o_33_without_network_the_others_go_on_and_the_message_comes_first_later() {
    let world = World::watched(AlarmRules::default());
    let key = with_sms(&world);
    world.net(Net::Down);
    world.hands.noted(|n| {
        n.fix =
            Some(Fix { lat_udeg: 43_929_000, lon_udeg: 2_148_100, accuracy_m: Some(12), up_ms: 1 });
    });
    world.press(Press::Pressed);
    world.wait(10_500);
    assert_eq!(world.hands.noted(|n| n.calls.clone()), [CALL]);
    assert_eq!(world.hands.noted(|n| n.texts.len()), 0, "not before its time");
    assert_eq!(ways(&world).call, Some(PhoneTry::Started));
    assert!(!ways(&world).heard);
    world.wait(9_000);
    world.wait(2_000);
    let (number, words) = world.hands.noted(|n| n.texts[0].clone());
    assert_eq!(number, GATEWAY);
    let said = SmsText::check(&words, &key).expect("the office's gateway believes it");
    assert_eq!(said.code, "AMINA234");
    assert_eq!(said.position.map(|at| (at.lat_udeg, at.accuracy_m)), Some((43_929_000, Some(12))));
    assert!(!words.contains("CANARY") && !words.contains("Benali"), "no name: {words}");

    for _ in 0..20 {
        world.wait(5_000);
    }
    assert!(world.heard().is_empty());
    world.net(Net::Up);
    world.wait(5_000);
    assert_eq!(world.heard().first(), Some(&"raised"), "first on reconnect");
    assert!(world.heard().contains(&"armed") && world.heard().contains(&"tried"));
    assert!(ways(&world).heard);
}

/// O-33: a call that fails stops neither message nor text message; each has its state.
#[test]
fn o_33_a_hand_that_fails_stops_no_other() {
    let world = World::watched(AlarmRules::default());
    with_sms(&world);
    world.hands.noted(|n| (n.call, n.text) = (Asked::Impossible, Asked::Offered));
    world.net(Net::Portal);
    world.press(Press::Pressed);
    world.wait(10_500);
    world.wait(10_500);
    let seen = ways(&world);
    assert_eq!((seen.call, seen.text), (Some(PhoneTry::Cannot), Some(PhoneTry::Asked)));
    assert!(!seen.heard, "a portal's page is no answer");
    let link = seen.text_link.expect("the composer's link");
    assert!(link.starts_with(&format!("sms:{GATEWAY}?body=DATI%7C")), "{link}");
    world.net(Net::Up);
    world.wait(5_000);
    let tried = world.inner(|i| {
        let mut tried = Vec::new();
        for report in &i.server.alarms {
            if let Report::Tried { channel, came, .. } = &report.what {
                tried.push((channel.clone(), came.clone()));
            }
        }
        tried
    });
    assert_eq!(
        tried,
        [(Channel::Call, PhoneTry::Cannot), (Channel::Sms, PhoneTry::Asked)],
        "the desk knows what became of each"
    );
}

/// O-33: a lost answer, a bare 401, a server that is down: said again, and heard once.
#[test]
fn o_33_the_message_is_said_until_it_is_heard_and_counts_once() {
    let world = World::watched(AlarmRules::default());
    world.press(Press::Pressed);
    world.net(Net::LosesAnswers);
    world.wait(10_500);
    world.net(Net::Bare(401));
    world.wait(5_000);
    world.net(Net::Bare(503));
    world.wait(5_000);
    assert!(!ways(&world).heard);
    world.net(Net::Up);
    world.wait(5_000);
    assert!(ways(&world).heard);
    assert_eq!(world.heard().iter().filter(|word| **word == "raised").count(), 1);
}

/// O-33: where no gateway is set, a person gets plain words: who and where, nothing of a client.
#[test]
fn o_33_a_person_gets_a_plain_sentence() {
    let world = World::enrolled();
    world.inner(|i| i.server.alarm_settings(AlarmRules::default(), CALL, ""));
    world.sync();
    world.net(Net::Down);
    world.press(Press::Pressed);
    world.wait(10_500);
    world.wait(10_500);
    let (number, words) = world.hands.noted(|n| n.texts[0].clone());
    assert_eq!(number, CALL);
    assert_eq!(words, "ALARME DATI Amina Benali. Rappelez, sinon appelez le 112.");
}

/// O-33, B-05: positions are measured from the countdown to the end of the alarm and never else; each
/// has its age and radius, and each reading is written where the worker sees it.
#[test]
fn b_05_positions_are_read_during_an_alarm_only() {
    let world = World::watched(AlarmRules::default());
    let ledger = |world: &World| {
        let Ok(View::Privacy(view)) = world.phone().ask(&Ask::Privacy) else {
            panic!("another view")
        };
        view.positions
    };
    let fix = |up_ms| Fix { lat_udeg: 1, lon_udeg: 2, accuracy_m: Some(30), up_ms };
    let now_up = world.inner(|i| i.now - i.booted_at);
    world.hands.noted(|n| n.fix = Some(fix(now_up)));
    world.wait(60_000);
    assert_eq!(world.hands.noted(|n| (n.measuring, n.looked)), (false, 0));
    assert_eq!(world.alarm().means.place_age_ms, Some(720_000), "its age is known, not its place");
    assert_eq!(ledger(&world), []);

    world.press(Press::Pressed);
    assert!(world.hands.noted(|n| n.measuring));
    world.wait(3_000);
    world.wait(3_000);
    assert_eq!(ledger(&world).len(), 1, "one position, looked at twice, is one reading");
    world.hands.noted(|n| n.fix = Some(fix(now_up + 70_000)));
    world.wait(5_000);
    let positions = ledger(&world);
    assert_eq!((positions.len(), positions[0].purpose.as_str()), (2, "alarm"));
    assert!(positions[0].erased_at > positions[0].at.plus(60 * DAY_MS));
    let AlarmLook::Given { place: Some(place), .. } = world.alarm().look else {
        panic!("no position is shown")
    };
    assert_eq!(place.accuracy_m, Some(30));
    assert!(place.age_ms >= 0);
    assert!(world.heard().contains(&"at"));

    status(&world, Phase::Resolved, Some("Claire Delmas"));
    world.wait(11_000);
    world.wait(1_000);
    assert!(!world.hands.noted(|n| n.measuring));
    let looked = world.hands.noted(|n| n.looked);
    world.wait(60_000);
    assert_eq!(world.hands.noted(|n| n.looked), looked);
}

/// B-06: she sees who answers, by name; "je vais bien" closes nothing; it ends with the office, seen.
#[test]
fn b_06_no_silent_end() {
    let world = World::watched(AlarmRules::default());
    world.press(Press::Pressed);
    world.wait(10_500);
    status(&world, Phase::Exhausted, None);
    world.wait(10_000);
    let seen = |world: &World| {
        let AlarmLook::Given { acknowledged_by, phase, fine, .. } = world.alarm().look else {
            panic!("no alarm is given")
        };
        (acknowledged_by, phase, fine)
    };
    assert_eq!(seen(&world), (None, Some(Phase::Exhausted), false));
    world.cancel(None).unwrap();
    assert_eq!(seen(&world), (None, Some(Phase::Exhausted), true), "it closes nothing");
    assert!(world.heard().contains(&"fine"));
    status(&world, Phase::Acknowledged, Some("Claire Delmas"));
    world.wait(10_000);
    assert_eq!(seen(&world).0.as_deref(), Some("Claire Delmas"));
    status(&world, Phase::Resolved, Some("Claire Delmas"));
    world.wait(10_000);
    let AlarmLook::Closed { acknowledged_by, test, .. } = world.alarm().look else {
        panic!("the end is not shown")
    };
    assert_eq!((acknowledged_by.as_deref(), test), (Some("Claire Delmas"), false));
    world.act(Act::AlarmSeen).unwrap();
    assert_eq!(world.alarm().look, AlarmLook::Quiet);
}

/// B-06: the end is still to be seen after the app was killed; a phone that lost its memory of an
/// alarm which the server has raised shows it.
#[test]
fn b_06_what_the_server_raised_by_itself_shows() {
    let rules = AlarmRules { sessions: true, ..AlarmRules::default() };
    let world = World::watched(rules);
    world.badge(1).unwrap();
    world.wait(0);
    let alarm = AlarmId::from(uuid::Uuid::from_u128(77));
    let told = AlarmStatus {
        alarm,
        phase: Phase::Notifying,
        hidden: false,
        acknowledged_by: None,
        acknowledged_at: None,
        resolved_at: None,
        told: Vec::new(),
    };
    world.inner(|i| i.server.alarm_status = Some(told));
    world.wait(3 * 60_000);
    let AlarmLook::Given { alarm: shown, ways, .. } = world.alarm().look else {
        panic!("no alarm is given")
    };
    assert_eq!((shown, ways.heard), (alarm, true));
}

/// B-06: the same, given under duress or in silence: not a word of it shows or sounds, while it runs and
/// when the office closes it, and positions are told.
#[test]
fn b_06_a_hidden_alarm_of_a_phone_that_lost_its_memory_stays_hidden() {
    let world = World::watched(AlarmRules { sessions: true, ..AlarmRules::default() });
    let before = world.alarm();
    world.badge(1).unwrap();
    world.wait(0);
    let session = world.alarm().session;
    let alarm = AlarmId::from(uuid::Uuid::from_u128(78));
    let hidden = |phase| AlarmStatus {
        alarm,
        phase,
        hidden: true,
        acknowledged_by: None,
        acknowledged_at: None,
        resolved_at: None,
        told: Vec::new(),
    };
    for phase in [Phase::Notifying, Phase::Exhausted, Phase::Acknowledged, Phase::Resolved] {
        world.inner(|i| i.server.alarm_status = Some(hidden(phase)));
        let turn = world.wait(3 * 60_000);
        assert_eq!(turn.alert, releve_core::ports::Alert::Watching, "as before the alarm");
        assert_eq!(turn.hands, [], "nobody is called aloud");
        let shown = world.alarm();
        assert_eq!(shown.look, AlarmLook::Quiet);
        let same =
            AlarmView { means: before.means.clone(), session: session.clone(), ..before.clone() };
        let left = |mut view: AlarmView| {
            view.means = before.means.clone();
            if let Some(session) = &mut view.session {
                session.left_ms = 0;
            }
            view
        };
        assert_eq!(left(shown), left(same), "not a byte of the door tells");
    }
}

/// B-06: a test goes all the way but for the call, says that it is one, and the month begins with it.
#[test]
fn b_06_a_test_is_a_test_for_everybody() {
    let world = World::watched(AlarmRules::default());
    assert!(world.alarm().test.due);
    world.press(Press::Test);
    world.wait(10_500);
    assert!(matches!(world.alarm().look, AlarmLook::Given { test: true, .. }));
    assert_eq!(world.hands.noted(|n| n.calls.len()), 0);
    assert!(!world.alarm().test.whole);
    status(&world, Phase::Resolved, Some("Claire Delmas"));
    world.wait(10_000);
    assert!(matches!(world.alarm().look, AlarmLook::Closed { test: true, .. }));
    let test = world.alarm().test;
    assert_eq!((test.whole, test.by.as_deref(), test.due), (true, Some("Claire Delmas"), false));
    world.later(31 * DAY_MS);
    assert!(world.alarm().test.due, "once a month");
}

/// B-06: the line of means says what is, not what is hoped.
#[test]
fn b_06_the_line_of_means_is_honest() {
    let world = World::watched(AlarmRules::default());
    let means = world.alarm().means;
    assert_eq!((means.call, means.text, means.data), (Able::Yes, Able::Yes, Able::Yes));
    world.hands.noted(|n| (n.call, n.text) = (Asked::Offered, Asked::Impossible));
    world.net(Net::Down);
    world.sync();
    world.turn();
    let means = world.alarm().means;
    assert_eq!((means.call, means.text, means.data), (Able::Maybe, Able::No, Able::No));
    assert_eq!((means.place, means.place_age_ms, means.notices), (Able::Yes, None, Able::Yes));
}
