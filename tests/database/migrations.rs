//! Migrations: a fresh database equals an upgraded one, and what does not fit is refused.

use std::thread;

use releve_server::db::{Db, migrate};
use releve_tests::database::{Scratch, each};

use crate::{NOW, fault, fresh};

mod sql {
    releve_server::statements! {
        /// The past of another binary.
        REWRITE = "UPDATE migration SET checksum = 'another' WHERE number = 1";
        /// The future.
        NEWER = "INSERT INTO migration (number, name, checksum, at) VALUES (9999, 'new', 'x', 1)";
        /// Who this database is.
        BIRTH = "SELECT epoch, created_at FROM instance";
    }
}

#[test]
fn a_fresh_database_equals_an_upgraded_one() {
    let schemas = |make: fn() -> Scratch| {
        let (one, other) = (make(), make());
        drop(fresh(&one));
        let db = Db::open(other.url()).unwrap();
        for upto in 1..=migrate::FILES.len() {
            db.write_blocking(move |tx| {
                let files = &migrate::FILES[..upto];
                Ok(migrate::migrate_with(tx, files, NOW, "epoch-1")?)
            })
            .unwrap();
        }
        drop(db);
        let (one, other) = (schema(&one), schema(&other));
        assert!(one.len() > 5, "{one:?}");
        assert_eq!(one, other);
    };
    schemas(Scratch::sqlite);
    schemas(Scratch::postgres);
}

#[test]
fn migrating_again_changes_nothing_and_keeps_the_epoch() {
    each(|scratch| {
        let db = fresh(scratch);
        let later = releve_shared::time::Moment(NOW.0 + 1);
        let again = db.write_blocking(move |tx| Ok(migrate::migrate(tx, later, "epoch-2")?));
        assert_eq!(again.unwrap(), 0);
        let (epoch, row) =
            db.read_blocking(|tx| Ok((tx.epoch()?, tx.query_one(&sql::BIRTH, &[])?))).unwrap();
        assert_eq!((epoch.as_str(), row.get::<i64>(1).unwrap()), ("epoch-1", NOW.0));
    });
}

#[test]
fn a_changed_file_is_refused_by_name() {
    each(|scratch| {
        let db = fresh(scratch);
        db.write_blocking(|tx| Ok(tx.execute(&sql::REWRITE, &[])?)).unwrap();
        let told = fault(db.write_blocking(|tx| Ok(migrate::migrate(tx, NOW, "x")?)));
        assert!(told.contains("migration_changed") && told.contains("0001_feed.sql"), "{told}");
    });
}

#[test]
fn a_newer_database_is_refused_in_both_languages() {
    each(|scratch| {
        let db = fresh(scratch);
        db.write_blocking(|tx| Ok(tx.execute(&sql::NEWER, &[])?)).unwrap();
        let told = fault(db.write_blocking(|tx| Ok(migrate::migrate(tx, NOW, "x")?)));
        assert!(told.starts_with("database_newer: "), "{told}");
        assert!(told.contains("newer version") && told.contains("version plus récente"), "{told}");
    });
}

#[test]
fn a_migration_that_fails_leaves_nothing() {
    each(|scratch| {
        let db = Db::open(scratch.url()).unwrap();
        let files = &[
            ("0001_good.sql", "CREATE TABLE good (id BIGINT PRIMARY KEY)"),
            (
                "0002_bad.sql",
                "CREATE TABLE bad (id BIGINT PRIMARY KEY); CREATE TABEL worse (id BIGINT)",
            ),
        ];
        let told = fault(db.write_blocking(|tx| Ok(migrate::migrate_with(tx, files, NOW, "x")?)));
        assert!(told.starts_with("migration 0002_bad.sql"), "{told}");
        drop(db);
        assert_eq!(schema(scratch), Vec::<String>::new());
    });
}

#[test]
fn files_are_numbered_without_twin() {
    let wrong = |files: &'static [(&'static str, &'static str)]| {
        let scratch = Scratch::sqlite();
        let db = Db::open(scratch.url()).unwrap();
        fault(db.write_blocking(|tx| Ok(migrate::migrate_with(tx, files, NOW, "x")?)))
    };
    assert!(wrong(&[("0001_a.sql", ""), ("0001_b.sqlite.sql", "")]).contains("taken twice"));
    assert!(wrong(&[("0001_a.mysql.sql", "")]).contains("not a name"));
}

/// Branches draw their numbers beforehand: the one that lands later fills its own.
#[test]
fn a_number_left_out_is_filled_when_its_file_comes() {
    type Files = &'static [(&'static str, &'static str)];
    const A: (&str, &str) = (
        "0001_a.sql",
        "CREATE TABLE instance (id BIGINT PRIMARY KEY, epoch TEXT, created_at BIGINT)",
    );
    const B: (&str, &str) = ("0002_b.sql", "CREATE TABLE b (id BIGINT PRIMARY KEY)");
    const C: (&str, &str) = ("0003_c.sql", "CREATE TABLE c (id BIGINT PRIMARY KEY)");
    each(|scratch| {
        let db = Db::open(scratch.url()).unwrap();
        let run = |files: Files| {
            db.write_blocking(move |tx| Ok(migrate::migrate_with(tx, files, NOW, "x")?)).unwrap()
        };
        assert_eq!(run(&[A, C]), 2);
        assert_eq!(run(&[A, B, C]), 1, "the second one only");
        assert_eq!(run(&[A, B, C]), 0);
        let told = schema(scratch);
        assert!(told.iter().any(|line| line.contains(" b ") || line.starts_with("b ")), "{told:?}");
    });
}

#[test]
fn two_nodes_that_start_together_migrate_once() {
    each(|scratch| {
        let ran: usize = thread::scope(|scope| {
            let nodes: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let db = Db::open(scratch.url()).unwrap();
                        db.write_blocking(|tx| Ok(migrate::migrate(tx, NOW, "e")?)).unwrap()
                    })
                })
                .collect();
            nodes.into_iter().map(|node| node.join().unwrap()).sum()
        });
        let files: std::collections::BTreeSet<_> =
            migrate::FILES.iter().map(|(name, _)| name.split_once('_').unwrap().0).collect();
        assert_eq!(ran, files.len());
    });
}

/// Everything that the engine says of its tables, read by the driver itself.
fn schema(scratch: &Scratch) -> Vec<String> {
    if let Some(file) = scratch.file() {
        let db = rusqlite::Connection::open(file).unwrap();
        let of = "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || COALESCE(sql, '') \
                  FROM sqlite_master ORDER BY 1";
        let mut statement = db.prepare(of).unwrap();
        return statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    }
    let of = "SELECT table_name || ' ' || ordinal_position || ' ' || column_name || ' ' || data_type
                  || ' ' || is_nullable || ' ' || COALESCE(column_default, '')
                FROM information_schema.columns WHERE table_schema = 'public'
              UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
              UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
                FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1";
    let mut client = postgres::Client::connect(scratch.url(), postgres::NoTls).unwrap();
    client.query(of, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}
