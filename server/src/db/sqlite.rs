//! SQLite: one writer thread with group commit, and readers that cannot write.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use releve_shared::planted;
use releve_shared::sync::Scope;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, ToSql, params_from_iter};
use tokio::sync::oneshot;

use super::answer::{Answer, Fault, Kind, Stop};
use super::pool::{Lent, Pool};
use super::statement::Statement;
use super::tx::{self, Shape, Tx};
use super::value::{Row, Value};
use super::{Fuse, Meters, Moved, Ours, instant};

/// Connections for reading: more than cores buys nothing.
const READERS: usize = 8;
/// Verbs that share one commit at most.
const TOGETHER: usize = 256;
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
        let (reply, answer) = oneshot::channel();
        self.meters.queue.inc();
        // When the writer has stopped, the task is dropped here and the receiver hears of it.
        let _ = self.jobs.send(Box::new(Task { verb, answer: None, reply }));
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

/// A verb that waits for the writer, whatever its type of answer.
trait Job: Send {
    /// Runs the verb and keeps its answer.
    fn run(&mut self, tx: &mut Tx) -> Ran;
    /// Gives the answer, once it is certain; the fault instead when the transaction was lost.
    fn reply(self: Box<Self>, lost: Option<Fault>);
}

/// What a run has left in the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ran {
    /// Effects to keep.
    Kept,
    /// A refusal that came before anything was written.
    Nothing,
    /// Effects to undo.
    Undo,
    /// Effects of an attempt to undo: the verb runs again.
    Again,
}

struct Task<V, T> {
    verb: V,
    answer: Option<Answer<T>>,
    reply: oneshot::Sender<Answer<T>>,
}

impl<T: Send, V: Fn(&mut Tx) -> Answer<T> + Send> Job for Task<V, T> {
    fn run(&mut self, tx: &mut Tx) -> Ran {
        let ran = match self.answer.insert(tx.perform(&self.verb)) {
            Ok(_) => Ran::Kept,
            Err(Stop::Refusal(_)) if tx.written == 0 => Ran::Nothing,
            Err(Stop::Fault(fault)) if fault.kind() == Kind::Careful => Ran::Again,
            Err(Stop::Refusal(_) | Stop::Fault(_)) => Ran::Undo,
        };
        tx.mend();
        ran
    }

    fn reply(self: Box<Self>, lost: Option<Fault>) {
        let answer = match (self.answer, lost) {
            (Some(Err(Stop::Fault(own))), Some(_)) => Err(own.into()),
            (_, Some(lost)) => Err(lost.into()),
            (Some(answer), None) => answer,
            (None, None) => Err(Fault::new("a verb that never ran").into()),
        };
        // Nobody waits any more: the caller has gone, the effects stand.
        let _ = self.reply.send(answer);
    }
}

/// Group commit: runs the verbs that wait one after another, and answers all of them after the one
/// commit. When one of them has to be undone, all run again, each under a savepoint: those cost more
/// than most verbs, and most verbs need none. When SQLite gives up the whole transaction (disk full,
/// I/O), each runs again alone, so that only the guilty one hears of it.
///
/// A refusal waits for the commit too: it may rest on what an earlier verb of the batch wrote. The
/// feed's numbers are drawn at the end of each verb rather than of the batch: nobody else writes, so
/// per scope the order of numbers is still the order of commits.
fn together(
    tx: &mut Tx,
    measures: (&Moved, &Meters),
    oldest: Duration,
    first: Box<dyn Job>,
    more: &mut dyn FnMut() -> Option<Box<dyn Job>>,
) {
    let start = instant();
    let mut scopes = BTreeSet::new();
    let mut ran = Vec::new();
    let mut next = Some(first);
    let mut state = begin(tx, false);
    let mut undo = None;
    while let Some(mut job) = next.take() {
        if state.is_ok() {
            match job.run(tx) {
                Ran::Kept => scopes.extend(tx.feed.heads.keys().cloned()),
                Ran::Nothing => {}
                other @ (Ran::Undo | Ran::Again) => undo = Some(other),
            }
            // Outside a transaction each statement would be one by itself.
            if undo.is_none() && !tx.is_open() {
                state = Err(Fault::new("SQLite has given up a transaction"));
            }
        }
        ran.push(job);
        if state.is_ok() && undo.is_none() && ran.len() < TOGETHER && start.elapsed() < oldest {
            next = more();
        }
    }
    if let Some(undo) = undo {
        // It says that there is nothing to roll back when SQLite has done so itself.
        let _ = tx.batch("ROLLBACK");
        match ran.pop() {
            Some(only) if ran.is_empty() && undo == Ran::Undo => return only.reply(None),
            last => ran.extend(last),
        }
        (state, scopes) = (begin(tx, true), BTreeSet::new());
        let mut again = std::mem::take(&mut ran).into_iter();
        while let Some(mut job) = again.next().or_else(|| {
            let room = state.is_ok() && ran.len() < TOGETHER && start.elapsed() < oldest;
            if room { more() } else { None }
        }) {
            state = state.and_then(|()| under_savepoint(tx, &mut *job, &mut scopes));
            ran.push(job);
        }
    }
    end(tx, measures, oldest, state, (ran, scopes));
}

fn begin(tx: &mut Tx, careful: bool) -> Result<(), Fault> {
    tx.mend();
    tx.careful = careful;
    tx.batch("BEGIN IMMEDIATE")
}

/// Commits a batch and answers it.
fn end(
    tx: &mut Tx,
    (moved, meters): (&Moved, &Meters),
    oldest: Duration,
    state: Result<(), Fault>,
    (mut ran, scopes): (Vec<Box<dyn Job>>, BTreeSet<Scope>),
) {
    let last = instant();
    match state.and_then(|()| tx.batch("COMMIT")) {
        Ok(()) => {
            meters.committed(last.elapsed());
            meters.batch.observe(f64::from(u16::try_from(ran.len()).unwrap_or(u16::MAX)));
            super::poke(moved, scopes);
            for job in ran {
                job.reply(None);
            }
        }
        Err(_) if planted!("ack_before_commit") => {
            ran.into_iter().for_each(|job| job.reply(None));
        }
        Err(lost) => {
            tx.mend();
            let _ = tx.batch("ROLLBACK");
            match ran.pop() {
                Some(only) if ran.is_empty() => only.reply(Some(lost)),
                last => {
                    for job in ran.into_iter().chain(last) {
                        together(tx, (moved, meters), oldest, job, &mut || None);
                    }
                }
            }
        }
    }
}

/// An error means that the whole transaction is lost.
fn under_savepoint(
    tx: &mut Tx,
    job: &mut dyn Job,
    scopes: &mut BTreeSet<Scope>,
) -> Result<(), Fault> {
    tx.batch("SAVEPOINT verb")?;
    match job.run(tx) {
        Ran::Kept => scopes.extend(tx.feed.heads.keys().cloned()),
        Ran::Nothing => {}
        Ran::Undo | Ran::Again => tx.batch("ROLLBACK TO verb")?,
    }
    tx.batch("RELEASE verb")
}

#[cfg(test)]
mod tests {
    use super::*;
    use releve_shared::refusal::Refusal;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::broadcast;

    mod sql {
        crate::statements! {
            /// A table of these tests.
            PUT = "INSERT INTO thing (id) VALUES ($1)";
            /// What is in it.
            COUNT = "SELECT COUNT(*) FROM thing";
        }
    }

    /// Nothing here is timed.
    const EVER: Duration = Duration::from_hours(1);

    struct World {
        tx: Tx,
        moved: Moved,
        meters: Meters,
        path: PathBuf,
        _folder: tempfile::TempDir,
    }

    fn world() -> World {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let mut tx = Tx::new(tx::Link::Sqlite(Link::writer(&path).unwrap()), None);
        tx.batch("CREATE TABLE thing (id TEXT PRIMARY KEY)").unwrap();
        World {
            tx,
            moved: broadcast::Sender::new(8),
            meters: Meters::default(),
            path,
            _folder: folder,
        }
    }

    fn committed(path: &Path) -> i64 {
        let other = Connection::open(path).unwrap();
        other.query_row("SELECT COUNT(*) FROM thing", [], |row| row.get(0)).unwrap()
    }

    type Waiting<T> = oneshot::Receiver<Answer<T>>;

    fn job<T: Send + 'static>(
        verb: impl Fn(&mut Tx) -> Answer<T> + Send + 'static,
    ) -> (Box<dyn Job>, Waiting<T>) {
        let (reply, answer) = oneshot::channel();
        (Box::new(Task { verb, answer: None, reply }), answer)
    }

    fn put(id: &'static str) -> impl Fn(&mut Tx) -> Answer<u64> {
        move |tx| Ok(tx.execute(&sql::PUT, &[id.into()])?)
    }

    #[test]
    fn verbs_that_wait_share_one_commit_and_are_answered_after_it() {
        let mut world = world();
        let (first, mut a) = job(put("a"));
        let path = world.path.clone();
        // It sees what the first wrote, which nobody outside sees yet.
        let (peek, mut b) = job(move |tx| {
            put("b")(tx)?;
            Ok((tx.query_one(&sql::COUNT, &[])?.get::<i64>(0)?, committed(&path)))
        });
        let (panics, mut c) = job(|tx| {
            put("c")(tx)?;
            panic!("by plan");
            #[expect(unreachable_code, reason = "gives the closure its type")]
            Ok(())
        });
        let (refuses, mut d) = job(|tx| {
            put("d")(tx)?;
            Err::<(), _>(Refusal::NotStarted.into())
        });
        let (last, mut e) = job(put("e"));
        let mut waiting = vec![last, refuses, panics, peek];
        together(&mut world.tx, (&world.moved, &world.meters), EVER, first, &mut || waiting.pop());

        assert_eq!(a.try_recv().unwrap().unwrap(), 1);
        assert_eq!(b.try_recv().unwrap().unwrap(), (2, 0));
        assert!(c.try_recv().unwrap().unwrap_err().to_string().contains("by plan"));
        assert!(matches!(d.try_recv().unwrap(), Err(Stop::Refusal(Refusal::NotStarted))));
        assert_eq!(e.try_recv().unwrap().unwrap(), 1);
        assert_eq!(committed(&world.path), 3);
    }

    #[test]
    fn a_batch_runs_again_with_savepoints_only_when_something_is_to_be_undone() {
        let mut world = world();
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = |id: &'static str| {
            let runs = Arc::clone(&runs);
            job(move |tx| {
                runs.fetch_add(1, Ordering::SeqCst);
                put(id)(tx)
            })
        };
        let batch = |world: &mut World, refuses: Box<dyn Job>, id: &'static str| {
            let (first, mut kept) = counted(id);
            let mut waiting = vec![refuses];
            let measures = (&world.moved, &world.meters);
            together(&mut world.tx, measures, EVER, first, &mut || waiting.pop());
            assert_eq!(kept.try_recv().unwrap().unwrap(), 1);
        };
        let (early, mut told) = job(|_| Err::<(), _>(Refusal::NotStarted.into()));
        batch(&mut world, early, "a");
        assert!(matches!(told.try_recv().unwrap(), Err(Stop::Refusal(Refusal::NotStarted))));
        assert_eq!((runs.load(Ordering::SeqCst), committed(&world.path)), (1, 1));

        let (late, mut told) = job(|tx| {
            put("late")(tx)?;
            Err::<(), _>(Refusal::NotStarted.into())
        });
        batch(&mut world, late, "b");
        assert!(matches!(told.try_recv().unwrap(), Err(Stop::Refusal(Refusal::NotStarted))));
        assert_eq!((runs.load(Ordering::SeqCst), committed(&world.path)), (3, 2));

        let (tries, mut told) = job(|tx| {
            let inner = tx.attempt(|tx| {
                put("inner")(tx)?;
                Err::<(), _>(Refusal::NotStarted.into())
            })?;
            put("outer")(tx)?;
            Ok(inner)
        });
        batch(&mut world, tries, "c");
        assert_eq!(told.try_recv().unwrap().unwrap(), Err(Refusal::NotStarted));
        assert_eq!((runs.load(Ordering::SeqCst), committed(&world.path)), (5, 4));
    }

    #[test]
    fn a_batch_ends_at_its_limit() {
        let mut world = world();
        let ran = Arc::new(AtomicUsize::new(0));
        let next = || {
            let ran = Arc::clone(&ran);
            job(move |_| Ok(ran.fetch_add(1, Ordering::SeqCst))).0
        };
        together(&mut world.tx, (&world.moved, &world.meters), EVER, next(), &mut || Some(next()));
        assert_eq!(ran.load(Ordering::SeqCst), TOGETHER);
        together(&mut world.tx, (&world.moved, &world.meters), Duration::ZERO, next(), &mut || {
            Some(next())
        });
        assert_eq!(ran.load(Ordering::SeqCst), TOGETHER + 1);
    }

    #[test]
    fn when_the_whole_transaction_is_lost_only_the_guilty_verb_hears_of_it() {
        let mut world = world();
        let (first, mut a) = job(put("a"));
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        // What SQLite does by itself on a full disk.
        let (guilty, mut b) = job(move |tx| {
            counted.fetch_add(1, Ordering::SeqCst);
            put("b")(tx)?;
            Ok(tx.batch("ROLLBACK")?)
        });
        let (last, mut c) = job(put("c"));
        let mut waiting = vec![last, guilty];
        together(&mut world.tx, (&world.moved, &world.meters), EVER, first, &mut || waiting.pop());
        // A lost batch takes no more.
        let next = waiting.pop().unwrap();
        together(&mut world.tx, (&world.moved, &world.meters), EVER, next, &mut || None);

        assert_eq!(a.try_recv().unwrap().unwrap(), 1);
        assert!(matches!(b.try_recv().unwrap(), Err(Stop::Fault(_))));
        assert_eq!(c.try_recv().unwrap().unwrap(), 1);
        assert_eq!((runs.load(Ordering::SeqCst), committed(&world.path)), (2, 2));
    }

    #[test]
    fn a_full_disk_is_a_fault_and_passes() {
        let mut world = world();
        world.tx.batch("PRAGMA max_page_count = 8").unwrap();
        let (first, mut a) = job(put("a"));
        let (big, mut b) = job(|tx| Ok(tx.execute(&sql::PUT, &["x".repeat(100_000).into()])?));
        let (last, mut c) = job(put("c"));
        let mut waiting = vec![last, big];
        together(&mut world.tx, (&world.moved, &world.meters), EVER, first, &mut || waiting.pop());
        if let Some(next) = waiting.pop() {
            together(&mut world.tx, (&world.moved, &world.meters), EVER, next, &mut || None);
        }
        assert_eq!(a.try_recv().unwrap().unwrap(), 1);
        assert!(b.try_recv().unwrap().unwrap_err().to_string().contains("full"));
        assert_eq!(c.try_recv().unwrap().unwrap(), 1);
        assert_eq!(committed(&world.path), 2);
    }

    #[test]
    fn the_writer_is_durable_and_erases_what_it_deletes() {
        let world = world();
        let tx::Link::Sqlite(link) = &world.tx.link else { panic!("SQLite") };
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
