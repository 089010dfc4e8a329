//! T6: SIGKILL of the server and of the phone at random moments of acts and exchanges.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use releve_tests::database::Scratch;
use releve_tests::process::{Agency, Place, rounds};
use releve_tests::world::time::Seeded;

/// The longest life between two kills, in milliseconds.
const LIFE_MS: u64 = 250;

/// I1, I2, I3: nothing that was acknowledged is lost, nothing is doubled, whoever dies when.
#[test]
fn kills_at_random_moments_lose_and_double_nothing() {
    let scratch = Scratch::sqlite();
    loops(&scratch, rounds(12, 300), 6);
    let file = scratch.file().expect("a file");
    let db = rusqlite::Connection::open(file).expect("the server's database");
    let said: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(said, "ok");
    let (all, ids): (i64, i64) = db
        .query_row("SELECT COUNT(*), COUNT(DISTINCT id) FROM clock_event", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(all, ids);
    loops(&Scratch::postgres(), rounds(6, 150), 7);
}

fn loops(scratch: &Scratch, rounds: u64, seed: u64) {
    let chance = Seeded::of(seed);
    let place = Place::new(scratch.url());
    place.found();
    let (mut server, _) = place.serve();
    let mut agency = Agency::at(&place);
    let mut acknowledged = BTreeSet::new();
    let (mut slowest_server, mut slowest_phone) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..rounds {
        let (server_dies, phone_dies) = match chance.below(3) {
            0 => (true, false),
            1 => (false, true),
            _ => (true, true),
        };
        let life = Duration::from_millis(chance.below(LIFE_MS));
        let phone = agency.phone.id();
        let began = releve_tests::process::now();
        thread::scope(|scope| {
            let server = &mut server;
            scope.spawn(move || {
                thread::sleep(life);
                if phone_dies {
                    let pid = i32::try_from(phone).ok().and_then(rustix::process::Pid::from_raw);
                    let kill = rustix::process::Signal::KILL;
                    rustix::process::kill_process(pid.expect("a process"), kill).expect("killed");
                }
                if server_dies {
                    server.kill();
                }
            });
            // As fast as the disk lets it, until the kill is over.
            while began.elapsed() < life + Duration::from_millis(40) {
                acknowledged.extend(agency.phone.two_stamps(agency.visit).map(|id| id.to_string()));
            }
        });
        if server_dies {
            let (again, took) = place.serve();
            server = again;
            slowest_server = slowest_server.max(took);
        }
        if phone_dies {
            agency.phone.restart();
            slowest_phone = slowest_phone.max(agency.phone.took);
        }
    }
    let _ = agency.phone.empties();
    let count = agency.nothing_lost_nothing_doubled(&acknowledged);
    agency.phone.kill();
    assert_eq!(agency.phone.integrity("duty.db", "duty"), "ok");
    assert_eq!(agency.phone.integrity("care.db", "care"), "ok");
    println!(
        "{rounds} kills, {count} stamps ({} acknowledged to the worker), 0 lost, 0 doubled; slowest start: \
         server {} ms, phone {} ms",
        acknowledged.len(),
        slowest_server.as_millis(),
        slowest_phone.as_millis()
    );
}
