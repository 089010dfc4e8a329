//! What a verb may count on: all or nothing, on both engines alike.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use releve_server::db::{Db, Fuse, Stop};
use releve_shared::refusal::Refusal;
use releve_tests::database::{Scratch, each};

use crate::{CLAIM, NUMBER, PUT, count, fault, fresh, put};

#[test]
fn a_refusal_undoes_the_verb_and_reaches_the_caller() {
    each(|scratch| {
        let db = fresh(scratch);
        let refused = db.write_blocking(|tx| {
            put(tx, "a")?;
            Err::<(), _>(Refusal::AlreadyStarted.into())
        });
        assert!(matches!(refused, Err(Stop::Refusal(Refusal::AlreadyStarted))));
        assert_eq!(count(&db), 0);
    });
}

#[test]
fn a_refused_attempt_is_undone_and_the_rest_stands() {
    each(|scratch| {
        let db = fresh(scratch);
        let refused = db.write_blocking(|tx| {
            put(tx, "outer")?;
            let inner = tx.attempt(|tx| {
                put(tx, "inner")?;
                tx.attempt(|tx| Ok(put(tx, "innermost")?))??;
                Err::<(), _>(Refusal::NotStarted.into())
            })?;
            tx.attempt(|tx| Ok(put(tx, "after")?))??;
            Ok(inner)
        });
        assert_eq!(refused.unwrap(), Err(Refusal::NotStarted));
        assert_eq!(count(&db), 2);
    });
}

#[test]
fn a_verb_that_panics_harms_nobody_else() {
    each(|scratch| {
        let db = fresh(scratch);
        thread::scope(|scope| {
            for n in 0..40 {
                let db = db.clone();
                scope.spawn(move || {
                    let answer = db.write_blocking(move |tx| {
                        put(tx, &format!("d{n}"))?;
                        assert!(n % 4 != 0, "verb {n}");
                        Ok(())
                    });
                    match answer {
                        Ok(()) => assert!(n % 4 != 0),
                        wrong => assert!(fault(wrong).contains("a verb panicked: verb")),
                    }
                });
            }
        });
        assert_eq!(count(&db), 30);
    });
}

#[test]
fn a_fault_cannot_be_swallowed() {
    each(|scratch| {
        let db = fresh(scratch);
        let answer = db.write_blocking(|tx| {
            put(tx, "a")?;
            let _ = put(tx, "a");
            Ok(())
        });
        assert!(fault(answer).contains("went on after a fault"));
        let answer = db.write_blocking(|tx| {
            put(tx, "a")?;
            Ok(put(tx, "a")?)
        });
        assert!(fault(answer).starts_with("database::PUT: "));
        assert_eq!(count(&db), 0);
    });
}

#[test]
fn a_read_writes_nothing() {
    each(|scratch| {
        let db = fresh(scratch);
        assert!(fault(db.read_blocking(|tx| Ok(put(tx, "a")?))).contains("database::PUT"));
        assert_eq!(count(&db), 0, "and the connection is still good");
    });
}

#[test]
fn a_read_is_one_snapshot() {
    each(|scratch| {
        let db = fresh(scratch);
        let writer = db.clone();
        let seen = db.read_blocking(|tx| {
            let before: i64 = tx.query_one(&crate::COUNT, &[])?.get(0)?;
            writer.write_blocking(|tx| Ok(put(tx, "a")?))?;
            Ok((before, tx.query_one(&crate::COUNT, &[])?.get::<i64>(0)?))
        });
        assert_eq!(seen.unwrap(), (0, 0));
        assert_eq!(count(&db), 1);
    });
}

#[test]
fn wrong_numbers_of_rows_and_values_are_faults() {
    each(|scratch| {
        let db = fresh(scratch);
        let none = db.read_blocking(|tx| Ok(tx.query_one(&NUMBER, &["a".into(), "rest".into()])?));
        assert!(fault(none).contains("no row"));
        assert!(
            fault(db.read_blocking(|tx| Ok(tx.query(&NUMBER, &["a".into()])?))).contains("NUMBER")
        );
        let null = [releve_server::db::Value::Null, "rest".into(), 1.into()];
        assert!(fault(db.write_blocking(move |tx| Ok(tx.execute(&PUT, &null)?))).contains("PUT"));
    });
}

#[tokio::test]
async fn verbs_run_from_an_asynchronous_caller() {
    for scratch in [Scratch::sqlite(), Scratch::postgres()] {
        let db = Db::open(scratch.url()).unwrap();
        assert!(db.migrate(crate::NOW, "epoch".to_owned()).await.unwrap() > 0);
        db.write(|tx| Ok(put(tx, "a")?)).await.unwrap();
        let seen = db.read(|tx| Ok(tx.query_one(&crate::COUNT, &[])?.get::<i64>(0)?)).await;
        assert_eq!(seen.unwrap(), 1);
    }
}

/// An answer means that the commit is done: another connection sees it, and it is in the file.
#[test]
fn an_answer_comes_after_its_commit() {
    let scratch = Scratch::sqlite();
    let db = fresh(&scratch);
    thread::scope(|scope| {
        for worker in 0..8 {
            let (db, file) = (db.clone(), scratch.file().unwrap());
            scope.spawn(move || {
                let other = rusqlite::Connection::open(file).unwrap();
                for n in 0..50 {
                    let device = format!("{worker}-{n}");
                    let key = device.clone();
                    db.write_blocking(move |tx| Ok(put(tx, &key)?)).unwrap();
                    let of = "SELECT COUNT(*) FROM lane WHERE device = ?1";
                    let seen: i64 = other.query_row(of, [&device], |row| row.get(0)).unwrap();
                    assert_eq!(seen, 1, "{device}");
                }
            });
        }
    });
    assert_eq!(count(&db), 400);
}

#[test]
fn a_file_is_opened_again_with_all_that_was_answered() {
    let scratch = Scratch::sqlite();
    let db = fresh(&scratch);
    db.write_blocking(|tx| Ok(put(tx, "a")?)).unwrap();
    drop(db);
    let db = Db::open(scratch.url()).unwrap();
    assert_eq!(count(&db), 1);
}

/// Claims in opposite orders meet a deadlock on PostgreSQL: one runs again, and both succeed.
#[test]
fn a_deadlock_is_run_again() {
    let scratch = Scratch::postgres();
    let db = fresh(&scratch);
    db.write_blocking(|tx| Ok(put(tx, "a")? + put(tx, "b")?)).unwrap();
    let (meet, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
    thread::scope(|scope| {
        for (first, second) in [("a", "b"), ("b", "a")] {
            let (db, meet, runs) = (db.clone(), Arc::clone(&meet), Arc::clone(&runs));
            let mine = AtomicUsize::new(0);
            scope.spawn(move || {
                db.write_blocking(move |tx| {
                    runs.fetch_add(1, Ordering::SeqCst);
                    tx.query_one(&CLAIM, &[first.into(), "rest".into()])?;
                    if mine.fetch_add(1, Ordering::SeqCst) == 0 {
                        meet.wait();
                    }
                    tx.query_one(&CLAIM, &[second.into(), "rest".into()])?;
                    Ok(())
                })
                .unwrap();
            });
        }
    });
    assert!(runs.load(Ordering::SeqCst) > 2, "one of both ran again");
    for device in ["a", "b"] {
        let n = db.read_blocking(|tx| {
            Ok(tx.query_one(&NUMBER, &[device.into(), "rest".into()])?.get::<i64>(0)?)
        });
        assert_eq!(n.unwrap(), 3);
    }
}

/// A connection that dies before the commit was sent: another takes over, and nothing is doubled.
#[test]
fn a_lost_connection_is_replaced() {
    let scratch = Scratch::postgres();
    let db = fresh(&scratch);
    let url = scratch.url().to_owned();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    db.write_blocking(move |tx| {
        put(tx, "a")?;
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            cut_connections(&url);
        }
        Ok(put(tx, "b")?)
    })
    .unwrap();
    assert_eq!((runs.load(Ordering::SeqCst), count(&db)), (2, 2));

    // One that dies while it waits in the pool is noticed at the next verb.
    cut_connections(scratch.url());
    assert_eq!(count(&db), 2);
}

fn cut_connections(url: &str) {
    let mut client = postgres::Client::connect(url, postgres::NoTls).unwrap();
    let of = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
               WHERE application_name = 'releve' AND datname = current_database()";
    assert!(!client.query(of, &[]).unwrap().is_empty());
}

#[test]
fn an_address_of_neither_engine_is_refused() {
    for wrong in ["mysql://here/x", "/tmp/x.db", "sqlite:/no/such/folder/x.db"] {
        assert!(Db::open(wrong).is_err(), "{wrong}");
    }
    let told = Db::open("postgres://releve:sesame@:port/x").err().map(|fault| fault.to_string());
    assert!(told.is_some_and(|told| !told.contains("sesame")));
}

/// I2: stopped before any of its statements, as by a kill, a verb leaves nothing; let through, all.
#[test]
fn a_verb_stopped_before_any_of_its_statements_leaves_nothing() {
    each(|scratch| {
        let sound = fresh(scratch);
        let mut stopped = 0;
        for allowed in 0_usize.. {
            let left = AtomicUsize::new(allowed);
            let one_less = |n: usize| n.checked_sub(1);
            let fuse: Fuse = Arc::new(move |_| {
                left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
            });
            let db = Db::open_fused(scratch.url(), Some(fuse)).unwrap();
            let done = db.write_blocking(|tx| {
                put(tx, "a")?;
                put(tx, "b")?;
                Ok(())
            });
            if done.is_ok() {
                break;
            }
            stopped += 1;
            assert_eq!(count(&sound), 0, "stopped before statement {allowed}");
        }
        assert!(stopped >= 2, "each statement was tried: {stopped}");
        assert_eq!(count(&sound), 2);
    });
}
