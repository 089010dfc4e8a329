//! The worker has seen a change.

use releve_shared::clock::locate;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, SawChange, Scope};

use super::sql;
use crate::db::{Answer, Tx};
use crate::people;
use crate::visits::Reception;

/// Keeps that a change was seen; one that came after it is still to be seen.
///
/// # Errors
/// [`Refusal::NotFound`] for a planning that is not hers, or a visit that never changed there.
pub fn saw(tx: &mut Tx, from: &Reception<'_>, saw: &SawChange) -> Answer<()> {
    let own = people::membership_of(tx, from.organisation, from.person)?;
    let membership = own.ok_or(Refusal::NotFound)?;
    sql::one(tx, saw.visit, membership)?.ok_or(Refusal::NotFound)?;
    let at = locate(from.anchors, &saw.stamp, u64::MAX, Some(from.at)).at;
    if sql::mark_seen(tx, (saw.visit, membership), saw.n, at)? {
        let id = sql::row_id(saw.visit, membership);
        tx.changed(&Scope::membership(membership), &RowKind::PlanningChange, id);
    }
    Ok(())
}
