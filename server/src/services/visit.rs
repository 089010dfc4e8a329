//! The tasks of a visit: planned by the office, reported by the worker.

use std::collections::BTreeMap;

use releve_shared::id::{OrganisationId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::task::{TaskLine, lines};
use releve_shared::time::Moment;
use serde::Serialize;
use utoipa::ToSchema;

use super::{desk, sql};
use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::identity::By;
use crate::text::{self, BadField};

/// The tasks of a visit, as the desk sees them (rows O-38, O-41).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct VisitTaskSheet {
    /// What is planned.
    pub planned: Vec<String>,
    /// The whole list of the service.
    pub offered: Vec<String>,
    /// The version of the service's list that it comes from; null without a list.
    pub version: Option<i64>,
    /// Whether it was changed for this visit.
    pub edited: bool,
    /// What the worker reports, completed by what is planned; empty until she has reported.
    pub lines: Vec<TaskLine>,
    /// When she has.
    pub reported_at: Option<Moment>,
}

/// Gives a visit the newest tasks of its service, unless it has them or somebody has edited them. A
/// service that is not in the list has no tasks. Gives whether something has changed.
///
/// # Errors
/// Those of the database.
pub fn planned(
    tx: &mut Tx,
    organisation: OrganisationId,
    visit: VisitId,
    service: &str,
) -> Answer<bool> {
    let found = sql::named(tx, organisation, &text::fold(service))?;
    let old = sql::of_visit(tx, visit)?;
    if old.as_ref().is_some_and(|old| old.edited || Some(old.service) == found) {
        return Ok(false);
    }
    match found {
        Some(service) => {
            let version = sql::version(tx, service)?;
            let tasks = sql::list_of(tx, service, version)?;
            sql::write_planned(tx, visit, (service, version), &tasks, false)?;
            Ok(true)
        }
        None => Ok(sql::forget(tx, visit)?),
    }
}

/// The tasks of a visit.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn sheet(tx: &mut Tx, by: &By, visit: VisitId) -> Answer<VisitTaskSheet> {
    sql::at(tx, by.organisation, visit)?.ok_or(Refusal::NotFound)?;
    let known = sql::of_visit(tx, visit)?;
    let report = sql::report(tx, visit)?;
    let mut sheet = VisitTaskSheet::default();
    if let Some(known) = known {
        sheet.offered = sql::list_of(tx, known.service, known.version)?;
        sheet.planned = known.planned;
        sheet.version = Some(known.version);
        sheet.edited = known.edited;
    }
    if let Some(report) = report {
        sheet.lines = lines(&sheet.planned, Some(&report.tasks));
        sheet.reported_at = Some(report.written_at);
    }
    Ok(sheet)
}

/// The planned tasks of some visits, for plannings.
///
/// # Errors
/// Those of the database.
pub fn planned_of(
    tx: &mut Tx,
    by: &By,
    visits: &[VisitId],
) -> Answer<BTreeMap<VisitId, Vec<String>>> {
    Ok(sql::planned(tx, by.organisation, visits)?)
}

/// Plans the tasks of one visit by hand.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::AlreadyEnded`] once its end is badged; [`Refusal::Invalid`] for a
/// visit whose service has no list.
pub fn write_planned(
    tx: &mut Tx,
    by: &By,
    visit: VisitId,
    tasks: &[String],
    now: Moment,
) -> Answer<()> {
    let at = sql::at(tx, by.organisation, visit)?.ok_or(Refusal::NotFound)?;
    if sql::ended(tx, visit)? {
        return Err(Refusal::AlreadyEnded.into());
    }
    let known = match sql::of_visit(tx, visit)? {
        Some(known) => (known.service, known.version),
        None => {
            let service = sql::named(tx, by.organisation, &text::fold(&at.service))?;
            let service = service.ok_or(Refusal::Invalid)?;
            (service, sql::version(tx, service)?)
        }
    };
    sql::write_planned(tx, visit, known, tasks, true)?;
    if at.held {
        tx.changed(&Scope::membership(at.membership), &RowKind::Tasks, visit);
    }
    note(tx, by, "visit.tasks", visit, "", now)?;
    tx.tell(&Scope::desk(by.organisation));
    Ok(())
}

/// Checks tasks typed for one visit.
///
/// # Errors
/// Of field `tasks`.
pub(super) fn checked(typed: &[String]) -> Result<Vec<String>, BadField> {
    desk::tasks(typed)
}
