//! Destroying what a phone holds: keys first, then files; a marker outside the databases makes it
//! resume after a crash (sync.md WP2).

use std::path::{Path, PathBuf};

use releve_shared::enrolment::WipeReceipt;
use releve_shared::planted;
use serde::{Deserialize, Serialize};

use super::{replace, sync_folder};
use crate::fault::Fault;
use crate::ports::{Secret, Vault};

const MARKER: &str = "wipe.json";

/// How far a wipe has come. It holds nothing of anybody: ids of the phone and of the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marker {
    /// The server to confirm to; none for a sign-out.
    pub(crate) confirm: Option<Confirm>,
    /// What is left to do.
    pub(crate) stage: Stage,
}

/// To whom, and with what, a wipe is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Confirm {
    pub(crate) server: String,
    pub(crate) receipt: WipeReceipt,
}

/// A step of a wipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// The outbox is sent, once, whatever comes of it.
    Sending,
    /// Keys and files are destroyed.
    Destroying,
    /// The server is told.
    Confirming,
    /// All is done; the marker stays to tell the worker, until the next enrolment.
    Done,
}

/// The marker of a folder, when there is one. A marker that cannot be read means: destroy.
pub(crate) fn marker(folder: &Path) -> Result<Option<Marker>, Fault> {
    match std::fs::read(path(folder)) {
        Ok(bytes) => Ok(Some(
            serde_json::from_slice(&bytes)
                .unwrap_or(Marker { confirm: None, stage: Stage::Destroying }),
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Writes the marker, durably before it returns.
pub(crate) fn mark(folder: &Path, marker: &Marker) -> Result<(), Fault> {
    replace(folder, MARKER, &serde_json::to_vec(marker)?)
}

/// Removes the marker.
pub(crate) fn unmark(folder: &Path) -> Result<(), Fault> {
    match std::fs::remove_file(path(folder)) {
        Ok(()) => sync_folder(folder),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Destroys keys, then files. Doing it again is harmless. The databases must be closed.
pub(crate) fn destroy(folder: &Path, vault: &dyn Vault) -> Result<(), Fault> {
    for secret in [
        Secret::CareKey,
        Secret::DutyKey,
        Secret::DeviceSeed,
        Secret::Token,
        Secret::NextToken,
        Secret::SmsKey,
        Secret::AlarmKey,
        Secret::PinShare,
        Secret::PresenceKey,
    ] {
        if secret == Secret::CareKey && planted!("wipe_leaves_something") {
            continue;
        }
        vault.destroy(secret)?;
    }
    for file in super::files(folder)? {
        if file.ends_with(super::CARE_FILE) && planted!("wipe_leaves_something") {
            continue;
        }
        std::fs::remove_file(file)?;
    }
    sync_folder(folder)
}

fn path(folder: &Path) -> PathBuf {
    folder.join(MARKER)
}
