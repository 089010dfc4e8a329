//! My hours: what was planned, badged and retained, with who decided and why; contested and answered.

use releve_core::door::{Act, Ask, HoursView, View, WorkedLine};
use releve_shared::hours::Hours;
use releve_shared::id::{RequestId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::request::{Asked, RequestKind, RequestState};
use releve_shared::time::{DAY_MS, Day, HOUR_MS, MINUTE_MS};
use releve_shared::visit::{CorrectionReason, Decision};
use releve_tests::world::World;
use releve_tests::world::desk::client_input;
use releve_tests::world::phone::Phone;
use releve_tests::world::reading::tap;
use releve_tests::world::time::{day_at, today_at};
use serde_json::json;

fn november() -> Day {
    Day::parse("2026-11-01").expect("a day")
}

fn hours(phone: &Phone) -> HoursView {
    match phone.ask(&Ask::Hours { month: Some(november().plus(22)) }) {
        Ok(View::Hours(view)) => view,
        other => panic!("{other:?}"),
    }
}

fn line(view: &HoursView, visit: VisitId) -> Option<WorkedLine> {
    view.days.iter().flat_map(|day| &day.visits).find(|line| line.visit == visit).cloned()
}

/// O-29, B-21: planned, badged and retained by visit and month, each decision with author, reason and
/// time, the way counted as work; contested without network, answered at the desk, seen on the phone.
#[test]
fn hours_are_seen_contested_and_answered() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let (first, second) = (w.home("Lefèvre"), w.home("Garnier"));
        for (home, name, at) in [
            (&first, "Lefèvre", (43_928_900, 2_146_400)),
            (&second, "Garnier", (43_935_000, 2_160_000)),
        ] {
            let mut body = client_input("Odette", name);
            body["at"] = json!({ "lat_e6": at.0, "lon_e6": at.1 });
            let _ = w.desk.put(&format!("/api/desk/clients/{}", home.client), &body).ok();
        }
        let a = w.visit(&amina, &first, today_at(8, 0));
        let b = w.visit(&amina, &second, today_at(9, 30));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 2));
        let _ = amina.phone.badges(tap(&first.nfc), Some(a), false).unwrap();
        w.time.until(today_at(9, 10));
        let _ = amina.phone.badges(tap(&first.nfc), Some(a), false).unwrap();
        amina.phone.sync().unwrap();

        let before = hours(&amina.phone);
        let plan = line(&before, a).unwrap();
        assert_eq!(plan.hours, Hours { planned: 60, badged: 68, retained: 0 });
        assert_eq!((before.undecided, before.told_at), (1, None));
        let way = line(&before, b).unwrap().travel_min;
        assert!((1..=10).contains(&way), "{way}");
        assert_eq!(before.travel_min, 0, "a way to come is no work yet");

        let accept = json!({ "rev": w.desk.line(a)["rev"] });
        let _ = w.desk.post(&format!("/api/desk/visits/{a}/accept"), &accept).ok();
        let _ = w.desk.post("/api/desk/board/reopen", &json!({ "visits": [a] })).ok();
        w.time.pass(MINUTE_MS);
        let correct = json!({ "starts_at": today_at(8, 0), "ends_at": today_at(9, 0),
            "reason": "client_request", "note": "Vu avec la famille", "rev": null });
        let _ = w.desk.post(&format!("/api/desk/visits/{a}/correct"), &correct).ok();
        amina.phone.sync().unwrap();
        let held = line(&hours(&amina.phone), a).unwrap();
        assert_eq!(held.decisions.len(), 1, "what the planning carries: the last word");
        amina.phone.act(Act::FetchHours { month: november() }).unwrap();
        amina.phone.restart();
        let view = amina.phone.offline(hours);
        assert!(view.told_at.is_some(), "kept on the phone");
        let told = line(&view, a).unwrap();
        assert_eq!(told.hours.retained, 60);
        assert_eq!(told.decisions.len(), 2, "{:?}", told.decisions);
        let [taken_back, stands] = &told.decisions[..] else { panic!() };
        assert_eq!(taken_back.period.decision, Decision::Accepted);
        assert_eq!(taken_back.undone_by.as_deref(), Some("Chloé Martin"));
        assert_eq!(stands.period.reason, Some(CorrectionReason::ClientRequest));
        assert_eq!(stands.period.note, "Vu avec la famille");
        assert_eq!(stands.period.decided_by, "Chloé Martin");
        assert!(stands.period.decided_at > taken_back.period.decided_at);
        assert_eq!(view.hours.retained, 60);

        amina.phone.offline(|phone| {
            let asked = Asked {
                kind: RequestKind::Contest,
                reason: None,
                starts_at: today_at(8, 0),
                ends_at: today_at(9, 10),
                visit: Some(a),
                text: "Je suis restée jusqu'à 9 h 10".to_owned(),
            };
            phone.act(Act::AskOffice { asked }).unwrap();
            let view = hours(phone);
            assert_eq!(view.contested, 1);
            let contest = line(&view, a).unwrap().contest.unwrap();
            assert_eq!(contest.request.state, RequestState::Sent);
        });
        amina.phone.sync().unwrap();
        let queue = w.desk.get("/api/desk/requests").ok();
        assert_eq!(queue[0]["asked"]["kind"], "contest", "{queue}");
        assert_eq!(queue[0]["asked"]["visit"], json!(a));
        let id: RequestId = serde_json::from_value(queue[0]["id"].clone()).unwrap();
        let answer = json!({ "accept": true, "comment": "Vous avez raison" });
        let _ = w.desk.post(&format!("/api/desk/requests/{id}/decide"), &answer).ok();
        let correct = json!({ "starts_at": today_at(8, 0), "ends_at": today_at(9, 10),
            "reason": "other", "note": "Après contestation", "rev": null });
        let _ = w.desk.post(&format!("/api/desk/visits/{a}/correct"), &correct).ok();
        w.time.until(today_at(9, 30));
        amina.phone.sync().unwrap();
        let view = hours(&amina.phone);
        assert_eq!(view.travel_min, way, "work, also in the month");
        let after = line(&view, a).unwrap();
        let contest = after.contest.unwrap().request;
        assert_eq!(contest.state, RequestState::Accepted);
        assert_eq!(
            (contest.comment.as_str(), contest.decided_by.as_str()),
            ("Vous avez raison", "Chloé Martin")
        );
        assert_eq!((after.hours.retained, after.decisions.len()), (70, 3), "all of it stays");
        assert_eq!((view.contested, view.undecided), (0, 0));
    });
}

/// What has left the phone is asked for when there is a network, and named when there is none; nobody
/// else's hours come, nor any to a phone that may not read.
#[test]
fn a_month_is_asked_for_and_kept() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let home = w.home("Lefèvre");
        let mine = w.visit(&amina, &home, today_at(8, 0));
        let theirs = w.visit(&bruno, &home, today_at(10, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(mine), false).unwrap();
        w.time.pass(HOUR_MS);
        let _ = amina.phone.badges(tap(&home.nfc), Some(mine), false).unwrap();
        amina.phone.sync().unwrap();
        // Eight days later the visit has left the phone.
        w.time.until(day_at(8, 12, 0));
        w.tend();
        amina.phone.sync().unwrap();
        assert!(!amina.phone.sees(mine));
        let view = amina.phone.offline(|phone| {
            assert_eq!(phone.act(Act::FetchHours { month: november() }), Err(Refusal::Offline));
            hours(phone)
        });
        assert!(line(&view, mine).is_none());
        let edge = Day::parse("2026-11-24").ok();
        assert_eq!((view.told_at, view.missing_before, view.missing_after), (None, edge, None));

        amina.phone.act(Act::FetchHours { month: november() }).unwrap();
        let view = amina.phone.offline(hours);
        let told = line(&view, mine).unwrap();
        assert_eq!(told.hours, Hours { planned: 60, badged: 60, retained: 0 });
        assert_eq!((view.missing_before, told.held), (None, false));
        assert!(line(&view, theirs).is_none(), "nobody else's");

        // The lease ends: nothing is read any more, not even one's own hours, since they name clients.
        w.time.pass(9 * DAY_MS);
        amina.phone.offline(|phone| {
            assert_eq!(phone.ask(&Ask::Hours { month: None }), Err(Refusal::LeaseOver));
        });
        amina.phone.sync().unwrap();
        w.desk.transmits(amina.caregiver.id, false);
        let asked = amina.phone.act(Act::FetchHours { month: november() });
        assert_eq!(asked, Err(Refusal::NotTransmitted), "the planning is not to be on a phone");
    });
}
