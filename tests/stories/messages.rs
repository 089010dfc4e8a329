//! Words between the office and a caregiver, days without network, and mail that says nothing.

use std::sync::Arc;

use releve_core::door::{Act, ActKind, ActState, Ask, ThreadLine, ThreadView, View};
use releve_server::app::App;
use releve_server::config::MailSecurity;
use releve_server::notices::{self, Kind, State};
use releve_shared::id::{MessageId, ThreadId};
use releve_shared::message::Author;
use releve_shared::refusal::Refusal;
use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use releve_tests::smtp::Sink;
use releve_tests::world::desk::{Desk, of};
use releve_tests::world::phone::Phone;
use releve_tests::world::reading::tap;
use releve_tests::world::time::{Seeded, day_at, today_at};
use releve_tests::world::{PASSWORD, Worker, World};
use serde_json::{Value, json};

fn threads(phone: &Phone) -> Vec<ThreadLine> {
    match phone.ask(&Ask::Threads) {
        Ok(View::Threads { threads }) => threads,
        other => panic!("{other:?}"),
    }
}

fn thread(phone: &Phone, id: ThreadId) -> ThreadView {
    match phone.ask(&Ask::Thread { id }) {
        Ok(View::Thread(view)) => view,
        other => panic!("{other:?}"),
    }
}

fn writes(phone: &Phone, thread: Option<ThreadId>, text: &str, alert: bool) {
    phone.act(Act::WriteMessage { thread, text: text.to_owned(), alert }).unwrap();
}

fn sends(desk: &Desk, to: &Worker, text: &str, mandatory: bool) -> ThreadId {
    let body = json!({ "to": [to.caregiver.id], "text": text, "mandatory": mandatory });
    of(&json!({ "id": desk.post("/api/desk/threads", &body).ok()["threads"][0] }), "id")
}

fn sheet(desk: &Desk, id: ThreadId) -> Value {
    desk.get(&format!("/api/desk/threads/{id}")).ok()
}

/// O-22, B-14: held until the first worked minute, never in the way of clocking, read without network
/// and answered; the office sees when it was read, not when it heard of it.
#[test]
fn a_mandatory_message_waits_for_work_and_its_reading_is_told() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        let _ = w.visit(&amina, &home, day_at(3, 8, 0));
        let id = sends(&w.desk, &amina, "Nouveau protocole : lisez la fiche.", true);
        w.time.pass(MINUTE_MS);
        let second = sends(&w.desk, &amina, "Réunion mardi", true);
        amina.phone.sync().unwrap();
        let before = amina.phone.state();
        assert_eq!((before.unread, before.must_read), (0, None), "half an hour before work");
        assert_eq!(threads(&amina.phone).len(), 2, "who looks for it finds it");

        w.time.until(today_at(8, 0));
        let now = amina.phone.state();
        let must = now.must_read.expect("the first worked minute");
        assert_eq!((now.unread, must.thread, must.more), (2, id, 1));
        assert!(must.message.text.starts_with("Nouveau protocole"));

        let read_at = amina.phone.offline(|phone| {
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).expect("clocking goes on");
            w.time.pass(5 * MINUTE_MS);
            phone.act(Act::ReadMessage { message: must.message.id }).unwrap();
            phone.act(Act::ReadMessage { message: must.message.id }).expect("twice is once");
            let next = phone.state().must_read.expect("the next one");
            assert_eq!((next.thread, next.more), (second, 0));
            phone.act(Act::ReadMessage { message: next.message.id }).unwrap();
            assert_eq!(phone.state().must_read, None);
            writes(phone, Some(id), "  Bien reçu, merci.  ", true);
            let told = thread(phone, id).messages;
            assert_eq!(told[1].message.text, "Bien reçu, merci.");
            assert_eq!(told[1].state, Some(ActState::OnPhone));
            let kinds: Vec<ActKind> = phone.outbox().iter().map(|act| act.what).collect();
            assert_eq!(kinds.iter().filter(|kind| **kind == ActKind::Read).count(), 2);
            let long = Act::WriteMessage { thread: None, text: "é".repeat(2_001), alert: true };
            assert_eq!(phone.act(long), Err(Refusal::TooLong));
            let read_at = w.time.now();
            w.time.pass(2 * DAY_MS);
            read_at
        });
        assert_eq!(sheet(&w.desk, id)["unread"], 1, "the office knows nothing yet");
        amina.phone.sync().unwrap();
        let seen = sheet(&w.desk, id);
        let told: i64 = of(&seen["messages"][0], "read_at");
        assert!((told - read_at.0).abs() < 60_000, "read two days ago: {told} {}", read_at.0);
        assert_eq!(seen["messages"][1]["text"], "Bien reçu, merci.");
        assert_eq!((&seen["unseen"], &seen["mandatory_unread"]), (&json!(1), &json!(0)));
        let state = thread(&amina.phone, id).messages[1].state.clone();
        assert!(matches!(state, Some(ActState::Received { .. })), "{state:?}");

        let _ = w.desk.post(&format!("/api/desk/threads/{id}/seen"), &json!({})).ok();
        let answer = json!({ "text": "Parfait.", "mandatory": false });
        let _ = w.desk.post(&format!("/api/desk/threads/{id}/messages"), &answer).ok();
        amina.phone.sync().unwrap();
        let messages = thread(&amina.phone, id).messages;
        assert!(messages[1].message.read_at.is_some(), "the office has seen it");
        assert_eq!(messages[2].message.from, Author::Office);
    });
}

/// O-22: taken back before it is read, a message leaves the phone; once read it stays.
#[test]
fn a_message_is_taken_back_until_it_is_read() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let home = w.home("Lefèvre");
        let _ = w.visit(&amina, &home, today_at(8, 0));
        let _ = w.visit(&bruno, &home, today_at(8, 0));
        let id = sends(&w.desk, &amina, "Erreur de destinataire", true);
        amina.phone.sync().unwrap();
        bruno.phone.sync().unwrap();
        assert!(threads(&bruno.phone).is_empty(), "nobody else gets it");
        let message: MessageId = of(&sheet(&w.desk, id)["messages"][0], "id");
        let back = format!("/api/desk/messages/{message}/withdraw");
        let _ = w.desk.post(&back, &json!({})).ok();
        amina.phone.sync().unwrap();
        assert!(threads(&amina.phone).is_empty());
        let act = Act::ReadMessage { message };
        assert_eq!(bruno.phone.act(act), Err(Refusal::NotFound));

        let id = sends(&w.desk, &amina, "Le bon message", true);
        amina.phone.sync().unwrap();
        let message: MessageId = of(&sheet(&w.desk, id)["messages"][0], "id");
        amina.phone.act(Act::ReadMessage { message }).unwrap();
        amina.phone.sync().unwrap();
        let back = format!("/api/desk/messages/{message}/withdraw");
        assert_eq!(w.desk.post(&back, &json!({})).refusal(), "in_use");
    });
}

/// What the jobs of the server do with mail, over a real socket.
fn mails(w: &World, sink: &Sink) -> usize {
    let app = w.server().as_ref().expect("a server").app.clone();
    let mut config = app.config.clone();
    config.mail.host = "127.0.0.1".to_owned();
    config.mail.port = sink.address.port();
    config.mail.security = MailSecurity::None;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (clock, chance) = (Arc::new(w.time.clone()), Arc::new(Seeded::of(81)));
        let mailer = App::new(app.db.clone(), clock, chance, config).await.expect("an application");
        notices::send_due(&mailer).await.expect("the jobs")
    })
}

fn states(w: &World, id: ThreadId) -> Vec<(State, u32)> {
    let held = w.server();
    let told =
        held.as_ref().expect("a server").read(|tx| Ok(notices::about(tx, Kind::Message, id)?));
    told.into_iter().map(|(state, _, attempts, _)| (state, attempts)).collect()
}

/// O-23: the office is told by a mail that holds no word of the message; each thread turns it off.
#[test]
fn the_office_is_told_by_a_mail_that_says_nothing() {
    World::each(|w| {
        let sink = Sink::start();
        let (_, other) = w.agency("Autre Rive", "denis@rive.example");
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let _ = w.visit(&amina, &home, today_at(8, 0));
        // Nobody of Les Tilleuls signs in with an address yet.
        amina.phone.sync().unwrap();
        writes(&amina.phone, None, "Mme Lefèvre a fait une chute", true);
        amina.phone.sync().unwrap();
        let first = threads(&amina.phone)[0].id;
        assert!(states(w, first).is_empty(), "nobody can be reached");

        w.opens_account("marie@tilleuls.example", "Marie Petit");
        let marie = Desk::new(&w.url());
        let _ = marie.sign_in("marie@tilleuls.example", PASSWORD).ok();
        let id = sends(&marie, &amina, "Tout va bien ?", false);
        amina.phone.sync().unwrap();
        writes(&amina.phone, Some(id), "Mme Lefèvre a fait une chute", true);
        writes(&amina.phone, Some(id), "Elle va bien maintenant", true);
        amina.phone.sync().unwrap();
        assert_eq!(states(w, id), [(State::Queued, 0)], "one mail for both");

        sink.says(450);
        assert_eq!(mails(w, &sink), 0);
        assert_eq!(mails(w, &sink), 0, "not before its time");
        assert_eq!(states(w, id), [(State::Failed, 1)]);
        sink.says(250);
        w.time.pass(2 * MINUTE_MS);
        assert_eq!(mails(w, &sink), 1);
        assert_eq!(mails(w, &sink), 0, "once");
        assert_eq!(states(w, id), [(State::Sent, 2)]);
        let letters = sink.letters();
        let [letter] = letters.as_slice() else { panic!("{letters:?}") };
        assert_eq!(letter.to, ["marie@tilleuls.example"]);
        assert!(letter.text().contains(&format!("{}/#/messages/{id}", w.url())), "{}", letter.raw);
        for word in ["chute", "Lef", "Amina", "Diallo", "Jeanne"] {
            assert!(!letter.raw.contains(word), "{word}: {}", letter.raw);
        }
        assert!(letter.header("Message-ID").starts_with('<'), "{}", letter.raw);

        // Unticked on the phone, and then it is silent; ticked again at the desk, it speaks again.
        amina.phone.act(Act::AlertByMail { thread: id, alert: false }).unwrap();
        assert!(!thread(&amina.phone, id).alert, "at once");
        writes(&amina.phone, Some(id), "Rien de grave", true);
        amina.phone.sync().unwrap();
        assert_eq!(states(w, id).len(), 1);
        assert_eq!(sheet(&marie, id)["alert"], false);
        let path = format!("/api/desk/threads/{id}/alert");
        let _ = marie.put(&path, &json!({ "alert": true })).ok();
        amina.phone.sync().unwrap();
        assert!(thread(&amina.phone, id).alert);
        writes(&amina.phone, Some(id), "À demain", true);
        amina.phone.sync().unwrap();
        sink.says(550);
        assert_eq!(mails(w, &sink), 0);
        assert_eq!(
            states(w, id)[0],
            (State::GivenUp, 1),
            "an address that is refused is not tried again"
        );

        let refused = other.get(&format!("/api/desk/threads/{id}")).refusal();
        assert_eq!(refused, "not_found");
        w.time.pass(HOUR_MS);
    });
}
