//! Pokes that reach many phones.

use std::sync::{Arc, Barrier};
use std::time::Instant;

use serde_json::Map;

use super::World;
use crate::figures::Figure;
use crate::http::{self, Line};
use crate::load::{at, median};
use crate::{ours, seed};

/// Threads that listen.
const HANDS: usize = 8;

/// P6: a client's sheet changes, and every phone that holds it is poked. The phones of those who go
/// there, each connected many times, stand for 10,000.
pub fn fan_out(world: &mut World) -> Vec<Figure> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let wanted = if limit.is_none_or(|n| n > 12_000) { 10_000 } else { 400 };
    let (mine, running) = world.ours();
    let port = running.port;
    let home = seed::client(0);
    let phones: Vec<_> = mine
        .agency
        .workers
        .iter()
        .filter(|phone| phone.visits.iter().any(|(_, client)| *client == home))
        .map(|phone| phone.pokes())
        .collect();
    assert!(!phones.is_empty(), "somebody goes there");
    let cookie = ours::sign_in(port);
    let path = format!("/api/desk/clients/{home}");
    let mut office = Line::open(port);
    let mut hands = Vec::new();
    for hand in 0..HANDS {
        let open = |n: usize| {
            let mut line = Line::open(port);
            line.send(&phones[n % phones.len()]);
            assert!(line.head().starts_with(b"HTTP/1.1 200"), "a stream");
            line
        };
        hands.push((0..wanted / HANDS).map(|n| open(hand + n * HANDS)).collect::<Vec<_>>());
    }
    let times = if world.quick { 2 } else { 5 };
    let (mut p50, mut p99, mut most) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..times {
        let cookie = [("cookie", cookie.as_str())];
        let mut sheet = office.ask(&http::request("GET", &path, &cookie, b"")).json();
        sheet["door_code"] = format!("{n}B34").into();
        let change = http::request("PUT", &path, &cookie, sheet.to_string().as_bytes());
        let barrier = Arc::new(Barrier::new(HANDS + 1));
        let threads: Vec<_> = hands
            .drain(..)
            .map(|mut lines: Vec<Line>| {
                let barrier = Arc::clone(&barrier);
                std::thread::spawn(move || {
                    barrier.wait();
                    let from = Instant::now();
                    let mut ms = Vec::with_capacity(lines.len());
                    for line in &mut lines {
                        line.event();
                        ms.push(from.elapsed().as_secs_f64() * 1000.0);
                    }
                    (lines, ms)
                })
            })
            .collect();
        barrier.wait();
        let answer = office.ask(&change);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        let mut ms = Vec::new();
        for thread in threads {
            let (lines, heard) = thread.join().expect("a listener");
            hands.push(lines);
            ms.extend(heard);
        }
        ms.sort_by(f64::total_cmp);
        p50.push(at(&ms, 50.0));
        p99.push(at(&ms, 99.0));
        most.push(at(&ms, 100.0));
    }
    let worst = median(&p99);
    let mut detail = Map::new();
    detail.insert("connected phones".into(), wanted.into());
    detail.insert("p50 ms".into(), median(&p50).into());
    detail.insert("max ms".into(), median(&most).into());
    vec![Figure {
        id: "P6".into(),
        what: format!("live fan-out: one change to {wanted} connected phones, p99"),
        ours: worst,
        unit: "ms",
        goal: "p99 ≤ 250 ms",
        met: Some(worst <= 250.0 && wanted >= 10_000),
        note: "From the desk's request until a phone has the poke; the listeners read one after another on the same \
               two cores, so a figure is never too small."
            .into(),
        detail,
        ..Figure::default()
    }]
}
