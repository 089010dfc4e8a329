//! Simulation: the real core of several phones and the real server, driven by a seed through bad
//! weather, kills, power cuts, wrong clocks, restores and updates; then the network heals and the
//! invariants are checked (reliability.md T1; docs/reliability.md says what is covered).
//!
//! * [`scene`] is what every run begins with: two agencies, their homes, planning and phones;
//! * [`run`] draws what happens, [`worker`], [`alarm`] and [`office`] what people do, [`net`] what befalls
//!   requests, [`phone`], [`server`], [`disk`] and [`fuse`] what breaks and how;
//! * [`checks`] is what must hold, [`trace`] the journal.
//!
//! A seed that fails prints itself: `RELEVE_SEED=n make simulate` plays that one alone, with its
//! journal. On SQLite a seed always plays the same, to the last byte.

mod alarm;
mod bugs;
mod checks;
mod desk;
mod disk;
mod fuse;
mod net;
mod office;
mod phone;
mod run;
mod scene;
mod server;
mod trace;
mod worker;

use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use releve_tests::database::Scratch;
use releve_tests::world::folder;

use run::Run;
use scene::Scene;

/// A scene on SQLite, in memory where the machine has such a place.
fn on_sqlite(play: impl FnOnce(&Scene)) {
    let folder = folder::scratch();
    play(&Scene::set(&format!("sqlite:{}", folder.path().join("scene.db").display())));
}

fn on_postgres(play: impl FnOnce(&Scene)) {
    let database = Scratch::postgres();
    play(&Scene::set(database.url()));
}

/// Plays seeds on so many threads.
fn plays(scene: &Scene, seeds: RangeInclusive<u64>, threads: usize) {
    let (next, last) = (AtomicU64::new(*seeds.start()), *seeds.end());
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed > last || failed.lock().unwrap().len() >= 3 {
                        return;
                    }
                    let run = AssertUnwindSafe(|| Run::new(seed, scene).plays());
                    if catch_unwind(run).is_err() {
                        eprintln!("seed {seed} failed");
                        failed.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    let first = failed.first();
    assert!(failed.is_empty(), "again, alone: RELEVE_SEED={first:?} make simulate ({failed:?})");
}

/// Seeds of the suite, in tests of their own so that they share the cores.
macro_rules! seeds {
    ($($name:ident: $on:ident, $seeds:expr;)+) => {$(
        #[test]
        fn $name() {
            $on(|scene| plays(scene, $seeds, 1));
        }
    )+};
}

seeds! {
    sqlite_1_to_250: on_sqlite, 1..=250;
    sqlite_251_to_500: on_sqlite, 251..=500;
    sqlite_501_to_750: on_sqlite, 501..=750;
    sqlite_751_to_1000: on_sqlite, 751..=1000;
    sqlite_1001_to_1250: on_sqlite, 1001..=1250;
    sqlite_1251_to_1500: on_sqlite, 1251..=1500;
    sqlite_1501_to_1750: on_sqlite, 1501..=1750;
    sqlite_1751_to_2000: on_sqlite, 1751..=2000;
    postgres_1_to_50: on_postgres, 1..=50;
    postgres_51_to_100: on_postgres, 51..=100;
}

/// `make simulate`: as many as asked for with `RELEVE_SEEDS`, or the one of `RELEVE_SEED`.
#[test]
#[ignore = "as long as one wants: make simulate"]
fn on_demand() {
    let number = |name: &str| -> Option<u64> { std::env::var_os(name)?.to_str()?.parse().ok() };
    let one = number("RELEVE_SEED");
    let all = 1..=number("RELEVE_SEEDS").unwrap_or(10_000);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let play = |scene: &Scene| plays(scene, one.map_or(all, |seed| seed..=seed), threads);
    if std::env::var_os("RELEVE_ENGINE").is_some_and(|engine| engine == "postgres") {
        on_postgres(play);
    } else {
        on_sqlite(play);
    }
}

/// A seed plays the same each time: the whole trace, every request and answer, and every row of every
/// database at the end.
#[test]
fn a_seed_replays_byte_for_byte() {
    let digests = || {
        let mut all = Vec::new();
        on_sqlite(|scene| {
            let seeds = [1, 2, 3, 6, 9, 20, 60];
            all.extend(seeds.map(|seed| (seed, Run::new(seed, scene).plays_to_a_digest())));
        });
        all
    };
    assert_eq!(digests(), digests());
}
