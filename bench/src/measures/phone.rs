//! The phone's own speed, against a server in memory.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use rusqlite::{Connection, params};
use serde_json::Map;

use super::{World, disk};
use crate::canned::Canned;
use crate::figures::Figure;
use crate::load::{self, median};
use crate::phone::Device;
use crate::processes::root;
use crate::seed;

fn new_folder() -> tempfile::TempDir {
    std::fs::create_dir_all(root().join("target/bench")).expect("a folder");
    tempfile::tempdir_in(root().join("target/bench")).expect("a folder")
}

/// The folder of a phone with many visits, synced once.
fn folder(world: &mut World, which: usize) -> PathBuf {
    let kept = world.phones[which].get_or_insert_with(|| {
        let (server, folder) = (Canned::new(seed::HEAVY[which], 100), new_folder());
        Device::canned(folder.path(), &server).enrol_by(server.link());
        folder
    });
    kept.path().to_owned()
}

/// Fsyncs of so many badges, counted by strace; `None` without it.
fn fsyncs(folder: &Path, pairs: usize) -> Option<f64> {
    let log = root().join("target/bench/strace");
    let traced = Command::new("strace")
        .args(["-f", "-c", "-e", "trace=fsync,fdatasync", "-o"])
        .arg(&log)
        .arg(std::env::current_exe().ok()?)
        .args(["taps", &folder.display().to_string(), &pairs.to_string()])
        .output()
        .ok()?;
    if !traced.status.success() {
        return None;
    }
    let calls = |line: &str| line.split_whitespace().nth(3)?.parse::<f64>().ok();
    let text = std::fs::read_to_string(log).ok()?;
    Some(text.lines().filter(|line| line.ends_with("sync")).filter_map(calls).sum())
}

/// D1: from the tap to "saved".
pub fn taps(world: &mut World) -> Vec<Figure> {
    let pairs = if world.quick { 5 } else { 12 };
    let mut detail = Map::new();
    let (mut last, mut ceiling) = (f64::NAN, f64::NAN);
    for (which, visits) in seed::HEAVY.into_iter().enumerate() {
        let folder = folder(world, which);
        let (mut took, mut raw) = (Vec::new(), Vec::new());
        for _ in 0..world.repetitions().min(4) {
            let phone = Device::open(&folder);
            let mut ms = phone.taps(pairs);
            ms.sort_by(f64::total_cmp);
            took.extend(ms);
            raw.extend(disk::inserts(pairs * 2, true));
        }
        took.sort_by(f64::total_cmp);
        raw.sort_by(f64::total_cmp);
        last = load::at(&took, 50.0);
        ceiling = load::at(&raw, 50.0);
        detail.insert(format!("p50 ms with {visits} visits"), last.into());
        detail.insert(format!("p99 ms with {visits} visits"), load::at(&took, 99.0).into());
        detail.insert(
            format!("p99 ms of the raw insert beside {visits}"),
            load::at(&raw, 99.0).into(),
        );
    }
    let few = folder(world, 0);
    // What opening costs is taken off: the difference of two runs.
    let each = match (fsyncs(&few, 2), fsyncs(&few, 12)) {
        (Some(two), Some(twelve)) => (twelve - two) / 20.0,
        _ => f64::NAN,
    };
    detail.insert("fsyncs a badge (strace)".into(), each.into());
    vec![Figure {
        id: "D1".into(),
        what: "tap → “badge saved”, 100,000 visits held".into(),
        ours: last,
        unit: "ms",
        ceiling: Some(ceiling),
        ceiling_name: "raw SQLCipher insert",
        goal: "one fsync a badge, ≤ 0.3 ms over the raw insert",
        met: Some(last - ceiling <= 0.3 && each <= 1.05),
        note: "The tag's signature verified, judged, chained, in the outbox, on the disk; a minute of the lease's age \
               with it."
            .into(),
        detail,
        ..Figure::default()
    }]
}

/// Ten thousand rows of a key and a body in one durable transaction of SQLCipher: its milliseconds.
fn raw_rows(records: usize) -> f64 {
    let folder = new_folder();
    let mut db = Connection::open(folder.path().join("x.db")).expect("a database");
    db.pragma_update(None, "key", format!("x'{}'", "07".repeat(32))).expect("a key");
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).expect("WAL");
    db.execute_batch(
        "PRAGMA synchronous = FULL; CREATE TABLE row (id TEXT PRIMARY KEY, body TEXT);",
    )
    .expect("a table");
    let body = "x".repeat(400);
    let from = Instant::now();
    let tx = db.transaction().expect("a transaction");
    {
        let mut insert = tx.prepare("INSERT INTO row VALUES (?1, ?2)").expect("a statement");
        for n in 0..records {
            insert
                .execute(params![format!("01930000-0000-7000-8000-{n:012x}"), body])
                .expect("a row");
        }
    }
    tx.commit().expect("rows");
    from.elapsed().as_secs_f64() * 1000.0
}

/// The phone's own milliseconds in a first sync of these rows.
fn first_sync(server: &Arc<Canned>) -> f64 {
    let folder = new_folder();
    let phone = Device::canned(folder.path(), server);
    let (all, waited) = phone.enrol_by(server.link());
    assert_eq!(phone.day().visits.len(), crate::canned::A_DAY);
    all - waited
}

/// D2: applying 10,000 records.
pub fn applying(world: &mut World) -> Vec<Figure> {
    let records = seed::HEAVY[1];
    let mut detail = Map::new();
    let (mut ms, mut ceiling) = (f64::NAN, f64::NAN);
    for visits in [records / 10, records * 10, records] {
        let server = Canned::new(visits, 100);
        let (mut own, mut raw) = (Vec::new(), Vec::new());
        let times = if visits > records { 2 } else { world.repetitions() };
        for _ in 0..times {
            own.push(first_sync(&server));
            raw.push(raw_rows(server.records()));
        }
        (ms, ceiling) = (median(&own), median(&raw));
        detail.insert(format!("ms for {visits} visits"), ms.into());
        let rate = server.records() as f64 / ms * 1000.0;
        detail.insert(format!("records/s with {visits} visits"), rate.into());
    }
    vec![Figure {
        id: "D2".into(),
        what: format!("applying {records} records, encrypted, FULL"),
        ours: ms,
        unit: "ms",
        ceiling: Some(ceiling),
        ceiling_name: "raw SQLCipher rows, one transaction",
        goal: "≤ 100 ms",
        met: Some(ms <= 100.0),
        note: "All that the phone does in a first sync but waiting for the server: keys, enrolment, JSON, one transaction \
               that shows the pages, and what clocking must know when the sheets are locked. The ceiling writes a key \
               and 400 bytes a row and reads no JSON."
            .into(),
        detail,
        ..Figure::default()
    }]
}

/// D3: "my day", from the database to what a screen draws.
pub fn my_day(world: &mut World) -> Vec<Figure> {
    let mut detail = Map::new();
    let (mut p50, mut p99, mut lines) = (f64::NAN, f64::NAN, 0);
    for (which, visits) in seed::HEAVY.into_iter().enumerate() {
        let folder = folder(world, which);
        let from = Instant::now();
        let phone = Device::open(&folder);
        phone.day();
        detail.insert(format!("first day ms, opening too, {visits} visits"), since(from).into());
        let mut ms = Vec::new();
        let from = Instant::now();
        while ms.len() < 2_000 && from.elapsed().as_secs() < 4 {
            let from = Instant::now();
            lines = phone.day().visits.len();
            ms.push(since(from));
        }
        ms.sort_by(f64::total_cmp);
        (p50, p99) = (load::at(&ms, 50.0), load::at(&ms, 99.0));
        detail.insert(format!("p50 ms with {visits} visits"), p50.into());
        detail.insert(format!("p99 ms with {visits} visits"), p99.into());
        let today = phone.day().today;
        // Days that were not looked at before: nothing of them is in memory.
        let mut ms: Vec<f64> = (1..15)
            .map(|n| {
                let from = Instant::now();
                phone.on(today.plus(n));
                since(from)
            })
            .collect();
        ms.sort_by(f64::total_cmp);
        detail.insert(
            format!("another day, p50 ms with {visits} visits"),
            load::at(&ms, 50.0).into(),
        );
    }
    detail.insert("visits drawn".into(), lines.into());
    vec![Figure {
        id: "D3".into(),
        what: "“my day”, 100,000 visits held".into(),
        ours: p50,
        unit: "ms",
        goal: "p50 ≤ 0.1 ms, p99 ≤ 0.5 ms",
        met: Some(p50 <= 0.1 && p99 <= 0.5),
        note: "To the view that the screen draws, with sheets and stamps. What the server has told of a visit is kept in \
               memory until the next sync; “another day” is the first look at one."
            .into(),
        detail,
        ..Figure::default()
    }]
}

fn since(from: Instant) -> f64 {
    from.elapsed().as_secs_f64() * 1000.0
}

/// What is typed, key by key: beginnings of names, without accents, some with a slip.
const TYPED: [&str; 12] =
    ["gar", "ben", "sen", "theo", "mrt", "fab", "vdi", "gui", "hel", "zoe", "ricr", "alb"];

/// The same search in SQLite's own index of words, which folds accents and knows no slip.
fn fts(clients: usize) -> Vec<f64> {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch(
        "CREATE VIRTUAL TABLE client USING fts5(name, tokenize = \"unicode61 remove_diacritics 2\", prefix = '3');",
    )
    .expect("fts5");
    let server = Canned::new(0, clients);
    for name in server.names() {
        db.execute("INSERT INTO client VALUES (?1)", [name]).expect("a row");
    }
    let mut find = db
        .prepare("SELECT name FROM client WHERE client MATCH ?1 ORDER BY rank LIMIT 50")
        .expect("a statement");
    let mut ms = Vec::new();
    for n in 0..600 {
        let from = Instant::now();
        let found =
            find.query_map([format!("{}*", TYPED[n % TYPED.len()])], |row| row.get::<_, String>(0));
        let _: usize = found.expect("rows").count();
        ms.push(since(from));
    }
    ms.sort_by(f64::total_cmp);
    ms
}

/// D4: finding a client as one types.
pub fn search(_: &mut World) -> Vec<Figure> {
    let mut detail = Map::new();
    let (mut p99, mut peer) = (f64::NAN, f64::NAN);
    for clients in [500, 50_000, 5_000] {
        let (server, folder) = (Canned::new(100, clients), new_folder());
        let phone = Device::canned(folder.path(), &server);
        phone.enrol_by(server.link());
        let from = Instant::now();
        phone.find("gar");
        detail.insert(
            format!("first search after a sync, ms with {clients} clients"),
            since(from).into(),
        );
        let mut ms = Vec::new();
        for n in 0..1_200 {
            let from = Instant::now();
            phone.find(TYPED[n % TYPED.len()]);
            ms.push(since(from));
        }
        ms.sort_by(f64::total_cmp);
        p99 = load::at(&ms, 99.0);
        peer = load::at(&fts(clients), 99.0);
        detail.insert(format!("p50 ms with {clients} clients"), load::at(&ms, 50.0).into());
        detail.insert(format!("p99 ms with {clients} clients"), p99.into());
        detail.insert(format!("FTS5 p99 ms with {clients} clients"), peer.into());
    }
    vec![Figure {
        id: "D4".into(),
        what: "client search, 5,000 clients, three letters, accents, one slip".into(),
        ours: p99,
        unit: "ms (p99)",
        peer: Some(peer),
        peer_name: "SQLite FTS5, not encrypted, no slip allowed",
        goal: "p99 ≤ 1 ms",
        met: Some(p99 <= 1.0),
        note: "From the text typed to at most fifty sheets, nearest first. The first search after a sync makes the \
               register anew."
            .into(),
        detail,
        ..Figure::default()
    }]
}

/// D5: from the start of the process to "my day".
pub fn start(world: &mut World) -> Vec<Figure> {
    let mut detail = Map::new();
    let mut p95 = f64::NAN;
    for (which, visits) in seed::HEAVY.into_iter().enumerate() {
        let folder = folder(world, which);
        let mut ms: Vec<f64> = (0..world.repetitions() * 4)
            .map(|_| {
                let from = Instant::now();
                let shown = Command::new(std::env::current_exe().expect("this program"))
                    .args(["day", &folder.display().to_string()])
                    .output()
                    .expect("a process");
                assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
                since(from)
            })
            .collect();
        ms.sort_by(f64::total_cmp);
        p95 = load::at(&ms, 95.0);
        detail.insert(format!("p50 ms with {visits} visits"), load::at(&ms, 50.0).into());
        detail.insert(format!("p95 ms with {visits} visits"), p95.into());
        let phone = Device::open(&folder);
        let from = Instant::now();
        phone.phone.check();
        detail.insert(
            format!("read-through beside its use, ms with {visits} visits"),
            since(from).into(),
        );
    }
    vec![Figure {
        id: "D5".into(),
        what: "start-up to “my day”, 100,000 visits held".into(),
        ours: p95,
        unit: "ms (p95)",
        goal: "p95 ≤ 400 ms",
        met: Some(p95 <= 400.0),
        note: "A process that opens the phone and shows the day; the window's own start is not in it. Care data of more \
               than 8 MB is read through afterwards, on the sync's thread (ADR 10)."
            .into(),
        detail,
        ..Figure::default()
    }]
}

/// D6: from a click to what is painted.
pub fn paint(_: &mut World) -> Vec<Figure> {
    let ran = Command::new("node")
        .arg(root().join("tests/browser/paint.mjs"))
        .env("RELEVE_BUILD", "release")
        .output()
        .expect("node");
    let said = String::from_utf8_lossy(&ran.stdout);
    let Some(said) = said.lines().last().filter(|_| ran.status.success()) else {
        println!("  not measured: {}", String::from_utf8_lossy(&ran.stderr));
        return Vec::new();
    };
    let said: Map<String, serde_json::Value> = serde_json::from_str(said).expect("its JSON");
    let figure = |name: &str| said.get(name).and_then(serde_json::Value::as_f64).expect("a figure");
    let (p95, kilobytes) = (figure("p95"), figure("gzip") / 1000.0);
    let mut detail = Map::new();
    detail.insert("p50 ms".into(), figure("p50").into());
    detail.insert("max ms".into(), figure("max").into());
    detail.insert("slowest first look at a screen, ms".into(), figure("first").into());
    detail.insert("clicks".into(), figure("clicks").into());
    detail.insert("worker UI, kB of JavaScript, gzip".into(), kilobytes.into());
    vec![Figure {
        id: "D6".into(),
        what: "click → paint of another screen, Chromium four times slowed".into(),
        ours: p95,
        unit: "ms (p95)",
        goal: "p95 ≤ 100 ms, UI ≤ 120 kB of JavaScript",
        met: Some(p95 <= 100.0 && kilobytes <= 120.0),
        note: "From the input to the frame that shows the screen with its data, asked from the core over HTTP; headless, \
               drawn without a graphics card."
            .into(),
        detail,
        ..Figure::default()
    }]
}
