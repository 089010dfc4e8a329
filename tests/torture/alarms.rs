//! T15 on real servers: countdowns that nobody cancels, servers killed at random moments while they run,
//! two over one PostgreSQL. All raised, none early, one episode each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use postgres::{Client, NoTls};
use releve_core::ports::Request;
use releve_server::app::{Clock as _, SystemClock};
use releve_shared::alarm::{Kind, Report};
use releve_shared::enrolment::{EnrolAnswer, EnrolRequest, EnrolmentLink};
use releve_shared::id::AlarmId;
use releve_shared::keys::{Digest, Signer};
use releve_shared::time::SECOND_MS;
use releve_tests::database::Scratch;
use releve_tests::process::{Place, now, rounds};
use releve_tests::world::alarm::AlarmLane;
use releve_tests::world::link::{agent, send};
use releve_tests::world::time::Seeded;

/// How many phones arm at the same time.
const PHONES: u64 = 4;

/// What the database says of an alarm: press, raise, and how often it was raised.
type Raised = BTreeMap<String, (i64, Option<i64>, i64)>;

#[test]
fn t_15_countdowns_are_raised_by_real_servers() {
    let sqlite = Scratch::sqlite();
    let file = sqlite.file().expect("a file").to_owned();
    run(&sqlite, "one server on SQLite, killed", &|| {
        let db = rusqlite::Connection::open(&file).expect("the server's database");
        let mut asked = db.prepare(ASK).expect("a question");
        let rows = asked.query_map([], |r| Ok((r.get(0)?, (r.get(1)?, r.get(2)?, r.get(3)?))));
        rows.expect("rows").map(|row| row.expect("a row")).collect()
    });
    let postgres = Scratch::postgres();
    let url = postgres.url().to_owned();
    run(&postgres, "two servers on PostgreSQL, either killed", &|| {
        let ask = || {
            let mut db = Client::connect(&url, NoTls).expect("the cluster");
            let rows = db.query(ASK, &[]).expect("rows");
            rows.iter().map(|r| (r.get(0), (r.get(1), r.get(2), r.get(3)))).collect()
        };
        thread::scope(|scope| scope.spawn(ask).join()).expect("no panic")
    });
}

const ASK: &str = "SELECT a.id, a.pressed_at, a.raised_at,
                          (SELECT COUNT(*) FROM alarm_entry e
                            WHERE e.alarm = a.id AND e.what LIKE 'raised%')
                     FROM alarm a";

fn run(scratch: &Scratch, what: &str, look: &dyn Fn() -> Raised) {
    let each = rounds(40, 10_000 / PHONES);
    // The longest that a server takes is five minutes: all are to be running before the first is due.
    let (shortest, spread) = (rounds(6, 200), rounds(6, 90));
    let place = Place::new(scratch.url());
    place.found();
    let (mut server, _) = place.serve();
    let mut beside = scratch.file().is_none().then(|| place.serve_beside());
    let lanes: Vec<AlarmLane> = (0..PHONES).map(|n| enrolled(&place, n)).collect();

    let armed: BTreeMap<String, i64> = thread::scope(|scope| {
        let arming = lanes.iter().zip(0_u64..).map(|(lane, n)| {
            scope.spawn(move || {
                let chance = Seeded::of(n);
                let arm = |_| {
                    let alarm: AlarmId = lane.draw();
                    let wait = (shortest + chance.below(spread)) * SECOND_MS.unsigned_abs();
                    let pre_alarm_ms = i64::try_from(wait).expect("seconds");
                    let (kind, visit, position) = (Kind::Panic, None, None);
                    let what = Report::Armed { alarm, kind, pre_alarm_ms, visit, position };
                    let _ = lane.says(what);
                    (alarm.to_string(), pre_alarm_ms)
                };
                (0..each).map(arm).collect::<Vec<_>>()
            })
        });
        let arming: Vec<_> = arming.collect();
        arming.into_iter().flat_map(|run| run.join().expect("no panic")).collect()
    });
    // Every countdown runs and the phones say nothing more. Servers die, again and again, until all is
    // raised.
    let running = look().values().filter(|(_, raised, _)| raised.is_none()).count();
    let (began, chance) = (now(), Seeded::of(15));
    let patience = Duration::from_secs(shortest + spread + 300);
    let (mut kills, mut slowest) = (0, Duration::ZERO);
    while look().values().filter(|(_, raised, _)| raised.is_some()).count() < armed.len() {
        assert!(began.elapsed() < patience, "waited too long for every countdown to be raised");
        thread::sleep(Duration::from_millis(200 + chance.below(rounds(800, 8_000))));
        if let Some(other) = beside.as_mut().filter(|_| chance.percent(50)) {
            other.kill();
            *other = place.serve_beside();
        } else {
            server.kill();
            let (again, took) = place.serve();
            (server, slowest) = (again, slowest.max(took));
        }
        kills += 1;
    }
    drop((server, beside));

    let mut late = Vec::new();
    for (alarm, (pressed, raised, times)) in look() {
        let zero = pressed + armed[&alarm];
        let raised = raised.expect("raised");
        assert!(raised >= zero, "early: {alarm} by {} ms", zero - raised);
        assert_eq!(times, 1, "{alarm} is one episode");
        late.push(raised - zero - releve_shared::alarm::episode::FLIGHT_MS);
    }
    assert_eq!(late.len(), armed.len());
    late.sort_unstable();
    let at = |percent: usize| late[(late.len() * percent / 100).min(late.len() - 1)];
    println!(
        "{what}: {} countdowns, {running} of them running when all had begun; all raised, none early, one \
         episode each; {kills} kills; late by {} ms \
         (median), {} ms (p99), {} ms (longest); slowest start of a server {} ms",
        late.len(),
        at(50),
        at(99),
        at(100),
        slowest.as_millis()
    );
}

/// A caregiver with a phone of which only the key matters.
fn enrolled(place: &Place, n: u64) -> AlarmLane {
    let desk = place.desk();
    let caregiver = desk.adds_caregiver("Amina", &format!("Diallo {n}"));
    let link = EnrolmentLink::parse(&desk.enrolment(caregiver.id)).expect("a link");
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&n.to_be_bytes());
    let key = Signer::from_seed(&seed);
    let asked = EnrolRequest {
        code: link.code,
        device_key: key.public(),
        token: Digest::of(&[&n.to_be_bytes()]),
        name: "Pixel 7".to_owned(),
        platform: "android".to_owned(),
        version: "0.1.0".to_owned(),
    };
    let url = format!("http://{}", place.address());
    let request = Request {
        method: "POST",
        url: format!("{url}/api/phone/enrol"),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: serde_json::to_vec(&asked).expect("JSON"),
    };
    let came = send(&agent(), &request).expect("the server answers");
    let answer: EnrolAnswer = serde_json::from_slice(&came.body).expect("enrolled");
    AlarmLane::at(url, answer.device, key, Arc::new(|| SystemClock.now()))
}
