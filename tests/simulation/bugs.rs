//! The bugs that may be planted in the product (`planted!` in its sources), what each would be in
//! words, and the proof that the simulation finds every one of them.

/// Name and meaning, in alphabetical order.
pub const BUGS: &[(&str, &str)] = &[
    ("ack_before_commit", "the server answers although the commit failed"),
    ("alarm_early", "the server forgets the countdown of an alarm that it hears of"),
    ("alarm_not_saved", "the phone keeps its alarm in memory only"),
    ("any_401_wipes", "the phone wipes itself at a 401 that nobody has signed"),
    ("cursor_by_timestamp", "the feed's cursor is a coarse time instead of a number"),
    ("dedupe_by_content", "a second stamp of the same kind is taken for the first"),
    ("epoch_ignored", "the phone does not notice that the server was restored"),
    ("given_on_and_kept", "a visit given on does not leave the planning that it was in"),
    ("grant_check_skipped", "a pull serves the scopes that the phone names, granted or not"),
    ("half_an_act", "a stamp and its command are two transactions"),
    ("last_arrival_wins", "of two phones, the notes that arrive last stand"),
    ("number_before_transaction", "the feed's numbers are drawn in a transaction of their own"),
    ("old_screen_wins", "a change made on an old screen overwrites a newer one"),
    ("order_by_device_clock", "notes are ordered by the phones' wall clocks"),
    ("other_start_trusted", "an anchor of another start of the phone dates a stamp"),
    ("outcome_not_stored", "a command's outcome is not stored"),
    ("page_without_cursors", "a page is applied without its cursors"),
    ("refresh_loses_queue", "the phone empties its outbox when its token changes"),
    ("retry_with_new_id", "a command that is sent again has another id"),
    ("token_used_before_kept", "the phone uses its next token before the server keeps it"),
    ("tombstone_skipped", "a pull leaves out what is gone"),
    ("wall_clock_trusted", "a stamp is dated by the phone's wall clock"),
    ("wipe_leaves_something", "a wipe leaves the mirror and its key"),
];

/// T2: the list and the sources know the same bugs.
#[test]
fn every_planted_bug_is_listed() {
    let mut planted = std::collections::BTreeSet::new();
    for folder in ["shared/src", "app/core/src", "server/src"] {
        for source in releve_tests::source::sources(folder) {
            for piece in source.text.split("planted!(\"").skip(1) {
                planted.insert(piece.split('"').next().unwrap_or_default().to_owned());
            }
        }
    }
    let listed = BUGS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(planted, listed);
}

/// T2: the simulation finds every planted bug within the seeds of the suite. Prints the table of
/// docs/reliability.md.
#[cfg(feature = "planted")]
#[test]
#[ignore = "a build of its own: make planted"]
fn each_is_found() {
    let only = std::env::var("RELEVE_BUG").ok();
    let mut missed = Vec::new();
    super::on_sqlite(|scene| {
        println!("| bug | what it is | first seed | how it shows |\n|---|---|---|---|");
        for (name, what) in BUGS.iter().filter(|bug| only.as_ref().is_none_or(|o| o == bug.0)) {
            match first_seed_of(scene, name) {
                Some((seed, words)) => println!("| `{name}` | {what} | {seed} | {words} |"),
                None => missed.push(name),
            }
        }
    });
    assert!(missed.is_empty(), "not found within {MOST} seeds: {missed:?}");
}

#[cfg(feature = "planted")]
const MOST: u64 = 2_000;

/// The first seed that fails with a bug planted, and the first line of its words.
#[cfg(feature = "planted")]
fn first_seed_of(scene: &super::Scene, bug: &'static str) -> Option<(u64, String)> {
    use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};

    releve_shared::planted::plant(Some(bug));
    let usual = take_hook();
    set_hook(Box::new(|_| {}));
    let (next, found) = (AtomicU64::new(1), Mutex::new(None::<(u64, String)>));
    let search = || {
        loop {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed > MOST || found.lock().unwrap().is_some() {
                return;
            }
            let run = AssertUnwindSafe(|| super::Run::new(seed, scene).plays());
            let Err(payload) = catch_unwind(run) else { continue };
            let words = payload.downcast_ref::<String>().map(String::as_str);
            let words = words.or_else(|| payload.downcast_ref().copied()).unwrap_or_default();
            let line = words.lines().next().unwrap_or_default().replace('|', "/");
            let mut found = found.lock().unwrap();
            if found.as_ref().is_none_or(|(first, _)| seed < *first) {
                *found = Some((seed, line.chars().take(90).collect()));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(search);
        }
    });
    set_hook(usual);
    releve_shared::planted::plant(None);
    found.into_inner().unwrap()
}
