//! What is kept of travel, and its end (row B-19). Distances and times are hours: they go with the visit.

use releve_shared::id::{ClientId, VisitId};
use releve_shared::retention::DataClass;

use super::sql;
use crate::db::{Fault, Tx};
use crate::retention::{Erase, Kept};

/// What is kept here.
pub const KEPT: &[Kept] = &[Kept {
    class: DataClass::Words,
    tables: &["travel"],
    count: sql::OLD_NOTES,
    erase: Erase::Rows(&[sql::FORGET_NOTES]),
}];

/// Erases the way to a visit that goes.
///
/// # Errors
/// Those of the database.
pub fn forget_visit(tx: &mut Tx, visit: VisitId) -> Result<(), Fault> {
    tx.execute(&sql::FORGET_VISIT, &[visit.into()])?;
    Ok(())
}

/// Erases the notes about a client whose sheet goes.
///
/// # Errors
/// Those of the database.
pub fn forget_client(tx: &mut Tx, client: ClientId) -> Result<(), Fault> {
    tx.execute(&sql::FORGET_CLIENT, &[client.into()])?;
    Ok(())
}
