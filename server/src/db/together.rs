//! Group commit: the verbs that wait for the writer of SQLite share one commit.

use std::collections::BTreeSet;
use std::time::Duration;

use releve_shared::planted;
use releve_shared::sync::Scope;
use tokio::sync::oneshot;

use super::answer::{Answer, Fault, Kind, Stop};
use super::tx::Tx;
use super::{Meters, Moved, instant};

/// Verbs that share one commit at most.
const TOGETHER: usize = 256;

/// A verb that waits for the writer, whatever its type of answer.
pub(super) trait Job: Send {
    /// Runs the verb and keeps its answer.
    fn run(&mut self, tx: &mut Tx) -> Ran;
    /// Gives the answer, once it is certain; the fault instead when the transaction was lost.
    fn reply(self: Box<Self>, lost: Option<Fault>);
}

/// What a run has left in the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ran {
    /// Effects to keep.
    Kept,
    /// A refusal that came before anything was written.
    Nothing,
    /// Effects to undo.
    Undo,
    /// Effects of an attempt to undo: the verb runs again.
    Again,
}

/// A verb and who waits for it.
pub(super) struct Task<V, T> {
    verb: V,
    answer: Option<Answer<T>>,
    reply: oneshot::Sender<Answer<T>>,
}

impl<V, T> Task<V, T> {
    /// A task, and where its answer comes.
    pub(super) fn new(verb: V) -> (Self, oneshot::Receiver<Answer<T>>) {
        let (reply, answer) = oneshot::channel();
        (Self { verb, answer: None, reply }, answer)
    }
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
pub(super) fn together(
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
    use super::super::sqlite::Link;
    use super::super::tx;
    use super::*;
    use releve_shared::refusal::Refusal;
    use rusqlite::Connection;
    use std::path::{Path, PathBuf};
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
        let (task, answer) = Task::new(verb);
        (Box::new(task), answer)
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
}
