//! What is kept of tasks, and its end (row B-19): what was done for somebody tells of their health.

use releve_shared::id::{ClientId, VisitId};
use releve_shared::retention::DataClass;

use super::sql;
use crate::db::{Fault, Tx};
use crate::retention::{Erase, Kept};

/// What is kept here.
pub const KEPT: &[Kept] = &[Kept {
    class: DataClass::Words,
    tables: &["visit_tasks", "visit_task_report"],
    count: sql::OLD,
    erase: Erase::Rows(&[sql::FORGET_PLANNED, sql::FORGET_REPORTS]),
}];

/// Erases the tasks of a visit that goes.
///
/// # Errors
/// Those of the database.
pub fn forget_visit(tx: &mut Tx, visit: VisitId) -> Result<(), Fault> {
    tx.execute(&sql::FORGET, &[visit.into()])?;
    tx.execute(&sql::FORGET_REPORT, &[visit.into()])?;
    Ok(())
}

/// Erases the tasks at a client whose sheet goes.
///
/// # Errors
/// Those of the database.
pub fn forget_client(tx: &mut Tx, client: ClientId) -> Result<(), Fault> {
    tx.execute(&sql::FORGET_CLIENT, &[client.into()])?;
    tx.execute(&sql::FORGET_CLIENT_REPORTS, &[client.into()])?;
    Ok(())
}
