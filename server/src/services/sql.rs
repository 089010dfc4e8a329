//! Every statement of the room, and its rows.

use std::collections::BTreeMap;

use releve_shared::id::{DeviceId, MembershipId, OrganisationId, ServiceTypeId, VisitId};
use releve_shared::task::TaskLine;
use releve_shared::time::Moment;

use super::desk::TaskListRow;
use crate::db::{Fault, Tx, Value};

crate::statements! {
    /// The services of an organisation.
    SERVICES = "SELECT id, name, active, rev FROM service_type WHERE organisation = $1
                 ORDER BY folded, id";
    /// The lists of an organisation's services, the newest first.
    LISTS = "SELECT l.service, l.version, l.tasks, l.made_by, l.made_at
               FROM task_list l JOIN service_type s ON s.id = l.service
              WHERE s.organisation = $1 ORDER BY l.service, l.version DESC";
    /// A service by its name.
    NAMED = "SELECT id FROM service_type WHERE organisation = $1 AND folded = $2";
    /// The newest version of a service's list.
    VERSION = "SELECT version FROM service_type WHERE id = $1";
    /// A list.
    LIST_OF = "SELECT tasks FROM task_list WHERE service = $1 AND version = $2";
    /// A new service.
    ADD = "INSERT INTO service_type (id, organisation, name, folded, active, version, rev, created_at)
           VALUES ($1, $2, $3, $4, 1, 1, 1, $5)";
    /// A list of a service.
    ADD_LIST = "INSERT INTO task_list (service, version, tasks, made_by, made_at)
                VALUES ($1, $2, $3, $4, $5)";
    /// Claims a service of an organisation.
    CLAIM = "UPDATE service_type SET rev = rev + 1 WHERE id = $1 AND organisation = $2
             RETURNING rev, version";
    /// Writes a service.
    WRITE = "UPDATE service_type SET name = $1, folded = $2, active = $3, version = $4 WHERE id = $5";
    /// Gives the visits to come of a service its next list, but for those that were edited.
    RENEW = "UPDATE visit_tasks SET version = $1, planned = $2
              WHERE service = $3 AND edited = 0
                AND (SELECT v.starts_at FROM visit v WHERE v.id = visit_tasks.visit) > $4
              RETURNING visit";
    /// Where a visit is, for its phones.
    PLACE = "SELECT membership, held FROM visit WHERE id = $1";

    /// A visit of an organisation.
    AT = "SELECT membership, held, service FROM visit WHERE id = $1 AND organisation = $2";
    /// The tasks of a visit.
    OF_VISIT = "SELECT service, version, planned, edited FROM visit_tasks WHERE visit = $1";
    /// The planned tasks of the visits of a period.
    PLANNED = "SELECT v.id, t.planned FROM visit v JOIN visit_tasks t ON t.visit = v.id
                WHERE v.organisation = $1 AND v.id IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
                      $13, $14, $15, $16, $17)";
    /// Plans the tasks of a visit.
    WRITE_PLANNED = "INSERT INTO visit_tasks (visit, service, version, planned, edited)
                     VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (visit) DO UPDATE SET service = excluded.service,
                       version = excluded.version, planned = excluded.planned,
                       edited = excluded.edited";
    /// A visit of a service without tasks has none.
    FORGET = "DELETE FROM visit_tasks WHERE visit = $1";
    /// A standing end of a visit.
    ENDED = "SELECT e.id FROM clock_event e
              WHERE e.visit = $1 AND e.kind = 'end'
                AND NOT EXISTS (SELECT 1 FROM clock_event u
                                 WHERE u.visit = e.visit AND u.voids = e.id) LIMIT 1";

    /// What the worker reports.
    REPORT = "SELECT membership, tasks, device, written_at, received_at FROM visit_task_report
               WHERE visit = $1";
    /// Writes it, over what was there.
    WRITE_REPORT = "INSERT INTO visit_task_report (visit, membership, tasks, device, written_at,
                                                   received_at)
                    VALUES ($1, $2, $3, $4, $5, $6)
                    ON CONFLICT (visit) DO UPDATE SET membership = excluded.membership,
                      tasks = excluded.tasks, device = excluded.device,
                      written_at = excluded.written_at, received_at = excluded.received_at";

    /// Reports of tasks at visits that ended before a moment.
    OLD = "SELECT COUNT(*), MIN(v.ends_at) FROM visit_task_report t JOIN visit v ON v.id = t.visit
            WHERE v.organisation = $1 AND v.ends_at < $2";
    /// Erases what was planned there.
    FORGET_PLANNED = "DELETE FROM visit_tasks WHERE visit IN
                        (SELECT v.id FROM visit v WHERE v.organisation = $1 AND v.ends_at < $2)";
    /// Erases them.
    FORGET_REPORTS = "DELETE FROM visit_task_report WHERE visit IN
                        (SELECT v.id FROM visit v WHERE v.organisation = $1 AND v.ends_at < $2)";
    /// Erases the report of a visit.
    FORGET_REPORT = "DELETE FROM visit_task_report WHERE visit = $1";
    /// Erases the tasks at a client whose sheet goes.
    FORGET_CLIENT = "DELETE FROM visit_tasks WHERE visit IN
                       (SELECT v.id FROM visit v WHERE v.client = $1)";
    /// The same of the reports.
    FORGET_CLIENT_REPORTS = "DELETE FROM visit_task_report WHERE visit IN
                               (SELECT v.id FROM visit v WHERE v.client = $1)";
}

/// A service in the list.
pub struct Service {
    pub id: ServiceTypeId,
    pub name: String,
    pub active: bool,
    pub rev: i64,
}

pub fn services(tx: &mut Tx, org: OrganisationId) -> Result<Vec<Service>, Fault> {
    let rows = tx.query(&SERVICES, &[org.into()])?;
    rows.iter()
        .map(|r| Ok(Service { id: r.get(0)?, name: r.get(1)?, active: r.get(2)?, rev: r.get(3)? }))
        .collect()
}

pub fn lists(
    tx: &mut Tx,
    org: OrganisationId,
) -> Result<BTreeMap<ServiceTypeId, Vec<TaskListRow>>, Fault> {
    let mut all: BTreeMap<ServiceTypeId, Vec<TaskListRow>> = BTreeMap::new();
    for r in tx.query(&LISTS, &[org.into()])? {
        let row = TaskListRow {
            version: r.get(1)?,
            tasks: r.json(2)?,
            made_by: r.get(3)?,
            made_at: r.get(4)?,
        };
        all.entry(r.get(0)?).or_default().push(row);
    }
    Ok(all)
}

pub fn named(
    tx: &mut Tx,
    org: OrganisationId,
    folded: &str,
) -> Result<Option<ServiceTypeId>, Fault> {
    tx.query_opt(&NAMED, &[org.into(), folded.into()])?.map(|r| r.get(0)).transpose()
}

pub fn version(tx: &mut Tx, id: ServiceTypeId) -> Result<i64, Fault> {
    tx.query_one(&VERSION, &[id.into()])?.get(0)
}

pub fn list_of(tx: &mut Tx, id: ServiceTypeId, version: i64) -> Result<Vec<String>, Fault> {
    let row = tx.query_opt(&LIST_OF, &[id.into(), version.into()])?;
    row.map_or(Ok(Vec::new()), |r| r.json(0))
}

pub fn add(
    tx: &mut Tx,
    org: OrganisationId,
    id: ServiceTypeId,
    (name, folded): (&str, &str),
    now: Moment,
) -> Result<u64, Fault> {
    tx.execute(&ADD, &[id.into(), org.into(), name.into(), folded.into(), now.into()])
}

pub fn add_list(
    tx: &mut Tx,
    id: ServiceTypeId,
    version: i64,
    tasks: &[String],
    (name, now): (&str, Moment),
) -> Result<u64, Fault> {
    let row = [id.into(), version.into(), Value::json(&tasks)?, name.into(), now.into()];
    tx.execute(&ADD_LIST, &row)
}

/// A service claimed for a change; `rev` is already the next one.
pub struct Claimed {
    pub rev: i64,
    pub version: i64,
}

pub fn claim(
    tx: &mut Tx,
    org: OrganisationId,
    id: ServiceTypeId,
) -> Result<Option<Claimed>, Fault> {
    let row = tx.query_opt(&CLAIM, &[id.into(), org.into()])?;
    row.map(|r| Ok(Claimed { rev: r.get(0)?, version: r.get(1)? })).transpose()
}

pub fn write(
    tx: &mut Tx,
    id: ServiceTypeId,
    (name, folded): (&str, &str),
    active: bool,
    version: i64,
) -> Result<u64, Fault> {
    tx.execute(&WRITE, &[name.into(), folded.into(), active.into(), version.into(), id.into()])
}

/// The visits that took the next list, with the plannings that phones hold them in.
pub fn renew(
    tx: &mut Tx,
    id: ServiceTypeId,
    version: i64,
    tasks: &[String],
    now: Moment,
) -> Result<Vec<(VisitId, MembershipId)>, Fault> {
    let row = [version.into(), Value::json(&tasks)?, id.into(), now.into()];
    let mut held = Vec::new();
    for r in tx.query(&RENEW, &row)? {
        let visit: VisitId = r.get(0)?;
        let place = tx.query_one(&PLACE, &[visit.into()])?;
        if place.get(1)? {
            held.push((visit, place.get(0)?));
        }
    }
    Ok(held)
}

/// Where a visit is.
pub struct At {
    pub membership: MembershipId,
    pub held: bool,
    pub service: String,
}

pub fn at(tx: &mut Tx, org: OrganisationId, visit: VisitId) -> Result<Option<At>, Fault> {
    let row = tx.query_opt(&AT, &[visit.into(), org.into()])?;
    row.map(|r| Ok(At { membership: r.get(0)?, held: r.get(1)?, service: r.get(2)? })).transpose()
}

pub fn held(tx: &mut Tx, visit: VisitId) -> Result<bool, Fault> {
    let row = tx.query_opt(&PLACE, &[visit.into()])?;
    row.map_or(Ok(false), |r| r.get(1))
}

/// What is planned for a visit.
pub struct Planned {
    pub service: ServiceTypeId,
    pub version: i64,
    pub planned: Vec<String>,
    pub edited: bool,
}

pub fn of_visit(tx: &mut Tx, visit: VisitId) -> Result<Option<Planned>, Fault> {
    let row = tx.query_opt(&OF_VISIT, &[visit.into()])?;
    row.map(|r| {
        Ok(Planned {
            service: r.get(0)?,
            version: r.get(1)?,
            planned: r.json(2)?,
            edited: r.get(3)?,
        })
    })
    .transpose()
}

/// Visits of one [`PLANNED`].
const AT_ONCE: usize = 16;

pub fn planned(
    tx: &mut Tx,
    org: OrganisationId,
    visits: &[VisitId],
) -> Result<BTreeMap<VisitId, Vec<String>>, Fault> {
    let mut all = BTreeMap::new();
    for some in visits.chunks(AT_ONCE) {
        let mut values: Vec<Value> = vec![org.into()];
        values.extend(some.iter().map(|id| Value::from(*id)));
        values.resize(1 + AT_ONCE, Value::Null);
        for row in tx.query(&PLANNED, &values)? {
            all.insert(row.get(0)?, row.json(1)?);
        }
    }
    Ok(all)
}

pub fn write_planned(
    tx: &mut Tx,
    visit: VisitId,
    (service, version): (ServiceTypeId, i64),
    planned: &[String],
    edited: bool,
) -> Result<u64, Fault> {
    let row = [visit.into(), service.into(), version.into(), Value::json(&planned)?, edited.into()];
    tx.execute(&WRITE_PLANNED, &row)
}

pub fn forget(tx: &mut Tx, visit: VisitId) -> Result<bool, Fault> {
    Ok(tx.execute(&FORGET, &[visit.into()])? > 0)
}

pub fn ended(tx: &mut Tx, visit: VisitId) -> Result<bool, Fault> {
    Ok(tx.query_opt(&ENDED, &[visit.into()])?.is_some())
}

/// What a worker reported, and from which phone.
pub struct Report {
    pub membership: MembershipId,
    pub tasks: Vec<TaskLine>,
    pub device: DeviceId,
    pub written_at: Moment,
    pub received_at: Moment,
}

pub fn report(tx: &mut Tx, visit: VisitId) -> Result<Option<Report>, Fault> {
    let row = tx.query_opt(&REPORT, &[visit.into()])?;
    row.map(|r| {
        Ok(Report {
            membership: r.get(0)?,
            tasks: r.json(1)?,
            device: r.get(2)?,
            written_at: r.get(3)?,
            received_at: r.get(4)?,
        })
    })
    .transpose()
}

pub fn write_report(tx: &mut Tx, visit: VisitId, report: &Report) -> Result<u64, Fault> {
    let row = [
        visit.into(),
        report.membership.into(),
        Value::json(&report.tasks)?,
        report.device.into(),
        report.written_at.into(),
        report.received_at.into(),
    ];
    tx.execute(&WRITE_REPORT, &row)
}
