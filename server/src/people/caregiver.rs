//! Caregivers as the office manages them: a person and her membership, together.

use releve_shared::id::{DeviceId, MembershipId, PersonId};
use releve_shared::person::{Membership, MembershipState, Person, Transmission};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{rules, sql};
use crate::audit::note;
use crate::cards;
use crate::db::{Answer, Tx};
use crate::identity::By;
use crate::text::{self, BadField, Search};

/// A caregiver in the list, and on her file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaregiverRow {
    /// The membership.
    pub id: MembershipId,
    /// The person.
    pub person_id: PersonId,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Telephone as E.164; empty when there is none.
    pub phone: String,
    /// As what, in words.
    pub role: String,
    /// Whether she is at work here.
    pub state: MembershipState,
    /// Whether "Transmettre" is ticked (row O-06).
    pub transmit: bool,
    /// What has come of it (row O-07).
    pub transmission: Transmission,
    /// When her phone confirmed last.
    pub transmission_at: Option<Moment>,
    /// Visits planned from now on.
    pub upcoming_visits: u64,
    /// Her phone, when one is enrolled.
    pub phone_id: Option<DeviceId>,
    /// To be sent back with a change.
    pub rev: i64,
}

/// What is typed about a caregiver.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct CaregiverInput {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Telephone, in any form; it may be empty.
    #[serde(default)]
    pub phone: String,
    /// As what, in words.
    pub role: String,
    /// The revision that was on the screen, for a change.
    pub rev: Option<i64>,
}

/// The same, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caregiver {
    first_name: String,
    last_name: String,
    phone: String,
    role: String,
    folded: String,
    rev: Option<i64>,
}

impl CaregiverInput {
    /// Checks what was typed.
    ///
    /// # Errors
    /// The first field that cannot be taken.
    pub fn check(&self) -> Result<Caregiver, BadField> {
        let first_name = text::required("first_name", &self.first_name, text::LINE)?;
        let last_name = text::required("last_name", &self.last_name, text::LINE)?;
        let phone = text::phone("phone", &self.phone)?;
        let role = text::required("role", &self.role, text::LINE)?;
        let folded = text::folded(&[&last_name, &first_name, &role], &phone);
        Ok(Caregiver { first_name, last_name, phone, role, folded, rev: self.rev })
    }
}

impl Caregiver {
    fn person(&self, id: PersonId) -> Person {
        Person {
            id,
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            phone: self.phone.clone(),
        }
    }
}

/// The caregivers that match what was typed; all of them when nothing was.
///
/// # Errors
/// Those of the database.
pub fn list(tx: &mut Tx, by: &By, q: &str, now: Moment) -> Answer<Vec<CaregiverRow>> {
    let search = Search::of(q);
    let phones = super::phone::of_organisation(tx, by.organisation)?;
    let found = sql::list(tx, by.organisation, &search.pattern, now)?;
    let rows = found.into_iter().filter(|c| search.finds(&c.folded)).map(|c| row(c, &phones, now));
    Ok(rows.collect())
}

/// One caregiver.
///
/// # Errors
/// [`Refusal::NotFound`], whether she is unknown or elsewhere.
pub fn get(tx: &mut Tx, by: &By, id: MembershipId, now: Moment) -> Answer<CaregiverRow> {
    let found = sql::one(tx, by.organisation, id, now)?.ok_or(Refusal::NotFound)?;
    let phones = super::phone::of_organisation(tx, by.organisation)?;
    Ok(row(found, &phones, now))
}

fn row(found: sql::Listed, phones: &super::phone::Phones, now: Moment) -> CaregiverRow {
    let phone = phones.of(found.person.id, found.id);
    let known = rules::Transmitted {
        state: &found.state,
        ticked: found.transmit,
        visits: found.held,
        head: found.head,
        phone: phone.map(|(_, phone)| phone),
    };
    let (transmission, transmission_at) = rules::transmission(&known, now);
    CaregiverRow {
        id: found.id,
        person_id: found.person.id,
        first_name: found.person.first_name,
        last_name: found.person.last_name,
        phone: found.person.phone,
        role: found.role,
        state: found.state,
        transmit: found.transmit,
        transmission,
        transmission_at,
        upcoming_visits: found.upcoming,
        phone_id: phone.map(|(id, _)| id),
        rev: found.rev,
    }
}

/// Adds a caregiver: a person, and her membership of the caller's organisation.
///
/// # Errors
/// Those of the database.
pub fn create(
    tx: &mut Tx,
    by: &By,
    new: &Caregiver,
    (person, id): (PersonId, MembershipId),
    now: Moment,
) -> Answer<()> {
    sql::add_person(tx, &new.person(person))?;
    let membership = Membership {
        id,
        person,
        organisation: by.organisation,
        role: new.role.clone(),
        state: MembershipState::Active,
    };
    sql::add_membership(tx, &membership, &new.folded, now)?;
    tx.changed(&Scope::person(person), &RowKind::Person, person);
    tx.changed(&Scope::membership(id), &RowKind::Membership, id);
    tx.changed(&Scope::colleague(id), &RowKind::Colleague, id);
    cards::cards_changed(tx, id);
    note(tx, by, "caregiver.create", id, "", now)?;
    Ok(())
}

/// Changes names, telephone or role.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Stale`] when somebody else changed her file meanwhile.
pub fn change(tx: &mut Tx, by: &By, id: MembershipId, new: &Caregiver, now: Moment) -> Answer<()> {
    let claimed = claim(tx, by, id)?;
    if new.rev.is_some_and(|rev| rev + 1 != claimed.rev) {
        return Err(Refusal::Stale.into());
    }
    sql::write(tx, id, &new.person(claimed.person), &new.role, &new.folded)?;
    for (other, role) in sql::others(tx, claimed.person, id)? {
        let texts = [&new.last_name, &new.first_name, &role];
        sql::write_folded(tx, other, &text::folded(&texts.map(String::as_str), &new.phone))?;
        tx.changed(&Scope::colleague(other), &RowKind::Colleague, other);
        cards::cards_changed(tx, other);
    }
    tx.changed(&Scope::person(claimed.person), &RowKind::Person, claimed.person);
    tx.changed(&Scope::membership(id), &RowKind::Membership, id);
    tx.changed(&Scope::colleague(id), &RowKind::Colleague, id);
    cards::cards_changed(tx, id);
    note(tx, by, "caregiver.change", id, "", now)?;
    Ok(())
}

/// Ticks or unticks "Transmettre" (row O-06). Unticked, her planning leaves her phone at its next
/// sync, since it is granted no more.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::NotAllowed`] for somebody who has left.
pub fn set_transmit(
    tx: &mut Tx,
    by: &By,
    id: MembershipId,
    transmit: bool,
    now: Moment,
) -> Answer<()> {
    let claimed = claim(tx, by, id)?;
    if claimed.state != MembershipState::Active {
        return Err(Refusal::NotAllowed.into());
    }
    if claimed.transmit != transmit {
        sql::write_transmit(tx, id, transmit)?;
        tx.changed(&Scope::person(claimed.person), &RowKind::Person, claimed.person);
        tx.changed(&Scope::membership(id), &RowKind::Membership, id);
        let verb = if transmit { "caregiver.transmit" } else { "caregiver.withhold" };
        note(tx, by, verb, id, "", now)?;
    }
    Ok(())
}

/// Ends a membership: nothing is transmitted any more, what was done stays.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::InUse`] while visits are planned: give them to others first.
pub fn end(tx: &mut Tx, by: &By, id: MembershipId, now: Moment) -> Answer<()> {
    let claimed = claim(tx, by, id)?;
    if claimed.state == MembershipState::Ended {
        return Ok(());
    }
    if sql::to_come(tx, id, now)? > 0 {
        return Err(Refusal::InUse.into());
    }
    sql::end(tx, id, now)?;
    tx.changed(&Scope::person(claimed.person), &RowKind::Person, claimed.person);
    tx.changed(&Scope::membership(id), &RowKind::Membership, id);
    cards::cards_changed(tx, id);
    note(tx, by, "caregiver.end", id, "", now)?;
    Ok(())
}

fn claim(tx: &mut Tx, by: &By, id: MembershipId) -> Answer<sql::Claimed> {
    Ok(sql::claim(tx, by.organisation, id)?.ok_or(Refusal::NotFound)?)
}
