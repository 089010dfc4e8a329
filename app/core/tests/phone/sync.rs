//! The way to the server, as it is: lost answers, portals, pages, restored servers.

use std::collections::BTreeSet;

use releve_core::door::*;
use releve_core::ports::Secret;
use releve_shared::id::*;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use releve_shared::visit::VisitState;

use crate::server::{id, planning, visit_id};
use crate::world::{Net, World, clocked};

/// I1: a lost answer neither loses nor doubles a badge.
#[test]
fn a_lost_answer_neither_loses_nor_doubles_a_badge() {
    let mut world = World::enrolled();
    world.net(Net::LosesAnswers);
    let (event, ..) = clocked(world.badge(1));
    world.sync();
    assert_eq!(world.phone_view().waiting, 1, "no verdict, no promise (B-02)");
    world.reopen();
    world.sync();
    world.net(Net::Up);
    world.sync();
    assert_eq!(world.phone_view().waiting, 0);
    let on_server = world.inner(|i| i.server.proven());
    assert_eq!(on_server.iter().map(|e| e.id).collect::<Vec<_>>(), [event]);
}

/// F7: a phone that shows what the server knows it to show asks in short, and hears of news all the same;
/// a short question that is not understood is asked at length.
#[test]
fn news_is_asked_for_in_short_and_at_length_when_in_doubt() {
    let world = World::enrolled();
    let asked = |world: &World| {
        world.inner(|i| i.server.asked.clear());
        world.sync();
        world.inner(|i| i.server.asked.join(" "))
    };
    let (long, short) = ("/api/phone/pull", "/api/phone/news");
    world.sync();
    assert_eq!(asked(&world), short, "it has told what it shows");
    assert_eq!(asked(&world), short);
    assert_eq!(world.day().visits.len(), 3, "what is held stays");

    let moved = visit_id(1, 6);
    world.inner(|i| i.server.gone(&planning(), RowKind::Visit, moved.to_string()));
    assert_eq!(asked(&world), short);
    let left = world.day().visits.len();
    assert!(left < 3, "the page came with the short answer");
    assert_eq!(asked(&world), long, "the server has not heard yet what is shown now");
    assert_eq!(asked(&world), short);

    world.inner(|i| i.server.forget_shown());
    assert_eq!(asked(&world), format!("{short} {long}"));
    assert_eq!(world.phone_view().trouble, None, "nobody is told of it");
    world.inner(|i| i.server.restored(0));
    world.sync();
    assert_eq!(world.day().visits.len(), left, "another epoch is another standing");
}

/// WP1: a portal, a proxy, a bare 401 wipe nothing and lose nothing.
#[test]
fn neither_a_portal_nor_a_bare_401_loses_anything() {
    let world = World::enrolled();
    world.net(Net::Down);
    clocked(world.badge(1));
    for (net, trouble, state) in [
        (Net::Down, Refusal::Offline, PhoneState::Ready),
        (Net::Portal, Refusal::NotTheServer, PhoneState::Ready),
        (Net::Bare(503), Refusal::TryAgain, PhoneState::Ready),
        (Net::Bare(204), Refusal::NotTheServer, PhoneState::Ready),
        (Net::Bare(302), Refusal::NotTheServer, PhoneState::Ready),
        (Net::Bare(401), Refusal::SignInNeeded, PhoneState::SignInNeeded),
        (Net::Bare(403), Refusal::SignInNeeded, PhoneState::SignInNeeded),
    ] {
        world.net(net);
        assert_eq!(world.act(Act::SyncNow), Err(trouble.clone()), "{net:?}");
        let view = world.phone_view();
        assert_eq!((view.state, view.waiting, view.trouble), (state, 1, Some(trouble)), "{net:?}");
        assert_eq!(world.day().visits.len(), 3, "{net:?}: what is held stays");
    }
    world.net(Net::Up);
    assert_eq!(world.act(Act::SyncNow), Ok(Reply::Done));
    let view = world.phone_view();
    assert_eq!((view.state, view.waiting, view.trouble), (PhoneState::Ready, 0, None));
}

/// Refused with reason: the worker comes back with a new code and loses nothing.
#[test]
fn a_worker_signs_in_again_and_what_waited_is_sent() {
    let world = World::enrolled();
    world.net(Net::Down);
    clocked(world.badge(1));
    world.net(Net::Up);
    world.inner(|i| i.server.forget_phone());
    assert_eq!(world.act(Act::SyncNow), Err(Refusal::SignInNeeded));
    let link = world.inner(|i| i.server.link());
    let again = world.act(Act::Enrol { link, phone_name: "Pixel".into() });
    assert_eq!(again, Ok(Reply::Done));
    assert_eq!(world.phone_view().waiting, 0);
    assert_eq!(world.inner(|i| i.server.proven().len()), 1);
}

/// O-11: a client is found by the beginning of a word, whatever the accents, with one slip; a search
/// sees what the last sync brought and took away.
#[test]
fn o11_a_client_is_found_as_one_types() {
    let world = World::enrolled();
    let find = |text: &str| {
        let ask = Ask::FindClients { text: text.into() };
        let View::Found { clients, more, held } = world.phone().ask(&ask).unwrap() else {
            panic!("another view")
        };
        let names: Vec<String> = clients.into_iter().map(|client| client.last_name).collect();
        (names, more, held)
    };
    assert_eq!(find("dur"), (vec!["CANARY-Durand".into()], 0, 2));
    assert_eq!(find("durn"), (vec!["CANARY-Durand".into()], 0, 2));
    assert_eq!(find("").0.len(), 2);
    world.inner(|i| i.server.client(3, "CANARY-Bénézech", &[]));
    world.sync();
    assert_eq!(find("bene"), (vec!["CANARY-Bénézech".into()], 0, 3));
    world.inner(|i| {
        let gone = releve_shared::sync::Scope::client(id(103));
        i.server.granted.remove(&gone);
    });
    world.sync();
    assert_eq!(find("bene"), (Vec::new(), 0, 2));
}

/// F4: pages are shown together, or not at all; a restart goes on where it was.
#[test]
fn pages_are_shown_all_at_once() {
    let mut world = World::enrolled();
    world.inner(|i| {
        i.server.page = 2;
        i.server.client(3, "Petit", &[1, 3, 5]);
    });
    let mut seen = BTreeSet::new();
    world.later(10 * MINUTE_MS);
    for _ in 0..40 {
        let step = world.phone().core().next_request();
        let releve_core::Step::Send(request) = step else { break };
        let came = releve_core::ports::Link::send(&world.device, &request);
        world.phone().core().answered(came);
        seen.insert(world.day().visits.len());
        world.reopen();
        world.later(10 * MINUTE_MS);
    }
    assert_eq!(seen, BTreeSet::from([3, 6]), "never a half");
}

/// F5, C8: a server back from its backup gets again what it has lost, and nothing twice.
#[test]
fn a_restored_server_is_offered_everything_after_its_last_number() {
    let world = World::enrolled();
    clocked(world.badge(1));
    world.later(HOUR_MS);
    clocked(world.badge(1));
    world.later(2 * HOUR_MS);
    clocked(world.badge(2));
    world.sync();
    let before = world.inner(|i| i.server.proven());
    assert_eq!(before.len(), 3);
    world.inner(|i| i.server.restored(1));
    world.sync();
    world.sync();
    let after = world.inner(|i| i.server.proven());
    assert_eq!(after, before);
    let view = world.phone_view();
    assert_eq!((view.waiting, view.state), (0, PhoneState::Ready));
    // Days later the same, when the acts have long left the outbox.
    world.later(20 * DAY_MS);
    world.sync();
    world.inner(|i| i.server.restored(0));
    world.sync();
    world.sync();
    assert_eq!(world.inner(|i| i.server.proven()), before);
}

/// C3: a refusal uses up its number; the acts behind it go on.
#[test]
fn a_refused_act_is_shown_and_nothing_wedges() {
    let world = World::enrolled();
    world.net(Net::Down);
    let (event, visit, _) = clocked(world.badge(1));
    world.later(HOUR_MS);
    clocked(world.badge(1));
    world.net(Net::Up);
    world.inner(|i| {
        i.server.refuse.insert(CommandId::from(event.uuid()), Refusal::CommandChanged);
    });
    world.sync();
    let view = world.phone_view();
    assert_eq!((view.waiting, view.to_correct), (0, 1));
    let stamps = world.visit(visit).stamps;
    let refused = stamps.iter().find(|line| line.clocked.id == event).unwrap();
    assert!(
        matches!(&refused.state, ActState::Refused { code, .. } if *code == Refusal::CommandChanged)
    );
    assert!(world.visit(visit).line.progress.start.is_none(), "refused does not count");
}

/// One command that a server cannot take with others does not keep the others back for ever.
#[test]
fn a_push_refused_as_a_whole_is_tried_smaller_and_kept() {
    let world = World::enrolled();
    world.inner(|i| i.server.refuse_all = Some(Refusal::Invalid));
    clocked(world.badge(1));
    world.sync();
    assert_eq!(world.phone_view().waiting, 1);
    world.inner(|i| i.server.refuse_all = None);
    world.sync();
    assert_eq!(world.phone_view().waiting, 0);
}

/// C5: the outcome is known before the mirror shows it: nothing flickers in between.
#[test]
fn an_act_stays_on_the_screen_between_verdict_and_mirror() {
    let world = World::enrolled();
    world.net(Net::Down);
    let (_, visit, _) = clocked(world.badge(1));
    world.net(Net::Up);
    world.later(10 * MINUTE_MS);
    let mut looks = Vec::new();
    loop {
        let step = world.phone().core().next_request();
        let releve_core::Step::Send(request) = step else { break };
        let came = releve_core::ports::Link::send(&world.device, &request);
        world.phone().core().answered(came);
        looks.push((world.visit(visit).stamps.len(), world.phone_view().in_progress.is_some()));
    }
    assert!(looks.len() >= 2 && looks.iter().all(|look| *look == (1, true)), "{looks:?}");
}

/// F9: a kind of tomorrow is kept; a row that cannot be read harms no other.
#[test]
fn rows_of_a_newer_server_harm_nothing() {
    let world = World::enrolled();
    world.inner(|i| {
        let kind = RowKind::from_code("care_plan");
        i.server.put_raw(&planning(), kind, "x".into(), Some("{\"of\":\"tomorrow\"}".into()));
        i.server.put_raw(&planning(), RowKind::Visit, "y".into(), Some("{\"id\":3}".into()));
    });
    world.sync();
    assert_eq!(world.day().visits.len(), 3);
    assert_eq!(world.phone_view().trouble, None);
}

/// A visit moved away leaves; one that comes is there.
#[test]
fn a_changed_planning_arrives_and_leaves() {
    let world = World::enrolled();
    world.inner(|i| {
        i.server.gone(&planning(), RowKind::Visit, visit_id(1, 6).to_string());
        i.server.visit(2, 8, VisitState::Planned);
    });
    world.sync();
    let visits: Vec<_> = world.day().visits.iter().map(|line| line.visit.id).collect();
    assert_eq!(visits, [visit_id(1, 0), visit_id(2, 2), visit_id(2, 8)]);
    // F7: a scope lost and found again starts from 0 and is whole.
    let scope = Scope::client(id(101));
    world.inner(|i| i.server.granted.remove(&scope));
    world.sync();
    assert_eq!(world.phone().ask(&Ask::Client { id: id(101) }), Err(Refusal::NotFound));
    world.inner(|i| i.server.granted.insert(scope));
    world.sync();
    assert!(world.phone().ask(&Ask::Client { id: id(101) }).is_ok());
}

/// Tokens change each day; lost answers lock nobody out.
#[test]
fn tokens_change_daily_and_lost_answers_lock_nobody_out() {
    let mut world = World::enrolled();
    let token = |world: &World| world.inner(|i| i.vault.get(&Secret::Token).cloned());
    let first = token(&world);
    world.later(DAY_MS);
    world.sync();
    world.net(Net::LosesAnswers);
    world.later(DAY_MS);
    world.sync();
    world.reopen();
    world.sync();
    world.net(Net::Up);
    for _ in 0..3 {
        world.sync();
        world.reopen();
    }
    assert_ne!(token(&world), first);
    assert!(world.inner(|i| !i.vault.contains_key(&Secret::NextToken)));
    assert_eq!(world.phone_view().state, PhoneState::Ready);
    clocked(world.tap(1, None, true));
    world.sync();
    assert_eq!(world.phone_view().waiting, 0);
}

/// W-35: too old to fetch, but its badges are taken.
#[test]
fn an_old_app_says_so_and_badges_on() {
    let world = World::enrolled();
    world.inner(|i| i.server.min_version = "0.2.0".into());
    world.sync();
    assert_eq!(world.phone_view().state, PhoneState::UpdateNeeded);
    clocked(world.badge(1));
    world.sync();
    assert_eq!(world.phone_view().waiting, 0);
}

/// Never more than one try a second, whatever the worker or pokes do to a dead network.
#[test]
fn a_dead_network_is_not_hammered() {
    let world = World::enrolled();
    world.net(Net::Down);
    clocked(world.badge(1));
    let before = world.inner(|i| i.sent.len());
    for _ in 0..100 {
        world.phone().poked();
        world.phone().sync();
        world.later(100);
    }
    let tries = world.inner(|i| i.sent.len()) - before;
    assert!((2..=15).contains(&tries), "{tries} tries in ten seconds");
}

/// Each change of what screens show is told, with a number that grows.
#[test]
fn changes_are_told() {
    let world = World::enrolled();
    let (sender, told) = std::sync::mpsc::channel();
    world.phone().core().listen(Box::new(move |number| sender.send(number).unwrap()));
    clocked(world.badge(1));
    world.sync();
    let numbers: Vec<u64> = told.try_iter().collect();
    assert!(numbers.len() >= 2 && numbers.is_sorted());
    assert_eq!(world.phone().core().changes(), *numbers.last().unwrap());
}
