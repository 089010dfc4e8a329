//! What phones may hold of clients: grants and bodies.

use releve_shared::client::{SHEET_AFTER_DAYS, SHEET_BEFORE_DAYS};
use releve_shared::id::PersonId;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::{DAY_MS, Moment};

use super::sections::{Looks, seen};
use super::sql;
use crate::db::{Answer, Fault, Tx};

/// The scopes of the clients that a person's phone is granted: from 14 days before a visit of hers to
/// 7 days after it (row O-05).
///
/// # Errors
/// Those of the database.
pub fn grants(tx: &mut Tx, person: PersonId, now: Moment) -> Answer<Vec<Scope>> {
    let near = (now.plus(SHEET_BEFORE_DAYS * DAY_MS), now.plus(-SHEET_AFTER_DAYS * DAY_MS));
    Ok(sql::granted(tx, person, near)?.into_iter().map(Scope::client).collect())
}

/// The body of a row of the feed; `None` when it is gone, or not of this room.
///
/// # Errors
/// Those of the database.
pub fn body(tx: &mut Tx, kind: &RowKind, id: &str) -> Answer<Option<String>> {
    let json = |e| Fault::of("writing JSON", e);
    let body = match kind {
        RowKind::Client => match sql::body(tx, id)? {
            Some(client) => {
                let rules = sql::rules_of(tx, client.id)?;
                Some(serde_json::to_string(&seen(client, &rules, Looks::Phone)))
            }
            None => None,
        },
        RowKind::HomeTag => sql::tag_body(tx, id)?.map(|t| serde_json::to_string(&t)),
        RowKind::Organisation
        | RowKind::Person
        | RowKind::Membership
        | RowKind::Visit
        | RowKind::ClockEvent
        | RowKind::RetainedPeriod
        | RowKind::Notes
        | RowKind::Thread
        | RowKind::AlarmSettings
        | RowKind::Retention
        | RowKind::Card
        | RowKind::Logo
        | RowKind::Request
        | RowKind::NoticeTest
        | RowKind::EmergencyNumbers
        | RowKind::DirectoryEntry
        | RowKind::Colleague
        | RowKind::Callback
        | RowKind::PlanningChange
        | RowKind::Tasks
        | RowKind::Travel
        | RowKind::Receipt
        | RowKind::Unknown(_) => None,
    };
    Ok(body.transpose().map_err(json)?)
}
