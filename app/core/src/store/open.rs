//! Opening a database of the phone: key, settings, migrations, and what to do with a bad file.

use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use crate::fault::Fault;

/// A raw 256-bit key.
pub(crate) type Key = [u8; 32];

/// Statements kept prepared: more than the store has.
const STATEMENTS: usize = 100;

/// A migration: its number is its place in the list, from 1.
pub(crate) struct Migration {
    sql: &'static str,
}

/// Migrations of the duty data.
pub(crate) const DUTY: &[Migration] = &[
    Migration { sql: include_str!("../../../../migrations/app/0001_duty.sql") },
    Migration { sql: include_str!("../../../../migrations/app/0002_duty.sql") },
    Migration { sql: include_str!("../../../../migrations/app/0003_duty.sql") },
    Migration { sql: include_str!("../../../../migrations/app/0004_duty.sql") },
];

/// Migrations of the care data.
pub(crate) const CARE: &[Migration] = &[
    Migration { sql: include_str!("../../../../migrations/app/0001_care.sql") },
    Migration { sql: include_str!("../../../../migrations/app/0002_care.sql") },
];

/// What came of opening a file.
pub(crate) enum Opened {
    /// Ready. `kept_aside` is where a damaged file went, when there was one.
    Ready {
        /// The database.
        db: Connection,
        /// The damaged file.
        kept_aside: Option<PathBuf>,
        /// It was too large to be read whole before it is used: see [`Checkup`].
        unread: bool,
    },
    /// Written by a newer app; not touched.
    Newer,
}

/// Opens a database, making it when there is none. A file that is damaged, or not a database of
/// this key, is renamed, never deleted, and an empty one takes its place. `stamp` names the copy.
/// A file of up to `whole_up_to` bytes is read whole first.
pub(crate) fn open(
    path: &Path,
    key: &Key,
    migrations: &[Migration],
    stamp: i64,
    whole_up_to: u64,
) -> Result<Opened, Fault> {
    let unread = std::fs::metadata(path).is_ok_and(|file| file.len() > whole_up_to);
    match ready(path, key, migrations, unread) {
        Ok(Some(db)) => Ok(Opened::Ready { db, kept_aside: None, unread }),
        Ok(None) => Ok(Opened::Newer),
        Err(fault) if fault.is_damage() => {
            let aside = keep_aside(path, stamp)?;
            let db = ready(path, key, migrations, false)?
                .ok_or_else(|| Fault::Store("an empty database is newer".to_owned()))?;
            Ok(Opened::Ready { db, kept_aside: Some(aside), unread: false })
        }
        Err(fault) => Err(fault),
    }
}

/// A connection with its key.
fn connect(path: &Path, key: &Key) -> Result<Connection, Fault> {
    let db = Connection::open(path)?;
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    db.pragma_update(None, "key", format!("x'{hex}'"))?;
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(db)
}

/// A read-through of a large database that opening has put off. It has a connection of its own: run it
/// beside the core, not while holding it.
pub struct Checkup {
    pub(crate) path: PathBuf,
    pub(crate) key: Key,
}

impl Checkup {
    /// Reads every page.
    ///
    /// # Errors
    /// The damage, for [`crate::Core::checked`]; or why it could not be looked at now.
    pub fn run(&self) -> Result<(), Fault> {
        let db = connect(&self.path, &self.key)?;
        db.pragma_update(None, "query_only", true)?;
        whole(&db)
    }
}

fn ready(
    path: &Path,
    key: &Key,
    migrations: &[Migration],
    unread: bool,
) -> Result<Option<Connection>, Fault> {
    let mut db = connect(path, key)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    let held = version(&db)?;
    if held > 0 {
        if !unread {
            whole(&db)?;
        }
        let opens_with: i64 = db
            .query_row("SELECT value FROM fact WHERE name = 'opens_with'", [], |row| {
                row.get::<_, String>(0)
            })
            .optional()?
            .and_then(|text| text.parse().ok())
            .unwrap_or(1);
        if held > newest(migrations) && opens_with > newest(migrations) {
            return Ok(None);
        }
    }
    settings(&db)?;
    migrate(&mut db, held, migrations)?;
    Ok(Some(db))
}

fn newest(migrations: &[Migration]) -> i64 {
    i64::try_from(migrations.len()).unwrap_or(i64::MAX)
}

fn version(db: &Connection) -> Result<i64, Fault> {
    Ok(db.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Each page has a keyed check sum: reading all of them finds a truncated or altered file.
fn whole(db: &Connection) -> Result<(), Fault> {
    let verdict: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(Fault::Store(verdict)) }
}

fn settings(db: &Connection) -> Result<(), Fault> {
    // Or SQLite plans a prepared statement again whenever a value changes.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.execute_batch(
        "PRAGMA auto_vacuum = INCREMENTAL;
         PRAGMA temp_store = MEMORY;
         PRAGMA secure_delete = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA synchronous = FULL;
         PRAGMA cache_size = -16000;",
    )?;
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode == "wal" { Ok(()) } else { Err(Fault::Store(format!("journal mode {mode}"))) }
}

fn migrate(db: &mut Connection, held: i64, migrations: &[Migration]) -> Result<(), Fault> {
    for (number, migration) in (1i64..).zip(migrations).filter(|(number, _)| *number > held) {
        let opens_with = migration
            .sql
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("-- opens-with: "))
            .and_then(|text| text.trim().parse::<i64>().ok())
            .ok_or_else(|| Fault::Store(format!("migration {number} does not say who opens it")))?;
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(migration.sql)?;
        tx.execute(
            "INSERT INTO fact (name, value) VALUES ('opens_with', ?1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [opens_with.to_string()],
        )?;
        tx.pragma_update(None, "user_version", number)?;
        tx.commit()?;
    }
    // What older tables held stays in no free page and in no log.
    if held < newest(migrations) { super::shrink(db) } else { Ok(()) }
}

/// Renames a damaged database and its companions out of the way.
fn keep_aside(path: &Path, stamp: i64) -> Result<PathBuf, Fault> {
    let aside = suffixed(path, &format!(".kept-aside-{stamp}"));
    for part in ["", "-wal", "-shm"] {
        let from = suffixed(path, part);
        if from.exists() {
            std::fs::rename(&from, suffixed(&aside, part))?;
        }
    }
    Ok(aside)
}

fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
