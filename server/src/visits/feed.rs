//! What phones may hold of visits: bodies of the feed's rows.

use releve_shared::id::VisitId;
use releve_shared::sync::{NotesRow, RowKind};

use super::rows;
use crate::db::{Answer, Fault, Tx};

/// The body of a row of the feed; `None` when it is gone, or not of this room.
///
/// # Errors
/// Those of the database.
pub fn body(tx: &mut Tx, kind: &RowKind, id: &str) -> Answer<Option<String>> {
    let json = |e| Fault::of("writing JSON", e);
    let visit = || id.parse::<VisitId>().map_err(|e| Fault::of("a feed row's id", e));
    let body = match kind {
        RowKind::Visit => rows::body(tx, id)?.map(|v| serde_json::to_string(&v)),
        RowKind::ClockEvent => rows::stamp(tx, id)?.map(|c| serde_json::to_string(&c)),
        RowKind::RetainedPeriod => rows::retained(tx, visit()?)?.map(|r| serde_json::to_string(&r)),
        RowKind::Notes => {
            let visit = visit()?;
            rows::notes(tx, visit)?.map(|w| {
                let row = NotesRow { visit, notes: w.notes, received_at: w.received_at };
                serde_json::to_string(&row)
            })
        }
        RowKind::Organisation
        | RowKind::Person
        | RowKind::Membership
        | RowKind::Client
        | RowKind::HomeTag
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
