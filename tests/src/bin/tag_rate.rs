//! How many taps of NTAG 424 DNA tags the server verifies in a second, on one core: `tag_rate [SECONDS]`.
//!
//! Each is done from the organisation's master key, as at sync: the tag's keys are derived, then the tap
//! is verified. The database is not counted. Prints one line of JSON.

use std::hint::black_box;
use std::time::{Duration, Instant};

use releve_server::clients::sun::{self, Mode};
use releve_shared::id::HomeTagId;
use releve_shared::time::Moment;
use serde_json::json;

const TAGS: u32 = 1_000;

fn main() {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(2);
    let time = Duration::from_secs(seconds);
    println!(
        "{}",
        json!({ "aes_per_s": rate(Mode::Aes, time), "lrp_per_s": rate(Mode::Lrp, time) })
    );
}

/// Verifications in a second, over the taps of many tags.
#[expect(clippy::disallowed_methods, reason = "a measure of this program's own speed")]
fn rate(mode: Mode, time: Duration) -> u64 {
    let master = [7; 16];
    let taps: Vec<_> = (0..TAGS)
        .map(|n| {
            let [a, b, c, d] = n.to_be_bytes();
            let tag = HomeTagId::new(Moment(i64::from(n)), [a, b, c, d, 0, 0, 0, 0, 0, 0]);
            let keys = sun::keys_of(&master, tag);
            (tag, sun::mirror(mode, &keys, [4, 1, 2, a, b, c, d], n, [9; 8]))
        })
        .collect();
    let (start, mut done) = (Instant::now(), 0_u64);
    while start.elapsed() < time {
        for (tag, tap) in &taps {
            let read = sun::verify(&sun::keys_of(&master, *tag), tap).expect("a true tap");
            black_box(read);
        }
        done += u64::from(TAGS);
    }
    (done as f64 / start.elapsed().as_secs_f64()) as u64
}
