//! What caregivers ask of the office, without network, and what comes of it.

use releve_core::door::{Act, ActState, Ask, RequestLine, View};
use releve_server::notices::{self, Kind};
use releve_shared::id::{RequestId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::request::{AbsenceReason, Asked, RequestKind, RequestState};
use releve_shared::time::{DAY_MS, HOUR_MS};
use releve_tests::world::World;
use releve_tests::world::desk::of;
use releve_tests::world::phone::Phone;
use releve_tests::world::time::{day_at, today_at};
use serde_json::{Value, json};

fn requests(phone: &Phone) -> Vec<RequestLine> {
    match phone.ask(&Ask::Requests) {
        Ok(View::Requests { requests }) => requests,
        other => panic!("{other:?}"),
    }
}

fn absence(days: i32) -> Asked {
    Asked {
        kind: RequestKind::Absence,
        reason: Some(AbsenceReason::Leave),
        starts_at: day_at(days, 0, 0),
        ends_at: day_at(days + 1, 0, 0),
        visit: None,
        text: String::new(),
    }
}

fn about(kind: RequestKind, visit: VisitId, text: &str) -> Asked {
    Asked {
        kind,
        reason: None,
        starts_at: today_at(8, 0),
        ends_at: today_at(9, 15),
        visit: Some(visit),
        text: text.to_owned(),
    }
}

fn asks(phone: &Phone, asked: Asked) -> RequestId {
    phone.act(Act::AskOffice { asked }).unwrap();
    requests(phone)[0].request.id
}

/// O-29: asked without network, seen by the office with the visits it touches, granted or refused with
/// words that reach the phone; a decision is taken once, and may be taken back.
#[test]
fn an_absence_is_asked_offline_and_answered() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, day_at(3, 8, 0));
        let _ = w.visit(&bruno, &home, day_at(3, 9, 0));
        w.opens_account("marie@tilleuls.example", "Marie Petit");
        amina.phone.sync().unwrap();
        bruno.phone.sync().unwrap();
        let (leave, forgotten) = amina.phone.offline(|phone| {
            let none = Asked { reason: None, ..absence(3) };
            assert_eq!(phone.act(Act::AskOffice { asked: none }), Err(Refusal::Invalid));
            let leave = asks(phone, absence(3));
            w.time.pass(HOUR_MS);
            let words =
                about(RequestKind::Regularisation, visit, "J'ai oublié de badger le départ");
            let forgotten = asks(phone, words);
            assert_eq!(requests(phone)[1].sent, ActState::OnPhone);
            assert_eq!(requests(phone)[1].request.state, RequestState::Sent);
            w.time.pass(DAY_MS);
            (leave, forgotten)
        });
        amina.phone.sync().unwrap();
        let rows = || w.desk.get("/api/desk/requests").ok().as_array().expect("a list").clone();
        let queue = rows();
        assert_eq!(of::<RequestId>(&queue[0], "id"), leave, "the oldest first: {queue:?}");
        assert_eq!(
            (&queue[0]["first_name"], &queue[0]["planned_visits"]),
            (&json!("Amina"), &json!(1))
        );
        assert_eq!(queue[1]["asked"]["text"], "J'ai oublié de badger le départ");
        let told = w
            .server()
            .as_ref()
            .expect("a server")
            .read(move |tx| Ok(notices::about(tx, Kind::Request, leave)?));
        assert_eq!(told.len(), 1, "nobody in particular: all who can be reached");

        let decide = |id: RequestId, accept: bool, comment: &str| {
            let body = json!({ "accept": accept, "comment": comment });
            w.desk.post(&format!("/api/desk/requests/{id}/decide"), &body)
        };
        assert_eq!(decide(leave, false, " ").refusal(), "invalid", "a refusal says why");
        let _ = decide(leave, true, "Bonnes vacances").ok();
        let _ = decide(forgotten, false, "Le départ est bien badgé à 9 h 02").ok();
        assert_eq!(decide(leave, false, "Non").refusal(), "stale");
        amina.phone.sync().unwrap();
        let seen = requests(&amina.phone);
        assert_eq!(seen[0].request.state, RequestState::Refused);
        assert_eq!(seen[0].request.comment, "Le départ est bien badgé à 9 h 02");
        assert_eq!(seen[1].request.state, RequestState::Accepted);
        assert_eq!(seen[1].request.decided_by, "Chloé Martin");
        assert!(matches!(seen[1].sent, ActState::Received { .. }));
        let back = Act::WithdrawRequest { request: leave };
        assert_eq!(amina.phone.act(back), Err(Refusal::InUse), "decided already");
        assert!(requests(&bruno.phone).is_empty(), "nobody else's");

        let _ = w.desk.post(&format!("/api/desk/requests/{leave}/reopen"), &json!({})).ok();
        amina.phone.sync().unwrap();
        assert_eq!(requests(&amina.phone)[1].request.state, RequestState::Sent);
        let (_, other) = w.agency("Autre Rive", "denis");
        assert_eq!(other.get("/api/desk/requests").ok(), json!([]));
        let path = format!("/api/desk/requests/{leave}/decide");
        assert_eq!(other.post(&path, &json!({ "accept": true })).refusal(), "not_found");
    });
}

/// O-29: taken back before it is decided, also without network; a request about somebody else's visit
/// is refused and stays to be read.
#[test]
fn a_request_is_taken_back_and_a_foreign_one_refused() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let home = w.home("Lefèvre");
        let _ = w.visit(&amina, &home, day_at(3, 8, 0));
        let theirs = w.visit(&bruno, &home, day_at(3, 9, 0));
        amina.phone.sync().unwrap();
        let id = asks(&amina.phone, absence(5));
        amina.phone.sync().unwrap();
        amina.phone.offline(|phone| {
            phone.act(Act::WithdrawRequest { request: id }).unwrap();
            phone.act(Act::WithdrawRequest { request: id }).expect("twice is once");
            assert!(requests(phone)[0].withdrawing);
        });
        amina.phone.sync().unwrap();
        let line = requests(&amina.phone).remove(0);
        assert_eq!((line.request.state, line.withdrawing), (RequestState::Withdrawn, false));
        let decide = json!({ "accept": true });
        let path = format!("/api/desk/requests/{id}/decide");
        assert_eq!(w.desk.post(&path, &decide).refusal(), "stale");

        let foreign = asks(&amina.phone, about(RequestKind::Contest, theirs, "Ce n'est pas juste"));
        amina.phone.sync().unwrap();
        let line = requests(&amina.phone).remove(0);
        assert_eq!(line.request.id, foreign);
        assert!(matches!(line.sent, ActState::Refused { code: Refusal::NotFound, .. }), "{line:?}");
        let listed: Value = w.desk.get("/api/desk/requests").ok();
        let known = listed.as_array().unwrap().iter();
        assert!(known.clone().all(|row| row["id"] != foreign.to_string()), "{listed}");
    });
}
