//! The phones of an organisation's caregivers, as far as "Transmettre" goes (row O-07).

use std::collections::BTreeMap;

use releve_shared::id::{DeviceId, MembershipId, OrganisationId, PersonId};
use releve_shared::sync::Scope;

use super::{rules, sql};
use crate::db::{Answer, Tx};

/// Each person's newest phone, and what every phone confirms.
pub struct Phones {
    newest: BTreeMap<PersonId, (DeviceId, rules::Phone)>,
    confirmed: BTreeMap<(DeviceId, Scope), (u64, releve_shared::time::Moment)>,
}

/// Reads them in one query.
pub fn of_organisation(tx: &mut Tx, organisation: OrganisationId) -> Answer<Phones> {
    let mut phones = Phones { newest: BTreeMap::new(), confirmed: BTreeMap::new() };
    for line in sql::phones(tx, organisation)? {
        let phone = rules::Phone {
            blocked: line.blocked,
            enrolled_at: line.enrolled_at,
            seen_at: Some(line.seen_at),
            applied: None,
        };
        // Ordered by enrolment: the last one is the newest.
        phones.newest.insert(line.person, (line.device, phone));
        if let Some((scope, seq, at)) = line.cursor {
            phones.confirmed.insert((line.device, scope), (seq, at));
        }
    }
    Ok(phones)
}

impl Phones {
    /// The phone of a person, with what it confirms of a planning.
    pub fn of(&self, person: PersonId, planning: MembershipId) -> Option<(DeviceId, rules::Phone)> {
        let (device, phone) = self.newest.get(&person)?;
        let applied = self.confirmed.get(&(*device, Scope::membership(planning))).copied();
        Some((*device, rules::Phone { applied, ..*phone }))
    }
}
