//! O-44: a blocked phone, a lost phone, a sign-out. Keys first, then files, then the word.

use releve_core::door::*;
use releve_shared::enrolment::WipeMode;
use releve_shared::keys::Signer;
use releve_shared::refusal::Refusal;
use releve_shared::sync::Scope;

use crate::server::id;
use crate::store::canaries;
use crate::world::{Net, World, clocked};

/// WP2: what waits is sent once, everything is destroyed, the server is told.
#[test]
fn a_signed_order_sends_then_destroys_then_confirms() {
    let world = World::enrolled();
    world.net(Net::Down);
    clocked(world.badge(1));
    world.inner(|i| i.server.blocked = Some(WipeMode::AfterSending));
    world.net(Net::Up);
    // The order comes with a pull: the badge goes first.
    world.inner(|i| i.server.refuse_all = None);
    world.sync();
    world.sync();
    assert_eq!(world.phone_view().state, PhoneState::Wiped);
    assert_eq!(world.inner(|i| i.server.proven().len()), 1, "what waited was sent");
    let receipts = world.inner(|i| i.server.receipts.clone());
    assert_eq!(receipts.len(), 1);
    assert_eq!(receipts[0].nonce, "nonce");
    assert_eq!(canaries(&world.store()), 0);
    assert_eq!(world.badge(1), Err(Refusal::NotEnrolled));
}

/// A thief's order is no order; a bare 403 is none either.
#[test]
fn only_the_pinned_key_wipes() {
    let world = World::enrolled();
    world.inner(|i| {
        i.server.blocked = Some(WipeMode::Now);
        i.server.key = Signer::from_seed(&[66; 32]);
    });
    world.sync();
    let view = world.phone_view();
    assert_eq!(
        (view.state, view.trouble),
        (PhoneState::SignInNeeded, Some(Refusal::DeviceBlocked))
    );
    assert_eq!(world.day().visits.len(), 3, "data is kept");
}

/// "Now" waits for nothing, and a phone cut off in the middle goes on when it wakes.
#[test]
fn a_wipe_goes_on_after_a_crash_at_each_step() {
    for steps in 0..5 {
        let mut world = World::enrolled();
        clocked(world.badge(1));
        world.inner(|i| i.server.blocked = Some(WipeMode::Now));
        world.later(600_000);
        for _ in 0..steps {
            let step = world.phone().core().next_request();
            if let releve_core::Step::Send(request) = step {
                let came = releve_core::ports::Link::send(&world.device, &request);
                world.phone().core().answered(came);
            }
        }
        world.reopen();
        world.net(Net::Down);
        world.sync();
        world.reopen();
        world.net(Net::Up);
        world.sync();
        world.sync();
        assert_eq!(world.phone_view().state, PhoneState::Wiped, "after {steps} steps");
        assert!(!world.inner(|i| i.server.receipts.is_empty()), "after {steps} steps");
        assert_eq!(canaries(&world.store()), 0);
    }
}

/// A wiped phone can be given to somebody again.
#[test]
fn a_wiped_phone_is_enrolled_again() {
    let world = World::enrolled();
    world.inner(|i| i.server.blocked = Some(WipeMode::Now));
    world.sync();
    assert_eq!(world.phone_view().state, PhoneState::Wiped);
    world.inner(|i| {
        let fresh = crate::server::Server::new();
        i.server = fresh;
    });
    let link = world.inner(|i| i.server.link());
    let enrolled = world.act(Act::Enrol { link, phone_name: "Pixel".into() });
    assert_eq!(enrolled, Ok(Reply::Done));
    assert_eq!(world.phone_view().state, PhoneState::Ready);
}

/// O-05: a sign-out sends what waits, tells the server, and leaves nothing.
#[test]
fn a_sign_out_leaves_nothing_and_loses_nothing() {
    let mut world = World::enrolled();
    world.net(Net::Down);
    clocked(world.badge(1));
    assert_eq!(world.act(Act::SignOut { even_unsent: false }), Err(Refusal::Offline));
    assert_eq!(world.phone_view().waiting, 1, "nothing is queued by the refusal");
    world.net(Net::Up);
    assert_eq!(world.act(Act::SignOut { even_unsent: false }), Ok(Reply::Done));
    assert!(world.inner(|i| i.server.signed_out && i.server.proven().len() == 1));
    assert_eq!(world.phone_view().state, PhoneState::NotEnrolled);
    assert_eq!(canaries(&world.store()), 0);
    world.reopen();
    assert_eq!(world.phone_view().state, PhoneState::NotEnrolled);

    let world = World::enrolled();
    world.net(Net::Down);
    clocked(world.badge(1));
    assert_eq!(world.act(Act::SignOut { even_unsent: true }), Ok(Reply::Done));
    assert_eq!(world.phone_view().state, PhoneState::NotEnrolled);
}

/// F7: when an access ends, what it granted leaves the phone at the next sync.
#[test]
fn an_ended_access_leaves_no_trace_of_the_client() {
    let mut world = World::enrolled();
    world.inner(|i| {
        i.server.granted.remove(&Scope::client(id(101)));
        i.server.granted.remove(&Scope::client(id(102)));
    });
    world.sync();
    let Ok(View::Clients { clients }) = world.phone().ask(&Ask::Clients) else { panic!() };
    assert_eq!(clients, []);
    world.close();
    assert_eq!(crate::store::readable(&world, "care.db", "CANARY-4821B"), 0, "not even free pages");
}
