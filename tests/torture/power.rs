//! T7: the power goes. What was not synced is gone, or half of it, in any order; what was promised is
//! there, at every sync of a life of fifty acts, on the phone and on the server.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use releve_core::door::{Act, ActState, Ask, PhoneState, View};
use releve_core::ports::Secret;
use releve_core::{About, Core, Ports};
use releve_powercut::{Cut, Disk, Note, Recording, Strength};
use releve_server::db::Db;
use releve_shared::time::MINUTE_MS;
use releve_shared::visit::{ClockKind, ManualReason};
use releve_tests::database::Scratch;
use releve_tests::process::rounds;
use releve_tests::world::folder;
use releve_tests::world::link::Line;
use releve_tests::world::phone::Phone;
use releve_tests::world::server::Server;
use releve_tests::world::time::{Hands, Seeded, Time, today_at};
use releve_tests::world::vault::MemoryVault;
use releve_tests::world::{Home, World};

/// A life: what SQLite did for it, and what opens the files again.
struct Life {
    files: Vec<PathBuf>,
    notes: Vec<Note>,
    phone: PathBuf,
    vault: MemoryVault,
    time: Time,
    address: std::net::SocketAddr,
}

/// What was promised before a cut.
#[derive(Default)]
struct Promised {
    enrolled: bool,
    on_phone: BTreeSet<String>,
    on_server: BTreeSet<String>,
}

impl Promised {
    fn hears(&mut self, note: &Note) {
        let Note::Promised(what) = note else { return };
        match what.split_once(' ') {
            Some(("phone", id)) => drop(self.on_phone.insert(id.to_owned())),
            Some(("server", id)) => drop(self.on_server.insert(id.to_owned())),
            _ => self.enrolled = true,
        }
    }
}

/// Fifty acts over ten visits, with exchanges, restarts of the app and of the server, and a desk that
/// changes the planning meanwhile.
fn life(strength: Strength) -> Life {
    let (scratch, home) = (Scratch::sqlite(), folder::scratch());
    let office = scratch.file().and_then(Path::parent).expect("a folder").to_owned();
    let recording = Recording::of(&[&office, home.path()], strength);
    let kept = Mutex::new(None);
    World::on(&scratch, |w| {
        let caregiver = w.desk.adds_caregiver("Amina", "Diallo");
        w.desk.transmits(caregiver.id, true);
        let phone = Phone::new(&w.time, home.path().to_owned(), "phone", 7);
        let _ = phone.enrols(&w.desk.enrolment(caregiver.id)).expect("enrolled");
        recording.promises("enrolled");
        let Home { client, .. } = w.home("Lefèvre");
        for round in 0..10 {
            let start = today_at(8 + round, 0);
            w.time.until(start);
            let visit = w.desk.plans(caregiver.id, client, start, start.plus(50 * MINUTE_MS));
            // What may not be seen any more leaves the phone, and its pages with it.
            let other = w.desk.plans(caregiver.id, client, start, start.plus(MINUTE_MS));
            phone.sync().unwrap();
            w.desk.cancels(other);
            let by_hand = |kind| {
                w.time.pass(MINUTE_MS);
                phone.by_hand(visit, kind, Some(ManualReason::NoNfc)).expect("a stamp").event
            };
            let told = |and_server: bool| tells(&recording, &phone, and_server);
            let event = by_hand(ClockKind::Start);
            told(false);
            phone.undoes(event).unwrap();
            told(round % 2 == 0);
            let _ = by_hand(ClockKind::Start);
            told(true);
            match round % 2 {
                0 => phone.notes(visit, 12, 350, "Elle a bien dormi").unwrap(),
                _ => {
                    let text = "Je serai en retard".to_owned();
                    let act = Act::WriteMessage { thread: None, text, alert: false };
                    let _ = phone.act(act).unwrap();
                }
            }
            told(false);
            if round % 3 == 0 {
                phone.restart();
            }
            let _ = by_hand(ClockKind::End);
            told(false);
            if round % 4 == 1 {
                w.restart_server();
            }
            told(true);
        }
        let address = w.server().as_ref().expect("a server").address();
        *kept.lock().unwrap() = Some((phone.vault.clone(), w.time.clone(), address));
        phone.close();
    });
    let (vault, time, address) = kept.into_inner().unwrap().expect("a story");
    let (files, notes) = recording.ends();
    Life { files, notes, phone: home.path().to_owned(), vault, time, address }
}

/// Notes what the worker sees now: saved on the phone, received by the office.
fn tells(recording: &Recording, phone: &Phone, exchange: bool) {
    if exchange {
        phone.sync().unwrap();
    }
    for act in phone.outbox() {
        recording.promises(format!("phone {}", act.id));
        if matches!(act.state, ActState::Received { .. }) {
            recording.promises(format!("server {}", act.id));
        }
    }
}

impl Life {
    /// Puts the files of a cut where they can be opened: the phone's and the server's.
    fn laid_out(&self, files: &BTreeMap<usize, Vec<u8>>) -> tempfile::TempDir {
        let there = folder::scratch();
        for side in ["phone", "server"] {
            std::fs::create_dir(there.path().join(side)).expect("a folder");
        }
        for (file, bytes) in files {
            let path = &self.files[*file];
            let side = if path.starts_with(&self.phone) { "phone" } else { "server" };
            let name = path.file_name().expect("a name");
            std::fs::write(there.path().join(side).join(name), bytes).expect("a file");
        }
        there
    }

    fn core(&self, folder: PathBuf) -> Core {
        let ports = Ports {
            clock: Box::new(Hands::of(&self.time, "after")),
            chance: Box::new(Seeded::of(1)),
            vault: Box::new(self.vault.clone()),
        };
        let about = About { platform: "linux".to_owned(), version: "0.1.0".to_owned() };
        Core::open(folder, ports, about)
    }

    /// What was promised and is not there.
    fn lost(&self, there: &Path, promised: &Promised) -> Vec<String> {
        let mut lost = Vec::new();
        let folder = there.join("phone");
        for (file, secret) in [("duty.db", Secret::DutyKey), ("care.db", Secret::CareKey)] {
            if folder.join(file).exists() {
                let key = self.vault.stolen(secret).expect("a key");
                let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(integrity(&folder.join(file), Some(&hex)), "ok", "{file}");
            }
        }
        let mut core = self.core(folder.clone());
        if promised.enrolled {
            let Ok(View::Phone(view)) = core.ask(&Ask::Phone) else { panic!("the phone's state") };
            if view.state == PhoneState::NotEnrolled {
                lost.push("the enrolment".to_owned());
            }
        }
        let held: BTreeSet<String> = match core.ask(&Ask::Outbox) {
            Ok(View::Outbox { acts }) => acts.iter().map(|act| act.id.to_string()).collect(),
            _ => BTreeSet::new(),
        };
        lost.extend(promised.on_phone.difference(&held).map(|id| format!("on the phone: {id}")));
        drop(core);
        let aside = std::fs::read_dir(&folder).unwrap().flatten();
        for file in aside.map(|entry| entry.file_name().to_string_lossy().into_owned()) {
            assert!(!file.contains("kept-aside"), "a power cut damages nothing: {file}");
        }
        let file = there.join("server/releve.db");
        if file.exists() {
            assert_eq!(integrity(&file, None), "ok", "the server's database");
        }
        let had = if promised.on_server.is_empty() { BTreeSet::new() } else { commands(&file) };
        lost.extend(promised.on_server.difference(&had).map(|id| format!("on the server: {id}")));
        lost
    }

    /// The server comes back over what the cut has left, with the phone as it was: all that the
    /// phone holds is then there once.
    fn goes_on(&self, there: &Path) -> usize {
        let url = format!("sqlite:{}", there.join("server/releve.db").display());
        let server = Server::start(&url, &self.time, &Seeded::of(99), Some(self.address));
        let core = self.core(there.join("phone"));
        let phone = releve_core::Phone::new(core, Box::new(Line::new(&self.time)));
        let _ = phone.act(Act::SyncNow).expect("the server answers");
        let Ok(View::Outbox { acts }) = phone.ask(&Ask::Outbox) else { panic!("an outbox") };
        let waits = acts.iter().filter(|act| !matches!(act.state, ActState::Received { .. }));
        assert_eq!(waits.count(), 0, "the outbox is empty");
        let held: BTreeSet<String> = acts.iter().map(|act| act.id.to_string()).collect();
        drop((phone, server));
        let had = commands(&there.join("server/releve.db"));
        assert_eq!(held, had, "the server has what the phone holds, and nothing else");
        held.len()
    }
}

fn integrity(file: &Path, key: Option<&str>) -> String {
    let db = rusqlite::Connection::open(file).expect("a file");
    if let Some(hex) = key {
        db.pragma_update(None, "key", format!("x'{hex}'")).expect("a key");
    }
    let said = db.query_row("PRAGMA integrity_check", [], |row| row.get(0));
    said.unwrap_or_else(|error| error.to_string())
}

/// The commands that a server's database has the outcome of; the stamps among them are there too.
fn commands(file: &Path) -> BTreeSet<String> {
    let db = rusqlite::Connection::open(file).expect("a file");
    // A cut before the first migration was kept has left no table.
    let ids = |sql: &str| -> BTreeSet<String> {
        let Ok(mut select) = db.prepare(sql) else { return BTreeSet::new() };
        select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let commands = ids("SELECT id FROM command");
    let stamps = ids("SELECT id FROM clock_event");
    assert!(stamps.is_subset(&commands), "a stamp has its outcome");
    commands
}

/// I1, I2 (T7): before and after each sync, with nothing, and with some of the unsynced kept.
#[test]
fn a_power_cut_at_any_sync_loses_nothing_that_was_promised() {
    let life = life(Strength::AsAsked);
    let chance = Seeded::of(77);
    // In the short form a third of them are torn too.
    let (torn, each) = (rounds(1, 12), rounds(3, 1));
    let apart = rounds(40, 4);
    let (mut disk, mut promised) = (Disk::default(), Promised::default());
    let (mut cuts, mut syncs, mut went_on) = (0, 0, 0);
    for note in &life.notes {
        let sync = matches!(note, Note::Synced { .. });
        if sync {
            syncs += 1;
            // The sync has not come about: all that it was for may be half there.
            for _ in 0..if syncs % each == 0 { torn } else { 0 } {
                let mut below = |limit| chance.below(limit);
                let there = life.laid_out(&disk.after(&mut Cut::Some(&mut below)));
                assert_eq!(life.lost(there.path(), &promised), Vec::<String>::new());
                cuts += 1;
            }
        }
        disk.plays(note);
        promised.hears(note);
        if sync {
            let there = life.laid_out(&disk.after(&mut Cut::Nothing));
            assert_eq!(life.lost(there.path(), &promised), Vec::<String>::new());
            cuts += 1;
            if promised.enrolled && syncs % apart == 0 {
                // The phone had not lost its power: it is as it was.
                let mut files = disk.after(&mut Cut::Everything);
                let server = disk.after(&mut Cut::Nothing);
                files.retain(|file, _| life.files[*file].starts_with(&life.phone));
                files.extend(
                    server.into_iter().filter(|(f, _)| !life.files[*f].starts_with(&life.phone)),
                );
                let there = life.laid_out(&files);
                opens(&life, there.path());
                went_on += 1;
                let _ = life.goes_on(there.path());
            }
        }
    }
    assert!(syncs > 100 && promised.on_phone.len() == 50, "{syncs} {}", promised.on_phone.len());
    println!(
        "{cuts} cuts at {syncs} syncs of {} acts: 0 lost, every database whole; {went_on} times the \
         server went on from there, 0 lost, 0 doubled",
        promised.on_phone.len()
    );
}

/// The product's own opening finds nothing to do.
fn opens(life: &Life, there: &Path) {
    let db = Db::open(&format!("sqlite:{}", there.join("server/releve.db").display())).unwrap();
    let now = life.time.now();
    let ran = db.write_blocking(move |tx| Ok(releve_server::db::migrate::migrate(tx, now, "x")?));
    assert_eq!(ran.unwrap(), 0);
}

/// The counter-proof: with `synchronous = NORMAL`, the same life and the same cuts find losses on
/// both sides. A check that could not fail would prove nothing.
#[test]
fn with_weaker_syncs_the_same_cuts_find_losses() {
    let life = life(Strength::Normal);
    let (mut disk, mut promised) = (Disk::default(), Promised::default());
    let mut lost = BTreeSet::new();
    for (number, note) in life.notes.iter().enumerate() {
        disk.plays(note);
        promised.hears(note);
        // After each promise, and the last of a row of promises is enough.
        let next = life.notes.get(number + 1);
        if matches!(note, Note::Promised(_)) && !matches!(next, Some(Note::Promised(_))) {
            let there = life.laid_out(&disk.after(&mut Cut::Nothing));
            lost.extend(life.lost(there.path(), &promised));
        }
    }
    let on = |side: &str| lost.iter().filter(|what| what.contains(side)).count();
    println!("lost: {} on the phone, {} on the server", on("on the phone"), on("on the server"));
    assert!(on("on the phone") > 0 && on("on the server") > 0, "{lost:?}");
}
