//! What the commands of `releve-server` do.

pub mod backup;
pub mod demo;
pub mod doctor;
pub mod restore;
mod sealed;
pub mod user;
pub mod verify;

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::app::{App, Chance as _, Clock as _, SystemChance, SystemClock};
use crate::config::Config;
use crate::db::{Db, Fault, Stop, migrate};
use crate::identity::keys::MasterKey;
use crate::{http, tasks};

/// Opens the database, brings it up to date, and opens or makes the keys.
///
/// # Errors
/// What is wrong, in words for the administrator.
pub async fn open(mut config: Config) -> Result<App, Fault> {
    config.master = master_key(&config.keys.master_file)?;
    let db = database(&config)?;
    bring_up(&db).await?;
    App::new(db, Arc::new(SystemClock), Arc::new(SystemChance), config).await
}

/// Brings the database up to date; gives how many migrations ran. A `restored` one gets another epoch.
///
/// # Errors
/// What is wrong, in words for the administrator.
pub async fn migrate(config: &Config, restored: bool) -> Result<usize, Fault> {
    let db = database(config)?;
    let ran = bring_up(&db).await?;
    if restored {
        let epoch = epoch();
        db.write(move |tx| Ok(migrate::restored(tx, &epoch)?)).await.map_err(
            |stop| match stop {
                Stop::Fault(fault) => fault,
                Stop::Refusal(refusal) => Fault::new(format!("refused: {refusal}")),
            },
        )?;
    }
    Ok(ran)
}

async fn bring_up(db: &Db) -> Result<usize, Fault> {
    db.migrate(SystemClock.now(), epoch()).await
}

fn epoch() -> String {
    let mut chance = [0; 16];
    SystemChance.fill(&mut chance);
    uuid::Builder::from_random_bytes(chance).into_uuid().to_string()
}

fn database(config: &Config) -> Result<Db, Fault> {
    let url = config.database_url().map_err(|e| Fault::of("opening the database", e))?;
    if let Some(path) = url.strip_prefix("sqlite:") {
        make_parent(Path::new(path))?;
    }
    Db::open(&url)
}

/// Serves an application at its address until `stop` ends; `ready` is told the address in use.
///
/// # Errors
/// When the address cannot be listened on, or the socket fails.
pub async fn listen(
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Fault> {
    let wanted = app.config.server.listen.clone();
    let bound = TcpListener::bind(&wanted).await;
    let listener = bound.map_err(|e| Fault::of(format!("listening on {wanted}"), e))?;
    let address = listener.local_addr().map_err(|e| Fault::of("listening", e))?;
    tracing::info!(%address, "serving");
    ready(address);
    tasks::serve(app, listener, stop).await
}

/// Reads the master key; draws it and writes its file, readable by this user alone, when there is
/// none.
///
/// # Errors
/// When the file cannot be read or written.
pub fn master_key(path: &Path) -> Result<MasterKey, Fault> {
    let told = || format!("the master key's file {}", path.display());
    match fs::read_to_string(path) {
        Ok(text) => MasterKey::parse(&text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            make_parent(path)?;
            let mut bytes = [0; 32];
            SystemChance.fill(&mut bytes);
            let key = MasterKey::from_bytes(bytes);
            let options =
                fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            let mut file = options.map_err(|e| Fault::of(told(), e))?;
            let written = file.write_all(key.text().as_bytes()).and_then(|()| file.sync_all());
            written.map_err(|e| Fault::of(told(), e))?;
            Ok(key)
        }
        Err(error) => Err(Fault::of(told(), error)),
    }
}

fn make_parent(path: &Path) -> Result<(), Fault> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|e| Fault::of(format!("making the folder {}", folder.display()), e))
}

/// Writes the OpenAPI document to a file or the terminal.
///
/// # Errors
/// When the file cannot be written.
pub fn openapi(out: Option<&Path>) -> Result<(), Fault> {
    let text = http::openapi().map_err(|e| Fault::of("writing the OpenAPI document", e))?;
    match out {
        None => print!("{text}"),
        Some(path) => {
            let failed = |e| Fault::of(format!("writing {}", path.display()), e);
            fs::write(path, text).map_err(failed)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_master_key_is_made_once_and_for_this_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/master.key");
        let first = master_key(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(master_key(&path).unwrap().text(), first.text());
        fs::write(&path, "damaged").unwrap();
        assert!(master_key(&path).is_err(), "a damaged file is never written over");
    }
}
