//! T11: a crowd of phones that comes back at once after an outage: all of them recover within a minute,
//! none asks more than once a second, nothing is lost or doubled.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use releve_server::app::{Clock as _, SystemClock};
use releve_shared::sync::{Envelope, PullAnswer, PushAnswer, SyncRefusal, Verdict};
use releve_shared::time::{HOUR_MS, Moment, SECOND_MS};
use releve_shared::visit::ClockKind;
use releve_tests::database::Scratch;
use releve_tests::light::{Light, bytes};
use releve_tests::process::{Place, now, rounds};
use releve_tests::world::link::agent;
use releve_tests::world::time::Seeded;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

/// The longest that anybody may need.
const GOAL: Duration = Duration::from_secs(60);
/// Hands that enrol at the same time.
const HANDS: u64 = 8;
/// How many exchanges have failed before: an hour without a server, and waits of minutes.
const FAILED: u32 = 9;

/// One phone of the crowd, with what it still has to send.
struct One {
    phone: Light,
    stamps: Vec<Envelope>,
    chance: Seeded,
}

/// What a phone saw of the recovery.
struct Seen {
    /// From the server's first answer to the end of its exchange.
    took: Duration,
    /// How often it asked, and how close two of its tries were.
    tries: u32,
    closest: Duration,
}

/// I1, I3: T11's crowd on SQLite, and on PostgreSQL.
#[test]
fn a_crowd_that_comes_back_at_once_recovers_within_a_minute() {
    let number = rounds(250, 5_000);
    comes_back(&Scratch::sqlite(), number);
    if number > 1_000 {
        comes_back(&Scratch::postgres(), number);
    }
}

fn comes_back(scratch: &Scratch, number: u64) {
    opens_files(number * 2 + 1_000);
    let place = Place::new(scratch.url());
    place.found();
    let (mut server, _) = place.serve();
    let began = now();
    let crowd = enrolled(&place, number);
    println!("{number} phones enrolled in {:?}", began.elapsed());
    server.kill();

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let address = place.address();
    let (server, seen, ids) = runtime.block_on(async {
        let mut running = tokio::task::JoinSet::new();
        let mut ids = BTreeSet::new();
        for one in crowd {
            ids.extend(one.stamps.iter().map(|stamp| stamp.id.to_string()));
            running.spawn(recovers(one, address));
        }
        // They knock for a while at a closed door.
        sleep(Duration::from_millis(rounds(1_000, 20_000))).await;
        let served = tokio::task::spawn_blocking(move || place.serve());
        let (server, _) = served.await.expect("the server");
        let up_at = Instant::now();
        let mut all = Vec::new();
        let recovering = async {
            while let Some(one) = running.join_next().await {
                all.push(one.expect("no panic"));
            }
        };
        let _ = timeout(2 * GOAL, recovering).await;
        assert_eq!(all.len() as u64, number, "all of them, in two minutes");
        let seen: Vec<Seen> = all
            .into_iter()
            .map(|(ended, tries, closest)| Seen {
                took: ended.saturating_duration_since(up_at),
                tries,
                closest,
            })
            .collect();
        (server, seen, ids)
    });
    let mut took: Vec<Duration> = seen.iter().map(|seen| seen.took).collect();
    took.sort();
    let last = *took.last().expect("a phone");
    let closest = seen.iter().map(|seen| seen.closest).min().expect("a phone");
    let tries: u32 = seen.iter().map(|seen| seen.tries).sum();
    println!(
        "{number} phones: half after {:?}, all after {last:?}; {tries} exchanges, of one phone never \
         closer than {closest:?}",
        took[took.len() / 2]
    );
    assert!(last <= GOAL, "the last phone needed {last:?}");
    assert!(closest >= Duration::from_millis(990), "asked again after {closest:?}");
    drop(server);
    assert_eq!(on_server(scratch), ids, "each stamp is there once");
}

/// The stamps of a server that does not run; doubled ids cannot be, they are its key.
fn on_server(scratch: &Scratch) -> BTreeSet<String> {
    let all = "SELECT id FROM clock_event";
    if let Some(file) = scratch.file() {
        let db = rusqlite::Connection::open(file).expect("the database");
        let mut select = db.prepare(all).expect("a statement");
        return select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    }
    let mut client = postgres::Client::connect(scratch.url(), postgres::NoTls).expect("a cluster");
    client.query(all, &[]).expect("stamps").iter().map(|row| row.get(0)).collect()
}

/// Each connection is a file of this process, and of the server that it starts.
fn opens_files(wanted: u64) {
    let held = getrlimit(Resource::Nofile);
    let current = held.maximum.map_or(wanted, |most| most.min(wanted));
    assert!(current >= wanted, "{wanted} files must be open at once, {current} may (ulimit -Hn)");
    if held.current.is_some_and(|now| now < wanted) {
        let limit = Rlimit { current: Some(current), maximum: held.maximum };
        setrlimit(Resource::Nofile, limit).expect("more files");
    }
}

/// Workers, each with a visit, a phone, and an hour of work on it that is not sent yet.
fn enrolled(place: &Place, number: u64) -> Vec<One> {
    let desk = place.desk();
    let client = desk.adds_client("Jeanne", "Lefèvre");
    let start = SystemClock.now();
    let agent = agent();
    thread::scope(|scope| {
        let hands: Vec<_> = (0..HANDS)
            .map(|hand| {
                let (desk, agent) = (&desk, &agent);
                scope.spawn(move || {
                    (hand..number)
                        .step_by(HANDS as usize)
                        .map(|n| {
                            let worker = desk.adds_caregiver("Amina", &format!("Diallo {n}"));
                            desk.transmits(worker.id, true);
                            let visit = desk.plans(worker.id, client, start, start.plus(HOUR_MS));
                            let link = desk.enrolment(worker.id);
                            one(
                                Light::enrols(agent, &link, n, (worker.id, client, visit)),
                                n,
                                start,
                            )
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        hands.into_iter().flat_map(|hand| hand.join().expect("no panic")).collect()
    })
}

fn one(mut phone: Light, number: u64, start: Moment) -> One {
    let first = phone.stamps(ClockKind::Start, start);
    let last = phone.stamps(ClockKind::End, start.plus(HOUR_MS / 2));
    One { phone, stamps: vec![first, last], chance: Seeded::of(number + 1) }
}

/// Knocks as the real phone does: the same waits, the same chance, and a stream of pokes that ends a
/// long wait. Gives when it had sent and fetched all, how often it tried, and how close two tries were.
async fn recovers(one: One, address: SocketAddr) -> (Instant, u32, Duration) {
    let One { phone, stamps, chance } = one;
    let server = format!("http://{address}");
    let (push, pull) = (bytes(&phone.push(&server, &stamps)), bytes(&phone.pull(&server)));
    let listens = bytes(&phone.voice.listens(&server));
    let reached = Arc::new(Notify::new());
    let (heard, pauses) = (Arc::clone(&reached), chance.clone());
    let draw = |of: &Seeded| u8::try_from(of.below(256)).expect("a byte");
    let mut pokes = tokio::task::JoinSet::new();
    pokes.spawn(async move {
        loop {
            let pause = releve_core::listen_again_ms(draw(&pauses));
            // It lost its stream at some moment of the outage.
            sleep(Duration::from_millis(pauses.below(u64::try_from(pause).unwrap()))).await;
            if let Some(mut stream) = opened(address, &listens).await {
                heard.notify_one();
                let mut rest = [0; 1_024];
                while matches!(stream.read(&mut rest).await, Ok(1..)) {}
            }
        }
    });
    let (mut failures, mut tries, mut closest) = (FAILED, 0, Duration::MAX);
    let mut last: Option<Instant> = None;
    // Somewhere in the wait after its last failure.
    let mut wait = releve_core::wait_after_ms(failures, draw(&chance));
    wait = i64::try_from(chance.below(u64::try_from(wait).unwrap())).unwrap();
    loop {
        let due = Instant::now() + Duration::from_millis(u64::try_from(wait).unwrap());
        tokio::select! {
            () = tokio::time::sleep_until(due) => {}
            () = reached.notified() => {
                // As the engine does: at most a second more, and what failed before counts no more.
                failures = 0;
                let soon = Instant::now() + Duration::from_secs(1);
                tokio::time::sleep_until(due.min(soon)).await;
            }
        }
        let at = Instant::now();
        if let Some(last) = last.replace(at) {
            closest = closest.min(at - last);
        }
        tries += 1;
        let told = match exchanged(address, &push, &pull).await {
            Ok(()) => {
                // It stays and listens, as a phone does, while the others come.
                pokes.detach_all();
                return (Instant::now(), tries, closest);
            }
            Err(told) => told,
        };
        failures += 1;
        wait = match told {
            Some(after_ms) => releve_core::wait_when_told_ms(after_ms, failures, draw(&chance)),
            None => releve_core::wait_after_ms(failures, draw(&chance)),
        };
    }
}

/// Both requests of a recovery, judged as the phone judges them; when they fail, the time in milliseconds
/// after which the server wants to be asked again, if it named one.
async fn exchanged(address: SocketAddr, push: &[u8], pull: &[u8]) -> Result<(), Option<i64>> {
    let pushed = answered::<PushAnswer>(address, push).await?;
    let done = pushed.outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Done).count();
    assert_eq!(done, 2, "{:?}", pushed.outcomes);
    if answered::<PullAnswer>(address, pull).await?.complete { Ok(()) } else { Err(None) }
}

async fn answered<T: DeserializeOwned>(address: SocketAddr, ask: &[u8]) -> Result<T, Option<i64>> {
    let whole = timeout(Duration::from_secs(30), async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.write_all(ask).await.ok()?;
        let mut whole = Vec::new();
        let _ = stream.read_to_end(&mut whole).await.ok()?;
        Some(whole)
    });
    let whole = whole.await.ok().flatten().ok_or(None)?;
    let end = whole.windows(4).position(|four| four == b"\r\n\r\n").ok_or(None)?;
    let (head, body) = (String::from_utf8_lossy(&whole[..end]), &whole[end + 4..]);
    if head.starts_with("HTTP/1.1 200") {
        return serde_json::from_slice(body).map_err(|_| None);
    }
    let said: Option<SyncRefusal> = serde_json::from_slice(body).ok();
    let after_s = said.and_then(|said| said.retry_after_s);
    Err(after_s.map(|s| i64::try_from(s).unwrap() * SECOND_MS))
}

/// A stream of pokes, when the server has opened it.
async fn opened(address: SocketAddr, ask: &[u8]) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(ask).await.ok()?;
    let mut head = [0; 12];
    let read = timeout(Duration::from_secs(30), stream.read_exact(&mut head)).await.ok()?;
    (read.is_ok() && head.starts_with(b"HTTP/1.1 200")).then_some(stream)
}
