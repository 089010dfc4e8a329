//! Pushes to browsers of the office and to phones: closed for one receiver, by the ways and at the hours
//! that each account wishes, and tried by those who wonder whether they arrive.

use releve_core::door::{Act, Ask, View};
use releve_server::notices;
use releve_shared::notice::{NoticeTest, Witness};
use releve_shared::refusal::Refusal;
use releve_shared::time::{HOUR_MS, MINUTE_MS};
use releve_tests::receiver::Receiver;
use releve_tests::world::desk::{Desk, of};
use releve_tests::world::phone::Phone;
use releve_tests::world::time::today_at;
use releve_tests::world::{PASSWORD, World};
use serde_json::{Value, json};

/// What the jobs of the server send that is not urgent; how many left.
fn sends(w: &World) -> usize {
    jobs(w, false)
}

/// What they send that is.
fn sends_urgent(w: &World) -> usize {
    jobs(w, true)
}

fn jobs(w: &World, urgent: bool) -> usize {
    let app = w.server().as_ref().expect("a server").app.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        if !urgent {
            return notices::send_due(&app).await.expect("the jobs");
        }
        let pushes = notices::send_urgent_pushes(&app).await.expect("pushes");
        notices::send_urgent(&app).await.expect("other ways") + pushes
    })
}

fn mine(desk: &Desk) -> Value {
    desk.get("/api/desk/notices").ok()
}

fn lets_in(desk: &Desk, receiver: &Receiver, path: &str) {
    let mut body = receiver.target(path);
    body["name"] = json!("Firefox");
    body["language"] = json!("fr");
    assert_eq!(desk.post("/api/desk/notices/browsers", &body).status, 201);
}

fn marie(w: &World) -> Desk {
    w.opens_account("marie", "Marie Petit");
    let desk = Desk::new(&w.url());
    let _ = desk.sign_in("marie", PASSWORD).ok();
    desk
}

fn writes(phone: &Phone, text: &str) {
    phone.act(Act::WriteMessage { thread: None, text: text.to_owned(), alert: true }).unwrap();
    phone.sync().unwrap();
}

/// The states of the last notices to an account, newest first.
fn states(desk: &Desk) -> Vec<(String, String)> {
    let recent = mine(desk)["recent"].as_array().expect("notices").clone();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    recent.iter().map(|row| (text(row, "state"), text(row, "error"))).collect()
}

/// O-23: a push says what kind of thing waits and its id, closed for one browser and signed by this
/// server; a service that is busy is asked again, one that knows the browser no more ends it.
#[test]
fn a_push_arrives_closed_and_ends_with_its_browser() {
    World::each(|w| {
        let receiver = Receiver::start(21);
        let marie = marie(w);
        lets_in(&marie, &receiver, "wpush/marie");
        let amina = w.worker("Amina");
        writes(&amina.phone, "Mme Lefèvre a fait une chute");
        assert_eq!(sends(w), 1);
        let pushes = receiver.pushes();
        let [push] = pushes.as_slice() else { panic!("{pushes:?}") };
        assert_eq!(push.path, "/wpush/marie");
        assert_eq!((push.header("urgency"), push.header("ttl")), ("normal", "86400"));
        assert_eq!(push.header("topic").len(), 32);
        assert_eq!(mine(&marie)["key"], push.key.as_str(), "the key that the browser was given");
        assert!(push.claims["sub"].as_str().is_some_and(|sub| sub.starts_with("http")));
        let said = push.open.as_object().expect("an object");
        let names: Vec<&str> = said.keys().map(String::as_str).collect();
        assert_eq!(names, ["id", "kind", "lang", "notice"]);
        assert_eq!((&push.open["kind"], &push.open["lang"]), (&json!("message"), &json!("fr")));
        let thread = push.open["id"].as_str().expect("an id");
        assert!(marie.get(&format!("/api/desk/threads/{thread}")).ok()["unseen"] == 1);
        assert!(!String::from_utf8_lossy(&push.closed).contains(thread), "closed");
        assert_eq!(states(&marie), [("sent".to_owned(), String::new())]);

        // Busy: not before the minutes that it asks for, then once.
        receiver.says(429, Some(600));
        w.time.pass(MINUTE_MS);
        writes(&amina.phone, "Elle va mieux");
        assert_eq!(sends(w), 0);
        assert_eq!(states(&marie)[0], ("failed".to_owned(), "later".to_owned()));
        receiver.says(201, None);
        w.time.pass(9 * MINUTE_MS);
        assert_eq!(sends(w), 0, "it has asked for ten minutes");
        w.time.pass(2 * MINUTE_MS);
        assert_eq!(sends(w), 1);
        receiver.says(503, None);
        writes(&amina.phone, "À demain");
        assert_eq!(sends(w), 0);
        w.time.pass(2 * MINUTE_MS);
        receiver.says(201, None);
        assert_eq!(sends(w), 1);
        assert_eq!(receiver.pushes().len(), 3);

        // Gone: the browser is forgotten, and what waits says so.
        for gone in [410, 404] {
            receiver.says(gone, None);
            writes(&amina.phone, "Encore un mot");
            assert_eq!(sends(w), 0);
            assert_eq!(states(&marie)[0], ("given_up".to_owned(), "gone".to_owned()));
            assert_eq!(mine(&marie)["browsers"], json!([]));
            let tries = receiver.tries();
            w.time.pass(HOUR_MS);
            assert_eq!(sends(w), 0);
            assert_eq!(receiver.tries(), tries, "nobody asks again");
            lets_in(&marie, &receiver, "wpush/again");
        }
    });
}

/// No address that a browser names leads into the server's own network; no account has another's
/// browsers, and a browser that somebody else signs in to is hers.
#[test]
fn a_browser_is_of_one_account_and_leads_outside() {
    World::each(|w| {
        let receiver = Receiver::start(22);
        let marie = marie(w);
        let (_, denis) = w.agency("Autre Rive", "denis");
        let mut body = receiver.target("a");
        body["name"] = json!("Firefox");
        body["language"] = json!("fr");
        for inside in [
            "http://push.example/a",
            "https://localhost/a",
            "https://10.0.0.1/a",
            "https://[::1]/a",
            "https://169.254.169.254/latest",
            "https://marie@push.example/a",
            "file:///etc/passwd",
        ] {
            body["endpoint"] = json!(inside);
            let said = marie.post("/api/desk/notices/browsers", &body);
            assert_eq!(said.refusal(), "invalid", "{inside}");
            assert!(said.text.contains("endpoint"), "{}", said.text);
        }
        let mut wrong = receiver.target("a");
        wrong["p256dh"] = json!("BAAA");
        wrong["name"] = json!("Firefox");
        wrong["language"] = json!("fr");
        assert!(marie.post("/api/desk/notices/browsers", &wrong).text.contains("p256dh"));

        lets_in(&marie, &receiver, "shared");
        let id: String = of(&mine(&marie)["browsers"][0], "id");
        let path = format!("/api/desk/notices/browsers/{id}");
        for other in [&denis, &w.desk] {
            assert_eq!(mine(other)["browsers"], json!([]));
            assert_eq!(other.call("DELETE", &path, None).refusal(), "not_found");
        }
        lets_in(&w.desk, &receiver, "shared");
        assert_eq!(mine(&marie)["browsers"], json!([]), "the browser is Chloé's now");
        let id: String = of(&mine(&w.desk)["browsers"][0], "id");
        let path = format!("/api/desk/notices/browsers/{id}");
        assert_eq!(w.desk.call("DELETE", &path, None).status, 204);
        assert_eq!(mine(&w.desk)["browsers"], json!([]));
    });
}

/// B-14: ordinary notices go by the ways that each wishes and wait for the end of her quiet hours; an
/// alarm waits for nobody's.
#[test]
fn quiet_hours_hold_messages_and_never_an_alarm() {
    World::each(|w| {
        let receiver = Receiver::start(23);
        w.opens_account("marie@tilleuls.example", "Marie Petit");
        let marie = Desk::new(&w.url());
        let _ = marie.sign_in("marie@tilleuls.example", PASSWORD).ok();
        lets_in(&marie, &receiver, "wpush/marie");
        let wish = |mail, push, quiet: Value| {
            let topics = json!([{ "topic": "message", "mail": mail, "push": push }]);
            marie.put("/api/desk/notices", &json!({ "topics": topics, "quiet": quiet }))
        };
        let never = json!({ "from_min": 60, "to_min": 60 });
        assert_eq!(wish(false, true, never).refusal(), "invalid");
        let night = json!({ "from_min": 20 * 60, "to_min": 7 * 60 });
        assert_eq!(wish(false, true, night.clone()).status, 204);
        assert_eq!(mine(&marie)["wishes"]["quiet"], night);

        let amina = w.worker("Amina");
        w.time.until(today_at(21, 0));
        writes(&amina.phone, "Pour demain");
        assert_eq!(sends(w), 0, "it is nine in the evening");
        let held = &mine(&marie)["recent"];
        assert_eq!(held.as_array().map(Vec::len), Some(1), "by no mail: {held}");
        let due: i64 = of(&held[0], "due_at");
        assert_eq!(due, today_at(7, 0).0 + 24 * HOUR_MS);

        // An alarm, at the same hour, to the same browser: at once.
        let _ = w.desk.post("/api/desk/alarms/test", &json!({})).ok();
        assert!(sends_urgent(w) >= 1);
        let alarm = receiver.pushes().pop().expect("a push");
        assert_eq!(alarm.open["kind"], "alarm_raised");
        assert_eq!((alarm.header("urgency"), alarm.header("ttl")), ("high", "3600"));

        w.time.until(releve_shared::time::Moment(due));
        assert_eq!(sends(w), 1);
        assert_eq!(receiver.pushes().pop().expect("a push").open["kind"], "message");

        // Who wishes nothing is told nothing; another topic is another wish.
        assert_eq!(wish(false, false, Value::Null).status, 204);
        let before = mine(&marie)["recent"].as_array().map(Vec::len);
        writes(&amina.phone, "Encore");
        assert_eq!(mine(&marie)["recent"].as_array().map(Vec::len), before);
        amina.phone.act(Act::CallMe).unwrap();
        amina.phone.sync().unwrap();
        let kinds = mine(&marie)["recent"].clone();
        assert_eq!(
            (&kinds[0]["kind"], &kinds[1]["kind"]),
            (&json!("callback"), &json!("callback"))
        );
    });
}

fn tests(phone: &Phone) -> (Vec<NoticeTest>, bool) {
    match phone.ask(&Ask::NoticeTests) {
        Ok(View::NoticeTests { tests, waiting }) => (tests, waiting),
        other => panic!("{other:?}"),
    }
}

/// A line of a test by its way: state, and who says that it arrived.
fn line(test: &Value, channel: &str) -> (String, String) {
    let lines = test["lines"].as_array().expect("lines");
    let found = lines.iter().find(|line| line["channel"] == channel);
    let found = found.unwrap_or_else(|| panic!("no {channel} in {test}"));
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    (text("state"), text("received_by"))
}

/// W-36: one tries every way to oneself; each shows whether it was sent and whether it arrived, said by
/// the browser or by the person.
#[test]
fn a_test_to_oneself_shows_sent_and_received_by_each_way() {
    World::each(|w| {
        let receiver = Receiver::start(24);
        w.opens_account("marie@tilleuls.example", "Marie Petit");
        let marie = Desk::new(&w.url());
        let _ = marie.sign_in("marie@tilleuls.example", PASSWORD).ok();
        lets_in(&marie, &receiver, "wpush/marie");
        let test = marie.post("/api/desk/notices/tests", &json!({})).ok();
        let id: String = of(&test, "id");
        let path = format!("/api/desk/notices/tests/{id}");
        let none = String::new();
        assert_eq!(line(&test, "desk"), ("sent".to_owned(), none.clone()));
        assert_eq!(line(&test, "mail"), ("queued".to_owned(), none.clone()));
        assert_eq!(line(&test, "push"), ("queued".to_owned(), none.clone()));
        assert_eq!(sends_urgent(w), 1, "at once; there is no mail server here");
        let test = marie.get(&path).ok();
        assert_eq!(line(&test, "mail").0, "given_up");
        assert_eq!(line(&test, "push"), ("sent".to_owned(), none));

        let push = receiver.pushes().pop().expect("a push").open;
        assert_eq!((&push["kind"], &push["id"]), (&json!("test"), &json!(id)));
        let said = format!("{path}/received");
        let by_browser = json!({ "notice": push["notice"], "by": "device" });
        let test = marie.post(&said, &by_browser).ok();
        assert_eq!(line(&test, "push").1, "device");
        let by_her = json!({ "n": 0, "by": "person" });
        assert_eq!(line(&marie.post(&said, &by_her).ok(), "desk").1, "person");
        let later = json!({ "n": 0, "by": "device" });
        assert_eq!(
            line(&marie.post(&said, &later).ok(), "desk").1,
            "person",
            "the first word counts"
        );
        assert_eq!(marie.post(&said, &json!({ "by": "person" })).refusal(), "invalid");
        assert_eq!(marie.post(&said, &json!({ "n": 9, "by": "person" })).refusal(), "not_found");
        let (_, denis) = w.agency("Autre Rive", "denis");
        assert_eq!(denis.get(&path).refusal(), "not_found");
        assert_eq!(denis.post(&said, &by_her).refusal(), "not_found");
        assert_eq!(w.desk.post(&said, &by_her).refusal(), "not_allowed", "it is Marie's");
        for _ in 1..20 {
            let _ = marie.post("/api/desk/notices/tests", &json!({})).ok();
        }
        let refused = marie.post("/api/desk/notices/tests", &json!({}));
        assert_eq!(refused.refusal(), "too_many_tries");
    });
}

/// W-36: the office tries together with a caregiver: her phone says by itself what it got, she says the
/// rest, and both see the same; she may also try alone.
#[test]
fn a_test_with_a_caregiver_shows_the_same_on_both_sides() {
    World::each(|w| {
        let receiver = Receiver::start(25);
        let amina = w.worker("Amina");
        let bruno = w.worker("Bruno");
        let home = w.home("Lefèvre");
        let _ = w.visit(&amina, &home, today_at(8, 0));
        let target = serde_json::from_value(receiver.target("up/amina")).unwrap();
        let push = Act::SetPush { target: Some(target), language: "en".to_owned() };
        amina.phone.act(push).unwrap();
        amina.phone.sync().unwrap();
        let asked = json!({ "membership": amina.caregiver.id });
        let test = w.desk.post("/api/desk/notices/tests", &asked).ok();
        let id: String = of(&test, "id");
        let path = format!("/api/desk/notices/tests/{id}");
        assert_eq!(line(&test, "app"), ("sent".to_owned(), String::new()));
        assert_eq!(sends_urgent(w), 1);
        let push = receiver.pushes().pop().expect("a push");
        assert_eq!((&push.open["kind"], &push.open["lang"]), (&json!("test"), &json!("en")));
        assert_eq!(push.path, "/up/amina");

        // The phone hears of it by synchronisation and says so by itself.
        amina.phone.sync().unwrap();
        amina.phone.sync().unwrap();
        let test = w.desk.get(&path).ok();
        assert_eq!(line(&test, "app").1, "device");
        let (held, waiting) = tests(&amina.phone);
        assert_eq!((held.len(), waiting), (1, false));
        assert_eq!(held[0].asked_by, "Chloé Martin");
        let by_push = held[0].lines.iter().find(|line| line.channel.code() == "push").unwrap();

        // She says it without network: her phone shows it at once, the desk when it hears.
        amina.phone.offline(|phone| {
            phone.act(Act::ConfirmTest { test: held[0].id, n: by_push.n }).unwrap();
            let said = tests(phone).0[0].lines.iter().filter(|l| l.received_at.is_some()).count();
            assert_eq!(said, 2);
        });
        assert_eq!(line(&w.desk.get(&path).ok(), "push").1, "");
        amina.phone.sync().unwrap();
        assert_eq!(line(&w.desk.get(&path).ok(), "push").1, "person");
        assert!(tests(&bruno.phone).0.is_empty(), "it is nobody else's");
        let foreign = Act::ConfirmTest { test: held[0].id, n: 0 };
        assert_eq!(bruno.phone.act(foreign), Err(Refusal::NotFound));

        // Alone, from her phone.
        amina.phone.act(Act::TryNotices).unwrap();
        amina.phone.act(Act::TryNotices).expect("twice is once");
        assert!(tests(&amina.phone).1, "it waits for the network");
        amina.phone.sync().unwrap();
        amina.phone.sync().unwrap();
        let (held, waiting) = tests(&amina.phone);
        assert_eq!((held.len(), waiting), (2, false));
        assert_eq!(held[0].asked_by, "");
        assert_eq!(held[0].lines[0].received_by, Some(Witness::Device));

        // A phone without its push any more, and a blocked one, are told by no push.
        let tries = receiver.tries();
        amina.phone.act(Act::SetPush { target: None, language: "en".to_owned() }).unwrap();
        amina.phone.sync().unwrap();
        let test = w.desk.post("/api/desk/notices/tests", &asked).ok();
        assert!(test["lines"].as_array().unwrap().iter().all(|line| line["channel"] != "push"));
        let _ = sends_urgent(w);
        assert_eq!(receiver.tries(), tries, "an address taken back is called no more");
    });
}

/// B-14: what the office writes wakes the phone by a push that says nothing; the words wait for work.
#[test]
fn a_message_of_the_office_wakes_the_phone() {
    World::each(|w| {
        let receiver = Receiver::start(26);
        let amina = w.worker("Amina");
        let target = serde_json::from_value(receiver.target("up")).unwrap();
        amina.phone.act(Act::SetPush { target: Some(target), language: "fr".to_owned() }).unwrap();
        amina.phone.sync().unwrap();
        let words = json!({ "to": [amina.caregiver.id], "text": "Mme Lefèvre est hospitalisée" });
        let _ = w.desk.post("/api/desk/threads", &words).ok();
        assert_eq!(sends(w), 1);
        let push = receiver.pushes().pop().expect("a push");
        assert_eq!(push.open["kind"], "message");
        assert!(!push.open.to_string().contains("Lef"), "{}", push.open);

        let device: String = of(&w.desk.phones()[0], "id");
        let block = json!({ "mode": "now", "sim_number": "", "note": "" });
        let _ = w.desk.post(&format!("/api/desk/phones/{device}/block"), &block).ok();
        let _ = w.desk.post("/api/desk/threads", &words).ok();
        assert_eq!(sends(w), 0, "a blocked phone is told nothing");
        assert_eq!(receiver.pushes().len(), 1);
    });
}
