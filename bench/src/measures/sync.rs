//! Syncing, beside Anki.

use releve_shared::sync::PullAnswer;
use serde_json::Map;

use super::World;
use crate::figures::Figure;
use crate::http::Line;
use crate::load::{self, median};
use crate::peers::anki;
use crate::peers::pocketbase;
use crate::peers::pouch::{self, Pouch};
use crate::phone::Device;
use crate::seed;
use crate::wire;

/// Pulls until nothing is left: the last answer.
pub fn pull_all(port: u16, phone: &wire::Device) -> PullAnswer {
    let mut line = Line::open(port);
    let mut held: Option<PullAnswer> = None;
    loop {
        let answer = line.ask(&phone.pull(held.as_ref()));
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        let answer: PullAnswer = serde_json::from_slice(&answer.body).expect("a page");
        if answer.complete {
            return answer;
        }
        held = Some(answer);
    }
}

/// P4: nothing new, on a warm connection; with growth of what the worker has.
pub fn empty(world: &mut World) -> Vec<Figure> {
    let times = if world.quick { 100 } else { 300 };
    let mut grown: [Vec<f64>; 3] = Default::default();
    let (mut ours, mut peer, mut p99) = (Vec::new(), Vec::new(), Vec::new());
    let (mut both, mut bodies) = (0, 0);
    for _ in 0..world.repetitions() {
        let (mine, running) = world.ours();
        let port = running.port;
        let measured = |phone: &wire::Device, bytes: &mut (usize, usize)| {
            let held = pull_all(port, phone);
            let mut line = Line::open(port);
            let told = line.ask(&phone.pull(Some(&held))).json();
            let told: PullAnswer = serde_json::from_value(told).expect("a page");
            let request = phone.news(&told);
            assert_eq!(line.ask(&request).status, 200, "it shows what the server knows");
            let mut ms: Vec<f64> = (0..times)
                .map(|_| {
                    let from = std::time::Instant::now();
                    let answer = line.ask(&request);
                    let took = from.elapsed().as_secs_f64() * 1000.0;
                    let head = request.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(0) + 4;
                    *bytes =
                        (request.len() + answer.bytes(), request.len() - head + answer.body.len());
                    took
                })
                .collect();
            ms.sort_by(f64::total_cmp);
            ms
        };
        let mut bytes = (0, 0);
        let ms = measured(&mine.agency.workers[7], &mut bytes);
        (both, bodies) = bytes;
        ours.push(load::at(&ms, 50.0));
        p99.push(load::at(&ms, 99.0));
        for (n, heavy) in mine.agency.heavy.iter().enumerate() {
            grown[n].push(load::at(&measured(&heavy.device, &mut bytes), 50.0));
        }
        if let Some(anki) = world.anki() {
            let ms: Vec<f64> = (0..30).filter_map(|_| anki.ms("empty", 0)).collect();
            if !ms.is_empty() {
                peer.push(median(&ms));
            }
        }
    }
    let ms = median(&ours);
    let mut detail = Map::new();
    detail.insert("p99 ms".into(), median(&p99).into());
    detail.insert("bytes both ways, headers too".into(), both.into());
    detail.insert("bytes of bodies both ways".into(), bodies.into());
    for (n, visits) in seed::HEAVY.into_iter().enumerate() {
        detail.insert(format!("ms with {visits} visits"), median(&grown[n]).into());
    }
    vec![Figure {
        id: "P4".into(),
        what: "empty sync, warm connection".into(),
        ours: ms,
        unit: "ms",
        peer: (!peer.is_empty()).then(|| median(&peer)),
        peer_name: anki::NAME,
        goal: "≤ 0.5 ms, ≤ 400 B of bodies both ways",
        met: Some(ms <= 0.5 && bodies <= 400),
        note: "Seen from the client, loopback included.".into(),
        detail,
        ..Figure::default()
    }]
}

/// P3: events up from one phone, the same down to a second one.
pub fn incremental(world: &mut World) -> Vec<Figure> {
    let mut figures = Vec::new();
    // A worker with visits enough that each is badged once; her second phone is the real core.
    let folder = tempfile::tempdir().expect("a folder");
    let second = Device::open(folder.path());
    {
        let code = world.codes[1];
        world.codes[1] += 1;
        let (mine, running) = world.ours();
        let heavy = &mine.agency.heavy[1];
        second.enrol(running.port, &mine.agency, &heavy.codes[code]);
    }
    for size in [1_usize, 50, 500, 5_000] {
        let times = match size {
            1 | 50 => world.repetitions(),
            500 => 3,
            _ if world.quick => 1,
            _ => 2,
        };
        let (mut up, mut down, mut peer_up, mut peer_down) = (vec![], vec![], vec![], vec![]);
        for _ in 0..times {
            let (mine, running) = world.ours();
            let phone = &mut mine.agency.heavy[1].device;
            let requests: Vec<Vec<u8>> = match size {
                5_000 => (0..10).map(|_| phone.push(500)).collect(),
                n => vec![phone.push(n)],
            };
            let mut line = Line::open(running.port);
            let from = std::time::Instant::now();
            for request in &requests {
                let answer = line.ask(request);
                assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
            }
            up.push(from.elapsed().as_secs_f64() * 1000.0);
            second.hands.pass(1_000);
            down.push(second.sync().0);
            if let Some(anki) = world.anki() {
                peer_up.extend(anki.ms("up", size));
                peer_down.extend(anki.ms("down", 0));
            }
        }
        let both = median(&up) + median(&down);
        let peer = (!peer_up.is_empty()).then(|| median(&peer_up) + median(&peer_down));
        let mut detail = Map::new();
        detail.insert("up ms".into(), median(&up).into());
        detail.insert("down ms".into(), median(&down).into());
        if peer.is_some() {
            detail.insert("Anki up ms".into(), median(&peer_up).into());
            detail.insert("Anki down ms".into(), median(&peer_down).into());
        }
        let (goal, least) = match size {
            1 => ("equal", 1.0),
            50 => ("3× Anki", 3.0),
            500 => ("3× Anki", 3.0),
            _ => ("5× Anki", 5.0),
        };
        figures.push(Figure {
            id: format!("P3.{size}"),
            what: format!("{size} events up, the same down to a second phone"),
            ours: both,
            unit: "ms",
            peer,
            peer_name: anki::NAME,
            goal,
            met: peer.map(|peer| peer / both >= least),
            note: "Up: signed uploads of at most 500, without the phone's own database. Down: the real core, applied \
                   to its encrypted database with FULL, on a phone of 10,000 visits, each badged once. Anki: both ways its own client; its \
                   notes are made before the clock starts."
                .into(),
            detail,
            ..Figure::default()
        });
    }
    figures
}

/// P5: the first sync of a new phone.
pub fn first(world: &mut World) -> Vec<Figure> {
    let records = seed::HEAVY[1];
    let (mut ours, mut phone_ms, mut server_ms) = (Vec::new(), Vec::new(), Vec::new());
    let (mut anki_rate, mut pocket, mut pouch_rate) = (Vec::new(), Vec::new(), Vec::new());
    let have = world.made;
    if have < records {
        let events = world.fresh(records - have);
        if let Some(pocketbase) = world.pocketbase() {
            let mut line = Line::open(pocketbase.running.port);
            for from in events.clone().step_by(500) {
                line.ask(&pocketbase.batch(from, 500));
            }
        }
    }
    let anki_filled = world.anki().and_then(|anki| anki.ms("fill", records)).is_some();
    let pouch_has = world.pouch().map(|pouch| {
        let mut line = Line::open(pouch.running.port);
        for n in 0..3_000 {
            line.ask(&Pouch::create(900_000_000 + n));
        }
    });
    for _ in 0..world.repetitions().min(3) {
        let code = world.codes[1];
        world.codes[1] += 1;
        let (mine, running) = world.ours();
        let folder =
            tempfile::tempdir_in(crate::processes::root().join("target/bench")).expect("a folder");
        let phone = Device::open(folder.path());
        let (all, waited) =
            phone.enrol(running.port, &mine.agency, &mine.agency.heavy[1].codes[code]);
        assert!(!phone.day().visits.is_empty());
        ours.push(records as f64 / all * 1000.0);
        phone_ms.push(all - waited);
        server_ms.push(waited);
        if anki_filled && let Some(anki) = world.anki() {
            anki_rate.extend(anki.ms("download", 0).map(|ms| records as f64 / ms * 1000.0));
        }
        if let Some(pocketbase) = world.pocketbase() {
            let mut line = Line::open(pocketbase.running.port);
            let from = std::time::Instant::now();
            let mut got = 0;
            for page in 1..=records / 500 {
                let answer = line.ask(&pocketbase.list(500, page, None)).json();
                got += answer["items"].as_array().map_or(0, Vec::len);
            }
            pocket.push(got as f64 / from.elapsed().as_secs_f64());
        }
        if pouch_has.is_some()
            && let Some(pouch) = world.pouch()
        {
            let mut line = Line::open(pouch.running.port);
            let from = std::time::Instant::now();
            let answer = line.ask(&Pouch::changes()).json();
            let got = answer["results"].as_array().map_or(0, Vec::len);
            pouch_rate.push(got as f64 / from.elapsed().as_secs_f64());
        }
    }
    let rate = median(&ours);
    let peer = (!pocket.is_empty()).then(|| median(&pocket));
    let mut detail = Map::new();
    detail.insert("the phone's own ms".into(), median(&phone_ms).into());
    detail.insert("waiting for the server, ms".into(), median(&server_ms).into());
    if !anki_rate.is_empty() {
        detail.insert("Anki full download records/s".into(), median(&anki_rate).into());
    }
    if !pouch_rate.is_empty() {
        detail.insert(format!("{} _changes records/s", pouch::NAME), median(&pouch_rate).into());
    }
    vec![Figure {
        id: "P5".into(),
        what: "first sync of 10,000 records into the encrypted phone".into(),
        ours: rate,
        unit: "records/s",
        more: true,
        peer,
        peer_name: pocketbase::NAME,
        goal: "≥ 200,000 records/s",
        met: Some(rate >= 200_000.0),
        note: "Ours: enrolment, pages, encrypted, indexed, durable, ready to query. PocketBase and pouchdb-server: only \
               read from the socket and parsed, kept nowhere. Anki sends its database file as it is."
            .into(),
        detail,
        ..Figure::default()
    }]
}
