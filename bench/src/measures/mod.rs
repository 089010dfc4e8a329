//! What is measured (the ids are those of the table of goals).

mod disk;
mod live;
mod phone;
mod server;
mod sync;

use crate::figures::Figure;
use crate::ours::Ours;
use crate::peers::anki::{self, Anki};
use crate::peers::echo;
use crate::peers::pocketbase::{self, PocketBase};
use crate::peers::pouch::{self, Pouch};
use crate::processes::Running;

/// A measure.
pub type Measure = fn(&mut World) -> Vec<Figure>;

/// All of them, in the order in which they run.
pub const ALL: &[(&str, Measure)] = &[
    ("P9", server::footprint),
    ("P1", server::singles),
    ("P4", sync::empty),
    ("P5", sync::first),
    ("D1", phone::taps),
    ("D2", phone::applying),
    ("D3", phone::my_day),
    ("D4", phone::search),
    ("D5", phone::start),
    ("D6", phone::paint),
    ("P3", sync::incremental),
    ("P2", server::burst),
    ("P7", server::mixed),
    ("P8", server::logins),
    ("P6", live::fan_out),
];

/// The servers under measure; each is started when it is first needed.
pub struct World {
    pub quick: bool,
    ours: Option<(Ours, Running)>,
    pocketbase: Option<Option<PocketBase>>,
    pouch: Option<Option<Pouch>>,
    anki: Option<Option<Anki>>,
    echo: Option<Running>,
    /// Phones with many visits, once synced, by their place in [`crate::seed::HEAVY`].
    pub phones: [Option<tempfile::TempDir>; 3],
    /// Codes used so far, the same way.
    pub codes: [usize; 3],
    /// Events made at the peers so far: ids must be new.
    pub made: usize,
}

impl World {
    pub fn new(quick: bool) -> Self {
        Self {
            quick,
            ours: None,
            pocketbase: None,
            pouch: None,
            anki: None,
            echo: None,
            phones: [None, None, None],
            codes: [0; 3],
            made: 0,
        }
    }

    /// How many repetitions.
    pub fn repetitions(&self) -> usize {
        if self.quick { 3 } else { 5 }
    }

    /// Ours, running.
    pub fn ours(&mut self) -> (&mut Ours, &Running) {
        let (ours, running) = self.ours.get_or_insert_with(|| {
            let ours = Ours::new();
            let running = ours.serve();
            (ours, running)
        });
        (ours, running)
    }

    pub fn pocketbase(&mut self) -> Option<&PocketBase> {
        self.pocketbase.get_or_insert_with(PocketBase::start).as_ref()
    }

    pub fn pouch(&mut self) -> Option<&Pouch> {
        self.pouch.get_or_insert_with(Pouch::start).as_ref()
    }

    pub fn anki(&mut self) -> Option<&mut Anki> {
        self.anki.get_or_insert_with(Anki::start).as_mut()
    }

    pub fn echo(&mut self) -> &Running {
        self.echo.get_or_insert_with(echo::start)
    }

    /// The numbers of the next `n` events of the peers.
    pub fn fresh(&mut self, n: usize) -> std::ops::Range<usize> {
        let from = self.made;
        self.made += n;
        from..self.made
    }

    /// Peers that were wanted and are not installed.
    pub fn missing(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        if matches!(self.pocketbase, Some(None)) {
            missing.push(pocketbase::NAME);
        }
        if matches!(self.pouch, Some(None)) {
            missing.push(pouch::NAME);
        }
        if matches!(self.anki, Some(None)) {
            missing.push(anki::NAME);
        }
        missing
    }

    /// Ends everything that was started.
    pub fn stop(&mut self) {
        *self = Self::new(self.quick);
    }
}
