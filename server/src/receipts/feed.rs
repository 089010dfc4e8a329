//! What phones hold of receipts: that the office has them.

use releve_shared::receipt::ReceiptRow;

use super::sql;
use crate::db::{Answer, Fault, Tx};

/// The body of a row of the feed; `None` when it was taken back or is no picture.
///
/// # Errors
/// Those of the database.
pub fn body(tx: &mut Tx, id: &str) -> Answer<Option<String>> {
    let Ok(id) = id.parse() else { return Ok(None) };
    let known = sql::one(tx, id)?.filter(|r| r.state == "waiting" || r.state == "kept");
    let row = known.map(|r| ReceiptRow { id: r.id, visit: r.visit, received_at: r.kept_at });
    let json = row.map(|row| serde_json::to_string(&row)).transpose();
    Ok(json.map_err(|e| Fault::of("writing JSON", e))?)
}
