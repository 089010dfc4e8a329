//! What phones may hold of people: grants and bodies.

use releve_shared::id::{MembershipId, OrganisationId, PersonId};
use releve_shared::sync::{RowKind, Scope};

use super::{rules, sql};
use crate::db::{Answer, Fault, Tx};

pub use super::sql::Place;

/// The scopes of people that a person's phone is granted: herself, each organisation that transmits to her,
/// and her planning there when there is one (row O-06).
///
/// # Errors
/// Those of the database.
pub fn grants(tx: &mut Tx, person: PersonId) -> Answer<Vec<Scope>> {
    let mut scopes = vec![Scope::person(person)];
    for place in sql::memberships(tx, person)? {
        if rules::serves(&place.state, place.transmit) {
            scopes.push(Scope::organisation(place.organisation));
        }
        if rules::granted(&place.state, place.transmit, place.held) {
            scopes.push(Scope::membership(place.id));
        }
    }
    scopes.sort();
    scopes.dedup();
    Ok(scopes)
}

/// The body of a row of the feed; `None` when it is gone, or not of this room.
///
/// # Errors
/// Those of the database.
pub fn body(tx: &mut Tx, kind: &RowKind, id: &str) -> Answer<Option<String>> {
    let json = |e| Fault::of("writing JSON", e);
    let body = match kind {
        RowKind::Person => sql::person(tx, id)?.map(|p| serde_json::to_string(&p)),
        RowKind::Membership => sql::membership(tx, id)?.map(|m| serde_json::to_string(&m)),
        RowKind::Organisation
        | RowKind::Visit
        | RowKind::ClockEvent
        | RowKind::RetainedPeriod
        | RowKind::Notes
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

/// A person's place in a membership; `None` when it is not hers.
///
/// # Errors
/// Those of the database.
pub fn place(tx: &mut Tx, membership: MembershipId, person: PersonId) -> Answer<Option<Place>> {
    Ok(sql::place(tx, membership, person)?)
}

/// A person's membership of an organisation; `None` when she has none there.
///
/// # Errors
/// Those of the database.
pub fn membership_of(
    tx: &mut Tx,
    organisation: OrganisationId,
    person: PersonId,
) -> Answer<Option<MembershipId>> {
    Ok(sql::at(tx, organisation, person)?)
}
