//! By hand: when the tag is gone, the phone reads none, or the worker forgot.

use releve_core::door::Act;
use releve_shared::refusal::Refusal;
use releve_shared::time::{HOUR_MS, MINUTE_MS, Moment};
use releve_shared::visit::{ClockKind, ManualReason};
use releve_tests::world::World;
use releve_tests::world::phone::Phone;
use releve_tests::world::time::today_at;

fn forgotten(
    phone: &Phone,
    visit: releve_shared::id::VisitId,
    kind: ClockKind,
    at: Option<Moment>,
) -> Result<(), Refusal> {
    let by_hand = Act::ClockByHand {
        visit: Some(visit),
        client: None,
        kind,
        reason: Some(ManualReason::Forgotten),
        note: "Le tag était sous le manteau".to_owned(),
        declared_at: at,
    };
    phone.act(by_hand).map(|_| ())
}

/// O-16, O-17, O-18: start and end by hand, with a reason, seen as such on the board.
#[test]
fn start_and_end_by_hand_need_a_reason() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        amina.phone.offline(|phone| {
            let hand = |kind: ClockKind, reason| phone.by_hand(visit, kind, reason);
            assert_eq!(hand(ClockKind::Start, None).unwrap_err(), Refusal::ReasonMissing);
            let wordless = hand(ClockKind::Start, Some(ManualReason::Other)).unwrap_err();
            assert_eq!(wordless, Refusal::ReasonMissing, "'other' wants words");
            // O-18: what is not started cannot be ended.
            let early = hand(ClockKind::End, Some(ManualReason::NoNfc)).unwrap_err();
            assert_eq!(early, Refusal::NotStarted);
            let _ = hand(ClockKind::Start, Some(ManualReason::TagMissing)).unwrap();
            let twice = hand(ClockKind::Start, Some(ManualReason::TagMissing)).unwrap_err();
            assert_eq!(twice, Refusal::AlreadyStarted);
            w.time.pass(HOUR_MS);
            let _ = hand(ClockKind::End, Some(ManualReason::NoNfc)).unwrap();
        });
        amina.phone.sync().unwrap();
        let line = w.desk.line(visit);
        assert_eq!(
            (&line["start"]["method"], &line["start"]["reason"]),
            (&"manual".into(), &"tag_missing".into())
        );
        assert_eq!(
            (&line["end"]["assurance"], &line["end"]["reason"]),
            (&"manual".into(), &"no_nfc".into())
        );
        assert_eq!(line["hours"]["badged"], 60);
        assert_eq!(line["status"], "to_check", "a person looks at what was made by hand");
    });
}

/// O-18: a forgotten start is declared, bounded by the present, and shown as declared.
#[test]
fn a_forgotten_start_is_declared_afterwards() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(9, 0));
        amina.phone.offline(|phone| {
            let future = forgotten(phone, visit, ClockKind::Start, Some(today_at(11, 0)));
            assert_eq!(future, Err(Refusal::TimeImpossible));
            assert_eq!(forgotten(phone, visit, ClockKind::Start, None), Err(Refusal::Invalid));
            forgotten(phone, visit, ClockKind::Start, Some(today_at(8, 5))).unwrap();
            let crossed = forgotten(phone, visit, ClockKind::End, Some(today_at(8, 4)));
            assert_eq!(crossed, Err(Refusal::TimeImpossible), "an end before its start");
            let _ = phone.by_hand(visit, ClockKind::End, Some(ManualReason::TagMissing)).unwrap();
            assert_eq!(phone.visit(visit).unwrap().hours.badged, 55);
        });
        w.time.pass(10 * MINUTE_MS);
        amina.phone.sync().unwrap();
        let line = w.desk.line(visit);
        assert_eq!(line["start"]["declared_at"].as_i64(), Some(today_at(8, 5).0));
        assert_eq!(line["start"]["anomalies"], serde_json::json!(["forgotten"]));
        assert_eq!(line["hours"]["badged"], 55);
    });
}
