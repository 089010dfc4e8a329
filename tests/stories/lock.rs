//! The lock of the app: asked for at the desk, chosen on the phone, forgotten and found again.

use releve_core::door::{Act, Ask, ManagedView, PhoneState, Press, View};
use releve_core::ports::Managed;
use releve_shared::refusal::Refusal;
use releve_shared::time::{HOUR_MS, MINUTE_MS};
use releve_tests::bridge::Pretended;
use releve_tests::world::World;
use releve_tests::world::phone::Phone;
use releve_tests::world::reading::tap;
use releve_tests::world::time::today_at;
use serde_json::json;

/// An administrator asks for a PIN; the phone wants one, locks, badges and alarms while locked, and comes
/// back by a new code when it is forgotten, with all that it owed.
#[test]
fn a_pin_is_asked_for_forgotten_and_costs_nothing() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        let director = w.director();
        for (setting, value) in [("lock_required", 1), ("lock_digits", 6), ("lock_after_min", 10)] {
            let new = json!({ "setting": setting, "value": value, "reason": "Téléphones perdus" });
            let _ = director.put("/api/desk/settings", &new).ok();
        }

        amina.phone.sync().unwrap();
        let lock = amina.phone.state().lock;
        assert!(lock.must_set && lock.digits == 6, "{lock:?}");
        let set = |pin: &str| amina.phone.act(Act::SetPin { pin: pin.into(), before: None });
        assert_eq!(set("4071"), Err(Refusal::Invalid));
        set("407158").unwrap();
        let drop = Act::DropPin { pin: "407158".into() };
        assert_eq!(amina.phone.act(drop), Err(Refusal::NotAllowed), "the agency asks for one");
        w.time.pass(11 * MINUTE_MS);
        assert_eq!(amina.phone.state().state, PhoneState::Locked);
        assert!(amina.phone.ask(&Ask::Clients).is_err());

        w.time.until(today_at(8, 0));
        amina.phone.offline(|phone| {
            phone.restart();
            assert_eq!(phone.state().state, PhoneState::Locked);
            let start = phone.badges(tap(&home.nfc), None, false).unwrap();
            assert_eq!(start.visit, visit);
            phone.act(Act::Alarm { press: Press::Test }).unwrap();
            phone.act(Act::CancelAlarm { code: None }).unwrap();
            assert_eq!(
                phone.act(Act::Unlock { pin: "000000".into() }),
                Err(Refusal::WrongCredentials)
            );
        });
        let link = w.desk.enrolment(amina.caregiver.id);
        amina.phone.enrols(&link).unwrap();
        amina.phone.sync().unwrap();
        let state = amina.phone.state();
        assert_eq!((state.state, state.waiting, state.lock.must_set), (PhoneState::Ready, 0, true));
        assert!(amina.phone.sees(visit));
        assert_eq!(w.desk.phones().len(), 1, "the same phone");
        w.time.pass(HOUR_MS);
        let _ = amina.phone.badges(tap(&home.nfc), None, false).unwrap();
        amina.phone.sync().unwrap();
        assert_eq!(w.desk.line(visit)["hours"]["badged"], 60);

        // Another worker's code opens nothing of hers.
        set("407158").unwrap();
        amina.phone.act(Act::LockNow).unwrap();
        let bruno = w.desk.adds_caregiver("Bruno", "Vidal");
        w.desk.transmits(bruno.id, true);
        let foreign = w.desk.enrolment(bruno.id);
        assert_eq!(amina.phone.enrols(&foreign), Err(Refusal::AlreadyEnrolled));
        assert_eq!(amina.phone.state().state, PhoneState::Locked);
        amina.phone.act(Act::Unlock { pin: "407158".into() }).unwrap();
        assert!(amina.phone.sees(visit));
    });
}

/// O-02: a phone of a fleet is enrolled with what its management has set: address and key, with the code
/// set or typed. A server with another key is not believed.
#[test]
fn a_phone_of_a_fleet_enrols_with_what_was_set() {
    World::each(|w| {
        let amina = w.desk.adds_caregiver("Amina", "Diallo");
        w.desk.transmits(amina.id, true);
        let link = w.desk.enrolment(amina.id);
        let (server, rest) = link.split_once("/e#c=").expect("a link");
        let (code, key) = rest.split_once("&k=").expect("a link");
        let phone = w.new_phone();
        let managed = |phone: &Phone| match phone.ask(&Ask::Device) {
            Ok(View::Device(view)) => view.managed,
            other => panic!("{other:?}"),
        };
        assert_eq!(managed(&phone), ManagedView::default());
        let enrols = |code: &str| {
            let phone_name = "Parc 12".to_owned();
            phone.act(Act::EnrolManaged { code: code.to_owned(), phone_name })
        };
        assert_eq!(enrols(code), Err(Refusal::EnrolmentOver), "nothing was set");
        // Only an https address is taken from a management; the world's server has none, so the link is
        // set whole, as a management does that knows each phone.
        let set = |managed: Managed| phone.hands.set(Pretended { managed, ..Pretended::default() });
        set(Managed {
            server_url: server.to_owned(),
            server_key: key.to_owned(),
            ..Managed::default()
        });
        assert!(!managed(&phone).wants_code, "http is no address");
        set(Managed {
            enrolment_link: link.clone(),
            phone_name: "Parc 12".to_owned(),
            kiosk: true,
            ..Managed::default()
        });
        let view = managed(&phone);
        assert!(view.ready && view.kiosk && view.server == server, "{view:?}");
        enrols("").unwrap();
        phone.sync().unwrap();
        assert_eq!(phone.state().state, PhoneState::Ready);
        assert_eq!(w.desk.phones()[0]["name"], "Parc 12");
    });
}
