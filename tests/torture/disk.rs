//! T8: the disk is full: never a false "enregistré", never a false "received", and it recovers by itself.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use releve_core::door::Act;
use releve_shared::refusal::Refusal;
use releve_tests::process::{Agency, Place, Said};

/// A small disk of one test's own.
struct Small(PathBuf);

impl Small {
    /// `None` where this user may not make one: only root may.
    fn at(path: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(path).expect("a folder");
        let size = format!("size={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "none"]).arg(path);
        if mount.output().is_ok_and(|done| done.status.success()) {
            return Some(Self(path.to_owned()));
        }
        println!("not run: this user may not mount a small disk");
        None
    }

    /// Takes all that is left of it.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.0.join("filler")).expect("a file");
        for piece in [65_536, 4_096, 512, 1] {
            while file.write_all(&vec![7; piece]).is_ok() {}
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("filler")).expect("the filler");
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // A process that still has files open there keeps it until it ends.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}

/// I1: what the phone could not keep it does not promise; the rest is kept, and it goes on.
#[test]
fn a_phone_without_room_promises_nothing_and_recovers() {
    let scratch = releve_tests::database::Scratch::sqlite();
    let place = Place::new(scratch.url());
    place.found();
    let (_server, _) = place.serve();
    let Some(disk) = Small::at(&place.path("worker"), "4m") else { return };
    let agency = Agency::at(&place);
    let mut acknowledged = BTreeSet::new();
    acknowledged.extend(agency.phone.two_stamps(agency.visit).map(|id| id.to_string()));
    disk.fill();
    let mut refused = None;
    for _ in 0..5_000 {
        match agency.phone.starts(agency.visit) {
            Said::Done(event) => {
                let _ = acknowledged.insert(event.to_string());
                if let Said::Refused(refusal) = agency.phone.act(&Act::Undo { event }) {
                    refused = Some(refusal);
                    break;
                }
            }
            Said::Refused(refusal) => {
                refused = Some(refusal);
                break;
            }
            Said::Lost => panic!("the phone died"),
        }
    }
    assert!(
        matches!(refused, Some(Refusal::StorageFull | Refusal::TryAgain)),
        "a full disk is told: {refused:?}"
    );
    println!("refused as {refused:?} after {} stamps", acknowledged.len());
    disk.free();
    for _ in 0..3 {
        acknowledged.extend(agency.phone.two_stamps(agency.visit).map(|id| id.to_string()));
    }
    let _ = agency.phone.empties();
    let count = agency.nothing_lost_nothing_doubled(&acknowledged);
    println!("{count} stamps, 0 lost, 0 doubled, without a restart");
}

/// I2: a server without room takes nothing and says so; phones keep theirs until it has.
#[test]
fn a_server_without_room_takes_nothing_and_recovers() {
    let mut place = Place::new("");
    let Some(disk) = Small::at(&place.path("data"), "8m") else { return };
    place.database = format!("sqlite:{}", place.path("data/releve.db").display());
    place.found();
    let (_server, _) = place.serve();
    let agency = Agency::at(&place);
    let mut acknowledged = BTreeSet::new();
    disk.fill();
    let mut refused = false;
    for _ in 0..2_000 {
        acknowledged.extend(agency.phone.two_stamps(agency.visit).map(|id| id.to_string()));
        if matches!(agency.phone.act(&Act::SyncNow), Said::Refused(_)) {
            refused = true;
            break;
        }
    }
    assert!(refused, "a full disk is told to phones");
    assert!(agency.phone.tally().0 > 0, "what was not taken waits on the phone");
    disk.free();
    println!("the outbox was empty after {:?}", agency.phone.empties());
    let count = agency.nothing_lost_nothing_doubled(&acknowledged);
    println!("{count} stamps, 0 lost, 0 doubled, without a restart");
}
