//! The office: planning, control board, decisions, and what reaches the phones.

use releve_shared::id::VisitId;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, WriteNotes};
use releve_shared::time::{DAY_MS, HOUR_MS};
use releve_shared::visit::{ClockKind, CorrectionReason, Decision, VisitNotes, VisitState};
use serde_json::json;

use super::rules::Status;
use super::scene_tests::{Scene, by_of};
use super::{CorrectInput, Filter, VisitInput};
use crate::visits;

async fn create(scene: &Scene, typed: &VisitInput) -> Result<VisitId, Refusal> {
    let (id, new) = (scene.world.app.id(), typed.check().unwrap());
    scene.desk(move |tx, by, now| visits::create(tx, by, id, &new, now)).await?;
    Ok(id)
}

async fn badged(scene: &mut Scene, from: i64, to: i64) {
    scene.stamps(&scene.by_code(ClockKind::Start), from).await;
    scene.stamps(&scene.by_code(ClockKind::End), to).await;
    scene.world.pass(3 * HOUR_MS);
}

async fn feed(scene: &Scene, kind: RowKind, id: VisitId) -> Option<String> {
    scene.desk(move |tx, _, _| visits::body(tx, &kind, &id.to_string())).await.unwrap()
}

#[tokio::test]
async fn o_08_a_visit_is_planned_moved_cancelled_and_restored() {
    let scene = Scene::new().await;
    let visit = scene.visit;
    assert!(feed(&scene, RowKind::Visit, visit).await.unwrap().contains("Mme Garrigues"));
    let mut typed = scene.input(120);
    typed.rev = Some(scene.row(0).await.rev);
    let new = typed.check().unwrap();
    scene.desk(move |tx, by, now| visits::change(tx, by, visit, &new, now)).await.unwrap();
    assert_eq!(scene.row(0).await.visit.starts_at, scene.at(120));
    let stale = typed.check().unwrap();
    let refused = scene.desk(move |tx, by, now| visits::change(tx, by, visit, &stale, now)).await;
    assert_eq!(refused, Err(Refusal::Stale));

    scene.desk(move |tx, by, now| visits::cancel(tx, by, visit, "hôpital", now)).await.unwrap();
    let row = scene.row(300).await;
    assert_eq!((row.status, row.cancel_reason.as_deref()), (Status::Cancelled, Some("hôpital")));
    let taken = create(&scene, &scene.input(130)).await.unwrap();
    let restore = |id| scene.desk(move |tx, by, now| visits::restore(tx, by, id, now));
    assert_eq!(restore(visit).await, Err(Refusal::Overlap));
    scene.desk(move |tx, by, now| visits::cancel(tx, by, taken, "x", now)).await.unwrap();
    restore(visit).await.unwrap();
    assert_eq!(scene.row(0).await.visit.state, VisitState::Planned);
}

#[tokio::test]
async fn a_worker_is_in_one_place_unless_the_office_insists() {
    let scene = Scene::new().await;
    assert_eq!(create(&scene, &scene.input(30)).await, Err(Refusal::Overlap));
    assert!(create(&scene, &scene.input(60)).await.is_ok(), "end to end is no overlap");
    let forced = VisitInput { force: true, ..scene.input(30) };
    assert!(create(&scene, &forced).await.is_ok());
    for (field, typed) in [
        ("ends_at", VisitInput { ends_at: scene.at(0), ..scene.input(0) }),
        ("ends_at", VisitInput { ends_at: scene.at(25 * 60), ..scene.input(0) }),
        ("service", VisitInput { service: " ".into(), ..scene.input(0) }),
    ] {
        assert_eq!(typed.check().unwrap_err().field, field);
    }
}

#[tokio::test]
async fn o_08_a_visit_given_to_another_leaves_the_first_planning() {
    let scene = Scene::new().await;
    let (other, _) = scene.other_worker().await;
    let visit = scene.visit;
    let new = VisitInput { membership: other, ..scene.input(0) }.check().unwrap();
    let moved = scene.desk(move |tx, by, now| {
        visits::change(tx, by, visit, &new, now)?;
        Ok(tx.draw_numbers()?)
    });
    let scopes: Vec<String> = moved.await.unwrap().keys().map(ToString::to_string).collect();
    assert!(scopes.contains(&format!("membership/{}", scene.worker)), "{scopes:?}");
    assert!(scopes.contains(&format!("membership/{other}")), "{scopes:?}");
}

#[tokio::test]
async fn o_08_phones_hold_the_window_and_it_rolls() {
    let scene = Scene::new().await;
    let far = create(&scene, &scene.input(40 * 24 * 60)).await.unwrap();
    assert_eq!(feed(&scene, RowKind::Visit, far).await, None, "40 days ahead");
    let roll = || scene.desk(|tx, _, now| visits::roll(tx, now));
    roll().await.unwrap();
    assert!(feed(&scene, RowKind::Visit, scene.visit).await.is_some());
    scene.world.pass(15 * DAY_MS);
    roll().await.unwrap();
    assert!(feed(&scene, RowKind::Visit, far).await.is_some(), "25 days ahead");
    assert_eq!(feed(&scene, RowKind::Visit, scene.visit).await, None, "15 days ago");
    assert_eq!(scene.row(0).await.visit.id, scene.visit, "the desk keeps it");
}

#[tokio::test]
async fn o_34_the_office_accepts_or_corrects_and_the_stamps_stay() {
    let mut scene = Scene::new().await;
    badged(&mut scene, 2, 90).await;
    let (visit, row) = (scene.visit, scene.row(100).await);
    assert_eq!((row.status, row.difference_min), (Status::ToCheck, Some(28)));
    let many =
        scene.desk(move |tx, by, now| visits::accept_many(tx, by, &[visit], now)).await.unwrap();
    assert_eq!((many.accepted.len(), many.refused[0].refusal.clone()), (0, Refusal::NotAllowed));

    let rev = row.rev;
    scene.desk(move |tx, by, now| visits::accept(tx, by, visit, Some(rev), now)).await.unwrap();
    let accepted = scene.row(200).await;
    assert_eq!((accepted.status, accepted.hours.retained), (Status::Accepted, 88));
    let again = scene.desk(move |tx, by, now| visits::accept(tx, by, visit, Some(rev), now)).await;
    assert_eq!(again, Err(Refusal::Stale));

    let new = CorrectInput {
        starts_at: scene.at(0),
        ends_at: scene.at(60),
        reason: CorrectionReason::ClientRequest,
        note: "Vu avec la fille".into(),
        rev: Some(accepted.rev),
    };
    let typed = new.clone();
    scene.desk(move |tx, by, now| visits::correct(tx, by, visit, &typed, now)).await.unwrap();
    let corrected = scene.row(200).await;
    assert_eq!(
        (corrected.status, corrected.hours.retained, corrected.hours.badged),
        (Status::Corrected, 60, 88)
    );
    let proof = scene.desk(move |tx, by, _| visits::proof(tx, by, visit)).await.unwrap();
    let history: Vec<_> = proof.retained.iter().map(|r| r.period.decision.clone()).collect();
    assert_eq!(history, vec![Decision::Accepted, Decision::Corrected]);
    assert_eq!(proof.stamps[1].clocked.measured.at, scene.at(90), "the raw stamp is as it was");
    assert!(
        feed(&scene, RowKind::RetainedPeriod, visit).await.unwrap().contains("Vu avec la fille")
    );

    let wordless =
        CorrectInput { reason: CorrectionReason::Other, note: " ".into(), ..new.clone() };
    assert_eq!(wordless.check().unwrap_err().field, "note");
    let ahead = CorrectInput { ends_at: scene.at(900), rev: None, ..new };
    let refused = scene.desk(move |tx, by, now| visits::correct(tx, by, visit, &ahead, now)).await;
    assert_eq!(refused, Err(Refusal::TimeImpossible));
}

#[tokio::test]
async fn o_34_a_stamp_that_arrives_meanwhile_makes_a_decision_stale() {
    let mut scene = Scene::new().await;
    scene.stamps(&scene.by_code(ClockKind::Start), 0).await;
    let (visit, rev) = (scene.visit, scene.row(50).await.rev);
    scene.stamps(&scene.by_code(ClockKind::End), 60).await;
    let late = scene.desk(move |tx, by, now| visits::accept(tx, by, visit, Some(rev), now)).await;
    assert_eq!(late, Err(Refusal::Stale));
}

#[tokio::test]
async fn o_34_many_are_accepted_within_the_tolerance() {
    let mut scene = Scene::new().await;
    badged(&mut scene, 4, 57).await;
    let missing = create(&scene, &scene.input(600)).await.unwrap();
    let (visit, unknown) = (scene.visit, scene.world.app.id());
    let ids = [visit, missing, unknown, visit];
    let accept = || scene.desk(move |tx, by, now| visits::accept_many(tx, by, &ids, now));
    let many = accept().await.unwrap();
    assert_eq!(many.accepted, vec![visit]);
    let why = |many: &visits::AcceptedMany, of: VisitId| {
        many.refused.iter().find(|r| r.visit == of).map(|r| r.refusal.clone())
    };
    assert_eq!(why(&many, missing), Some(Refusal::NotStarted));
    assert_eq!(why(&many, unknown), Some(Refusal::NotFound));
    let again = accept().await.unwrap();
    assert_eq!((again.accepted.len(), again.refused[0].refusal.clone()), (0, Refusal::Exists));
    assert_eq!(scene.row(200).await.status, Status::Accepted);

    // Taken back: to be decided again, once; the history keeps both.
    let reopen = || scene.desk(move |tx, by, now| visits::reopen(tx, by, &ids, now));
    let back = reopen().await.unwrap();
    assert_eq!(back.accepted, vec![visit]);
    assert_eq!(why(&back, missing), Some(Refusal::NotAllowed));
    assert_eq!(why(&back, unknown), Some(Refusal::NotFound));
    assert_eq!(reopen().await.unwrap().accepted, vec![]);
    assert_eq!(scene.row(200).await.status, Status::Done);
    assert!(feed(&scene, RowKind::RetainedPeriod, visit).await.is_none(), "nor on the phone");
    assert_eq!(accept().await.unwrap().accepted, vec![visit]);
    let proof = scene.desk(move |tx, by, _| visits::proof(tx, by, visit)).await.unwrap();
    let undone: Vec<_> = proof.retained.iter().map(|r| r.undone_at.is_some()).collect();
    assert_eq!(undone, [true, false]);
}

#[tokio::test]
async fn o_19_the_last_notes_count_until_the_office_has_decided() {
    let mut scene = Scene::new().await;
    badged(&mut scene, 0, 60).await;
    let write = async |scene: &Scene, comment: &str, at: i64| {
        let notes =
            VisitNotes { distance_hm: Some(32), comment: comment.into(), ..VisitNotes::default() };
        let stamp = scene.phone.clocks(scene.at(at));
        let new = WriteNotes { visit: scene.visit, notes, stamp };
        let (phone, anchors) = (scene.phone.clone(), scene.anchors.clone());
        scene
            .receives(&phone, &anchors, at, move |tx, from| visits::write_notes(tx, from, &new))
            .await
    };
    write(&scene, "première", 61).await.unwrap();
    write(&scene, "d'accord \0 <b>", 62).await.unwrap();
    let notes = scene.row(70).await.notes.unwrap();
    assert_eq!((notes.comment.as_str(), notes.distance_hm), ("d'accord \u{fffd} <b>", Some(32)));
    assert!(feed(&scene, RowKind::Notes, scene.visit).await.unwrap().contains("accord"));
    assert_eq!(write(&scene, &"x".repeat(5_000), 63).await, Err(Refusal::TooLong));
    let visit = scene.visit;
    scene.desk(move |tx, by, now| visits::accept(tx, by, visit, None, now)).await.unwrap();
    assert_eq!(write(&scene, "trop tard", 64).await, Err(Refusal::NotAllowed));

    let (_, other) = scene.other_worker().await;
    let new = WriteNotes { visit, notes: VisitNotes::default(), stamp: other.clocks(scene.at(65)) };
    let foreign =
        scene.receives(&other, &[], 65, move |tx, from| visits::write_notes(tx, from, &new));
    assert_eq!(foreign.await, Err(Refusal::NotFound));
}

#[tokio::test]
async fn b_11_late_is_said_of_a_phone_that_was_heard_and_silent_of_one_that_was_not() {
    let scene = Scene::new().await;
    assert_eq!(scene.row(30).await.status, Status::Silent);
    let (device, heard) = (scene.phone.device, scene.at(20));
    let none = std::collections::BTreeMap::new();
    scene
        .desk(move |tx, by, _| {
            crate::identity::pulled(tx, (by.organisation, device), 0, &none, heard)
        })
        .await
        .unwrap();
    let row = scene.row(30).await;
    assert_eq!((row.status, row.phone.unwrap().last_sync_at), (Status::Late, Some(heard)));
    let day = scene.by.zone.day_of(scene.at(0));
    let at = scene.at(30);
    let board = async |filter| {
        let shown = scene.desk(move |tx, by, _| visits::board(tx, by, day, day, filter, at)).await;
        shown.unwrap().rows.len()
    };
    assert_eq!((board(Filter::All).await, board(Filter::Missing).await), (1, 1));
    assert_eq!((board(Filter::ToCheck).await, board(Filter::InProgress).await), (0, 0));
}

/// I9: what belongs to another organisation does not exist, for every verb.
#[tokio::test]
async fn another_organisation_finds_no_visit() {
    let mut scene = Scene::new().await;
    badged(&mut scene, 0, 60).await;
    let theirs = by_of(scene.world.organisation("gaillac").await);
    let (visit, new) = (scene.visit, scene.input(0));
    let correction = CorrectInput {
        starts_at: scene.at(0),
        ends_at: scene.at(60),
        reason: CorrectionReason::Device,
        note: String::new(),
        rev: None,
    };
    let ours = std::mem::replace(&mut scene.by, theirs);
    let not_found = Err(Refusal::NotFound);
    let planned = new.check().unwrap();
    let id = scene.world.app.id();
    assert_eq!(
        scene.desk(move |tx, by, now| visits::create(tx, by, id, &planned, now)).await,
        not_found
    );
    let planned = new.check().unwrap();
    assert_eq!(
        scene.desk(move |tx, by, now| visits::change(tx, by, visit, &planned, now)).await,
        not_found
    );
    assert_eq!(
        scene.desk(move |tx, by, now| visits::cancel(tx, by, visit, "x", now)).await,
        not_found
    );
    assert_eq!(scene.desk(move |tx, by, now| visits::restore(tx, by, visit, now)).await, not_found);
    assert_eq!(
        scene.desk(move |tx, by, now| visits::accept(tx, by, visit, None, now)).await,
        not_found
    );
    assert_eq!(
        scene.desk(move |tx, by, now| visits::correct(tx, by, visit, &correction, now)).await,
        not_found
    );
    assert!(scene.desk(move |tx, by, _| visits::proof(tx, by, visit)).await.is_err());
    let (from, to) = (scene.at(-600), scene.at(600));
    let board =
        scene.desk(move |tx, by, now| visits::within(tx, by, (from, to), (None, None), now)).await;
    assert_eq!(board.unwrap(), vec![]);
    scene.by = ours;
    assert_eq!(scene.row(200).await.status, Status::Done);
}

/// The routes, as the desk calls them.
#[tokio::test]
async fn o_34_the_desk_reads_the_board_and_decides() {
    let mut scene = Scene::new().await;
    badged(&mut scene, 1, 61).await;
    let cookie = scene.world.sign_in("albi").await;
    let call = async |method: &str, path: &str, body| {
        let came = scene.world.call(method, path, body, Some(&cookie)).await;
        (came.status.as_u16(), came.body)
    };
    let day = scene.by.zone.day_of(scene.at(0));
    let (status, board) = call("GET", &format!("/api/desk/board?day={day}&filter=all"), None).await;
    assert_eq!((status, &board["rows"][0]["status"]), (200, &json!("done")), "{board}");
    let visit = scene.visit;
    let body = json!({ "visits": [visit] });
    let (_, accepted) = call("POST", "/api/desk/board/accept", Some(body)).await;
    assert_eq!(accepted["accepted"][0], json!(visit));
    let (status, proof) = call("GET", &format!("/api/desk/visits/{visit}/proof"), None).await;
    assert_eq!((status, proof["stamps"].as_array().unwrap().len()), (200, 2));
    let (from, to) = (scene.at(-60).0, scene.at(60).0);
    let (_, list) = call("GET", &format!("/api/desk/visits?from={from}&to={to}"), None).await;
    assert_eq!(list[0]["caregiver_name"], "Amina Kaci");
    let (_, none) =
        call("GET", &format!("/api/desk/visits?from={from}&to={to}&client={visit}"), None).await;
    assert_eq!(none, json!([]));
    for path in
        ["visits?from=0&to=99999999999999", "board?day=2026-01-01&to=2025-01-01", "board?day=x"]
    {
        assert_eq!(call("GET", &format!("/api/desk/{path}"), None).await.0 / 100, 4, "{path}");
    }
    let backwards = json!({ "membership": scene.worker, "client": scene.client, "service": "x",
        "starts_at": to, "ends_at": from });
    let (status, told) = call("POST", "/api/desk/visits", Some(backwards)).await;
    assert_eq!((status / 100, &told["field"]), (4, &json!("ends_at")), "{told}");
    let (status, _) = call("GET", "/api/desk/proof?month=2026-13", None).await;
    assert_eq!(status, 400);
}
