//! What `doctor` says of the machine: its disk and its clocks.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use releve_shared::time::{Moment, SECOND_MS};

use super::Found;
use crate::db::{Checkup, instant};
use crate::health;

/// How many times a write is waited for.
const TRIES: usize = 15;
/// A disk that takes longer makes every badge of every phone wait.
const SLOW: Duration = Duration::from_millis(50);
/// Clocks may differ by this much; phones are measured to the second.
const APART_MS: i64 = 2 * SECOND_MS;
/// When this program was built.
const BUILT_S: &str = env!("RELEVE_BUILT_S");

/// How long a write takes to be safe where the database lies; nothing for PostgreSQL.
pub(super) fn sync(url: &str) -> Option<Found> {
    let folder = health::folder(url)?;
    Some(match median(&folder) {
        Ok(took) => judged_write(took),
        Err(error) => Found::Bad(format!(
            "Nothing can be written in {}: {error}. Badges cannot be taken.",
            folder.display()
        )),
    })
}

fn judged_write(took: Duration) -> Found {
    let ms = format!("{:.2}", took.as_secs_f64() * 1000.0);
    if took > SLOW {
        return Found::Note(format!(
            "A write takes {ms} ms to be safe on the disk: that is slow, and every badge waits for it."
        ));
    }
    Found::Good(format!("A write takes {ms} ms to be safe on the disk."))
}

/// The median time of a small write with its fsync.
fn median(folder: &Path) -> io::Result<Duration> {
    let path = folder.join(format!(".releve-doctor-{}", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
    let mut write = || {
        let start = instant();
        file.write_all(&[0x5a; 4096])?;
        file.sync_all()?;
        Ok(start.elapsed())
    };
    let took: io::Result<Vec<Duration>> = (0..TRIES).map(|_| write()).collect();
    fs::remove_file(&path)?;
    let mut took = took?;
    took.sort_unstable();
    Ok(took.get(TRIES / 2).copied().unwrap_or_default())
}

/// Whether the machine's clock can be right at all.
pub(super) fn clock(now: Moment) -> Found {
    let built = Moment(BUILT_S.parse::<i64>().unwrap_or(0) * SECOND_MS);
    if now < built {
        return Found::Bad(format!(
            "The machine's clock shows a time {} before this program was built: set it (timedatectl \
             set-ntp true). Hours of visits are measured by it.",
            words(built.since(now))
        ));
    }
    Found::Good("The machine's clock shows a possible time.".to_owned())
}

/// Whether the clock was set back since the log's newest entry.
pub(super) fn set_back(newest: Moment, now: Moment) -> Option<Found> {
    let ahead = newest.since(now);
    (ahead > APART_MS).then(|| {
        Found::Bad(format!(
            "The newest entry of the log is {} ahead of the machine's clock: was it set back?",
            words(ahead)
        ))
    })
}

/// What a look at the database has found.
pub(super) fn judged(checkup: Checkup, now: Moment) -> Vec<Found> {
    let mut found = Vec::new();
    if checkup.flaws.is_empty() {
        found.push(Found::Good(format!("{} is sound.", checkup.engine)));
    }
    found.extend(checkup.flaws.into_iter().map(Found::Bad));
    if let Some(clock) = checkup.clock {
        let apart = clock.since(now).abs();
        found.push(if apart > APART_MS {
            Found::Bad(format!(
                "The clocks of this machine and of the database's are {} apart: set both by NTP.",
                words(apart)
            ))
        } else {
            Found::Good("The database's clock agrees with this machine's.".to_owned())
        });
    }
    found
}

fn words(ms: i64) -> String {
    let seconds = ms / SECOND_MS;
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_cannot_be_right_is_told() {
        assert!(matches!(clock(Moment(0)), Found::Bad(said) if said.contains("days before")));
        assert!(matches!(clock(Moment(i64::MAX)), Found::Good(_)));
        let now = Moment(1_800_000_000_000);
        assert_eq!(set_back(now.plus(1_000), now), None);
        let back = set_back(now.plus(3 * 3_600_000), now).unwrap();
        assert!(matches!(back, Found::Bad(said) if said.contains("3 h ahead")));
    }

    #[test]
    fn clocks_apart_and_flaws_are_told() {
        let now = Moment(1_800_000_000_000);
        let at = |clock| Checkup { engine: "PostgreSQL 17".into(), flaws: Vec::new(), clock };
        assert_eq!(judged(at(None), now), [Found::Good("PostgreSQL 17 is sound.".into())]);
        let apart = judged(at(Some(now.plus(-300_000))), now);
        assert!(matches!(&apart[1], Found::Bad(said) if said.contains("5 min apart")));
        let flawed = Checkup { flaws: vec!["It is broken.".into()], ..at(Some(now)) };
        let told = judged(flawed, now);
        assert_eq!(told[0], Found::Bad("It is broken.".into()));
        assert!(matches!(told[1], Found::Good(_)));
    }

    #[test]
    fn a_disk_is_written_to_and_left_clean() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("releve.db").display());
        assert!(matches!(sync(&url), Some(Found::Good(_) | Found::Note(_))));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert_eq!(sync("postgres://here/x"), None);
        assert!(matches!(judged_write(SLOW * 2), Found::Note(said) if said.contains("slow")));
        assert!(median(&folder.path().join("absent")).is_err());
    }
}
