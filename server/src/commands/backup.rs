//! `backup`: all that a server needs to live again, in one sealed file, while it serves.
//!
//! The file holds lines of JSON, compressed and sealed by the recovery key: a head (with the master
//! key), then each table with its rows, those that others refer to first, then the end. Rows are
//! logical, so that a backup of SQLite may be put back into PostgreSQL and the other way round.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};

use super::sealed::{DRAWN, Sealer};
use super::{database, master_key};
use crate::app::{Chance as _, Clock as _, SystemChance, SystemClock};
use crate::config::Config;
use crate::db::{Fault, Stop, Tx, Value, migrate};

/// The form of the file; a newer one is refused.
pub(super) const FORMAT: u32 = 1;

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    /// See [`FORMAT`].
    pub(super) releve_backup: u32,
    /// When it was made.
    pub(super) made_at: Moment,
    /// Which Relève made it.
    pub(super) version: String,
    /// The database's epoch, for people: a restore draws another.
    pub(super) epoch: String,
    /// Migrations that the database has run, by number and name.
    pub(super) migrations: Vec<(i64, String)>,
    /// The text of the master key's file: without it the rows' sealed keys open no more.
    pub(super) master: String,
}

/// A line that is no row and no head.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// The rows that follow are of this table.
    Table {
        /// Its name.
        name: String,
        /// What each value of a row is.
        columns: Vec<String>,
    },
    /// All is said.
    End {
        /// Rows of all tables.
        rows: u64,
    },
}

/// A value of a row.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Text(String),
}

impl From<&Value> for Cell {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(int) => Self::Int(*int),
            Value::Text(text) => Self::Text(text.clone()),
        }
    }
}

impl From<Cell> for Value {
    fn from(cell: Cell) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Int(int) => Self::Int(int),
            Cell::Text(text) => Self::Text(text),
        }
    }
}

/// Writes a backup of the configured database to `to`, which must not exist yet.
///
/// # Errors
/// What is wrong, in words for the administrator. No half file is left under the name.
pub async fn backup(config: &Config, to: &Path, key: Option<&Path>) -> Result<(), Fault> {
    if to.exists() {
        return Err(Fault::new(format!(
            "{} exists already: a backup never writes over another",
            to.display()
        )));
    }
    if config.db.url.strip_prefix("sqlite:").is_some_and(|path| !Path::new(path).exists()) {
        return Err(Fault::new("there is no database yet to back up"));
    }
    let key_path = key.unwrap_or(&config.keys.backup_file).to_owned();
    let drawn = !key_path.exists();
    let key = master_key(&key_path)?;
    if !config.keys.master_file.exists() {
        return Err(Fault::new(format!(
            "the master key's file {} is not there",
            config.keys.master_file.display()
        )));
    }
    let master = master_key(&config.keys.master_file)?.text();
    let db = database(config)?;
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = Part(PathBuf::from(part));
    let path = part.0.clone();
    let (tables, rows) = db
        .read(move |tx| Ok(write(tx, &path, key.bytes(), &master, SystemClock.now())?))
        .await
        .map_err(fault)?;
    let told = |e| Fault::of(format!("writing {}", to.display()), e);
    fs::rename(&part.0, to).map_err(told)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
    folder.map_err(told)?;
    let size = fs::metadata(to).map_err(told)?.len();
    println!(
        "{}: {rows} rows of {tables} tables, {} KiB, sealed.",
        to.display(),
        size.div_ceil(1024)
    );
    if drawn {
        println!(
            "The recovery key was drawn into {}. Keep a copy of it elsewhere, apart from the backups: \
             without it no backup opens, and with it every one does.",
            key_path.display()
        );
    }
    Ok(())
}

/// A file that is not whole yet: gone when the backup fails.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // Renamed when all went well: nothing is left to remove.
        let _ = fs::remove_file(&self.0);
    }
}

/// Writes everything of one snapshot; gives how many tables and rows.
fn write(
    tx: &mut Tx,
    path: &Path,
    key: &[u8; 32],
    master: &str,
    now: Moment,
) -> Result<(usize, u64), Fault> {
    let told = |e: std::io::Error| Fault::of(format!("writing {}", path.display()), e);
    let open = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let mut drawn = [0; DRAWN];
    SystemChance.fill(&mut drawn);
    let sealer = Sealer::new(BufWriter::new(open.map_err(told)?), key, drawn).map_err(told)?;
    let mut out = GzEncoder::new(sealer, Compression::fast());
    let head = Head {
        releve_backup: FORMAT,
        made_at: now,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        epoch: tx.epoch()?,
        migrations: migrate::ran(tx)?,
        master: master.to_owned(),
    };
    line(&mut out, &head)?;
    let tables = tx.tables()?;
    let mut rows = 0;
    for table in &tables {
        let (name, columns) = (table.name().to_owned(), table.columns().to_vec());
        line(&mut out, &Line::Table { name, columns })?;
        rows += tx.each_row(table, &mut |values| {
            line(&mut out, &values.iter().map(Cell::from).collect::<Vec<_>>())
        })?;
    }
    line(&mut out, &Line::End { rows })?;
    let file = out.finish().and_then(Sealer::end).map_err(told)?;
    let file = file.into_inner().map_err(|e| told(e.into_error()))?;
    file.sync_all().map_err(told)?;
    Ok((tables.len(), rows))
}

fn line(out: &mut impl Write, what: &impl Serialize) -> Result<(), Fault> {
    serde_json::to_writer(&mut *out, what).map_err(|e| Fault::of("writing the backup", e))?;
    out.write_all(b"\n").map_err(|e| Fault::of("writing the backup", e))
}

pub(super) fn fault(stop: Stop) -> Fault {
    match stop {
        Stop::Fault(fault) => fault,
        Stop::Refusal(refusal) => Fault::new(format!("refused: {refusal}")),
    }
}
