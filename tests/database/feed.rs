//! The feed: dense numbers in the order of commits, never above the head (sync.md F1-F6).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use releve_server::db::{Answer, Db, Fault, Tx};
use releve_shared::id::MembershipId;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_tests::database::each;
use tokio::sync::broadcast::Receiver;

use crate::{count, fresh, put};

mod sql {
    releve_server::statements! {
        /// A page of the feed.
        PAGE = "SELECT seq, kind, id, gone FROM change WHERE scope = $1 AND seq > $2 ORDER BY seq";
        /// The head of a scope.
        HEAD = "SELECT head FROM scope WHERE id = $1";
    }
}

const WRITERS: usize = 8;
const EACH: usize = 60;

/// sync.md's experiment: eight writers and one reader that follows its cursor; none may be lost.
#[test]
fn eight_writers_lose_no_change() {
    each(|scratch| {
        let db = fresh(scratch);
        let hot = scope("hot");
        let done = AtomicBool::new(false);
        let seen = thread::scope(|threads| {
            let reader = threads.spawn(|| follow(&db, &hot, &done));
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let (db, hot) = (db.clone(), hot.clone());
                    threads.spawn(move || (0..EACH).for_each(|n| write(&db, &hot, writer, n)))
                })
                .collect();
            writers.into_iter().for_each(|writer| writer.join().unwrap());
            done.store(true, Ordering::SeqCst);
            reader.join().unwrap()
        });
        // A refusal in three left no hole.
        let kept = WRITERS * EACH - WRITERS * EACH.div_ceil(3);
        assert_eq!(seen, (1..=kept as u64).collect::<Vec<_>>());
    });
}

/// Each verb touches the hot scope and two others, in an order of its own; one in three is refused.
fn write(db: &Db, hot: &Scope, writer: usize, n: usize) {
    let mut scopes = [hot.clone(), scope(&format!("w{}", n % 3)), scope(&format!("x{}", n % 2))];
    scopes.rotate_left((writer + n) % 3);
    let answer: Answer<()> = db.write_blocking(move |tx| {
        for scope in &scopes {
            tx.changed(scope, &RowKind::Visit, format!("{writer}-{n}"));
        }
        if n.is_multiple_of(3) { Err(Refusal::AlreadyStarted.into()) } else { Ok(()) }
    });
    assert_eq!(answer.is_ok(), !n.is_multiple_of(3), "{answer:?}");
}

fn follow(db: &Db, hot: &Scope, done: &AtomicBool) -> Vec<u64> {
    let mut seen: Vec<u64> = Vec::new();
    loop {
        let last = done.load(Ordering::SeqCst);
        let cursor = seen.last().copied().unwrap_or(0);
        let (head, page) =
            db.read_blocking(|tx| Ok((head(tx, hot)?, page(tx, hot, cursor)?))).unwrap();
        seen.extend(page.iter().map(|row| row.0));
        assert_eq!(seen.last().copied().unwrap_or(0), head, "head and rows are of one snapshot");
        if last {
            return seen;
        }
    }
}

#[test]
fn a_row_changed_again_moves_ahead_and_a_gone_one_leaves_a_tombstone() {
    each(|scratch| {
        let db = fresh(scratch);
        let here = scope("here");
        let there = scope("there");
        run(&db, {
            let here = here.clone();
            move |tx| {
                for id in ["a", "b", "a", "c"] {
                    tx.changed(&here, &RowKind::Visit, id);
                }
                tx.changed(&here, &RowKind::Notes, "a");
                Ok(())
            }
        });
        let all = db.read_blocking(|tx| Ok(page(tx, &here, 0)?)).unwrap();
        let told: Vec<_> =
            all.iter().map(|(seq, kind, id, _)| (*seq, kind.code(), id.as_str())).collect();
        // Once each, in the order of the last word about each.
        assert_eq!(
            told,
            [(1, "visit", "b"), (2, "visit", "a"), (3, "visit", "c"), (4, "notes", "a")]
        );

        run(&db, {
            let (here, there) = (here.clone(), there.clone());
            move |tx| {
                tx.gone(&here, &RowKind::Visit, "b");
                tx.changed(&there, &RowKind::Visit, "b");
                Ok(())
            }
        });
        let moved = db.read_blocking(|tx| Ok((page(tx, &here, 4)?, page(tx, &there, 0)?))).unwrap();
        assert_eq!(moved.0, [(5, RowKind::Visit, "b".to_owned(), true)]);
        assert_eq!(moved.1, [(1, RowKind::Visit, "b".to_owned(), false)]);
        assert_eq!(db.read_blocking(|tx| Ok(head(tx, &here)?)).unwrap(), 5);
    });
}

#[test]
fn a_refused_attempt_announces_nothing() {
    each(|scratch| {
        let db = fresh(scratch);
        let (kept, lost) = (scope("kept"), scope("lost"));
        let names = (kept.clone(), lost.clone());
        let heads = db.write_blocking(move |tx| {
            tx.changed(&names.0, &RowKind::Visit, "before");
            let refused = tx.attempt(|tx| {
                put(tx, "a")?;
                tx.changed(&names.1, &RowKind::Visit, "never");
                tx.draw_numbers()?;
                Err::<(), _>(Refusal::NotStarted.into())
            })?;
            assert_eq!(refused, Err(Refusal::NotStarted));
            tx.changed(&names.0, &RowKind::Visit, "after");
            Ok(tx.draw_numbers()?)
        });
        assert_eq!(heads.unwrap().into_iter().collect::<Vec<_>>(), [(kept.clone(), 2)]);
        let told = db.read_blocking(|tx| Ok((page(tx, &kept, 0)?, page(tx, &lost, 0)?))).unwrap();
        assert_eq!((told.0.len(), told.1.len(), count(&db)), (2, 0, 0));
    });
}

#[test]
fn scopes_that_moved_are_told_after_the_commit_only() {
    each(|scratch| {
        let db = fresh(scratch);
        let mut moved = db.moved();
        let refused: Answer<()> = db.write_blocking(|tx| {
            tx.changed(&scope("refused"), &RowKind::Visit, "a");
            Err(Refusal::AlreadyEnded.into())
        });
        assert!(refused.is_err());
        let listener = Mutex::new(db.moved());
        run(&db, move |tx| {
            let early = told(&mut listener.lock().unwrap());
            assert_eq!(early, [] as [Vec<Scope>; 0], "nothing is told before the commit");
            tx.changed(&scope("b"), &RowKind::Visit, "a");
            tx.changed(&scope("a"), &RowKind::Visit, "a");
            Ok(())
        });
        let first = std::iter::from_fn(|| moved.blocking_recv().ok()).find(|told| !told.is_empty());
        assert_eq!(*first.unwrap(), [scope("a"), scope("b")]);
        assert_eq!(told(&mut moved), [] as [Vec<Scope>; 0], "once");
    });
}

/// What was told, but for the poke without a scope of a node that begins to hear the others.
fn told(moved: &mut Receiver<Arc<[Scope]>>) -> Vec<Vec<Scope>> {
    let all = std::iter::from_fn(|| moved.try_recv().ok());
    all.filter(|scopes| !scopes.is_empty()).map(|scopes| scopes.to_vec()).collect()
}

fn run(db: &Db, verb: impl Fn(&mut Tx) -> Answer<()> + Send + Sync + 'static) {
    db.write_blocking(verb).unwrap();
}

fn scope(name: &str) -> Scope {
    Scope::of(&format!("membership/{name}"))
}

fn head(tx: &mut Tx, scope: &Scope) -> Result<u64, Fault> {
    tx.query_opt(&sql::HEAD, &[scope.into()])?.map_or(Ok(0), |row| row.get(0))
}

fn page(
    tx: &mut Tx,
    scope: &Scope,
    after: u64,
) -> Result<Vec<(u64, RowKind, String, bool)>, Fault> {
    let rows = tx.query(&sql::PAGE, &[scope.into(), after.into()])?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).collect()
}

/// Scopes are of ids in the product; here they have names, which sort.
#[test]
fn a_scope_of_an_id_is_a_column_too() {
    each(|scratch| {
        let db = fresh(scratch);
        let of = Scope::membership(MembershipId::new(crate::NOW, [1; 10]));
        let name = of.clone();
        run(&db, move |tx| {
            tx.changed(&name, &RowKind::Visit, "a");
            Ok(())
        });
        assert_eq!(db.read_blocking(|tx| Ok(head(tx, &of)?)).unwrap(), 1);
    });
}
