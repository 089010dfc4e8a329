//! `doctor`: what is wrong with this installation, in sentences.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use releve_shared::time::Moment;

use super::database;
use crate::app::{App, Clock as _, SystemChance, SystemClock};
use crate::config::Config;
use crate::db::{Answer, Db, Fault, Stop, migrate};
use crate::identity::every_organisation;
use crate::identity::keys::MasterKey;
use crate::{audit, health};

mod carriers;
mod machine;

/// Under this many free bytes the disk needs care.
const DISK_LOW: u64 = 1024 * 1024 * 1024;

/// A check's verdict, with its sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// All is well.
    Good(String),
    /// Worth a look; nothing is broken.
    Note(String),
    /// Broken.
    Bad(String),
}

/// Checks the installation and prints a line for each thing; true when nothing is broken.
///
/// # Errors
/// Never for what is wrong with the installation, which is told.
pub async fn doctor(file: Option<&Path>) -> Result<bool, Fault> {
    let mut good = true;
    for found in checks(file).await {
        let (sign, sentence) = match &found {
            Found::Good(sentence) => ("ok  ", sentence),
            Found::Note(sentence) => ("note", sentence),
            Found::Bad(sentence) => ("BAD ", sentence),
        };
        good &= !matches!(found, Found::Bad(_));
        println!("{sign}  {sentence}");
    }
    Ok(good)
}

async fn checks(file: Option<&Path>) -> Vec<Found> {
    let config = match Config::load(file) {
        Ok(config) => config,
        Err(error) => return vec![Found::Bad(error.to_string())],
    };
    let mut found = vec![Found::Good("The settings are understood.".to_owned())];
    found.extend(installation(config, SystemClock.now()).await);
    found
}

/// Looks at address, disk, clock, key and database of an installation.
pub async fn installation(config: Config, now: Moment) -> Vec<Found> {
    let mut found = vec![address(&config), disk(&config)];
    found.extend(machine::sync(&config.db.url));
    found.push(machine::clock(now));
    let master = master(&config.keys.master_file);
    let key = master.as_ref().ok().and_then(Clone::clone);
    found.push(match master {
        Ok(Some(_)) => Found::Good("The master key is there, for this user alone.".to_owned()),
        Ok(None) => Found::Note("There is no master key yet: `serve` draws it.".to_owned()),
        Err(sentence) => Found::Bad(sentence),
    });
    found.extend(data(config.clone(), key, now).await);
    found.extend(carriers::ways(&config, now).await);
    found
}

fn address(config: &Config) -> Found {
    let url = &config.server.public_url;
    if config.server.https() {
        return Found::Good(format!("Phones and browsers use {url}."));
    }
    Found::Note(format!(
        "Phones and browsers use {url}, without TLS: good for a trial on one machine only. Put a \
         proxy with TLS in front and set server.public_url to https://…"
    ))
}

fn disk(config: &Config) -> Found {
    match health::free_bytes(&config.db.url) {
        Some(free) if free < DISK_LOW => {
            Found::Bad(format!("Only {} MiB are free where the database lies.", free >> 20))
        }
        Some(free) => Found::Good(format!("{} GiB are free where the database lies.", free >> 30)),
        None => Found::Note("The database's disk cannot be looked at from here.".to_owned()),
    }
}

fn master(path: &Path) -> Result<Option<MasterKey>, String> {
    let Ok(about) = path.metadata() else { return Ok(None) };
    let told = format!("The master key's file {}", path.display());
    if about.permissions().mode() & 0o077 != 0 {
        return Err(format!("{told} can be read by others: chmod 600 it."));
    }
    let text = std::fs::read_to_string(path).map_err(|e| format!("{told} cannot be read: {e}."))?;
    MasterKey::parse(&text).map(Some).map_err(|fault| format!("{told}: {fault}."))
}

async fn data(mut config: Config, key: Option<MasterKey>, now: Moment) -> Vec<Found> {
    let absent = config.db.url.strip_prefix("sqlite:").is_some_and(|p| !Path::new(p).exists());
    if absent {
        return vec![Found::Note("There is no database yet: `serve` makes it.".to_owned())];
    }
    let db = match database(&config) {
        Ok(db) => db,
        Err(fault) => return vec![Found::Bad(format!("The database does not open: {fault}."))],
    };
    let mut found = match read(&db, |tx| Ok(tx.checkup()?)).await {
        Ok(checkup) => machine::judged(checkup, now),
        Err(fault) => return vec![Found::Bad(format!("The database does not answer: {fault}."))],
    };
    let newest = match read(&db, |tx| Ok(migrate::newest(tx)?)).await {
        Ok(newest) => newest,
        Err(fault) => {
            found.push(Found::Bad(format!("The database's schema cannot be read: {fault}.")));
            return found;
        }
    };
    let known = migrate::known();
    if newest > known {
        let sentence = "The database comes from a newer version of Relève: install that one.";
        found.push(Found::Bad(sentence.to_owned()));
        return found;
    }
    if newest < known {
        let due = known - newest;
        let sentence = format!("{due} migrations are due: `serve` or `migrate` runs them.");
        found.push(Found::Note(sentence));
        return found;
    }
    found.push(Found::Good("The database answers and is up to date.".to_owned()));
    match read(&db, |tx| Ok(audit::newest(tx)?)).await {
        Ok(newest) => found.extend(newest.and_then(|newest| machine::set_back(newest, now))),
        Err(fault) => found.push(Found::Bad(format!("The log cannot be read: {fault}."))),
    }
    if let Some(key) = key {
        config.master = key;
        let (clock, chance) = (std::sync::Arc::new(SystemClock), std::sync::Arc::new(SystemChance));
        found.push(match App::new(db.clone(), clock, chance, config).await {
            Ok(_) => Found::Good("The master key opens the keys in the database.".to_owned()),
            Err(fault) => Found::Bad(format!("{fault}.")),
        });
    }
    found.push(match read(&db, audit::verify).await {
        Ok(flaws) if flaws.is_empty() => Found::Good("The log's chain holds.".to_owned()),
        Ok(flaws) => {
            let first = flaws.first().map(|flaw| flaw.entry.to_string()).unwrap_or_default();
            Found::Bad(format!("The log was changed: entry {first} does not hold."))
        }
        Err(fault) => Found::Bad(format!("The log cannot be read: {fault}.")),
    });
    found.push(match read(&db, every_organisation).await {
        Ok(all) if all.is_empty() => {
            Found::Note("There is no organisation yet: `user add` founds one.".to_owned())
        }
        Ok(all) => Found::Good(format!("Organisations: {}.", all.len())),
        Err(fault) => Found::Bad(format!("Organisations cannot be read: {fault}.")),
    });
    found
}

async fn read<T: Send + 'static>(
    db: &Db,
    verb: impl Fn(&mut crate::db::Tx) -> Answer<T> + Send + Sync + 'static,
) -> Result<T, Fault> {
    db.read(verb).await.map_err(|stop| match stop {
        Stop::Fault(fault) => fault,
        Stop::Refusal(refusal) => Fault::new(refusal.to_string()),
    })
}
