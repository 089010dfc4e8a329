//! What is kept of caregivers who have left, and its end (row B-19): the names go, the hours stay.

use releve_shared::id::{MembershipId, PersonId};
use releve_shared::retention::DataClass;
use releve_shared::sync::{RowKind, Scope};

use super::sql;
use crate::db::{Answer, Tx};
use crate::retention::{Erase, Kept, Pass};

/// What is kept here.
pub const KEPT: &[Kept] = &[Kept {
    class: DataClass::Staff,
    tables: &["membership", "person"],
    count: sql::OLD,
    erase: Erase::By(forget),
}];

fn forget(tx: &mut Tx, pass: &Pass) -> Answer<u64> {
    let values = [pass.now.into(), pass.organisation.into(), pass.before.into()];
    let gone = tx.query(&sql::FORGET, &values)?;
    for row in &gone {
        let (membership, person): (MembershipId, PersonId) = (row.get(0)?, row.get(1)?);
        tx.execute(&sql::FORGET_PERSON, &[person.into()])?;
        tx.changed(&Scope::membership(membership), &RowKind::Membership, membership);
        tx.changed(&Scope::person(person), &RowKind::Person, person);
    }
    Ok(gone.len() as u64)
}
