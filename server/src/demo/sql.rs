//! The one statement that a demonstration needs for itself.

use releve_shared::sync::Scope;

use crate::db::{Fault, Tx};

crate::statements! {
    /// The newest number of a scope.
    HEAD = "SELECT head FROM scope WHERE id = $1";
}

pub fn head(tx: &mut Tx, scope: &Scope) -> Result<u64, Fault> {
    let row = tx.query_opt(&HEAD, &[scope.into()])?;
    row.map_or(Ok(0), |r| r.get(0))
}
