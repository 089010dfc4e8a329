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

    /// B-01: a signed head says one thing of one phone.
    #[test]
    fn a_head_is_signed_for_its_phone_its_number_and_its_hash() {
        let key = Signer::from_seed(&[4; 32]);
        let (hash, other) = (chain(2).1, chain(3).1);
        let head = ChainHead::sign(id(8), 2, hash, &key);
        assert!(head.verifies(id(8), &key.public()));
        assert!(!head.verifies(id(9), &key.public()));
        assert!(!head.verifies(id(8), &Signer::from_seed(&[5; 32]).public()));
        let signature = head.signature;
        assert!(!ChainHead { seq: 3, hash, signature }.verifies(id(8), &key.public()));
        assert!(!ChainHead { seq: 2, hash: other, signature }.verifies(id(8), &key.public()));
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
    fn b_01_an_exported_part_is_checked_from_where_it_starts() {
        let key = Signer::from_seed(&[4; 32]);
        let (raws, hash) = chain(5);
        let (_, after_hash) = chain(2);
        let part = DeviceProof {
            device: id(8),
            key: key.public(),
            after: 2,
            after_hash,
            stamps: raws[2..].iter().cloned().map(Exported::Raw).collect(),
            heads: vec![ChainHead::sign(id(8), 5, hash, &key)],
        };
        let mut export = Export {
            format: Export::FORMAT,
            organisation: id(1),
            name: "Agence".into(),
            month: "2026-11".into(),
            made_at: Moment(5),
            devices: vec![part],
        };
        assert_eq!(export.check(), Ok((3, 0)));
        // What another may not see keeps its place, and its bytes still count.
        export.devices[0].stamps[1] = Exported::withheld(&raws[3]);
        assert_eq!(export.check(), Ok((2, 0)));
        let text = serde_json::to_string(&export).unwrap();
        assert_eq!(serde_json::from_str::<Export>(&text).unwrap(), export);
        export.devices[0].stamps[1] = Exported::withheld(&raws[3].replace(":7", ":8"));
        assert!(export.check().is_err(), "a changed stamp that is not shown");
        export.devices[0].stamps[2] = Exported::withheld(&raws[4]);
        let (_, broken) = export.check().unwrap_err();
        assert_eq!(broken, Broken::Withheld { seq: 5 });
        export.devices[0].stamps[2] = Exported::Raw(raws[4].clone());
        export.devices[0].stamps[1] = Exported::Raw(raws[3].replace(":7", ":8"));
        let (device, broken) = export.check().unwrap_err();
        assert_eq!(device, id(8));
        assert!(matches!(broken, Broken::Link { .. }), "{broken}");
    }

    #[test]
    fn a_note_is_bound_to_its_salt_and_to_its_words() {
        assert_eq!(note_digest("salt", "words"), note_digest("salt", "words"));
        for (salt, words) in [("salt", "word"), ("sal", "words"), ("saltw", "ords"), ("", "")] {
            assert_ne!(note_digest(salt, words), note_digest("salt", "words"));
        }
    }

    #[test]
    fn each_fault_of_a_chain_has_its_name() {
        let key = Signer::from_seed(&[4; 32]);
        let (raws, hash) = chain(3);
        let check = |raws: &[&str], heads: &[ChainHead]| {
            verify(id(8), &key.public(), raws.iter().copied(), heads)
        };
        let [one, two, three] = [raws[0].as_str(), raws[1].as_str(), raws[2].as_str()];
        let head = |seq, hash| ChainHead::sign(id(8), seq, hash, &key);
        assert_eq!(check(&[one, two, three], &[head(3, hash)]), Ok(hash));
        assert_eq!(check(&[], &[]), Ok(Digest::from_bytes(GENESIS)));
        assert_eq!(check(&[one, "{}"], &[]), Err(Broken::Unreadable { seq: 2 }));
        let gap = Broken::Number { event: id(3), expected: 2, found: 3 };
        assert_eq!(check(&[one, three], &[]), Err(gap));
        let changed = two.replace(":7", ":8");
        assert_eq!(check(&[one, &changed, three], &[]), Err(Broken::Link { event: id(3) }));
        let (_, other) = chain(2);
        assert_eq!(
            check(&[one, two, three], &[head(3, other)]),
            Err(Broken::Head { event: id(3) })
        );
        assert_eq!(
            check(&[one, two], &[head(2, other), head(3, hash)]),
            Err(Broken::Missing { seq: 3 })
        );
        assert!(check(&[one, two, three], &[head(2, other)]).is_ok());
    }

    #[test]
    fn stamps_after_the_last_head_are_counted() {
        let key = Signer::from_seed(&[4; 32]);
        let (raws, _) = chain(5);
        let (_, hash) = chain(3);
        let mut part = DeviceProof {
            device: id(8),
            key: key.public(),
            after: 0,
            after_hash: Digest::from_bytes(GENESIS),
            stamps: raws.iter().cloned().map(Exported::Raw).collect(),
            heads: vec![ChainHead::sign(id(8), 3, hash, &key)],
        };
        let export = |part: &DeviceProof| Export {
            format: Export::FORMAT,
            organisation: id(1),
            name: "Agence".into(),
            month: "2026-11".into(),
            made_at: Moment(5),
            devices: vec![part.clone(), part.clone()],
        };
        assert_eq!(export(&part).check(), Ok((10, 4)), "of both phones");
        part.stamps[4] = Exported::withheld(&raws[4]);
        assert_eq!(export(&part).check(), Ok((8, 2)), "what is not shown is not counted");
        assert_eq!((part.stamps[4].raw(), part.stamps[0].raw()), (None, Some(raws[0].as_str())));
        part.heads.clear();
        assert_eq!(export(&part).check(), Ok((8, 8)));
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
