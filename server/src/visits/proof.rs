//! Proof of what was badged: raw stamps as they came, read only, and their export (row B-01).

use releve_shared::id::{DeviceId, VisitId};
use releve_shared::keys::Digest;
use releve_shared::month::Decided;
use releve_shared::proof::{DeviceProof, Export, Exported, GENESIS};
use releve_shared::refusal::Refusal;
use releve_shared::time::{Day, Moment};
use releve_shared::visit::{ClockEvent, Clocked};
use serde::Serialize;
use utoipa::ToSchema;

use super::{rows, stamps};
use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::identity::{By, organisation};

/// A raw stamp with what the server makes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProofStamp {
    /// The stamp, measured and judged.
    pub clocked: Clocked,
    /// The bytes that the phone wrote.
    pub raw: String,
    /// Which phone made it.
    pub device: DeviceId,
    /// Its number on that phone.
    pub seq: u64,
    /// When the server got it.
    pub received_at: Moment,
    /// What the phone's wall clock said.
    pub wall: Option<Moment>,
    /// The worker's words, while retention keeps them.
    pub note: Option<String>,
}

/// Everything that was badged and decided for a visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Proof {
    /// Its stamps, in order of reception; voided and doubled ones included.
    pub stamps: Vec<ProofStamp>,
    /// Every decision of the office, the oldest first.
    pub retained: Vec<Decided>,
}

/// The proof of a visit.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn proof(tx: &mut Tx, by: &By, id: VisitId) -> Answer<Proof> {
    rows::one(tx, by.organisation, id)?.ok_or(Refusal::NotFound)?;
    let measured = rows::visit_stamps(tx, by.organisation, id)?;
    let raws = stamps::proof(tx, by.organisation, id)?;
    let stamp = |row: releve_shared::sync::ClockedRow| {
        let (raw, note) = raws
            .iter()
            .find(|(event, ..)| *event == row.clocked.id)
            .map(|(_, raw, note)| (raw.clone(), note.clone()))
            .unwrap_or_default();
        ProofStamp {
            wall: serde_json::from_str::<ClockEvent>(&raw).ok().map(|event| event.stamp.wall),
            raw,
            note,
            device: row.device,
            seq: row.seq,
            received_at: row.received_at,
            clocked: row.clocked,
        }
    };
    let stamps = measured.into_iter().map(stamp).collect();
    let retained = rows::history(tx, id)?.into_iter().map(|known| known.decided).collect();
    Ok(Proof { stamps, retained })
}

/// A month of the organisation's stamps, by the day of their visits, as `releve-server verify` reads
/// it: for each phone its chain over that month and on to the next head that it signed. Stamps of
/// other months, and of another employer of the same person, keep their place as a digest only.
///
/// # Errors
/// [`Refusal::Invalid`] for a text that is no month `YYYY-MM`.
pub fn month(tx: &mut Tx, by: &By, month: &str, now: Moment) -> Answer<Export> {
    let (period, org) = (bounds(by, month)?, by.organisation);
    let mut devices = Vec::new();
    for span in stamps::month(tx, org, period)? {
        let to = stamps::next_head(tx, span.device, span.to)?.unwrap_or(span.to);
        let numbers = (span.from, to);
        let chain = stamps::chain(tx, org, span.device, numbers, period)?;
        let first = chain.first().and_then(|(raw, _)| serde_json::from_str::<ClockEvent>(raw).ok());
        let show = |(raw, shown): (String, bool)| {
            if shown { Exported::Raw(raw) } else { Exported::withheld(&raw) }
        };
        devices.push(DeviceProof {
            device: span.device,
            key: span.key,
            after: span.from.saturating_sub(1),
            after_hash: first.map_or(Digest::from_bytes(GENESIS), |event| event.prev),
            heads: stamps::heads(tx, org, span.device, numbers)?,
            stamps: chain.into_iter().map(show).collect(),
        });
    }
    note(tx, by, "proof.export", month, "", now)?;
    let organisation = organisation(tx, by.organisation)?;
    Ok(Export {
        format: Export::FORMAT,
        organisation: organisation.id,
        name: organisation.name,
        month: month.to_owned(),
        made_at: now,
        devices,
    })
}

/// The first moment of a month in the organisation's zone, and the first of the next.
fn bounds(by: &By, month: &str) -> Result<(Moment, Moment), Refusal> {
    let first = Day::parse(&format!("{month}-01")).map_err(|_| Refusal::Invalid)?;
    let well_formed = month.len() == 7;
    let mut next = first.plus(28);
    while well_formed && next.to_string().starts_with(month) {
        next = next.plus(1);
    }
    if well_formed {
        Ok((by.zone.bounds(first).0, by.zone.bounds(next).0))
    } else {
        Err(Refusal::Invalid)
    }
}
