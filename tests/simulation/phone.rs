//! A worker's phone: the product's own core, driven step by step. It can be killed before any of its
//! commits and any write to its key store, in the middle of an exchange or of its own start.

use std::fs;
use std::path::{Path, PathBuf};

use releve_core::door::{Act, ActLine, Ask, PhoneView, Reply, View, VisitView};
use releve_core::ports::{NoAnswer, Request, Response, Secret};
use releve_core::{About, Core, LineStep, Ports, Senses, Step};
use releve_shared::id::{DeviceId, VisitId};
use releve_shared::keys::{Purpose, Signer};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{PROOF_HEADER, request_message};
use releve_shared::time::Moment;
use releve_tests::world::time::{Hands, Seeded, Time};
use releve_tests::world::vault::MemoryVault;
use rusqlite::Connection;
use serde_json::Value;

use crate::disk;
use crate::fuse::{Fuse, FusedVault};

/// Where an exchange is.
pub enum Leg {
    /// The request is on its way.
    Up(Request),
    /// What came of it is on its way back.
    Down(Result<Response, NoAnswer>),
}

/// An exchange under way.
pub struct Exchange {
    /// Where it is.
    pub leg: Leg,
    /// It enrols the phone.
    pub enrols: bool,
}

/// Which ways of a phone's line are cut.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line {
    /// Nothing arrives at the server.
    pub up: bool,
    /// What the server does is done, and nobody hears of it.
    pub down: bool,
}

/// A phone.
pub struct Handset {
    /// Whose: an index of the workers.
    pub worker: usize,
    /// Its clocks.
    pub clocks: Hands,
    /// Its key store.
    pub vault: MemoryVault,
    /// What kills it.
    pub fuse: Fuse,
    /// Its line.
    pub line: Line,
    /// The exchange under way.
    pub exchange: Option<Exchange>,
    /// The code of an enrolment that has not worked yet.
    pub code: Option<String>,
    /// When the office blocked it, as far as the server knows.
    pub blocked: Option<Moment>,
    /// It was blocked, though a restored server may have forgotten it.
    pub ever_blocked: bool,
    /// It speaks the protocol before this one, until it is updated.
    pub outdated: bool,
    /// An alarm was begun on it that does not show.
    pub silent: bool,
    /// Started again since the scene was set.
    pub rebooted: bool,
    folder: PathBuf,
    opened: u32,
    chance: Seeded,
    core: Option<Core>,
}

impl Handset {
    /// A phone whose store is in a folder, or will be.
    pub fn open(time: &Time, folder: PathBuf, name: &str, worker: usize, chance: Seeded) -> Self {
        Self::with(time, folder, name, worker, chance, MemoryVault::default())
    }

    /// The same with what its key store held before.
    pub fn with(
        time: &Time,
        folder: PathBuf,
        name: &str,
        worker: usize,
        chance: Seeded,
        vault: MemoryVault,
    ) -> Self {
        let mut made = Self {
            worker,
            clocks: Hands::of(time, name),
            vault,
            fuse: Fuse::new(),
            line: Line::default(),
            exchange: None,
            code: None,
            blocked: None,
            ever_blocked: false,
            outdated: false,
            rebooted: false,
            silent: false,
            folder,
            opened: 0,
            chance,
            core: None,
        };
        made.starts();
        made
    }

    fn store(&self) -> PathBuf {
        self.folder.join(self.opened.to_string())
    }

    /// The app is opened over what is on the disk.
    pub fn starts(&mut self) {
        let vault = FusedVault { held: self.vault.clone(), fuse: self.fuse.clone() };
        let ports = Ports {
            clock: Box::new(self.clocks.clone()),
            chance: Box::new(self.chance.clone()),
            vault: Box::new(vault),
        };
        let about = About { platform: "linux".to_owned(), version: "0.1.0".to_owned() };
        self.core = Some(Core::open_fused(self.store(), ports, about, Some(self.fuse.hook())));
    }

    /// The phone loses power: its files stay as they are, a torn tail behind the last commit, and the
    /// exchange under way is forgotten. It is switched on again, and may die while it starts.
    pub fn dies(&mut self, dice: &Seeded) {
        self.exchange = None;
        let from = self.store();
        self.opened += 1;
        let to = self.store();
        copy_files(&from, &to);
        for database in ["care.db", "duty.db"] {
            let tail = vec![0x5a; usize::try_from(dice.below(5_000)).expect("small")];
            disk::tear(&to.join(database), &tail);
        }
        self.core = None;
        fs::remove_dir_all(from).expect("the old files");
        self.fuse.mend();
        if dice.percent(20) {
            self.fuse.arm(dice.below(4));
            self.starts();
            self.core = None;
            self.fuse.mend();
        }
        self.starts();
    }

    /// The app is closed as it should be, and opened again.
    pub fn restarts(&mut self) {
        self.exchange = None;
        self.core = None;
        self.starts();
    }

    /// The app is closed; its files stay in the folder.
    pub fn closes(&mut self) -> PathBuf {
        self.core = None;
        self.store()
    }

    fn core(&mut self) -> &mut Core {
        self.core.as_mut().expect("the app is open")
    }

    /// Does something at the door.
    pub fn act(&mut self, act: Act) -> Result<Reply, Refusal> {
        self.core().act(act)
    }

    /// Looks at something.
    pub fn ask(&mut self, ask: &Ask) -> Result<View, Refusal> {
        self.core().ask(ask)
    }

    /// The phone's own thread wakes up: an exchange begins when one is owed.
    pub fn wakes(&mut self) -> Step {
        let step = self.core().next_request();
        if let Step::Send(request) = &step {
            self.exchange = Some(Exchange { leg: Leg::Up(request.clone()), enrols: false });
        }
        step
    }

    /// The worker reads the code of an enrolment.
    pub fn enrols(&mut self, link: &str) -> Result<(), Refusal> {
        let request = self.core().begin_enrolment(link, "Téléphone de test")?;
        self.exchange = Some(Exchange { leg: Leg::Up(request), enrols: true });
        Ok(())
    }

    /// What came of the exchange is here.
    pub fn hears(&mut self, came: Result<Response, NoAnswer>, enrols: bool) -> Result<(), Refusal> {
        if enrols {
            self.core().enrolled(came)?;
            self.code = None;
            return Ok(());
        }
        self.core().answered(came);
        Ok(())
    }

    /// A turn of the alarm's own loop.
    pub fn turns(&mut self, senses: Senses) {
        let _ = self.core().alarm_turn(senses);
    }

    /// What the alarm's own line has to say.
    pub fn speaks(&mut self) -> LineStep {
        self.core().alarm_request()
    }

    /// What came of it.
    pub fn is_told(&mut self, came: Result<Response, NoAnswer>) {
        self.core().alarm_answered(&came);
    }

    /// The phone itself.
    pub fn state(&mut self) -> PhoneView {
        match self.ask(&Ask::Phone) {
            Ok(View::Phone(view)) => *view,
            other => panic!("{other:?}"),
        }
    }

    /// A visit's sheet.
    pub fn visit(&mut self, id: VisitId) -> Result<VisitView, Refusal> {
        match self.ask(&Ask::Visit { id })? {
            View::Visit(view) => Ok(*view),
            other => panic!("{other:?}"),
        }
    }

    /// The outbox screen.
    pub fn outbox(&mut self) -> Vec<ActLine> {
        match self.ask(&Ask::Outbox) {
            Ok(View::Outbox { acts }) => acts,
            Err(Refusal::NotEnrolled) => Vec::new(),
            other => panic!("{other:?}"),
        }
    }

    /// One of its databases, opened with the key of its vault.
    pub fn opened(&self, file: &str, key: Secret) -> Connection {
        let db = Connection::open(self.store().join(file)).expect("a file");
        let key = self.vault.stolen(key).expect("a key");
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        db.pragma_update(None, "key", format!("x'{hex}'")).expect("a key");
        db
    }

    /// The names of its files.
    pub fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.store()).expect("a folder").flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Its key, as long as it has one.
    pub fn key(&self) -> Option<Signer> {
        let seed: [u8; 32] = self.vault.stolen(Secret::DeviceSeed)?.try_into().ok()?;
        Some(Signer::from_seed(&seed))
    }

    /// The device's id; `None` when nobody is enrolled.
    pub fn device(&self) -> Option<DeviceId> {
        let db = self.opened("duty.db", Secret::DutyKey);
        let text: String = db
            .query_row("SELECT value FROM fact WHERE name = 'identity'", [], |row| row.get(0))
            .ok()?;
        let identity: Value = serde_json::from_str(&text).expect("JSON");
        identity["device"].as_str().expect("an id").parse().ok()
    }

    /// The same request with another body, signed again by the phone's key.
    pub fn signed_again(&self, request: &Request, body: Vec<u8>) -> Option<Request> {
        let path = request.url.strip_prefix(crate::server::URL)?;
        let message = request_message(request.method, path, &body);
        let proof = self.key()?.sign(Purpose::Request, &message).to_string();
        let mut again = Request { body, ..request.clone() };
        for (name, value) in &mut again.headers {
            if name == PROOF_HEADER {
                value.clone_from(&proof);
            }
        }
        Some(again)
    }
}

/// Copies a phone's files as they lie there. The shared memory of a log does not survive a power cut.
pub fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let name = entry.file_name();
        if !name.to_string_lossy().ends_with("-shm") {
            fs::copy(entry.path(), to.join(name)).expect("in memory");
        }
    }
}
