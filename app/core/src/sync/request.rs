//! Requests: signed by the device's key, bearing its token.

use releve_shared::clock::Anchor;
use releve_shared::id::ClockEventId;
use releve_shared::keys::{Digest, Purpose, Signer};
use releve_shared::proof::ChainHead;
use releve_shared::sync::{
    Command, Envelope, Lane, NewsRequest, PROOF_HEADER, PROTOCOL, PullRequest, PushRequest,
    request_message, standing,
};
use rusqlite::Connection;
use serde::Serialize;

use crate::fault::Fault;
use crate::ports::{Request, Secret, Vault, VaultError};
use crate::store::duty::{Epoch, Identity};
use crate::store::{care, chain, duty, outbox};

/// Most bytes of commands in one push, so that a slow network can carry it.
const PUSH_BYTES: usize = 512 * 1024;

/// A request of this phone: the body, the token when there is one, and the device's signature.
pub(crate) fn signed(
    method: &'static str,
    server: &str,
    path: &str,
    body: Vec<u8>,
    token: Option<&str>,
    key: &Signer,
) -> Request {
    let proof = key.sign(Purpose::Request, &request_message(method, path, &body));
    let mut headers = vec![(PROOF_HEADER.to_owned(), proof.to_string())];
    if let Some(token) = token {
        headers.push(("authorization".to_owned(), format!("Bearer {token}")));
    }
    if !body.is_empty() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    Request { method, url: format!("{server}{path}"), headers, body }
}

/// The same, with the secrets of the vault.
pub(crate) fn from_vault(
    method: &'static str,
    server: &str,
    path: &str,
    body: Vec<u8>,
    vault: &dyn Vault,
) -> Result<Request, Fault> {
    let token = text(vault, Secret::Token)?;
    Ok(signed(method, server, path, body, Some(&token), &device_key(vault)?))
}

/// The device's key.
pub(crate) fn device_key(vault: &dyn Vault) -> Result<Signer, Fault> {
    let seed: [u8; 32] = vault
        .get(Secret::DeviceSeed)?
        .and_then(|seed| seed.try_into().ok())
        .ok_or_else(|| missing("the device's key"))?;
    Ok(Signer::from_seed(&seed))
}

/// A secret that is a text.
pub(crate) fn text(vault: &dyn Vault, secret: Secret) -> Result<String, Fault> {
    vault
        .get(secret)?
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| missing("the token"))
}

fn missing(what: &str) -> Fault {
    Fault::Vault(VaultError::Failed(format!("{what} is not in the vault")))
}

/// Exchanges that the server was not told of, and their keys.
fn untold(db: &Connection) -> Result<(Vec<i64>, Vec<Anchor>), Fault> {
    Ok(chain::anchors(db)?
        .into_iter()
        .filter(|(_, _, told)| !told)
        .map(|(id, anchor, _)| (id, anchor))
        .unzip())
}

/// The next push, with the signed head of the chain as far as it goes.
pub(crate) fn push(
    db: &Connection,
    identity: &Identity,
    key: &Signer,
    limit: usize,
) -> Result<(PushRequest, Vec<i64>), Fault> {
    let mut bytes = 0;
    let mut stopped: Vec<Lane> = Vec::new();
    let mut commands: Vec<Envelope> = Vec::new();
    for envelope in outbox::to_send(db, limit)? {
        bytes += envelope.body.len();
        if bytes > PUSH_BYTES && !commands.is_empty() {
            stopped.push(envelope.lane.clone());
        }
        if !stopped.contains(&envelope.lane) {
            commands.push(envelope);
        }
    }
    let mut head = None;
    for envelope in &commands {
        let stamp = matches!(serde_json::from_str(&envelope.body), Ok(Command::Clock(_)));
        if stamp {
            let at = chain::hash_at(db, ClockEventId::from(envelope.id.uuid()))?;
            head = head.max(at);
        }
    }
    let head = head.map(|(seq, hash)| ChainHead::sign(identity.device, seq, hash, key));
    let (told, anchors) = untold(db)?;
    let epoch = duty::get::<Epoch>(db)?.map_or_else(String::new, |epoch| epoch.0);
    let device = identity.device;
    Ok((PushRequest { protocol: PROTOCOL, device, epoch, commands, anchors, head }, told))
}

/// The next page of a pull.
pub(crate) fn pull(
    db: &Connection,
    care_db: &Connection,
    under_way: Option<&care::Pull>,
    identity: &Identity,
) -> Result<(PullRequest, Vec<i64>), Fault> {
    let applied = care::cursors(care_db)?;
    let (epoch, cursors) = match under_way {
        Some(pull) => (pull.epoch.clone(), pull.cursors.clone()),
        None => (care::shown(care_db)?.epoch, applied.clone()),
    };
    let (told, anchors) = untold(db)?;
    let waiting = u64::from(outbox::waiting(db)?);
    let device = identity.device;
    let request =
        PullRequest { protocol: PROTOCOL, device, epoch, cursors, applied, anchors, waiting };
    Ok((request, told))
}

/// The next pull in short, when the server knows this phone to show what it shows, and no page is
/// under way.
pub(crate) fn news(
    db: &Connection,
    care_db: &Connection,
    known: Digest,
) -> Result<Option<(NewsRequest, Vec<i64>)>, Fault> {
    if known != standing(&care::shown(care_db)?.epoch, &care::cursors(care_db)?) {
        return Ok(None);
    }
    let (told, anchors) = untold(db)?;
    let waiting = u64::from(outbox::waiting(db)?);
    Ok(Some((NewsRequest { protocol: PROTOCOL, standing: known, anchors, waiting }, told)))
}

/// The JSON of a body.
pub(crate) fn body<T: Serialize>(value: &T) -> Result<Vec<u8>, Fault> {
    Ok(serde_json::to_vec(value)?)
}
