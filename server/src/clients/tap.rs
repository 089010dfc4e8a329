//! What a stamp's tag proves: the token, the client, the withdrawal, the changing code of a chip.

use releve_shared::badge::{Assurance, TagKind, TagState, assurance, parse_link};
use releve_shared::clock::Measured;
use releve_shared::id::{ClientId, ClockEventId, OrganisationId};
use releve_shared::refusal::Refusal;
use releve_shared::visit::{Anomaly, ClockEvent};

use super::sql::{self, Neighbour as Beside};
use super::sun;
use crate::db::{Answer, Tx};
use crate::identity::keys::{Keys, ntag_master, tag_keys};

/// What was found out about the tag of a stamp.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What is wrong with it; empty when it is a true tag of the client.
    pub anomalies: Vec<Anomaly>,
    /// Stamps next to this one in the order of the chip's counters.
    pub neighbours: Vec<Neighbour>,
}

/// A chip whose counter rises by more than this between two stamps has been read by others: a phone
/// reads a tag once or twice for each stamp.
const JUMP: u32 = 100;

/// A tap next to this one: of both, the lower counter must be the earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Whose.
    pub stamp: ClockEventId,
    /// When.
    pub measured: Measured,
    /// Whether its counter is below this one's.
    pub lower: bool,
}

/// Verifies the tag of a stamp as it was at that moment. Gives what the reading claims and what was
/// found; `None` for a stamp by hand.
///
/// A chip's counter is taken for this stamp: verifying again finds it taken by itself, which is well.
///
/// # Errors
/// Those of the database.
pub fn verify(
    tx: &mut Tx,
    keys: &Keys,
    org: OrganisationId,
    event: &ClockEvent,
    at: &Measured,
    client: Option<ClientId>,
) -> Answer<Option<(Assurance, Found)>> {
    let Some(text) = &event.raw_tag else { return Ok(None) };
    let only = |anomaly: Anomaly| Found { anomalies: vec![anomaly], neighbours: vec![] };
    let read = match parse_link(text) {
        Ok(read) => read,
        Err(_) => return Ok(Some((Assurance::Manual, only(Anomaly::TagForged)))),
    };
    let claimed = assurance(&event.method, Some(&read));
    match read.token.check(org, &tag_keys(tx, org)?) {
        Ok(()) => {}
        Err(Refusal::TagForged) => return Ok(Some((claimed, only(Anomaly::TagForged)))),
        Err(_) => return Ok(Some((claimed, only(Anomaly::TagUnknown)))),
    }
    let Some(tag) = sql::tag(tx, org, read.token.tag)? else {
        return Ok(Some((claimed, only(Anomaly::TagUnknown))));
    };

    // A printed code copied onto a radio tag proves no more than the print.
    let claimed = match (&tag.kind, claimed) {
        (TagKind::Qr, Assurance::NfcStatic | Assurance::Sun) => Assurance::Qr,
        (_, claimed) => claimed,
    };
    let mut found = Found::default();
    if client.is_some_and(|client| client != tag.client) {
        found.anomalies.push(Anomaly::WrongClient);
    }
    // A tag withdrawn after the act was good at the time of the act.
    let revoked = tag.revoked_at.is_some_and(|since| at.at >= since);
    if tag.state == TagState::Revoked && revoked {
        found.anomalies.push(Anomaly::TagRevoked);
    }
    sql::used(tx, tag.id, at.at)?;

    if let Some(mirror) = &read.sun {
        let keys = sun::keys_of(&ntag_master(tx, keys, org)?, tag.id);
        match sun::verify(&keys, mirror) {
            Ok(tap) => counted(tx, org, event, at, &tag, &tap, &mut found)?,
            Err(sun::Forged) => found.anomalies.push(Anomaly::SunForged),
        }
    }
    Ok(Some((claimed, found)))
}

/// Whose home the tag of a stamp names, when it is a true tag of the organisation: a phone may read a
/// tag that was issued since its last sync.
///
/// # Errors
/// Those of the database.
pub fn named(tx: &mut Tx, org: OrganisationId, event: &ClockEvent) -> Answer<Option<ClientId>> {
    let Some(read) = event.raw_tag.as_deref().and_then(|text| parse_link(text).ok()) else {
        return Ok(None);
    };
    if read.token.check(org, &tag_keys(tx, org)?).is_err() {
        return Ok(None);
    }
    Ok(sql::tag(tx, org, read.token.tag)?.map(|tag| tag.client))
}

/// Takes the counter of a tap that verified, and looks for a copy of the chip: another chip with the
/// tag's keys, this chip under another tag, a counter that was used, a counter far ahead.
fn counted(
    tx: &mut Tx,
    org: OrganisationId,
    event: &ClockEvent,
    at: &Measured,
    tag: &sql::Tag,
    tap: &sun::Tap,
    found: &mut Found,
) -> Answer<()> {
    let uid = sun::hex(&tap.uid);
    if tag.uid.as_ref().is_some_and(|known| *known != uid) {
        // Its counters are not those of the tag's own chip.
        found.anomalies.push(Anomaly::SunTwoChips);
        return Ok(());
    }
    sql::bind(tx, tag.id, &uid)?;
    if sql::elsewhere(tx, org, &uid, tag.id)? {
        found.anomalies.push(Anomaly::SunTwoChips);
    }
    if sql::take(tx, tag.id, tap.counter, event.id, at.at)? != event.id {
        found.anomalies.push(Anomaly::SunReplayed);
        return Ok(());
    }
    if let Some(Beside { stamp, counter, measured }) = sql::before(tx, tag.id, tap.counter)? {
        if tap.counter.saturating_sub(counter) > JUMP {
            found.anomalies.push(Anomaly::SunJump);
        }
        found.neighbours.push(Neighbour { stamp, measured, lower: true });
    }
    if let Some(Beside { stamp, measured, .. }) = sql::after(tx, tag.id, tap.counter)? {
        found.neighbours.push(Neighbour { stamp, measured, lower: false });
    }
    Ok(())
}
