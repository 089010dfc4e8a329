//! The store on a bad day: crashes, damage, a full disk, a newer version, curious eyes.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use releve_core::door::*;
use releve_core::ports::Secret;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::HOUR_MS;

use crate::server::id;
use crate::world::{Net, World, clocked};

/// How many planted words can be read in a folder's files, as text of any of the usual encodings.
pub fn canaries(folder: &Path) -> usize {
    let mut found = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let wide: Vec<u8> = "CANARY".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for needle in [b"CANARY".as_slice(), b"SQLite format 3", &wide] {
            found += bytes.windows(needle.len()).filter(|window| *window == needle).count();
        }
    }
    found
}

fn key(world: &World, secret: Secret) -> String {
    let key = world.inner(|i| i.vault[&secret].clone());
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn open(world: &World, file: &str) -> rusqlite::Connection {
    let secret = if file == "care.db" { Secret::CareKey } else { Secret::DutyKey };
    let db = rusqlite::Connection::open(world.store().join(file)).unwrap();
    db.pragma_update(None, "key", format!("x'{}'", key(world, secret))).unwrap();
    db
}

/// How often a word occurs in the plain pages of a database, free pages included.
pub fn readable(world: &World, file: &str, word: &str) -> usize {
    let db = open(world, file);
    let plain = world.folder().join("plain.db");
    // A page for page copy without a key: free pages come along.
    db.execute_batch(&format!(
        "ATTACH DATABASE '{}' AS plain KEY ''; SELECT sqlcipher_export('plain'); DETACH DATABASE plain;",
        plain.display()
    ))
    .unwrap();
    let free: i64 = db.query_row("PRAGMA freelist_count", [], |row| row.get(0)).unwrap();
    assert_eq!(free, 0, "free pages were given back");
    let bytes = std::fs::read(plain).unwrap();
    bytes.windows(word.len()).filter(|window| *window == word.as_bytes()).count()
}

/// Nothing readable in the folder, the log included, while the app runs and after.
#[test]
fn nothing_is_readable_in_the_folder() {
    let mut world = World::enrolled();
    clocked(world.badge(1));
    world.sync();
    assert!(world.phone().ask(&Ask::Clients).is_ok());
    assert_eq!(canaries(&world.store()), 0);
    assert!(world.store().join("care.db-wal").exists(), "the log is looked at too");
    world.close();
    assert_eq!(canaries(&world.store()), 0);
    assert!(readable(&world, "care.db", "CANARY-4821B") > 0, "the search itself works");
}

/// The duty data names nobody: ids and hours only.
#[test]
fn the_duty_data_names_nobody() {
    let mut world = World::enrolled();
    clocked(world.badge(1));
    world.sync();
    world.close();
    assert_eq!(readable(&world, "duty.db", "CANARY"), 0);
}

/// I1: killed between any two acts, a stamp that was answered is there, in a chain without holes.
#[test]
fn a_kill_after_each_act_loses_nothing() {
    let mut world = World::enrolled();
    world.net(Net::Down);
    let mut made = Vec::new();
    for round in 0..6 {
        made.push(clocked(world.tap(1 + round % 2, None, true)).0);
        // Without closing: the log is what a power cut would leave.
        let copy = world.folder().join("copy");
        std::fs::create_dir_all(&copy).unwrap();
        for file in ["duty.db", "duty.db-wal", "care.db", "care.db-wal"] {
            std::fs::copy(world.store().join(file), copy.join(file)).unwrap();
        }
        world.close();
        std::fs::remove_dir_all(world.store()).unwrap();
        std::fs::rename(copy, world.store()).unwrap();
        world.reopen();
        world.later(HOUR_MS);
        clocked(world.tap(1 + round % 2, None, true));
        world.later(HOUR_MS);
    }
    assert_eq!(world.phone_view().waiting, 12);
    world.net(Net::Up);
    world.sync();
    let proven = world.inner(|i| i.server.proven());
    assert_eq!(proven.len(), 12);
    assert!(made.iter().all(|id| proven.iter().any(|event| event.id == *id)));
}

/// A full disk refuses the badge, says so, and keeps what there was.
#[test]
fn a_full_disk_is_said_and_breaks_nothing() {
    let mut world = World::enrolled();
    world.net(Net::Down);
    world.close();
    {
        // The page limit belongs to a connection; a file system of 400 kB is the honest way.
        let room = world.folder().join("small");
        std::fs::create_dir_all(&room).unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=400k", "tmpfs"])
            .arg(&room)
            .status()
            .is_ok_and(|status| status.success());
        if !mounted {
            eprintln!("not root: the full disk is not tried here");
            return;
        }
        for file in ["duty.db", "care.db"] {
            std::fs::copy(world.store().join(file), room.join(file)).unwrap();
        }
        std::fs::remove_dir_all(world.store()).unwrap();
        std::os::unix::fs::symlink(&room, world.store()).unwrap();
    }
    world.reopen();
    let mut saved = 0;
    let refused = loop {
        world.later(HOUR_MS);
        match world.tap(1 + saved / 2 % 2, None, true) {
            Ok(_) => saved += 1,
            Err(refusal) => break refusal,
        }
        assert!(saved < 2_000, "the disk does not fill");
    };
    assert_eq!(refused, Refusal::StorageFull);
    assert_eq!(u128::from(world.phone_view().waiting), saved, "only what was answered is there");
    world.close();
    let room = world.folder().join("small");
    let unmounted = std::process::Command::new("umount").arg("-l").arg(room).status().unwrap();
    assert!(unmounted.success());
}

/// A database of a newer app is left as it is.
#[test]
fn a_newer_database_is_not_touched() {
    let mut world = World::enrolled();
    world.close();
    {
        let db = open(&world, "duty.db");
        db.execute_batch(
            "UPDATE fact SET value = '99' WHERE name = 'opens_with'; PRAGMA user_version = 99;",
        )
        .unwrap();
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    }
    let before = std::fs::read(world.store().join("duty.db")).unwrap();
    world.reopen();
    let view = world.phone_view();
    assert_eq!(
        (view.state, view.trouble),
        (PhoneState::StorageBroken, Some(Refusal::StorageBroken))
    );
    assert_eq!(world.badge(1), Err(Refusal::StorageBroken));
    assert_eq!(world.phone().ask(&Ask::Outbox), Err(Refusal::StorageBroken));
    world.sync();
    world.close();
    assert_eq!(std::fs::read(world.store().join("duty.db")).unwrap(), before);
}

/// A damaged file is put aside, said, never deleted; the mirror comes back from the server.
#[test]
fn a_damaged_file_is_kept_aside_and_said() {
    for damage in ["truncated", "overwritten", "flipped"] {
        let mut world = World::enrolled();
        world.net(Net::Down);
        clocked(world.badge(1));
        world.close();
        let path = world.store().join("care.db");
        let mut bytes = std::fs::read(&path).unwrap();
        match damage {
            "truncated" => bytes.truncate(bytes.len() / 2 + 100),
            "overwritten" => bytes = b"hello".repeat(2_000),
            _ => {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
            }
        }
        std::fs::write(&path, &bytes).unwrap();
        world.reopen();
        let view = world.phone_view();
        assert_eq!(view.trouble, Some(Refusal::StorageBroken), "{damage}");
        assert_eq!(view.waiting, 1, "{damage}: the outbox is another file");
        let kept = std::fs::read_dir(world.store())
            .unwrap()
            .map(|e| e.unwrap().path())
            .find(|path| path.to_string_lossy().contains("care.db.kept-aside-"));
        assert_eq!(std::fs::read(kept.unwrap()).unwrap(), bytes, "{damage}: kept as it was");
        world.net(Net::Up);
        world.sync();
        assert_eq!(world.day().visits.len(), 3, "{damage}: the server has it all");
        assert_eq!(world.phone_view().trouble, None, "{damage}");
    }
    let mut world = World::enrolled();
    world.close();
    std::fs::write(world.store().join("duty.db"), b"no database at all").unwrap();
    world.reopen();
    let view = world.phone_view();
    assert_eq!((view.state, view.trouble), (PhoneState::NotEnrolled, Some(Refusal::StorageBroken)));
}

/// A phone with so many sheets that its care data is too large to be read whole at each start.
fn large() -> World {
    let world = World::enrolled();
    world.inner(|i| {
        for n in 10..400 {
            i.server.client(n, "CANARY-Vidal", &[]);
            let scope = Scope::client(id(100 + n));
            i.server.put_raw(
                &scope,
                RowKind::Unknown("album".into()),
                "a".into(),
                Some("x".repeat(30_000)),
            );
        }
    });
    world.sync();
    assert!(std::fs::metadata(world.store().join("care.db")).unwrap().len() > 9_000_000);
    world
}

fn kept_aside(world: &World) -> usize {
    let names = std::fs::read_dir(world.store()).unwrap().map(|e| e.unwrap().file_name());
    names
        .filter(|name| {
            name.to_string_lossy().ends_with("care.db.kept-aside")
                || name.to_string_lossy().contains("care.db.kept-aside-")
        })
        .count()
}

fn flip(world: &World, pages: impl Fn(usize) -> bool) {
    let path = world.store().join("care.db");
    let mut bytes = std::fs::read(&path).unwrap();
    for page in (1..bytes.len() / 4096).filter(|page| pages(*page)) {
        bytes[page * 4096 + 99] ^= 1;
    }
    std::fs::write(&path, &bytes).unwrap();
}

/// A damaged page of large care data is found beside its use, said, and nothing is lost.
#[test]
fn a_large_file_is_read_through_after_the_start() {
    let mut world = large();
    world.net(Net::Down);
    clocked(world.badge(1));
    world.close();
    let pages = std::fs::metadata(world.store().join("care.db")).unwrap().len() / 4096;
    flip(&world, |page| page as u64 == pages / 2);
    world.reopen();
    world.phone().check();
    let view = world.phone_view();
    assert_eq!((view.trouble, view.waiting), (Some(Refusal::StorageBroken), 1));
    assert!(kept_aside(&world) > 0);
    world.net(Net::Up);
    world.sync();
    assert_eq!((world.day().visits.len(), world.phone_view().trouble), (3, None));
    world.reopen();
    world.phone().check();
    assert_eq!(world.phone_view().trouble, None, "a whole file stays");
}

/// The same page met before it was looked for: the ask is answered, a badge is kept.
#[test]
fn a_damaged_page_that_is_met_is_put_right_at_once() {
    let mut world = large();
    world.net(Net::Down);
    world.close();
    flip(&world, |page| page > 3);
    world.reopen();
    clocked(world.badge(1));
    assert_eq!(world.phone_view().trouble, Some(Refusal::StorageBroken));
    assert_eq!(world.phone_view().waiting, 1);
    assert!(kept_aside(&world) > 0);
    world.net(Net::Up);
    world.sync();
    assert_eq!((world.day().visits.len(), world.phone_view().trouble), (3, None));
}

/// I1: stopped before any of its commits, an act is refused and nothing of it is there; the same act
/// goes through afterwards.
#[test]
fn what_could_not_be_committed_was_never_promised() {
    let mut world = World::enrolled();
    let blown = Arc::new(AtomicBool::new(false));
    let fuse = Arc::clone(&blown);
    world.reopen_fused(Some(Arc::new(move || !fuse.load(Ordering::SeqCst))));
    world.net(Net::Down);
    blown.store(true, Ordering::SeqCst);
    assert!(world.badge(1).is_err());
    world.reopen();
    assert_eq!((world.phone_view().waiting, world.outbox().len()), (0, 0));
    let _ = clocked(world.badge(1));
    assert_eq!(world.phone_view().waiting, 1);
}
