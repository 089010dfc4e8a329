//! SQLite: one writer thread with group commit, and readers that cannot write.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, ToSql, params_from_iter};
use tokio::sync::oneshot;

use super::answer::{Answer, Fault};
use super::pool::{Lent, Pool};
use super::statement::Statement;
use super::together::{Job, Task, together};
use super::tx::{self, Shape, Tx};
use super::value::{Row, Value};
use super::{Fuse, Meters, Ours};

/// Connections for reading: more than cores buys nothing.
const READERS: usize = 8;
/// How old a batch may grow before its commit.
const OLDEST: Duration = Duration::from_millis(5);
/// How long to wait for another process that writes (a restore, an administrator's shell).
const PATIENCE: Duration = Duration::from_secs(10);
/// Prepared statements that a connection keeps.
const PREPARED: usize = 1024;
/// Pages that the log may hold before they go into the database: a page that is written again and
/// again until then goes there once. 64 MB.
const LOG: &str = "PRAGMA wal_autocheckpoint = 16000;";

/// One connection.
pub(super) struct Link {
    connection: Connection,
    /// Statements that were looked at, by where their text lies.
    checked: HashSet<(usize, usize)>,
}

impl Link {
    /// `synchronous=FULL`: under NORMAL, a power cut lost every acknowledged commit (database.md 4).
    pub(super) fn writer(path: &Path) -> Result<Self, Fault> {
        Self::open(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            &format!(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;
                 PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; {LOG}"
            ),
        )
    }

    fn reader(path: &Path) -> Result<Self, Fault> {
        Self::open(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE,
            "PRAGMA query_only = ON; PRAGMA cache_size = -16384;",
        )
    }

    fn open(path: &Path, flags: OpenFlags, pragmas: &str) -> Result<Self, Fault> {
        let open = || {
            let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(path, flags)?;
            connection.busy_timeout(PATIENCE)?;
            connection.set_prepared_statement_cache_capacity(PREPARED);
            // Or SQLite plans a prepared statement again whenever a value changes: it compares values
            // with its statistics, and any equality beside an index with 0 and 1.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            connection.execute_batch(pragmas)?;
            Ok(connection)
        };
        let connection = open().map_err(|e: rusqlite::Error| {
            Fault::of(format!("opening the database {}", path.display()), e)
        })?;
        Ok(Self { connection, checked: HashSet::new() })
    }

    pub(super) fn query(&mut self, of: &Statement, values: &[Value]) -> Result<Vec<Row>, Fault> {
        let told = |e: rusqlite::Error| Fault::of(of.name(), e);
        let mut statement = self.prepared(of)?;
        let width = statement.column_count();
        let mut found = statement.query(params_from_iter(values)).map_err(told)?;
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(told)? {
            let column = |index| match row.get_ref(index).map_err(told)? {
                ValueRef::Null => Ok(Value::Null),
                ValueRef::Integer(int) => Ok(Value::Int(int)),
                ValueRef::Text(text) => std::str::from_utf8(text)
                    .map(Value::from)
                    .map_err(|e| Fault::of(format!("column {index} of {}", of.name()), e)),
                ValueRef::Real(_) | ValueRef::Blob(_) => {
                    Err(Fault::new(format!("column {index} of {} is no BIGINT or TEXT", of.name())))
                }
            };
            rows.push(Row::new(of.name(), (0..width).map(column).collect::<Result<_, _>>()?));
        }
        Ok(rows)
    }

    pub(super) fn execute(&mut self, of: &Statement, values: &[Value]) -> Result<u64, Fault> {
        let written = self.prepared(of)?.execute(params_from_iter(values));
        written.map(|rows| rows as u64).map_err(|e| Fault::of(of.name(), e))
    }

    pub(super) fn shape(&mut self, of: &Statement) -> Result<Shape, Fault> {
        let statement = self.prepared(of)?;
        let (columns, parameters) = (statement.column_count(), statement.parameter_count());
        Ok(Shape { columns, parameters })
    }

    /// Several statements; or one, of transaction control as a rule, which stays prepared.
    pub(super) fn batch(&mut self, sql: &str) -> Result<(), Fault> {
        let run = || {
            if sql.contains(';') {
                return self.connection.execute_batch(sql);
            }
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            Ok(())
        };
        run().map_err(|e| Fault::of(sql.trim().to_owned(), e))
    }

    /// Whether a transaction is under way.
    pub(super) fn is_open(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// The first column of a query of this layer's own.
    pub(super) fn text(&self, sql: &str) -> Result<Vec<String>, Fault> {
        let read = || {
            let mut statement = self.connection.prepare(sql)?;
            let rows = statement.query_map([], |row| row.get(0))?;
            rows.collect::<Result<Vec<String>, rusqlite::Error>>()
        };
        read().map_err(|e| Fault::of(sql.to_owned(), e))
    }

    /// SQLite numbers `$2` by its appearance: in `SELECT $2, $1` the first value would be bound to
    /// `$2`, silently. So each statement is checked once per connection.
    fn prepared(&mut self, of: &Statement) -> Result<CachedStatement<'_>, Fault> {
        let (name, text) = (of.name(), of.sql());
        let statement = self.connection.prepare_cached(text).map_err(|e| Fault::of(name, e))?;
        let place = (text.as_ptr().addr(), text.len());
        if !self.checked.contains(&place) {
            for index in 1..=statement.parameter_count() {
                if statement.parameter_name(index) != Some(format!("${index}").as_str()) {
                    let what = format!("{name}: $1, $2, … must first appear in ascending order");
                    return Err(Fault::new(what));
                }
            }
            if statement.readonly() == of.writes() {
                return Err(Fault::new(format!("{name}: a statement that writes begins so")));
            }
            self.checked.insert(place);
        }
        Ok(statement)
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(int) => ValueRef::Integer(*int),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// A database file.
pub(super) struct Sqlite {
    path: PathBuf,
    jobs: mpsc::Sender<Box<dyn Job>>,
    meters: Meters,
    readers: Pool<Tx>,
    fuse: Option<Fuse>,
}

impl Sqlite {
    pub(super) fn open(path: &Path, (moved, meters, fuse): Ours) -> Result<Self, Fault> {
        let readers = Pool::new(READERS, meters.in_use.clone());
        let mut tx = Tx::new(tx::Link::Sqlite(Link::writer(path)?), fuse.clone());
        let (jobs, waiting) = mpsc::channel::<Box<dyn Job>>();
        let measured = meters.clone();
        // The thread ends with the last sender, that is with the last `Db`.
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                let measures = (&moved, &measured);
                while let Ok(first) = waiting.recv() {
                    measured.queue.dec();
                    let mut more = || {
                        let next = waiting.try_recv().ok()?;
                        measured.queue.dec();
                        Some(next)
                    };
                    together(&mut tx, measures, OLDEST, first, &mut more);
                }
            })
            .map_err(|e| Fault::of("starting the database's writer", e))?;
        Ok(Self { path: path.to_owned(), jobs, meters, readers, fuse })
    }

    /// Hands a verb to the writer; the answer comes after the commit.
    pub(super) fn write<T: Send + 'static>(
        &self,
        verb: impl Fn(&mut Tx) -> Answer<T> + Send + 'static,
    ) -> oneshot::Receiver<Answer<T>> {
        let (task, answer) = Task::new(verb);
        self.meters.queue.inc();
        // When the writer has stopped, the task is dropped here and the receiver hears of it.
        let _ = self.jobs.send(Box::new(task));
        answer
    }

    pub(super) fn read<T>(&self, verb: &dyn Fn(&mut Tx) -> Answer<T>) -> Answer<T> {
        self.read_with(self.readers.take()?, verb)
    }

    /// The same, when a connection is free at once.
    pub(super) fn read_now<T>(&self, verb: &dyn Fn(&mut Tx) -> Answer<T>) -> Option<Answer<T>> {
        Some(self.read_with(self.readers.take_now()?, verb))
    }

    fn read_with<T>(
        &self,
        mut lent: Lent<'_, Tx>,
        verb: &dyn Fn(&mut Tx) -> Answer<T>,
    ) -> Answer<T> {
        let tx = lent
            .link(|| Ok(Tx::new(tx::Link::Sqlite(Link::reader(&self.path)?), self.fuse.clone())))?;
        tx.mend();
        let answer = match tx.batch("BEGIN") {
            Ok(()) => tx.perform(verb),
            Err(fault) => Err(fault.into()),
        };
        tx.mend();
        if tx.batch("ROLLBACK").is_err() {
            lent.discard();
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writer_is_durable_and_erases_what_it_deletes() {
        let folder = tempfile::tempdir().unwrap();
        let link = Link::writer(&folder.path().join("x.db")).unwrap();
        let of = |pragma: &str| -> String {
            let read = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
            format!("{:?}", link.connection.pragma_query_value(None, pragma, read).unwrap())
        };
        assert_eq!(of("journal_mode"), "Text(\"wal\")");
        assert_eq!(of("synchronous"), "Integer(2)");
        assert_eq!(of("foreign_keys"), "Integer(1)");
        assert_eq!(of("secure_delete"), "Integer(1)");
    }
}
