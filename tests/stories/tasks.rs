//! Tasks of visits, and the words at their end (rows O-35 to O-41).

use releve_core::door::Act;
use releve_shared::refusal::Refusal;
use releve_shared::task::{NotDoneReason, TaskLine, TaskState};
use releve_shared::time::HOUR_MS;
use releve_shared::visit::VisitNotes;
use releve_tests::world::World;
use releve_tests::world::reading::tap;
use releve_tests::world::time::today_at;
use serde_json::json;

fn line(label: &str, planned: bool, state: TaskState) -> TaskLine {
    TaskLine { label: label.into(), planned, state, reason: None, why: String::new() }
}

/// O-39, O-40, O-41: hidden before the start, there right after it without network, ticked, added to,
/// and a snapshot at the desk after the end.
#[test]
fn tasks_come_with_the_start_and_stay_at_the_desk() {
    World::each(|w| {
        let list = json!({ "name": "Aide au lever",
            "tasks": ["Toilette", "Habillage", "Petit déjeuner", "Courses"] });
        let made = w.desk.post("/api/desk/services", &list).ok();
        let service = made[0]["id"].as_str().unwrap().to_owned();
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        let path = format!("/api/desk/visits/{visit}/tasks");
        let planned = json!({ "tasks": ["Toilette", "Habillage"] });
        assert_eq!(w.desk.put(&path, &planned).ok()["edited"], json!(true));
        amina.phone.sync().unwrap();
        assert_eq!(amina.phone.visit(visit).unwrap().tasks, None, "hidden before the start");
        let write = |tasks: Vec<TaskLine>| amina.phone.act(Act::WriteTasks { visit, tasks });
        assert_eq!(write(Vec::new()), Err(Refusal::NotStarted));

        w.time.until(today_at(8, 0));
        amina.phone.offline(|phone| {
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
            let tasks = phone.visit(visit).unwrap().tasks.expect("right after the start, offline");
            let labels: Vec<_> = tasks.lines.iter().map(|l| l.label.as_str()).collect();
            assert_eq!(labels, ["Toilette", "Habillage"]);
            assert_eq!(tasks.offered, ["Petit déjeuner", "Courses"], "what is left to add");
            let mut not_done = line("Habillage", true, TaskState::NotDone);
            let done = line("Toilette", true, TaskState::Done);
            assert_eq!(write(vec![not_done.clone()]), Err(Refusal::ReasonMissing));
            not_done.reason = Some(NotDoneReason::Refused);
            write(vec![done, not_done, line("Courses", false, TaskState::Done)]).unwrap();
            let held = phone.visit(visit).unwrap().tasks.unwrap();
            assert_eq!(
                (held.lines.len(), held.lines[2].planned),
                (3, false),
                "added, and told apart"
            );
            w.time.pass(HOUR_MS);
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        });
        amina.phone.sync().unwrap();
        let sheet = w.desk.get(&path).ok();
        let states: Vec<_> =
            sheet["lines"].as_array().unwrap().iter().map(|l| &l["state"]).collect();
        assert_eq!(states, ["done", "not_done", "done"], "O-41: {sheet}");
        assert_eq!(sheet["lines"][1]["reason"], "refused");
        assert!(sheet["reported_at"].is_i64());
        assert_eq!(
            w.desk.put(&path, &planned).refusal(),
            "already_ended",
            "a snapshot from now on"
        );

        // O-37: the list goes on; what was reported stays.
        let next = json!({ "name": "Aide au lever", "tasks": ["Lever"], "rev": 1 });
        let _ = w.desk.put(&format!("/api/desk/services/{service}"), &next).ok();
        assert_eq!(w.desk.get(&path).ok()["lines"], sheet["lines"]);
        let accept = json!({ "rev": w.desk.line(visit)["rev"] });
        let _ = w.desk.post(&format!("/api/desk/visits/{visit}/accept"), &accept).ok();
        amina.phone.sync().unwrap();
        assert!(!amina.phone.visit(visit).unwrap().tasks.unwrap().open, "O-19: decided");
        assert_eq!(write(vec![line("Lever", true, TaskState::Done)]), Err(Refusal::NotAllowed));
    });
}

/// O-35, O-36: a word on the kilometres, a report at the end; the office finds it in a list.
#[test]
fn a_report_is_read_in_the_visit_and_in_a_list() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        let other = w.visit(&bruno, &home, today_at(10, 0));
        amina.phone.sync().unwrap();
        bruno.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        let notes = VisitNotes {
            distance_hm: Some(41),
            distance_note: "Détour par la pharmacie".into(),
            report: "Mme Lefèvre a bien mangé.".into(),
            ..VisitNotes::default()
        };
        amina.phone.act(Act::WriteNotes { visit, notes: notes.clone() }).unwrap();
        amina.phone.sync().unwrap();
        bruno.phone.notes(other, 3, 0, "Rien à signaler").unwrap();
        bruno.phone.sync().unwrap();
        assert_eq!(amina.phone.visit(visit).unwrap().notes, notes, "back from the server");
        let line = w.desk.line(visit);
        assert_eq!(line["notes"]["distance_note"], "Détour par la pharmacie", "O-36");
        assert_eq!(line["notes"]["report"], "Mme Lefèvre a bien mangé.", "O-35");

        let day = "day=2026-11-23&to=2026-11-23";
        let all = w.desk.get(&format!("/api/desk/reports?{day}")).ok();
        assert_eq!(all.as_array().map(Vec::len), Some(2), "{all}");
        let who = amina.caregiver.id;
        for filter in ["q=mange".to_owned(), format!("membership={who}")] {
            let found = w.desk.get(&format!("/api/desk/reports?{day}&{filter}")).ok();
            assert_eq!(found[0]["report"], "Mme Lefèvre a bien mangé.", "{filter}: {found}");
            assert_eq!(found.as_array().map(Vec::len), Some(1), "{filter}");
        }
        let none = w.desk.get("/api/desk/reports?day=2026-11-24&to=2026-11-24").ok();
        assert_eq!(none, json!([]));
    });
}
