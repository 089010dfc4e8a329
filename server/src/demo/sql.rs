//! What only a demonstration asks.

use releve_shared::id::{DeviceId, PersonId};
use releve_shared::sync::Scope;

use crate::db::{Fault, Tx};

crate::statements! {
    /// The newest number of a scope.
    HEAD = "SELECT head FROM scope WHERE id = $1";
    /// A person's phone.
    PHONE = "SELECT id FROM device WHERE person = $1 ORDER BY enrolled_at LIMIT 1";
}

pub fn head(tx: &mut Tx, scope: &Scope) -> Result<u64, Fault> {
    let row = tx.query_opt(&HEAD, &[scope.into()])?;
    row.map_or(Ok(0), |r| r.get(0))
}

pub fn phone(tx: &mut Tx, person: PersonId) -> Result<Option<DeviceId>, Fault> {
    tx.query_opt(&PHONE, &[person.into()])?.map(|row| row.get(0)).transpose()
}
