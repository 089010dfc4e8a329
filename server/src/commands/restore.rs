//! `restore` and `backup --verify`: a sealed file becomes a database again.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::bufread::GzDecoder;

use super::backup::{Cell, FORMAT, Head, Line, fault};
use super::sealed::Opener;
use super::{bring_up, database, epoch, make_parent};
use crate::app::{App, Clock as _, SystemChance, SystemClock};
use crate::audit;
use crate::config::Config;
use crate::db::{Db, Fault, Table, Tx, Value, migrate};
use crate::identity::keys::MasterKey;

/// Rows handed to the database at a time.
const PAGE: usize = 500;

/// The migrations' own table is written by the migrations that run.
const MIGRATIONS: &str = "migration";

/// A backup that is being read, line by line.
struct Lines {
    from: BufReader<GzDecoder<BufReader<Opener<BufReader<File>>>>>,
    path: PathBuf,
}

impl Lines {
    fn open(path: &Path, key: &MasterKey) -> Result<(Head, Self), Fault> {
        let told = |e| Fault::of(format!("reading {}", path.display()), e);
        let file = BufReader::new(File::open(path).map_err(told)?);
        let opener = BufReader::new(Opener::new(file, key.bytes()).map_err(told)?);
        let from = BufReader::new(GzDecoder::new(opener));
        let mut lines = Self { from, path: path.to_owned() };
        let first = lines.next()?.unwrap_or_default();
        let head: Head = lines.parsed(&first)?;
        if head.releve_backup > FORMAT {
            return Err(lines.wrong("it comes from a newer version of Relève: use that one"));
        }
        Ok((head, lines))
    }

    fn next(&mut self) -> Result<Option<String>, Fault> {
        let mut line = String::new();
        let read = self.from.read_line(&mut line);
        let read = read.map_err(|e| Fault::of(format!("reading {}", self.path.display()), e))?;
        Ok((read > 0).then_some(line))
    }

    fn parsed<T: serde::de::DeserializeOwned>(&self, line: &str) -> Result<T, Fault> {
        serde_json::from_str(line).map_err(|e| Fault::of(format!("{}", self.path.display()), e))
    }

    fn wrong(&self, what: &str) -> Fault {
        Fault::new(format!("{}: {what}", self.path.display()))
    }
}

/// Puts a backup into the configured database, which must be empty, with another epoch: phones see
/// by it that the server has forgotten, and offer again what they keep (sync.md F5, C8).
///
/// # Errors
/// What is wrong, in words for the administrator; the database is then as empty as it was.
pub async fn restore(config: &Config, from: &Path, key: Option<&Path>) -> Result<(), Fault> {
    let key = recovery_key(config, key)?;
    let (head, _) = Lines::open(from, &key)?;
    let master = &config.keys.master_file;
    let kept = fs::read_to_string(master).ok();
    if kept.as_ref().is_some_and(|text| text.trim() != head.master.trim()) {
        return Err(Fault::new(format!(
            "the master key's file {} holds another key than the backup: move it away first",
            master.display()
        )));
    }
    let db = database(config)?;
    let (path, epoch) = (from.to_owned(), epoch());
    let fill = move |tx: &mut Tx| {
        if !tx.tables()?.is_empty() {
            return Err(Fault::new(
                "the database is not empty: a restore never writes over one. Move the file away \
                 (with its -wal and -shm), or name an empty database in db.url",
            )
            .into());
        }
        let (head, lines) = Lines::open(&path, &key)?;
        let rows = fill(tx, &head, lines)?;
        migrate::restored(tx, &epoch)?;
        Ok(rows)
    };
    let rows = db.write(fill).await.map_err(fault)?;
    if kept.is_none() {
        keep(master, &head.master)?;
    }
    let ran = bring_up(&db).await?;
    println!("{rows} rows are back, as of {}, from Relève {}.", when(&head), head.version);
    if ran > 0 {
        println!("{ran} migrations ran after that.");
    }
    println!(
        "The epoch is new: phones offer again what they keep of the last 30 days. Those that have \
         changed their token since ask to be enrolled again, and lose nothing."
    );
    Ok(())
}

/// Restores a backup into a database of its own, which is then thrown away, and tells whether it
/// holds: the file, its references, the keys, the log's chain.
///
/// # Errors
/// When the file cannot be read at all.
pub async fn verify(mut config: Config, from: &Path, key: Option<&Path>) -> Result<bool, Fault> {
    let key = recovery_key(&config, key)?;
    let (head, _) = Lines::open(from, &key)?;
    let folder = Folder::beside(&config.keys.master_file)?;
    let db = Db::open(&format!("sqlite:{}", folder.0.join("verify.db").display()))?;
    let path = from.to_owned();
    let filled = db.write(move |tx| {
        let (head, lines) = Lines::open(&path, &key)?;
        Ok(fill(tx, &head, lines)?)
    });
    let rows = match filled.await.map_err(fault) {
        Ok(rows) => rows,
        Err(fault) => {
            println!("BAD   {fault}.");
            return Ok(false);
        }
    };
    println!("ok    {rows} rows, as of {}, from Relève {}.", when(&head), head.version);
    let _ = bring_up(&db).await?;
    let mut good = true;
    let mut tell = |holds: bool, well: &str, ill: String| {
        good &= holds;
        println!("{}", if holds { format!("ok    {well}") } else { format!("BAD   {ill}") });
    };
    let said = db.read(|tx| Ok(tx.integrity()?)).await.map_err(fault)?;
    tell(said.is_empty(), "Every page and every reference holds.", said.join("; "));
    let flaws = db.read(audit::verify).await.map_err(fault)?;
    let first = flaws.first().map(|flaw| flaw.entry.to_string()).unwrap_or_default();
    tell(
        flaws.is_empty(),
        "The log's chain holds.",
        format!("The log was changed: entry {first} does not hold."),
    );
    config.master = MasterKey::parse(&head.master)?;
    let opened = App::new(db, Arc::new(SystemClock), Arc::new(SystemChance), config).await;
    let ill = opened.as_ref().err().map(ToString::to_string).unwrap_or_default();
    tell(opened.is_ok(), "Its master key opens its keys.", ill);
    Ok(good)
}

/// Fills an empty database; gives how many rows.
fn fill(tx: &mut Tx, head: &Head, mut lines: Lines) -> Result<u64, Fault> {
    migrate::migrate_as(tx, &head.migrations, SystemClock.now(), &head.epoch)?;
    let mut tables = tx.tables()?;
    tables.retain(|table| table.name() != MIGRATIONS);
    tx.empty(&tables)?;
    let mut rows = 0;
    let mut current: Option<Table> = None;
    let mut waiting: Vec<Vec<Value>> = Vec::new();
    while let Some(line) = lines.next()? {
        if line.starts_with('[') {
            let cells: Vec<Cell> = lines.parsed(&line)?;
            rows += 1;
            if let Some(table) = &current {
                waiting.push(cells.into_iter().map(Value::from).collect());
                if waiting.len() >= PAGE {
                    tx.put_rows(table, &waiting)?;
                    waiting.clear();
                }
            }
            continue;
        }
        if let Some(table) = &current {
            tx.put_rows(table, &waiting)?;
            waiting.clear();
        }
        match lines.parsed::<Line>(&line)? {
            Line::Table { name, .. } if name == MIGRATIONS => current = None,
            Line::Table { name, columns } => {
                let known = tables.iter().find(|table| table.name() == name);
                let known = known.and_then(|table| table.narrowed(&columns));
                let known = known.ok_or_else(|| {
                    lines.wrong(&format!("this version does not know its table {name} so"))
                })?;
                current = Some(known);
            }
            Line::End { rows: told } if told == rows => {
                return match lines.next()? {
                    None => Ok(rows),
                    Some(_) => Err(lines.wrong("something follows its end")),
                };
            }
            Line::End { rows: told } => {
                return Err(lines.wrong(&format!("{rows} rows, not the {told} that it tells")));
            }
        }
    }
    Err(lines.wrong("it has no end"))
}

/// In UTC: the machine that restores may be elsewhere.
fn when(head: &Head) -> String {
    let at = jiff::Timestamp::from_millisecond(head.made_at.0);
    at.map(|at| format!("{at:.0}")).unwrap_or_default()
}

fn recovery_key(config: &Config, key: Option<&Path>) -> Result<MasterKey, Fault> {
    let path = key.unwrap_or(&config.keys.backup_file);
    let told = |e| Fault::of(format!("the recovery key's file {}", path.display()), e);
    let text = fs::read_to_string(path).map_err(told)?;
    MasterKey::parse(&text)
        .map_err(|_| Fault::new(format!("{} holds no recovery key", path.display())))
}

fn keep(master: &Path, text: &str) -> Result<(), Fault> {
    make_parent(master)?;
    let told = |e| Fault::of(format!("the master key's file {}", master.display()), e);
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(master).map_err(told)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(told)
}

/// A folder for this user alone, beside the keys, that goes with the check.
struct Folder(PathBuf);

impl Folder {
    fn beside(file: &Path) -> Result<Self, Fault> {
        make_parent(file)?;
        let parent = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let path = parent.unwrap_or(Path::new(".")).join(format!("verify-{}", epoch()));
        let made = fs::DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|e| Fault::of(format!("making the folder {}", path.display()), e))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is told by its name; there is nobody left to tell more.
        let _ = fs::remove_dir_all(&self.0);
    }
}
