//! What is kept has an end: time passes, the job runs, and nothing is left of what is over.

use releve_core::door::{Act, Ask, View};
use releve_shared::request::{AbsenceReason, Asked, RequestKind};
use releve_shared::retention::Period;
use releve_shared::time::{DAY_MS, HOUR_MS};
use releve_tests::world::World;
use releve_tests::world::desk::{Desk, visit_input};
use releve_tests::world::phone::Phone;
use releve_tests::world::time::{day_at, today_at};
use serde_json::{Value, json};

const CANARY: &str = "CANARI-42";

releve_server::statements! {
    /// What is left of what was written.
    LEFT = "SELECT (SELECT COUNT(*) FROM message), (SELECT COUNT(*) FROM thread),
                   (SELECT COUNT(*) FROM callback), (SELECT COUNT(*) FROM request),
                   (SELECT COUNT(*) FROM notice)";
}

fn left(w: &World) -> [u64; 5] {
    let held = w.server();
    held.as_ref().expect("a server").read(|tx| {
        let row = tx.query_one(&LEFT, &[])?;
        Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])
    })
}

/// The jobs of the house, as any node does them.
pub fn tends(w: &World) {
    let app = w.server().as_ref().expect("a server").app.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.expect("a runtime").block_on(releve_server::tasks::run_due(&app));
    assert!(done.expect("done").contains(&"retention"), "a day has passed");
}

fn asks(phone: &Phone) {
    let asked = Asked {
        kind: RequestKind::Absence,
        reason: Some(AbsenceReason::Leave),
        starts_at: day_at(2, 0, 0),
        ends_at: day_at(3, 0, 0),
        visit: None,
        text: CANARY.to_owned(),
    };
    phone.act(Act::AskOffice { asked }).unwrap();
    phone.act(Act::CallMe).unwrap();
    let (thread, text, alert) = (None, CANARY.to_owned(), true);
    phone.act(Act::WriteMessage { thread, text, alert }).unwrap();
}

fn row(desk: &Desk, class: &str) -> Value {
    let rows = desk.get("/api/desk/retention").ok();
    rows.as_array().unwrap().iter().find(|row| row["class"] == class).expect("a class").clone()
}

fn periods(phone: &Phone) -> Vec<Period> {
    phone.privacy().unwrap().periods
}

/// The words that a phone still shows.
fn shown(phone: &Phone) -> String {
    let ask = |ask: &Ask| -> String {
        let view: View = phone.ask(ask).unwrap();
        serde_json::to_string(&view).unwrap()
    };
    [Ask::Threads, Ask::Requests].iter().map(ask).collect()
}

/// Each class by its own period, which the administrator sets within bounds, the report and the phone
/// tell, and the job applies: at the end no row and no word is left, on the server or on the phone.
#[test]
fn what_is_over_is_erased_everywhere() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let _ = w.visit(&amina, &home, today_at(8, 0));
        w.opens_account("marie@tilleuls.example", "Marie Petit");
        amina.phone.sync().unwrap();
        asks(&amina.phone);
        amina.phone.sync().unwrap();
        assert_eq!(left(w), [1, 1, 1, 1, 3]);
        assert!(shown(&amina.phone).contains(CANARY));
        assert_eq!(row(&w.desk, "messages")["held"], 1);
        assert!(
            periods(&amina.phone).iter().any(|p| p.class.code() == "messages" && p.days == 365)
        );

        let director = w.director();
        let set = |desk: &Desk, class: &str, days: i64| {
            desk.put(
                "/api/desk/retention",
                &json!({ "class": class, "days": days, "reason": "Accord du CSE" }),
            )
        };
        assert_eq!(set(&w.desk, "messages", 60).refusal(), "not_allowed");
        assert_eq!(set(&director, "messages", 29).refusal(), "invalid");
        assert_eq!(set(&director, "dreams", 60).refusal(), "invalid");
        let _ = set(&director, "messages", 60).ok();
        amina.phone.sync().unwrap();
        assert!(periods(&amina.phone).iter().any(|p| p.class.code() == "messages" && p.days == 60));

        tends(w);
        assert_eq!(left(w)[..4], [1, 1, 1, 1], "nothing is over yet");
        w.time.pass(61 * DAY_MS);
        let _ = w.visit(&amina, &home, day_at(62, 8, 0));
        tends(w);
        assert_eq!(left(w)[..4], [0, 0, 1, 1], "messages only");
        assert_eq!(row(&director, "messages")["erased"], 1);
        amina.phone.sync().unwrap();
        assert!(!shown(&amina.phone).contains(&format!("\"text\":\"{CANARY}\",\"mandatory\"")));

        w.time.pass(30 * DAY_MS);
        tends(w);
        assert_eq!(left(w)[2], 0, "the first request to be called back is over ninety days old");
        w.time.pass(1_100 * DAY_MS);
        tends(w);
        assert_eq!(left(w), [0; 5]);
        let later = day_at(61 + 30 + 1_100 + 2, 8, 0);
        let input = visit_input(amina.caregiver.id, home.client, later, later.plus(HOUR_MS));
        let planned = w.desk.post("/api/desk/visits", &input);
        assert_eq!(planned.refusal(), "not_found", "the sheet is gone too");
        let _ = w.visit(&amina, &w.home("Garcia"), later);
        amina.phone.sync().unwrap();
        assert!(!shown(&amina.phone).contains(CANARY));
    });
}
