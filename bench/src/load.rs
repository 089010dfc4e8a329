//! Many connections at once, and what their answers took.

use std::sync::{Arc, Barrier};
use std::time::Instant;

use crate::http::Line;

/// What a load came to.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// Of each answer, in milliseconds, sorted.
    pub ms: Vec<f64>,
    /// From the first request to the last answer, in seconds.
    pub seconds: f64,
    /// Answers that were no success, and the words of one.
    pub failed: usize,
    pub said: String,
    /// Bytes both ways.
    pub bytes: usize,
}

impl Load {
    pub fn rate(&self) -> f64 {
        self.ms.len() as f64 / self.seconds
    }

    pub fn at(&self, percent: f64) -> f64 {
        at(&self.ms, percent)
    }
}

/// A percentile of sorted figures.
pub fn at(sorted: &[f64], percent: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let place = (sorted.len() - 1) as f64 * percent / 100.0;
    sorted[place.round() as usize]
}

/// The median.
pub fn median(of: &[f64]) -> f64 {
    let mut sorted = of.to_vec();
    sorted.sort_by(f64::total_cmp);
    at(&sorted, 50.0)
}

/// Plays each list of requests over connections of its own, all at once: `lines` connections a list,
/// with one request under way on each.
pub fn play(port: u16, lists: Vec<Vec<Vec<u8>>>, lines: usize) -> Load {
    let barrier = Arc::new(Barrier::new(lists.len() + 1));
    let threads: Vec<_> = lists
        .into_iter()
        .map(|list| {
            let barrier = Arc::clone(&barrier);
            std::thread::spawn(move || {
                let mut open: Vec<Line> = (0..lines).map(|_| Line::open(port)).collect();
                let mut load = Load::default();
                barrier.wait();
                for round in list.chunks(lines) {
                    let mut sent = Vec::with_capacity(round.len());
                    for (line, request) in open.iter_mut().zip(round) {
                        sent.push(Instant::now());
                        line.send(request);
                    }
                    for ((line, request), from) in open.iter_mut().zip(round).zip(sent) {
                        let answer = line.answer();
                        load.ms.push(from.elapsed().as_secs_f64() * 1000.0);
                        load.bytes += request.len() + answer.bytes();
                        if !(200..300).contains(&answer.status) {
                            load.failed += 1;
                            load.said = format!(
                                "{} {}",
                                answer.status,
                                String::from_utf8_lossy(&answer.body)
                            );
                        }
                    }
                }
                load
            })
        })
        .collect();
    barrier.wait();
    let from = Instant::now();
    let mut all = Load::default();
    for thread in threads {
        let load = thread.join().expect("a connection");
        all.ms.extend(load.ms);
        all.failed += load.failed;
        if load.failed > 0 {
            all.said = load.said;
        }
        all.bytes += load.bytes;
    }
    all.seconds = from.elapsed().as_secs_f64();
    all.ms.sort_by(f64::total_cmp);
    assert_eq!(all.failed, 0, "every answer of a measure is a success, not {}", all.said);
    all
}

/// Deals a list out to `hands`.
pub fn deal<T>(of: Vec<T>, hands: usize) -> Vec<Vec<T>> {
    let mut dealt: Vec<Vec<T>> = (0..hands).map(|_| Vec::new()).collect();
    for (n, one) in of.into_iter().enumerate() {
        dealt[n % hands].push(one);
    }
    dealt
}
