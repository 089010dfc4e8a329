//! T10: uploads that come again, in pieces, out of order, of two phones of one worker in turn: once
//! all has arrived, the server's state is that of the clean run.

use std::sync::Mutex;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use releve_core::door::Act;
use releve_core::ports::Secret;
use releve_shared::clock::Anchor;
use releve_shared::id::DeviceId;
use releve_shared::keys::{Digest, Signer};
use releve_shared::proof::ChainHead;
use releve_shared::sync::{Envelope, Lane, PROTOCOL, PushAnswer, PushRequest, Verdict};
use releve_shared::time::{HOUR_MS, MINUTE_MS};
use releve_shared::visit::{ClockKind, ManualReason};
use releve_tests::database::Scratch;
use releve_tests::fixture::{copies, texts};
use releve_tests::light::Voice;
use releve_tests::process::rounds;
use releve_tests::world::desk::Desk;
use releve_tests::world::link::{agent, send};
use releve_tests::world::phone::Phone;
use releve_tests::world::reading::tap;
use releve_tests::world::server::Server;
use releve_tests::world::time::{Seeded, Time, today_at};
use releve_tests::world::{PASSWORD, World, folder};
use rusqlite::Connection;
use serde_json::Value;

/// All that a phone has to say, and what says it.
struct Sender {
    device: DeviceId,
    voice: Voice,
    commands: Vec<Envelope>,
    anchors: Vec<Anchor>,
    head: ChainHead,
}

/// The server before the uploads, and both phones.
struct Before {
    folder: tempfile::TempDir,
    time: Time,
    phones: Vec<Sender>,
}

/// One upload: of which phone, which of its commands in which order, and whether it tells of its clocks.
type Piece = (usize, Vec<prop::sample::Index>, bool);

/// A morning without network on two phones of Amina.
fn morning() -> Before {
    let (scratch, folder) = (Scratch::sqlite(), folder::scratch());
    let kept = Mutex::new(None);
    World::on(&scratch, |w| {
        let amina = w.worker("Amina");
        let second = w.phone_of(amina.caregiver);
        let homes = [w.home("Lefèvre"), w.home("Martin")];
        let visits = [
            w.visit(&amina, &homes[0], today_at(8, 0)),
            w.visit(&amina, &homes[1], today_at(10, 0)),
        ];
        for phone in [&amina.phone, &second] {
            phone.sync().unwrap();
        }
        let both = [&amina.phone, &second];
        w.time.until(today_at(8, 0));
        for phone in both {
            phone.line.weather(releve_tests::world::link::Weather::Cut);
            let _ = phone.badges(tap(&homes[0].nfc), Some(visits[0]), false).unwrap();
            w.time.pass(5 * MINUTE_MS);
        }
        let says = |phone: &Phone, text: &str| {
            let act = Act::WriteMessage { thread: None, text: text.to_owned(), alert: false };
            let _ = phone.act(act).unwrap();
        };
        says(both[0], "Je suis chez Mme Lefèvre");
        w.time.until(today_at(9, 0));
        for (km, phone) in both.iter().enumerate() {
            let _ = phone.badges(tap(&homes[0].nfc), Some(visits[0]), false).unwrap();
            w.time.pass(5 * MINUTE_MS);
            phone.notes(visits[0], u32::try_from(km).unwrap(), 0, &format!("Écrit {km}")).unwrap();
            w.time.pass(MINUTE_MS);
        }
        w.time.until(today_at(10, 0));
        both[1].clocks.off_by(-3 * HOUR_MS);
        let hand = |kind| both[1].by_hand(visits[1], kind, Some(ManualReason::TagError)).unwrap();
        let mistaken = hand(ClockKind::Start).event;
        both[1].undoes(mistaken).unwrap();
        w.time.pass(MINUTE_MS);
        let _ = hand(ClockKind::Start);
        w.time.pass(HOUR_MS);
        let _ = hand(ClockKind::End);
        says(both[1], "J'ai fini");
        let _ = both[0].badges(tap(&homes[1].qr), None, true).unwrap();
        let senders: Vec<Sender> = both.iter().map(|phone| sender(phone)).collect();
        *kept.lock().unwrap() = Some((w.time.clone(), senders));
    });
    let (time, phones) = kept.into_inner().unwrap().expect("a morning");
    let db = Connection::open(scratch.file().expect("a file")).expect("the database");
    let base = folder.path().join("base.db").display().to_string();
    db.execute("VACUUM INTO ?1", [base]).expect("a copy");
    Before { folder, time, phones }
}

fn sender(phone: &Phone) -> Sender {
    let secret = |of| phone.vault.stolen(of).expect("a secret");
    let key = Signer::from_seed(&secret(Secret::DeviceSeed).try_into().expect("32 bytes"));
    let token = String::from_utf8(secret(Secret::Token)).expect("text");
    let db = phone.opened("duty.db", Secret::DutyKey);
    let identity: Value = read(&texts(&db, "SELECT value FROM fact WHERE name = 'identity'")[0]);
    let device: DeviceId = identity["device"].as_str().expect("an id").parse().expect("an id");
    let mut select = db
        .prepare("SELECT id, lane, n, body FROM command WHERE outcome IS NULL ORDER BY lane, n")
        .expect("a statement");
    let commands = select.query_map([], |row| {
        let (id, lane, n): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let n = u64::try_from(n).expect("a number");
        let lane: Lane = serde_json::from_value(Value::String(lane)).expect("a lane");
        Ok(Envelope { id: id.parse().expect("an id"), lane, n, body: row.get(3)? })
    });
    let commands: Vec<Envelope> = commands.expect("commands").map(Result::unwrap).collect();
    let anchors = texts(&db, "SELECT body FROM anchor ORDER BY id");
    let (seq, hash): (i64, String) = db
        .query_row("SELECT seq, hash FROM stamp ORDER BY seq DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .expect("a head");
    let seq = u64::try_from(seq).expect("a number");
    let head = ChainHead::sign(device, seq, Digest::parse(&hash).expect("a hash"), &key);
    assert!(commands.len() >= 5, "{}", commands.len());
    let anchors = anchors.iter().map(|text| read(text)).collect();
    Sender { device, voice: Voice { key, token }, commands, anchors, head }
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).expect("JSON")
}

impl Before {
    /// The state after some uploads on an engine, and then all that is still missing.
    fn after(&self, on_postgres: bool, pieces: &[Piece], order: [usize; 2]) -> Vec<String> {
        let base = self.folder.path().join("base.db");
        let scratch = if on_postgres { Scratch::postgres() } else { Scratch::sqlite() };
        match scratch.file() {
            Some(file) => drop(std::fs::copy(&base, file).expect("copied")),
            None => copies(&Connection::open(&base).expect("the base"), scratch.url()),
        }
        let server = Server::start(scratch.url(), &self.time, &Seeded::of(10), None);
        let agent = agent();
        let push = |of: &Sender, commands: Vec<Envelope>, anchors: bool| -> PushAnswer {
            let asked = PushRequest {
                protocol: PROTOCOL,
                device: of.device,
                epoch: String::new(),
                commands,
                anchors: if anchors { of.anchors.clone() } else { Vec::new() },
                head: Some(of.head.clone()),
            };
            let request = of.voice.says(&server.url(), "/api/phone/push", &asked);
            let came = send(&agent, &request).expect("the server answers");
            assert_eq!(came.status, 200, "{}", String::from_utf8_lossy(&came.body));
            serde_json::from_slice(&came.body).expect("an answer")
        };
        for (phone, which, anchors) in pieces {
            let of = &self.phones[*phone];
            let commands = which.iter().map(|at| at.get(&of.commands).clone()).collect();
            let _ = push(of, commands, *anchors);
        }
        for phone in order {
            let of = &self.phones[phone];
            let answer = push(of, of.commands.clone(), true);
            for outcome in &answer.outcomes {
                assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
            }
        }
        let desk = Desk::new(&server.url());
        let _ = desk.sign_in("chloe", PASSWORD).ok();
        let mut state = shown(&desk);
        drop(server);
        state.extend(stored(&scratch));
        state
    }
}

/// What the office sees: each line of the board, with its hours and what is to be looked at.
fn shown(desk: &Desk) -> Vec<String> {
    let board = desk.board("2026-11-20", "2026-12-15");
    let mut lines = Vec::new();
    for row in board["rows"].as_array().expect("rows") {
        let mut row = row.clone();
        if let Some(fields) = row.as_object_mut() {
            // How often it was written, and to whom it was told when.
            fields.retain(|name, _| !name.contains("rev"));
        }
        lines.push(row.to_string());
    }
    lines.sort();
    assert!(lines.len() >= 2);
    lines
}

/// What is stored of the facts, whatever the order in which it was written.
fn stored(scratch: &Scratch) -> Vec<String> {
    let queries = [
        "SELECT e.id || ' ' || e.device || ' ' || e.seq || ' ' || e.visit || ' ' || e.kind || ' ' || e.raw
             || ' ' || e.hash || ' ' || k.at || ' ' || COALESCE(k.error_ms, -1) || ' ' || k.quality || ' '
             || k.assurance || ' ' || k.anomalies
           FROM clock_event e JOIN clock_measure k ON k.event = e.id
            AND k.n = (SELECT MAX(l.n) FROM clock_measure l WHERE l.event = e.id)",
        "SELECT event || ' ' || text FROM clock_note",
        "SELECT device || ' ' || MAX(seq) FROM chain_head GROUP BY device",
        "SELECT visit || ' ' || device || ' ' || comment || ' ' || written_at FROM visit_notes",
        "SELECT device || ' ' || id || ' ' || lane || ' ' || n || ' ' || digest FROM command",
        "SELECT device || ' ' || name || ' ' || n FROM lane",
        "SELECT thread || ' ' || id || ' ' || text FROM message",
    ];
    let mut all = Vec::new();
    if let Some(file) = scratch.file() {
        let db = Connection::open(file).expect("the database");
        all.extend(queries.iter().flat_map(|query| texts(&db, query)));
    } else {
        let mut client =
            postgres::Client::connect(scratch.url(), postgres::NoTls).expect("the cluster");
        for query in queries {
            all.extend(client.query(query, &[]).expect(query).iter().map(|row| row.get(0)));
        }
    }
    all.sort_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
    all
}

/// I3, I7 (T10): whatever comes twice, too early, in pieces or in turn.
#[test]
fn shuffled_uploads_end_in_the_state_of_a_clean_run() {
    let before = morning();
    let pieces = prop::collection::vec(
        (0..2_usize, prop::collection::vec(any::<prop::sample::Index>(), 1..9), any::<bool>()),
        0..10,
    );
    for (on_postgres, cases) in [(false, rounds(16, 600)), (true, rounds(3, 40))] {
        let clean = before.after(on_postgres, &[], [0, 1]);
        assert!(clean.len() > 20, "{clean:?}");
        let config = Config { cases: u32::try_from(cases).unwrap(), ..Config::default() };
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..config });
        let ran = runner.run(&(&pieces, any::<bool>()), |(pieces, turned)| {
            let order = if turned { [1, 0] } else { [0, 1] };
            let state = before.after(on_postgres, &pieces, order);
            let only = |one: &[String], other: &[String]| -> Vec<String> {
                one.iter().filter(|line| !other.contains(line)).cloned().collect()
            };
            prop_assert_eq!(only(&state, &clean), only(&clean, &state));
            Ok(())
        });
        if let Err(error) = ran {
            panic!("{error}");
        }
        println!("{cases} ways to arrive, one state");
    }
}

/// The check can fail: one command less is another state.
#[test]
fn a_lost_command_is_another_state() {
    let mut before = morning();
    let clean = before.after(false, &[], [0, 1]);
    let _ = before.phones[1].commands.pop();
    assert_ne!(before.after(false, &[], [0, 1]), clean);
}
