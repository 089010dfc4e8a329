//! Clock proof (row B-01): each stamp is chained to the one before it, and the phone signs the head.
//!
//! `hash(n) = SHA-256("releve clock 1\0" ‖ hash(n-1) ‖ SHA-256(bytes of stamp n))`, `hash(0)` is
//! zeros. The bytes are those that the phone wrote, so nobody has to write JSON the same way twice.

use serde::{Deserialize, Serialize};

use crate::id::{ClockEventId, DeviceId};
use crate::keys::{Digest, PublicKey, Purpose, Signature, Signer};
use crate::visit::ClockEvent;

/// The hash before the first stamp.
pub const GENESIS: [u8; 32] = [0; 32];

/// The hash of the chain after a stamp.
#[must_use]
pub fn link(prev: Digest, raw: &str) -> Digest {
    let body = Digest::of(&[raw.as_bytes()]);
    Digest::of(&[b"releve clock 1\0", prev.as_bytes(), body.as_bytes()])
}

/// The digest of a note and its salt, as a stamp carries it.
#[must_use]
pub fn note_digest(salt: &str, note: &str) -> Digest {
    Digest::of(&[b"releve note 1\0", salt.as_bytes(), b"\0", note.as_bytes()])
}

/// The head of a phone's chain, signed by its device key once per upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    let mut hash = Digest::from_bytes(GENESIS);
    let mut expected = 0;
    for raw in raws {
        expected += 1;
        let event: ClockEvent =
            serde_json::from_str(raw).map_err(|_| Broken::Unreadable { seq: expected })?;
        if event.seq != expected {
            return Err(Broken::Number { event: event.id, expected, found: event.seq });
        }
        if event.prev != hash {
            return Err(Broken::Link { event: event.id });
        }
        hash = link(hash, raw);
        if heads.iter().any(|h| h.seq == expected && h.hash != hash) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::badge::Method;
    use crate::clock::Stamp;
    use crate::time::Moment;
    use crate::visit::ClockKind;
    use proptest::prelude::*;

    fn id<T: From<uuid::Uuid>>(n: u128) -> T {
        T::from(uuid::Uuid::from_u128(n))
    }

    fn chain(len: u64) -> (Vec<String>, Digest) {
        let mut hash = Digest::from_bytes(GENESIS);
        let raws = (1..=len)
            .map(|seq| {
                let event = ClockEvent {
                    id: id(seq.into()),
                    seq,
                    prev: hash,
                    kind: ClockKind::Start,
                    membership: id(1),
                    visit: id(2),
                    client: Some(id(3)),
                    method: Method::Manual,
                    tag: None,
                    raw_tag: None,
                    reason: None,
                    declared_at: None,
                    voids: None,
                    note: None,
                    stamp: Stamp { wall: Moment(5), boot: "a".into(), up_ms: 7 },
                };
                let raw = serde_json::to_string(&event).unwrap();
                hash = link(hash, &raw);
                raw
            })
            .collect();
        (raws, hash)
    }

    proptest! {
        /// B-01: any flipped byte is found.
        #[test]
        fn any_changed_byte_breaks_the_proof(len in 1u64..6, at: prop::sample::Index, bit in 0u8..7) {
            let key = Signer::from_seed(&[4; 32]);
            let device = id(8);
            let (raws, hash) = chain(len);
            let heads = [ChainHead::sign(device, len, hash, &key)];
            let check = |raws: &[String]| {
                verify(device, &key.public(), raws.iter().map(String::as_str), &heads)
            };
            prop_assert_eq!(check(&raws), Ok(hash));
            let all: String = raws.join("\n");
            let mut bytes = all.into_bytes();
            let spot = at.index(bytes.len());
            bytes[spot] ^= 1 << bit;
            if let Ok(changed) = String::from_utf8(bytes) {
                let changed: Vec<String> = changed.split('\n').map(str::to_owned).collect();
                prop_assert!(check(&changed).is_err());
            }
            prop_assert!(check(&raws[..raws.len() - 1]).is_err(), "a missing stamp passes");
        }
    }

    #[test]
    fn a_head_signed_by_another_key_is_named() {
        let (raws, hash) = chain(2);
        let heads = [ChainHead::sign(id(8), 2, hash, &Signer::from_seed(&[5; 32]))];
        let key = Signer::from_seed(&[4; 32]).public();
        let verdict = verify(id(8), &key, raws.iter().map(String::as_str), &heads);
        assert_eq!(verdict, Err(Broken::Signature { seq: 2 }));
    }
}
