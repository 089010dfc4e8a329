//! The alarm of a real phone core, over sockets, to the desk and back (rows O-32, O-33, B-06).

use releve_core::door::{Act, AlarmLook, Press};
use releve_shared::time::HOUR_MS;
use releve_tests::bridge::Pretended;
use releve_tests::world::{Worker, World};
use serde_json::{Value, json};

const ZERO_MS: i64 = 10_500;

fn press(amina: &Worker, press: Press) {
    amina.phone.act(Act::Alarm { press }).expect("never refused");
    amina.phone.beats();
}

fn alarms(world: &World) -> Vec<Value> {
    let listed = world.desk.get("/api/desk/alarms").ok();
    listed.as_array().expect("a list").clone()
}

fn look(amina: &Worker) -> AlarmLook {
    amina.phone.state().alarm.look
}

fn on_duty(world: &World) -> Worker {
    let amina = world.worker("Amina");
    let home = world.home("Garrigues");
    let from = world.time.now();
    let _ = world.visit(&amina, &home, from.plus(-HOUR_MS / 2));
    amina.phone.sync().expect("in step");
    let place = Some((43_929_000, 2_148_100, 12));
    let call = "alone".to_owned();
    amina.phone.hands.set(Pretended { call, place, up_ms: 1, ..Pretended::default() });
    amina.phone.beats();
    amina
}

/// O-33, B-06: press, countdown held by the server, alarm with both places, answered by name, closed.
#[test]
fn o_33_from_the_press_to_the_answer_on_her_screen() {
    World::each(|world| {
        let amina = on_duty(world);
        press(&amina, Press::Pressed);
        assert_eq!(alarms(world)[0]["phase"], "armed");
        amina.phone.beats();
        world.time.pass(ZERO_MS);
        amina.phone.beats();
        let all = alarms(world);
        assert_eq!((all.len(), &all[0]["phase"]), (1, &json!("exhausted")), "nobody is named: all");
        let id = all[0]["id"].as_str().expect("an id").to_owned();
        let sheet = world.desk.get(&format!("/api/desk/alarms/{id}")).ok();
        assert_eq!(sheet["theoretical"]["basis"], "planned");
        assert_eq!(sheet["positions"][0]["lat_udeg"], 43_929_000);
        assert_eq!(sheet["positions"][0]["accuracy_m"], 12);
        assert_eq!(amina.phone.hands.pretended().calls, ["+33563000000"]);

        let _ = world.desk.post(&format!("/api/desk/alarms/{id}/acknowledge"), &json!({})).ok();
        world.time.pass(10_500);
        amina.phone.beats();
        let AlarmLook::Given { acknowledged_by, .. } = look(&amina) else { panic!("no alarm") };
        assert_eq!(acknowledged_by.as_deref(), Some("Chloé Martin"));
        let end = json!({ "cause": "false", "reason": "Touche pressée." });
        let _ = world.desk.post(&format!("/api/desk/alarms/{id}/resolve"), &end).ok();
        world.time.pass(10_500);
        amina.phone.beats();
        assert!(matches!(look(&amina), AlarmLook::Closed { test: false, .. }));
        amina.phone.beats();
        assert!(!amina.phone.hands.pretended().measuring, "no position any more");
    });
}

/// O-32: cancelled in time, the desk sees that it was; nothing rings.
#[test]
fn o_32_a_cancel_in_time_reaches_the_desk() {
    World::each(|world| {
        let amina = on_duty(world);
        press(&amina, Press::Pressed);
        world.time.pass(5_000);
        amina.phone.act(Act::CancelAlarm { code: None }).expect("cancelled");
        amina.phone.beats();
        world.time.pass(60_000);
        amina.phone.beats();
        assert_eq!(alarms(world), Vec::<Value>::new(), "none is open");
        assert_eq!(look(&amina), AlarmLook::Quiet);
    });
}

/// O-33: without network the alarm waits on the phone, and is one episode when it comes.
#[test]
fn o_33_an_alarm_without_network_comes_first_and_once() {
    World::each(|world| {
        let amina = on_duty(world);
        amina.phone.offline(|phone| {
            phone.act(Act::Alarm { press: Press::Pressed }).expect("never refused");
            phone.beats();
            for _ in 0..6 {
                world.time.pass(ZERO_MS);
                phone.beats();
            }
            assert_eq!(phone.hands.pretended().calls.len(), 1);
        });
        assert_eq!(alarms(world), Vec::<Value>::new());
        world.time.pass(5_500);
        amina.phone.beats();
        let all = alarms(world);
        assert_eq!((all.len(), &all[0]["kind"]), (1, &json!("panic")));
        let AlarmLook::Given { ways, .. } = look(&amina) else { panic!("no alarm") };
        assert!(ways.heard);
    });
}

/// B-06: a code of duress that her phone could not keep, killed and put back to what it was before: it
/// asks the real server how its countdown stands, and hides it before zero; nothing sounds, nobody is
/// called, and the alarm of duress goes on.
#[test]
fn b_06_a_duress_that_her_phone_has_forgotten_is_not_revealed() {
    World::each(|world| {
        let amina = on_duty(world);
        let codes = Some(("1234".to_owned(), "4321".to_owned()));
        amina.phone.act(Act::AlarmCodes { codes, before: None }).expect("chosen");
        press(&amina, Press::Pressed);
        amina.phone.close();
        let before = tempfile::tempdir().expect("a folder");
        copy(amina.phone.folder(), before.path());
        amina.phone.restart();
        amina.phone.act(Act::CancelAlarm { code: Some("4321".to_owned()) }).expect("as a cancel");
        amina.phone.beats();
        assert_eq!(alarms(world)[0]["kind"], "duress");
        amina.phone.close();
        copy(before.path(), amina.phone.folder());
        amina.phone.restart();
        world.time.pass(1_000);
        amina.phone.beats();
        assert_eq!(look(&amina), AlarmLook::Quiet, "the server's word has hidden it");
        for _ in 0..4 {
            world.time.pass(ZERO_MS);
            amina.phone.beats();
            assert_eq!(look(&amina), AlarmLook::Quiet);
        }
        let hands = amina.phone.hands.pretended();
        assert_eq!(hands.calls, [] as [&str; 0]);
        assert_ne!(hands.heard.last().map(String::as_str), Some("given"));
        let all = alarms(world);
        assert_eq!((all.len(), &all[0]["kind"]), (1, &json!("duress")));
    });
}

/// Makes a folder what another is.
fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(to).expect("a folder") {
        std::fs::remove_file(entry.expect("a file").path()).expect("to remove it");
    }
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("a file").path();
        std::fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("to copy it");
    }
}

/// B-06: held, her screen shows nothing, and the desk knows that it is silent.
#[test]
fn b_06_a_silent_alarm_is_told_as_one() {
    World::each(|world| {
        let amina = on_duty(world);
        press(&amina, Press::Held);
        assert_eq!(look(&amina), AlarmLook::Quiet);
        assert_eq!(alarms(world)[0]["kind"], "silent");
        assert!(amina.phone.hands.pretended().calls.is_empty());
    });
}
