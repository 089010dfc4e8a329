//! Erasing what is over (row B-19).

use releve_shared::id::OrganisationId;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;

use super::sql;
use crate::db::{Answer, Tx};

/// How many messages an organisation holds, and the oldest.
///
/// # Errors
/// Those of the database.
pub fn held(tx: &mut Tx, organisation: OrganisationId) -> Answer<(u64, Option<Moment>)> {
    Ok(sql::held(tx, organisation)?)
}

/// Erases the messages of before a moment, and the threads of which nothing is left; they leave the
/// phones. Gives how many messages.
///
/// # Errors
/// Those of the database.
pub fn forget(tx: &mut Tx, organisation: OrganisationId, before: Moment) -> Answer<u64> {
    let touched = sql::old_threads(tx, organisation, before)?;
    let erased = sql::forget(tx, organisation, before)?;
    for thread in touched {
        let scope = Scope::membership(thread.membership);
        if sql::drop_empty(tx, thread.id)? {
            tx.gone(&scope, &RowKind::Thread, thread.id);
        } else {
            tx.changed(&scope, &RowKind::Thread, thread.id);
        }
    }
    Ok(erased)
}
