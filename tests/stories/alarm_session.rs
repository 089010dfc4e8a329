//! Lone work that is watched: tied to the visit, and raised by the server when the phone is silent past
//! its end (B-06).

use releve_core::door::Act;
use releve_shared::alarm::{CheckIn, Kind, Report};
use releve_shared::id::{AlarmId, LoneSessionId};
use releve_shared::refusal::Refusal;
use releve_shared::time::{HOUR_MS, MINUTE_MS};
use releve_tests::world::World;
use releve_tests::world::alarm::AlarmLane;
use releve_tests::world::reading::tap;
use releve_tests::world::time::today_at;
use serde_json::{Value, json};

use crate::alarm_raised::{node, sets, settings, sheet, tick, trail};

fn opened(session: LoneSessionId, ends_in_ms: i64, check_in: Option<CheckIn>) -> Report {
    let place = "Local du 2e, rue Croix-Verte".to_owned();
    Report::Opened { session, visit: None, ends_in_ms, check_in, place }
}

fn watched(w: &World) -> Vec<Value> {
    let listed = w.desk.get("/api/desk/alarms/watched").ok();
    listed.as_array().expect("a list").clone()
}

/// B-06: lone work outside the planning, from the real phone core: begun in her words, seen at the desk,
/// put off, asked about, ended; another office sees nothing of it.
#[test]
fn b_06_she_opens_a_watch_outside_the_planning() {
    World::each(|w| {
        let amina = w.worker("Amina");
        sets(w, &settings());
        amina.phone.sync().unwrap();
        let start = |minutes, every_min, place: &str| {
            let place = place.to_owned();
            let done = amina.phone.act(Act::StartLoneWork { minutes, every_min, place });
            amina.phone.beats();
            done
        };
        assert_eq!(start(4, None, ""), Err(Refusal::Invalid));
        assert_eq!(start(60, Some(2), ""), Err(Refusal::Invalid));
        assert_eq!(start(60, None, &"x".repeat(121)), Err(Refusal::TooLong));
        start(60, Some(30), " Réserve, rue Croix-Verte ").unwrap();
        assert_eq!(start(60, None, ""), Err(Refusal::AlreadyWatched));
        let lines = watched(w);
        assert_eq!(lines.len(), 1);
        let line = &lines[0];
        assert_eq!((&line["name"], &line["visit"]), (&json!("Amina Diallo"), &Value::Null));
        assert_eq!(line["place"], "Réserve, rue Croix-Verte");
        let begun = w.time.now();
        let shown = amina.phone.state().alarm.session.expect("under watch");
        assert_eq!((shown.visit, shown.every_min), (None, Some(30)));
        assert!(shown.ends_at.is_some_and(|end| (end.since(begun) - HOUR_MS).abs() < MINUTE_MS));

        // Asked after half an hour, she answers that she stays half an hour longer than she had said.
        w.time.pass(31 * MINUTE_MS);
        amina.phone.beats();
        assert!(amina.phone.state().alarm.session.is_some_and(|it| it.asks));
        amina.phone.act(Act::AlarmFine { stay_min: Some(30) }).unwrap();
        amina.phone.beats();
        let until = watched(w)[0]["ends_at"].as_i64().expect("a moment");
        assert!((until - begun.0 - 90 * MINUTE_MS).abs() < MINUTE_MS, "{}", until - begun.0);
        amina.phone.act(Act::EndLoneWork).unwrap();
        amina.phone.beats();
        assert_eq!(watched(w), Vec::<Value>::new());
        assert_eq!(amina.phone.act(Act::EndLoneWork), Err(Refusal::NotFound));
        w.time.pass(24 * HOUR_MS);
        assert_eq!(tick(&node(w)), 0, "ended, it is watched no more");
    });
}

/// B-06: a visit in the middle of a watch of her own: the visit's takes its place, and hers goes on after
/// it, with its own end, asked about and raised by the server as before.
#[test]
fn b_06_a_watch_of_her_own_goes_on_after_a_visit() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(10, 0));
        let mut wanted = settings();
        wanted["rules"]["sessions"] = json!(true);
        sets(w, &wanted);
        amina.phone.sync().unwrap();
        w.time.until(today_at(9, 30));
        let place = "Réserve, rue Croix-Verte".to_owned();
        amina.phone.act(Act::StartLoneWork { minutes: 120, every_min: Some(60), place }).unwrap();
        amina.phone.beats();
        w.time.until(today_at(10, 0));
        let badges = || {
            let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
            amina.phone.sync().unwrap();
            amina.phone.beats();
            let all = watched(w);
            assert_eq!(all.len(), 1, "one watch at a time: {all:?}");
            all[0].clone()
        };
        assert_eq!(badges()["visit"], visit.to_string());
        w.time.until(today_at(10, 40));
        let after = badges();
        assert_eq!(
            (&after["visit"], &after["place"]),
            (&Value::Null, &json!("Réserve, rue Croix-Verte"))
        );
        let ends_at = after["ends_at"].as_i64().expect("a moment");
        assert!((ends_at - today_at(11, 30).0).abs() < MINUTE_MS, "the end that she had announced");
        assert_eq!(amina.phone.state().alarm.session.and_then(|it| it.every_min), Some(60));
        // 11:30, ten minutes to answer, five for the server: a dead phone is heard of.
        w.time.until(today_at(11, 44));
        assert_eq!(tick(&node(w)), 0);
        w.time.until(today_at(11, 46));
        assert_eq!(tick(&node(w)), 1);
        amina.phone.beats();
    });
}

/// B-06: her phone dies in it: the server raises by itself, five minutes after the phone should have, and
/// says where she had said that she was.
#[test]
fn b_06_a_dead_phone_in_a_watch_of_her_own_is_an_alarm() {
    World::each(|w| {
        let amina = w.worker("Amina");
        sets(w, &settings());
        amina.phone.sync().unwrap();
        let place = "Réserve, rue Croix-Verte".to_owned();
        amina.phone.act(Act::StartLoneWork { minutes: 60, every_min: None, place }).unwrap();
        amina.phone.beats();
        let id = watched(w)[0]["id"].as_str().expect("an id").to_owned();
        // Its end, ten minutes to answer, five for the server; not an instant of her phone any more.
        w.time.pass(74 * MINUTE_MS);
        assert_eq!(tick(&node(w)), 0);
        w.time.pass(2 * MINUTE_MS);
        assert_eq!(tick(&node(w)), 1);
        let seen = sheet(&w.desk, id.parse().expect("an id"));
        assert_eq!(
            (&seen["kind"], &seen["phase"]),
            (&json!("missed_check_in"), &json!("notifying"))
        );
        assert_eq!(seen["said"], "Réserve, rue Croix-Verte");
        assert_eq!(watched(w)[0]["raised"], true);
        // The phone lives again and rings by itself: one episode.
        amina.phone.beats();
        w.time.pass(11_000);
        amina.phone.beats();
        let all = w.desk.get("/api/desk/alarms").ok();
        assert_eq!(all.as_array().map(Vec::len), Some(1));
    });
}

/// B-06: a start stamp opens the session, an end closes it; without an end and without a word of the
/// phone the server raises, five minutes after the phone should have.
#[test]
fn b_06_no_check_out_and_no_word_is_an_alarm() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let (first, second) =
            (w.visit(&amina, &home, today_at(8, 0)), w.visit(&amina, &home, today_at(10, 0)));
        let mut watched = settings();
        watched["rules"]["sessions"] = json!(true);
        sets(w, &watched);
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(first), false).unwrap();
        amina.phone.sync().unwrap();
        w.time.until(today_at(9, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(first), false).unwrap();
        amina.phone.sync().unwrap();
        w.time.until(today_at(10, 0));
        assert_eq!(tick(&node(w)), 0, "clocked out: nothing is watched");

        let _ = amina.phone.badges(tap(&home.nfc), Some(second), false).unwrap();
        amina.phone.sync().unwrap();
        // Planned to 11:00, fifteen minutes of overrun, ten to answer, five for the server.
        w.time.until(today_at(11, 30).plus(-1));
        assert_eq!(tick(&node(w)), 0);
        w.time.pass(1);
        assert_eq!(tick(&node(w)), 1);
        let alarm = AlarmId::from(second.uuid());
        let seen = sheet(&w.desk, alarm);
        assert_eq!(
            (&seen["kind"], &seen["name"]),
            (&json!("no_check_out"), &json!("Amina Diallo"))
        );
        assert_eq!(seen["theoretical"]["visit"], second.to_string());
        assert_eq!(seen["theoretical"]["basis"], "badged");

        // The phone comes back with its own raise, then with the end: the same episode, still open.
        let lane = AlarmLane::of(w, &amina);
        let _ = lane.raises(alarm, Kind::NoCheckOut);
        let _ = amina.phone.badges(tap(&home.nfc), Some(second), false).unwrap();
        amina.phone.sync().unwrap();
        assert_eq!(trail(&w.desk, alarm), ["raised:server", "tier:1", "joined:phone", "fine"]);
        assert_eq!(sheet(&w.desk, alarm)["phase"], "notifying");
    });
}

/// B-06: a session that the worker opens: signs put it off, a phone that lives counts by itself, and one
/// that falls silent is raised.
#[test]
fn b_06_a_missed_check_in_of_a_silent_phone_is_an_alarm() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let lane = AlarmLane::of(w, &amina);
        sets(w, &settings());
        let session: LoneSessionId = lane.draw();
        let check_in = Some(CheckIn::default());
        let _ = lane.says(opened(session, 4 * HOUR_MS, check_in));
        w.time.pass(50 * MINUTE_MS);
        let _ = lane.says(Report::Signed { session, ends_in_ms: None });
        // Seventy minutes after the sign the phone should have raised. It lives, so it counts.
        w.time.pass(70 * MINUTE_MS);
        let _ = lane.says(Report::Alive { alarm: None, session: Some(session) });
        w.time.pass(5 * MINUTE_MS - 1);
        assert_eq!(tick(&node(w)), 0);
        w.time.pass(1);
        assert_eq!(tick(&node(w)), 1);
        let alarm = AlarmId::from(session.uuid());
        assert_eq!(sheet(&w.desk, alarm)["kind"], "missed_check_in");
        // Her sign is told to whoever answers, and watching goes on.
        let _ = lane.says(Report::Signed { session, ends_in_ms: None });
        assert!(sheet(&w.desk, alarm)["fine_at"].is_i64());
        let _ = lane.says(Report::Closed { session });
        w.time.pass(24 * HOUR_MS);
        let phase = sheet(&w.desk, alarm)["phase"].clone();
        assert_eq!(phase, "notifying", "it is still to be answered: {phase}");
    });
}

/// B-06: a start that is told hours later raises nothing at once; one without the setting is not watched.
#[test]
fn b_06_old_news_raise_nothing() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let (first, second) =
            (w.visit(&amina, &home, today_at(8, 0)), w.visit(&amina, &home, today_at(13, 0)));
        sets(w, &settings());
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(first), false).unwrap();
        amina.phone.sync().unwrap();
        w.time.until(today_at(12, 0));
        assert_eq!(tick(&node(w)), 0, "the agency watches nothing");
        let _ = amina.phone.badges(tap(&home.nfc), Some(first), false).unwrap();
        let mut watched = settings();
        watched["rules"]["sessions"] = json!(true);
        sets(w, &watched);
        amina.phone.sync().unwrap();
        amina.phone.offline(|phone| {
            w.time.until(today_at(13, 0));
            let _ = phone.badges(tap(&home.nfc), Some(second), false).unwrap();
            w.time.until(today_at(16, 0));
        });
        amina.phone.sync().unwrap();
        assert_eq!(tick(&node(w)), 0);
        w.time.pass(5 * MINUTE_MS);
        assert_eq!(tick(&node(w)), 1, "but it is watched from then on");
    });
}
