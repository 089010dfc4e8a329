//! Pushes to telephones through the services of their makers: Google's (FCM) and Apple's (APNs), each a
//! real server of these tests that verifies who writes to it. The makers' own were not reached.

use std::sync::Arc;

use releve_core::door::Act;
use releve_server::app::App;
use releve_server::config::Config;
use releve_server::notices;
use releve_shared::refusal::Refusal;
use releve_shared::time::{HOUR_MS, MINUTE_MS, SECOND_MS};
use releve_tests::apple::Apple;
use releve_tests::google::Google;
use releve_tests::world::desk::of;
use releve_tests::world::time::Seeded;
use releve_tests::world::{Worker, World};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A node with settings of its own over the world's database.
struct Node {
    app: App,
    runtime: Runtime,
}

impl Node {
    fn of(w: &World, set: impl FnOnce(&mut Config)) -> Self {
        let app = w.server().as_ref().expect("a server").app.clone();
        let mut config = app.config.clone();
        set(&mut config);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (clock, chance) = (Arc::new(w.time.clone()), Arc::new(Seeded::of(84)));
        let made = runtime.block_on(App::new(app.db.clone(), clock, chance, config));
        Self { app: made.expect("an application"), runtime }
    }

    fn google(w: &World, google: &Google) -> Self {
        Self::of(w, |config| {
            config.push.fcm.account_file = Some(google.account().to_owned());
            config.push.fcm.url = format!("http://{}", google.address);
        })
    }

    fn apple(w: &World, apple: &Apple) -> Self {
        Self::of(w, |config| {
            config.push.apns.key_file = Some(apple.key().to_owned());
            config.push.apns.key_id = Apple::KEY_ID.to_owned();
            config.push.apns.team_id = Apple::TEAM_ID.to_owned();
            config.push.apns.topic = Apple::TOPIC.to_owned();
            config.push.apns.url = format!("http://{}", apple.address);
        })
    }

    /// What leaves that is not urgent.
    fn sends(&self) -> usize {
        self.runtime.block_on(notices::send_due(&self.app)).expect("the jobs")
    }

    /// What leaves that is.
    fn sends_urgent(&self) -> usize {
        self.runtime.block_on(notices::send_urgent_pushes(&self.app)).expect("the jobs")
    }
}

fn registers(worker: &Worker, kind: &str, token: &str) -> Result<(), Refusal> {
    let target = serde_json::from_value(json!({ "kind": kind, "endpoint": token })).unwrap();
    let act = Act::SetPush { target: Some(target), language: "en".to_owned() };
    worker.phone.act(act).map(|_| worker.phone.sync().unwrap())
}

fn writes(w: &World, worker: &Worker) {
    let words = json!({ "to": [worker.caregiver.id], "text": "Mme Lefèvre est hospitalisée" });
    let _ = w.desk.post("/api/desk/threads", &words).ok();
}

/// A test with a caregiver; gives where it is looked at.
fn tries(w: &World, worker: &Worker) -> String {
    let asked = json!({ "membership": worker.caregiver.id });
    let id: String = of(&w.desk.post("/api/desk/notices/tests", &asked).ok(), "id");
    format!("/api/desk/notices/tests/{id}")
}

/// State and error of the push of a test; `None` when it tries none.
fn push_of(w: &World, test: &str) -> Option<(String, String)> {
    let test = w.desk.get(test).ok();
    let lines = test["lines"].as_array().expect("lines");
    let line = lines.iter().find(|line| line["channel"] == "push")?;
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    Some((text("state"), text("error")))
}

fn is(state: &str, error: &str) -> Option<(String, String)> {
    Some((state.to_owned(), error.to_owned()))
}

fn names(object: &Value) -> Vec<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

const TOKEN: &str = "cX1-amina:APA91bH_qWe";

/// B-06, W-36: a phone that gave its token of Google's is told kind and ids, at once when it is urgent,
/// when the service wants it when it is not; a token that is gone ends it, and nothing else does.
#[test]
fn an_android_phone_is_told_through_googles_service() {
    World::each(|w| {
        let google = Google::start();
        let amina = w.worker("Amina");
        registers(&amina, "fcm", TOKEN).unwrap();

        // Without an account nothing can leave, and the office sees why.
        let off = Node::of(w, |_| ());
        let test = tries(w, &amina);
        assert_eq!(off.sends_urgent(), 0);
        assert_eq!(push_of(w, &test), is("given_up", "push_off"));

        let node = Node::google(w, &google);
        writes(w, &amina);
        assert_eq!(node.sends(), 1);
        let message = google.messages().pop().expect("a message");
        assert_eq!(names(&message), ["android", "data", "token"], "data alone, no words");
        assert_eq!(message["token"], TOKEN);
        assert_eq!(names(&message["data"]), ["id", "kind", "lang", "notice"]);
        assert_eq!(message["data"]["kind"], "message");
        let usual = json!({ "priority": "NORMAL", "ttl": "86400s", "collapse_key": "message" });
        assert_eq!(message["android"], usual);
        assert!(!message.to_string().contains("Lef"), "{message}");

        let test = tries(w, &amina);
        assert_eq!(node.sends_urgent(), 1);
        assert_eq!(push_of(w, &test), is("sent", ""));
        let message = google.messages().pop().expect("a message");
        assert_eq!(message["android"], json!({ "priority": "HIGH", "ttl": "3600s" }));
        assert_eq!(google.given(), 1, "one access for both");

        // Busy: what can wait waits for as long as it is asked to, what is urgent does not.
        google.says(429, "QUOTA_EXCEEDED", Some(600));
        writes(w, &amina);
        let test = tries(w, &amina);
        assert_eq!((node.sends(), node.sends_urgent()), (0, 0));
        assert_eq!(push_of(w, &test), is("failed", "later"));
        google.says(200, "", None);
        w.time.pass(6 * SECOND_MS);
        assert_eq!(node.sends_urgent(), 1);
        assert_eq!(push_of(w, &test), is("sent", ""));
        w.time.pass(9 * MINUTE_MS);
        assert_eq!(node.sends(), 0, "it has asked for ten minutes");
        w.time.pass(MINUTE_MS);
        assert_eq!(node.sends(), 1);

        for (status, code) in [(500, "INTERNAL"), (503, "UNAVAILABLE")] {
            google.says(status, code, None);
            let test = tries(w, &amina);
            assert_eq!(node.sends_urgent(), 0);
            assert_eq!(push_of(w, &test), is("failed", "later"), "{status}");
            google.says(200, "", None);
            w.time.pass(6 * SECOND_MS);
            assert_eq!(node.sends_urgent(), 1);
        }

        // An access that is over is asked for again; one taken back shows, and the next attempt has another.
        let given = google.given();
        w.time.pass(HOUR_MS);
        let _ = tries(w, &amina);
        assert_eq!((node.sends_urgent(), google.given()), (1, given + 1));
        google.takes_back();
        let test = tries(w, &amina);
        assert_eq!(node.sends_urgent(), 0);
        assert_eq!(push_of(w, &test), is("failed", "push_account"));
        google.gives(400);
        w.time.pass(6 * SECOND_MS);
        assert_eq!(node.sends_urgent(), 0);
        assert_eq!(push_of(w, &test), is("failed", "push_account"));
        google.gives(200);
        w.time.pass(6 * SECOND_MS);
        assert_eq!(node.sends_urgent(), 1);
        assert_eq!(push_of(w, &test), is("sent", ""));

        // "Not found" is said of a project too: the phone stays known.
        google.says(404, "", None);
        let test = tries(w, &amina);
        assert_eq!(node.sends_urgent(), 0);
        assert_eq!(push_of(w, &test), is("failed", "push_account"));
        google.says(404, "UNREGISTERED", None);
        w.time.pass(6 * SECOND_MS);
        assert_eq!(node.sends_urgent(), 0);
        assert_eq!(push_of(w, &test), is("given_up", "gone"));
        let tried = google.tries();
        assert_eq!(push_of(w, &tries(w, &amina)), None, "its token is forgotten");
        writes(w, &amina);
        assert_eq!((node.sends(), google.tries()), (0, tried));

        // The phone gives another one.
        google.says(200, "", None);
        registers(&amina, "fcm", "another:token").unwrap();
        let test = tries(w, &amina);
        assert_eq!(node.sends_urgent(), 1);
        assert_eq!(push_of(w, &test), is("sent", ""));
        assert_eq!(google.messages().pop().expect("a message")["token"], "another:token");
    });
}

const DEVICE: &str = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";

/// B-06, W-36: the same for an iPhone, over one connection of HTTP/2: a test shows, a message wakes the
/// app without a word.
#[test]
fn an_iphone_is_told_through_apples_service() {
    World::each(|w| {
        let apple = Apple::start();
        let amina = w.worker("Amina");
        registers(&amina, "apns", DEVICE).unwrap();
        let off = Node::of(w, |_| ());
        let test = tries(w, &amina);
        assert_eq!(off.sends_urgent(), 0);
        assert_eq!(push_of(w, &test), is("given_up", "push_off"));

        let node = Node::apple(w, &apple);
        writes(w, &amina);
        assert_eq!(node.sends(), 1);
        let push = apple.pushes().pop().expect("a push");
        assert_eq!(push.token, DEVICE);
        assert_eq!(names(&push.payload), ["aps", "id", "kind", "lang", "notice"]);
        assert_eq!(push.payload["aps"], json!({ "content-available": 1 }));
        assert!(!push.payload.to_string().contains("Lef"), "{}", push.payload);
        assert_eq!(
            (push.header("apns-push-type"), push.header("apns-priority")),
            ("background", "5")
        );
        let until = w.time.now().0 / SECOND_MS + 86_400;
        assert_eq!(push.header("apns-expiration"), until.to_string());
        assert_eq!(push.payload["notice"], push.header("apns-id"));
        assert_eq!(push.header("apns-collapse-id").len(), 32);

        let test = tries(w, &amina);
        assert_eq!(node.sends_urgent(), 1);
        assert_eq!(push_of(w, &test), is("sent", ""));
        let push = apple.pushes().pop().expect("a push");
        assert_eq!((push.header("apns-push-type"), push.header("apns-priority")), ("alert", "10"));
        let shown = json!({ "title": "Relève", "body": "Test notice received" });
        assert_eq!(push.payload["aps"], json!({ "alert": shown, "sound": "default" }));
        assert_eq!((apple.connections(), apple.words()), (1, 1), "one of each for both");

        apple.says(429, "TooManyRequests", Some(600));
        writes(w, &amina);
        let test = tries(w, &amina);
        assert_eq!((node.sends(), node.sends_urgent()), (0, 0));
        assert_eq!(push_of(w, &test), is("failed", "later"));
        apple.says(500, "InternalServerError", None);
        w.time.pass(6 * SECOND_MS);
        assert_eq!(node.sends_urgent(), 0);
        assert_eq!(push_of(w, &test), is("failed", "later"));
        apple.says(200, "", None);
        w.time.pass(6 * SECOND_MS);
        assert_eq!(node.sends_urgent(), 1);
        assert_eq!(push_of(w, &test), is("sent", ""));
        w.time.pass(9 * MINUTE_MS);
        assert_eq!(node.sends(), 0, "it has asked for ten minutes");
        w.time.pass(MINUTE_MS);
        assert_eq!(node.sends(), 1);

        // A word is said anew before Apple finds it old, and when Apple does.
        w.time.pass(40 * MINUTE_MS);
        let _ = tries(w, &amina);
        assert_eq!((node.sends_urgent(), apple.words()), (1, 2));
        for (reason, shown) in
            [("ExpiredProviderToken", "later"), ("InvalidProviderToken", "push_account")]
        {
            let words = apple.words();
            apple.says(403, reason, None);
            let test = tries(w, &amina);
            assert_eq!(node.sends_urgent(), 0);
            assert_eq!(push_of(w, &test), is("failed", shown));
            apple.says(200, "", None);
            w.time.pass(6 * SECOND_MS);
            assert_eq!((node.sends_urgent(), apple.words()), (1, words + 1));
        }

        apple.says(400, "BadDeviceToken", None);
        let test = tries(w, &amina);
        assert_eq!(node.sends_urgent(), 0);
        assert_eq!(push_of(w, &test), is("given_up", "refused"));
        apple.says(410, "Unregistered", None);
        let test = tries(w, &amina);
        assert_eq!(node.sends_urgent(), 0);
        assert_eq!(push_of(w, &test), is("given_up", "gone"));
        let tried = apple.tries();
        assert_eq!(push_of(w, &tries(w, &amina)), None, "its token is forgotten");
        writes(w, &amina);
        assert_eq!((node.sends(), apple.tries()), (0, tried));
    });
}

/// A token is a token: nothing of it leads anywhere else. Browsers have none.
#[test]
fn what_is_no_token_is_refused() {
    World::each(|w| {
        let amina = w.worker("Amina");
        for (kind, token) in [
            ("apns", "zz"),
            ("apns", "../../admin"),
            ("apns", &DEVICE[1..]),
            ("fcm", ""),
            ("fcm", "a b"),
            ("fcm", "http://10.0.0.1/"),
            ("pigeon", "x"),
        ] {
            assert_eq!(registers(&amina, kind, token), Err(Refusal::Invalid), "{kind} {token}");
        }
        let browser =
            json!({ "kind": "fcm", "endpoint": TOKEN, "name": "Firefox", "language": "fr" });
        let said = w.desk.post("/api/desk/notices/browsers", &browser);
        assert_eq!(said.refusal(), "invalid");
        assert!(said.text.contains("kind"), "{}", said.text);
    });
}
