//! Planning flows down to the phones of those who are to know, and to nobody else.

use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use releve_shared::visit::VisitState;
use releve_tests::world::World;
use releve_tests::world::folder::found_in;
use releve_tests::world::link::listens;
use releve_tests::world::reading::tap;
use releve_tests::world::time::{day_at, today_at};

/// O-08, O-09: made, moved and cancelled on the desk, seen on the phone; offline the last one stays.
#[test]
fn a_visit_is_made_moved_and_cancelled() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(10, 0));
        amina.phone.sync().unwrap();
        let sheet = amina.phone.visit(visit).unwrap();
        assert_eq!(sheet.line.visit.starts_at, today_at(10, 0));
        let client = sheet.line.client.expect("O-09: the client's sheet is there");
        assert_eq!(client.sections[0].text, "Clé chez la voisine de Lefèvre");

        let who = amina.caregiver.id;
        w.desk.moves(visit, who, home.client, today_at(11, 0), today_at(12, 0));
        amina.phone.line.weather(releve_tests::world::link::Weather::Cut);
        assert!(amina.phone.sync().is_err());
        let held = amina.phone.visit(visit).unwrap().line.visit.starts_at;
        assert_eq!(held, today_at(10, 0), "the last planning stays");
        assert_eq!(amina.phone.state().synced_at.map(|at| at <= w.time.now()), Some(true));
        amina.phone.line.weather(releve_tests::world::link::Weather::Clear);
        amina.phone.sync().unwrap();
        assert_eq!(amina.phone.visit(visit).unwrap().line.visit.starts_at, today_at(11, 0));

        // Given to Bruno: it leaves Amina's phone, with the sheet that nothing else grants.
        w.desk.moves(visit, bruno.caregiver.id, home.client, today_at(11, 0), today_at(12, 0));
        amina.phone.sync().unwrap();
        bruno.phone.sync().unwrap();
        assert!(!amina.phone.sees(visit) && amina.phone.client(home.client).is_err());
        assert!(bruno.phone.sees(visit) && bruno.phone.client(home.client).is_ok());

        w.desk.cancels(visit);
        bruno.phone.sync().unwrap();
        let cancelled = bruno.phone.visit(visit).unwrap().line;
        assert_eq!((cancelled.visit.state, cancelled.button), (VisitState::Cancelled, None));
    });
}

/// O-05, O-11: a client without a visit by this worker is never on the phone; no byte of them.
#[test]
fn only_the_clients_one_visits_are_on_the_phone() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let (hers, not_hers) = (w.home("Lefèvre"), w.home("Garnier-Canari"));
        let bruno = w.worker("Bruno");
        let _ = w.visit(&amina, &hers, today_at(10, 0));
        let _ = w.visit(&bruno, &not_hers, today_at(10, 0));
        amina.phone.sync().unwrap();
        let names: Vec<_> =
            amina.phone.clients().unwrap().into_iter().map(|c| c.last_name).collect();
        assert_eq!(names, ["Lefèvre"]);
        assert!(amina.phone.client(not_hers.client).is_err());
        let at_hers = amina.phone.client(hers.client).unwrap();
        assert_eq!(at_hers.visits.len(), 1, "O-11: from the client to the visits");
        amina.phone.close();
        let canaries = ["Garnier-Canari", "Lefèvre", "rue des Lices"].map(str::to_owned);
        let clear = found_in(amina.phone.folder(), &canaries);
        assert!(clear.is_empty(), "in clear on the phone: {clear:?}");
    });
}

/// O-05: the sheet comes fourteen days before a visit and goes seven days after it.
#[test]
fn a_sheet_is_held_around_its_visits_only() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let (soon, later) = (w.home("Lefèvre"), w.home("Garnier"));
        let _ = w.visit(&amina, &soon, today_at(10, 0));
        let _ = w.visit(&amina, &later, day_at(20, 10, 0));
        w.tend();
        amina.phone.sync().unwrap();
        assert!(amina.phone.client(soon.client).is_ok());
        assert!(amina.phone.client(later.client).is_err(), "twenty days ahead");
        w.time.until(day_at(10, 9, 0));
        w.tend();
        amina.phone.sync().unwrap();
        assert!(amina.phone.client(soon.client).is_err(), "ten days after the visit");
        assert!(amina.phone.client(later.client).is_ok(), "ten days before it");
    });
}

/// O-06, O-07: nothing without "Transmettre" and a visit; the icon tells where it stands.
#[test]
fn transmitting_is_the_offices_choice_and_its_icon_is_true() {
    World::each(|w| {
        let caregiver = w.desk.adds_caregiver("Amina", "Diallo");
        let home = w.home("Lefèvre");
        assert_eq!(w.desk.transmission(caregiver.id), "not_sent");
        w.desk.transmits(caregiver.id, true);
        assert_eq!(w.desk.transmission(caregiver.id), "not_sent", "ticked, but nothing planned");
        let phone = w.phone_of(caregiver);
        let visit = w.desk.plans(caregiver.id, home.client, today_at(10, 0), today_at(11, 0));
        assert_eq!(w.desk.transmission(caregiver.id), "pending");
        phone.sync().unwrap();
        assert!(phone.sees(visit));
        // The phone acknowledges what it shows with its next pull.
        w.time.pass(6 * MINUTE_MS);
        phone.sync().unwrap();
        assert_eq!(w.desk.transmission(caregiver.id), "transmitted");
        let at = w.desk.caregiver(caregiver.id)["transmission_at"].as_i64().expect("when");
        assert!(at <= w.time.now().0);

        w.desk.transmits(caregiver.id, false);
        phone.sync().unwrap();
        assert!(!phone.sees(visit), "withheld from now on");
        assert!(phone.clients().unwrap().is_empty());
        assert_eq!(w.desk.transmission(caregiver.id), "not_sent");

        w.desk.transmits(caregiver.id, true);
        phone.sync().unwrap();
        assert!(phone.sees(visit), "what comes back starts again from 0");
        w.time.pass(8 * DAY_MS);
        assert_eq!(w.desk.transmission(caregiver.id), "error", "silent for longer than its lease");
    });
}

/// O-06: a membership that ends takes its planning and sheets from the phone.
#[test]
fn an_ended_membership_leaves_nothing() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(10, 0));
        amina.phone.sync().unwrap();
        assert!(amina.phone.sees(visit));
        let path = format!("/api/desk/caregivers/{}/end", amina.caregiver.id);
        let early = w.desk.post(&path, &serde_json::json!({}));
        assert_eq!(early.refusal(), "in_use", "a visit is still to come");
        w.time.until(today_at(12, 0));
        let _ = w.desk.post(&path, &serde_json::json!({})).ok();
        amina.phone.sync().unwrap();
        assert!(!amina.phone.sees(visit));
        assert!(amina.phone.clients().unwrap().is_empty());
    });
}

/// O-08: a visit moved out of the window by mistake and back brings its stamps and hours with it.
#[test]
fn a_visit_that_comes_back_brings_what_hangs_on_it() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(10, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(10, 0));
        let _ = amina.phone.badges(tap(&home.nfc), None, false).unwrap();
        w.time.pass(HOUR_MS);
        let _ = amina.phone.badges(tap(&home.nfc), None, false).unwrap();
        amina.phone.sync().unwrap();
        let who = amina.caregiver.id;
        w.desk.moves(visit, who, home.client, day_at(60, 10, 0), day_at(60, 11, 0));
        amina.phone.sync().unwrap();
        assert!(!amina.phone.sees(visit));
        w.desk.moves(visit, who, home.client, today_at(10, 0), today_at(11, 0));
        amina.phone.sync().unwrap();
        let sheet = amina.phone.visit(visit).unwrap();
        assert_eq!((sheet.stamps.len(), sheet.hours.badged), (2, 60));
    });
}

/// O-08, F10: an online phone and the desk hear of a change at once; another agency hears nothing.
#[test]
fn a_change_is_heard_at_once_by_those_concerned() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(10, 0));
        let _ = w.visit(&bruno, &home, today_at(12, 0));
        amina.phone.sync().unwrap();
        bruno.phone.sync().unwrap();
        let (_, elsewhere) = w.agency("Autre Rive", "denis");
        let (at_desk, at_theirs) = (w.desk.listens(), elsewhere.listens());
        let (hers, his) =
            (listens(&amina.phone.poke_request()), listens(&bruno.phone.poke_request()));
        w.desk.moves(visit, amina.caregiver.id, home.client, today_at(11, 0), today_at(12, 0));
        let patience = std::time::Duration::from_secs(20);
        let _ = hers.recv_timeout(patience).expect("her phone is poked");
        let _ = at_desk.recv_timeout(patience).expect("so is the desk");
        amina.phone.sync().unwrap();
        assert_eq!(amina.phone.visit(visit).unwrap().line.visit.starts_at, today_at(11, 0));
        assert!(his.try_recv().is_err(), "her planning is not his");
        assert!(at_theirs.try_recv().is_err(), "nor another agency's");
    });
}

/// O-07, F10: the desk hears of it when a phone confirms what it shows, without waiting for its timer;
/// a phone that confirms nothing new says nothing.
#[test]
fn a_confirmed_planning_is_heard_at_the_desk() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let _ = w.visit(&amina, &home, today_at(10, 0));
        amina.phone.sync().unwrap();
        let (_, elsewhere) = w.agency("Autre Rive", "denis");
        let (here, there) = (w.desk.listens(), elsewhere.listens());
        w.time.pass(6 * MINUTE_MS);
        amina.phone.sync().unwrap();
        let told =
            here.recv_timeout(std::time::Duration::from_secs(20)).expect("the desk is poked");
        assert!(told.contains(&format!("desk/{}", w.organisation)), "{told}");
        assert_eq!(w.desk.transmission(amina.caregiver.id), "transmitted");
        assert!(there.try_recv().is_err(), "not another agency's");
    });
}
