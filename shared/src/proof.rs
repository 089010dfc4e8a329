//! Clock proof (row B-01): each stamp is chained to the one before it, and the phone signs the head.
//!
//! `hash(n) = SHA-256("releve clock 1\0" ‖ hash(n-1) ‖ SHA-256(bytes of stamp n))`, `hash(0)` is
//! zeros. The bytes are those that the phone wrote, so nobody has to write JSON the same way twice.

use serde::{Deserialize, Serialize};

use crate::id::{ClockEventId, DeviceId, OrganisationId};
use crate::keys::{Digest, PublicKey, Purpose, Signature, Signer};
use crate::time::Moment;
use crate::visit::ClockEvent;

/// The hash before the first stamp.
pub const GENESIS: [u8; 32] = [0; 32];

/// The hash of the chain after a stamp.
#[must_use]
pub fn link(prev: Digest, raw: &str) -> Digest {
    link_digest(prev, Digest::of(&[raw.as_bytes()]))
}

/// The same for a stamp of which only the digest of its bytes is known.
fn link_digest(prev: Digest, body: Digest) -> Digest {
    Digest::of(&[b"releve clock 1\0", prev.as_bytes(), body.as_bytes()])
}

/// The digest of a note and its salt, as a stamp carries it.
#[must_use]
pub fn note_digest(salt: &str, note: &str) -> Digest {
    Digest::of(&[b"releve note 1\0", salt.as_bytes(), b"\0", note.as_bytes()])
}

/// The head of a phone's chain, signed by its device key once per upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChainHead {
    /// Number of the last stamp.
    pub seq: u64,
    /// The chain's hash after it.
    pub hash: Digest,
    /// By the device's key, over device, number and hash.
    pub signature: Signature,
}

impl ChainHead {
    /// Signs the head of a device's chain.
    #[must_use]
    pub fn sign(device: DeviceId, seq: u64, hash: Digest, key: &Signer) -> Self {
        let signature = key.sign(Purpose::ChainHead, &Self::message(device, seq, hash));
        Self { seq, hash, signature }
    }

    /// Whether the device's key signed it.
    #[must_use]
    pub fn verifies(&self, device: DeviceId, key: &PublicKey) -> bool {
        let message = Self::message(device, self.seq, self.hash);
        key.verifies(Purpose::ChainHead, &message, &self.signature)
    }

    fn message(device: DeviceId, seq: u64, hash: Digest) -> Vec<u8> {
        [device.uuid().as_bytes().as_slice(), &seq.to_be_bytes(), hash.as_bytes()].concat()
    }
}

/// What is wrong with a chain, and with which stamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The stamp's bytes are not a stamp.
    #[error("stamp number {seq} cannot be read")]
    Unreadable {
        /// Its place in the list, from 1.
        seq: u64,
    },
    /// A stamp is missing, doubled or moved.
    #[error("stamp {event}: number {found} where {expected} was due")]
    Number {
        /// The stamp.
        event: ClockEventId,
        /// The number due.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// This stamp, or the one before it, was changed.
    #[error("stamp {event}: its link to the stamp before does not hold")]
    Link {
        /// The first stamp whose link fails.
        event: ClockEventId,
    },
    /// The chain differs from the head that the phone signed.
    #[error("stamp {event}: changed after the phone signed it")]
    Head {
        /// The stamp at the head.
        event: ClockEventId,
    },
    /// The chain differs from the signed head, at a stamp that is not shown.
    #[error(
        "stamp number {seq}, which is not shown, or one before it: changed after the phone signed it"
    )]
    Withheld {
        /// Its number.
        seq: u64,
    },
    /// The head is not signed by the device's key.
    #[error("the head at number {seq} is not signed by the phone")]
    Signature {
        /// The head's number.
        seq: u64,
    },
    /// A signed head speaks of stamps that are not here.
    #[error("the phone signed number {seq}, which is missing")]
    Missing {
        /// The head's number.
        seq: u64,
    },
}

/// Checks a device's whole chain, from its first stamp, against the heads that the phone signed.
/// Gives the hash after the last stamp.
///
/// # Errors
/// The first thing wrong, naming the stamp.
pub fn verify<'a>(
    device: DeviceId,
    key: &PublicKey,
    raws: impl IntoIterator<Item = &'a str>,
    heads: &[ChainHead],
) -> Result<Digest, Broken> {
    verify_after(device, key, (0, Digest::from_bytes(GENESIS)), raws, heads)
}

/// Checks a part of a device's chain: the stamps that follow number and hash `after`. A signed head
/// after them vouches for the hash that they start from.
///
/// # Errors
/// The first thing wrong, naming the stamp.
pub fn verify_after<'a>(
    device: DeviceId,
    key: &PublicKey,
    after: (u64, Digest),
    raws: impl IntoIterator<Item = &'a str>,
    heads: &[ChainHead],
) -> Result<Digest, Broken> {
    verify_parts(device, key, after, raws.into_iter().map(Part::Raw), heads)
}

/// A stamp of a chain: its bytes, or their digest where they are somebody else's to see.
enum Part<'a> {
    Raw(&'a str),
    Withheld(Digest),
}

fn verify_parts<'a>(
    device: DeviceId,
    key: &PublicKey,
    after: (u64, Digest),
    parts: impl IntoIterator<Item = Part<'a>>,
    heads: &[ChainHead],
) -> Result<Digest, Broken> {
    let (mut expected, mut hash) = after;
    for part in parts {
        expected = expected.saturating_add(1);
        let signed = |hash| !heads.iter().any(|h| h.seq == expected && h.hash != hash);
        let raw = match part {
            Part::Raw(raw) => raw,
            Part::Withheld(body) => {
                hash = link_digest(hash, body);
                if !signed(hash) {
                    return Err(Broken::Withheld { seq: expected });
                }
                continue;
            }
        };
        let event: ClockEvent =
            serde_json::from_str(raw).map_err(|_| Broken::Unreadable { seq: expected })?;
        if event.seq != expected {
            return Err(Broken::Number { event: event.id, expected, found: event.seq });
        }
        if event.prev != hash {
            return Err(Broken::Link { event: event.id });
        }
        hash = link(hash, raw);
        if !signed(hash) {
            return Err(Broken::Head { event: event.id });
        }
    }
    for head in heads {
        if !head.verifies(device, key) {
            return Err(Broken::Signature { seq: head.seq });
        }
        if head.seq > expected {
            return Err(Broken::Missing { seq: head.seq });
        }
    }
    Ok(hash)
}

/// A stamp in an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum Exported {
    /// Byte for byte as the phone wrote it.
    Raw(String),
    /// Of another month, or of another employer of the same person: its place in the chain only.
    Withheld {
        /// SHA-256 of its bytes.
        sha256: Digest,
    },
}

impl Exported {
    /// Keeps a stamp's place in the chain, and nothing that it says.
    #[must_use]
    pub fn withheld(raw: &str) -> Self {
        Self::Withheld { sha256: Digest::of(&[raw.as_bytes()]) }
    }

    /// Its bytes, where they are shown.
    #[must_use]
    pub fn raw(&self) -> Option<&str> {
        match self {
            Self::Raw(raw) => Some(raw),
            Self::Withheld { .. } => None,
        }
    }
}

/// A month of an organisation's stamps, as the desk exports it and `releve-server verify` reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Export {
    /// [`Export::FORMAT`].
    pub format: u32,
    /// Whose.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: String,
    /// `YYYY-MM`, by the day of the visits; by reception for stamps of a visit that is not known.
    pub month: String,
    /// When it was made.
    pub made_at: Moment,
    /// Its phones.
    pub devices: Vec<DeviceProof>,
}

/// A phone's part of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceProof {
    /// Which phone.
    pub device: DeviceId,
    /// Its public key.
    pub key: PublicKey,
    /// The number that the stamps follow; 0 at the start of the chain.
    pub after: u64,
    /// The chain's hash after that number.
    pub after_hash: Digest,
    /// The stamps in the order of the chain.
    pub stamps: Vec<Exported>,
    /// The heads that it signed over them.
    pub heads: Vec<ChainHead>,
}

impl Export {
    /// The format that this build writes and reads.
    pub const FORMAT: u32 = 2;

    /// Checks every phone's chain. Gives how many stamps were checked, and how many of the last ones
    /// no signed head covers yet.
    ///
    /// # Errors
    /// The first phone whose chain does not hold, and what is wrong with it.
    pub fn check(&self) -> Result<(usize, usize), (DeviceId, Broken)> {
        let (mut checked, mut unsigned) = (0, 0);
        for part in &self.devices {
            let parts = part.stamps.iter().map(|stamp| match stamp {
                Exported::Raw(raw) => Part::Raw(raw),
                Exported::Withheld { sha256 } => Part::Withheld(*sha256),
            });
            let after = (part.after, part.after_hash);
            verify_parts(part.device, &part.key, after, parts, &part.heads)
                .map_err(|broken| (part.device, broken))?;
            let signed = part.heads.iter().map(|h| h.seq).max().unwrap_or(part.after);
            let covered = usize::try_from(signed.saturating_sub(part.after)).unwrap_or(usize::MAX);
            let shown = |stamps: &[Exported]| stamps.iter().filter_map(Exported::raw).count();
            checked += shown(&part.stamps);
            unsigned += part.stamps.get(covered..).map_or(0, shown);
        }
        Ok((checked, unsigned))
    }
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
