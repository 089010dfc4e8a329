//! What phones hold of changes: those still to be seen.

use releve_shared::planning::PlanningChange;

use super::sql;
use crate::db::{Answer, Fault, Tx};

/// The body of a row of the feed; `None` once it was seen or undone.
///
/// # Errors
/// Those of the database.
pub fn body(tx: &mut Tx, id: &str) -> Answer<Option<String>> {
    let Some((visit, membership)) = sql::of_row_id(id) else { return Ok(None) };
    let Some(kept) = sql::one(tx, visit, membership)?.filter(|kept| kept.state == "open") else {
        return Ok(None);
    };
    let new_address = match (&kept.known, &kept.holds) {
        (Some(known), Some(holds)) => {
            known.picture.client == holds.picture.client && known.address != holds.address
        }
        (None, _) | (_, None) => false,
    };
    let change = PlanningChange {
        visit,
        n: kept.n,
        before: kept.known.map(|shown| shown.picture),
        after: kept.holds.map(|shown| shown.picture),
        new_address,
        changed_at: kept.changed_at,
    };
    let json = serde_json::to_string(&change).map_err(|e| Fault::of("writing JSON", e))?;
    Ok(Some(json))
}
