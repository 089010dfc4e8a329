//! `make bench`: the figures of docs/performance.md, measured beside peers and ceilings in one run.
//!
//! `releve-bench all` measures; the other words are parts that it starts as processes of their own.
#![expect(clippy::disallowed_methods, reason = "a bench reads clocks and its environment")]

mod canned;
mod figures;
mod http;
mod load;
mod measures;
mod ours;
mod peers;
mod phone;
mod processes;
mod seed;
mod wire;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use measures::World;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |n: usize| words.get(n).map(String::as_str).unwrap_or_default();
    match word(0) {
        "all" => all(),
        "echo" => peers::echo::serve(word(1).parse().expect("a port")),
        "day" => phone::day_of(&PathBuf::from(word(1))),
        "taps" => {
            phone::taps_of(&PathBuf::from(word(1)), word(2).parse().expect("how many"));
        }
        other => eprintln!("releve-bench: {other:?} is not known here; `make bench` runs it"),
    }
}

fn all() {
    let only = std::env::var("ONLY").unwrap_or_default();
    let only: Vec<String> =
        only.split(',').map(|id| id.trim().to_uppercase()).filter(|id| !id.is_empty()).collect();
    let quick = std::env::var("QUICK").is_ok_and(|value| !value.is_empty() && value != "0");
    let mut figures = figures::Figures::default();
    let mut world = World::new(quick);
    let started = std::time::Instant::now();
    for (id, measure) in measures::ALL {
        if !only.is_empty() && !only.iter().any(|wanted| wanted == id) {
            continue;
        }
        println!("\n▶ {id} ({} s)", started.elapsed().as_secs());
        let from = std::time::Instant::now();
        // One that cannot be measured says why, and the next ones begin with fresh servers.
        let measured = catch_unwind(AssertUnwindSafe(|| measure(&mut world)));
        if measured.is_err() {
            println!("  {id} could not be measured: its words are above");
            world.stop();
        }
        for figure in measured.unwrap_or_default() {
            println!("  {}", figure.line());
            figures.keep(figure);
        }
        // Written as it goes: a run that is cut keeps what it has.
        figures.write(&world);
        println!("  {id} took {:.0} s", from.elapsed().as_secs_f64());
    }
    world.stop();
    println!("\ndocs/performance.md and docs/performance.json are written.");
}
