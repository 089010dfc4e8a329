//! Every statement of the room, and its rows.

use releve_shared::id::{MembershipId, OrganisationId, RequestId, VisitId};
use releve_shared::request::{AbsenceReason, Asked, OfficeRequest, RequestKind, RequestState};
use releve_shared::time::Moment;

use crate::db::{Fault, Row, Tx};

crate::code_columns!(RequestKind, AbsenceReason, RequestState);

crate::statements! {
    /// Keeps a request, once.
    ADD = "INSERT INTO request (id, organisation, membership, kind, reason, starts_at, ends_at, visit,
                                text, state, asked_at, received_at, decided_by, comment)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'sent', $10, $11, '', '')
           ON CONFLICT (id) DO NOTHING";
    /// A request, whoever asks.
    REQUEST = "SELECT id, membership, kind, reason, starts_at, ends_at, visit, text, asked_at, state,
                      decided_by, decided_at, comment, organisation
                 FROM request WHERE id = $1";
    /// The requests of an organisation: those to decide first, the oldest first.
    LIST = "SELECT r.id, r.membership, r.kind, r.reason, r.starts_at, r.ends_at, r.visit, r.text,
                   r.asked_at, r.state, r.decided_by, r.decided_at, r.comment, p.first_name, p.last_name,
                   (SELECT COUNT(*) FROM visit v
                     WHERE v.membership = r.membership AND v.state = 'planned'
                       AND v.starts_at < r.ends_at AND v.ends_at > r.starts_at)
              FROM request r
              JOIN membership m ON m.id = r.membership
              JOIN person p ON p.id = m.person
             WHERE r.organisation = $1 AND (r.state = 'sent' OR r.decided_at >= $2)
             ORDER BY CASE r.state WHEN 'sent' THEN r.asked_at ELSE 9000000000000000 - r.decided_at END,
                      r.id
             LIMIT 300";
    /// Whether a visit is, or was, of a planning.
    HAS_VISIT = "SELECT id FROM visit WHERE id = $1 AND membership = $2";
    /// Decides.
    DECIDE = "UPDATE request SET state = $1, decided_by = $2, decided_at = $3, comment = $4
               WHERE organisation = $5 AND id = $6 AND state = 'sent'";
    /// Takes a decision back.
    REOPEN = "UPDATE request SET state = 'sent', decided_by = '', decided_at = NULL, comment = ''
               WHERE organisation = $1 AND id = $2 AND state IN ('accepted', 'refused')";
    /// Requests that were asked, and whose time ended, before a moment.
    OLD = "SELECT COUNT(*), MIN(CASE WHEN asked_at < ends_at THEN ends_at ELSE asked_at END)
             FROM request WHERE organisation = $1 AND asked_at < $2 AND ends_at < $2";
    /// Erases them.
    FORGET = "DELETE FROM request WHERE organisation = $1 AND asked_at < $2 AND ends_at < $2
              RETURNING membership, id";
    /// Taken back by the one who asked.
    WITHDRAW = "UPDATE request SET state = 'withdrawn', decided_at = $1
                 WHERE id = $2 AND state = 'sent'";
}

fn read(r: &Row) -> Result<OfficeRequest, Fault> {
    Ok(OfficeRequest {
        id: r.get(0)?,
        membership: r.get(1)?,
        asked: Asked {
            kind: r.get(2)?,
            reason: r.get(3)?,
            starts_at: r.get(4)?,
            ends_at: r.get(5)?,
            visit: r.get(6)?,
            text: r.get(7)?,
        },
        asked_at: r.get(8)?,
        state: r.get(9)?,
        decided_by: r.get(10)?,
        decided_at: r.get(11)?,
        comment: r.get(12)?,
    })
}

/// True when it was not here yet.
pub fn add(
    tx: &mut Tx,
    org: OrganisationId,
    new: &OfficeRequest,
    now: Moment,
) -> Result<bool, Fault> {
    let Asked { kind, reason, starts_at, ends_at, visit, text } = &new.asked;
    let row = [
        new.id.into(),
        org.into(),
        new.membership.into(),
        kind.into(),
        reason.as_ref().into(),
        (*starts_at).into(),
        (*ends_at).into(),
        (*visit).into(),
        text.into(),
        new.asked_at.into(),
        now.into(),
    ];
    Ok(tx.execute(&ADD, &row)? == 1)
}

/// A request with its organisation.
pub fn request(
    tx: &mut Tx,
    id: RequestId,
) -> Result<Option<(OrganisationId, OfficeRequest)>, Fault> {
    let row = tx.query_opt(&REQUEST, &[id.into()])?;
    row.map(|r| Ok((r.get(13)?, read(&r)?))).transpose()
}

/// A line of the queue.
pub struct Listed {
    pub request: OfficeRequest,
    pub first_name: String,
    pub last_name: String,
    pub planned_visits: u64,
}

pub fn list(tx: &mut Tx, org: OrganisationId, decided_since: Moment) -> Result<Vec<Listed>, Fault> {
    let rows = tx.query(&LIST, &[org.into(), decided_since.into()])?;
    let line = |r: &Row| {
        Ok(Listed {
            request: read(r)?,
            first_name: r.get(13)?,
            last_name: r.get(14)?,
            planned_visits: r.get(15)?,
        })
    };
    rows.iter().map(line).collect()
}

pub fn has_visit(tx: &mut Tx, membership: MembershipId, visit: VisitId) -> Result<bool, Fault> {
    Ok(tx.query_opt(&HAS_VISIT, &[visit.into(), membership.into()])?.is_some())
}

type Own = (OrganisationId, RequestId);

pub fn decide(
    tx: &mut Tx,
    (org, id): Own,
    state: &RequestState,
    (who, comment): (&str, &str),
    now: Moment,
) -> Result<bool, Fault> {
    let row = [state.into(), who.into(), now.into(), comment.into(), org.into(), id.into()];
    Ok(tx.execute(&DECIDE, &row)? == 1)
}

pub fn reopen(tx: &mut Tx, (org, id): Own) -> Result<bool, Fault> {
    Ok(tx.execute(&REOPEN, &[org.into(), id.into()])? == 1)
}

pub fn withdraw(tx: &mut Tx, id: RequestId, at: Moment) -> Result<bool, Fault> {
    Ok(tx.execute(&WITHDRAW, &[at.into(), id.into()])? == 1)
}
