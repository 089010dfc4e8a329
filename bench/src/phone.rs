//! The real phone core, on this machine: its clocks can be moved, its waiting is told apart.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use releve_core::door::{Act, Ask, DayView, Reply, View};
use releve_core::ports::{Chance, Clock, Link, NoAnswer, Request, Response};
use releve_core::{About, Core, Phone, Ports};
use releve_shared::badge::{Method, Reading};
use releve_shared::clock::Stamp;
use releve_shared::time::{Day, MINUTE_MS};

use crate::canned::{self, Canned, CannedLink};
use crate::seed::Agency;

#[expect(dead_code, reason = "the shell listens to pokes by it; a bench does not")]
#[path = "../../app/shell/ports/link.rs"]
mod link;
#[path = "../../app/shell/ports/vault.rs"]
mod vault;

/// Time that a bench adds to both clocks.
#[derive(Clone, Default)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    pub fn pass(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Stamp {
        let up = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let shift = self.0.load(Ordering::SeqCst);
        let up_ms = up.tv_sec * 1000 + up.tv_nsec / 1_000_000 + shift;
        Stamp { wall: crate::wire::now().plus(shift), boot: "bench".to_owned(), up_ms }
    }
}

struct SystemChance;

impl Chance for SystemChance {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("chance");
    }
}

/// A way to the server, with the time that it took.
struct Timed {
    way: Box<dyn Link>,
    waited_us: Arc<AtomicU64>,
}

impl Link for Timed {
    fn send(&self, request: &Request) -> Result<Response, NoAnswer> {
        let from = Instant::now();
        let came = self.way.send(request);
        let us = u64::try_from(from.elapsed().as_micros()).unwrap_or(0);
        self.waited_us.fetch_add(us, Ordering::SeqCst);
        came
    }
}

/// A phone in a folder.
pub struct Device {
    pub hands: Hands,
    pub phone: Phone,
    waited_us: Arc<AtomicU64>,
}

impl Device {
    /// With the shell's own way to a server.
    pub fn open(folder: &Path) -> Self {
        Self::over(folder, Box::new(link::HttpLink::new()))
    }

    /// With a server in memory.
    pub fn canned(folder: &Path, server: &Arc<Canned>) -> Self {
        Self::over(folder, Box::new(CannedLink(Arc::clone(server))))
    }

    fn over(folder: &Path, way: Box<dyn Link>) -> Self {
        let hands = Hands::default();
        let vault = vault::FileVault::open(folder.join("vault")).expect("a vault");
        let ports = Ports {
            clock: Box::new(hands.clone()),
            chance: Box::new(SystemChance),
            vault: Box::new(vault),
        };
        let about = About { platform: "linux".to_owned(), version: "0.1.0".to_owned() };
        let core = Core::open(folder.join("phone"), ports, about);
        let waited_us = Arc::new(AtomicU64::new(0));
        let timed = Timed { way, waited_us: Arc::clone(&waited_us) };
        let phone = Phone::new(core, Box::new(timed));
        Self { hands, phone, waited_us }
    }

    /// Enrols with a code; the first sync is part of it. Gives milliseconds: all, and waiting for the
    /// server.
    pub fn enrol(&self, port: u16, agency: &Agency, code: &str) -> (f64, f64) {
        let link = format!("http://127.0.0.1:{port}/e#c={code}&k={}", agency.server_key);
        self.enrol_by(link)
    }

    /// The same with the text of a QR.
    pub fn enrol_by(&self, link: String) -> (f64, f64) {
        self.timed(|| {
            let done = self.phone.act(Act::Enrol { link, phone_name: "Pixel".to_owned() });
            assert_eq!(done, Ok(Reply::Done), "{:?}", self.phone.core().last_fault());
        })
    }

    /// Syncs until nothing is owed.
    pub fn sync(&self) -> (f64, f64) {
        self.timed(|| {
            self.phone.act(Act::SyncNow).expect("a sync");
            self.phone.sync();
        })
    }

    fn timed(&self, work: impl FnOnce()) -> (f64, f64) {
        let waited = self.waited_us.load(Ordering::SeqCst);
        let from = Instant::now();
        work();
        let all = from.elapsed().as_secs_f64() * 1000.0;
        let waited = self.waited_us.load(Ordering::SeqCst) - waited;
        (all, waited as f64 / 1000.0)
    }

    /// "My day".
    pub fn day(&self) -> DayView {
        match self.phone.ask(&Ask::Day { day: None }).expect("a day") {
            View::Day(view) => view,
            other => panic!("{other:?}"),
        }
    }

    /// The planning of a day.
    pub fn on(&self, day: Day) -> DayView {
        match self.phone.ask(&Ask::Day { day: Some(day) }).expect("a day") {
            View::Day(view) => view,
            other => panic!("{other:?}"),
        }
    }

    /// Finds clients, as each key is pressed. Gives how many were shown.
    pub fn find(&self, text: &str) -> usize {
        match self.phone.ask(&Ask::FindClients { text: text.to_owned() }).expect("clients") {
            View::Found { clients, .. } => clients.len(),
            other => panic!("{other:?}"),
        }
    }

    /// Taps the tag of a client: start, then end. Gives what each tap took, in milliseconds.
    pub fn taps(&self, pairs: usize) -> Vec<f64> {
        let mut took = Vec::new();
        let mut open = Vec::new();
        let first = self.day().from;
        // Whatever the hour: as many days as it takes.
        for day in (0..36).map(|n| first.plus(n)) {
            open.extend(
                self.on(day).visits.into_iter().filter(|line| line.progress.start.is_none()),
            );
            if open.len() >= pairs {
                break;
            }
        }
        for line in open.iter().take(pairs) {
            let text = canned::tag_of(line.visit.client);
            for _ in 0..2 {
                self.hands.pass(MINUTE_MS);
                let reading = Reading { method: Method::Nfc, text: text.clone() };
                let visit = Some(line.visit.id);
                let from = Instant::now();
                let reply = self.phone.act(Act::Badge { reading, visit, unplanned: false });
                took.push(from.elapsed().as_secs_f64() * 1000.0);
                assert!(matches!(reply, Ok(Reply::Clocked { .. })), "{reply:?}");
            }
        }
        took
    }
}

/// A process that opens a phone and shows its day: what a start-up costs, the window aside.
pub fn day_of(folder: &Path) {
    let device = Device::open(folder);
    let day = device.day();
    let mut out = std::io::stdout();
    writeln!(out, "{} visits on {}", day.visits.len(), day.day).expect("a terminal");
    out.flush().expect("a terminal");
}

/// A process that badges, for a count of its system calls.
pub fn taps_of(folder: &Path, pairs: usize) {
    let device = Device::open(folder);
    println!("{}", device.taps(pairs).len());
}
