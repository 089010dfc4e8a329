//! What an alarm needs when the databases cannot be opened: two small files beside them
//! (docs/decisions/0011).
//!
//! `alarm.sealed` is a copy of what an alarm needs to know, sealed under a key of its own that asks for
//! nobody's presence. `alarm.json` wants no key: numbers of the office and delays, nothing of anybody.

use std::io::ErrorKind;
use std::path::Path;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{key_of, replace};
use crate::fault::Fault;
use crate::ports::{Chance, Secret, Vault};

/// Names of both files, companions included, begin with this.
pub(crate) const PREFIX: &str = "alarm.";
const SEALED: &str = "alarm.sealed";
const PLAIN: &str = "alarm.json";
/// What the sealed bytes are for.
const MAGIC: &[u8] = b"releve alarm copy 1";
/// Bytes drawn for each sealing, kept in front.
const NONCE: usize = 24;

/// The sealed copy, when there is one.
pub(crate) fn sealed<T: DeserializeOwned>(
    folder: &Path,
    vault: &dyn Vault,
) -> Result<Option<T>, Fault> {
    let Some(bytes) = read(&folder.join(SEALED))? else { return Ok(None) };
    let key = vault.get(Secret::AlarmKey)?.and_then(|key| <[u8; 32]>::try_from(key).ok());
    let key = key.ok_or_else(|| Fault::Store("the alarm's copy has lost its key".to_owned()))?;
    let (nonce, msg) =
        bytes.split_at_checked(NONCE).ok_or_else(|| Fault::Store("a short copy".to_owned()))?;
    let nonce: [u8; NONCE] =
        nonce.try_into().map_err(|_| Fault::Store("a short copy".to_owned()))?;
    let opened = XChaCha20Poly1305::new(&key.into())
        .decrypt(&XNonce::from(nonce), Payload { msg, aad: MAGIC })
        .map_err(|_| Fault::Store("the alarm's copy is damaged".to_owned()))?;
    Ok(Some(serde_json::from_slice(&opened)?))
}

/// Seals the copy, durably before it returns.
pub(crate) fn seal(
    folder: &Path,
    (vault, chance): (&dyn Vault, &dyn Chance),
    plain: &[u8],
) -> Result<(), Fault> {
    let key = key_of(vault, chance, Secret::AlarmKey)?;
    let mut nonce = [0; NONCE];
    chance.fill(&mut nonce);
    let sealed = XChaCha20Poly1305::new(&key.into())
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: MAGIC })
        .map_err(|_| Fault::Store("the alarm's copy cannot be sealed".to_owned()))?;
    replace(folder, SEALED, &[&nonce[..], &sealed].concat())
}

/// The file that wants no key, when there is one.
pub(crate) fn plain<T: DeserializeOwned>(folder: &Path) -> Result<Option<T>, Fault> {
    let bytes = read(&folder.join(PLAIN))?;
    Ok(bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose()?)
}

/// Writes it, durably before it returns.
pub(crate) fn put_plain<T: Serialize>(folder: &Path, value: &T) -> Result<(), Fault> {
    replace(folder, PLAIN, &serde_json::to_vec(value)?)
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, Fault> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
