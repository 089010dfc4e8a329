//! Every statement of the room, and its rows.

use releve_shared::id::{DeviceId, MembershipId, OrganisationId, ReceiptId, VisitId};
use releve_shared::time::Moment;

use crate::db::{Fault, Row, Tx};

crate::statements! {
    /// A receipt.
    ONE = "SELECT id, organisation, visit, membership, device, digest, size, held, state, taken_at,
                  kept_at
             FROM receipt WHERE id = $1";
    /// Claims a receipt.
    CLAIM = "UPDATE receipt SET held = held WHERE id = $1
             RETURNING id, organisation, visit, membership, device, digest, size, held, state, taken_at,
                       kept_at";
    /// The receipts of a visit.
    OF_VISIT = "SELECT id, organisation, visit, membership, device, digest, size, held, state, taken_at,
                       kept_at
                  FROM receipt WHERE visit = $1 ORDER BY taken_at, id";
    /// How many a visit has.
    COUNT = "SELECT COUNT(*) FROM receipt WHERE visit = $1 AND state IN ('waiting', 'kept')";
    /// A new receipt, once; announced again by another phone of the worker, that one sends it.
    ADD = "INSERT INTO receipt (id, organisation, visit, membership, device, digest, size, held, state,
                                taken_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           ON CONFLICT (id) DO UPDATE SET device = excluded.device
             WHERE receipt.state = 'waiting' AND receipt.membership = excluded.membership";
    /// A part.
    ADD_PART = "INSERT INTO receipt_part (receipt, start, data) VALUES ($1, $2, $3)
                ON CONFLICT (receipt, start) DO NOTHING";
    /// How far it is.
    HELD = "UPDATE receipt SET held = $1 WHERE id = $2";
    /// The parts, in order.
    PARTS = "SELECT data FROM receipt_part WHERE receipt = $1 ORDER BY start";
    /// Its parts are not needed any more.
    FORGET = "DELETE FROM receipt_part WHERE receipt = $1";
    /// Its picture is kept.
    KEEP = "UPDATE receipt SET state = 'kept', picture = $1, kept_at = $2
             WHERE id = $3 AND state = 'waiting'";
    /// It is none any more.
    END = "UPDATE receipt SET state = $1, picture = NULL WHERE id = $2";
    /// A picture of an organisation.
    PICTURE = "SELECT picture FROM receipt WHERE id = $1 AND organisation = $2 AND state = 'kept'";
    /// Whether a visit is of an organisation.
    OURS = "SELECT id FROM visit WHERE id = $1 AND organisation = $2";
    /// In whose planning a visit is.
    PLANNING = "SELECT membership, organisation FROM visit WHERE id = $1";

    /// Receipts that were taken before a moment.
    OLD = "SELECT COUNT(*), MIN(taken_at) FROM receipt WHERE organisation = $1 AND taken_at < $2";
    /// Erases their parts.
    FORGET_OLD_PARTS = "DELETE FROM receipt_part WHERE receipt IN
                          (SELECT r.id FROM receipt r WHERE r.organisation = $1 AND r.taken_at < $2)";
    /// Erases them.
    FORGET_OLD = "DELETE FROM receipt WHERE organisation = $1 AND taken_at < $2";
    /// Erases the parts of those of a visit that goes.
    FORGET_VISIT_PARTS = "DELETE FROM receipt_part WHERE receipt IN
                            (SELECT r.id FROM receipt r WHERE r.visit = $1)";
    /// Erases them.
    FORGET_VISIT = "DELETE FROM receipt WHERE visit = $1";
}

/// A receipt, its picture aside.
#[derive(Clone, Debug)]
pub struct Kept {
    pub id: ReceiptId,
    pub organisation: OrganisationId,
    pub visit: VisitId,
    pub membership: MembershipId,
    pub device: DeviceId,
    pub digest: String,
    pub size: u64,
    pub held: u64,
    pub state: String,
    pub taken_at: Moment,
    pub kept_at: Option<Moment>,
}

fn kept(r: &Row) -> Result<Kept, Fault> {
    Ok(Kept {
        id: r.get(0)?,
        organisation: r.get(1)?,
        visit: r.get(2)?,
        membership: r.get(3)?,
        device: r.get(4)?,
        digest: r.get(5)?,
        size: r.get(6)?,
        held: r.get(7)?,
        state: r.get(8)?,
        taken_at: r.get(9)?,
        kept_at: r.get(10)?,
    })
}

pub fn one(tx: &mut Tx, id: ReceiptId) -> Result<Option<Kept>, Fault> {
    tx.query_opt(&ONE, &[id.into()])?.as_ref().map(kept).transpose()
}

pub fn claim(tx: &mut Tx, id: ReceiptId) -> Result<Option<Kept>, Fault> {
    tx.query_opt(&CLAIM, &[id.into()])?.as_ref().map(kept).transpose()
}

pub fn of_visit(tx: &mut Tx, visit: VisitId) -> Result<Vec<Kept>, Fault> {
    tx.query(&OF_VISIT, &[visit.into()])?.iter().map(kept).collect()
}

pub fn count(tx: &mut Tx, visit: VisitId) -> Result<u64, Fault> {
    tx.query_one(&COUNT, &[visit.into()])?.get(0)
}

pub fn add(tx: &mut Tx, new: &Kept) -> Result<u64, Fault> {
    let row = [
        new.id.into(),
        new.organisation.into(),
        new.visit.into(),
        new.membership.into(),
        new.device.into(),
        (&new.digest).into(),
        new.size.into(),
        new.held.into(),
        (&new.state).into(),
        new.taken_at.into(),
    ];
    tx.execute(&ADD, &row)
}

pub fn add_part(
    tx: &mut Tx,
    id: ReceiptId,
    start: u64,
    data: &str,
    held: u64,
) -> Result<(), Fault> {
    tx.execute(&ADD_PART, &[id.into(), start.into(), data.into()])?;
    tx.execute(&HELD, &[held.into(), id.into()])?;
    Ok(())
}

pub fn parts(tx: &mut Tx, id: ReceiptId) -> Result<Vec<String>, Fault> {
    tx.query(&PARTS, &[id.into()])?.iter().map(|r| r.get(0)).collect()
}

pub fn keep(tx: &mut Tx, id: ReceiptId, picture: &str, now: Moment) -> Result<(), Fault> {
    tx.execute(&KEEP, &[picture.into(), now.into(), id.into()])?;
    tx.execute(&FORGET, &[id.into()])?;
    Ok(())
}

pub fn end(tx: &mut Tx, id: ReceiptId, state: &str) -> Result<(), Fault> {
    tx.execute(&END, &[state.into(), id.into()])?;
    tx.execute(&FORGET, &[id.into()])?;
    Ok(())
}

pub fn picture(tx: &mut Tx, org: OrganisationId, id: ReceiptId) -> Result<Option<String>, Fault> {
    tx.query_opt(&PICTURE, &[id.into(), org.into()])?.map(|r| r.get(0)).transpose()
}

pub fn ours(tx: &mut Tx, org: OrganisationId, visit: VisitId) -> Result<bool, Fault> {
    Ok(tx.query_opt(&OURS, &[visit.into(), org.into()])?.is_some())
}

pub fn planning(
    tx: &mut Tx,
    visit: VisitId,
) -> Result<Option<(MembershipId, OrganisationId)>, Fault> {
    let row = tx.query_opt(&PLANNING, &[visit.into()])?;
    row.map(|r| Ok((r.get(0)?, r.get(1)?))).transpose()
}
