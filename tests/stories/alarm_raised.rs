//! The ways an alarm can start, be cancelled, and be raised once whatever happens (O-32, O-33, B-06).

use std::sync::Arc;

use releve_server::alarms;
use releve_server::app::App;
use releve_server::config::{Carrier as Settings, MailSecurity};
use releve_server::notices;
use releve_shared::alarm::{Kind, Phase, Report};
use releve_shared::id::AlarmId;
use releve_shared::time::{HOUR_MS, MINUTE_MS, SECOND_MS};
use releve_tests::carrier::Carrier;
use releve_tests::database::Scratch;
use releve_tests::smtp::Sink;
use releve_tests::world::World;
use releve_tests::world::alarm::AlarmLane;
use releve_tests::world::desk::Desk;
use releve_tests::world::reading::tap;
use releve_tests::world::time::{Seeded, today_at};
use serde_json::{Value, json};

/// What the server does by itself now; gives how much was due.
pub fn tick(app: &App) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(alarms::run_due(app)).expect("due")
}

/// The world's own node.
pub fn node(w: &World) -> App {
    w.server().as_ref().expect("a server").app.clone()
}

/// Carriers of mail, text messages and calls.
pub struct Carriers {
    pub mail: Sink,
    pub sms: Carrier,
    pub calls: Carrier,
}

impl Carriers {
    pub fn start() -> Self {
        Self { mail: Sink::start(), sms: Carrier::start(), calls: Carrier::start() }
    }

    /// Hands them what is due.
    pub fn carry(&self, w: &World) -> usize {
        let app = node(w);
        let mut config = app.config.clone();
        "127.0.0.1".clone_into(&mut config.mail.host);
        config.mail.port = self.mail.address.port();
        config.mail.security = MailSecurity::None;
        config.sms = Settings {
            // As kannel's sendsms is asked.
            url: format!("http://{}/cgi-bin/sendsms?to={{to}}&text={{text}}", self.sms.address),
            method: releve_server::config::Method::Get,
            ..Settings::default()
        };
        config.calls = Settings {
            url: format!("http://{}/calls", self.calls.address),
            body: r#"{"to":"{to}","say":"{text}","notice":"{notice}","back":"{callback}"}"#
                .to_owned(),
            ..Settings::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (clock, chance) = (Arc::new(w.time.clone()), Arc::new(Seeded::of(82)));
            let sender = App::new(app.db.clone(), clock, chance, config).await.expect("an app");
            notices::send_urgent(&sender).await.expect("sent")
        })
    }
}

/// Two tiers, a preset address.
pub fn settings() -> Value {
    let contact = |name: &str, mail: &str, sms: &str, call: &str| json!({ "name": name, "mail": mail, "sms": sms, "call": call });
    json!({
        "rules": releve_shared::alarm::AlarmRules::default(),
        "call_number": "+33563000001", "sms_number": "+33700000002",
        "mails": ["astreinte@tilleuls.example"],
        "tiers": [
            { "contacts": [contact("Claire", "claire@tilleuls.example", "+33611111111", "")] },
            { "contacts": [contact("Paul", "", "+33622222222", "+33622222222")] },
        ],
    })
}

pub fn sets(w: &World, settings: &Value) {
    let _ = w.director().put("/api/desk/alarms/settings", settings).ok();
}

pub fn sheet(desk: &Desk, alarm: AlarmId) -> Value {
    desk.get(&format!("/api/desk/alarms/{alarm}")).ok()
}

/// What the trail holds, in order.
pub fn trail(desk: &Desk, alarm: AlarmId) -> Vec<String> {
    let lines = sheet(desk, alarm)["trail"].as_array().expect("a trail").clone();
    lines.iter().map(|line| line["what"].as_str().expect("text").to_owned()).collect()
}

/// O-32: ten seconds to cancel everything; the cancel is kept in the trail.
#[test]
fn o_32_a_cancelled_countdown_raises_nothing_and_is_kept() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let lane = AlarmLane::of(w, &amina);
        let alarm = lane.draw();
        let armed = lane.arms(alarm);
        assert_eq!(armed.status.expect("a status").phase, Phase::Armed);
        assert_eq!(w.desk.get("/api/desk/alarms").ok()[0]["phase"], "armed");
        w.time.pass(9 * SECOND_MS);
        let _ = lane.says(Report::Cancelled { alarm });
        w.time.pass(HOUR_MS);
        assert_eq!(tick(&node(w)), 0);
        assert_eq!(trail(&w.desk, alarm), ["armed", "cancelled"]);
        assert_eq!(w.desk.get("/api/desk/alarms").ok(), json!([]));
        let month = w.desk.get("/api/desk/alarms/figures?month=2026-11").ok();
        assert_eq!((&month["cancelled"], &month["raised"]), (&json!(1), &json!(0)));

        // A cancel that overtakes its arming counts as well.
        let other = lane.draw();
        let _ = lane.says(Report::Cancelled { alarm: other });
        let _ = lane.arms(other);
        w.time.pass(HOUR_MS);
        assert_eq!(tick(&node(w)), 0);
        assert_eq!(trail(&w.desk, other), ["cancelled", "armed"]);
    });
}

/// B-06, O-33: the phone arms and is never heard of again. The server raises by itself, not before zero;
/// the mail says who, when, where by the planning and where by the phone, with ages and accuracy.
#[test]
fn b_06_a_dead_phone_still_raises_and_the_mail_says_where() {
    World::each(|w| {
        let carriers = Carriers::start();
        let amina = w.worker("Amina");
        let home = w.home("Canari-Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        sets(w, &settings());
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        amina.phone.sync().unwrap();
        w.time.pass(10 * MINUTE_MS);
        let lane = AlarmLane::of(w, &amina);
        let alarm = lane.draw();
        let _ = lane.arms(alarm);
        let pressed_at = w.time.now();
        w.time.pass(12_999);
        assert_eq!(tick(&node(w)), 0, "never early");
        w.time.pass(1);
        assert_eq!(tick(&node(w)), 1);
        assert_eq!(trail(&w.desk, alarm), ["armed", "raised:server", "tier:1"]);
        let seen = sheet(&w.desk, alarm);
        assert_eq!(seen["pressed_at"], pressed_at.0);
        assert_eq!(
            (&seen["theoretical"]["basis"], &seen["theoretical"]["age_ms"]),
            (&json!("badged"), &json!(10 * MINUTE_MS + 13_000))
        );
        assert_eq!(seen["theoretical"]["street"], "12 rue des Lices");
        assert_eq!(seen["positions"][0]["accuracy_m"], 12);
        assert_eq!(seen["positions"][0]["measured_at"], pressed_at.0 - 40_000);

        assert_eq!(carriers.carry(w), 3);
        let letters = carriers.mail.letters();
        let preset = letters.iter().find(|l| l.to == ["astreinte@tilleuls.example"]).expect("O-33");
        let text = preset.text();
        for said in
            ["Amina Diallo", "08:10", "12 rue des Lices", "81000", "43.929100", "12 m", "53 s"]
        {
            assert!(text.contains(said), "{said} in {text}");
        }
        assert!(!text.contains("Canari"), "no word of who is helped: {text}");
        let texts = carriers.sms.asked();
        assert_eq!(texts.len(), 1);
        assert!(texts[0].line.contains("to=%2B33611111111"), "{texts:?}");
        assert!(!texts[0].line.contains("Canari"), "{texts:?}");
        assert_eq!(carriers.carry(w), 0, "once");
    });
}

/// O-33, B-06: request, text message and the server's own clock are one episode; so are repeats.
#[test]
fn o_33_every_way_joins_the_same_episode() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let lane = AlarmLane::of(w, &amina);
        sets(w, &settings());
        let alarm = lane.draw();
        let route = lane.arms(alarm).sms.expect("a key");
        w.time.pass(13 * SECOND_MS);
        assert_eq!(tick(&node(w)), 1);
        let asked = lane.request(
            Report::Raised { alarm, kind: Kind::Panic, visit: None, position: None },
            3 * SECOND_MS,
        );
        let first = lane.sends(&asked);
        assert_eq!(lane.sends(&asked).0, first.0, "an answer that was lost is asked for again");
        assert_eq!(text_message(w, alarm, &route.key, &route.code), 204);
        assert_eq!(
            trail(&w.desk, alarm),
            ["armed", "raised:server", "tier:1", "joined:phone", "joined:sms"]
        );
        let open = w.desk.get("/api/desk/alarms").ok();
        assert_eq!(open.as_array().map(Vec::len), Some(1));
    });
}

fn text_message(w: &World, alarm: AlarmId, key: &str, code: &str) -> u16 {
    let said = releve_shared::alarm::SmsText {
        alarm,
        code: code.to_owned(),
        position: Some(releve_tests::world::alarm::HERE),
        kind: Kind::Panic,
    };
    let text = said.sign(&releve_shared::alarm::SmsKey::parse(key).unwrap()).unwrap();
    gateway(w, "sms", &json!({ "from": "+33633333333", "text": text }))
}

/// What a gateway posts.
pub fn gateway(w: &World, which: &str, body: &Value) -> u16 {
    use releve_tests::world::link::{agent, send};
    let secret = releve_tests::world::server::GATEWAY;
    let request = releve_core::ports::Request {
        method: "POST",
        url: format!("{}/api/gateway/{which}", w.url()),
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("authorization".to_owned(), format!("Bearer {secret}")),
        ],
        body: serde_json::to_vec(body).unwrap(),
    };
    send(&agent(), &request).unwrap().status
}

/// O-33: no data at all: the text message alone raises. One that is forged raises nothing, and is told.
#[test]
fn o_33_a_signed_text_message_raises_by_itself() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let lane = AlarmLane::of(w, &amina);
        let route = lane.says(Report::Alive { alarm: None, session: None }).sms.expect("a key");
        let wrong = releve_shared::alarm::SmsKey::from_bytes([1; 32]).text();
        let alarm: AlarmId = lane.draw();
        assert_eq!(text_message(w, alarm, &wrong, &route.code), 422);
        assert_eq!(w.desk.get("/api/desk/alarms").ok(), json!([]));
        let log = w.director().get("/api/desk/audit").ok().to_string();
        assert!(log.contains("alarm.alert_sms_forged"), "{log}");
        assert_eq!(gateway(w, "sms", &json!({ "from": "+33", "text": "Bonjour" })), 422);

        assert_eq!(text_message(w, alarm, &route.key, &route.code), 204);
        let seen = sheet(&w.desk, alarm);
        assert_eq!((&seen["kind"], &seen["name"]), (&json!("panic"), &json!("Amina Diallo")));
        assert_eq!(seen["positions"][0]["way"], "sms");
        // The agency has set no tier: everyone is told at once.
        assert_eq!(trail(&w.desk, alarm), ["raised:sms", "everyone"]);
    });
}

/// B-06: under duress the wire tells no cancel; a silent start raises at once.
#[test]
fn b_06_duress_and_silence_raise_at_once() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let lane = AlarmLane::of(w, &amina);
        sets(w, &settings());
        let alarm = lane.draw();
        let _ = lane.arms(alarm);
        w.time.pass(4 * SECOND_MS);
        let _ = lane.raises(alarm, Kind::Duress);
        assert_eq!(sheet(&w.desk, alarm)["kind"], "duress");
        assert_eq!(trail(&w.desk, alarm), ["armed", "raised:phone", "tier:1"]);
        let other = lane.draw();
        let _ = lane.raises(other, Kind::Silent);
        assert_eq!(sheet(&w.desk, other)["kind"], "silent");
    });
}

/// I8, T15: the server is killed between the press and zero, and between two tiers: nothing is lost,
/// nothing comes twice.
#[test]
fn i_8_a_restart_forgets_no_due_time() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let lane = AlarmLane::of(w, &amina);
        sets(w, &settings());
        let alarm = lane.draw();
        let _ = lane.arms(alarm);
        w.restart_server();
        w.time.pass(13 * SECOND_MS);
        assert_eq!(tick(&node(w)), 1);
        w.restart_server();
        w.time.pass(120 * SECOND_MS);
        assert_eq!(tick(&node(w)), 1);
        w.restart_server();
        assert_eq!(tick(&node(w)), 0);
        assert_eq!(trail(&w.desk, alarm), ["armed", "raised:server", "tier:1", "tier:2"]);
        // Down for a day: late, and once.
        let other = lane.draw();
        let _ = lane.arms(other);
        w.while_down(|_| w.time.pass(24 * HOUR_MS));
        assert_eq!(tick(&node(w)), 2, "the new one, and the old one's next round");
        assert_eq!(trail(&w.desk, other), ["armed", "raised:server", "tier:1"]);
    });
}

/// T15, B-22: two nodes over one PostgreSQL look at the same time: each alarm is raised once.
#[test]
fn t_15_two_nodes_raise_each_alarm_once() {
    let scratch = Scratch::postgres();
    World::on(&scratch, |w| {
        let other = w.another_node();
        let amina = w.worker("Amina");
        let lane = AlarmLane::of(w, &amina);
        sets(w, &settings());
        let alarms: Vec<AlarmId> = (0..150).map(|_| lane.draw()).collect();
        for alarm in &alarms {
            let _ = lane.arms(*alarm);
        }
        w.time.pass(13 * SECOND_MS);
        let nodes = [node(w), other.app.clone()];
        let acted: usize = std::thread::scope(|scope| {
            let runs: Vec<_> = nodes.iter().map(|app| scope.spawn(move || tick(app))).collect();
            runs.into_iter().map(|run| run.join().expect("no panic")).sum()
        });
        assert_eq!(acted, alarms.len());
        for alarm in &alarms {
            assert_eq!(trail(&w.desk, *alarm), ["armed", "raised:server", "tier:1"]);
        }
    });
}
