//! Every statement of the room, and its rows.

use std::collections::BTreeMap;

use releve_shared::id::{DeviceId, MembershipId, OrganisationId, VisitId};
use releve_shared::time::Moment;
use releve_shared::travel::{Correction, Leg, Point, TravelRow};
use releve_shared::visit::{Visit, VisitState};

use crate::db::{Fault, Row, Tx, Value};

crate::statements! {
    /// The visits of a period that take place, with where their homes are.
    GOING = "SELECT v.id, v.membership, v.client, v.starts_at, v.ends_at, v.state, c.lat_e6, c.lon_e6,
                    p.first_name, p.last_name, c.first_name, c.last_name
               FROM visit v
               JOIN client c ON c.id = v.client
               JOIN membership m ON m.id = v.membership
               JOIN person p ON p.id = m.person
              WHERE v.organisation = $1 AND v.starts_at >= $2 AND v.starts_at < $3
                AND v.state <> 'cancelled' AND ($4 = '' OR v.membership = $4)
              ORDER BY v.membership, v.starts_at, v.id";
    /// Two visits: whose, and where.
    ENDS = "SELECT f.membership, t.membership, f.ends_at, t.starts_at, fc.lat_e6, fc.lon_e6, tc.lat_e6,
                   tc.lon_e6
              FROM visit f
              JOIN visit t ON t.organisation = f.organisation
              JOIN client fc ON fc.id = f.client
              JOIN client tc ON tc.id = t.client
             WHERE f.id = $1 AND t.id = $2";
    /// What is said of the way to a visit.
    SAID = "SELECT visit, from_visit, distance_hm, minutes, note, received_at, membership, computed_hm,
                   computed_min, stands, device, written_at
              FROM travel WHERE visit = $1";
    /// What is said of the ways of a period.
    SAID_WITHIN = "SELECT t.visit, t.from_visit, t.distance_hm, t.minutes, t.note
                     FROM travel t JOIN visit v ON v.id = t.visit
                    WHERE v.organisation = $1 AND v.starts_at >= $2 AND v.starts_at < $3
                      AND t.stands = 1
                    ORDER BY t.visit";
    /// Writes it, over what was said before.
    WRITE = "INSERT INTO travel (visit, from_visit, membership, distance_hm, minutes, note, computed_hm,
                                 computed_min, stands, device, written_at, received_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT (visit) DO UPDATE SET from_visit = excluded.from_visit,
               membership = excluded.membership, distance_hm = excluded.distance_hm,
               minutes = excluded.minutes, note = excluded.note, computed_hm = excluded.computed_hm,
               computed_min = excluded.computed_min, stands = excluded.stands,
               device = excluded.device, written_at = excluded.written_at,
               received_at = excluded.received_at";

    /// Notes of ways to visits that ended before a moment.
    OLD_NOTES = "SELECT COUNT(*), MIN(v.ends_at) FROM travel t JOIN visit v ON v.id = t.visit
                  WHERE v.organisation = $1 AND v.ends_at < $2 AND t.note <> ''";
    /// Erases them; distances and times stay.
    FORGET_NOTES = "UPDATE travel SET note = '' WHERE note <> '' AND visit IN
                      (SELECT v.id FROM visit v WHERE v.organisation = $1 AND v.ends_at < $2)";
    /// Erases the way to a visit that goes.
    FORGET_VISIT = "DELETE FROM travel WHERE visit = $1";
    /// Erases the notes about a client whose sheet goes.
    FORGET_CLIENT = "UPDATE travel SET note = '' WHERE note <> '' AND visit IN
                       (SELECT v.id FROM visit v WHERE v.client = $1)";
}

/// A visit and where it takes place.
pub struct Going {
    pub visit: Visit,
    pub at: Option<Point>,
    pub caregiver_name: String,
    pub client_name: String,
}

fn point(row: &Row, index: usize) -> Result<Option<Point>, Fault> {
    let at = row.get::<Option<i32>>(index)?.zip(row.get::<Option<i32>>(index + 1)?);
    Ok(at.and_then(|(lat, lon)| Point::checked(lat, lon)))
}

fn name(row: &Row, index: usize) -> Result<String, Fault> {
    let both = format!("{} {}", row.get::<String>(index)?, row.get::<String>(index + 1)?);
    Ok(both.trim().to_owned())
}

pub fn going(
    tx: &mut Tx,
    org: OrganisationId,
    (from, to): (Moment, Moment),
    of: Option<MembershipId>,
) -> Result<Vec<Going>, Fault> {
    let of = Value::Text(of.map(|m| m.to_string()).unwrap_or_default());
    let rows = tx.query(&GOING, &[org.into(), from.into(), to.into(), of])?;
    rows.iter()
        .map(|r| {
            let visit = Visit {
                id: r.get(0)?,
                membership: r.get(1)?,
                client: r.get(2)?,
                client_label: String::new(),
                place: String::new(),
                service: String::new(),
                starts_at: r.get(3)?,
                ends_at: r.get(4)?,
                state: VisitState::from_code(&r.get::<String>(5)?),
                instructions: String::new(),
            };
            Ok(Going {
                visit,
                at: point(r, 6)?,
                caregiver_name: name(r, 8)?,
                client_name: name(r, 10)?,
            })
        })
        .collect()
}

/// Two visits of one way.
pub struct Ends {
    pub from_membership: MembershipId,
    pub to_membership: MembershipId,
    pub left: Moment,
    pub due: Moment,
    pub from: Option<Point>,
    pub to: Option<Point>,
}

pub fn ends(tx: &mut Tx, from: VisitId, to: VisitId) -> Result<Option<Ends>, Fault> {
    let row = tx.query_opt(&ENDS, &[from.into(), to.into()])?;
    row.map(|r| {
        Ok(Ends {
            from_membership: r.get(0)?,
            to_membership: r.get(1)?,
            left: r.get(2)?,
            due: r.get(3)?,
            from: point(&r, 4)?,
            to: point(&r, 6)?,
        })
    })
    .transpose()
}

/// What a worker said of a way, and what was computed then.
pub struct Said {
    pub row: TravelRow,
    pub membership: MembershipId,
    pub computed: Leg,
    pub stands: bool,
    pub device: DeviceId,
    pub written_at: Moment,
}

fn correction(row: &Row) -> Result<Correction, Fault> {
    let leg = Leg { distance_hm: row.get(2)?, minutes: row.get(3)? };
    Ok(Correction { from: row.get(1)?, leg, note: row.get(4)? })
}

pub fn said(tx: &mut Tx, visit: VisitId) -> Result<Option<Said>, Fault> {
    let row = tx.query_opt(&SAID, &[visit.into()])?;
    row.map(|r| {
        Ok(Said {
            row: TravelRow { visit, correction: correction(&r)?, received_at: r.get(5)? },
            membership: r.get(6)?,
            computed: Leg { distance_hm: r.get(7)?, minutes: r.get(8)? },
            stands: r.get(9)?,
            device: r.get(10)?,
            written_at: r.get(11)?,
        })
    })
    .transpose()
}

pub fn said_within(
    tx: &mut Tx,
    org: OrganisationId,
    (from, to): (Moment, Moment),
) -> Result<BTreeMap<VisitId, Correction>, Fault> {
    let rows = tx.query(&SAID_WITHIN, &[org.into(), from.into(), to.into()])?;
    rows.iter().map(|r| Ok((r.get(0)?, correction(r)?))).collect()
}

pub fn write(tx: &mut Tx, said: &Said) -> Result<u64, Fault> {
    let Correction { from, leg, note } = &said.row.correction;
    let row = [
        said.row.visit.into(),
        (*from).into(),
        said.membership.into(),
        leg.distance_hm.into(),
        leg.minutes.into(),
        note.into(),
        said.computed.distance_hm.into(),
        said.computed.minutes.into(),
        said.stands.into(),
        said.device.into(),
        said.written_at.into(),
        said.row.received_at.into(),
    ];
    tx.execute(&WRITE, &row)
}
