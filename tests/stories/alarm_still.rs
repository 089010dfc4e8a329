//! A phone that lies still, from the accelerometer to the desk (B-06).

use releve_core::door::{Act, AlarmLook};
use releve_core::ports::Clock as _;
use releve_shared::alarm::Sample;
use releve_tests::bridge::Pretended;
use releve_tests::world::{Worker, World};
use serde_json::json;

use crate::alarm_raised::{sets, settings, sheet};

/// So many seconds pass on a phone that lies on the floor.
fn lies(w: &World, amina: &Worker, seconds: i64) {
    for _ in 0..seconds {
        let up_ms = amina.phone.clocks.now().up_ms;
        let mut held = amina.phone.hands.pretended();
        held.samples.push(Sample { up_ms, x_mg: 0, y_mg: 0, z_mg: 1_000 });
        amina.phone.hands.set(held);
        w.time.pass(1_000);
        amina.phone.beats();
    }
}

/// B-06: the agency sets it, phones hear of it, a still phone under watch asks for a minute and then gives
/// the alarm, and the desk reads why; without the setting nothing of it happens.
#[test]
fn b_06_a_phone_that_lies_still_is_an_alarm_at_the_desk() {
    World::each(|w| {
        let amina = w.worker("Amina");
        // The agency's settings reach her before any planning does (O-06).
        let able = || Pretended {
            call: "alone".to_owned(),
            feel: "alone".to_owned(),
            ..Pretended::default()
        };
        amina.phone.hands.set(able());
        sets(w, &settings());
        amina.phone.sync().unwrap();
        let start = || {
            let place = "Parc des Sports".to_owned();
            amina.phone.act(Act::StartLoneWork { minutes: 240, every_min: None, place }).unwrap();
            amina.phone.beats();
        };
        start();
        lies(w, &amina, 130);
        assert!(!amina.phone.hands.pretended().feeling, "off unless the agency has set it");
        amina.phone.act(Act::EndLoneWork).unwrap();

        let mut set = settings();
        set["rules"]["immobility"] = json!({ "after_s": 29, "pre_alarm_s": 60 });
        assert_eq!(w.director().put("/api/desk/alarms/settings", &set).refusal(), "invalid");
        set["rules"]["immobility"] = json!({ "after_s": 90, "pre_alarm_s": 60 });
        sets(w, &set);
        let history = w.desk.get("/api/desk/alarms/settings").ok()["history"].clone();
        assert_eq!(history[0]["settings"]["rules"]["immobility"]["after_s"], 90);
        assert!(
            history[1]["settings"]["rules"]["immobility"].is_null(),
            "what was set before stays"
        );
        amina.phone.sync().unwrap();
        amina.phone.hands.set(able());
        start();
        assert!(amina.phone.hands.pretended().feeling);
        lies(w, &amina, 92);
        let AlarmLook::Counting { still: true, .. } = amina.phone.state().alarm.look else {
            panic!("no question: {:?}", amina.phone.state().alarm.look)
        };
        let open = w.desk.get("/api/desk/alarms").ok();
        assert_eq!((&open[0]["kind"], &open[0]["phase"]), (&json!("immobility"), &json!("armed")));
        w.time.pass(61_000);
        amina.phone.beats();
        let id = open[0]["id"].as_str().expect("an id").parse().expect("an id");
        let seen = sheet(&w.desk, id);
        assert_eq!((&seen["kind"], &seen["phase"]), (&json!("immobility"), &json!("notifying")));
        assert_eq!(amina.phone.hands.pretended().calls, ["+33563000001"], "the agency, not 112");
    });
}
