//! Migrations: numbered files of `migrations/server/`, forward only, never changed once merged.
//!
//! A file is `NNNN_what.sql` for both engines, or a pair `NNNN_what.sqlite.sql` and
//! `NNNN_what.postgres.sql`. All that are due run in one transaction.

use std::collections::BTreeMap;

use releve_shared::time::Moment;
use sha2::{Digest, Sha256};

use super::answer::Fault;
use super::tx::{Link, Tx};

/// Names and texts, in the order of their names.
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (
    number BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    at BIGINT NOT NULL
)";

/// SQLite supposes that a value of an index's first column finds ten rows, so an organisation looks
/// as telling as a visit, and an index that happens to be in the order asked for wins: the stamps of a
/// visit were looked for among all stamps of the agency. This says how many rows it really finds, in
/// round numbers that never change, so that plans do not either.
const ESTIMATES: &str = "ANALYZE sqlite_schema;
    DELETE FROM sqlite_stat1;
    INSERT INTO sqlite_stat1 (tbl, idx, stat)
    SELECT t.name, i.name, '1000000 100000' || replace(hex(zeroblob(
             (SELECT COUNT(*) FROM pragma_index_info(i.name)) - 1)), '00', ' 10')
      FROM sqlite_schema t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
     WHERE t.type = 'table' AND c.seqno = 0 AND c.name IN ('organisation', 'held', 'state');
    ANALYZE sqlite_schema;";

crate::statements! {
    /// What this database has seen.
    SEEN = "SELECT number, name, checksum FROM migration ORDER BY number";
    /// Records a migration.
    RECORD = "INSERT INTO migration (number, name, checksum, at) VALUES ($1, $2, $3, $4)";
    /// Gives a new database its epoch; an older one keeps its own.
    BIRTH = "INSERT INTO instance (id, epoch, created_at) VALUES (1, $1, $2)
             ON CONFLICT (id) DO NOTHING";
    /// Gives a restored database another epoch.
    REBORN = "UPDATE instance SET epoch = $1 WHERE id = 1";
}

struct File {
    number: i64,
    name: &'static str,
    text: &'static str,
    checksum: String,
}

/// Brings the schema to what this binary knows, and says how many migrations ran. `epoch` is drawn
/// by the caller and kept if the database is new (sync.md F5).
///
/// # Errors
/// Those of the database; a merged file that has changed; a database of a newer Relève.
pub fn migrate(tx: &mut Tx, now: Moment, epoch: &str) -> Result<usize, Fault> {
    migrate_with(tx, FILES, now, epoch)
}

/// [`migrate`] with a list of one's own, for the tests of migrations.
///
/// # Errors
/// As [`migrate`].
pub fn migrate_with(
    tx: &mut Tx,
    files: &[(&'static str, &'static str)],
    now: Moment,
    epoch: &str,
) -> Result<usize, Fault> {
    let engine = match &mut tx.link {
        Link::Sqlite(_) => "sqlite",
        Link::Postgres(link) => {
            link.lock_schema()?;
            "postgres"
        }
    };
    tx.batch(TABLE)?;
    let known = files_for(files, engine)?;
    let seen = seen(tx)?;
    let newest_known = known.last_key_value().map_or(0, |(number, _)| *number);
    let newest_seen = seen.last_key_value().map_or(0, |(number, _)| *number);
    if newest_seen > newest_known {
        return Err(Fault::new(format!(
            "database_newer: this database comes from a newer version of Relève (migration \
             {newest_seen}, this version knows {newest_known}); install that version or a newer \
             one / cette base vient d'une version plus récente de Relève (migration {newest_seen}, \
             cette version connaît {newest_known}) : installez cette version ou une plus récente"
        )));
    }
    for (number, (name, checksum)) in &seen {
        if known.get(number).is_none_or(|file| file.checksum != *checksum) {
            return Err(Fault::new(format!(
                "migration_changed: the file of migration {name} is not the one that this database \
                 has run; a merged migration never changes / la migration {name} n'est plus celle \
                 que cette base a exécutée"
            )));
        }
    }
    // A number that was left out is filled when its file comes.
    let due: Vec<&File> = known.values().filter(|file| !seen.contains_key(&file.number)).collect();
    for file in &due {
        tx.batch(file.text).map_err(|e| Fault::of(format!("migration {}", file.name), e))?;
        let row = [file.number.into(), file.name.into(), file.checksum.as_str().into(), now.into()];
        tx.execute(&RECORD, &row)?;
    }
    tx.execute(&BIRTH, &[epoch.into(), now.into()])?;
    if !due.is_empty() && engine == "sqlite" {
        tx.batch(ESTIMATES)?;
    }
    Ok(due.len())
}

/// Gives a database that was put back from a copy another epoch: phones see by it that the server has
/// forgotten, and offer again what they keep (sync.md F5, C8).
///
/// # Errors
/// Those of the database.
pub fn restored(tx: &mut Tx, epoch: &str) -> Result<(), Fault> {
    tx.execute(&REBORN, &[epoch.into()])?;
    Ok(())
}

/// The newest migration that this database has run; 0 for none.
///
/// # Errors
/// Those of the database; also before the first migration.
pub fn newest(tx: &mut Tx) -> Result<i64, Fault> {
    Ok(seen(tx)?.last_key_value().map_or(0, |(number, _)| *number))
}

/// The migrations that this database has run, by number and name.
///
/// # Errors
/// As [`newest`].
pub fn ran(tx: &mut Tx) -> Result<Vec<(i64, String)>, Fault> {
    Ok(seen(tx)?.into_iter().map(|(number, (name, _))| (number, name)).collect())
}

/// Makes the schema of another database in an empty one, whatever its engine: only the migrations
/// that `ran` there.
///
/// # Errors
/// Those of [`migrate`], and when this binary does not know all of them.
pub fn migrate_as(
    tx: &mut Tx,
    ran: &[(i64, String)],
    now: Moment,
    epoch: &str,
) -> Result<usize, Fault> {
    // A pair has a file for each engine: `0007_what.sqlite.sql` is `0007_what` too.
    let stem = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let there: Vec<String> = ran.iter().map(|(_, name)| stem(name)).collect();
    let known: Vec<String> = FILES.iter().map(|(name, _)| stem(name)).collect();
    if let Some(strange) = there.iter().find(|name| !known.contains(name)) {
        return Err(Fault::new(format!(
            "database_newer: migration {strange} is not known to this version of Relève; use the \
             version that made the copy, or a newer one / la migration {strange} est inconnue de \
             cette version de Relève : utilisez celle qui a fait la copie, ou une plus récente"
        )));
    }
    let due = FILES.iter().filter(|(name, _)| there.contains(&stem(name)));
    migrate_with(tx, &due.copied().collect::<Vec<_>>(), now, epoch)
}

/// The newest migration that this binary knows.
#[must_use]
pub fn known() -> i64 {
    let number = |(name, _): &(&str, &str)| name.split_once('_')?.0.parse().ok();
    FILES.iter().filter_map(number).max().unwrap_or(0)
}

fn seen(tx: &mut Tx) -> Result<BTreeMap<i64, (String, String)>, Fault> {
    let rows = tx.query(&SEEN, &[])?;
    rows.iter().map(|row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).collect()
}

/// The files of an engine by number. Numbers may leave holes: branches that grow side by side draw theirs
/// beforehand.
fn files_for(
    files: &[(&'static str, &'static str)],
    engine: &str,
) -> Result<BTreeMap<i64, File>, Fault> {
    let mut known = BTreeMap::new();
    for (name, text) in files {
        let wrong = || Fault::new(format!("migration {name}: not a name like 0001_what.sql"));
        let (number, rest) = name.split_once('_').ok_or_else(wrong)?;
        let number: i64 = number.parse().map_err(|_| wrong())?;
        match rest.split('.').collect::<Vec<_>>().as_slice() {
            [_, "sql"] => {}
            [_, "sqlite" | "postgres", "sql"] => {
                if !rest.ends_with(&format!(".{engine}.sql")) {
                    continue;
                }
            }
            _ => return Err(wrong()),
        }
        let file = File { number, name, text, checksum: checksum(text) };
        if known.insert(number, file).is_some() {
            return Err(Fault::new(format!("migration {name}: its number is taken twice")));
        }
    }
    Ok(known)
}

/// SHA-256 of the text; line ends do not count, since a checkout may change them.
fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.replace("\r\n", "\n").as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
