//! What phones hold of travel: what the worker said. They compute the rest by the same rule.

use super::sql;
use crate::db::{Answer, Fault, Tx};

/// The body of a row of the feed; `None` when nothing is said of the way.
///
/// # Errors
/// Those of the database.
pub fn body(tx: &mut Tx, id: &str) -> Answer<Option<String>> {
    let Ok(visit) = id.parse() else { return Ok(None) };
    let row = sql::said(tx, visit)?.filter(|said| said.stands).map(|said| said.row);
    let json = row.map(|row| serde_json::to_string(&row)).transpose();
    Ok(json.map_err(|e| Fault::of("writing JSON", e))?)
}
