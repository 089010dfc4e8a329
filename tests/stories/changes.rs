//! Changes of the planning: told once, in words, until the worker has seen them (row O-10).

use releve_core::door::{Act, Ask, View};
use releve_shared::planning::PlanningChange;
use releve_shared::time::MINUTE_MS;
use releve_tests::world::World;
use releve_tests::world::phone::Phone;
use releve_tests::world::reading::tap;
use releve_tests::world::time::{day_at, today_at};
use serde_json::json;

fn changes(phone: &Phone) -> Vec<PlanningChange> {
    match phone.ask(&Ask::Changes) {
        Ok(View::Changes { changes }) => changes,
        other => panic!("{other:?}"),
    }
}

/// O-10: moved while she works: it rings once, shows before and after, and the desk sees who has not
/// seen it, until she has, even without network.
#[test]
fn a_moved_visit_rings_once_and_waits_to_be_seen() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let (first, later) = (w.home("Lefèvre"), w.home("Garnier"));
        let _ = w.visit(&amina, &first, today_at(8, 0));
        let moved = w.visit(&amina, &later, today_at(14, 0));
        amina.phone.sync().unwrap();
        let _ = amina.phone.act(Act::Rang);
        for change in changes(&amina.phone) {
            amina.phone.act(Act::SawChange { visit: change.visit, n: change.n }).unwrap();
        }
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&first.nfc), None, false).unwrap();
        let who = amina.caregiver.id;
        w.desk.moves(moved, who, later.client, today_at(15, 0), today_at(16, 0));
        w.desk.moves(moved, who, later.client, today_at(15, 30), today_at(16, 30));
        amina.phone.sync().unwrap();

        let state = amina.phone.state();
        assert_eq!((state.changes, state.ring), (1, 1), "two changes of one visit are one");
        let told = changes(&amina.phone);
        let (before, after) = (told[0].before.clone().unwrap(), told[0].after.clone().unwrap());
        assert_eq!((before.starts_at, after.starts_at), (today_at(14, 0), today_at(15, 30)));
        assert_eq!(amina.phone.visit(moved).unwrap().change.map(|c| c.n), Some(told[0].n));
        amina.phone.act(Act::Rang).unwrap();
        assert_eq!(amina.phone.state().ring, 0, "once");
        amina.phone.restart();
        assert_eq!((amina.phone.state().changes, amina.phone.state().ring), (1, 0));

        let path = "/api/desk/planning-changes?unseen=true";
        let unseen = w.desk.get(path).ok();
        assert_eq!(unseen[0]["caregiver_name"], "Amina Diallo", "the desk sees who: {unseen}");
        assert_eq!(unseen[0]["changed_by"], json!("Chloé Martin"), "and who changed it");
        amina.phone.offline(|phone| {
            phone.act(Act::SawChange { visit: moved, n: told[0].n }).unwrap();
            assert_eq!(phone.state().changes, 0, "seen here at once");
        });
        amina.phone.sync().unwrap();
        assert_eq!(w.desk.get(path).ok(), json!([]));
        let all = w.desk.get("/api/desk/planning-changes").ok();
        let seen = all.as_array().unwrap().iter().find(|c| c["visit"] == moved.to_string());
        assert!(seen.unwrap()["seen_at"].is_i64(), "{all}");

        // Another change is another one; an old acknowledgement does not hide it.
        w.desk.cancels(moved);
        amina.phone.sync().unwrap();
        let told = changes(&amina.phone);
        assert!(told[0].after.as_ref().unwrap().cancelled);
        assert_eq!(amina.phone.state().ring, 1);
    });
}

/// O-10, B-14: outside working time nothing rings; at the first worked minute it does.
#[test]
fn a_change_is_held_until_working_time() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let (first, later) = (w.home("Lefèvre"), w.home("Garnier"));
        let _ = w.visit(&amina, &first, day_at(1, 8, 0));
        let moved = w.visit(&amina, &later, day_at(4, 14, 0));
        amina.phone.sync().unwrap();
        amina.phone.act(Act::Rang).unwrap();
        let before = amina.phone.state().changes;
        w.time.until(today_at(22, 0));
        w.desk.moves(moved, amina.caregiver.id, later.client, day_at(4, 9, 0), day_at(4, 10, 0));
        amina.phone.sync().unwrap();
        let state = amina.phone.state();
        assert_eq!((state.changes, state.ring), (before + 1, 0), "at ten in the evening: held");
        w.time.until(day_at(1, 8, 0));
        assert_eq!(amina.phone.state().ring, 1, "the first worked minute");
    });
}

/// O-10: given to somebody else it leaves one planning and comes into the other; undone, it is nothing.
#[test]
fn a_visit_given_on_is_told_to_both_and_undone_to_nobody() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, day_at(5, 10, 0));
        // Each keeps a visit: a planning without any leaves the phone as a whole (row O-06).
        let _ = (w.visit(&amina, &home, day_at(6, 8, 0)), w.visit(&bruno, &home, day_at(6, 10, 0)));
        amina.phone.sync().unwrap();
        bruno.phone.sync().unwrap();
        let (from, to) = (day_at(5, 10, 0), day_at(5, 11, 0));
        w.desk.moves(visit, bruno.caregiver.id, home.client, from, to);
        amina.phone.sync().unwrap();
        bruno.phone.sync().unwrap();
        assert!(changes(&amina.phone)[0].after.is_none(), "it has left hers");
        assert!(changes(&bruno.phone)[0].before.is_none(), "it is new in his");
        w.desk.moves(visit, amina.caregiver.id, home.client, from, to);
        amina.phone.sync().unwrap();
        bruno.phone.sync().unwrap();
        assert!(changes(&amina.phone).is_empty(), "back as she knew it");
        assert!(changes(&bruno.phone).is_empty());
        w.time.pass(MINUTE_MS);
        assert_eq!(w.desk.get("/api/desk/planning-changes?unseen=true").ok(), json!([]));
    });
}
