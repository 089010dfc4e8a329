//! One run: what a seed makes happen in the town, step by step, until the network heals.
//!
//! Every choice is drawn from `dice`. Nothing here knows what ought to come of it: that is in
//! `checks`.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use releve_core::Step;
use releve_core::door::PhoneState;
use releve_shared::id::{ClockEventId, VisitId};
use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS, Moment};
use releve_tests::world::time::{Seeded, Time};
use tempfile::TempDir;

use crate::alarm::Pressed;
use crate::disk::Backup;
use crate::net::Mail;
use crate::phone::{Handset, Leg};
use crate::scene::{Scene, Set, Town};
use crate::server::Server;
use crate::trace::Trace;

/// Steps of a run; every twentieth run is a long one.
const STEPS: u64 = 60;
const LONG: u64 = 300;

/// A stamp that was acknowledged to the worker.
pub struct Acked {
    /// The stamp.
    pub event: ClockEventId,
    /// On which phone: an index.
    pub phone: usize,
    /// The true moment of the tap.
    pub at: Moment,
}

/// Notes that were acknowledged to the worker.
pub struct Noted {
    /// Of which visit.
    pub visit: VisitId,
    /// On which phone.
    pub phone: usize,
    /// Their words, of which there are no others.
    pub words: String,
    /// The true moment.
    pub at: Moment,
}

/// A run.
pub struct Run {
    /// The true time.
    pub time: Time,
    /// What everybody knows.
    pub town: Town,
    /// The server.
    pub server: Server,
    /// The phones.
    pub phones: Vec<Handset>,
    /// Stamps that the workers were told are saved.
    pub acked: Vec<Acked>,
    /// Notes that the workers were told are saved.
    pub noted: Vec<Noted>,
    /// Alarms that were pressed.
    pub pressed: Vec<Pressed>,
    /// Requests that the network holds up.
    pub late: Vec<Mail>,
    /// Whether the server has once lost what came after a backup.
    pub restored: bool,
    /// Chance.
    pub dice: Seeded,
    /// What has happened.
    pub trace: Trace,
    /// Where everything is.
    pub folder: TempDir,
    backup: Option<(Backup, Moment)>,
    seed: u64,
}

impl Run {
    /// The scene, copied for a seed.
    pub fn new(seed: u64, scene: &Scene) -> Self {
        let dice = Seeded::of(seed);
        let Set { time, town, server, phones, folder } = scene.copied(seed, &dice);
        let mut run = Self {
            time,
            town,
            server,
            phones,
            acked: Vec::new(),
            noted: Vec::new(),
            pressed: Vec::new(),
            late: Vec::new(),
            restored: false,
            dice,
            trace: Trace::default(),
            folder,
            backup: None,
            seed,
        };
        if run.dice.percent(20) {
            let outdated = run.a_phone();
            run.phones[outdated].outdated = true;
            run.trace.says(format!("phone {outdated} speaks the protocol before"));
        }
        run
    }

    /// Plays it to the end and checks everything.
    pub fn plays(self) {
        self.plays_and(|_| ());
    }

    /// The same; gives the digest of all that happened and of all that is left.
    pub fn plays_to_a_digest(self) -> String {
        self.plays_and(Self::digest)
    }

    fn plays_and<T>(mut self, then: impl FnOnce(&mut Self) -> T) -> T {
        let played = catch_unwind(AssertUnwindSafe(|| {
            for _ in 0..if self.seed.is_multiple_of(20) { LONG } else { STEPS } {
                self.steps();
            }
            self.heals();
            self.checks();
            then(&mut self)
        }));
        played.unwrap_or_else(|panic| {
            if std::env::var_os("RELEVE_SEED").is_some() {
                eprintln!("what had happened:\n  {}", self.trace.lines().join("\n  "));
            }
            resume_unwind(panic)
        })
    }

    /// One of the phones.
    pub fn a_phone(&self) -> usize {
        usize::try_from(self.dice.below(self.phones.len() as u64)).unwrap()
    }

    fn steps(&mut self) {
        let phone = self.a_phone();
        match self.dice.below(100) {
            0..40 => self.moves(phone),
            40..46 => self.alarms(phone),
            46..64 => self.works(phone),
            64..72 => self.passes_time(),
            72..83 => self.decides(),
            83..85 => self.phone_dies(phone),
            85..86 => self.phones[phone].restarts(),
            86..87 => self.reboots(phone),
            87..89 => self.sets_clock(phone),
            89..91 => self.cuts(phone),
            91..92 => {
                self.server.dies();
                self.trace.says("the server is killed".to_owned());
            }
            92..94 => self.late_arrival(),
            94..95 => self.tends(),
            95..96 => self.updates(phone),
            96..98 => self.copies_or_restores(),
            _ => self.pries(),
        }
    }

    fn passes_time(&mut self) {
        let spans = [MINUTE_MS, 20 * MINUTE_MS, HOUR_MS, 5 * HOUR_MS];
        // Two days at most at a time: no lease ends, tokens are changed.
        let most = if self.dice.percent(8) { 2 * DAY_MS } else { *self.dice.pick(&spans).unwrap() };
        let ms = i64::try_from(self.dice.below(most.unsigned_abs())).unwrap();
        self.time.pass(ms);
        self.trace.says(format!("{:?}", self.time.now()));
    }

    /// The phone's battery is gone, or somebody kills the app: at the next commits or now.
    fn phone_dies(&mut self, number: usize) {
        if self.dice.percent(60) {
            self.phones[number].fuse.arm(self.dice.below(6));
            self.trace.says(format!("phone {number} is about to die"));
            self.moves(number);
            self.works(number);
        }
        self.dies(number);
    }

    /// A phone whose fuse has blown is dead: it starts again from its disk.
    pub fn mourns(&mut self, number: usize) {
        if self.phones[number].fuse.blown() {
            self.dies(number);
        }
    }

    fn dies(&mut self, number: usize) {
        self.phones[number].dies(&self.dice);
        self.trace.says(format!("phone {number} is killed"));
        self.kept_its_word(number);
    }

    /// Its clock of this start begins anew.
    fn reboots(&mut self, number: usize) {
        self.phones[number].clocks.reboot();
        self.phones[number].rebooted = true;
        self.dies(number);
    }

    fn sets_clock(&mut self, number: usize) {
        let range = 6 * DAY_MS.unsigned_abs();
        let off = i64::try_from(self.dice.below(range)).unwrap() - 3 * DAY_MS;
        self.phones[number].clocks.off_by(off);
        self.trace.says(format!("phone {number}: the clock is {off} ms wrong"));
    }

    fn cuts(&mut self, number: usize) {
        let line = &mut self.phones[number].line;
        (line.up, line.down) = (self.dice.percent(50), self.dice.percent(50));
        self.trace.says(format!("phone {number}: its line is cut: {line:?}"));
    }

    /// The app is updated, which starts it again.
    fn updates(&mut self, number: usize) {
        if std::mem::take(&mut self.phones[number].outdated) {
            self.phones[number].restarts();
            self.trace.says(format!("phone {number} is updated"));
        }
    }

    /// In a third of the runs, the server's disk is lost, and an older backup takes its place.
    fn copies_or_restores(&mut self) {
        if !self.seed.is_multiple_of(3) {
            return;
        }
        let Some((backup, at)) = self.backup.take() else {
            self.backup = Some((self.server.back_up(), self.time.now()));
            self.trace.says("a backup is made".to_owned());
            return;
        };
        self.server.restore(backup);
        self.restored = true;
        self.trace.says(format!("the backup of {at:?} takes the place of the server's database"));
        for handset in &mut self.phones {
            // The server does not know any more that it blocked this phone.
            if handset.blocked.is_some_and(|blocked| blocked >= at)
                && handset.state().state != PhoneState::Wiped
            {
                handset.blocked = None;
            }
        }
    }

    /// The jobs of the hour.
    fn tends(&mut self) {
        let (now, app) = (self.time.now(), self.server.app());
        let rolled = app.db.write_blocking(move |tx| releve_server::visits::roll(tx, now));
        rolled.unwrap_or_else(|stop| panic!("{stop:?}"));
        self.trace.says("the window rolls".to_owned());
    }

    /// The weather clears, every phone is up to date, and is left alone for some hours.
    fn heals(&mut self) {
        self.trace.says("the network heals".to_owned());
        while !self.late.is_empty() {
            self.late_arrival();
        }
        for number in 0..self.phones.len() {
            self.updates(number);
            self.phones[number].line = Default::default();
            self.phones[number].fuse.mend();
        }
        self.tends();
        self.calms_down();
        // A day later life goes on: everybody works before the first exchange, which changes the tokens.
        self.time.pass(DAY_MS);
        self.tends();
        for number in 0..self.phones.len() {
            self.works(number);
            let _ = self.settles(number);
            self.works(number);
            self.works(number);
        }
        self.both_write();
        self.alarms_settle();
        self.calms_down();
    }

    /// A worker writes about one visit on both of her phones, some time apart; they are sent in any order.
    fn both_write(&mut self) {
        for first in 0..self.phones.len() {
            let worker = self.phones[first].worker;
            let others = first + 1..self.phones.len();
            let Some(second) = others.into_iter().find(|n| self.phones[*n].worker == worker) else {
                continue;
            };
            let visit = self.a_visit_of(first);
            let mut pair = [first, second];
            for number in pair {
                self.writes_of(number, visit);
                self.time.pass(HOUR_MS);
            }
            if self.dice.percent(50) {
                pair.reverse();
            }
            for number in pair {
                let _ = self.settles(number);
            }
        }
    }

    /// Every phone lives by itself until nothing is owed.
    fn calms_down(&mut self) {
        for round in 0..8 {
            self.time.pass(16 * MINUTE_MS);
            let mut quiet = true;
            for number in 0..self.phones.len() {
                self.enrols_at_last(number);
                quiet &= !self.settles(number);
                if (1..6).contains(&round) {
                    quiet &= !self.signs_in_again(number);
                }
            }
            if quiet && round > 0 {
                return;
            }
        }
    }

    /// Sends and fetches until nothing is owed. Whether there was more to do than to look for news.
    fn settles(&mut self, number: usize) -> bool {
        let mut busy = self.phones[number].exchange.is_some();
        for _ in 0..500 {
            let handset = &mut self.phones[number];
            if let Some(exchange) = handset.exchange.take() {
                let came = match exchange.leg {
                    Leg::Up(request) => Ok(self.server.ask(&request).0),
                    Leg::Down(came) => came,
                };
                let heard = handset.hears(came, exchange.enrols);
                self.trace.says(format!("phone {number} hears: {heard:?}"));
            }
            let step = self.phones[number].wakes();
            self.trace.step(number, &step);
            match step {
                Step::Send(request) => {
                    busy |= !["/pull", "/news"].iter().any(|ask| request.url.ends_with(ask));
                    // Whoever waits for a new token goes on working.
                    if request.url.ends_with("/token") && self.dice.percent(70) {
                        self.works(number);
                    }
                }
                Step::Wait(0) => {}
                Step::Wait(_) | Step::Idle => return busy,
            }
        }
        panic!("I4: phone {number} and the server speak for ever");
    }

    /// A phone that was unpacked in bad weather, with a code that holds.
    fn enrols_at_last(&mut self, number: usize) {
        let handset = &mut self.phones[number];
        if handset.code.is_some() && handset.exchange.is_none() {
            handset.code = Some(self.town.enrolment(&self.server, handset.worker));
            self.tries_to_enrol(number);
        }
    }

    /// A server that lost what it knew of a phone asks for a new enrolment; nothing else may.
    fn signs_in_again(&mut self, number: usize) -> bool {
        let state = self.phones[number].state();
        let must = state.state == PhoneState::SignInNeeded;
        if must && self.phones[number].blocked.is_none() {
            assert!(self.restored, "phone {number} was locked out: {:?}", state.trouble);
            let link = self.town.enrolment(&self.server, self.phones[number].worker);
            let begun = self.phones[number].enrols(&link);
            self.trace.says(format!("phone {number} is enrolled again: {begun:?}"));
            let _ = self.settles(number);
        }
        must
    }
}
