//! The ceilings of the disk: one durable insert after another, nothing else.

use std::time::Instant;

use rusqlite::{Connection, params};

use crate::processes::root;

/// Milliseconds of each of `n` durable inserts of an event of 400 bytes; with a key, encrypted.
pub fn inserts(n: usize, encrypted: bool) -> Vec<f64> {
    let folder = tempfile::tempdir_in(root().join("target/bench")).expect("a folder");
    let db = Connection::open(folder.path().join("x.db")).expect("a database");
    if encrypted {
        let key = format!("x'{}'", "07".repeat(32));
        db.pragma_update(None, "key", key).expect("a key");
    }
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).expect("WAL");
    db.execute_batch(
        "PRAGMA synchronous = FULL; CREATE TABLE event (id TEXT PRIMARY KEY, body TEXT);",
    )
    .expect("a table");
    let mut insert = db.prepare("INSERT INTO event VALUES (?1, ?2)").expect("a statement");
    let body = "x".repeat(400);
    let mut took: Vec<f64> = (0..n)
        .map(|n| {
            let from = Instant::now();
            insert
                .execute(params![format!("01930000-0000-7000-8000-{n:012x}"), body])
                .expect("a row");
            from.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    took.sort_by(f64::total_cmp);
    took
}

/// Inserts in a second, one after another.
pub fn rate(n: usize) -> f64 {
    let took = inserts(n, false);
    1000.0 * took.len() as f64 / took.iter().sum::<f64>()
}
