//! The database layer on both engines: statements, migrations, transactions, the feed.

mod feed;
mod indexes;
mod migrations;
mod statements;
mod transactions;

use releve_server::db::{Db, Fault, Stop, Tx, migrate};
use releve_shared::time::Moment;
use releve_tests::database::Scratch;

releve_server::statements! {
    /// A row that only this file's tests write: a lane, of no phone.
    PUT = "INSERT INTO lane (device, name, n) VALUES ($1, $2, $3)";
    /// Its number.
    NUMBER = "SELECT n FROM lane WHERE device = $1 AND name = $2";
    /// Claims it.
    CLAIM = "UPDATE lane SET n = n + 1 WHERE device = $1 AND name = $2 RETURNING n";
    /// All of them.
    COUNT = "SELECT COUNT(*) FROM lane";
}

const NOW: Moment = Moment(1_790_000_000_000);

/// A migrated database.
fn fresh(scratch: &Scratch) -> Db {
    let db = Db::open(scratch.url()).unwrap();
    db.write_blocking(|tx| Ok(migrate::migrate(tx, NOW, "epoch-1")?)).unwrap();
    db
}

fn put(tx: &mut Tx, device: &str) -> Result<u64, Fault> {
    tx.execute(&PUT, &[device.into(), "rest".into(), 1.into()])
}

fn count(db: &Db) -> i64 {
    db.read_blocking(|tx| Ok(tx.query_one(&COUNT, &[])?.get(0)?)).unwrap()
}

fn fault<T: std::fmt::Debug>(answer: Result<T, Stop>) -> String {
    match answer {
        Err(Stop::Fault(fault)) => fault.to_string(),
        other => panic!("not a fault: {other:?}"),
    }
}
