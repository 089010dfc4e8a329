//! The lock of the app (row O-03): what it closes, what it never closes, and what wrong PINs cost.

use releve_core::door::*;
use releve_core::ports::{Biometry, Secret};
use releve_shared::lock::{LockRules, MOST_WRONG};
use releve_shared::refusal::Refusal;
use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use releve_shared::visit::ClockKind;

use crate::server::{WipeMode, visit_id};
use crate::world::{Net, World, clocked};

const PIN: &str = "4071";

impl World {
    /// Enrolled, with a PIN.
    fn pinned() -> Self {
        let world = Self::enrolled();
        assert_eq!(world.set_pin(PIN, None), Ok(Reply::Done));
        world
    }

    fn set_pin(&self, pin: &str, before: Option<&str>) -> Result<Reply, Refusal> {
        self.act(Act::SetPin { pin: pin.to_owned(), before: before.map(str::to_owned) })
    }

    fn unlock(&self, pin: &str) -> Result<Reply, Refusal> {
        self.act(Act::Unlock { pin: pin.to_owned() })
    }

    fn lock(&self) -> LockView {
        self.phone_view().lock
    }

    fn is_locked(&self) -> bool {
        let view = self.phone_view();
        assert_eq!(view.lock.locked, view.state == PhoneState::Locked);
        view.lock.locked
    }
}

/// A restart locks; the right PIN opens all there was, the clients are closed meanwhile, and the key
/// that opens them is in no vault.
#[test]
fn a_pin_closes_the_sheets_and_opens_them() {
    let mut world = World::pinned();
    assert!(!world.is_locked() && world.lock().set);
    assert!(world.phone().ask(&Ask::Clients).is_ok());
    assert!(world.inner(|i| !i.vault.contains_key(&Secret::CareKey)), "sealed, not in the vault");
    world.reopen();
    assert!(world.is_locked());
    assert_eq!(world.phone().ask(&Ask::Clients), Err(Refusal::LeaseOver));
    let view = world.phone_view();
    assert_eq!((view.first_name.as_str(), view.unread), ("", 0), "no name, no message");
    assert_eq!(world.unlock("4072"), Err(Refusal::WrongCredentials));
    assert!(world.is_locked());
    assert_eq!(world.unlock(PIN), Ok(Reply::Done));
    assert!(world.phone().ask(&Ask::Clients).is_ok());
    assert_eq!(world.lock().tries_left, MOST_WRONG, "the right one forgets the wrong ones");
    assert_eq!(world.act(Act::LockNow), Ok(Reply::Done));
    assert!(world.is_locked());
    assert_eq!(world.unlock(PIN), Ok(Reply::Done));
}

/// The PIN alone opens nothing: without the device's share it is as wrong as any other.
#[test]
fn a_pin_opens_nothing_on_another_device() {
    let mut world = World::pinned();
    world.inner(|i| i.vault.insert(Secret::PinShare, vec![9; 32]));
    world.reopen();
    assert_eq!(world.unlock(PIN), Err(Refusal::WrongCredentials));
}

/// A crash between sealing the key and taking it from the vault leaves it there: the next start takes it away.
#[test]
fn a_key_that_a_crash_has_left_does_not_stay() {
    let mut world = World::enrolled();
    let key = world.inner(|i| i.vault.get(&Secret::CareKey).cloned()).unwrap();
    assert_eq!(world.set_pin(PIN, None), Ok(Reply::Done));
    world.inner(|i| i.vault.insert(Secret::CareKey, key));
    world.reopen();
    assert!(world.is_locked());
    assert!(world.inner(|i| !i.vault.contains_key(&Secret::CareKey)));
    assert_eq!(world.unlock(PIN), Ok(Reply::Done));
}

/// A share that cannot be read now is not replaced, and costs no try.
#[test]
fn a_share_that_cannot_be_read_costs_no_try() {
    let mut world = World::pinned();
    let share = world.inner(|i| i.vault.remove(&Secret::PinShare)).unwrap();
    world.reopen();
    assert_eq!(world.unlock(PIN), Err(Refusal::TryAgain));
    assert_eq!(world.lock().tries_left, MOST_WRONG);
    world.inner(|i| i.vault.insert(Secret::PinShare, share));
    assert_eq!(world.unlock(PIN), Ok(Reply::Done));
}

#[test]
fn pins_are_chosen_changed_and_dropped() {
    let mut world = World::enrolled();
    for (pin, refusal) in
        [("407", Refusal::Invalid), ("40a1", Refusal::Invalid), ("1234", Refusal::WeakPassword)]
    {
        assert_eq!(world.set_pin(pin, None), Err(refusal), "{pin}");
    }
    assert_eq!(world.act(Act::LockNow), Err(Refusal::NotFound), "nothing would open it again");
    assert_eq!(world.set_pin(PIN, None), Ok(Reply::Done));
    assert_eq!(world.set_pin("580213", Some("0000")), Err(Refusal::WrongCredentials));
    assert_eq!(world.set_pin("580213", Some(PIN)), Ok(Reply::Done));
    world.reopen();
    assert_eq!(world.unlock(PIN), Err(Refusal::WrongCredentials));
    assert_eq!(world.unlock("580213"), Ok(Reply::Done));
    assert_eq!(world.act(Act::DropPin { pin: PIN.into() }), Err(Refusal::WrongCredentials));
    assert_eq!(world.act(Act::DropPin { pin: "580213".into() }), Ok(Reply::Done));
    world.reopen();
    assert!(!world.is_locked() && !world.lock().set);
    assert!(world.phone().ask(&Ask::Clients).is_ok());
}

/// O-31: clocking, sending and the alarm go on while the app is locked, without network and with it.
#[test]
fn clocking_and_the_alarm_never_wait_for_a_pin() {
    let mut world = World::watched(Default::default());
    assert_eq!(world.set_pin(PIN, None), Ok(Reply::Done));
    world.net(Net::Down);
    world.reopen();
    assert!(world.is_locked());
    let (_, visit, kind) = clocked(world.badge(1));
    assert_eq!((visit, kind), (visit_id(1, 0), ClockKind::Start));
    assert!(world.phone_view().in_progress.is_some());
    world.press(Press::Pressed);
    assert!(matches!(world.alarm().look, AlarmLook::Counting { .. }));
    world.wait(15 * SECOND_MS);
    assert!(matches!(world.alarm().look, AlarmLook::Given { .. }), "{:?}", world.alarm().look);
    assert_eq!(world.hands.noted(|n| n.calls.len()), 1, "the call begins all the same");
    world.net(Net::Up);
    world.wait(MINUTE_MS);
    assert!(world.heard().contains(&"raised"), "{:?}", world.heard());
    world.sync();
    assert_eq!(world.phone_view().waiting, 0, "sent while locked");
    assert!(world.is_locked());
    assert_eq!(world.unlock(PIN), Ok(Reply::Done));
    assert_eq!(world.visit(visit).stamps.len(), 1);
}

/// Wrong PINs wait longer and longer. Neither a restart of the app nor one of the phone nor another
/// wall clock shortens that; the tenth closes for good.
#[test]
fn wrong_pins_wait_and_nothing_shortens_it() {
    let mut world = World::pinned();
    world.act(Act::LockNow).unwrap();
    for _ in 0..2 {
        assert_eq!(world.unlock("0000"), Err(Refusal::WrongCredentials));
    }
    assert_eq!(world.lock().wait_ms, 0, "fingers slip");
    assert_eq!(world.unlock("0000"), Err(Refusal::WrongCredentials));
    assert_eq!(world.lock().wait_ms, 30 * SECOND_MS);
    assert_eq!(world.unlock(PIN), Err(Refusal::TooManyTries), "even the right one waits");
    assert_eq!(world.lock().tries_left, MOST_WRONG - 3, "a try that waits is none");

    world.later(20 * SECOND_MS);
    world.reopen();
    assert_eq!(world.lock().wait_ms, 10 * SECOND_MS, "the app was closed, the phone was not");
    world.inner(|i| i.wall_off = 3 * DAY_MS);
    assert_eq!(world.unlock(PIN), Err(Refusal::TooManyTries), "the clock set ahead");
    world.inner(|i| i.wall_off = -3 * DAY_MS);
    assert_eq!(world.unlock(PIN), Err(Refusal::TooManyTries), "… and back");
    world.reboot();
    let left = world.lock().wait_ms;
    assert!(left > 25 * SECOND_MS, "started again, it lasts anew: {left}");
    world.later(31 * SECOND_MS);
    assert_eq!(world.unlock(PIN), Ok(Reply::Done));

    world.act(Act::LockNow).unwrap();
    for wrong in 1..=MOST_WRONG {
        world.later(HOUR_MS);
        assert_eq!(world.unlock("0000"), Err(Refusal::WrongCredentials), "{wrong}");
        world.reopen();
    }
    world.later(HOUR_MS);
    assert_eq!(world.lock().tries_left, 0);
    assert_eq!(world.unlock(PIN), Err(Refusal::TooManyTries), "only a new code opens it now");
    let _ = clocked(world.badge(1));
}

/// A try is counted before it is looked at: the app that is killed meanwhile has used it up.
#[test]
fn a_killed_app_gains_no_try() {
    let mut world = World::pinned();
    world.reopen();
    // The first commit is the count; what comes after it never happens.
    let commits = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counted = commits.clone();
    let fuse: releve_core::ports::Fuse =
        std::sync::Arc::new(move || counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0);
    world.reopen_fused(Some(fuse));
    assert!(world.unlock(PIN).is_err(), "the second commit is cut");
    world.reopen();
    assert_eq!(world.lock().tries_left, MOST_WRONG - 1);
    assert_eq!(world.unlock(PIN), Ok(Reply::Done));
}

/// Forgotten: the same worker comes back by a new code. What the phone owes is kept and sent.
#[test]
fn a_forgotten_pin_costs_no_act() {
    let mut world = World::pinned();
    world.net(Net::Down);
    let (event, visit, _) = clocked(world.badge(1));
    world.reopen();
    world.net(Net::Up);
    let link = world.inner(|i| i.server.link());
    let again = || Act::Enrol { link: link.clone(), phone_name: "Pixel".into() };
    world.net(Net::Down);
    assert_eq!(world.act(again()), Err(Refusal::Offline));
    assert!(world.is_locked(), "nothing is lost before the office has said yes");
    world.net(Net::Up);
    assert_eq!(world.act(again()), Ok(Reply::Done));
    world.sync();
    assert!(!world.is_locked() && !world.lock().set);
    assert_eq!(world.phone_view().waiting, 0);
    let stamps = world.visit(visit).stamps;
    assert_eq!(stamps.iter().map(|line| line.clocked.id).collect::<Vec<_>>(), [event]);
    assert!(world.phone().ask(&Ask::Clients).is_ok(), "fetched again");
    world.reopen();
    assert!(!world.is_locked());
}

#[test]
fn a_finger_opens_where_the_pin_has_allowed_it() {
    let mut world = World::pinned();
    assert_eq!(world.lock().biometry, Biometry::Ready);
    world.act(Act::LockNow).unwrap();
    assert_eq!(world.act(Act::UnlockByPresence), Err(Refusal::WrongCredentials), "not allowed");
    world.unlock(PIN).unwrap();
    let allow = |pin: &str| Act::AllowPresence { pin: Some(pin.to_owned()) };
    assert_eq!(world.act(allow("0000")), Err(Refusal::WrongCredentials));
    assert_eq!(world.act(allow(PIN)), Ok(Reply::Done));
    world.reopen();
    world.inner(|i| i.her_finger = false);
    assert_eq!(world.act(Act::UnlockByPresence), Err(Refusal::WrongCredentials));
    assert!(world.is_locked());
    world.inner(|i| i.her_finger = true);
    assert_eq!(world.act(Act::UnlockByPresence), Ok(Reply::Done));
    assert!(!world.is_locked());
    assert_eq!(world.act(Act::AllowPresence { pin: None }), Ok(Reply::Done));
    assert!(world.inner(|i| !i.vault.contains_key(&Secret::PresenceKey)));
    world.act(Act::LockNow).unwrap();
    assert_eq!(world.act(Act::UnlockByPresence), Err(Refusal::WrongCredentials));
}

/// Nobody touches it for the agency's minutes: it locks, also when no screen looks.
#[test]
fn it_locks_when_nobody_touches_it() {
    let world = World::pinned();
    world.inner(|i| {
        i.server.lock_rules(LockRules { required: true, digits: 4, after_min: 3 });
    });
    world.sync();
    assert!(world.is_locked(), "ten minutes went by");
    world.unlock(PIN).unwrap();
    world.phone().sync();
    world.act(Act::Present).unwrap();
    assert_eq!(world.lock().locks_in_ms, Some(3 * MINUTE_MS));
    world.later(2 * MINUTE_MS);
    world.act(Act::Present).unwrap();
    world.later(2 * MINUTE_MS);
    assert!(!world.is_locked(), "a touch begins it again");
    world.later(MINUTE_MS);
    assert_eq!(world.act(Act::Present), Ok(Reply::Done));
    assert!(world.is_locked(), "a touch that comes too late opens nothing");
    assert_eq!(world.act(Act::DropPin { pin: PIN.into() }), Err(Refusal::NotAllowed));
}

/// The agency asks for a PIN, then for a longer one: a phone with none, or a shorter one, says so.
#[test]
fn an_agency_may_ask_for_a_pin() {
    let mut world = World::enrolled();
    let asks = |world: &World, digits| {
        world.inner(|i| {
            i.server.lock_rules(LockRules { required: true, digits, after_min: 60 });
        });
        world.later(MINUTE_MS);
        world.phone().poked();
        world.phone().sync();
    };
    asks(&world, 4);
    let lock = world.lock();
    assert!(lock.must_set && lock.required && !lock.locked, "{lock:?}");
    world.set_pin(PIN, None).unwrap();
    assert!(!world.lock().must_set);
    asks(&world, 6);
    assert!(world.lock().must_set, "{:?}", world.lock());
    assert_eq!(world.set_pin("40718", Some(PIN)), Err(Refusal::Invalid));
    world.set_pin("407158", Some(PIN)).unwrap();
    assert!(!world.lock().must_set);
    world.reopen();
    assert_eq!(world.unlock("407158"), Ok(Reply::Done));
}

/// O-44: a locked phone hears the order to wipe, in both its modes, and keeps no share of the key.
#[test]
fn a_locked_phone_is_wiped() {
    for mode in [WipeMode::Now, WipeMode::AfterSending] {
        let mut world = World::pinned();
        world.reopen();
        world.inner(|i| i.server.blocked = Some(mode));
        world.sync();
        world.sync();
        assert_eq!(world.phone_view().state, PhoneState::Wiped);
        assert!(world.inner(|i| !i.vault.contains_key(&Secret::PinShare)));
    }
}
