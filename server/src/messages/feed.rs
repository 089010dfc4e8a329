//! What phones may hold of messages: bodies of the feed's rows.

use crate::db::{Answer, Fault, Tx};

use super::sql;

/// The body of a thread in the feed; `None` when nothing is left of it.
///
/// # Errors
/// Those of the database.
pub fn body(tx: &mut Tx, id: &str) -> Answer<Option<String>> {
    let id = id.parse().map_err(|e| Fault::of("a feed row's id", e))?;
    let body = sql::body(tx, id)?.map(|thread| serde_json::to_string(&thread));
    Ok(body.transpose().map_err(|e| Fault::of("writing JSON", e))?)
}
