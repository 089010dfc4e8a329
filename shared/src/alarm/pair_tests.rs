//! T15 in simulation: ten thousand countdowns, phones that die, lines that lose and delay, a server that
//! is away for seconds. 100 % raised, none early, one episode each.

use super::countdown::{self, Countdown, Effect as PhoneEffect, Tell};
use super::episode::{self, Effect as ServerEffect, Episode, Event as Heard};
use super::{AlarmRules, Kind, Phase, Way};
use crate::id::AlarmId;
use crate::time::{Moment, SECOND_MS};

const STEP_MS: i64 = 250;
const END_MS: i64 = 90 * SECOND_MS;
const COUNTDOWNS: u64 = 10_000;

/// SplitMix64: enough to draw faults from a seed.
struct Seed(u64);

impl Seed {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: i64) -> i64 {
        i64::try_from(self.next() % limit.unsigned_abs()).unwrap_or(0)
    }

    fn percent(&mut self, often: i64) -> bool {
        self.below(100) < often
    }
}

/// What befell one countdown.
#[derive(Debug, Default)]
struct Told {
    cancelled_by_worker: bool,
    heard: bool,
    raised_at: Vec<i64>,
    by_itself: bool,
    phase: Option<Phase>,
}

struct Fate {
    dies_at: i64,
    cancels_at: i64,
    loss: i64,
    away: (i64, i64),
}

fn play(n: u64) -> Told {
    let mut seed = Seed(n);
    let rules = AlarmRules::default();
    let alarm = AlarmId::from(uuid::Uuid::from_u128(u128::from(n)));
    let away_from = seed.below(END_MS);
    let fate = Fate {
        dies_at: if seed.percent(40) { seed.below(20 * SECOND_MS) } else { END_MS },
        cancels_at: if seed.percent(40) { seed.below(14 * SECOND_MS) } else { END_MS },
        loss: seed.below(90),
        away: (away_from, away_from + seed.below(8 * SECOND_MS)),
    };
    let mut told = Told::default();
    let mut phone = Countdown::Idle;
    let mut server: Option<Episode> = None;
    // What waits on the phone until it is answered, and what is on its way, with its arrival.
    let mut outbox: Vec<(u64, Tell, i64)> = Vec::new();
    let mut line: Vec<(i64, u64, Tell, i64)> = Vec::new();
    let mut drawn = 0;
    for up in (0..END_MS).step_by(250) {
        let alive = up < fate.dies_at;
        let mut events = vec![countdown::Event::Tick];
        if up == 0 {
            events = vec![countdown::Event::Trigger { alarm, kind: Kind::Panic }];
        } else if (fate.cancels_at..fate.cancels_at + STEP_MS).contains(&up) {
            events.push(countdown::Event::Cancel);
        }
        for event in events.iter().filter(|_| alive) {
            let (next, effects) = countdown::step(&phone, event, up, &rules);
            told.cancelled_by_worker |=
                *event == countdown::Event::Cancel && next == Countdown::Idle;
            phone = next;
            for effect in effects {
                if let PhoneEffect::Tell(tell) = effect {
                    drawn += 1;
                    outbox.push((drawn, tell, up));
                }
            }
        }
        // It tries again every second; each try may be lost, or be seconds on its way.
        if alive && up % SECOND_MS == 0 {
            for (id, tell, acted) in &outbox {
                if !seed.percent(fate.loss) {
                    line.push((up + seed.below(6 * SECOND_MS), *id, tell.clone(), *acted));
                }
            }
        }
        let there = !(fate.away.0..fate.away.1).contains(&up);
        if !there {
            continue;
        }
        let (come, later): (Vec<_>, Vec<_>) = line.into_iter().partition(|(at, ..)| *at <= up);
        line = later;
        let mut heard: Vec<Heard> = come
            .into_iter()
            .map(|(_, id, tell, acted)| {
                outbox.retain(|(kept, ..)| *kept != id);
                told.heard = true;
                match tell {
                    Tell::Armed { kind, pre_alarm_ms, .. } => {
                        Heard::Armed { kind, zero_at: Moment(acted + pre_alarm_ms) }
                    }
                    Tell::Cancelled { .. } => Heard::Cancelled,
                    Tell::Raised { kind, .. } => {
                        Heard::Raised { kind, way: Way::Phone, acted_at: Moment(acted) }
                    }
                    Tell::Fine { .. } => Heard::Fine,
                }
            })
            .collect();
        heard.push(Heard::Tick);
        for event in heard {
            let (next, effects) = episode::step(server.as_ref(), &event, Moment(up), (&rules, 2));
            for effect in effects {
                if let ServerEffect::Raised(way) = effect {
                    told.raised_at.push(up);
                    told.by_itself |= way == Way::Server;
                }
            }
            if next != server {
                // What a restart leaves is what was written.
                let written = serde_json::to_string(&next).unwrap();
                server = serde_json::from_str(&written).unwrap();
                assert_eq!(server, next);
            }
        }
    }
    told.phase = server.map(|episode| episode.phase);
    told
}

/// T15, I8: see above. Each number is a seed: a failure is played again alone.
#[test]
fn t_15_ten_thousand_countdowns_raise_each_once_and_none_early() {
    let (mut raised, mut cancelled, mut by_itself, mut unheard) = (0, 0, 0, 0);
    for n in 0..COUNTDOWNS {
        let told = play(n);
        assert!(told.raised_at.len() <= 1, "twice: {n} {told:?}");
        let zero = 10 * SECOND_MS;
        assert!(told.raised_at.iter().all(|at| *at >= zero), "early: {n} {told:?}");
        if !told.heard {
            // Dead, or cut off, before a word of it came through: nobody can know.
            unheard += 1;
            continue;
        }
        if !told.cancelled_by_worker {
            assert_eq!(told.raised_at.len(), 1, "lost: {n} {told:?}");
        }
        if told.raised_at.is_empty() {
            assert_eq!(told.phase, Some(Phase::Cancelled), "neither nor: {n} {told:?}");
            cancelled += 1;
        } else {
            // A cancel that came too late has erased nothing.
            assert_ne!(told.phase, Some(Phase::Cancelled), "erased: {n} {told:?}");
            raised += 1;
            by_itself += i32::from(told.by_itself);
        }
    }
    let real = raised > 5_000 && cancelled > 1_000 && by_itself > 500;
    assert!(
        real,
        "{raised} raised, {by_itself} by itself, {cancelled} cancelled, {unheard} unheard"
    );
}
