//! What the outbox screen says of each act is what the office has (row B-02).

use releve_core::door::{ActKind, ActState};
use releve_shared::refusal::Refusal;
use releve_shared::time::HOUR_MS;
use releve_tests::world::World;
use releve_tests::world::reading::tap;
use releve_tests::world::time::today_at;
use serde_json::json;

/// B-02, C7: on the phone, received at …, to be corrected because …; a refused act stays readable.
#[test]
fn each_act_says_where_it_is() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        amina.phone.offline(|phone| {
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
            w.time.pass(HOUR_MS);
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        });
        assert_eq!(amina.phone.tally(), (2, 0, 0));
        w.time.pass(HOUR_MS);
        let received_at = w.time.now();
        amina.phone.sync().unwrap();
        for act in amina.phone.outbox() {
            assert_eq!(act.state, ActState::Received { at: received_at });
        }

        // The office decides while the worker, offline, adds kilometres.
        let accept = json!({ "rev": w.desk.line(visit)["rev"] });
        let _ = w.desk.post(&format!("/api/desk/visits/{visit}/accept"), &accept).ok();
        amina.phone.offline(|phone| phone.notes(visit, 12, 0, "Détour").unwrap());
        amina.phone.sync().unwrap();
        let refused: Vec<_> = amina
            .phone
            .outbox()
            .into_iter()
            .filter(|act| matches!(act.state, ActState::Refused { .. }))
            .collect();
        assert_eq!(refused.len(), 1);
        assert_eq!((refused[0].what, refused[0].visit), (ActKind::Notes, Some(visit)));
        let ActState::Refused { code, .. } = &refused[0].state else { unreachable!() };
        assert_eq!(*code, Refusal::NotAllowed);
        let state = amina.phone.state();
        assert_eq!((state.waiting, state.to_correct), (0, 1));
        amina.phone.restart();
        assert_eq!(amina.phone.tally(), (0, 2, 1), "it stays readable");
        // Nothing wedges: the next act goes through.
        let next = w.visit(&amina, &home, today_at(11, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(11, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(next), false).unwrap();
        amina.phone.sync().unwrap();
        assert_eq!(amina.phone.tally(), (0, 3, 1));
    });
}
