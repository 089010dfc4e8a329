//! Empty databases for tests, one each, on both engines.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use postgres::{Client, NoTls};
use tempfile::TempDir;

/// Where `tests/postgres.sh` says how to reach the cluster of the tests.
const STATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/test-postgres");

/// A database of one test's own, empty, erased when dropped.
pub struct Scratch {
    url: String,
    home: Home,
}

enum Home {
    Sqlite { _folder: TempDir },
    Postgres { server: String, name: String },
}

impl Scratch {
    /// A SQLite file in a temporary folder.
    #[must_use]
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("releve.db").display());
        Self { url, home: Home::Sqlite { _folder: folder } }
    }

    /// A database of the cluster that `tests/postgres.sh` has started. Never skipped.
    ///
    /// # Panics
    /// When the cluster does not run, saying what to do.
    #[must_use]
    pub fn postgres() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let server = std::fs::read_to_string(STATE).unwrap_or_else(|_| panic!("{HELP}"));
        let name = format!("t{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let make = format!("CREATE DATABASE {name}");
        // Left behind by a process that was killed and had the same number.
        let clear = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        ask(&server, &[clear, make]).unwrap_or_else(|e| panic!("{HELP} ({e})"));
        let url = server.strip_suffix("postgres").map(|host| format!("{host}{name}"));
        let url = url.expect("the address ends with the first database");
        Self { url, home: Home::Postgres { server, name } }
    }

    /// Its address, for `Db::open`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its file, when it is SQLite.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.home {
            Home::Sqlite { .. } => self.url.strip_prefix("sqlite:").map(Path::new),
            Home::Postgres { .. } => None,
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Home::Postgres { server, name } = &self.home {
            // The cluster is thrown away with what is left in it.
            let _ = ask(server, &[format!("DROP DATABASE {name} WITH (FORCE)")]);
        }
    }
}

/// Runs a test on an empty database of each engine in turn, saying which.
pub fn each(test: impl Fn(&Scratch)) {
    println!("on SQLite");
    test(&Scratch::sqlite());
    println!("on PostgreSQL");
    test(&Scratch::postgres());
}

const HELP: &str =
    "The tests' PostgreSQL does not run: say  make test  or  tests/postgres.sh start";

/// On a thread of its own, since the client blocks and a test may be asynchronous.
fn ask(server: &str, orders: &[String]) -> Result<(), String> {
    let ask = || {
        let mut client = Client::connect(server, NoTls)?;
        orders.iter().try_for_each(|order| client.batch_execute(order))
    };
    thread::scope(|scope| scope.spawn(ask).join()).expect("no panic").map_err(|e| e.to_string())
}
