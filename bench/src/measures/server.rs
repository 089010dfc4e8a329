//! The server under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use releve_shared::time::DAY_MS;
use serde_json::Map;

use super::{World, disk};
use crate::figures::Figure;
use crate::http::{self, Line};
use crate::load::{self, deal, median, play};
use crate::peers::{self, pocketbase, pouch};
use crate::wire::{Device, now};
use crate::{ours, seed};

/// Connections of the load.
const LINES: usize = 64;

/// P1: one badge a request, 64 connections kept open, 500 workers.
pub fn singles(world: &mut World) -> Vec<Figure> {
    let each = if world.quick { 2_000 } else { 5_000 };
    let (mut ours, mut peer, mut echo, mut raw, mut other) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut p99, mut most, mut p50, mut bytes, mut cpu) = (vec![], vec![], vec![], 0.0, vec![]);
    for _ in 0..world.repetitions() {
        let (mine, running) = world.ours();
        let requests: Vec<Vec<u8>> =
            (0..each).map(|n| mine.agency.workers[n % seed::WORKERS].push(1)).collect();
        // Each phone stays on its connection: its stamps have an order.
        let mut hands: Vec<Vec<Vec<u8>>> = (0..LINES).map(|_| Vec::new()).collect();
        for (n, request) in requests.into_iter().enumerate() {
            hands[n % seed::WORKERS % LINES].push(request);
        }
        let before = running.cpu();
        let load = play(running.port, hands, 1);
        cpu.push((running.cpu() - before) / each as f64 * 1e6);
        ours.push(load.rate());
        p50.push(load.at(50.0));
        p99.push(load.at(99.0));
        most.push(load.at(100.0));
        bytes = load.bytes as f64 / each as f64;
        let events = world.fresh(each);
        if let Some(pocketbase) = world.pocketbase() {
            let list: Vec<_> = events.clone().map(|n| pocketbase.create(n)).collect();
            peer.push(play(pocketbase.running.port, deal(list, LINES), 1).rate());
        }
        if let Some(pouch) = world.pouch() {
            let list: Vec<_> =
                events.clone().take(1_000).map(peers::pouch::Pouch::create).collect();
            other.push(play(pouch.running.port, deal(list, LINES), 1).rate());
        }
        let list: Vec<_> = events
            .map(|n| http::request("POST", "/echo", &[], peers::event(n).to_string().as_bytes()))
            .collect();
        echo.push(play(world.echo().port, deal(list, LINES), 1).rate());
        raw.push(disk::rate(500));
    }
    let (rate, ceiling) = (median(&ours), median(&echo));
    let best = (!peer.is_empty()).then(|| median(&peer));
    let mut detail = Map::new();
    detail.insert("p50 ms".into(), median(&p50).into());
    detail.insert("p99 ms".into(), median(&p99).into());
    detail.insert("max ms".into(), median(&most).into());
    detail.insert("CPU s per million".into(), median(&cpu).into());
    detail.insert("bytes both ways".into(), bytes.into());
    detail.insert("raw SQLite FULL inserts/s".into(), median(&raw).into());
    detail.insert("share of the echo ceiling".into(), (rate / ceiling).into());
    detail.insert("RSS MB".into(), world.ours().1.rss().into());
    if !other.is_empty() {
        detail.insert(format!("{} per s", pouch::NAME), median(&other).into());
    }
    let met = best.map(|peer| rate >= 10.0 * peer && rate >= 0.6 * ceiling);
    vec![Figure {
        id: "P1".into(),
        what: "durable single badge, 64 connections".into(),
        ours: rate,
        unit: "badges/s",
        more: true,
        peer: best,
        peer_name: pocketbase::NAME,
        ceiling: Some(ceiling),
        ceiling_name: "axum echo",
        goal: "≥ 10× PocketBase, ≥ 60 % of the echo",
        met,
        note: "Each request is signed, chained, judged and on the disk before its answer.".into(),
        detail,
    }]
}

/// Events queued on each phone in the morning.
const QUEUED: usize = 40;

/// P2: phones with 40 queued events each, all at once, upload then pull.
pub fn burst(world: &mut World) -> Vec<Figure> {
    let phones = if world.quick { 500 } else { seed::PHONES };
    let (mut ours, mut took, mut pulls, mut cpu) = (vec![], vec![], vec![], vec![]);
    let (mut peer, mut anki) = (Vec::new(), Vec::new());
    for _ in 0..world.repetitions().min(3) {
        let (mine, running) = world.ours();
        let pushes =
            mine.agency.workers[..phones].iter_mut().map(|phone| phone.push(QUEUED)).collect();
        let before = running.cpu();
        let up = play(running.port, deal(pushes, LINES), 1);
        cpu.push((running.cpu() - before) / (phones * QUEUED) as f64 * 1e6);
        let down: Vec<_> =
            mine.agency.workers[..phones].iter().map(|phone| phone.pull(None)).collect();
        let down = play(running.port, deal(down, LINES), 1);
        ours.push((phones * QUEUED) as f64 / up.seconds);
        took.push(up.seconds);
        pulls.push(down.rate());
        let events = world.fresh(phones * QUEUED);
        if let Some(pocketbase) = world.pocketbase() {
            let few = phones.min(100);
            let list =
                (0..few).map(|n| pocketbase.batch(events.start + n * QUEUED, QUEUED)).collect();
            let load = play(pocketbase.running.port, deal(list, LINES), 1);
            peer.push((few * QUEUED) as f64 / load.seconds);
        }
        if let Some(client) = world.anki() {
            anki.extend(client.ms("up", 2_000).map(|ms| 2_000.0 / ms * 1000.0));
        }
    }
    let rate = median(&ours);
    let peer = (!peer.is_empty()).then(|| median(&peer));
    let mut detail = Map::new();
    detail.insert("phones".into(), phones.into());
    detail.insert("s until all uploads are acknowledged".into(), median(&took).into());
    detail.insert("whole first pulls/s".into(), median(&pulls).into());
    detail.insert("CPU s per million".into(), median(&cpu).into());
    if !anki.is_empty() {
        detail.insert("Anki, one client, events/s".into(), median(&anki).into());
    }
    vec![Figure {
        id: "P2".into(),
        what: format!("morning burst: {phones} phones, 40 queued events each"),
        ours: rate,
        unit: "events/s",
        more: true,
        peer,
        peer_name: pocketbase::NAME,
        goal: "≥ 100,000 events/s, ≥ 25× PocketBase's batch",
        met: Some(rate >= 100_000.0 && peer.is_some_and(|peer| rate >= 25.0 * peer)),
        note: "One upload a phone over 64 connections, then each pulls all that it may hold; PocketBase by its \
               batch of 40. The floor is 200,000 events within 20 s."
            .into(),
        detail,
        ..Figure::default()
    }]
}

/// The bytes that ask for a worker's day at the desk.
fn my_day(membership: &str, cookie: &str) -> Vec<u8> {
    let midnight = now().0 - now().0.rem_euclid(DAY_MS);
    let to = midnight + DAY_MS;
    let path = format!("/api/desk/visits?from={midnight}&to={to}&membership={membership}");
    http::request("GET", &path, &[("cookie", cookie)], b"")
}

/// Makes and sends requests at a steady rate until told to stop.
fn steady<M: FnMut() -> Vec<u8> + Send + 'static>(
    port: u16,
    mut make: M,
    per_second: u32,
    stop: &Arc<AtomicBool>,
) -> std::thread::JoinHandle<()> {
    let stop = Arc::clone(stop);
    std::thread::spawn(move || {
        let mut line = Line::open(port);
        let from = Instant::now();
        let mut sent = 0;
        while !stop.load(Ordering::Relaxed) {
            let due = Duration::from_secs(1) * sent / per_second;
            if let Some(wait) = due.checked_sub(from.elapsed()) {
                std::thread::sleep(wait);
            }
            line.ask(&make());
            sent += 1;
        }
    })
}

/// P7: 1,000 reads of a day under way, with 300 updates a second.
pub fn mixed(world: &mut World) -> Vec<Figure> {
    let reads = if world.quick { 2_000 } else { 6_000 };
    let (mut ours, mut peer, mut p99) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..world.repetitions().min(3) {
        let (mine, running) = world.ours();
        let port = running.port;
        let cookie = ours::sign_in(port);
        let list: Vec<_> = (0..reads)
            .map(|n| {
                my_day(&mine.agency.workers[n % seed::WORKERS].membership.to_string(), &cookie)
            })
            .collect();
        let stop = Arc::new(AtomicBool::new(false));
        // Their stamps are theirs alone from here on: each writer keeps a phone of its own.
        let writers: Vec<_> = mine
            .agency
            .writers(4)
            .into_iter()
            .map(|mut phone| steady(port, move || phone.push(1), 75, &stop))
            .collect();
        let load = play(port, deal(list, 63), 16);
        stop.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.join().expect("a writer");
        }
        ours.push(load.rate());
        p99.push(load.at(99.0));
        let events = world.fresh(2_000);
        if let Some(pocketbase) = world.pocketbase() {
            let port = pocketbase.running.port;
            let list: Vec<_> = (0..reads / 2).map(|n| pocketbase.list(50, 1, Some(n))).collect();
            let stop = Arc::new(AtomicBool::new(false));
            let writers: Vec<_> = (0..4)
                .map(|hand| {
                    let mut list: Vec<_> = events
                        .clone()
                        .skip(hand * 500)
                        .take(500)
                        .map(|n| pocketbase.create(n))
                        .collect();
                    let last = list[0].clone();
                    steady(port, move || list.pop().unwrap_or_else(|| last.clone()), 75, &stop)
                })
                .collect();
            let load = play(port, deal(list, 63), 16);
            stop.store(true, Ordering::Relaxed);
            for writer in writers {
                writer.join().expect("a writer");
            }
            peer.push(load.rate());
        }
    }
    let rate = median(&ours);
    let peer = (!peer.is_empty()).then(|| median(&peer));
    let mut detail = Map::new();
    detail.insert("p99 ms".into(), median(&p99).into());
    vec![Figure {
        id: "P7".into(),
        what: "a worker's day, 1,000 reads under way, 300 updates/s".into(),
        ours: rate,
        unit: "reads/s",
        more: true,
        peer,
        peer_name: pocketbase::NAME,
        goal: "≥ 10× PocketBase",
        met: peer.map(|peer| rate >= 10.0 * peer),
        note: "Ours: the desk's list, joined with people, stamps and hours, of 251,000 visits. PocketBase: the first \
               50 events of a worker, from what the measures before have made."
            .into(),
        detail,
        ..Figure::default()
    }]
}

/// What a probe saw while sign-ins stormed.
fn storm(port: u16, login: &[u8], logins: usize, probe: &[u8]) -> (f64, f64) {
    let stop = Arc::new(AtomicBool::new(false));
    let (own, probe) = (Arc::clone(&stop), probe.to_vec());
    let prober = std::thread::spawn(move || {
        let mut line = Line::open(port);
        let mut ms = Vec::new();
        while !own.load(Ordering::Relaxed) {
            let from = Instant::now();
            let answer = line.ask(&probe);
            assert_eq!(answer.status, 200);
            ms.push(from.elapsed().as_secs_f64() * 1000.0);
            std::thread::sleep(Duration::from_millis(5));
        }
        ms.sort_by(f64::total_cmp);
        load::at(&ms, 99.0)
    });
    let list = vec![login.to_vec(); logins];
    let rate = play(port, deal(list, 32), 1).rate();
    stop.store(true, Ordering::Relaxed);
    (prober.join().expect("the probe"), rate)
}

/// P8: what other requests feel while people sign in.
pub fn logins(world: &mut World) -> Vec<Figure> {
    let logins = if world.quick { 100 } else { 200 };
    let (mut ours, mut peer, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..world.repetitions().min(3) {
        let (mine, running) = world.ours();
        let probe = mine.agency.workers[0].pull(None);
        let (p99, rate) = storm(running.port, &ours::sign_in_request(), logins, &probe);
        ours.push(p99);
        rates.push(rate);
        if let Some(pocketbase) = world.pocketbase() {
            let probe = pocketbase.list(50, 1, Some(1));
            let login = pocketbase::PocketBase::login();
            peer.push(storm(pocketbase.running.port, &login, logins / 2, &probe).0);
        }
    }
    let p99 = median(&ours);
    let mut detail = Map::new();
    detail.insert("sign-ins/s".into(), median(&rates).into());
    vec![Figure {
        id: "P8".into(),
        what: "login storm: p99 of other requests".into(),
        ours: p99,
        unit: "ms",
        peer: (!peer.is_empty()).then(|| median(&peer)),
        peer_name: pocketbase::NAME,
        goal: "≤ 50 ms",
        met: Some(p99 <= 50.0),
        note: "32 connections sign in as fast as they can (Argon2id m=19456 t=2 p=1; PocketBase: bcrypt), one phone \
               pulls meanwhile."
            .into(),
        detail,
        ..Figure::default()
    }]
}

/// P9: memory and size.
pub fn footprint(world: &mut World) -> Vec<Figure> {
    let (mine, running) = world.ours();
    let idle = running.rss();
    let wanted = if rustix::process::getrlimit(rustix::process::Resource::Nofile)
        .current
        .is_none_or(|n| n > 12_000)
    {
        5_000
    } else {
        400
    };
    let phones: Vec<&Device> = mine.agency.workers.iter().collect();
    let listens = |n: usize| {
        let mut line = Line::open(running.port);
        line.send(&phones[n % phones.len()].pokes());
        let head = line.head();
        assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
        line
    };
    // The pages of the database that these requests read are kept in memory whoever asks.
    (0..wanted).for_each(|n| drop(listens(n)));
    std::thread::sleep(Duration::from_millis(500));
    let warm = running.rss();
    let open: Vec<Line> = (0..wanted).map(listens).collect();
    std::thread::sleep(Duration::from_millis(500));
    let connected = running.rss();
    drop(open);
    let each = (connected - warm) * 1024.0 / wanted as f64;
    let binary =
        std::fs::metadata(ours::program()).map_or(f64::NAN, |m| m.len() as f64 / 1048576.0);
    let peer = world.pocketbase().map(|pocketbase| pocketbase.running.rss());
    let mut detail = Map::new();
    detail.insert("connected phones".into(), wanted.into());
    detail.insert("KB per connected phone".into(), each.into());
    detail.insert("MB when each had asked once".into(), warm.into());
    detail.insert("binary MB".into(), binary.into());
    vec![Figure {
        id: "P9".into(),
        what: "footprint: resident memory, idle".into(),
        ours: idle,
        unit: "MB",
        peer,
        peer_name: pocketbase::NAME,
        goal: "≤ 30 MB idle, ≤ 8 KB per connection, binary ≤ 25 MB",
        met: Some(idle <= 30.0 && each <= 8.0 && binary <= 25.0),
        note: "Connections are phones that listen to pokes; TLS is a proxy's.".into(),
        detail,
        ..Figure::default()
    }]
}
