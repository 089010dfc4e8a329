//! Each act of the door, and each refusal.

use releve_core::door::*;
use releve_core::ports::Secret;
use releve_shared::badge::{Method, Reading, TagState, Token};
use releve_shared::clock::Quality;
use releve_shared::keys::Signer;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS, Moment};
use releve_shared::visit::*;

use crate::server::{NOON, id, planning, visit_id};
use crate::world::{Net, World, clocked};

fn reading(text: &str) -> Act {
    let reading = Reading { method: Method::Qr, text: text.into() };
    Act::Badge { reading, visit: None, unplanned: false }
}

/// O-14: one tap opens the visit, one closes it, without network; the screen says what is where.
#[test]
fn a_visit_is_badged_in_and_out_offline_and_received_later() {
    let world = World::enrolled();
    world.net(Net::Down);
    let (_, visit, kind) = clocked(world.badge(1));
    assert_eq!((visit, kind), (visit_id(1, 0), ClockKind::Start));
    let view = world.phone_view();
    assert_eq!(view.waiting, 1);
    assert_eq!(view.in_progress.unwrap().visit, visit, "O-20: the banner");
    assert_eq!(world.day().next, Some(visit));

    world.later(55 * MINUTE_MS);
    let (end, _, kind) = clocked(world.badge(1));
    assert_eq!(kind, ClockKind::End);
    let sheet = world.visit(visit);
    assert_eq!(sheet.hours, releve_shared::hours::Hours { planned: 60, badged: 55, retained: 0 });
    assert!(sheet.stamps.iter().all(|line| line.state == ActState::OnPhone));
    assert_eq!(sheet.line.button, None);

    world.net(Net::Up);
    world.sync();
    let sheet = world.visit(visit);
    assert!(sheet.stamps.iter().all(|line| matches!(line.state, ActState::Received { .. })));
    assert_eq!(world.phone_view().waiting, 0);
    let on_server = world.inner(|i| i.server.proven());
    assert_eq!(on_server.last().unwrap().id, end);
    assert!(world.outbox().iter().all(|act| matches!(act.state, ActState::Received { .. })));
}

/// The same gesture twice neither ends the visit nor opens the next one at that home.
#[test]
fn a_second_reading_within_half_a_minute_is_the_same_gesture() {
    let world = World::enrolled();
    clocked(world.badge(1));
    world.later(5_000);
    assert_eq!(world.badge(1), Err(Refusal::AlreadyStarted));
    world.later(HOUR_MS);
    clocked(world.badge(1));
    world.later(5_000);
    assert_eq!(world.badge(1), Err(Refusal::AlreadyEnded));
}

/// Each tag that may not be used has its own word.
#[test]
fn tags_that_mean_nothing_are_refused_by_name() {
    let world = World::enrolled();
    let foreign =
        Token::issue(id(66), id(201), 1, &Signer::from_seed(&[6; 32])).link("https://x.fr");
    let forged =
        Token::issue(id(1), id(201), 1, &Signer::from_seed(&[6; 32])).link("https://r.test");
    let unknown =
        world.inner(|i| Token::issue(id(1), id(999), 1, &i.server.tag_key).link("https://r.test"));
    for (text, refusal) in [
        ("", Refusal::Unreadable),
        ("WIFI:S:box;;", Refusal::NotAHomeTag),
        ("https://r.test/b/zzzz", Refusal::TagForged),
        (&foreign, Refusal::TagForeign),
        (&forged, Refusal::TagForged),
        (&unknown, Refusal::TagUnknown),
    ] {
        assert_eq!(world.act(reading(text)), Err(refusal), "{text}");
    }
    world.inner(|i| i.server.tag(2, TagState::Revoked));
    world.sync();
    assert_eq!(world.badge(2), Err(Refusal::TagRevoked));
    assert_eq!(world.tap(2, None, true), Err(Refusal::TagRevoked));
    assert_eq!(world.tap(1, Some(visit_id(2, 2)), false), Err(Refusal::WrongClient));
    assert_eq!(world.phone_view().waiting, 0, "nothing was written");
}

/// O-17: a visit that nobody had planned, known client or not.
#[test]
fn an_unplanned_visit_is_made_on_the_phone_and_ended_by_the_same_tag() {
    let world = World::enrolled();
    world.net(Net::Down);
    world.later(15 * HOUR_MS);
    assert_eq!(world.badge(1), Err(Refusal::NoVisitPlanned));
    let (_, visit, kind) = clocked(world.tap(1, None, true));
    assert_eq!(kind, ClockKind::Start);
    let line = world.visit(visit).line;
    assert_eq!((line.visit.state, line.visit.client), (VisitState::Unplanned, id(101)));
    world.later(20 * MINUTE_MS);
    let (_, again, kind) = clocked(world.badge(1));
    assert_eq!((again, kind), (visit, ClockKind::End));

    // A tag issued since the last sync.
    world.later(MINUTE_MS);
    let (_, unknown, _) = clocked(world.tap(77, None, true));
    world.later(MINUTE_MS);
    let (_, ended, kind) = clocked(world.tap(77, None, true));
    assert_eq!((ended, kind), (unknown, ClockKind::End));
    world.net(Net::Up);
    world.sync();
    assert_eq!(world.inner(|i| i.server.proven().len()), 4);
    assert_eq!(world.phone_view().waiting, 0);
    assert_eq!(world.visit(visit).line.visit.client_label, "Mme Imprévue");
}

/// One visit at a time; one left open yesterday does not stand in the way.
#[test]
fn another_visit_in_progress_is_ended_first() {
    let world = World::enrolled();
    clocked(world.badge(1));
    world.later(HOUR_MS);
    assert_eq!(world.badge(2), Err(Refusal::OtherVisitInProgress));
    world.inner(|i| i.server.visit(2, 24, VisitState::Planned));
    world.sync();
    world.later(23 * HOUR_MS);
    assert_eq!(clocked(world.badge(2)).1, visit_id(2, 24));
}

/// O-16: by hand, with a reason; O-18: forgotten, with the time it was.
#[test]
fn by_hand_needs_a_reason_and_a_possible_time() {
    let world = World::enrolled();
    let visit = visit_id(1, 0);
    let missing = Some(ManualReason::TagMissing);
    let forgotten = Some(ManualReason::Forgotten);
    let now = || Moment(world.inner(|i| i.now));
    let start = |reason, at| world.by_hand(visit, ClockKind::Start, reason, at);
    let end = |reason, at| world.by_hand(visit, ClockKind::End, reason, at);
    assert_eq!(start(None, None), Err(Refusal::ReasonMissing));
    assert_eq!(start(Some(ManualReason::Other), None), Err(Refusal::ReasonMissing));
    assert_eq!(start(forgotten.clone(), None), Err(Refusal::Invalid));
    assert_eq!(start(forgotten.clone(), Some(now().plus(HOUR_MS))), Err(Refusal::TimeImpossible));
    assert_eq!(end(missing.clone(), None), Err(Refusal::NotStarted));
    assert_eq!(
        world.by_hand(id(1), ClockKind::Start, missing.clone(), None),
        Err(Refusal::NotFound)
    );
    assert_eq!(world.by_hand(visit, ClockKind::Void, missing.clone(), None), Err(Refusal::Invalid));

    let declared = now().plus(-20 * MINUTE_MS);
    clocked(start(forgotten.clone(), Some(declared)));
    assert_eq!(start(missing.clone(), None), Err(Refusal::AlreadyStarted));
    assert_eq!(end(forgotten, Some(declared.plus(-MINUTE_MS))), Err(Refusal::TimeImpossible));
    // Two stamps of one millisecond have no order but that of their ids.
    world.later(1_000);
    clocked(end(missing.clone(), None));
    assert_eq!(end(missing.clone(), None), Err(Refusal::AlreadyEnded));
    let sheet = world.visit(visit);
    assert_eq!(sheet.hours.badged, 20);
    assert_eq!(sheet.stamps[0].clocked.declared_at, Some(declared));
    assert_eq!(sheet.stamps[0].clocked.anomalies, [Anomaly::Manual, Anomaly::Forgotten]);

    let (_, other, _) = clocked(world.act(Act::ClockByHand {
        visit: None,
        client: Some(id(102)),
        kind: ClockKind::Start,
        reason: missing,
        note: "elle a appelé".into(),
        declared_at: None,
    }));
    assert_eq!(world.visit(other).line.visit.state, VisitState::Unplanned);
}

/// A cancelled visit is not opened by mistake, and can be made anyway as an unplanned one.
#[test]
fn a_cancelled_visit_is_not_opened() {
    let world = World::enrolled();
    world.inner(|i| i.server.visit(2, 2, VisitState::Cancelled));
    world.sync();
    let visit = visit_id(2, 2);
    assert_eq!(world.tap(2, Some(visit), false), Err(Refusal::VisitCancelled));
    let by_hand = world.by_hand(visit, ClockKind::Start, Some(ManualReason::Camera), None);
    assert_eq!(by_hand, Err(Refusal::VisitCancelled));
    assert_eq!(world.visit(visit).line.button, None);
    let (_, made, _) = clocked(world.tap(2, Some(visit), true));
    assert_ne!(made, visit);
}

/// C10: an undo within thirty seconds appends a void; nothing is deleted.
#[test]
fn a_stamp_is_undone_within_thirty_seconds_and_not_later() {
    let mut world = World::enrolled();
    world.net(Net::Down);
    let (event, visit, _) = clocked(world.badge(1));
    world.later(29_000);
    assert!(world.visit(visit).stamps[0].undo_ms > 0);
    assert_eq!(world.act(Act::Undo { event }), Ok(Reply::Done));
    assert_eq!(world.act(Act::Undo { event }), Ok(Reply::Done), "twice is once");
    let sheet = world.visit(visit);
    assert_eq!(sheet.stamps.len(), 2, "both are kept");
    assert_eq!(sheet.line.button, Some(ClockKind::Start));
    assert_eq!(world.phone_view().waiting, 2);

    let (event, ..) = clocked(world.badge(1));
    world.later(31_000);
    assert_eq!(world.act(Act::Undo { event }), Err(Refusal::TooLateToUndo));
    assert_eq!(world.act(Act::Undo { event: id(4) }), Err(Refusal::NotFound));
    world.later(HOUR_MS);
    let (event, ..) = clocked(world.badge(1));
    world.reboot();
    assert_eq!(world.act(Act::Undo { event }), Err(Refusal::TooLateToUndo));
    world.net(Net::Up);
    world.sync();
    assert_eq!(world.inner(|i| i.server.proven().len()), 4);
}

/// O-19: the last words count, here and on the server; closed once the office has decided.
#[test]
fn notes_are_written_until_the_office_has_decided() {
    let world = World::enrolled();
    let visit = visit_id(1, 0);
    let notes = |comment: &str| VisitNotes {
        distance_hm: Some(32),
        comment: comment.into(),
        ..VisitNotes::default()
    };
    let write = |comment: &str| world.act(Act::WriteNotes { visit, notes: notes(comment) });
    world.net(Net::Down);
    assert_eq!(write("un"), Ok(Reply::Done));
    assert_eq!(write("deux"), Ok(Reply::Done));
    assert_eq!(world.visit(visit).notes, notes("deux"));
    assert_eq!(write(&"x".repeat(2_001)), Err(Refusal::TooLong));
    let unknown = Act::WriteNotes { visit: id(1), notes: notes("x") };
    assert_eq!(world.act(unknown), Err(Refusal::NotFound));
    world.net(Net::Up);
    world.sync();
    assert_eq!(world.visit(visit).notes, notes("deux"));
    let retained = RetainedPeriod {
        visit,
        decision: Decision::Corrected,
        starts_at: Moment(NOON),
        ends_at: Moment(NOON + HOUR_MS),
        reason: Some(CorrectionReason::NoArrival),
        note: "vu au téléphone".into(),
        decided_by: "Claire Martin".into(),
        decided_at: Moment(NOON + DAY_MS),
    };
    world.inner(|i| {
        i.server.put(&planning(), RowKind::RetainedPeriod, visit.to_string(), &retained);
    });
    world.sync();
    let sheet = world.visit(visit);
    assert!(!sheet.notes_open);
    assert_eq!((sheet.hours.retained, sheet.retained), (60, Some(retained)));
    assert_eq!(write("trois"), Err(Refusal::NotAllowed));
}

/// WP3: the lease over, or the care data locked: nothing is read, clocking goes on.
#[test]
fn clocking_goes_on_when_nothing_may_be_read() {
    let world = World::enrolled();
    world.net(Net::Down);
    world.later(7 * DAY_MS + HOUR_MS);
    let view = world.phone_view();
    assert_eq!(view.state, PhoneState::LeaseOver);
    for ask in [Ask::Day { day: None }, Ask::Clients, Ask::Visit { id: visit_id(1, 0) }] {
        assert_eq!(world.phone().ask(&ask), Err(Refusal::LeaseOver));
    }
    match world.tap(1, None, true) {
        Ok(Reply::Clocked { client_label, .. }) => assert_eq!(client_label, ""),
        other => panic!("{other:?}"),
    }

    let mut world = World::enrolled();
    world.inner(|i| i.vault_locked = true);
    world.reopen();
    assert_eq!(world.phone().ask(&Ask::Clients), Err(Refusal::LeaseOver));
    let (_, visit, _) = clocked(world.badge(1));
    assert_eq!(visit, visit_id(1, 0), "the plan is known without names");
    world.inner(|i| i.vault_locked = false);
    world.reopen();
    assert_eq!(world.visit(visit).stamps.len(), 1);
}

/// B-03: a phone whose clock says 1970 knows the time all the same, and says that its clock is wrong.
#[test]
fn a_clock_set_to_1970_changes_nothing_in_the_same_start() {
    let mut world = World::enrolled();
    world.inner(|i| i.wall_off = -i.now);
    let (_, visit, _) = clocked(world.badge(1));
    let truth = world.inner(|i| i.now);
    let stamp = &world.visit(visit).stamps[0];
    assert_eq!(stamp.clocked.measured.quality, Quality::Exact);
    assert!((stamp.clocked.measured.at.0 - truth).abs() < 1_000);
    assert!(world.phone_view().wall_error_ms.unwrap() < -DAY_MS);
    // Started again without network, the clock only claims; badging goes on.
    world.net(Net::Down);
    world.reboot();
    world.later(HOUR_MS);
    let (end, _, kind) = clocked(world.badge(1));
    assert_eq!(kind, ClockKind::End);
    world.net(Net::Up);
    world.sync();
    let stamps = world.visit(visit).stamps;
    let end = stamps.iter().find(|line| line.clocked.id == end).unwrap();
    assert_eq!(end.clocked.measured.quality, Quality::Bracketed);
}

/// O-05: enrolment asked twice is one enrolment; another link on an enrolled phone is refused.
#[test]
fn an_enrolment_survives_a_lost_answer() {
    let mut world = World::new();
    assert_eq!(world.badge(1), Err(Refusal::NotEnrolled));
    assert_eq!(world.phone_view().state, PhoneState::NotEnrolled);
    let link = world.inner(|i| i.server.link());
    let enrol = |world: &World, link: &str| {
        world.act(Act::Enrol { link: link.into(), phone_name: "Pixel".into() })
    };
    assert_eq!(enrol(&world, "https://example.org"), Err(Refusal::EnrolmentOver));
    world.net(Net::LosesAnswers);
    assert_eq!(enrol(&world, &link), Err(Refusal::Offline));
    world.reopen();
    world.net(Net::Portal);
    assert_eq!(enrol(&world, &link), Err(Refusal::NotTheServer));
    world.net(Net::Up);
    assert_eq!(enrol(&world, &link), Ok(Reply::Done));
    assert_eq!(enrol(&world, &link), Err(Refusal::AlreadyEnrolled));
    let view = world.phone_view();
    assert_eq!((view.state, view.first_name.as_str()), (PhoneState::Ready, "Amina"));
    assert!(world.inner(|i| !i.vault.contains_key(&Secret::NextToken)));
    // A server with another key than the one in the QR is not believed.
    let thief = World::new();
    thief.inner(|i| i.server.key = Signer::from_seed(&[66; 32]));
    assert_eq!(enrol(&thief, &link), Err(Refusal::NotTheServer));
}

/// O-11: the client's sheet, their visits, and the list of clients in order of name.
#[test]
fn clients_are_listed_by_name_with_their_visits() {
    let world = World::enrolled();
    let Ok(View::Clients { clients }) = world.phone().ask(&Ask::Clients) else { panic!() };
    let names: Vec<_> = clients.iter().map(|client| client.last_name.as_str()).collect();
    assert_eq!(names, ["CANARY-Durand", "CANARY-Martin"]);
    let Ok(View::Client(view)) = world.phone().ask(&Ask::Client { id: id(101) }) else { panic!() };
    assert_eq!(view.visits.len(), 2);
    assert_eq!(world.phone().ask(&Ask::Client { id: id(5) }), Err(Refusal::NotFound));
    assert_eq!(world.phone().ask(&Ask::Visit { id: id(5) }), Err(Refusal::NotFound));
    // F7: a client that is no longer granted is no longer here.
    world.inner(|i| i.server.granted.remove(&Scope::client(id(101))));
    world.sync();
    assert_eq!(world.phone().ask(&Ask::Client { id: id(101) }), Err(Refusal::NotFound));
}
