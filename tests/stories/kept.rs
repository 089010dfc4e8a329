//! Every class of data has an end, and keeps until then what it should (row B-19).

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use releve_core::door::Act;
use releve_shared::alarm::Kind;
use releve_shared::proof::Export;
use releve_shared::request::{AbsenceReason, Asked, RequestKind};
use releve_shared::task::{TaskLine, TaskState};
use releve_shared::time::{DAY_MS, HOUR_MS, Moment};
use releve_shared::travel::{Correction, Leg};
use releve_shared::visit::{ClockKind, ManualReason, VisitNotes};
use releve_tests::world::World;
use releve_tests::world::alarm::AlarmLane;
use releve_tests::world::desk::{Desk, visit_input};
use releve_tests::world::time::{day_at, today_at};
use serde_json::{Value, json};

use super::alarm_raised::{node, tick};
use super::retention::tends;

const CANARY: &str = "CANARI-19";

releve_server::statements! {
    /// What is left of the first day, class by class, in the order of [`CLASSES`].
    LEFT = "SELECT (SELECT COUNT(*) FROM staff_photo),
                   (SELECT COUNT(*) FROM session WHERE created_at < $1),
                   (SELECT COUNT(*) FROM alarm_position),
                   (SELECT COUNT(*) FROM callback),
                   (SELECT COUNT(*) FROM notice),
                   (SELECT COUNT(*) FROM message),
                   (SELECT COUNT(*) FROM planning_change),
                   (SELECT COUNT(*) FROM audit_entry WHERE at < $1),
                   (SELECT COUNT(*) FROM device WHERE state = 'signed_out' AND name <> ''),
                   (SELECT COUNT(*) FROM visit_notes WHERE report <> '')
                     + (SELECT COUNT(*) FROM visit_task_report)
                     + (SELECT COUNT(*) FROM travel WHERE note <> '')
                     + (SELECT COUNT(*) FROM clock_note)
                     + (SELECT COUNT(*) FROM visit WHERE instructions <> ''),
                   (SELECT COUNT(*) FROM client WHERE last_name <> '(effacé)'),
                   (SELECT COUNT(*) FROM receipt),
                   (SELECT COUNT(*) FROM alarm) + (SELECT COUNT(*) FROM alarm_entry),
                   (SELECT COUNT(*) FROM request),
                   (SELECT COUNT(*) FROM visit) + (SELECT COUNT(*) FROM clock_event)
                     + (SELECT COUNT(*) FROM clock_measure) + (SELECT COUNT(*) FROM chain_head)
                     + (SELECT COUNT(*) FROM retained_period) + (SELECT COUNT(*) FROM travel),
                   (SELECT COUNT(*) FROM person WHERE last_name = 'Partie')";
}

/// Each class, its usual period in days, and days from the first to the one from which it counts.
const CLASSES: [(&str, i64, i64); 16] = [
    ("photos", 30, 0),
    ("sessions", 30, 0),
    ("positions", 60, 0),
    ("callbacks", 90, 0),
    ("notices", 90, 0),
    ("messages", 365, 0),
    ("changes", 365, 0),
    ("log", 365, 0),
    ("phones", 365, 0),
    ("words", 730, 0),
    ("sheets", 730, 0),
    ("receipts", 1_096, 0),
    ("alarms", 1_096, 0),
    ("requests", 1_095, 3),
    ("hours", 1_827, 0),
    ("staff", 1_827, 0),
];

fn left(w: &World) -> Vec<u64> {
    let held = w.server();
    held.as_ref().expect("a server").read(|tx| {
        let row = tx.query_one(&LEFT, &[day_at(1, 0, 0).into()])?;
        (0..CLASSES.len()).map(|class| Ok(row.get(class)?)).collect()
    })
}

/// Rows of the whole database that hold the canary, by table.
fn canaries(w: &World) -> Vec<String> {
    let held = w.server();
    held.as_ref().expect("a server").read(|tx| {
        let mut found = Vec::new();
        for table in tx.tables()? {
            tx.each_row(&table, &mut |row| {
                if format!("{row:?}").to_uppercase().contains(CANARY) {
                    found.push(table.name().to_owned());
                }
                Ok(())
            })?;
        }
        Ok(found)
    })
}

fn report(desk: &Desk, class: &str) -> Value {
    let rows = desk.get("/api/desk/retention").ok();
    rows.as_array().unwrap().iter().find(|row| row["class"] == class).expect("a class").clone()
}

fn picture() -> String {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 300, 300);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&vec![90; 300 * 300]).expect("a picture");
    writer.finish().expect("the end");
    STANDARD.encode(bytes)
}

/// The first day: somebody works, writes, asks, presses, and somebody leaves.
fn first_day(w: &World) {
    w.opens_account("marie@tilleuls.example", "Marie Petit");
    let amina = w.worker("Amina");
    let (home, next) = (w.home(CANARY), w.home("Garnier"));
    let (visit, second) =
        (w.visit(&amina, &home, today_at(8, 0)), w.visit(&amina, &next, today_at(10, 0)));
    let list = json!({ "name": "Aide au lever", "tasks": ["Toilette"] });
    let _ = w.desk.post("/api/desk/services", &list).ok();
    let tasks = json!({ "tasks": ["Toilette"] });
    let _ = w.desk.put(&format!("/api/desk/visits/{visit}/tasks"), &tasks).ok();
    amina.phone.sync().unwrap();
    let mut moved =
        visit_input(amina.caregiver.id, next.client, today_at(10, 30), today_at(11, 30));
    moved["instructions"] = json!(CANARY);
    let _ = w.desk.put(&format!("/api/desk/visits/{second}"), &moved).ok();
    amina.phone.sync().unwrap();

    w.time.until(today_at(8, 0));
    let by_hand = |kind| Act::ClockByHand {
        visit: Some(visit),
        client: None,
        kind,
        reason: Some(ManualReason::Other),
        note: CANARY.to_owned(),
        declared_at: None,
    };
    let phone = &amina.phone;
    let _ = phone.act(by_hand(ClockKind::Start)).unwrap();
    let done = TaskLine {
        label: "Toilette".into(),
        planned: true,
        state: TaskState::Done,
        reason: None,
        why: CANARY.to_owned(),
    };
    phone.act(Act::WriteTasks { visit, tasks: vec![done] }).unwrap();
    phone.act(Act::AddReceipt { visit, picture: picture() }).unwrap();
    let notes =
        VisitNotes { report: CANARY.to_owned(), distance_hm: Some(40), ..VisitNotes::default() };
    phone.act(Act::WriteNotes { visit, notes }).unwrap();
    w.time.pass(HOUR_MS);
    let _ = phone.act(by_hand(ClockKind::End)).unwrap();
    let correction = Correction {
        from: visit,
        leg: Leg { distance_hm: Some(31), minutes: Some(12) },
        note: CANARY.to_owned(),
    };
    phone.act(Act::CorrectTravel { visit: second, correction: Some(correction) }).unwrap();
    let asked = Asked {
        kind: RequestKind::Absence,
        reason: Some(AbsenceReason::Leave),
        starts_at: day_at(2, 0, 0),
        ends_at: day_at(3, 0, 0),
        visit: None,
        text: CANARY.to_owned(),
    };
    phone.act(Act::AskOffice { asked }).unwrap();
    phone.act(Act::CallMe).unwrap();
    let (thread, text, alert) = (None, CANARY.to_owned(), true);
    phone.act(Act::WriteMessage { thread, text, alert }).unwrap();
    phone.sync().unwrap();
    phone.sync().unwrap();
    let hours = json!({ "rev": w.desk.line(visit)["rev"], "starts_at": today_at(8, 0),
        "ends_at": today_at(9, 0), "reason": "other", "note": "Vu ensemble" });
    let _ = w.desk.post(&format!("/api/desk/visits/{visit}/correct"), &hours).ok();

    let lane = AlarmLane::of(w, &amina);
    let alarm = lane.draw();
    let _ = lane.raises(alarm, Kind::Panic);
    let _ = tick(&node(w));
    let taken = w.desk.post(&format!("/api/desk/alarms/{alarm}/acknowledge"), &json!({}));
    assert!(taken.status < 300, "{}", taken.text);
    let closed = json!({ "cause": "false", "reason": CANARY });
    let _ = w.desk.post(&format!("/api/desk/alarms/{alarm}/resolve"), &closed).ok();

    let gone = w.desk.adds_caregiver("Odile", "Partie");
    let photo = json!({ "picture": picture() });
    let _ = w.desk.put(&format!("/api/desk/caregivers/{}/photo", gone.id), &photo).ok();
    w.desk.transmits(gone.id, true);
    let hers = w.phone_of(gone);
    let _ = hers.act(Act::SignOut { even_unsent: true }).unwrap();
    let _ = w.desk.post(&format!("/api/desk/caregivers/{}/end", gone.id), &json!({})).ok();
}

/// B-19: of each class nothing goes a day early, and everything is gone a day late; the report says
/// before what will go and when, and after what went; proof and log verify all along.
#[test]
fn nothing_goes_early_and_everything_goes() {
    World::each(|w| {
        first_day(w);
        let director = w.director();
        tends(w);
        let first = left(w);
        assert!(first.iter().all(|rows| *rows > 0), "each class has something: {first:?}");
        let planted: BTreeSet<String> = canaries(w).into_iter().collect();
        assert!(planted.len() >= 9, "planted everywhere: {planted:?}");
        // Classes whose end is the same day go in one pass.
        let end = |(_, days, from): (&str, i64, i64)| {
            day_at(i32::try_from(from).unwrap(), 0, 0).plus(days * DAY_MS)
        };
        for group in CLASSES.chunk_by(|a, b| end(*a) == end(*b)) {
            let due = end(group[0]);
            let each = || CLASSES.iter().enumerate().filter(|(_, one)| group.contains(one));
            for (_, (class, days, _)) in each() {
                let row = report(&director, class);
                assert_eq!(
                    (&row["days"], &row["over"]),
                    (&json!(days), &json!(0)),
                    "{class}: {row}"
                );
                let told = row["due_at"].as_i64().map(Moment);
                let told = told.unwrap_or_else(|| panic!("{class}: nothing is due: {row}"));
                assert!(told >= due && told < due.plus(DAY_MS), "{class}: {row}");
            }
            let early = due.plus(-DAY_MS);
            if early > w.time.now() {
                w.time.until(early);
                tends(w);
            }
            let now = left(w);
            for (index, (class, ..)) in each() {
                assert_eq!(now[index], first[index], "{class}: nothing goes a day early");
            }
            w.time.until(due.plus(DAY_MS));
            for (_, (class, ..)) in each() {
                let over = report(&director, class)["over"].as_u64();
                assert!(over.is_some_and(|rows| rows > 0), "{class}: told before");
            }
            tends(w);
            let now = left(w);
            for (index, (class, ..)) in each() {
                assert_eq!(now[index], 0, "{class}: everything is gone: {now:?}");
                let told = report(&director, class);
                assert_eq!(told["over"], 0, "{class}: {told}");
                assert!(told["history"][0]["rows"].as_u64().unwrap() > 0, "{class}: {told}");
            }

            let flaws = w.server().as_ref().unwrap().write(releve_server::audit::verify);
            assert!(flaws.is_empty(), "the log verifies from where it begins: {flaws:?}");
            if !group.iter().any(|(class, ..)| *class == "hours") {
                let answer = director.get("/api/desk/proof?month=2026-11").ok();
                let export: Export = serde_json::from_value(answer).expect("an export");
                assert_eq!(export.check(), Ok((2, 0)), "{group:?}: stamps verify without words");
            }
        }
        assert_eq!(canaries(w), [""; 0], "0 canaries in the whole database");
        assert!(left(w).iter().all(|rows| *rows == 0), "0 rows: {:?}", left(w));
        let entries = director.get("/api/desk/audit?limit=500").ok();
        let told = |class: &str| {
            let what = format!("retention/{class}");
            let hours = |row: &&Value| row["verb"] == "retention.erased" && row["what"] == what;
            entries.as_array().unwrap().iter().find(hours).cloned()
        };
        assert!(told("hours").is_some_and(|row| row["who"] == "system"), "the log says what went");
    });
}
