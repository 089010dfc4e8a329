//! Whom to call: emergency numbers that are always there, "Rappelez-moi", the directory, and colleagues
//! who come and go with a common client.

use releve_core::door::{Act, ActState, Ask, CallbackLine, DirectoryLine, PhoneState, View};
use releve_server::notices::{self, Kind, State};
use releve_shared::contact::CallbackState;
use releve_shared::refusal::Refusal;
use releve_shared::time::{DAY_MS, MINUTE_MS};
use releve_tests::world::desk::{Desk, of};
use releve_tests::world::link::listens;
use releve_tests::world::phone::Phone;
use releve_tests::world::time::{day_at, today_at};
use releve_tests::world::{PASSWORD, Worker, World};
use serde_json::{Value, json};

/// The numbers that a phone shows, and the requests to be called back.
fn contacts(phone: &Phone) -> (Vec<String>, Vec<CallbackLine>) {
    match phone.ask(&Ask::Contacts) {
        Ok(View::Contacts(view)) => {
            (view.emergency.into_iter().map(|n| n.phone).collect(), view.callbacks)
        }
        other => panic!("{other:?}"),
    }
}

fn directory(phone: &Phone) -> Vec<DirectoryLine> {
    match phone.ask(&Ask::Directory) {
        Ok(View::Directory { people }) => people,
        other => panic!("{other:?}"),
    }
}

fn names(phone: &Phone) -> Vec<String> {
    directory(phone).into_iter().map(|line| line.name).collect()
}

fn callbacks(desk: &Desk) -> Vec<Value> {
    desk.get("/api/desk/callbacks").ok().as_array().expect("a list").clone()
}

/// O-24: the office's numbers reach the phone by themselves and stay at hand: offline, over the lease,
/// and after the planning has left.
#[test]
fn emergency_numbers_are_always_at_hand() {
    World::each(|w| {
        let amina = w.worker("Amina");
        assert_eq!(contacts(&amina.phone).0, ["15", "18", "17", "112", "114"], "before any sync");
        let home = w.home("Lefèvre");
        let _ = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        let ours = json!({ "numbers": [
            { "kind": "on_call", "label": "Astreinte", "phone": "06 39 98 10 20" },
            { "kind": "samu", "label": "SAMU", "phone": "15" },
        ] });
        let _ = w.desk.put("/api/desk/emergency-numbers", &ours).ok();
        amina.phone.sync().unwrap();
        assert_eq!(contacts(&amina.phone).0, ["+33639981020", "15"], "in the office's order");

        amina.phone.offline(|phone| {
            w.time.until(day_at(9, 8, 0));
            assert_eq!(phone.state().state, PhoneState::LeaseOver);
            assert_eq!(phone.ask(&Ask::Directory).map(|_| ()), Err(Refusal::LeaseOver));
            phone.restart();
            assert_eq!(contacts(phone).0, ["+33639981020", "15"]);
        });
        w.desk.transmits(amina.caregiver.id, false);
        amina.phone.sync().unwrap();
        assert!(amina.phone.clients().unwrap().is_empty(), "nothing is transmitted any more");
        assert_eq!(contacts(&amina.phone).0, ["+33639981020", "15"]);

        w.desk.transmits(amina.caregiver.id, true);
        let _ = w.visit(&amina, &home, day_at(10, 8, 0));
        let _ = w.desk.put("/api/desk/emergency-numbers", &json!({ "numbers": [] })).ok();
        amina.phone.sync().unwrap();
        assert!(contacts(&amina.phone).0.is_empty(), "none is a choice too");
    });
}

/// O-25: one tap without network, several taps are one request; the phone shows who took it and who
/// called, the line manager is told by a mail that names nobody.
#[test]
fn call_me_back_is_one_request_and_its_states_are_told() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let _ = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        let second = w.phone_of(amina.caregiver);
        for login in ["marie@tilleuls.example", "paul@tilleuls.example"] {
            w.opens_account(login, "Marie Petit");
        }
        let marie = Desk::new(&w.url());
        let _ = marie.sign_in("marie@tilleuls.example", PASSWORD).ok();
        let path = format!("/api/desk/caregivers/{}/manager", amina.caregiver.id);
        let me = marie.get("/api/desk/me").ok();
        let _ = marie.put(&path, &json!({ "account": me["account_id"] })).ok();

        amina.phone.offline(|phone| {
            for _ in 0..3 {
                let _ = phone.act(Act::CallMe).unwrap();
                w.time.pass(MINUTE_MS);
            }
            let lines = contacts(phone).1;
            assert_eq!(lines.len(), 1, "{lines:?}");
            assert_eq!(lines[0].sent, ActState::OnPhone);
            assert_eq!(phone.tally().0, 1, "and one act to send");
        });
        amina.phone.sync().unwrap();
        let listed = callbacks(&marie);
        assert_eq!(listed.len(), 1);
        let id: String = of(&listed[0], "id");
        assert_eq!(
            (&listed[0]["state"], &listed[0]["first_name"]),
            (&json!("requested"), &json!("Amina"))
        );
        let mails = |about: &str| {
            let (held, about) = (w.server(), about.to_owned());
            let server = held.as_ref().expect("a server");
            server.read(move |tx| Ok(notices::about(tx, Kind::Callback, about.clone())?))
        };
        let told = mails(&id);
        assert_eq!(told.len(), 1, "the line manager, and nobody else: {told:?}");
        assert_eq!((&told[0].0, told[0].1.as_str()), (&State::Queued, "marie@tilleuls.example"));

        // The server merges too: another phone of hers knows nothing of the first tap.
        let _ = second.act(Act::CallMe).unwrap();
        second.sync().unwrap();
        let listed = callbacks(&marie);
        assert_eq!((listed.len(), &listed[0]["times"]), (1, &json!(2)), "{listed:?}");

        let _ = marie.post(&format!("/api/desk/callbacks/{id}/take"), &json!({})).ok();
        let again = marie.post(&format!("/api/desk/callbacks/{id}/take"), &json!({})).refusal();
        assert_eq!(again, "stale");
        amina.phone.sync().unwrap();
        let line = contacts(&amina.phone).1.remove(0);
        assert_eq!((line.state, line.by.as_str()), (CallbackState::Taken, "Marie Petit"));
        w.time.pass(MINUTE_MS);
        let _ = marie.post(&format!("/api/desk/callbacks/{id}/called"), &json!({})).ok();
        amina.phone.sync().unwrap();
        let line = contacts(&amina.phone).1.remove(0);
        assert_eq!((line.state, line.done_at), (CallbackState::CalledBack, Some(w.time.now())));

        // Answered: the next tap is another request, and so is one after five minutes.
        let _ = amina.phone.act(Act::CallMe).unwrap();
        w.time.pass(5 * MINUTE_MS + 1);
        let _ = amina.phone.act(Act::CallMe).unwrap();
        amina.phone.sync().unwrap();
        assert_eq!(callbacks(&marie).len(), 3);
        let (_, other) = w.agency("Autre Rive", "denis");
        assert!(callbacks(&other).is_empty());
        let foreign = other.post(&format!("/api/desk/callbacks/{id}/called"), &json!({}));
        assert_eq!(foreign.refusal(), "not_found");
    });
}

/// O-26, O-28: what the office writes in the directory reaches phones as a delta and stays without
/// network; what it removes leaves.
#[test]
fn the_directory_follows_the_office() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let _ = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        assert!(directory(&amina.phone).is_empty());
        let entry =
            json!({ "name": "Dr Roux", "role": "Médecin coordonnateur", "phone": "0563540102" });
        let kept = w.desk.post("/api/desk/directory", &entry).ok();
        let id: String = of(&kept["entries"][0], "id");
        let _ =
            w.desk.post("/api/desk/directory", &json!({ "name": "Accueil", "phone": "3949" })).ok();
        amina.phone.sync().unwrap();
        amina.phone.offline(|phone| {
            let people = directory(phone);
            assert_eq!(people[0].name, "Accueil");
            assert_eq!((people[1].phone.as_str(), people[1].colleague), ("+33563540102", false));
        });
        let path = format!("/api/desk/directory/{id}");
        let changed = json!({ "name": "Dr Roux", "role": "Médecin", "phone": "0563540103" });
        let _ = w.desk.put(&path, &changed).ok();
        amina.phone.sync().unwrap();
        assert_eq!(directory(&amina.phone)[1].phone, "+33563540103");
        let _ = w.desk.call("DELETE", &path, None).ok();
        amina.phone.sync().unwrap();
        assert_eq!(names(&amina.phone), ["Accueil"]);
    });
}

/// O-27: colleagues with a common client find each other while they share one; nobody else does.
#[test]
fn colleagues_come_and_go_with_a_common_client() {
    World::each(|w| {
        let (amina, bruno, chantal) = (w.worker("Amina"), w.worker("Bruno"), w.worker("Chantal"));
        let (common, alone) = (w.home("Lefèvre"), w.home("Garcia"));
        let _ = w.visit(&amina, &common, today_at(8, 0));
        let _ = w.visit(&bruno, &common, day_at(1, 8, 0));
        let theirs = w.visit(&bruno, &alone, day_at(1, 10, 0));
        let _ = w.visit(&chantal, &alone, day_at(5, 14, 0));
        let sync = |of: &[&Worker]| of.iter().for_each(|one| one.phone.sync().unwrap());
        sync(&[&amina, &bruno, &chantal]);
        assert!(names(&bruno.phone).is_empty(), "off by default");

        let on = json!({ "share_colleagues": true });
        assert_eq!(w.desk.put("/api/desk/colleagues", &on).refusal(), "not_allowed");
        let _ = w.director().put("/api/desk/colleagues", &on).ok();
        sync(&[&amina, &bruno, &chantal]);
        assert_eq!(names(&amina.phone), ["Bruno Diallo"]);
        assert_eq!(names(&bruno.phone), ["Amina Diallo", "Chantal Diallo"]);
        assert_eq!(names(&chantal.phone), ["Bruno Diallo"]);
        assert!(directory(&chantal.phone)[0].colleague);

        let file = json!({ "first_name": "Bruno", "last_name": "Diallo", "phone": "0639981020",
            "role": "Aide-soignant" });
        let _ = w.desk.put(&format!("/api/desk/caregivers/{}", bruno.caregiver.id), &file).ok();
        w.desk.cancels(theirs);
        sync(&[&amina, &bruno, &chantal]);
        let seen = directory(&amina.phone).remove(0);
        assert_eq!((seen.role.as_str(), seen.phone.as_str()), ("Aide-soignant", "+33639981020"));
        assert_eq!(names(&bruno.phone), ["Amina Diallo"]);
        assert!(names(&chantal.phone).is_empty(), "they share nobody any more");

        // By time alone: the last common visit is long over.
        w.time.until(day_at(6, 8, 0));
        let _ = w.visit(&amina, &alone, day_at(6, 9, 0));
        sync(&[&amina, &chantal]);
        assert_eq!(names(&amina.phone), ["Bruno Diallo", "Chantal Diallo"]);
        w.time.pass(4 * DAY_MS);
        sync(&[&amina]);
        assert_eq!(names(&amina.phone), ["Chantal Diallo"]);
        let _ =
            w.director().put("/api/desk/colleagues", &json!({ "share_colleagues": false })).ok();
        sync(&[&amina]);
        assert!(names(&amina.phone).is_empty());
    });
}

/// O-26, O-27: a common client that is gained or lost pokes the phones of those who go there too, and
/// nobody else's: their directories change within seconds, not at their next look.
#[test]
fn a_common_client_gained_or_lost_pokes_the_colleagues() {
    World::each(|w| {
        let (amina, bruno, chantal) = (w.worker("Amina"), w.worker("Bruno"), w.worker("Chantal"));
        let (common, alone) = (w.home("Lefèvre"), w.home("Garcia"));
        let _ = w.visit(&amina, &common, today_at(8, 0));
        let _ = w.visit(&chantal, &alone, today_at(8, 0));
        let on = json!({ "share_colleagues": true });
        let _ = w.director().put("/api/desk/colleagues", &on).ok();
        [&amina, &bruno, &chantal].iter().for_each(|one| one.phone.sync().unwrap());
        assert!(names(&amina.phone).is_empty());

        let patience = std::time::Duration::from_secs(20);
        let hers = listens(&amina.phone.poke_request());
        let elsewhere = listens(&chantal.phone.poke_request());
        let follows = |what: &str, seen: &[&str]| {
            let _ = hers.recv_timeout(patience).unwrap_or_else(|_| panic!("{what}: no poke"));
            amina.phone.sync().unwrap();
            assert_eq!(names(&amina.phone), seen, "{what}");
            while hers.try_recv().is_ok() {}
        };
        let visit = w.visit(&bruno, &common, day_at(1, 8, 0));
        follows("planned", &["Bruno Diallo"]);
        let (from, to) = (day_at(1, 8, 0), day_at(1, 9, 0));
        w.desk.moves(visit, bruno.caregiver.id, alone.client, from, to);
        follows("moved to another home", &[]);
        let _ = elsewhere.recv_timeout(patience).expect("he comes to hers now");
        while elsewhere.try_recv().is_ok() {}
        w.desk.moves(visit, bruno.caregiver.id, common.client, from, to);
        follows("moved back", &["Bruno Diallo"]);
        w.desk.cancels(visit);
        follows("called off", &[]);
    });
}
