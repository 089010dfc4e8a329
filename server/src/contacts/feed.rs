//! What phones may hold of contacts: grants and bodies.

use releve_shared::client::{SHEET_AFTER_DAYS, SHEET_BEFORE_DAYS};
use releve_shared::contact::EmergencyNumbers;
use releve_shared::id::{NotAnId, PersonId};
use releve_shared::sync::Scope;
use releve_shared::time::{DAY_MS, Moment};
use serde::Serialize;

use super::sql;
use crate::db::{Answer, Fault, Tx};

/// The scopes of the colleagues whom a person's phone may hold: those with a client of hers, in the same
/// days as that client's sheet, where the organisation wishes it (row O-27).
///
/// # Errors
/// Those of the database.
pub fn grants(tx: &mut Tx, person: PersonId, now: Moment) -> Answer<Vec<Scope>> {
    Ok(sql::colleagues(tx, person, near(now))?.into_iter().map(Scope::colleague).collect())
}

/// Visits that make a common client now: the latest start and the earliest end.
pub(super) fn near(now: Moment) -> (Moment, Moment) {
    (now.plus(SHEET_BEFORE_DAYS * DAY_MS), now.plus(-SHEET_AFTER_DAYS * DAY_MS))
}

/// The body of an organisation's emergency numbers in the feed.
///
/// # Errors
/// Those of the database.
pub fn emergency_body(tx: &mut Tx, id: &str) -> Answer<Option<String>> {
    let organisation = id.parse().map_err(strange)?;
    let numbers = sql::emergency(tx, organisation)?;
    body(Some(EmergencyNumbers { organisation, numbers }))
}

/// The body of an entry of the directory in the feed; `None` when it is gone.
///
/// # Errors
/// Those of the database.
pub fn entry_body(tx: &mut Tx, id: &str) -> Answer<Option<String>> {
    body(sql::entry(tx, id)?)
}

/// The body of a colleague in the feed; `None` once she has left.
///
/// # Errors
/// Those of the database.
pub fn colleague_body(tx: &mut Tx, id: &str) -> Answer<Option<String>> {
    body(sql::colleague(tx, id)?)
}

/// The body of a request to be called back in the feed; `None` when it is gone.
///
/// # Errors
/// Those of the database.
pub fn callback_body(tx: &mut Tx, id: &str) -> Answer<Option<String>> {
    let id = id.parse().map_err(strange)?;
    body(sql::callback(tx, id)?.map(|(_, callback)| callback))
}

fn strange(e: NotAnId) -> Fault {
    Fault::of("a feed row's id", e)
}

fn body(row: Option<impl Serialize>) -> Answer<Option<String>> {
    let json = row.map(|row| serde_json::to_string(&row));
    Ok(json.transpose().map_err(|e| Fault::of("writing JSON", e))?)
}
