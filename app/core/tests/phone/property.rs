//! B-02: whatever the network does, what the screen says of an act is what the server holds.

use std::collections::BTreeSet;

use proptest::prelude::*;
use releve_core::door::*;
use releve_shared::id::*;
use releve_shared::refusal::Refusal;
use releve_shared::time::MINUTE_MS;
use releve_shared::visit::{ClockKind, VisitState};

use crate::server::visit_id;
use crate::world::{Net, World};

#[derive(Clone, Debug)]
enum Move {
    Tap(u128),
    Undo,
    Notes(u32),
    Wait(u8),
    Net(Net),
    Sync,
    Kill,
    Reboot,
    Wall(i64),
    Plan(i64),
    Restore(u64),
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => (1u128..3).prop_map(Move::Tap),
        1 => Just(Move::Undo),
        1 => (0u32..99).prop_map(Move::Notes),
        3 => any::<u8>().prop_map(Move::Wait),
        2 => prop_oneof![Just(Net::Up), Just(Net::Down), Just(Net::LosesAnswers), Just(Net::Portal)]
            .prop_map(Move::Net),
        4 => Just(Move::Sync),
        1 => Just(Move::Kill),
        1 => Just(Move::Reboot),
        1 => (-9_000_000i64..9_000_000).prop_map(Move::Wall),
        1 => (0i64..20).prop_map(Move::Plan),
        1 => (0u64..4).prop_map(Move::Restore),
    ]
}

/// What the worker was told is on the phone: each stamp, once.
fn told(made: &mut Vec<ClockEventId>, reply: Result<Reply, Refusal>) {
    if let Ok(Reply::Clocked { event, .. }) = reply {
        assert!(!made.contains(&event));
        made.push(event);
    }
}

fn check_screen(world: &World, made: &[ClockEventId], restored: bool) {
    let on_server: BTreeSet<String> =
        world.inner(|i| i.server.proven()).iter().map(|event| event.id.to_string()).collect();
    let acts = world.outbox();
    for act in &acts {
        let stamp = matches!(act.what, ActKind::Start | ActKind::End | ActKind::Void);
        if stamp && !restored && matches!(act.state, ActState::Received { .. }) {
            assert!(on_server.contains(&act.id.to_string()), "said received, is not: {act:?}");
        }
    }
    for event in made {
        assert!(acts.iter().any(|act| act.id.to_string() == event.to_string()), "lost: {event}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_screen_says_what_the_server_holds(moves in prop::collection::vec(moves(), 1..40)) {
        let mut world = World::enrolled();
        let mut made = Vec::new();
        let mut restored = false;
        for step in moves {
            match step {
                Move::Tap(n) => {
                    let reply = world.tap(n, None, true);
                    told(&mut made, reply);
                }
                Move::Undo => {
                    if let Some(event) = made.last() {
                        let _ = world.act(Act::Undo { event: *event });
                    }
                }
                Move::Notes(km) => {
                    let notes = releve_shared::visit::VisitNotes { distance_hm: Some(km), ..Default::default() };
                    let _ = world.act(Act::WriteNotes { visit: visit_id(1, 0), notes });
                }
                Move::Wait(minutes) => world.later(i64::from(minutes) * MINUTE_MS / 4),
                Move::Net(net) => world.net(net),
                Move::Sync => { world.sync(); }
                Move::Kill => world.reopen(),
                Move::Reboot => world.reboot(),
                Move::Wall(off) => world.inner(|i| i.wall_off = off),
                Move::Plan(hour) => {
                    world.inner(|i| i.server.visit(1, hour, VisitState::Planned));
                }
                Move::Restore(n) => {
                    restored = true;
                    world.inner(|i| i.server.restored(n));
                }
            }
            check_screen(&world, &made, restored);
        }
        world.net(Net::Up);
        for _ in 0..4 {
            world.sync();
        }
        check_screen(&world, &made, false);
        let view = world.phone_view();
        prop_assert_eq!((view.waiting, view.trouble), (0, None));
        let acts = world.outbox();
        let received = |act: &ActLine| matches!(act.state, ActState::Received { .. });
        prop_assert!(acts.iter().all(received));
        // Every badge is on the server once, in a chain that verifies.
        let proven = world.inner(|i| i.server.proven());
        let ids: BTreeSet<_> = proven.iter().map(|event| event.id).collect();
        prop_assert_eq!(ids.len(), proven.len());
        prop_assert!(made.iter().all(|event| ids.contains(event)));
        let stamps = acts.iter().filter(|act| act.method.is_some()).count();
        prop_assert_eq!(stamps, proven.len());
        // The progress of each visit on the screen is that of the stamps on the server.
        for line in world.day().visits {
            let voided: BTreeSet<_> = proven.iter().filter_map(|event| event.voids).collect();
            let standing = |kind: ClockKind| proven.iter().any(|event| {
                event.visit == line.visit.id && event.kind == kind && !voided.contains(&event.id)
            });
            prop_assert_eq!(line.progress.start.is_some(), standing(ClockKind::Start));
        }
    }
}
