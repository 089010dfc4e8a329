//! A phone on this machine: the shell's own ports, and knobs to lie with.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use releve_core::ports::{Clock, Link, NoAnswer, Request, Response};
use releve_core::{About, Core, Phone, Ports};
use releve_shared::clock::Stamp;

#[path = "../../../app/shell/ports/chance.rs"]
mod chance;
#[path = "../../../app/shell/ports/clock.rs"]
mod clock;
#[path = "../../../app/shell/ports/link.rs"]
mod link;
#[path = "../../../app/shell/ports/vault.rs"]
mod vault;

use super::hands::Pretend;

/// Between two tries to listen for pokes.
const PAUSE: Duration = Duration::from_secs(2);

/// What a test turns.
#[derive(Debug, Default)]
pub struct Knobs {
    /// No network.
    pub cut: AtomicBool,
    /// How far the wall clock is off, in milliseconds.
    pub wall_ms: AtomicI64,
    /// How far both clocks are shifted, in milliseconds: time that has not passed yet.
    pub shift_ms: AtomicI64,
}

struct Hands {
    device: clock::DeviceClock,
    knobs: Arc<Knobs>,
}

impl Clock for Hands {
    fn now(&self) -> Stamp {
        let now = self.device.now();
        let shift = self.knobs.shift_ms.load(Ordering::Relaxed);
        let wall = self.knobs.wall_ms.load(Ordering::Relaxed).saturating_add(shift);
        Stamp { wall: now.wall.plus(wall), up_ms: now.up_ms.saturating_add(shift), ..now }
    }
}

struct Line {
    http: link::HttpLink,
    knobs: Arc<Knobs>,
}

impl Link for Line {
    fn send(&self, request: &Request) -> Result<Response, NoAnswer> {
        if self.knobs.cut.load(Ordering::Relaxed) {
            return Err(NoAnswer);
        }
        let came = self.http.send(request);
        // Cut while it was on its way: the server may have heard, the phone has not.
        if self.knobs.cut.load(Ordering::Relaxed) { Err(NoAnswer) } else { came }
    }
}

/// Told of each change, with a number that grows over restarts too.
pub type Changed = Arc<dyn Fn() + Send + Sync>;

/// A phone that can be killed and opened again.
pub struct Device {
    /// What a test turns.
    pub knobs: Arc<Knobs>,
    /// What it called and sent.
    pub hands: Pretend,
    folder: PathBuf,
    changed: Changed,
    live: Mutex<Option<Live>>,
}

struct Live {
    phone: Arc<Phone>,
    sync: Option<JoinHandle<()>>,
    alarms: Vec<JoinHandle<()>>,
}

impl Device {
    /// Opens the phone of a folder. With `alone`, it keeps itself in step with the server, as in
    /// the app; without, it speaks only when it is told to.
    ///
    /// # Errors
    /// A sentence, when the folder cannot be used.
    pub fn open(folder: &Path, changed: Changed, alone: bool) -> Result<Arc<Self>, String> {
        let device = Arc::new(Self {
            knobs: Arc::default(),
            hands: Pretend::default(),
            folder: folder.to_owned(),
            changed,
            live: Mutex::new(None),
        });
        device.start(alone)?;
        if alone {
            let weak = Arc::downgrade(&device);
            thread::spawn(move || {
                while let Some(device) = weak.upgrade() {
                    device.listen();
                    drop(device);
                    thread::sleep(PAUSE);
                }
            });
        }
        Ok(device)
    }

    /// The phone.
    #[must_use]
    pub fn phone(&self) -> Arc<Phone> {
        let live = self.held();
        Arc::clone(&live.as_ref().expect("the app is open").phone)
    }

    /// The boot clock, as the phone has it.
    #[must_use]
    pub fn up_ms(&self) -> i64 {
        let device = clock::DeviceClock::new("no boot id".to_owned());
        Hands { device, knobs: Arc::clone(&self.knobs) }.now().up_ms
    }

    /// The app is killed, its duty data is made one of a newer app, which no app of today opens, and the
    /// app is opened again. `back` makes it its own again.
    ///
    /// # Errors
    /// A sentence, when the file cannot be written.
    pub fn spoil(&self, back: bool) -> Result<(), String> {
        let alone = self.kill()?;
        let said = |error: &dyn std::fmt::Display| error.to_string();
        let key = std::fs::read(self.folder.join("vault/duty")).map_err(|e| said(&e))?;
        let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let place = self.folder.join("phone/duty.db");
        let db = rusqlite::Connection::open(place).map_err(|e| said(&e))?;
        db.pragma_update(None, "key", format!("x'{key}'")).map_err(|e| said(&e))?;
        let step = if back { -90 } else { 90 };
        let held: i64 =
            db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(|e| said(&e))?;
        db.execute_batch(&format!(
            "UPDATE fact SET value = CAST(value AS INTEGER) + {step} WHERE name = 'opens_with';
             PRAGMA user_version = {};",
            held + step
        ))
        .map_err(|e| said(&e))?;
        drop(db);
        self.start(alone)
    }

    /// The app is killed and opened again.
    ///
    /// # Errors
    /// A sentence, when the folder cannot be used any more.
    pub fn restart(&self) -> Result<(), String> {
        let alone = self.kill()?;
        self.start(alone)
    }

    /// Ends the app; gives whether it kept itself in step.
    fn kill(&self) -> Result<bool, String> {
        let before = self.held().take();
        let alone = before.as_ref().is_none_or(|live| live.sync.is_some());
        if let Some(Live { phone, sync, alarms }) = before {
            phone.stop();
            drop(phone);
            for own in sync.into_iter().chain(alarms) {
                own.join().map_err(|_| "the phone's own thread failed".to_owned())?;
            }
        }
        Ok(alone)
    }

    fn start(&self, alone: bool) -> Result<(), String> {
        let vault = vault::FileVault::open(self.folder.join("vault")).map_err(|e| e.to_string())?;
        let ports = Ports {
            clock: Box::new(Hands {
                device: clock::DeviceClock::new("no boot id".to_owned()),
                knobs: Arc::clone(&self.knobs),
            }),
            chance: Box::new(chance::SystemChance),
            vault: Box::new(vault),
        };
        let about = About {
            platform: std::env::consts::OS.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let mut core = Core::open(self.folder.join("phone"), ports, about);
        let changed = Arc::clone(&self.changed);
        core.listen(Box::new(move |_| changed()));
        let line = Line { http: link::HttpLink::new(), knobs: Arc::clone(&self.knobs) };
        let quick = Line { http: link::HttpLink::impatient(), knobs: Arc::clone(&self.knobs) };
        let phone = Phone::new(core, Box::new(line))
            .with_alarms(Box::new(quick), self.hands.all())
            .with_presence(Box::new(self.hands.clone()))
            .with_device(Box::new(self.hands.clone()));
        let phone = Arc::new(phone);
        let alarms =
            if alone { phone.live_alarms().map_err(|e| e.to_string())? } else { Vec::new() };
        let own = Arc::clone(&phone);
        let sync = alone.then(|| thread::spawn(move || own.live()));
        *self.held() = Some(Live { phone, sync, alarms });
        (self.changed)();
        Ok(())
    }

    /// Listens for pokes until the line breaks.
    fn listen(&self) {
        if self.knobs.cut.load(Ordering::Relaxed) {
            return;
        }
        let Some(request) = self.held().as_ref().and_then(|live| live.phone.core().poke_request())
        else {
            return;
        };
        let Some(stream) = link::HttpLink::new().stream(&request) else { return };
        if let Some(live) = self.held().as_ref() {
            live.phone.reached();
        }
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if self.knobs.cut.load(Ordering::Relaxed) {
                return;
            }
            if line.starts_with("data")
                && let Some(live) = self.held().as_ref()
            {
                live.phone.poked();
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if let Some(live) = self.held().take() {
            live.phone.stop();
        }
    }
}
