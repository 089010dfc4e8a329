//! Secret keys at rest: sealed by the master key, opened when needed (docs/keys.md).

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use releve_shared::alarm::SmsKey;
use releve_shared::badge::TagKey;
use releve_shared::id::{DeviceId, OrganisationId};
use releve_shared::keys::{PublicKey, Signer};
use releve_shared::time::Moment;

use super::sql;
use crate::app::{Chance, Clock};
use crate::db::{Answer, Db, Fault, Stop, Tx};

/// The name of the server's key.
const SERVER: &str = "server";

/// 32 bytes that seal every other secret. Never in the database.
#[derive(Clone, Default)]
pub struct MasterKey([u8; 32]);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey")
    }
}

impl MasterKey {
    /// Of its bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the text of its file.
    ///
    /// # Errors
    /// When it is not 32 bytes in base64url.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok();
        let key = bytes.and_then(|bytes| bytes.try_into().ok()).map(Self);
        key.ok_or_else(|| Fault::new("the master key's file does not hold 32 bytes in base64url"))
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The text of its file.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n", URL_SAFE_NO_PAD.encode(self.0))
    }

    /// Seals a secret under its name, with a nonce drawn for it alone.
    ///
    /// # Errors
    /// When the cipher fails, which is a bug.
    fn seal(&self, name: &str, secret: &[u8], nonce: [u8; 24]) -> Result<String, Fault> {
        let payload = Payload { msg: secret, aad: name.as_bytes() };
        let sealed = XChaCha20Poly1305::new(&self.0.into())
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Fault::new("sealing a key"))?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    fn open(&self, name: &str, sealed: &str) -> Result<Vec<u8>, Fault> {
        let wrong = || {
            Fault::new(format!(
                "the key {name} was sealed by another master key: put the right file back \
                 (setting keys.master_file)"
            ))
        };
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| wrong())?;
        let (nonce, body) = bytes.split_first_chunk::<24>().ok_or_else(wrong)?;
        let payload = Payload { msg: body, aad: name.as_bytes() };
        XChaCha20Poly1305::new(&self.0.into())
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| wrong())
    }
}

/// The keys of this server.
#[derive(Clone, Debug)]
pub struct Keys {
    master: MasterKey,
    server: Arc<Signer>,
}

impl Keys {
    /// Opens the server's key; draws it when the database has none yet.
    ///
    /// # Errors
    /// When the database does not answer, or its keys were sealed by another master key.
    pub async fn load(
        db: &Db,
        master: MasterKey,
        clock: &dyn Clock,
        chance: &dyn Chance,
    ) -> Result<Self, Fault> {
        let (mut seed, mut nonce) = ([0; 32], [0; 24]);
        chance.fill(&mut seed);
        chance.fill(&mut nonce);
        let drawn = Signer::from_seed(&seed);
        let sealed = master.seal(SERVER, &seed, nonce)?;
        let public = drawn.public().to_string();
        let at = clock.now();
        let kept = db
            .write(move |tx| {
                let key = sql::SealedKey {
                    name: SERVER.to_owned(),
                    organisation: None,
                    number: 1,
                    public: Some(public.clone()),
                    sealed: sealed.clone(),
                };
                sql::keep_key(tx, &key, at)?;
                Ok(sql::key(tx, SERVER)?.ok_or_else(|| Fault::new("the server's key is gone"))?)
            })
            .await
            .map_err(fault)?;
        let server = signer(&master.open(SERVER, &kept.sealed)?)?;
        Ok(Self { master, server: Arc::new(server) })
    }

    /// The server's key: it signs leases and wipe orders, and phones pin its public half.
    #[must_use]
    pub fn server(&self) -> &Signer {
        &self.server
    }

    /// The secret that a phone shares with the server for its text messages (docs/keys.md): it
    /// follows from the master key, and is kept nowhere.
    #[must_use]
    pub fn sms(&self, device: DeviceId) -> SmsKey {
        SmsKey::derive(self.master.bytes(), device)
    }

    /// Draws and keeps an organisation's first tag key and its NTAG 424 DNA master key.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn found(
        &self,
        tx: &mut Tx,
        organisation: OrganisationId,
        chance: &[u8; 96],
        at: Moment,
    ) -> Result<(), Fault> {
        let (seed, rest) = chance.split_first_chunk::<32>().ok_or_else(short)?;
        let (ntag, rest) = rest.split_first_chunk::<16>().ok_or_else(short)?;
        let (first, rest) = rest.split_first_chunk::<24>().ok_or_else(short)?;
        let (second, _) = rest.split_first_chunk::<24>().ok_or_else(short)?;
        let public = Signer::from_seed(seed).public().to_string();
        let tag = tag_name(organisation, 1);
        let ntag_key = ntag_name(organisation);
        for (name, secret, nonce, public) in
            [(tag, seed.as_slice(), first, Some(public)), (ntag_key, ntag.as_slice(), second, None)]
        {
            let sealed = self.master.seal(&name, secret, *nonce)?;
            let organisation = Some(organisation);
            let key = sql::SealedKey { name, organisation, number: 1, public, sealed };
            sql::keep_key(tx, &key, at)?;
        }
        Ok(())
    }

    /// A secret of this server under its name, opened; `None` before it was drawn.
    ///
    /// # Errors
    /// Those of the database, and when it was sealed by another master key.
    pub(crate) fn own(&self, tx: &mut Tx, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let kept = sql::key(tx, name)?;
        kept.map(|key| self.master.open(name, &key.sealed)).transpose()
    }

    /// Keeps a secret of this server under its name, sealed with a nonce drawn for it alone, unless
    /// there is one.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn keep_own(
        &self,
        tx: &mut Tx,
        (name, public): (&str, &str),
        (secret, nonce): (&[u8], [u8; 24]),
        at: Moment,
    ) -> Result<(), Fault> {
        let key = sql::SealedKey {
            name: name.to_owned(),
            organisation: None,
            number: 1,
            public: Some(public.to_owned()),
            sealed: self.master.seal(name, secret, nonce)?,
        };
        sql::keep_key(tx, &key, at)
    }

    fn opened(&self, tx: &mut Tx, name: &str) -> Result<Vec<u8>, Fault> {
        let key = sql::key(tx, name)?.ok_or_else(|| Fault::new(format!("no key {name}")))?;
        self.master.open(name, &key.sealed)
    }
}

/// The newest tag key of an organisation, with its number: it signs new tags.
///
/// # Errors
/// Those of the database, and when the organisation has none.
pub fn tag_signer(tx: &mut Tx, keys: &Keys, organisation: OrganisationId) -> Answer<(u8, Signer)> {
    let newest = tag_keys(tx, organisation)?.into_iter().max_by_key(|key| key.number);
    let newest = newest.ok_or_else(|| Fault::new("an organisation without a tag key"))?;
    let seed = keys.opened(tx, &tag_name(organisation, newest.number))?;
    Ok((newest.number, signer(&seed)?))
}

/// The public tag keys of an organisation, as its phones hold them.
///
/// # Errors
/// Those of the database.
pub fn tag_keys(tx: &mut Tx, organisation: OrganisationId) -> Answer<Vec<TagKey>> {
    let kept = sql::public_keys(tx, organisation)?;
    let mut keys = Vec::with_capacity(kept.len());
    for (number, public) in kept {
        let public = PublicKey::parse(&public).map_err(|e| Fault::of("reading a tag key", e))?;
        keys.push(TagKey { number, public });
    }
    Ok(keys)
}

/// The master key from which the keys of an organisation's NTAG 424 DNA tags are derived.
///
/// # Errors
/// Those of the database, and when the organisation has none.
pub fn ntag_master(tx: &mut Tx, keys: &Keys, organisation: OrganisationId) -> Answer<[u8; 16]> {
    let secret = keys.opened(tx, &ntag_name(organisation))?;
    Ok(secret.try_into().map_err(|_| Fault::new("an NTAG master key of a wrong length"))?)
}

fn tag_name(organisation: OrganisationId, number: u8) -> String {
    format!("tag/{organisation}/{number}")
}

fn ntag_name(organisation: OrganisationId) -> String {
    format!("ntag/{organisation}")
}

fn signer(seed: &[u8]) -> Result<Signer, Fault> {
    let seed = seed.try_into().map_err(|_| Fault::new("a sealed key of a wrong length"))?;
    Ok(Signer::from_seed(seed))
}

fn short() -> Fault {
    Fault::new("too little chance was drawn")
}

fn fault(stop: Stop) -> Fault {
    match stop {
        Stop::Fault(fault) => fault,
        Stop::Refusal(refusal) => Fault::new(format!("refused: {refusal}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_under_its_own_name_and_master_only() {
        let master = MasterKey::from_bytes([7; 32]);
        let sealed = master.seal("tag/a/1", b"secret", [1; 24]).unwrap();
        assert_eq!(master.open("tag/a/1", &sealed).unwrap(), b"secret");
        assert!(master.open("tag/b/1", &sealed).is_err());
        let told = MasterKey::from_bytes([8; 32]).open("tag/a/1", &sealed).unwrap_err().to_string();
        assert!(told.contains("another master key"), "{told}");
    }

    #[test]
    fn the_master_key_survives_its_file_and_shows_nowhere() {
        let master = MasterKey::from_bytes([7; 32]);
        assert_eq!(MasterKey::parse(&master.text()).unwrap().0, [7; 32]);
        assert!(MasterKey::parse("short").is_err());
        assert_eq!(format!("{master:?}"), "MasterKey");
    }
}
