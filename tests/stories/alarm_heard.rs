//! The alarm lane hears phones that nothing else serves any more, and says what is known of them
//! (sync.md C9).

use releve_shared::alarm::{Kind, Mark, Report};
use releve_shared::id::AlarmId;
use releve_shared::keys::Signer;
use releve_shared::time::MINUTE_MS;
use releve_tests::world::World;
use releve_tests::world::alarm::AlarmLane;
use releve_tests::world::time::today_at;
use serde_json::json;

use crate::alarm_raised::{sheet, trail};

/// C9: a blocked phone, one of an old app, one whose worker has left: heard, marked, told nothing else.
#[test]
fn c_9_blocked_old_and_former_phones_are_heard() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let _ = w.visit(&amina, &home, today_at(8, 0));
        let mut lane = AlarmLane::of(w, &amina);
        let block = json!({ "mode": "now", "sim_number": "", "note": "" });
        let _ = w.desk.post(&format!("/api/desk/phones/{}/block", lane.device), &block).ok();
        lane.protocol = 0;
        let alarm = lane.draw();
        let said = lane.raises(alarm, Kind::Panic);
        assert_eq!(said.marks, [Mark::Blocked, Mark::Old]);
        assert!(said.sms.is_none(), "no key for a phone that is lost");
        assert_eq!(sheet(&w.desk, alarm)["marks"], json!(["blocked", "old"]));
        let _ = w.desk.post(&format!("/api/desk/alarms/{alarm}/acknowledge"), &json!({})).ok();
        let told = lane.says(Report::Alive { alarm: Some(alarm), session: None }).status.unwrap();
        assert_eq!(told.acknowledged_by, None, "nor who works here");

        let bruno = w.worker("Bruno");
        let lane = AlarmLane::of(w, &bruno);
        let end = format!("/api/desk/caregivers/{}/end", bruno.caregiver.id);
        let _ = w.desk.post(&end, &json!({})).ok();
        let alarm = lane.draw();
        assert_eq!(lane.raises(alarm, Kind::Panic).marks, [Mark::Ended]);
        assert_eq!(sheet(&w.desk, alarm)["name"], "Bruno Diallo");
    });
}

/// I9: another key raises nothing, and nobody touches an alarm that is not hers.
#[test]
fn a_phone_speaks_for_itself_only() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let (lane, other) = (AlarmLane::of(w, &amina), AlarmLane::of(w, &bruno));
        let mut forged = AlarmLane::of(w, &amina);
        forged.key = Signer::from_seed(&[9; 32]);
        let alarm = lane.draw();
        let raise = Report::Raised { alarm, kind: Kind::Panic, visit: None, position: None };
        assert_eq!(forged.sends(&forged.request(raise, 0)).0, 403);
        assert_eq!(w.desk.get("/api/desk/alarms").ok(), json!([]));

        let _ = lane.raises(alarm, Kind::Panic);
        let said = other.says(Report::Cancelled { alarm });
        assert_eq!(said.refused.map(|code| code.to_string()).as_deref(), Some("not_found"));
        assert!(said.status.is_none());
        assert_eq!(trail(&w.desk, alarm), ["raised:phone", "everyone"]);
        let (_, theirs) = w.agency("Autre Rive", "denis");
        assert_eq!(theirs.get(&format!("/api/desk/alarms/{alarm}")).refusal(), "not_found");
        assert_eq!(theirs.get("/api/desk/alarms").ok(), json!([]));
    });
}

/// O-31: a phone that says very much is slowed, and no other; its first alarm is heard all the same,
/// and one that is here already is refused without harm.
#[test]
fn a_phone_that_says_much_is_slowed_and_its_first_alarm_is_heard() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let (lane, other) = (AlarmLane::of(w, &amina), AlarmLane::of(w, &bruno));
        let alive = || lane.sends(&lane.request(Report::Alive { alarm: None, session: None }, 0));
        let burst = (0..1_000).take_while(|_| alive().0 == 200).count();
        assert_eq!(burst, 240, "a burst is no harm");
        let (status, said) = alive();
        assert_eq!(status, 429);
        assert!(said.contains("too_many_tries") && said.contains("retry_after_s"), "{said}");

        let says = |alarm, kind| {
            let what = Report::Raised { alarm, kind, visit: None, position: None };
            lane.sends(&lane.request(what, 0)).0
        };
        assert_eq!(
            says(lane.draw(), Kind::Test),
            200,
            "a test is one of hers too, and hides no other"
        );
        let alarm: AlarmId = lane.draw();
        let _ = lane.arms(alarm);
        let raise = |alarm| says(alarm, Kind::Panic);
        assert_eq!(raise(alarm), 200, "armed and not raised yet: that is news");
        assert_eq!(trail(&w.desk, alarm), ["armed", "raised:phone", "everyone"]);
        assert_eq!(raise(alarm), 429, "it is here");
        assert_eq!(raise(lane.draw()), 429, "one of hers is open, and seen by all");
        assert_eq!(trail(&w.desk, alarm).len(), 3);
        let hers: AlarmId = other.draw();
        let _ = other.raises(hers, Kind::Panic);

        let reason = json!({ "cause": "false", "reason": "essai" });
        let _ = w.desk.post(&format!("/api/desk/alarms/{alarm}/resolve"), &reason).ok();
        let next: AlarmId = lane.draw();
        assert_eq!(raise(next), 200, "the next one is a first again");
        w.time.pass(MINUTE_MS);
        assert_eq!(alive().0, 200);
    });
}
