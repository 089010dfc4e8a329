//! The phone's own speed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Map;

use super::{World, disk};
use crate::figures::Figure;
use crate::load::{self, median};
use crate::phone::Device;
use crate::processes::root;
use crate::seed;

/// The folder of a phone with many visits, synced once.
fn folder(world: &mut World, which: usize) -> PathBuf {
    if world.phones[which].is_none() {
        let folder = tempfile::tempdir_in(root().join("target/bench")).expect("a folder");
        let code = world.codes[which];
        world.codes[which] += 1;
        let (mine, running) = world.ours();
        let phone = Device::open(folder.path());
        phone.enrol(running.port, &mine.agency, &mine.agency.heavy[which].codes[code]);
        world.phones[which] = Some(folder);
    }
    world.phones[which].as_ref().expect("a phone").path().to_owned()
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
        let phone = Device::open(&folder);
        let (mut took, mut raw) = (Vec::new(), Vec::new());
        for _ in 0..world.repetitions().min(4) {
            let mut ms = phone.taps(pairs);
            ms.sort_by(f64::total_cmp);
            took.extend(ms);
            raw.push(disk::encrypted_ms(pairs * 2));
        }
        took.sort_by(f64::total_cmp);
        last = load::at(&took, 50.0);
        ceiling = median(&raw);
        detail.insert(format!("p50 ms with {visits} visits"), last.into());
        detail.insert(format!("p99 ms with {visits} visits"), load::at(&took, 99.0).into());
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
        note: "The tag's signature verified, judged, chained, in the outbox, on the disk.".into(),
        detail,
        ..Figure::default()
    }]
}

/// D2: applying 10,000 records.
pub fn applying(world: &mut World) -> Vec<Figure> {
    let records = seed::HEAVY[1];
    let mut own = Vec::new();
    for _ in 0..world.repetitions().min(3) {
        let code = world.codes[1];
        world.codes[1] += 1;
        let (mine, running) = world.ours();
        let folder = tempfile::tempdir_in(root().join("target/bench")).expect("a folder");
        let phone = Device::open(folder.path());
        let (all, waited) =
            phone.enrol(running.port, &mine.agency, &mine.agency.heavy[1].codes[code]);
        own.push(all - waited);
    }
    let ms = median(&own);
    vec![Figure {
        id: "D2".into(),
        what: format!("applying {records} records, encrypted, FULL"),
        ours: ms,
        unit: "ms",
        goal: "≤ 100 ms",
        met: Some(ms <= 100.0),
        note: "All that the phone does in a first sync but waiting for the server: JSON, staging in pages, one \
               transaction that shows them, and what clocking must know when the sheets are locked."
            .into(),
        ..Figure::default()
    }]
}

/// D3: "my day", from the database to what a screen draws.
pub fn my_day(world: &mut World) -> Vec<Figure> {
    let mut detail = Map::new();
    let (mut p50, mut p99, mut lines) = (f64::NAN, f64::NAN, 0);
    for (which, visits) in seed::HEAVY.into_iter().enumerate() {
        let folder = folder(world, which);
        let phone = Device::open(&folder);
        phone.day();
        let mut ms = Vec::new();
        let from = Instant::now();
        while ms.len() < 500 && from.elapsed().as_secs() < 4 {
            let from = Instant::now();
            lines = phone.day().visits.len();
            ms.push(from.elapsed().as_secs_f64() * 1000.0);
        }
        ms.sort_by(f64::total_cmp);
        (p50, p99) = (load::at(&ms, 50.0), load::at(&ms, 99.0));
        detail.insert(format!("p50 ms with {visits} visits"), p50.into());
        detail.insert(format!("p99 ms with {visits} visits"), p99.into());
        detail.insert(format!("visits drawn of {visits}"), lines.into());
    }
    vec![Figure {
        id: "D3".into(),
        what: "“my day”, 100,000 visits held".into(),
        ours: p50,
        unit: "ms",
        goal: "p50 ≤ 0.1 ms, p99 ≤ 0.5 ms",
        met: Some(p50 <= 0.1 && p99 <= 0.5),
        note: "From the encrypted database, with sheets and stamps, to the view that the screen draws.".into(),
        detail,
        ..Figure::default()
    }]
}

/// D4: there is no search of clients on the phone yet.
pub fn search(_: &mut World) -> Vec<Figure> {
    println!("  not there yet: the phone lists its clients and has no search");
    Vec::new()
}

/// D5: from the start of the process to "my day".
pub fn start(world: &mut World) -> Vec<Figure> {
    let mut detail = Map::new();
    let mut p95 = f64::NAN;
    for (which, visits) in seed::HEAVY.into_iter().enumerate() {
        let folder = folder(world, which);
        let mut ms: Vec<f64> = (0..world.repetitions() * 2)
            .map(|_| {
                let from = Instant::now();
                let shown = Command::new(std::env::current_exe().expect("this program"))
                    .args(["day", &folder.display().to_string()])
                    .output()
                    .expect("a process");
                assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
                from.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        ms.sort_by(f64::total_cmp);
        p95 = load::at(&ms, 95.0);
        detail.insert(format!("p50 ms with {visits} visits"), load::at(&ms, 50.0).into());
        detail.insert(format!("p95 ms with {visits} visits"), p95.into());
    }
    vec![Figure {
        id: "D5".into(),
        what: "start-up to “my day”, 100,000 visits held".into(),
        ours: p95,
        unit: "ms (p95)",
        goal: "p95 ≤ 400 ms",
        met: Some(p95 <= 400.0),
        note:
            "A process that opens the phone and shows the day; the window's own start is not in it."
                .into(),
        detail,
        ..Figure::default()
    }]
}
