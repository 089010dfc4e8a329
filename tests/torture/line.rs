//! T11: bad networks and captive portals between a real phone and a real server.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use releve_core::door::Act;
use releve_tests::chaos::{Chaos, Line};
use releve_tests::database::Scratch;
use releve_tests::process::{Agency, Place, Process, Said, now, rounds};
use releve_tests::world::time::Seeded;

/// A stream of pokes is tried again by itself; it carries nothing.
const POKES: &str = "/api/phone/pokes";

fn world(scratch: &Scratch, seed: u64) -> (Place, Process, Chaos, Agency) {
    let mut place = Place::new(scratch.url());
    let chaos = Chaos::before(place.address(), seed);
    place.public_url = format!("http://{}", chaos.address);
    place.found();
    let (server, _) = place.serve();
    let agency = Agency::at(&place);
    (place, server, chaos, agency)
}

/// A portal is never success, and the phone asks it at most once a second.
#[test]
fn a_portal_is_never_success_and_is_not_stormed() {
    let scratch = Scratch::sqlite();
    let (_place, _server, chaos, agency) = world(&scratch, 11);
    let mut acknowledged = BTreeSet::new();
    let mut received = agency.phone.tally().1.len();
    for status in [200, 204, 302, 401, 403, 500, 502, 503, 511] {
        chaos.turns(Line::Portal(status));
        let _ = chaos.asked();
        let began = now();
        let watched = Duration::from_millis(rounds(1_500, 20_000));
        while began.elapsed() < watched {
            acknowledged.extend(agency.phone.two_stamps(agency.visit).map(|id| id.to_string()));
            thread::sleep(Duration::from_millis(50));
        }
        let asked: Vec<_> =
            chaos.asked().into_iter().filter(|(_, path)| path != POKES).map(|(at, _)| at).collect();
        for pair in asked.windows(2) {
            let apart = pair[1].duration_since(pair[0]);
            assert!(apart >= Duration::from_millis(900), "{status}: asked again after {apart:?}");
        }
        let said = agency.phone.act(&Act::SyncNow);
        assert!(matches!(said, Said::Refused(_)), "{status}: {said:?}");
        assert_eq!(agency.phone.tally().1.len(), received, "{status}: nobody has received it");
        chaos.turns(Line::Clear);
        let _ = agency.phone.empties();
        received = agency.phone.tally().1.len();
        println!("{status}: {} tries in {watched:?}", asked.len());
    }
    let count = agency.nothing_lost_nothing_doubled(&acknowledged);
    println!("{count} stamps through 9 portals, 0 lost, 0 doubled");
}

/// Late, slow, lossy, cut anywhere: it completes.
#[test]
fn a_bad_line_only_costs_time() {
    let scratch = Scratch::sqlite();
    let (_place, _server, chaos, agency) = world(&scratch, 12);
    let chance = Seeded::of(12);
    let mut acknowledged = BTreeSet::new();
    for line in [Line::Late(100), Line::Slow(2_000)] {
        chaos.turns(line);
        for _ in 0..3 {
            acknowledged.extend(agency.phone.two_stamps(agency.visit).map(|id| id.to_string()));
        }
        println!("{line:?}: the outbox was empty after {:?}", agency.phone.empties());
    }
    for _ in 0..rounds(40, 400) {
        let cut = usize::try_from(chance.below(3_000)).unwrap_or_default();
        let line = match chance.below(6) {
            0 => Line::Dropped,
            1 => Line::CutAsking(cut),
            2 => Line::CutAnswering(cut),
            3 => Line::Lossy(30),
            4 => Line::Portal(200),
            _ => Line::Clear,
        };
        chaos.turns(line);
        acknowledged.extend(agency.phone.two_stamps(agency.visit).map(|id| id.to_string()));
        let _ = agency.phone.act(&Act::SyncNow);
    }
    chaos.turns(Line::Lossy(10));
    println!("a tenth of the pieces cut: empty after {:?}", agency.phone.empties());
    let count = agency.nothing_lost_nothing_doubled(&acknowledged);
    println!("{count} stamps, 0 lost, 0 doubled");
}
