//! The alarm on a phone whose store cannot be opened when the app starts: files really broken, a key that
//! is gone, a disk without a byte (row O-31).

use releve_core::door::*;
use releve_core::ports::{Alert, Secret};
use releve_shared::alarm::{AlarmRules, PhoneTry, Report};
use releve_shared::refusal::Refusal;

use crate::alarm::{CALL, GATEWAY, left};
use crate::world::World;

fn given(world: &World) -> Option<Ways> {
    match world.alarm().look {
        AlarmLook::Given { ways, .. } => Some(ways),
        AlarmLook::Quiet | AlarmLook::Counting { .. } | AlarmLook::Closed { .. } => None,
    }
}

fn raised(world: &World) -> bool {
    world.heard().contains(&"raised")
}

/// A newer app has written it: it is left as it is, and nothing can be read.
fn newer(world: &World) {
    let key = world.inner(|i| i.vault[&Secret::DutyKey].clone());
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let db = rusqlite::Connection::open(world.store().join("duty.db")).unwrap();
    db.pragma_update(None, "key", format!("x'{hex}'")).unwrap();
    db.execute_batch(
        "UPDATE fact SET value = '99' WHERE name = 'opens_with'; PRAGMA user_version = 99;",
    )
    .unwrap();
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

fn overwrite(world: &World, file: &str) {
    let path = world.store().join(file);
    let length = usize::try_from(std::fs::metadata(&path).unwrap().len()).unwrap();
    std::fs::write(path, b"\x17".repeat(length)).unwrap();
}

/// What stands where the file was cannot be opened by anybody.
fn unopenable(world: &World) {
    for file in ["duty.db", "duty.db-wal", "duty.db-shm"] {
        let _ = std::fs::remove_file(world.store().join(file));
    }
    std::fs::create_dir(world.store().join("duty.db")).unwrap();
}

/// O-31, O-32, O-33: whatever became of the databases, the button is there, the countdown runs, the call
/// begins and the server hears.
#[test]
fn o_31_a_store_that_does_not_open_at_start_stops_nothing() {
    type Break = fn(&World);
    let ways: &[(&str, PhoneState, Break)] = &[
        ("newer", PhoneState::StorageBroken, newer),
        ("cannot be opened", PhoneState::StorageBroken, unopenable),
        ("damaged", PhoneState::NotEnrolled, |world| overwrite(world, "duty.db")),
        ("both damaged", PhoneState::NotEnrolled, |world| {
            overwrite(world, "duty.db");
            overwrite(world, "care.db");
        }),
        ("its key lost", PhoneState::NotEnrolled, |world| {
            world.inner(|i| i.vault.remove(&Secret::DutyKey));
        }),
        ("the copy damaged too", PhoneState::StorageBroken, |world| {
            newer(world);
            overwrite(world, "alarm.sealed");
        }),
        ("the copy's key lost too", PhoneState::NotEnrolled, |world| {
            world.inner(|i| {
                i.vault.remove(&Secret::DutyKey);
                i.vault.remove(&Secret::AlarmKey);
            });
        }),
    ];
    for (what, state, breaks) in ways {
        let mut world = World::watched(AlarmRules { pre_alarm_s: 20, ..AlarmRules::default() });
        world.close();
        breaks(&world);
        world.reopen();
        assert_eq!(world.phone_view().state, *state, "{what}");
        let view = world.alarm();
        assert!(view.ready, "{what}: the button is there");
        assert_eq!(view.call_number, CALL, "{what}");
        world.turn();
        world.press(Press::Pressed);
        assert_eq!(left(&world.alarm().look), Some(19), "{what}: the agency's own duration");
        world.wait(20_500);
        assert!(given(&world).is_some(), "{what}");
        assert_eq!(world.hands.noted(|n| n.calls.clone()), [CALL], "{what}");
        assert_eq!(world.hands.noted(|n| n.alert), Alert::Given, "{what}");
        assert!(raised(&world), "{what}: the device's key signs, whatever became of the store");
    }
}

/// O-31: a broken start still knows who she is: her name for a person who reads, her codes, her planning's
/// membership; and the office's number stands on the screen.
#[test]
fn o_31_the_sealed_copy_knows_who_and_under_which_code() {
    let mut world = World::watched(AlarmRules::default());
    let codes = Some(("1234".to_owned(), "4321".to_owned()));
    world.act(Act::AlarmCodes { codes, before: None }).unwrap();
    world.close();
    newer(&world);
    world.reopen();
    assert_eq!(world.phone_view().office_phone, "+33563000000");
    assert!(world.alarm().code);
    world.press(Press::Pressed);
    assert_eq!(world.cancel(Some("9999")), Err(Refusal::WrongCredentials));
    assert_eq!(world.cancel(Some("4321")), Ok(Reply::Done), "duress looks like a cancel");
    assert_eq!(world.alarm().look, AlarmLook::Quiet);
    assert!(raised(&world));
    assert!(world.inner(|i| i.server.alarms.iter().all(|report| report.membership.is_some())));
}

/// O-32: the countdown on a phone whose store does not open survives a kill, and what it told is told once.
#[test]
fn o_32_without_a_store_the_countdown_survives_a_kill() {
    let mut world = World::watched(AlarmRules::default());
    world.close();
    newer(&world);
    world.reopen();
    world.press(Press::Pressed);
    world.later(4_000);
    world.reopen();
    let seconds = left(&world.alarm().look).expect("it goes on");
    assert!((4..=6).contains(&seconds), "{seconds}");
    world.later(7_000);
    world.reopen();
    world.wait(0);
    assert!(given(&world).is_some());
    assert_eq!(world.hands.noted(|n| n.calls.clone()), [CALL]);
    let raises = |i: &mut crate::world::Inner| {
        i.server.alarms.iter().filter(|r| matches!(r.what, Report::Raised { .. })).count()
    };
    assert_eq!(world.inner(raises), 1);
}

/// O-31, O-33: no key store at all: the numbers that want no key are called and written to, in words that
/// name nobody; the server's own clock is left to raise.
#[test]
fn o_33_without_any_key_the_phone_still_calls_and_writes() {
    let mut world = World::watched(AlarmRules::default());
    world.close();
    world.inner(|i| i.vault_fails = true);
    world.reopen();
    assert_eq!(world.phone_view().state, PhoneState::StorageBroken);
    assert!(world.alarm().ready);
    world.press(Press::Pressed);
    world.wait(10_500);
    assert_eq!(world.hands.noted(|n| n.calls.clone()), [CALL]);
    world.wait(10_500);
    let (number, words) = world.hands.noted(|n| n.texts[0].clone());
    assert_eq!(number, CALL, "nothing can be signed for the gateway");
    assert!(words.starts_with("ALARME DATI. Rappelez"), "{words}");
    assert_eq!(given(&world).unwrap().text, Some(PhoneTry::Started));
    assert!(world.heard().is_empty());
    assert_ne!(number, GATEWAY);

    // The key store is back: what the server has not heard is said.
    world.inner(|i| i.vault_fails = false);
    assert_eq!(world.phone_view().state, PhoneState::Ready);
    world.wait(5_000);
    assert!(raised(&world) && given(&world).is_some());
}

/// O-31: not a file is left: the button opens the dialler with the number of help, which no app dials by
/// itself, and nobody is written to.
#[test]
fn o_31_when_nothing_is_left_there_is_112() {
    let mut world = World::watched(AlarmRules::default());
    world.close();
    std::fs::remove_dir_all(world.store()).unwrap();
    std::fs::write(world.store(), b"not a folder").unwrap();
    world.reopen();
    let view = world.alarm();
    assert_eq!((view.ready, view.call_number.as_str()), (true, "112"));
    world.press(Press::Pressed);
    world.wait(10_500);
    world.wait(10_500);
    assert_eq!(world.hands.noted(|n| n.calls.clone()), ["112"]);
    assert_eq!(world.hands.noted(|n| n.texts.len()), 0);
    assert_eq!(given(&world).unwrap().text, Some(PhoneTry::Cannot));
}

/// O-31, T8: not a byte free when the app starts: the databases do not open, the alarm does; with room
/// again all is as before, the alarm included.
#[test]
fn o_31_a_disk_that_is_full_at_start_stops_nothing() {
    let mut world = World::watched(AlarmRules::default());
    world.close();
    let room = world.folder().join("small");
    std::fs::create_dir_all(&room).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(&room)
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        eprintln!("not root: the full disk is not tried here");
        return;
    }
    for file in std::fs::read_dir(world.store()).unwrap().map(|file| file.unwrap().path()) {
        std::fs::copy(&file, room.join(file.file_name().unwrap())).unwrap();
    }
    std::fs::remove_dir_all(world.store()).unwrap();
    std::os::unix::fs::symlink(&room, world.store()).unwrap();
    let filler = room.join("video");
    let mut bytes = 1_000_000;
    while bytes > 0 {
        use std::io::Write as _;
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&filler).unwrap();
        match file.write_all(&vec![0; bytes]) {
            Ok(()) => {}
            Err(_) => bytes /= 2,
        }
    }
    world.reopen();
    let view = world.phone_view();
    assert_eq!(view.state, PhoneState::StorageBroken, "{:?}", view.trouble);
    world.press(Press::Pressed);
    world.wait(10_500);
    assert!(given(&world).is_some());
    assert_eq!(world.hands.noted(|n| n.calls.clone()), [CALL]);
    assert!(raised(&world));

    std::fs::remove_file(&filler).unwrap();
    assert_eq!(world.phone_view().state, PhoneState::Ready, "it opens by itself");
    assert!(given(&world).is_some(), "and the alarm is still there");
    world.turn();
    world.reopen();
    assert!(given(&world).is_some(), "kept with the rest");
    world.close();
    let unmounted = std::process::Command::new("umount").arg("-l").arg(room).status().unwrap();
    assert!(unmounted.success());
}

/// What can be read without a key names nobody, and a wipe leaves neither copy nor key.
#[test]
fn the_copies_name_nobody_and_a_wipe_takes_them() {
    let world = World::watched(AlarmRules::default());
    let bare = std::fs::read_to_string(world.store().join("alarm.json")).unwrap();
    assert!(bare.contains(CALL), "{bare}");
    for word in ["CANARY", "Amina", "Benali", GATEWAY] {
        assert!(!bare.contains(word), "{word} in {bare}");
        let sealed = std::fs::read(world.store().join("alarm.sealed")).unwrap();
        assert!(!sealed.windows(word.len()).any(|part| part == word.as_bytes()), "{word}");
    }
    world.inner(|i| i.server.blocked = Some(crate::server::WipeMode::Now));
    world.sync();
    assert_eq!(world.phone_view().state, PhoneState::Wiped);
    let left: Vec<_> = std::fs::read_dir(world.store())
        .unwrap()
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("alarm."))
        .collect();
    assert_eq!(left, [] as [&str; 0]);
    assert!(world.inner(|i| !i.vault.contains_key(&Secret::AlarmKey)));
    assert!(!world.alarm().ready);
}
