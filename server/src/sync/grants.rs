//! What a phone may hold: the union of what the rooms grant, and the bodies that they give.

use releve_shared::id::PersonId;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;

use crate::db::{Answer, Tx};
use crate::{
    alarms, cards, changes, clients, contacts, identity, messages, notices, people, receipts,
    requests, retention, services, travel, visits,
};

/// Every scope granted to a person's phone, ascending (rows O-05, O-06).
///
/// # Errors
/// Those of the database.
pub fn grants(tx: &mut Tx, person: PersonId, now: Moment) -> Answer<Vec<Scope>> {
    let mut scopes = people::grants(tx, person)?;
    scopes.extend(clients::grants(tx, person, now)?);
    scopes.extend(contacts::grants(tx, person, now)?);
    scopes.sort();
    scopes.dedup();
    Ok(scopes)
}

/// The body of a row of the feed; `None` when it is gone.
///
/// # Errors
/// Those of the database.
pub fn body(tx: &mut Tx, kind: &RowKind, id: &str) -> Answer<Option<String>> {
    match kind {
        RowKind::Organisation => identity::body(tx, id),
        RowKind::Person | RowKind::Membership => people::body(tx, kind, id),
        RowKind::Client | RowKind::HomeTag => clients::body(tx, kind, id),
        RowKind::Visit | RowKind::ClockEvent | RowKind::RetainedPeriod | RowKind::Notes => {
            visits::body(tx, kind, id)
        }
        RowKind::Thread => messages::body(tx, id),
        RowKind::Request => requests::body(tx, id),
        RowKind::NoticeTest => notices::test_body(tx, id),
        RowKind::Retention => retention::body(tx, id),
        RowKind::Card => cards::card_body(tx, id),
        RowKind::Logo => cards::logo_body(tx, id),
        RowKind::EmergencyNumbers => contacts::emergency_body(tx, id),
        RowKind::DirectoryEntry => contacts::entry_body(tx, id),
        RowKind::Colleague => contacts::colleague_body(tx, id),
        RowKind::Callback => contacts::callback_body(tx, id),
        RowKind::PlanningChange => changes::body(tx, id),
        RowKind::Tasks => services::body(tx, id),
        RowKind::Travel => travel::body(tx, id),
        RowKind::Receipt => receipts::body(tx, id),
        RowKind::AlarmSettings => alarms::body(tx, id),
        // Announced by a newer binary that shares this database.
        RowKind::Unknown(_) => Ok(None),
    }
}
