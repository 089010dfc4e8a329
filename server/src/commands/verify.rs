//! `verify`: the proof of an exported month, recomputed with nothing but the file (row B-01).

use std::path::Path;

use releve_shared::proof::Export;

use crate::db::Fault;

/// Tells whether every stamp of an export is what its phone signed.
///
/// # Errors
/// When the file cannot be read as an export.
pub fn verify(path: &Path) -> Result<bool, Fault> {
    let told = || path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| Fault::of(told(), e))?;
    let (holds, sentence) = judge(&text).map_err(|e| Fault::of(told(), e))?;
    println!("{sentence}");
    Ok(holds)
}

fn judge(text: &str) -> Result<(bool, String), serde_json::Error> {
    let export: Export = serde_json::from_str(text)?;
    if export.format > Export::FORMAT {
        let sentence = "This export comes from a newer version of Relève: verify it with that one.";
        return Ok((false, sentence.to_owned()));
    }
    Ok(match export.check() {
        Ok((checked, 0)) => {
            (true, format!("{}: all {checked} stamps are as the phones signed them.", export.month))
        }
        Ok((checked, unsigned)) => (
            true,
            format!(
                "{}: {checked} stamps hold together; the last {unsigned} are not signed yet, since \
                 their phones have not sent again.",
                export.month
            ),
        ),
        Err((device, broken)) => {
            (false, format!("{}: NOT what was signed. Phone {device}: {broken}.", export.month))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use releve_shared::badge::Method;
    use releve_shared::clock::Stamp;
    use releve_shared::id::DeviceId;
    use releve_shared::keys::{Digest, Signer};
    use releve_shared::proof::{ChainHead, DeviceProof, Exported, GENESIS, link};
    use releve_shared::time::Moment;
    use releve_shared::visit::{ClockEvent, ClockKind, ManualReason};

    fn export() -> Export {
        let key = Signer::from_seed(&[4; 32]);
        let device: DeviceId = uuid::Uuid::from_u128(8).into();
        let mut hash = Digest::from_bytes(GENESIS);
        let mut stamps = Vec::new();
        for seq in 1..=3 {
            let event = ClockEvent {
                id: uuid::Uuid::from_u128(seq.into()).into(),
                seq,
                prev: hash,
                kind: ClockKind::Start,
                membership: uuid::Uuid::from_u128(1).into(),
                visit: uuid::Uuid::from_u128(2).into(),
                client: None,
                method: Method::Manual,
                tag: None,
                raw_tag: None,
                reason: Some(ManualReason::Other),
                declared_at: None,
                voids: None,
                note: None,
                stamp: Stamp { wall: Moment(5), boot: "a".into(), up_ms: 7 },
            };
            let raw = serde_json::to_string(&event).unwrap();
            hash = link(hash, &raw);
            stamps.push(Exported::Raw(raw));
        }
        Export {
            format: Export::FORMAT,
            organisation: uuid::Uuid::from_u128(9).into(),
            name: "Albi".into(),
            month: "2026-11".into(),
            devices: vec![DeviceProof {
                device,
                key: key.public(),
                after: 0,
                after_hash: Digest::from_bytes(GENESIS),
                stamps,
                heads: vec![ChainHead::sign(device, 3, hash, &key)],
            }],
            made_at: Moment(5),
        }
    }

    /// B-01: any changed byte of a stamp names a stamp.
    #[test]
    fn a_changed_stamp_is_named() {
        let mut export = export();
        let told = |export: &Export| judge(&serde_json::to_string(export).unwrap()).unwrap();
        assert!(told(&export).0, "{}", told(&export).1);
        let honest = export.devices[0].stamps[1].clone();
        let lie = honest.raw().unwrap().replace("\"start\"", "\"end\"");
        export.devices[0].stamps[1] = Exported::Raw(lie);
        let (holds, sentence) = told(&export);
        assert!(!holds && sentence.contains("00000000-0000-0000-0000-000000000003"), "{sentence}");
        export.devices[0].stamps[1] = honest;
        export.devices[0].stamps.pop();
        let (holds, sentence) = told(&export);
        assert!(!holds && sentence.contains("which is missing"), "{sentence}");
        assert!(judge("{\"half\":").is_err());
    }
}
