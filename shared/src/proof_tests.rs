//! The proof of hours, and what must break it.

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
    assert_eq!(check(&[one, two, three], &[head(3, other)]), Err(Broken::Head { event: id(3) }));
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
