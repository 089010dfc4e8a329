//! Who is told, who answers, and how an alarm ends: never by itself (B-06, O-33).

use releve_shared::alarm::{Delivery, Kind, Report};
use releve_shared::id::AlarmId;
use releve_shared::time::{DAY_MS, MINUTE_MS, SECOND_MS};
use releve_tests::world::World;
use releve_tests::world::alarm::{AlarmLane, HERE};
use releve_tests::world::desk::Desk;
use releve_tests::world::time::today_at;
use serde_json::{Value, json};

use crate::alarm_raised::{Carriers, gateway, node, sets, settings, sheet, tick, trail};

fn acts(desk: &Desk, alarm: AlarmId, act: &str, body: &Value) -> releve_tests::world::desk::Answer {
    desk.post(&format!("/api/desk/alarms/{alarm}/{act}"), body)
}

/// B-06: tier after tier, each way by itself, first answer wins, a reason to close, all-clear to everyone
/// who was told; "I am fine" and a late cancel are shown and take nothing back.
#[test]
fn b_06_the_first_answer_wins_and_nothing_ends_without_a_reason() {
    World::each(|w| {
        let carriers = Carriers::start();
        let amina = w.worker("Amina");
        let lane = AlarmLane::of(w, &amina);
        sets(w, &settings());
        w.opens_account("sonia", "Sonia Petit");
        let sonia = Desk::new(&w.url());
        let _ = sonia.sign_in("sonia", releve_tests::world::PASSWORD).ok();
        let pokes = w.desk.listens();
        let alarm = lane.draw();
        let raised = lane.raises(alarm, Kind::Panic);
        let poke = pokes.recv_timeout(std::time::Duration::from_secs(30)).expect("the desk hears");
        assert!(poke.contains(&format!("desk/{}", w.organisation)), "{poke}");
        assert!(raised.status.expect("status").told.iter().all(|t| t.state == Delivery::Queued));
        // Mail is refused, text messages are away: each has its own state, and the tiers go on.
        carriers.mail.says(550);
        carriers.sms.says(503);
        assert_eq!(carriers.carry(w), 0);
        let told = sheet(&w.desk, alarm)["deliveries"].as_array().unwrap().clone();
        let state = |channel: &str| {
            let line = told.iter().find(|l| l["channel"] == channel).unwrap();
            (line["state"].as_str().unwrap().to_owned(), line["error"].as_str().unwrap().to_owned())
        };
        assert_eq!(state("mail"), ("given_up".to_owned(), "refused".to_owned()));
        assert_eq!(state("sms"), ("failed".to_owned(), "later".to_owned()));
        carriers.mail.says(250);
        carriers.sms.says(200);
        w.time.pass(120 * SECOND_MS);
        assert_eq!(tick(&node(w)), 1);
        assert_eq!(carriers.carry(w), 3, "Claire's text again, Paul's text and call");
        let call = carriers.calls.asked().pop().expect("a call");
        assert!(call.body.contains("+33622222222") && call.body.contains("Amina"), "{call:?}");

        let _ = lane.says(Report::Fine { alarm });
        let _ = lane.says(Report::Cancelled { alarm });
        let seen = sheet(&w.desk, alarm);
        assert_eq!(seen["phase"], "notifying", "never erased unseen");
        assert!(seen["fine_at"].is_i64());

        let _ = acts(&w.desk, alarm, "acknowledge", &json!({})).ok();
        assert_eq!(acts(&sonia, alarm, "acknowledge", &json!({})).refusal(), "alarm_taken");
        let status = lane.says(Report::Alive { alarm: Some(alarm), session: None }).status.unwrap();
        assert_eq!(status.acknowledged_by.as_deref(), Some("Chloé Martin"), "she sees who answers");
        let no_reason = json!({ "cause": "false", "reason": " " });
        assert_eq!(acts(&w.desk, alarm, "resolve", &no_reason).refusal(), "reason_missing");
        let _ = acts(&sonia, alarm, "note", &json!({ "text": "Voisine appelée" })).ok();
        let reason = json!({ "cause": "false", "reason": "Bouton pressé dans la poche" });
        let _ = acts(&sonia, alarm, "resolve", &reason).ok();
        assert_eq!(acts(&sonia, alarm, "resolve", &reason).refusal(), "alarm_over");
        assert_eq!(
            trail(&w.desk, alarm),
            [
                "raised:phone",
                "tier:1",
                "tier:2",
                "fine",
                "late_cancel",
                "acknowledged",
                "note",
                "resolved"
            ]
        );
        let before = carriers.sms.asked().len();
        let _ = carriers.carry(w);
        let clear: Vec<String> =
            carriers.sms.asked().split_off(before).into_iter().map(|a| a.line).collect();
        for number in ["%2B33611111111", "%2B33622222222"] {
            let hers: Vec<_> = clear.iter().filter(|line| line.contains(number)).collect();
            assert_eq!(hers.len(), 2, "taken in charge, then all clear: {clear:?}");
        }
        assert_eq!(carriers.calls.asked().len(), 1, "nobody is called to hear that all is well");
        let figures = w.desk.get("/api/desk/alarms/figures?month=2026-11").ok();
        assert_eq!(
            (&figures["raised"], &figures["mistaken_permille"], &figures["answered_median_ms"]),
            (&json!(1), &json!(1000), &json!(120_000))
        );
        // Word that comes late changes nothing; a new press begins anew.
        let late = Report::Raised { alarm, kind: Kind::Panic, visit: None, position: None };
        let _ = lane.said(late, 60 * SECOND_MS);
        assert_eq!(sheet(&w.desk, alarm)["phase"], "resolved");
        w.time.pass(MINUTE_MS);
        let _ = lane.raises(alarm, Kind::Panic);
        assert_eq!(sheet(&w.desk, alarm)["phase"], "notifying");
    });
}

/// B-06: every tier unanswered: everyone is told, again and again; a key on the call answers, but not her
/// own telephone's.
#[test]
fn b_06_exhausted_tells_everyone_until_somebody_answers() {
    World::each(|w| {
        let carriers = Carriers::start();
        let amina = w.worker("Amina");
        let lane = AlarmLane::of(w, &amina);
        sets(w, &settings());
        w.opens_account("sonia@tilleuls.example", "Sonia Petit");
        let alarm = lane.draw();
        let _ = lane.raises(alarm, Kind::Panic);
        for _ in 0..2 {
            w.time.pass(120 * SECOND_MS);
            assert_eq!(tick(&node(w)), 1);
        }
        assert_eq!(sheet(&w.desk, alarm)["phase"], "exhausted");
        let _ = carriers.carry(w);
        let to: Vec<String> = carriers.mail.letters().into_iter().flat_map(|l| l.to).collect();
        assert!(to.contains(&"sonia@tilleuls.example".to_owned()), "{to:?}");
        w.time.pass(10 * MINUTE_MS);
        assert_eq!(tick(&node(w)), 1);
        assert_eq!(carriers.carry(w), 6, "everyone again, by every way");
        let call = carriers.calls.asked().pop().expect("a call").body;
        let call: Value = serde_json::from_str(&call).unwrap();
        let pressed = |key: &str| json!({ "notice": call["notice"], "key": key });
        assert_eq!(gateway(w, "call", &pressed("2")), 204);
        assert_eq!(sheet(&w.desk, alarm)["phase"], "exhausted");
        assert_eq!(gateway(w, "call", &pressed("1")), 204);
        let seen = sheet(&w.desk, alarm);
        assert_eq!(
            (&seen["phase"], &seen["acknowledged_by"]),
            (&json!("acknowledged"), &json!("Paul"))
        );
        // In charge and still open: it is asked about.
        w.time.pass(30 * MINUTE_MS);
        assert_eq!(tick(&node(w)), 1);
        assert_eq!(trail(&w.desk, alarm).last().map(String::as_str), Some("remind"));
    });
}

/// B-06: nobody answers her own alarm, not even by the telephone that is in a tier.
#[test]
fn b_06_the_worker_never_answers_her_own_alarm() {
    World::each(|w| {
        let carriers = Carriers::start();
        let amina = w.worker("Amina");
        let row = w.desk.caregiver(amina.caregiver.id);
        let mut body = json!({ "first_name": "Amina", "last_name": "Diallo",
            "phone": "+33622222222", "role": row["role"], "rev": row["rev"] });
        body["rev"] = row["rev"].clone();
        let _ = w.desk.put(&format!("/api/desk/caregivers/{}", amina.caregiver.id), &body).ok();
        let mut tiers = settings();
        tiers["tiers"][0] = tiers["tiers"][1].clone();
        sets(w, &tiers);
        let lane = AlarmLane::of(w, &amina);
        let alarm = lane.draw();
        let _ = lane.raises(alarm, Kind::Panic);
        let _ = carriers.carry(w);
        let call: Value =
            serde_json::from_str(&carriers.calls.asked().pop().expect("a call").body).unwrap();
        let pressed = json!({ "notice": call["notice"], "key": "1" });
        assert_eq!(gateway(w, "call", &pressed), 403);
        assert_eq!(sheet(&w.desk, alarm)["phase"], "notifying");
    });
}

/// B-06: a test goes the whole way, says that it is one, rings no telephone, and is counted.
#[test]
fn b_06_a_test_of_the_chain_is_recorded() {
    World::each(|w| {
        let carriers = Carriers::start();
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let lane = AlarmLane::of(w, &amina);
        sets(w, &settings());
        let alarm = lane.draw();
        let _ = lane.raises(alarm, Kind::Test);
        assert_eq!(carriers.carry(w), 3);
        let letters = carriers.mail.letters();
        assert!(letters.iter().all(|l| l.text().contains("ESSAI")), "{letters:?}");
        for _ in 0..2 {
            w.time.pass(120 * SECOND_MS);
            assert_eq!(tick(&node(w)), 1);
        }
        assert_eq!(carriers.carry(w), 1);
        assert!(carriers.calls.asked().is_empty(), "a test rings no telephone");
        w.time.pass(DAY_MS);
        assert_eq!(tick(&node(w)), 0, "and wakes nobody else");
        let reason = json!({ "cause": "test", "reason": "Essai du mois" });
        let _ = acts(&w.desk, alarm, "resolve", &reason).ok();
        let figures = w.desk.get("/api/desk/alarms/figures?month=2026-11").ok();
        assert_eq!((&figures["tests"], &figures["raised"]), (&json!(1), &json!(0)));
        let untested = figures["untested"].as_array().unwrap();
        assert_eq!(untested.len(), 1);
        assert_eq!(untested[0]["caregiver"], bruno.caregiver.id.to_string());
    });
}

/// B-06: settings have bounds and a history; only a director changes them; colleagues near are named.
#[test]
fn b_06_settings_are_checked_and_kept_and_colleagues_near_are_named() {
    World::each(|w| {
        assert_eq!(w.desk.put("/api/desk/alarms/settings", &settings()).refusal(), "not_allowed");
        let mut wrong = settings();
        wrong["rules"]["pre_alarm_s"] = json!(61);
        let said = w.director().put("/api/desk/alarms/settings", &wrong);
        assert!(said.text.contains("pre_alarm_s"), "{}", said.text);
        sets(w, &settings());
        let mut quicker = settings();
        quicker["rules"]["pre_alarm_s"] = json!(5);
        sets(w, &quicker);
        sets(w, &quicker);
        let kept = w.desk.get("/api/desk/alarms/settings").ok();
        assert_eq!(kept["settings"]["rules"]["pre_alarm_s"], 5);
        assert_eq!(kept["history"].as_array().map(Vec::len), Some(2), "no change, no line");

        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let (home, other) = (w.home("Lefèvre"), w.home("Morel"));
        let _ = w.visit(&amina, &home, today_at(8, 0));
        let _ = w.visit(&bruno, &other, today_at(7, 0));
        let _ = w.visit(&bruno, &other, today_at(8, 30));
        w.time.until(today_at(8, 5));
        let lane = AlarmLane::of(w, &amina);
        let alarm = lane.draw();
        let _ = lane.raises(alarm, Kind::Panic);
        let seen = sheet(&w.desk, alarm);
        assert_eq!(seen["theoretical"]["basis"], "planned");
        assert_eq!(seen["near"][0]["name"], "Bruno Diallo");
        assert_eq!(seen["near"].as_array().map(Vec::len), Some(1), "a colleague is told once");
        // Positions come as they are measured, and go after two months.
        let _ = lane.says(Report::At { alarm, position: HERE });
        assert_eq!(sheet(&w.desk, alarm)["positions"].as_array().map(Vec::len), Some(2));
        w.time.pass(60 * DAY_MS);
        let now = w.time.now();
        w.server().as_ref().unwrap().write(move |tx| releve_server::alarms::tidy(tx, now));
        assert_eq!(sheet(&w.desk, alarm)["positions"], json!([]));
    });
}
