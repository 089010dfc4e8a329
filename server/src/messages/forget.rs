//! Erasing what is over (row B-19).

use releve_shared::retention::DataClass;
use releve_shared::sync::{RowKind, Scope};

use super::sql;
use crate::db::{Answer, Tx};
use crate::retention::{Erase, Kept, Pass};

/// What is kept here.
pub const KEPT: &[Kept] = &[Kept {
    class: DataClass::Messages,
    tables: &["message", "thread"],
    count: sql::OLD,
    erase: Erase::By(forget),
}];

/// Erases old messages, and the threads of which nothing is left; they leave the phones. Gives how many
/// messages.
fn forget(tx: &mut Tx, pass: &Pass) -> Answer<u64> {
    let touched = sql::old_threads(tx, pass.organisation, pass.before)?;
    let erased = sql::forget(tx, pass.organisation, pass.before)?;
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
