//! What is kept of changes, and its end (row B-19).

use releve_shared::id::{ClientId, VisitId};
use releve_shared::retention::DataClass;

use super::sql;
use crate::db::{Fault, Tx};
use crate::retention::{Erase, Kept};

/// What is kept here.
pub const KEPT: &[Kept] = &[Kept {
    class: DataClass::Changes,
    tables: &["planning_change"],
    count: sql::OLD,
    erase: Erase::Rows(&[sql::FORGET]),
}];

/// Erases the changes of a visit that goes.
///
/// # Errors
/// Those of the database.
pub fn forget_visit(tx: &mut Tx, visit: VisitId) -> Result<(), Fault> {
    tx.execute(&sql::FORGET_VISIT, &[visit.into()])?;
    Ok(())
}

/// Erases the changes that name a client whose sheet goes.
///
/// # Errors
/// Those of the database.
pub fn forget_client(tx: &mut Tx, client: ClientId) -> Result<(), Fault> {
    tx.execute(&sql::FORGET_CLIENT, &[client.into()])?;
    Ok(())
}
