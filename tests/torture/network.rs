//! T5: the network between real processes is cut, loses packets; the server is stopped, killed; phones
//! work on. Two network namespaces, for which one must be root: said, where it was not run.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use releve_tests::database::Scratch;
use releve_tests::island::Island;
use releve_tests::process::{Agency, Place, now, rounds};
use releve_tests::world::time::Seeded;
use rustix::process::{Pid, Signal, kill_process};

/// Of each worker. A stamp is judged with all that its visit has, so a visit is not to have thousands.
const VISITS: i64 = 60;

/// I1 to I4: whatever the network does to a crowd that stamps, nothing is lost and nothing is doubled.
#[test]
fn partitions_lose_and_double_nothing() {
    plays(&Scratch::sqlite(), 5);
    if rounds(0, 1) == 1 {
        plays(&Scratch::postgres(), 50);
    }
}

fn plays(scratch: &Scratch, seed: u64) {
    let Some(island) = Island::made() else { return };
    let mut place = Place::new(scratch.url());
    place.inside(&island);
    place.found();
    let (mut server, _) = place.serve();
    let agencies: Vec<Agency> = (0..rounds(5, 10))
        .map(|number| Agency::named(&place, &format!("worker{number}"), VISITS))
        .collect();
    let chance = Seeded::of(seed);
    let (over, began) = (AtomicBool::new(false), now());
    let lasts = Duration::from_millis(rounds(6_000, 120_000));
    let (mut cuts, mut losses, mut stops, mut kills) = (0, 0, 0, 0);
    let acknowledged: Vec<BTreeSet<String>> = thread::scope(|scope| {
        let working: Vec<_> = agencies
            .iter()
            .map(|agency| {
                let over = &over;
                scope.spawn(move || {
                    let mut acknowledged = BTreeSet::new();
                    for &visit in agency.visits.iter().cycle() {
                        if over.load(Ordering::Relaxed) {
                            break;
                        }
                        let told = agency.phone.two_stamps(visit);
                        acknowledged.extend(told.map(|id| id.to_string()));
                        // Some ten acts a second, each of them two.
                        thread::sleep(Duration::from_millis(100));
                    }
                    acknowledged
                })
            })
            .collect();
        let wait = |from: u64, to: u64| {
            thread::sleep(Duration::from_millis(from + chance.below(to - from)));
        };
        for round in 0.. {
            if round >= 4 && began.elapsed() >= lasts {
                break;
            }
            // Each once, and then as it comes.
            match if round < 4 { round } else { chance.below(4) } {
                0 => {
                    island.cuts(true);
                    wait(200, 2_000);
                    island.cuts(false);
                    cuts += 1;
                }
                1 if island.loses(30) => {
                    wait(500, 3_000);
                    assert!(island.loses(0), "the way is whole again");
                    losses += 1;
                }
                2 => {
                    let pid = i32::try_from(server.id()).ok().and_then(Pid::from_raw);
                    let pid = pid.expect("a process");
                    kill_process(pid, Signal::STOP).expect("stopped");
                    wait(200, 2_000);
                    kill_process(pid, Signal::CONT).expect("goes on");
                    stops += 1;
                }
                _ => {
                    server.kill();
                    wait(0, 500);
                    server = place.serve().0;
                    kills += 1;
                }
            }
            wait(100, 800);
        }
        over.store(true, Ordering::Relaxed);
        working.into_iter().map(|worker| worker.join().expect("no panic")).collect()
    });
    let mut stamps = 0;
    let healed = now();
    for (agency, acknowledged) in agencies.iter().zip(&acknowledged) {
        let _ = agency.phone.empties();
        stamps += agency.nothing_lost_nothing_doubled(acknowledged);
    }
    println!(
        "{} phones for {lasts:?}: {cuts} cuts, {losses} times 30 % lost, {stops} stops, {kills} kills; \
         {stamps} stamps, 0 lost, 0 doubled, all received {:?} after",
        agencies.len(),
        healed.elapsed()
    );
    assert!(cuts > 0 && stops > 0 && kills > 0 && stamps > 0);
}
