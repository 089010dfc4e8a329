//! T12: what earlier builds wrote and said (`tests/fixtures`) is opened, kept and answered by this one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use postgres::{Client, NoTls};
use releve_core::door::{ActState, PhoneState};
use releve_core::ports::{Request, Secret};
use releve_server::db::{Db, migrate};
use releve_shared::id::VisitId;
use releve_tests::database::{Scratch, each};
use releve_tests::fixture::{Facts, Said, TABLES, copies, facts, gives_to, texts, unpacks_server};
use releve_tests::process::{now, rounds};
use releve_tests::source::root;
use releve_tests::world::desk::Desk;
use releve_tests::world::link::{agent, send};
use releve_tests::world::phone::Phone;
use releve_tests::world::server::Server;
use releve_tests::world::time::{Seeded, Time};
use releve_tests::world::{PASSWORD, folder};
use rusqlite::Connection;
use serde_json::Value;

/// Every release that has left something behind.
fn fixtures() -> Vec<PathBuf> {
    let all = std::fs::read_dir(root().join("tests/fixtures")).expect("tests/fixtures").flatten();
    let mut all: Vec<PathBuf> =
        all.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    all.sort();
    assert!(!all.is_empty(), "a release has left its files");
    all
}

/// The old server's database in a scratch one, and how many rows each table had.
fn put_into(scratch: &Scratch, of: &Path) -> BTreeMap<String, i64> {
    let folder = folder::scratch();
    let file = folder.path().join("old.db");
    unpacks_server(of, &file);
    let db = Connection::open(&file).expect("the old database");
    let mut tables = BTreeMap::new();
    for name in texts(&db, TABLES) {
        let count = format!("SELECT count(*) FROM {name}");
        let rows: i64 = db.query_row(&count, [], |row| row.get(0)).expect("a count");
        tables.insert(name, rows);
    }
    match scratch.file() {
        Some(to) => drop(std::fs::copy(&file, to).expect("copied")),
        None => copies(&db, scratch.url()),
    }
    tables
}

fn rows_now(scratch: &Scratch, table: &str) -> Option<i64> {
    let count = format!("SELECT count(*) FROM {table}");
    match scratch.file() {
        Some(file) => {
            let db = Connection::open(file).expect("the database");
            db.query_row(&count, [], |row| row.get(0)).ok()
        }
        None => {
            let mut client = Client::connect(scratch.url(), NoTls).expect("the cluster");
            client.query_one(&count, &[]).ok().map(|row| row.get(0))
        }
    }
}

/// Today's server over an old database: nothing of it is lost by the migrations.
fn forward(scratch: &Scratch, of: &Path, time: &Time) -> Server {
    let before = put_into(scratch, of);
    let server = Server::start(scratch.url(), time, &Seeded::of(12), None);
    for (table, rows) in before {
        let now = rows_now(scratch, &table);
        assert!(now.is_some_and(|now| now >= rows), "{table} had {rows} rows, and has {now:?}");
    }
    server
}

fn at(facts: &Facts) -> Time {
    let time = Time::monday();
    time.until(facts.now);
    time
}

/// An old phone's files under today's app, with its way to a server of another address.
fn old_phone(of: &Path, facts: &Facts, time: &Time, home: &Path, server: &str) -> Phone {
    let phone = Phone::new(time, home.to_owned(), "after", 8);
    phone.line.leads("/", server);
    gives_to(of, &phone, facts);
    phone
}

fn visit(id: &str) -> VisitId {
    id.parse().expect("an id")
}

/// I1, I2 (T12): an old phone and an old server, both under today's build: nothing is lost, and what
/// waited is sent.
#[test]
fn old_files_are_opened_and_what_waited_is_sent() {
    for of in fixtures() {
        println!("{}", of.display());
        let facts = facts(&of);
        assert!(facts.sent.len() >= 4 && facts.unsent.len() >= 5, "a life worth keeping");
        each(|scratch| {
            let (time, home) = (at(&facts), folder::scratch());
            let server = forward(scratch, &of, &time);
            let phone = old_phone(&of, &facts, &time, home.path(), &server.url());
            assert_eq!(phone.state().state, PhoneState::Ready);
            assert_eq!(
                (phone.state().first_name.as_str(), phone.clients().unwrap().len()),
                ("Amina", 1)
            );
            let states = |wanted: fn(&ActState) -> bool| {
                let acts = phone.outbox();
                let mut ids: Vec<String> = acts
                    .iter()
                    .filter(|act| wanted(&act.state))
                    .map(|act| act.id.to_string())
                    .collect();
                ids.sort();
                ids
            };
            let sorted = |mut ids: Vec<String>| {
                ids.sort();
                ids
            };
            assert_eq!(states(|s| matches!(s, ActState::OnPhone)), sorted(facts.unsent.clone()));
            let received = |s: &ActState| matches!(s, ActState::Received { .. });
            assert_eq!(states(received), sorted(facts.sent.clone()));

            phone.sync().expect("today's server answers");
            let all = [facts.sent.clone(), facts.unsent.clone()].concat();
            assert_eq!(states(received), sorted(all), "all is received, nothing is refused");
            let desk = Desk::new(&server.url());
            let _ = desk.sign_in("chloe", PASSWORD).ok();
            for (id, minutes) in [(&facts.sent_visit, 60), (&facts.unsent_visit, 45)] {
                let sheet = phone.visit(visit(id)).expect("a visit");
                assert_eq!(sheet.hours.badged, minutes);
                assert_eq!(desk.line(visit(id))["hours"]["badged"], minutes);
            }
            assert_eq!(desk.line(visit(&facts.sent_visit))["hours"]["retained"], 60);
        });
    }
}

/// T12: an old app that was not updated says to today's server what it said to its own, byte for byte,
/// and finds in the answers all that it read in them then.
#[test]
fn an_old_app_is_answered_as_it_was() {
    for of in fixtures() {
        println!("{}", of.display());
        let facts = facts(&of);
        let kinds = |path: &str| facts.wire.iter().filter(|said| said.path.ends_with(path)).count();
        assert!(kinds("/push") >= 2 && kinds("/pull") >= 2, "both were recorded");
        each(|scratch| {
            let time = at(&facts);
            let server = forward(scratch, &of, &time);
            let mut came_late = 0;
            for said in &facts.wire {
                let (status, body) = says_again(said, &server.url());
                if let Some((then, answer)) = &said.answer {
                    assert_eq!(status, *then, "{} {body}", said.path);
                    let what = &said.path;
                    fits(answer, &body, what).unwrap_or_else(|why| panic!("{why}\n{body}"));
                } else if said.path.ends_with("/push") {
                    assert_eq!(status, 200, "{body}");
                    for outcome in body["outcomes"].as_array().expect("outcomes") {
                        assert_eq!(outcome["verdict"]["is"], "done", "{outcome}");
                        came_late += 1;
                    }
                }
            }
            assert!(came_late >= facts.unsent.len(), "what waited has come");
            let desk = Desk::new(&server.url());
            let _ = desk.sign_in("chloe", PASSWORD).ok();
            assert_eq!(desk.line(visit(&facts.unsent_visit))["hours"]["badged"], 45);
        });
    }
}

fn says_again(said: &Said, server: &str) -> (u16, Value) {
    let request = Request {
        method: if said.method == "GET" { "GET" } else { "POST" },
        url: format!("{server}{}", said.path),
        headers: said.headers.clone(),
        body: said.body.clone().into_bytes(),
    };
    let came = send(&agent(), &request).expect("an answer");
    (came.status, serde_json::from_slice(&came.body).unwrap_or(Value::Null))
}

/// Whether a reader of the old answer finds in the new one what it read: each field, of its kind.
fn fits(old: &Value, new: &Value, at: &str) -> Result<(), String> {
    match (old, new) {
        (Value::Null, _)
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_)) => Ok(()),
        (Value::Object(old), Value::Object(new)) => {
            for (name, value) in old {
                let at = format!("{at}.{name}");
                fits(value, new.get(name).ok_or_else(|| format!("{at} is gone"))?, &at)?;
            }
            Ok(())
        }
        (Value::Array(old), Value::Array(new)) => {
            let Some(first) = old.first() else { return Ok(()) };
            // Rows of a page: any of the same kind of row will do.
            let same =
                |one: &&Value| first.get("kind").is_none_or(|kind| one.get("kind") == Some(kind));
            let other =
                new.iter().find(same).ok_or_else(|| format!("{at} has none like {first}"))?;
            fits(first, other, &format!("{at}[]"))
        }
        (old, new) => Err(format!("{at} was {old}, and is {new}")),
    }
}

/// The check above can fail.
#[test]
fn a_field_that_is_gone_or_changed_is_found() {
    let old = serde_json::json!({ "a": 1, "b": [{ "c": "x" }], "d": null });
    let all = serde_json::json!({ "a": 2, "b": [{ "c": "y", "new": 1 }], "d": 3, "e": [] });
    assert_eq!(fits(&old, &all, ""), Ok(()));
    for wrong in [
        serde_json::json!({ "b": [{ "c": "y" }], "d": 3 }),
        serde_json::json!({ "a": "2", "b": [{ "c": "y" }], "d": 3 }),
        serde_json::json!({ "a": 2, "b": [{}], "d": 3 }),
        serde_json::json!({ "a": 2, "b": [], "d": 3 }),
    ] {
        assert!(fits(&old, &wrong, "").is_err(), "{wrong}");
    }
}

/// T12: files of a newer app are not touched, not even put aside, and the worker is told.
#[test]
fn a_newer_phone_file_is_refused_untouched() {
    let of = fixtures().pop().expect("a fixture");
    let facts = facts(&of);
    for (file, key) in [("duty.db", Secret::DutyKey), ("care.db", Secret::CareKey)] {
        let (time, home) = (at(&facts), folder::scratch());
        let phone = old_phone(&of, &facts, &time, home.path(), "http://127.0.0.1:9");
        phone.close();
        let db = phone.opened(file, key);
        db.execute_batch(
            "UPDATE fact SET value = '99' WHERE name = 'opens_with'; PRAGMA user_version = 99;
             PRAGMA wal_checkpoint(TRUNCATE);",
        )
        .expect("a file of tomorrow");
        drop(db);
        let before = std::fs::read(home.path().join(file)).expect("a file");
        let keys = phone.vault.len();
        phone.restart();
        assert_eq!(phone.state().state, PhoneState::StorageBroken, "{file}");
        phone.close();
        assert!(before == std::fs::read(home.path().join(file)).expect("a file"), "{file}");
        assert_eq!(phone.vault.len(), keys, "its keys stay");
        let names = std::fs::read_dir(home.path()).expect("a folder").flatten();
        let names: Vec<_> = names.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        assert!(!names.iter().any(|name| name.contains("kept-aside")), "{names:?}");
    }
}

/// T12: how long an old database with many stamps takes to come forward.
#[test]
fn a_large_old_database_comes_forward() {
    let of = fixtures().remove(0);
    let stamps = rounds(20_000, 2_000_000);
    let scratch = Scratch::sqlite();
    let _ = put_into(&scratch, &of);
    let file = scratch.file().expect("a file");
    let db = Connection::open(file).expect("the database");
    multiplies(&db, stamps);
    drop(db);
    let megabytes = std::fs::metadata(file).expect("a file").len() / 1_000_000;
    let db = Db::open(scratch.url()).expect("the database");
    let began = now();
    let at = facts(&of).now;
    let ran = db.write_blocking(move |tx| Ok(migrate::migrate(tx, at, "x")?)).expect("forward");
    let took = began.elapsed();
    let kept = rows_now(&scratch, "clock_event").expect("a count");
    assert!(u64::try_from(kept).unwrap() >= stamps, "{kept}");
    println!("{kept} stamps, {megabytes} MB: {ran} migrations in {took:?}");
}

/// Many stamps like the first, each with its measure.
fn multiplies(db: &Connection, stamps: u64) {
    let list = |table: &str, other: &[(&str, &str)]| -> String {
        let names = texts(db, &format!("SELECT name FROM pragma_table_info('{table}')"));
        let value = |name: &String| {
            let found = other.iter().find(|(of, _)| of == name);
            found.map_or_else(|| format!("o.{name}"), |(_, value)| (*value).to_owned())
        };
        names.iter().map(value).collect::<Vec<_>>().join(", ")
    };
    let events =
        list("clock_event", &[("id", "lower(hex(randomblob(16)))"), ("seq", "c.n + 1000")]);
    let measures = list("clock_measure", &[("event", "e.id")]);
    db.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; BEGIN;
         WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {stamps})
         INSERT INTO clock_event SELECT {events} FROM c, (SELECT * FROM clock_event LIMIT 1) o;
         INSERT INTO clock_measure SELECT {measures} FROM clock_event e,
           (SELECT * FROM clock_measure LIMIT 1) o
         WHERE e.id NOT IN (SELECT event FROM clock_measure);
         COMMIT; PRAGMA wal_checkpoint(TRUNCATE);"
    ))
    .expect("many stamps");
}
