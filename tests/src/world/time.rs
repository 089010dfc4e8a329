//! One true time for the whole world, and the clocks that show it, rightly or not.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use releve_shared::clock::Stamp;
use releve_shared::time::{Day, Moment, Zone};

/// The true time. Clones share it; only a story moves it.
#[derive(Clone)]
pub struct Time(Arc<AtomicI64>);

impl Time {
    /// A world that begins on Monday 23 November 2026, at half past seven in Paris.
    #[must_use]
    pub fn monday() -> Self {
        Self(Arc::new(AtomicI64::new(today_at(7, 30).0)))
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment(self.0.load(Ordering::SeqCst))
    }

    /// Lets time pass, in milliseconds.
    pub fn pass(&self, ms: i64) {
        assert!(ms >= 0, "time does not run back");
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// Lets time pass until a moment that is to come.
    pub fn until(&self, at: Moment) {
        self.pass(at.since(self.now()));
    }
}

impl releve_server::app::Clock for Time {
    fn now(&self) -> Moment {
        Self::now(self)
    }
}

/// The zone of the agencies.
#[must_use]
pub fn paris() -> Zone {
    Zone::named("Europe/Paris").expect("a zone")
}

/// The first day of the world.
#[must_use]
pub fn today() -> Day {
    Day::parse("2026-11-23").expect("a day")
}

/// A wall time in Paris, on the first day of the world.
#[must_use]
pub fn today_at(hour: i8, minute: i8) -> Moment {
    day_at(0, hour, minute)
}

/// A wall time in Paris, so many days after the first.
#[must_use]
pub fn day_at(days: i32, hour: i8, minute: i8) -> Moment {
    paris().at(today().plus(days), hour, minute)
}

/// The clocks of one phone: the wall clock may lie, the boot clock does not.
#[derive(Clone)]
pub struct Hands(Arc<Mutex<Inner>>);

struct Inner {
    time: Time,
    wall_off_ms: i64,
    started_at: Moment,
    starts: u32,
    name: String,
}

impl Hands {
    /// Right clocks of a phone that was started an hour ago.
    #[must_use]
    pub fn of(time: &Time, name: &str) -> Self {
        let started_at = time.now().plus(-3_600_000);
        let time = time.clone();
        let name = name.to_owned();
        Self(Arc::new(Mutex::new(Inner { time, wall_off_ms: 0, started_at, starts: 1, name })))
    }

    /// Sets the wall clock wrong by so many milliseconds.
    pub fn off_by(&self, ms: i64) {
        self.inner().wall_off_ms = ms;
    }

    /// Sets the wall clock to a moment.
    pub fn set_wall(&self, at: Moment) {
        let mut inner = self.inner();
        inner.wall_off_ms = at.since(inner.time.now());
    }

    /// Starts the phone again: the boot clock begins anew.
    pub fn reboot(&self) {
        let mut inner = self.inner();
        inner.starts += 1;
        inner.started_at = inner.time.now();
    }

    /// What the clocks say.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        let inner = self.inner();
        let now = inner.time.now();
        Stamp {
            wall: now.plus(inner.wall_off_ms),
            boot: format!("{}-{}", inner.name, inner.starts),
            up_ms: now.since(inner.started_at),
        }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().expect("the clocks")
    }
}

impl releve_core::ports::Clock for Hands {
    fn now(&self) -> Stamp {
        self.stamp()
    }
}

/// Chance of a seed, so that a story plays the same each time (splitmix64).
#[derive(Clone)]
pub struct Seeded(Arc<AtomicU64>);

impl Seeded {
    /// Of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seed)))
    }

    /// The next number.
    #[must_use]
    pub fn next(&self) -> u64 {
        let step = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(step, Ordering::SeqCst).wrapping_add(step);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    #[must_use]
    pub fn below(&self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// True so many times in a hundred.
    #[must_use]
    pub fn percent(&self, often: u64) -> bool {
        self.below(100) < often
    }

    /// One of a list.
    #[must_use]
    pub fn pick<'a, T>(&self, list: &'a [T]) -> Option<&'a T> {
        list.get(usize::try_from(self.below(list.len() as u64)).ok()?)
    }

    fn bytes(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let drawn = self.next().to_le_bytes();
            chunk.copy_from_slice(&drawn[..chunk.len()]);
        }
    }
}

impl releve_server::app::Chance for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        self.bytes(bytes);
    }
}

impl releve_core::ports::Chance for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        self.bytes(bytes);
    }
}
