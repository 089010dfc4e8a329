//! Simulation: the real core of several phones and the real server, driven by a seed through bad
//! weather, crashes, restarts and wrong clocks; then the network heals and the invariants are checked
//! (reliability.md I1 to I7, sync.md "Checks").
//!
//! A seed that fails prints itself: `RELEVE_SEED=n` plays that one alone, with its journal.

mod checks;
mod net;
mod office;
mod run;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use releve_tests::database::Scratch;
use releve_tests::world::folder;

use run::Run;

/// Seeds on SQLite in the suite; more on demand with `RELEVE_SEEDS`.
const ON_SQLITE: u64 = 500;

/// Seeds on PostgreSQL in the suite.
const ON_POSTGRES: u64 = 20;

/// I1 to I7, B-02, C1 to C5, F1 to F8 on SQLite.
#[test]
fn seeds_on_sqlite() {
    plays(ON_SQLITE, |seed| {
        let folder = folder::scratch();
        let url = format!("sqlite:{}", folder.path().join("releve.db").display());
        Run::new(seed, &url).plays();
    });
}

/// The same on PostgreSQL.
#[test]
fn seeds_on_postgres() {
    plays(ON_POSTGRES, |seed| {
        let database = Scratch::postgres();
        Run::new(seed, database.url()).plays();
    });
}

fn plays(seeds: u64, play: impl Fn(u64) + Sync) {
    let number = |name: &str| -> Option<u64> { std::env::var_os(name)?.to_str()?.parse().ok() };
    let all: Vec<u64> = match number("RELEVE_SEED") {
        Some(one) => vec![one],
        None => (1..=number("RELEVE_SEEDS").unwrap_or(seeds)).collect(),
    };
    let next = AtomicU64::new(0);
    let failed = Mutex::new(Vec::new());
    let hands = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..hands {
            scope.spawn(|| {
                while let Some(seed) =
                    all.get(usize::try_from(next.fetch_add(1, Ordering::SeqCst)).unwrap())
                {
                    if catch_unwind(AssertUnwindSafe(|| play(*seed))).is_err() {
                        failed.lock().unwrap().push(*seed);
                    }
                    if failed.lock().unwrap().len() >= 3 {
                        return;
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    println!("{} seeds", next.into_inner().min(all.len() as u64));
    assert!(
        failed.is_empty(),
        "play one again with RELEVE_SEED={}: failed are {failed:?}",
        failed[0]
    );
}
