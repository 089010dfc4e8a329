//! What is kept of receipts, and its end (row B-19).

use releve_shared::id::VisitId;
use releve_shared::retention::DataClass;

use super::sql;
use crate::db::{Fault, Tx};
use crate::retention::{Erase, Kept};

/// What is kept here.
pub const KEPT: &[Kept] = &[Kept {
    class: DataClass::Receipts,
    tables: &["receipt", "receipt_part"],
    count: sql::OLD,
    erase: Erase::Rows(&[sql::FORGET_OLD_PARTS, sql::FORGET_OLD]),
}];

/// Erases the receipts of a visit that goes: at the latest they go with it.
///
/// # Errors
/// Those of the database.
pub fn forget_visit(tx: &mut Tx, visit: VisitId) -> Result<(), Fault> {
    tx.execute(&sql::FORGET_VISIT_PARTS, &[visit.into()])?;
    tx.execute(&sql::FORGET_VISIT, &[visit.into()])?;
    Ok(())
}
