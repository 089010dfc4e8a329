//! Rows of the room: what its statements take and give.

use releve_shared::badge::{Assurance, Method};
use releve_shared::clock::{Measured, Quality};
use releve_shared::id::{ClientId, ClockEventId, DeviceId, MembershipId, OrganisationId, VisitId};
use releve_shared::month::Decided;
use releve_shared::sync::ClockedRow;
use releve_shared::time::Moment;
use releve_shared::visit::{
    ClockKind, Clocked, CorrectionReason, Decision, ManualReason, RetainedPeriod, Visit,
    VisitNotes, VisitState,
};

use super::reports::ReportRow;
use super::sql;
use crate::clients::label;
use crate::db::{Fault, Row, Tx, Value};

crate::code_columns!(
    Assurance,
    ClockKind,
    CorrectionReason,
    Decision,
    ManualReason,
    Method,
    Quality,
    VisitState,
);

/// What the office plans of a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub membership: MembershipId,
    pub client: ClientId,
    pub service: String,
    pub starts_at: Moment,
    pub ends_at: Moment,
    pub instructions: String,
}

pub fn add(
    tx: &mut Tx,
    org: OrganisationId,
    id: VisitId,
    plan: &Plan,
    state: &VisitState,
    held: bool,
    now: Moment,
) -> Result<(), Fault> {
    let row = [
        id.into(),
        org.into(),
        plan.membership.into(),
        plan.client.into(),
        (&plan.service).into(),
        plan.starts_at.into(),
        plan.ends_at.into(),
        state.into(),
        (&plan.instructions).into(),
        held.into(),
        now.into(),
    ];
    tx.execute(&sql::ADD, &row)?;
    hold(tx, id, plan.membership, now)
}

/// A visit claimed for a change; `rev` is already the next one.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub rev: i64,
    pub plan: Plan,
    pub state: VisitState,
    pub held: bool,
}

pub fn claim(tx: &mut Tx, org: OrganisationId, id: VisitId) -> Result<Option<Claimed>, Fault> {
    let row = tx.query_opt(&sql::CLAIM, &[id.into(), org.into()])?;
    row.map(|r| {
        let plan = Plan {
            membership: r.get(1)?,
            client: r.get(2)?,
            service: r.get(3)?,
            starts_at: r.get(4)?,
            ends_at: r.get(5)?,
            instructions: r.get(7)?,
        };
        Ok(Claimed { rev: r.get(0)?, plan, state: r.get(6)?, held: r.get(8)? })
    })
    .transpose()
}

/// Whether a membership of the organisation is at work; `None` when it is not known there.
pub fn claim_worker(
    tx: &mut Tx,
    org: OrganisationId,
    id: MembershipId,
) -> Result<Option<bool>, Fault> {
    let row = tx.query_opt(&sql::CLAIM_WORKER, &[id.into(), org.into()])?;
    row.map(|r| Ok(r.get::<String>(0)? == "active")).transpose()
}

/// Whether a client is known and not erased; if so, the sheet stays for this visit.
pub fn claim_client(
    tx: &mut Tx,
    org: OrganisationId,
    id: ClientId,
    now: Moment,
) -> Result<bool, Fault> {
    Ok(tx.query_opt(&sql::CLAIM_CLIENT, &[now.into(), id.into(), org.into()])?.is_some())
}

pub fn overlaps(tx: &mut Tx, id: VisitId, plan: &Plan) -> Result<Vec<VisitId>, Fault> {
    let row = [plan.membership.into(), plan.ends_at.into(), plan.starts_at.into(), id.into()];
    tx.query(&sql::OVERLAPS, &row)?.iter().map(|r| r.get(0)).collect()
}

pub fn write(tx: &mut Tx, id: VisitId, plan: &Plan, held: bool) -> Result<u64, Fault> {
    let row = [
        plan.membership.into(),
        plan.client.into(),
        (&plan.service).into(),
        plan.starts_at.into(),
        plan.ends_at.into(),
        (&plan.instructions).into(),
        held.into(),
        id.into(),
    ];
    tx.execute(&sql::WRITE, &row)
}

pub fn write_state(
    tx: &mut Tx,
    id: VisitId,
    state: &VisitState,
    reason: Option<&str>,
) -> Result<u64, Fault> {
    tx.execute(&sql::WRITE_STATE, &[state.into(), reason.into(), id.into()])
}

pub fn hold(tx: &mut Tx, id: VisitId, by: MembershipId, now: Moment) -> Result<(), Fault> {
    tx.execute(&sql::HOLD, &[id.into(), by.into(), now.into()])?;
    Ok(())
}

pub fn release(tx: &mut Tx, id: VisitId, now: Moment) -> Result<u64, Fault> {
    tx.execute(&sql::RELEASE, &[now.into(), id.into()])
}

/// Whether a worker had a visit at a moment, or had lost it no earlier than `since`.
pub fn held_by(tx: &mut Tx, id: VisitId, by: MembershipId, since: Moment) -> Result<bool, Fault> {
    Ok(!tx.query(&sql::HELD_BY, &[id.into(), by.into(), since.into()])?.is_empty())
}

type Moved = Vec<(VisitId, MembershipId)>;

/// Moves the window: the visits that came in, and those that left.
pub fn roll(
    tx: &mut Tx,
    org: OrganisationId,
    (from, to): (Moment, Moment),
) -> Result<(Moved, Moved), Fault> {
    let pairs = |rows: Vec<Row>| rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect();
    let bounds = [org.into(), from.into(), to.into()];
    let entered: Result<Moved, Fault> = pairs(tx.query(&sql::ENTER, &bounds)?);
    let left: Result<Moved, Fault> = pairs(tx.query(&sql::LEAVE, &bounds)?);
    Ok((entered?, left?))
}

pub fn stamp_ids(tx: &mut Tx, visit: VisitId) -> Result<Vec<(ClockEventId, MembershipId)>, Fault> {
    let rows = tx.query(&sql::STAMP_IDS, &[visit.into()])?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

fn visit_of(row: &Row) -> Result<Visit, Fault> {
    Ok(Visit {
        id: row.get(0)?,
        membership: row.get(1)?,
        client: row.get(2)?,
        client_label: label(&row.get(3)?, &row.get::<String>(4)?),
        place: row.get(5)?,
        service: row.get(6)?,
        starts_at: row.get(7)?,
        ends_at: row.get(8)?,
        state: row.get(9)?,
        instructions: row.get(10)?,
    })
}

/// A visit with its people and what is known of it, stamps aside.
#[derive(Clone, Debug)]
pub struct Known {
    pub visit: Visit,
    pub rev: i64,
    pub caregiver_name: String,
    pub client_name: String,
    pub retained: Option<RetainedPeriod>,
    pub notes: Option<VisitNotes>,
    pub cancel_reason: Option<String>,
}

fn known(row: &Row) -> Result<Known, Fault> {
    let visit = visit_of(row)?;
    let name = |first: usize, last: usize| -> Result<String, Fault> {
        let both = format!("{} {}", row.get::<String>(first)?, row.get::<String>(last)?);
        Ok(both.trim().to_owned())
    };
    let retained = match row.get::<Option<Decision>>(15)? {
        Some(_) => Some(retained_at(row, visit.id, 15)?),
        None => None,
    };
    let notes = match row.get::<Option<String>>(24)? {
        Some(comment) => Some(VisitNotes {
            distance_hm: row.get(22)?,
            expenses_cents: row.get(23)?,
            comment,
            distance_note: row.get(26)?,
            report: row.get(27)?,
        }),
        None => None,
    };
    Ok(Known {
        rev: row.get(11)?,
        caregiver_name: name(12, 13)?,
        client_name: name(14, 4)?,
        retained,
        notes,
        cancel_reason: row.get(25)?,
        visit,
    })
}

fn retained_at(row: &Row, visit: VisitId, from: usize) -> Result<RetainedPeriod, Fault> {
    Ok(RetainedPeriod {
        visit,
        decision: row.get(from)?,
        starts_at: row.get(from + 1)?,
        ends_at: row.get(from + 2)?,
        reason: row.get(from + 3)?,
        note: row.get(from + 4)?,
        decided_by: row.get(from + 5)?,
        decided_at: row.get(from + 6)?,
    })
}

/// The visits of a period, of one worker or client when they are named.
pub fn board(
    tx: &mut Tx,
    org: OrganisationId,
    period: (Moment, Moment),
    of: (Option<MembershipId>, Option<ClientId>),
) -> Result<Vec<Known>, Fault> {
    tx.query(&sql::BOARD, &which(org, period, of))?.iter().map(known).collect()
}

fn which(
    org: OrganisationId,
    (from, to): (Moment, Moment),
    (membership, client): (Option<MembershipId>, Option<ClientId>),
) -> [Value; 5] {
    let text = |id: Option<String>| Value::Text(id.unwrap_or_default());
    let (membership, client) = (membership.map(|m| m.to_string()), client.map(|c| c.to_string()));
    [org.into(), from.into(), to.into(), text(membership), text(client)]
}

pub fn one(tx: &mut Tx, org: OrganisationId, id: VisitId) -> Result<Option<Known>, Fault> {
    tx.query_opt(&sql::ONE, &[id.into(), org.into()])?.as_ref().map(known).transpose()
}

/// What is judged of a visit when a stamp comes.
#[derive(Clone, Debug)]
pub struct Met {
    pub membership: MembershipId,
    pub client: ClientId,
    pub state: VisitState,
}

pub fn met(tx: &mut Tx, org: OrganisationId, id: VisitId) -> Result<Option<Met>, Fault> {
    let row = tx.query_opt(&sql::MET, &[id.into(), org.into()])?;
    row.map(|r| Ok(Met { membership: r.get(0)?, client: r.get(1)?, state: r.get(2)? })).transpose()
}

pub fn body(tx: &mut Tx, id: &str) -> Result<Option<Visit>, Fault> {
    tx.query_opt(&sql::BODY, &[id.into()])?.as_ref().map(visit_of).transpose()
}

/// Whose a visit is, whoever asks: ids of phones must not meet another organisation's.
pub fn owner(tx: &mut Tx, id: VisitId) -> Result<Option<OrganisationId>, Fault> {
    tx.query_opt(&sql::OWNER, &[id.into()])?.map(|r| r.get(0)).transpose()
}

fn clocked(row: &Row) -> Result<ClockedRow, Fault> {
    let clocked = Clocked {
        id: row.get(0)?,
        visit: row.get(1)?,
        kind: row.get(2)?,
        method: row.get(3)?,
        reason: row.get(4)?,
        voids: row.get(5)?,
        declared_at: row.get(6)?,
        measured: Measured { at: row.get(7)?, error_ms: row.get(8)?, quality: row.get(9)? },
        assurance: row.get(10)?,
        anomalies: row.json(11)?,
    };
    Ok(ClockedRow { device: row.get(12)?, seq: row.get(13)?, received_at: row.get(14)?, clocked })
}

pub fn board_stamps(
    tx: &mut Tx,
    org: OrganisationId,
    period: (Moment, Moment),
    of: (Option<MembershipId>, Option<ClientId>),
) -> Result<Vec<ClockedRow>, Fault> {
    tx.query(&sql::BOARD_STAMPS, &which(org, period, of))?.iter().map(clocked).collect()
}

pub fn visit_stamps(
    tx: &mut Tx,
    org: OrganisationId,
    id: VisitId,
) -> Result<Vec<ClockedRow>, Fault> {
    tx.query(&sql::VISIT_STAMPS, &[id.into(), org.into()])?.iter().map(clocked).collect()
}

pub fn stamp(tx: &mut Tx, id: &str) -> Result<Option<ClockedRow>, Fault> {
    tx.query_opt(&sql::STAMP, &[id.into()])?.as_ref().map(clocked).transpose()
}

/// What was last heard of a worker's phone.
#[derive(Clone, Debug)]
pub struct HeardOf {
    pub membership: MembershipId,
    pub state: String,
    pub last_seen_at: Moment,
    pub last_sync_at: Option<Moment>,
    pub waiting: u64,
}

/// Of every worker of an organisation, or of one.
pub fn heard(
    tx: &mut Tx,
    org: OrganisationId,
    of: Option<MembershipId>,
) -> Result<Vec<HeardOf>, Fault> {
    let rows = match of {
        Some(membership) => tx.query(&sql::HEARD_OF, &[membership.into(), org.into()])?,
        None => tx.query(&sql::HEARD, &[org.into()])?,
    };
    rows.iter()
        .map(|r| {
            Ok(HeardOf {
                membership: r.get(0)?,
                state: r.get(1)?,
                last_seen_at: r.get(2)?,
                last_sync_at: r.get(3)?,
                waiting: r.get(4)?,
            })
        })
        .collect()
}

/// What the worker wrote, with when and on which phone.
#[derive(Clone, Debug)]
pub struct Written {
    pub membership: MembershipId,
    pub notes: VisitNotes,
    pub device: DeviceId,
    pub written_at: Moment,
    pub received_at: Moment,
}

pub fn notes(tx: &mut Tx, visit: VisitId) -> Result<Option<Written>, Fault> {
    let row = tx.query_opt(&sql::NOTES, &[visit.into()])?;
    row.map(|r| {
        let notes = VisitNotes {
            distance_hm: r.get(0)?,
            expenses_cents: r.get(1)?,
            comment: r.get(2)?,
            distance_note: r.get(7)?,
            report: r.get(8)?,
        };
        Ok(Written {
            membership: r.get(6)?,
            notes,
            device: r.get(3)?,
            written_at: r.get(4)?,
            received_at: r.get(5)?,
        })
    })
    .transpose()
}

pub fn write_notes(tx: &mut Tx, visit: VisitId, written: &Written) -> Result<u64, Fault> {
    let row = [
        visit.into(),
        written.membership.into(),
        written.notes.distance_hm.into(),
        written.notes.expenses_cents.into(),
        (&written.notes.comment).into(),
        written.device.into(),
        written.written_at.into(),
        written.received_at.into(),
        (&written.notes.distance_note).into(),
        (&written.notes.report).into(),
    ];
    tx.execute(&sql::WRITE_NOTES, &row)
}

/// The visits of a period about which there are words.
pub fn reports(
    tx: &mut Tx,
    org: OrganisationId,
    (from, to): (Moment, Moment),
    of: (Option<MembershipId>, Option<ClientId>),
) -> Result<Vec<ReportRow>, Fault> {
    let text = |id: Option<String>| Value::Text(id.unwrap_or_default());
    let (membership, client) = (of.0.map(|m| m.to_string()), of.1.map(|c| c.to_string()));
    let values = [org.into(), from.into(), to.into(), text(membership), text(client)];
    let name = |r: &Row, first: usize| -> Result<String, Fault> {
        let both = format!("{} {}", r.get::<String>(first)?, r.get::<String>(first + 1)?);
        Ok(both.trim().to_owned())
    };
    let rows = tx.query(&sql::REPORTS, &values)?;
    rows.iter()
        .map(|r| {
            Ok(ReportRow {
                visit: r.get(0)?,
                membership: r.get(11)?,
                caregiver_name: name(r, 1)?,
                client: r.get(12)?,
                client_name: name(r, 3)?,
                service: r.get(5)?,
                starts_at: r.get(6)?,
                ends_at: r.get(7)?,
                comment: r.get(8)?,
                report: r.get(9)?,
                written_at: r.get(10)?,
            })
        })
        .collect()
}

pub fn add_retained(tx: &mut Tx, period: &RetainedPeriod, account: &str) -> Result<u64, Fault> {
    let row = [
        period.visit.into(),
        (&period.decision).into(),
        period.starts_at.into(),
        period.ends_at.into(),
        period.reason.as_ref().into(),
        (&period.note).into(),
        (&period.decided_by).into(),
        account.into(),
        period.decided_at.into(),
    ];
    tx.execute(&sql::ADD_RETAINED, &row)
}

/// A decision with its number.
#[derive(Clone, Debug)]
pub struct Numbered {
    pub n: i64,
    pub decided: Decided,
}

fn decided(row: &Row, visit: VisitId) -> Result<Decided, Fault> {
    let period = retained_at(row, visit, 0)?;
    Ok(Decided { period, undone_by: row.get(8)?, undone_at: row.get(9)? })
}

/// Every decision on a visit, the oldest first.
pub fn history(tx: &mut Tx, visit: VisitId) -> Result<Vec<Numbered>, Fault> {
    let rows = tx.query(&sql::RETAINED, &[visit.into()])?;
    rows.iter().map(|r| Ok(Numbered { n: r.get(7)?, decided: decided(r, visit)? })).collect()
}

/// Every decision on the visits of a worker that begin in a period, the oldest first.
pub fn decided_within(
    tx: &mut Tx,
    of: MembershipId,
    (from, to): (Moment, Moment),
) -> Result<Vec<Decided>, Fault> {
    let rows = tx.query(&sql::RETAINED_WITHIN, &[of.into(), from.into(), to.into()])?;
    rows.iter().map(|r| decided(r, r.get(10)?)).collect()
}

/// The decision that counts.
pub fn retained(tx: &mut Tx, visit: VisitId) -> Result<Option<RetainedPeriod>, Fault> {
    let standing = history(tx, visit)?.into_iter().rfind(|known| known.decided.stands());
    Ok(standing.map(|known| known.decided.period))
}

pub fn undo_retained(
    tx: &mut Tx,
    visit: VisitId,
    n: i64,
    (name, account): (&str, &str),
    now: Moment,
) -> Result<u64, Fault> {
    let row = [visit.into(), n.into(), name.into(), account.into(), now.into()];
    tx.execute(&sql::UNDO_RETAINED, &row)
}
