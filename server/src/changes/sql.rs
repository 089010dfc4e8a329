//! Every statement of the room, and its rows.

use releve_shared::client::Title;
use releve_shared::id::{ClientId, MembershipId, OrganisationId, VisitId};
use releve_shared::month::Replanned;
use releve_shared::planning::Picture;
use releve_shared::time::Moment;
use serde::de::DeserializeOwned;

use super::desk::ChangeRow;
use super::rules::Shown;
use crate::clients::label;
use crate::db::{Fault, Row, Tx, Value};
use crate::identity::By;

crate::statements! {
    /// A visit as its planning shows it, while phones hold it.
    SHOWN = "SELECT v.client, c.title, c.last_name, c.commune, v.starts_at, v.ends_at, v.state,
                    c.street, c.address_more, c.postal_code
               FROM visit v JOIN client c ON c.id = v.client WHERE v.id = $1 AND v.held = 1";
    /// The visits of a client that phones hold.
    HELD_OF = "SELECT id, membership FROM visit WHERE client = $1 AND held = 1 ORDER BY id";
    /// Whether a phone has been given a planning.
    TOLD = "SELECT d.id FROM membership m
              JOIN device d ON d.person = m.person AND d.organisation = m.organisation
             WHERE m.id = $1 AND m.state = 'active' AND m.transmit = 1 AND d.state = 'active'
               AND d.last_sync_at IS NOT NULL LIMIT 1";
    /// A change.
    ONE = "SELECT n, known, holds, state, changed_at, seen_at FROM planning_change
            WHERE visit = $1 AND membership = $2";
    /// Writes a change over the one before.
    WRITE = "INSERT INTO planning_change (visit, membership, organisation, n, known, holds, state,
                                          changed_by, changed_at, seen_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (visit, membership) DO UPDATE SET n = excluded.n, known = excluded.known,
               holds = excluded.holds, state = excluded.state, changed_by = excluded.changed_by,
               changed_at = excluded.changed_at, seen_at = excluded.seen_at";
    /// The changes of a planning whose visits begin in a period, those undone left out.
    OF_PLANNING = "SELECT h.visit, h.known, h.changed_by, h.changed_at
                     FROM planning_change h JOIN visit v ON v.id = h.visit
                    WHERE h.membership = $1 AND v.starts_at >= $2 AND v.starts_at < $3
                      AND h.state <> 'undone'
                    ORDER BY h.visit";
    /// It was seen.
    MARK_SEEN = "UPDATE planning_change SET state = 'seen', seen_at = $1
                  WHERE visit = $2 AND membership = $3 AND n <= $4 AND state = 'open'";
    /// The changes of an organisation: to be seen, and seen since a moment.
    LIST = "SELECT h.visit, h.membership, p.first_name, p.last_name, h.known, h.holds, h.changed_by,
                   h.changed_at, h.seen_at
              FROM planning_change h
              JOIN membership m ON m.id = h.membership
              JOIN person p ON p.id = m.person
             WHERE h.organisation = $1 AND (h.state = 'open' OR (h.state = 'seen' AND h.seen_at >= $2))
             ORDER BY h.changed_at DESC, h.visit, h.membership LIMIT 500";

    /// Changes of visits that ended before a moment.
    OLD = "SELECT COUNT(*), MIN(v.ends_at) FROM planning_change h JOIN visit v ON v.id = h.visit
            WHERE h.organisation = $1 AND v.ends_at < $2";
    /// Erases them.
    FORGET = "DELETE FROM planning_change WHERE organisation = $1 AND visit IN
                (SELECT v.id FROM visit v WHERE v.organisation = $1 AND v.ends_at < $2)";
    /// Erases those of a visit that goes.
    FORGET_VISIT = "DELETE FROM planning_change WHERE visit = $1";
    /// Erases those of a client whose sheet goes.
    FORGET_CLIENT = "DELETE FROM planning_change WHERE visit IN
                       (SELECT v.id FROM visit v WHERE v.client = $1)";
}

/// The last change of each visit of a planning in a period.
///
/// # Errors
/// Those of the database.
pub fn of_planning(
    tx: &mut Tx,
    of: MembershipId,
    (from, to): (Moment, Moment),
) -> Result<Vec<(VisitId, Replanned)>, Fault> {
    let rows = tx.query(&OF_PLANNING, &[of.into(), from.into(), to.into()])?;
    rows.iter()
        .map(|r| {
            let known: Option<Shown> = json(r, 1)?;
            let was = known.map(|shown| (shown.picture.starts_at, shown.picture.ends_at));
            Ok((r.get(0)?, Replanned { was, by: r.get(2)?, at: r.get(3)? }))
        })
        .collect()
}

/// A change as it is kept.
pub struct Kept {
    pub n: i64,
    pub known: Option<Shown>,
    pub holds: Option<Shown>,
    pub state: String,
    pub changed_at: Moment,
    pub seen_at: Option<Moment>,
}

/// The id of a change in the feed.
pub fn row_id(visit: VisitId, membership: MembershipId) -> String {
    format!("{visit}.{membership}")
}

/// What the id of a change names.
pub fn of_row_id(id: &str) -> Option<(VisitId, MembershipId)> {
    let (visit, membership) = id.split_once('.')?;
    Some((visit.parse().ok()?, membership.parse().ok()?))
}

pub fn shown(tx: &mut Tx, visit: VisitId) -> Result<Option<Shown>, Fault> {
    let row = tx.query_opt(&SHOWN, &[visit.into()])?;
    row.map(|r| {
        let title = Title::from_code(&r.get::<String>(1)?);
        let text = |index| r.get::<String>(index);
        let place = text(3)?;
        let address = [text(7)?, text(8)?, text(9)?, place.clone()].join("\n");
        let picture = Picture {
            client: r.get(0)?,
            client_label: label(&title, &text(2)?),
            place,
            starts_at: r.get(4)?,
            ends_at: r.get(5)?,
            cancelled: text(6)? == "cancelled",
        };
        Ok(Shown { picture, address })
    })
    .transpose()
}

pub fn held_of(tx: &mut Tx, client: ClientId) -> Result<Vec<(VisitId, MembershipId)>, Fault> {
    let rows = tx.query(&HELD_OF, &[client.into()])?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

pub fn told(tx: &mut Tx, membership: MembershipId) -> Result<bool, Fault> {
    Ok(tx.query_opt(&TOLD, &[membership.into()])?.is_some())
}

fn json<T: DeserializeOwned>(row: &Row, index: usize) -> Result<Option<T>, Fault> {
    match row.get::<Option<String>>(index)? {
        Some(_) => row.json(index).map(Some),
        None => Ok(None),
    }
}

pub fn one(tx: &mut Tx, visit: VisitId, membership: MembershipId) -> Result<Option<Kept>, Fault> {
    let row = tx.query_opt(&ONE, &[visit.into(), membership.into()])?;
    row.map(|r| {
        Ok(Kept {
            n: r.get(0)?,
            known: json(&r, 1)?,
            holds: json(&r, 2)?,
            state: r.get(3)?,
            changed_at: r.get(4)?,
            seen_at: r.get(5)?,
        })
    })
    .transpose()
}

pub fn write(
    tx: &mut Tx,
    by: &By,
    (visit, membership): (VisitId, MembershipId),
    kept: &Kept,
) -> Result<u64, Fault> {
    let json = |shown: &Option<Shown>| shown.as_ref().map(Value::json).transpose();
    let row = [
        visit.into(),
        membership.into(),
        by.organisation.into(),
        kept.n.into(),
        json(&kept.known)?.unwrap_or(Value::Null),
        json(&kept.holds)?.unwrap_or(Value::Null),
        (&kept.state).into(),
        (&by.name).into(),
        kept.changed_at.into(),
        kept.seen_at.into(),
    ];
    tx.execute(&WRITE, &row)
}

pub fn mark_seen(
    tx: &mut Tx,
    (visit, membership): (VisitId, MembershipId),
    n: i64,
    at: Moment,
) -> Result<bool, Fault> {
    Ok(tx.execute(&MARK_SEEN, &[at.into(), visit.into(), membership.into(), n.into()])? > 0)
}

pub fn list(tx: &mut Tx, org: OrganisationId, since: Moment) -> Result<Vec<ChangeRow>, Fault> {
    let rows = tx.query(&LIST, &[org.into(), since.into()])?;
    rows.iter()
        .map(|r| {
            let name = format!("{} {}", r.get::<String>(2)?, r.get::<String>(3)?);
            Ok(ChangeRow {
                visit: r.get(0)?,
                membership: r.get(1)?,
                caregiver_name: name.trim().to_owned(),
                before: json::<Shown>(r, 4)?.map(|shown| shown.picture),
                after: json::<Shown>(r, 5)?.map(|shown| shown.picture),
                changed_by: r.get(6)?,
                changed_at: r.get(7)?,
                seen_at: r.get(8)?,
            })
        })
        .collect()
}
