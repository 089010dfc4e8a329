//! What an administrator wants to know of a database before trusting it.

use releve_shared::time::Moment;

use super::answer::Fault;
use super::tx::{Link, Tx};

/// The oldest PostgreSQL whose makers still mend it.
const OLDEST_POSTGRES: i64 = 14;

/// What a look at the database has found.
#[derive(Clone, Debug, Default)]
pub struct Checkup {
    /// The engine and its version.
    pub engine: String,
    /// What is broken, or would lose what was acknowledged; in sentences.
    pub flaws: Vec<String>,
    /// The database's own clock, when it is another machine's.
    pub clock: Option<Moment>,
}

impl Tx {
    /// Looks at the database: on SQLite, reads the whole file for damage; on PostgreSQL, whether it
    /// is set to keep what it has acknowledged.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn checkup(&mut self) -> Result<Checkup, Fault> {
        match &mut self.link {
            Link::Sqlite(link) => {
                let engine = format!("SQLite {}", link.text("SELECT sqlite_version()")?.join(""));
                let mut flaws: Vec<String> = link
                    .text("PRAGMA quick_check(10)")?
                    .into_iter()
                    .filter(|line| line != "ok")
                    .map(|line| format!("The file is damaged: {}.", line.trim()))
                    .collect();
                let astray = "SELECT DISTINCT \"table\" FROM pragma_foreign_key_check LIMIT 10";
                let astray = link.text(astray)?.into_iter();
                flaws.extend(astray.map(|table| format!("Rows of {table} belong to nothing.")));
                Ok(Checkup { engine, flaws, clock: None })
            }
            Link::Postgres(link) => {
                let version = link.text("SHOW server_version")?;
                let number: i64 = link.text("SHOW server_version_num")?.parse().unwrap_or(0);
                let mut flaws = Vec::new();
                if number / 10_000 < OLDEST_POSTGRES {
                    flaws.push(format!(
                        "PostgreSQL {version} is too old: at least {OLDEST_POSTGRES} is needed."
                    ));
                }
                for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
                    if link.text(&format!("SHOW {setting}"))? == "off" {
                        flaws.push(format!(
                            "PostgreSQL runs with {setting} = off: a power cut loses what was \
                             acknowledged to phones."
                        ));
                    }
                }
                let encoding = link.text("SHOW server_encoding")?;
                if encoding != "UTF8" {
                    flaws.push(format!("The database's encoding is {encoding}: it must be UTF8."));
                }
                let clock = "SELECT CAST(CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000
                                              AS BIGINT) AS TEXT)";
                let clock = link.text(clock)?.parse().ok().map(Moment);
                Ok(Checkup { engine: format!("PostgreSQL {version}"), flaws, clock })
            }
        }
    }
}
