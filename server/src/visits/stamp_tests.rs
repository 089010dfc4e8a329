//! Stamps: stored, chained, measured, judged.

use releve_shared::badge::{Assurance, Method, TagKind};
use releve_shared::clock::Quality;
use releve_shared::refusal::Refusal;
use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use releve_shared::visit::{Anomaly, ClockKind, ManualReason, VisitState};

use super::rules::Status;
use super::scene_tests::Scene;
use crate::clients::sun::{self, Mode};
use crate::demo::phone::Act;
use crate::{clients, visits};

#[tokio::test]
async fn o_14_one_tap_starts_the_next_ends_and_the_desk_sees_both() {
    let mut scene = Scene::new().await;
    assert_eq!(scene.row(-5).await.status, Status::Planned);
    scene.stamps(&scene.by_code(ClockKind::Start), 2).await;
    let row = scene.row(10).await;
    assert_eq!((row.status, row.end.is_none()), (Status::InProgress, true));
    let start = row.start.unwrap();
    assert_eq!((start.method, start.assurance), (Method::Qr, Assurance::Qr));
    assert_eq!((start.measured.at, start.measured.quality), (scene.at(2), Quality::Exact));
    scene.stamps(&scene.by_code(ClockKind::End), 61).await;
    let row = scene.row(70).await;
    assert_eq!((row.status, row.hours.badged, row.difference_min), (Status::Done, 59, Some(-1)));
    assert_eq!(row.anomalies, vec![]);
}

#[tokio::test]
async fn b_01_a_repeated_stamp_changes_nothing_and_its_bytes_stay() {
    let mut scene = Scene::new().await;
    let made = scene.stamps(&scene.by_code(ClockKind::Start), 2).await;
    scene.sends(&made, 40).await.unwrap();
    let visit = scene.visit;
    let proof = scene.desk(move |tx, by, _| visits::proof(tx, by, visit)).await.unwrap();
    assert_eq!(proof.stamps.len(), 1);
    assert_eq!(proof.stamps[0].raw, made.1.event);
    assert_eq!(proof.stamps[0].received_at, scene.at(2));
    assert_eq!(proof.stamps[0].wall, Some(scene.at(2)));
}

#[tokio::test]
async fn b_01_a_missing_stamp_is_flagged_and_nothing_is_lost() {
    let mut scene = Scene::new().await;
    scene.stamps(&scene.by_code(ClockKind::Start), 0).await;
    let lost = scene.phone.stamp(&scene.by_code(ClockKind::End), scene.at(30)).unwrap();
    scene.stamps(&scene.by_code(ClockKind::End), 60).await;
    let row = scene.row(70).await;
    assert_eq!(row.end.as_ref().unwrap().anomalies, vec![Anomaly::ChainBroken]);
    assert_eq!(row.status, Status::ToCheck);

    let (command, mut clock) = lost;
    clock.event = "{\"not\":\"a stamp\"}".into();
    assert_eq!(scene.sends(&(command, clock.clone()), 80).await, Err(Refusal::ProofBroken));
    clock.event = String::new();
    assert_eq!(scene.sends(&(command, clock), 80).await, Err(Refusal::ProofBroken));
}

#[tokio::test]
async fn b_01_a_month_verifies_and_a_flipped_byte_is_named() {
    let mut scene = Scene::new().await;
    scene.stamps(&scene.by_code(ClockKind::Start), 0).await;
    let (end, _) = scene.stamps(&scene.by_code(ClockKind::End), 60).await;
    let (device, head) = (scene.phone.device, scene.phone.head());
    scene.desk(move |tx, _, now| visits::record_head(tx, device, &head, now)).await.unwrap();
    let month: String = scene.by.zone.day_of(scene.at(0)).to_string().chars().take(7).collect();
    let mut export =
        scene.desk(move |tx, by, now| visits::month(tx, by, &month, now)).await.unwrap();
    assert_eq!(export.check(), Ok((2, 0)));
    let lie = export.devices[0].stamps[1].raw().unwrap().replace("\"qr\"", "\"nfc\"");
    export.devices[0].stamps[1] = releve_shared::proof::Exported::Raw(lie);
    let (found, broken) = export.check().unwrap_err();
    assert_eq!(found, device);
    assert!(broken.to_string().contains(&end.to_string()), "{broken}");
    for wrong in ["2026", "2026-13", "2026-11-01", "'; --"] {
        let month = wrong.to_owned();
        let refused = scene.desk(move |tx, by, now| visits::month(tx, by, &month, now)).await;
        assert_eq!(refused.unwrap_err(), Refusal::Invalid, "{wrong}");
    }
}

#[tokio::test]
async fn b_03_a_wrong_clock_changes_nothing_and_better_anchors_measure_again() {
    let mut scene = Scene::new().await;
    scene.phone.wall_off = -3 * DAY_MS;
    scene.stamps(&scene.by_code(ClockKind::Start), 3).await;
    let start = scene.row(10).await.start.unwrap();
    assert_eq!((start.measured.at, start.measured.quality), (scene.at(3), Quality::Exact));
    assert_eq!(start.anomalies, vec![Anomaly::WallWrong]);

    scene.phone.wall_off = -20 * MINUTE_MS;
    scene.phone.reboot(scene.at(30));
    let end = scene.phone.stamp(&scene.by_code(ClockKind::End), scene.at(60)).unwrap();
    scene.sends(&end, 90).await.unwrap();
    let before = scene.row(95).await.end.unwrap();
    assert_eq!(before.measured.quality, Quality::Bracketed);
    assert_eq!(before.measured.at, scene.at(40), "between the two exchanges, by its wall clock");
    scene.anchors.push(scene.phone.anchor(scene.at(90)));
    let (phone, anchors) = (scene.phone.clone(), scene.anchors.clone());
    scene.receives(&phone, &anchors, 90, visits::remeasure).await.unwrap();
    let after = scene.row(95).await.end.unwrap();
    assert_eq!((after.measured.at, after.measured.quality), (scene.at(60), Quality::Exact));
    assert_eq!(scene.row(95).await.difference_min, Some(-3));
}

#[tokio::test]
async fn o_16_o_18_by_hand_undone_and_forgotten() {
    let mut scene = Scene::new().await;
    let by_hand =
        Act::manual(ClockKind::Start, scene.visit, scene.client, ManualReason::TagMissing);
    let (mistake, _) = scene.stamps(&by_hand, -20).await;
    let void = Act { voids: Some(mistake.uuid().into()), kind: ClockKind::Void, ..by_hand.clone() };
    scene.stamps(&void, -20).await;
    assert_eq!(scene.row(-10).await.status, Status::Planned, "C10: undone");
    scene.stamps(&by_hand, 0).await;
    let row = scene.row(10).await;
    assert_eq!(row.anomalies, vec![Anomaly::Manual]);
    assert_eq!(row.start.unwrap().assurance, Assurance::Manual);

    let forgotten = Act {
        declared_at: Some(scene.at(58)),
        note: Some("Oublié".into()),
        ..Act::manual(ClockKind::End, scene.visit, scene.client, ManualReason::Forgotten)
    };
    scene.stamps(&forgotten, 240).await;
    let row = scene.row(250).await;
    assert_eq!((row.hours.badged, row.status), (58, Status::ToCheck));
    assert_eq!(row.end.unwrap().anomalies, vec![Anomaly::Forgotten]);
    let visit = scene.visit;
    let proof = scene.desk(move |tx, by, _| visits::proof(tx, by, visit)).await.unwrap();
    assert_eq!(proof.stamps.last().unwrap().note.as_deref(), Some("Oublié"));
}

#[tokio::test]
async fn o_14_a_tag_is_judged_as_it_was_at_the_time() {
    let mut scene = Scene::new().await;
    let other = Scene::client_of(&scene.world, &scene.by, "Cazals").await;
    let (_, elsewhere) = Scene::tag_of(&scene.world, &scene.by, other, TagKind::Qr).await;
    let read = |kind, text: &str| Act::read(kind, scene.visit, scene.client, Method::Qr, text);
    let (wrong, torn, good) = (
        read(ClockKind::Start, &elsewhere),
        read(ClockKind::Start, "https://r.example/b/AAAA"),
        read(ClockKind::Start, &scene.link),
    );
    scene.stamps(&wrong, -10).await;
    let start = scene.row(0).await.start.unwrap();
    assert_eq!(start.anomalies, vec![Anomaly::WrongClient]);
    assert_eq!(start.assurance, Assurance::Manual, "it proves nothing of this home");

    let late = scene.phone.stamp(&good, scene.at(1)).unwrap();
    scene.world.pass(HOUR_MS + 5 * MINUTE_MS);
    let tag = scene.tag;
    scene.desk(move |tx, by, now| clients::revoke(tx, by, tag, "perdu", now)).await.unwrap();
    scene.sends(&late, 30).await.unwrap();
    scene.stamps(&good, 31).await;
    scene.stamps(&torn, 32).await;
    let visit = scene.visit;
    let proof = scene.desk(move |tx, by, _| visits::proof(tx, by, visit)).await.unwrap();
    let flags: Vec<_> = proof.stamps.iter().map(|s| s.clocked.anomalies.clone()).collect();
    assert_eq!(flags[1], vec![Anomaly::Doubled], "read before the tag was withdrawn");
    assert_eq!(flags[2], vec![Anomaly::Doubled, Anomaly::TagRevoked]);
    assert_eq!(flags[3], vec![Anomaly::Doubled, Anomaly::TagForged]);
}

#[tokio::test]
async fn b_04_a_chip_proves_presence_and_replays_are_flagged() {
    let mut scene = Scene::new().await;
    let (tag, link) = Scene::tag_of(&scene.world, &scene.by, scene.client, TagKind::Ntag424).await;
    let keys = scene.chip_keys(tag).await;
    let tap = |counter: u32| {
        let mirror = sun::mirror(Mode::Aes, &keys, [4, 1, 2, 3, 4, 5, 6], counter, [9; 8]);
        format!("{link}?picc={}&cmac={}", mirror.picc, mirror.cmac)
    };
    let (visit, client) = (scene.visit, scene.client);
    let read = |kind, text: &str| Act::read(kind, visit, client, Method::Nfc, text);
    // An honest late upload: the end arrives before the start.
    let start = scene.phone.stamp(&read(ClockKind::Start, &tap(7)), scene.at(0)).unwrap();
    let end = scene.phone.stamp(&read(ClockKind::End, &tap(8)), scene.at(60)).unwrap();
    scene.sends(&start, 300).await.unwrap();
    scene.sends(&end, 300).await.unwrap();
    let row = scene.row(310).await;
    assert_eq!(row.start.unwrap().assurance, Assurance::Sun);
    assert_eq!((row.anomalies, row.status), (vec![], Status::Done));

    scene.stamps(&read(ClockKind::End, &tap(8)), 70).await;
    let replayed = scene.row(310).await.end.unwrap();
    assert!(replayed.anomalies.contains(&Anomaly::SunReplayed), "{replayed:?}");
    let foreign = sun::TagKeys { master: [0; 16], meta: [0; 16], file: [0; 16] };
    let mirror = sun::mirror(Mode::Aes, &foreign, [4, 1, 2, 3, 4, 5, 6], 9, [9; 8]);
    let forged = format!("{link}?picc={}&cmac={}", mirror.picc, mirror.cmac);
    scene.stamps(&read(ClockKind::End, &forged), 71).await;
    let forged = scene.row(310).await.end.unwrap();
    assert!(forged.anomalies.contains(&Anomaly::SunForged), "{forged:?}");
    assert_eq!(forged.assurance, Assurance::Manual);
}

#[tokio::test]
async fn b_04_a_tap_read_in_advance_is_flagged_whoever_uploads_first() {
    let scene = Scene::new().await;
    let (tag, link) = Scene::tag_of(&scene.world, &scene.by, scene.client, TagKind::Ntag424).await;
    let keys = scene.chip_keys(tag).await;
    let text = |counter: u32| {
        let mirror = sun::mirror(Mode::Aes, &keys, [4, 1, 2, 3, 4, 5, 6], counter, [9; 8]);
        format!("{link}?picc={}&cmac={}", mirror.picc, mirror.cmac)
    };
    let (_, mut honest) = scene.other_worker().await;
    let anchors = vec![honest.anchor(scene.world.app.now())];
    let mut cheat = scene.phone.clone();
    let read =
        |text: &str| Act::read(ClockKind::Start, scene.visit, scene.client, Method::Nfc, text);
    // Counter 5 was read at dawn and kept; counter 6 was read at 10:00; 5 is used at 14:00.
    let later = cheat.stamp(&read(&text(5)), scene.at(240)).unwrap();
    let between = honest.stamp(&read(&text(6)), scene.at(0)).unwrap();
    scene.sends_from(&cheat, &scene.anchors, &later, 241).await.unwrap();
    scene.sends_from(&honest, &anchors, &between, 500).await.unwrap();
    let visit = scene.visit;
    let proof = scene.desk(move |tx, by, _| visits::proof(tx, by, visit)).await.unwrap();
    let flagged = |device| {
        let stamp = proof.stamps.iter().find(|s| s.device == device).unwrap();
        stamp.clocked.anomalies.contains(&Anomaly::SunOutOfOrder)
    };
    assert!(flagged(cheat.device), "the kept tap");
    assert!(!flagged(honest.device), "the honest one");
}

#[tokio::test]
async fn c7_a_visit_moved_away_is_judged_by_the_access_of_the_act() {
    let mut scene = Scene::new().await;
    let (other, _) = scene.other_worker().await;
    let (visit, mut new) = (scene.visit, scene.input(0));
    new.membership = other;
    let planned = new.check().unwrap();
    scene.desk(move |tx, by, now| visits::change(tx, by, visit, &planned, now)).await.unwrap();
    scene.stamps(&scene.by_code(ClockKind::Start), 0).await;
    let told = scene.row(10).await.anomalies;
    assert_eq!(told, vec![Anomaly::OtherWorker], "her phone could not know yet");
    scene.stamps(&scene.by_code(ClockKind::End), 20 * 60).await;
    let end = scene.row(20 * 60).await.end.unwrap();
    assert!(end.anomalies.contains(&Anomaly::NoAccess), "{end:?}");
}

#[tokio::test]
async fn o_14_a_visit_that_nobody_planned_is_made_and_flagged() {
    let mut scene = Scene::new().await;
    scene.visit = scene.world.app.id();
    let act = |scene: &Scene, kind| Act { unplanned: true, ..scene.by_code(kind) };
    scene.stamps(&act(&scene, ClockKind::Start), 200).await;
    scene.stamps(&act(&scene, ClockKind::End), 225).await;
    let row = scene.row(300).await;
    assert_eq!(row.visit.state, VisitState::Unplanned);
    assert_eq!((row.visit.starts_at, row.visit.ends_at), (scene.at(200), scene.at(225)));
    assert_eq!((row.hours.planned, row.hours.badged, row.status), (0, 25, Status::ToCheck));
    assert_eq!(row.anomalies, vec![Anomaly::Unplanned]);
}

#[tokio::test]
async fn a_stamp_in_another_name_is_kept_apart() {
    let scene = Scene::new().await;
    let (other, mut phone) = scene.other_worker().await;
    let anchors = vec![phone.anchor(scene.world.app.now())];
    phone.membership = scene.worker;
    assert_ne!(other, phone.membership);
    let made = phone.stamp(&scene.by_code(ClockKind::Start), scene.at(0)).unwrap();
    scene.sends_from(&phone, &anchors, &made, 1).await.unwrap();
    let start = scene.row(10).await.start.unwrap();
    assert!(start.anomalies.contains(&Anomaly::NoAccess), "kept, and flagged: {start:?}");
}
