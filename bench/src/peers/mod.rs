//! Those we are measured beside. Each is the published program, installed by scripts/bench.

pub mod anki;
pub mod echo;
pub mod pocketbase;
pub mod pouch;

use std::path::PathBuf;

use crate::processes::root;

/// Where scripts/bench has installed them.
pub fn folder() -> PathBuf {
    root().join("target/peers")
}

/// An event of reference, some 400 bytes, as a peer would store it.
pub fn event(n: usize) -> serde_json::Value {
    serde_json::json!({
        "uuid": format!("01930000-0000-7000-8000-{n:012x}"),
        "worker": format!("01930000-0000-7001-8000-{:012x}", n % 500),
        "visit": format!("01930000-0000-7002-8000-{:012x}", n % 50_000),
        "kind": if n.is_multiple_of(2) { "start" } else { "end" },
        "wall": 1_790_000_000_000_u64 + n as u64,
        "up": 100_000_000 + n,
        "proof": "q7Qm0xU8Jr1dTn3sW5vB9yE2hK6lP4aZcXoGiRfMbNuVtSjYwDqHkLeCzAoPgIxF0x1y2z3a4b5c6d7e8f",
        "note": "Tout va bien, elle a bien mangé.",
    })
}
