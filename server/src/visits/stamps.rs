//! Rows of raw stamps, their measures and the chains that they form.

use releve_shared::badge::Assurance;
use releve_shared::clock::Measured;
use releve_shared::id::{ClockEventId, DeviceId, MembershipId, OrganisationId, VisitId};
use releve_shared::keys::{Digest, PublicKey, Signature};
use releve_shared::proof::ChainHead;
use releve_shared::sync::Note;
use releve_shared::time::Moment;
use releve_shared::visit::{Anomaly, ClockEvent};

use super::sql;
use crate::db::{Fault, Tx, Value};

/// A stamp as it came.
#[derive(Clone, Debug)]
pub struct Raw {
    pub organisation: OrganisationId,
    pub device: DeviceId,
    pub membership: MembershipId,
    pub raw: String,
    pub received_at: Moment,
}

/// Stores a stamp; false when it is here already.
pub fn add(tx: &mut Tx, event: &ClockEvent, raw: &Raw, hash: Digest) -> Result<bool, Fault> {
    let row = [
        event.id.into(),
        raw.organisation.into(),
        raw.device.into(),
        event.seq.into(),
        event.membership.into(),
        event.visit.into(),
        (&event.kind).into(),
        (&event.method).into(),
        event.reason.as_ref().into(),
        event.voids.into(),
        event.declared_at.into(),
        (&raw.raw).into(),
        Value::text(hash),
        raw.received_at.into(),
    ];
    Ok(tx.query_opt(&sql::ADD_STAMP, &row)?.is_some())
}

pub fn raw(tx: &mut Tx, id: ClockEventId) -> Result<Option<Raw>, Fault> {
    let row = tx.query_opt(&sql::RAW, &[id.into()])?;
    row.map(|r| {
        Ok(Raw {
            organisation: r.get(0)?,
            device: r.get(1)?,
            raw: r.get(2)?,
            received_at: r.get(3)?,
            membership: r.get(4)?,
        })
    })
    .transpose()
}

/// Number and hash of the stamp before another on its phone, or of one with the same number.
pub fn previous(
    tx: &mut Tx,
    device: DeviceId,
    event: &ClockEvent,
) -> Result<Option<(u64, String)>, Fault> {
    let row = tx.query_opt(&sql::PREVIOUS, &[device.into(), event.seq.into(), event.id.into()])?;
    row.map(|r| Ok((r.get(0)?, r.get(1)?))).transpose()
}

/// In whose planning phones are told of a stamp; `None` for one made in another's name.
pub fn told_to(tx: &mut Tx, id: ClockEventId) -> Result<Option<MembershipId>, Fault> {
    tx.query_opt(&sql::TOLD_TO, &[id.into()])?.map(|r| r.get(0)).transpose()
}

pub fn add_measure(
    tx: &mut Tx,
    event: ClockEventId,
    measured: &Measured,
    assurance: &Assurance,
    anomalies: &[Anomaly],
    now: Moment,
) -> Result<u64, Fault> {
    let row = [
        event.into(),
        measured.at.into(),
        measured.error_ms.into(),
        (&measured.quality).into(),
        assurance.into(),
        Value::json(&anomalies)?,
        now.into(),
    ];
    tx.execute(&sql::ADD_MEASURE, &row)
}

pub fn add_note(tx: &mut Tx, event: ClockEventId, note: &Note) -> Result<u64, Fault> {
    // PostgreSQL keeps no NUL in a text.
    let clean = |text: &str| text.replace('\0', "\u{fffd}");
    tx.execute(&sql::ADD_NOTE, &[event.into(), clean(&note.salt).into(), clean(&note.text).into()])
}

pub fn unsure(tx: &mut Tx, device: DeviceId) -> Result<Vec<ClockEventId>, Fault> {
    tx.query(&sql::UNSURE, &[device.into()])?.iter().map(|r| r.get(0)).collect()
}

pub fn add_head(
    tx: &mut Tx,
    device: DeviceId,
    head: &ChainHead,
    now: Moment,
) -> Result<u64, Fault> {
    let row = [
        device.into(),
        head.seq.into(),
        Value::text(head.hash),
        Value::text(head.signature),
        now.into(),
    ];
    tx.execute(&sql::ADD_HEAD, &row)
}

/// The raw bytes of a visit's stamps, with the words of their notes.
pub fn proof(
    tx: &mut Tx,
    org: OrganisationId,
    visit: VisitId,
) -> Result<Vec<(ClockEventId, String, Option<String>)>, Fault> {
    let rows = tx.query(&sql::PROOF, &[visit.into(), org.into()])?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).collect()
}

/// A phone with stamps of a period, and their lowest and highest number.
pub struct Span {
    pub device: DeviceId,
    pub key: PublicKey,
    pub from: u64,
    pub to: u64,
}

pub fn month(
    tx: &mut Tx,
    org: OrganisationId,
    (from, to): (Moment, Moment),
) -> Result<Vec<Span>, Fault> {
    let rows = tx.query(&sql::MONTH, &[org.into(), from.into(), to.into()])?;
    rows.iter()
        .map(|r| {
            let key = PublicKey::parse(&r.get::<String>(1)?)
                .map_err(|e| Fault::of("reading a phone's key", e))?;
            Ok(Span { device: r.get(0)?, key, from: r.get(2)?, to: r.get(3)? })
        })
        .collect()
}

pub fn next_head(tx: &mut Tx, device: DeviceId, seq: u64) -> Result<Option<u64>, Fault> {
    tx.query_opt(&sql::NEXT_HEAD, &[device.into(), seq.into()])?.map(|r| r.get(0)).transpose()
}

/// A phone's chain between two numbers, as an organisation may see it for a period.
pub fn chain(
    tx: &mut Tx,
    org: OrganisationId,
    device: DeviceId,
    (from, to): (u64, u64),
    period: (Moment, Moment),
) -> Result<Vec<(String, bool)>, Fault> {
    let values =
        [org.into(), period.0.into(), period.1.into(), device.into(), from.into(), to.into()];
    tx.query(&sql::RAWS, &values)?.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

pub fn heads(
    tx: &mut Tx,
    org: OrganisationId,
    device: DeviceId,
    (from, to): (u64, u64),
) -> Result<Vec<ChainHead>, Fault> {
    let rows = tx.query(&sql::HEADS, &[device.into(), from.into(), to.into(), org.into()])?;
    let malformed = |e| Fault::of("reading a chain's head", e);
    rows.iter()
        .map(|r| {
            let hash = Digest::parse(&r.get::<String>(1)?).map_err(malformed)?;
            let signature = Signature::parse(&r.get::<String>(2)?).map_err(malformed)?;
            Ok(ChainHead { seq: r.get(0)?, hash, signature })
        })
        .collect()
}
