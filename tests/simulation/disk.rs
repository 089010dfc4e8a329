//! What a kill, a power cut, a backup and a restore leave on a disk.
//!
//! Every commit of phone and server is synced (`synchronous=FULL`, which unit tests of both hold), so a
//! power cut keeps what was committed and may leave anything behind the last commit: the copy that is
//! opened next has a torn tail of chance at the end of its log. That a commit really is synced is tried
//! elsewhere, by a file system that forgets (docs/reliability.md T7).

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use releve_tests::world::backup::{orders, tries};

/// Copies a SQLite database that may be open, as a kill would leave it.
pub fn copy(from: &Path, to: &Path) {
    for part in ["", "-wal"] {
        let (from, to) = (with(from, part), with(to, part));
        if from.exists() {
            fs::copy(&from, &to).unwrap_or_else(|e| panic!("{}: {e}", from.display()));
        }
    }
}

/// Writes a torn tail behind a database's log.
pub fn tear(database: &Path, tail: &[u8]) {
    let log = with(database, "-wal");
    if log.exists() {
        let mut log = fs::OpenOptions::new().append(true).open(&log).expect("a log");
        log.write_all(tail).expect("in memory");
    }
}

fn with(path: &Path, part: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(part);
    PathBuf::from(name)
}

/// Where the server's database is. Each crash, backup and restore makes another copy; all of them go
/// with the run.
pub struct Disk {
    engine: Engine,
    /// Which copy is in use.
    current: u32,
    /// How many were made.
    copies: u32,
}

enum Engine {
    /// Whatever is at an address: the scene is set there.
    Fixed(String),
    /// Files of a folder.
    Sqlite(PathBuf),
    /// Databases of the tests' cluster: its address without a database, and what their names begin with.
    Postgres(String, String),
}

/// A backup of the server's database.
#[derive(Clone, Copy)]
pub struct Backup(u32);

impl Disk {
    /// A database that stays where it is.
    pub fn at(url: &str) -> Self {
        Self { engine: Engine::Fixed(url.to_owned()), current: 0, copies: 0 }
    }

    /// A copy of a database on a disk of its own.
    pub fn of(scene: &str, folder: &Path, name: &str) -> Self {
        let engine = if let Some(file) = scene.strip_prefix("sqlite:") {
            copy(Path::new(file), &file_in(folder, 0));
            Engine::Sqlite(folder.to_owned())
        } else {
            let (cluster, scene) = scene.rsplit_once('/').expect("an address with a name");
            let name = format!("{scene}_{name}");
            duplicate(cluster, scene, &format!("{name}_0"));
            Engine::Postgres(cluster.to_owned(), name)
        };
        Self { engine, current: 0, copies: 0 }
    }

    /// The address of what is in use.
    pub fn url(&self) -> String {
        match &self.engine {
            Engine::Fixed(url) => url.clone(),
            Engine::Sqlite(folder) => {
                format!("sqlite:{}", file_in(folder, self.current).display())
            }
            Engine::Postgres(cluster, name) => format!("{cluster}/{name}_{}", self.current),
        }
    }

    /// Whether it can be copied while it is in use.
    pub fn copies_in_use(&self) -> bool {
        matches!(self.engine, Engine::Sqlite(_))
    }

    /// The server was killed; on SQLite its machine lost power too, and its log has a torn tail.
    pub fn crashes(&mut self, tail: &[u8]) {
        if self.copies_in_use() {
            self.current = self.duplicate(self.current);
            if let Engine::Sqlite(folder) = &self.engine {
                tear(&file_in(folder, self.current), tail);
            }
        }
    }

    /// Keeps a copy.
    pub fn back_up(&mut self) -> Backup {
        Backup(self.duplicate(self.current))
    }

    /// Puts a copy in the place of the database.
    pub fn restore(&mut self, backup: Backup) {
        self.current = self.duplicate(backup.0);
    }

    fn duplicate(&mut self, from: u32) -> u32 {
        self.copies += 1;
        let to = self.copies;
        match &self.engine {
            Engine::Fixed(url) => panic!("{url} stays as it is"),
            Engine::Sqlite(folder) => copy(&file_in(folder, from), &file_in(folder, to)),
            Engine::Postgres(cluster, name) => {
                duplicate(cluster, &format!("{name}_{from}"), &format!("{name}_{to}"));
            }
        }
        to
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Engine::Postgres(cluster, name) = &self.engine {
            let drop = |n| format!("DROP DATABASE IF EXISTS {name}_{n} WITH (FORCE)");
            let all: Vec<String> = (0..=self.copies).map(drop).collect();
            orders(&format!("{cluster}/postgres"), &all);
        }
    }
}

fn file_in(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("server{number}.db"))
}

/// Copies a database of the cluster. Connections of a server that stopped a moment ago may still be
/// there: they are ended, and it is tried again.
fn duplicate(cluster: &str, from: &str, to: &str) {
    let ended = format!(
        "DO $$ BEGIN PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{from}'; END $$"
    );
    let made = format!("CREATE DATABASE {to} TEMPLATE {from}");
    let all = [ended, made];
    let mut left = 50;
    while let Err(why) = tries(&format!("{cluster}/postgres"), &all) {
        left -= 1;
        assert!(left > 0, "{why}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
