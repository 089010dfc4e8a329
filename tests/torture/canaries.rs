//! I10: canaries in every free text that a phone may hold. Before a wipe none can be read without the
//! key; after it none at all, in no file, no free page, no log, not even with the keys of before.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use releve_core::door::{Act, Ask, PhoneState, View};
use releve_server::app::{Clock as _, SystemClock};
use releve_shared::id::{ClientId, VisitId};
use releve_shared::time::{HOUR_MS, MINUTE_MS};
use releve_shared::visit::{ClockKind, ManualReason, VisitNotes};
use releve_tests::database::Scratch;
use releve_tests::pages::{decrypted, marked, pages};
use releve_tests::process::{PhoneProcess, Place, Said, until};
use releve_tests::world::desk::{Caregiver, Desk, of};
use serde_json::json;

/// What each canary begins with; four digits follow.
const MARK: &str = "canari";
/// Homes, each with ten texts of its own.
const HOMES: usize = 24;

/// Gives canaries, each once.
#[derive(Default)]
struct Cage(std::cell::Cell<usize>);

impl Cage {
    fn one(&self) -> String {
        self.0.set(self.0.get() + 1);
        format!("{MARK}{:04}", self.0.get())
    }

    fn given(&self) -> usize {
        self.0.get()
    }
}

/// A worker, her phone, and what happens to it.
struct Loss {
    worker: Caregiver,
    phone: PhoneProcess,
    folder: PathBuf,
    visit: VisitId,
    how: How,
}

#[derive(Clone, Copy, Debug)]
enum How {
    /// Blocked at the desk; what waits is sent first.
    Sending,
    /// Blocked at the desk; at once.
    Now,
    /// The worker signs out.
    SignOut,
}

/// I10, O-44: planted through the desk and through the door of real processes, and gone from both the
/// folder of the phone and what the phone logs.
#[test]
fn no_canary_outlives_a_wipe() {
    let scratch = Scratch::sqlite();
    let place = Place::new(scratch.url());
    place.found();
    let (_server, _) = place.serve();
    let desk = place.desk();
    let cage = Cage::default();
    let losses: Vec<Loss> = [How::Sending, How::Now, How::SignOut]
        .into_iter()
        .map(|how| hires(&place, &desk, &cage, how))
        .collect();
    for home in 0..HOMES {
        plants(&desk, &cage, &losses, home);
    }
    let at_desk = cage.given();
    assert!(at_desk >= 200, "{at_desk}");
    for loss in &losses {
        works(loss, &desk, &cage);
    }
    for mut loss in losses {
        goes(&mut loss, &desk, at_desk);
    }
    let log = std::fs::read(place.path("log")).expect("the server's log");
    assert_eq!(marked(&log, MARK), BTreeSet::new(), "in the server's log");
    println!("{} canaries, 3 wipes: none left, none in a log", cage.given());
}

fn hires(place: &Place, desk: &Desk, cage: &Cage, how: How) -> Loss {
    let worker = desk.adds_caregiver(&cage.one(), &cage.one());
    desk.transmits(worker.id, true);
    let client = desk.adds_client(&cage.one(), &cage.one());
    let start = SystemClock.now();
    let visit = desk.plans(worker.id, client, start, start.plus(HOUR_MS));
    let folder = place.path(&format!("{how:?}"));
    let phone = PhoneProcess::start(&folder);
    let act = Act::Enrol { link: desk.enrolment(worker.id), phone_name: cage.one() };
    let _ = phone.act(&act).done();
    Loss { worker, phone, folder, visit, how }
}

/// A home with a text in every field, a tag, and a visit of each worker.
fn plants(desk: &Desk, cage: &Cage, losses: &[Loss], home: usize) {
    let kinds = ["access", "habits", "health", "home", "contacts", "other"];
    let kind = kinds[home % kinds.len()];
    let body = json!({
        "title": "mrs", "first_name": cage.one(), "last_name": cage.one(), "street": cage.one(),
        "address_more": cage.one(), "postal_code": "81000", "commune": cage.one(), "phone": "",
        "door_code": cage.one(), "sections": [{ "kind": kind, "text": cage.one() }],
    });
    let client: ClientId = of(&desk.post("/api/desk/clients", &body).ok(), "id");
    let tag = json!({ "kind": "qr", "label": cage.one() });
    let _ = desk.post(&format!("/api/desk/clients/{client}/tags"), &tag).ok();
    let start = SystemClock.now().plus(i64::try_from(home).unwrap() * 2 * MINUTE_MS);
    let (service, instructions) = (cage.one(), cage.one());
    for loss in losses {
        let visit = json!({
            "membership": loss.worker.id, "client": client, "service": service,
            "starts_at": start, "ends_at": start.plus(HOUR_MS), "instructions": instructions,
            "force": true,
        });
        let _ = desk.post("/api/desk/visits", &visit).ok();
    }
}

/// Words of the worker and of the office; some are sent, the last wait.
fn works(loss: &Loss, desk: &Desk, cage: &Cage) {
    let body = json!({ "to": [loss.worker.id], "text": cage.one(), "mandatory": false });
    let _ = desk.post("/api/desk/threads", &body).ok();
    let _ = loss.phone.empties();
    until("the planning is there", || {
        matches!(loss.phone.ask(&Ask::Visit { id: loss.visit }), Said::Done(_))
    });
    let stamps = |kind| {
        let act = Act::ClockByHand {
            visit: Some(loss.visit),
            client: None,
            kind,
            reason: Some(ManualReason::Other),
            note: cage.one(),
            declared_at: None,
        };
        let _ = loss.phone.act(&act).done();
    };
    stamps(ClockKind::Start);
    let writes = || {
        let act = Act::WriteMessage { thread: None, text: cage.one(), alert: false };
        let _ = loss.phone.act(&act).done();
    };
    writes();
    let _ = loss.phone.empties();
    stamps(ClockKind::End);
    let notes = VisitNotes {
        distance_hm: Some(12),
        expenses_cents: None,
        comment: cage.one(),
        distance_note: cage.one(),
        report: cage.one(),
    };
    let _ = loss.phone.act(&Act::WriteNotes { visit: loss.visit, notes }).done();
    writes();
}

/// The phone is lost, and its data with it.
fn goes(loss: &mut Loss, desk: &Desk, planted: usize) {
    let how = loss.how;
    let keys: Vec<(&str, Vec<u8>)> = [("duty.db", "duty"), ("care.db", "care")]
        .map(|(file, key)| (file, std::fs::read(loss.folder.join("vault").join(key)).unwrap()))
        .into();
    assert_eq!(in_files(&loss.folder), BTreeSet::new(), "{how:?}: in clear before the wipe");
    // The check finds what is there: with the keys, nearly all that was planted for this phone.
    let held = with_keys(&loss.folder, &keys);
    assert!(held.len() >= 200 && planted >= 200, "{how:?}: only {} of {planted}", held.len());
    let before: BTreeSet<Vec<u8>> = every_page(&loss.folder);
    assert!(before.len() > 20, "{how:?}");

    let id = loss.worker.person.to_string();
    let row = desk.phones().into_iter().find(|row| row["person_id"] == id).expect("a phone");
    let blocks = |mode: &str| {
        let body = json!({ "mode": mode, "sim_number": "", "note": "Perdu" });
        let path = format!("/api/desk/phones/{}/block", row["id"].as_str().unwrap());
        let _ = desk.post(&path, &body).ok();
    };
    let wanted = match how {
        How::Sending => {
            blocks("after_sending");
            PhoneState::Wiped
        }
        How::Now => {
            blocks("now");
            PhoneState::Wiped
        }
        How::SignOut => {
            let _ = loss.phone.act(&Act::SignOut { even_unsent: true }).done();
            PhoneState::NotEnrolled
        }
    };
    until("the phone is wiped", || {
        let _ = loss.phone.act(&Act::SyncNow);
        matches!(loss.phone.ask(&Ask::Phone), Said::Done(View::Phone(view)) if view.state == wanted)
    });
    // While it runs, after it was killed, and after its next start.
    for moment in ["running", "killed", "started again"] {
        match moment {
            "killed" => loss.phone.kill(),
            "started again" => loss.phone.restart(),
            _ => {}
        }
        assert_eq!(in_files(&loss.folder), BTreeSet::new(), "{how:?}, {moment}: in clear");
        let old = with_keys(&loss.folder, &keys);
        assert_eq!(old, BTreeSet::new(), "{how:?}, {moment}: with the keys of before");
        let left = every_page(&loss.folder).intersection(&before).count();
        assert_eq!(left, 0, "{how:?}, {moment}: pages of before");
        for (file, key) in &keys {
            let now = std::fs::read(loss.folder.join("vault").join(&file[..4])).unwrap_or_default();
            assert_ne!(&now, key, "{how:?}, {moment}: the key of {file}");
        }
    }
}

/// Canaries in clear in any file under a folder.
fn in_files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(in_files(&entry.path()));
        } else {
            found.extend(marked(&std::fs::read(entry.path()).unwrap_or_default(), MARK));
        }
    }
    found
}

/// Canaries that the keys open, in use or not.
fn with_keys(folder: &Path, keys: &[(&str, Vec<u8>)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (file, key) in keys {
        found.extend(marked(&decrypted(&folder.join("phone").join(file), key), MARK));
    }
    found
}

/// Every encrypted page of a phone's databases and their logs.
fn every_page(folder: &Path) -> BTreeSet<Vec<u8>> {
    let files = std::fs::read_dir(folder.join("phone")).into_iter().flatten().flatten();
    let mut all: BTreeSet<Vec<u8>> = files.flat_map(|file| pages(&file.path())).collect();
    all.retain(|page| page.iter().any(|byte| *byte != 0));
    all
}
