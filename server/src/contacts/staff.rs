//! The staff directory as the office manages it, and whether colleagues who share a client find each
//! other (rows O-26, O-27).

use releve_shared::contact::DirectoryEntry;
use releve_shared::id::{ClientId, DirectoryEntryId, OrganisationId};
use releve_shared::refusal::Refusal;
use releve_shared::setting::Setting;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{feed, rules, sql};
use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::identity::By;
use crate::settings;
use crate::text::{self, BadField};

/// The directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Staff {
    /// By name.
    pub entries: Vec<DirectoryEntry>,
    /// Whether caregivers who share a client find each other.
    pub share_colleagues: bool,
}

/// What is typed of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct EntryInput {
    /// Who, or which service.
    pub name: String,
    /// As what, in words; it may be empty.
    #[serde(default)]
    pub role: String,
    /// Telephone: a short number, or any other.
    pub phone: String,
}

impl EntryInput {
    /// Checks what was typed.
    ///
    /// # Errors
    /// The first field that cannot be taken.
    pub fn check(&self) -> Result<Self, BadField> {
        Ok(Self {
            name: text::required("name", &self.name, text::LINE)?,
            role: text::line("role", &self.role, text::LINE)?,
            phone: rules::dialled("phone", &self.phone)?,
        })
    }
}

/// The directory of the organisation.
///
/// # Errors
/// Those of the database.
pub fn staff(tx: &mut Tx, by: &By) -> Answer<Staff> {
    let entries = sql::entries(tx, by.organisation)?;
    Ok(Staff { entries, share_colleagues: shared(tx, by.organisation)? })
}

/// Adds an entry.
///
/// # Errors
/// Those of the database.
pub fn add(
    tx: &mut Tx,
    by: &By,
    id: DirectoryEntryId,
    new: &EntryInput,
    now: Moment,
) -> Answer<()> {
    sql::add_entry(tx, by.organisation, id, new, now)?;
    moved(tx, by, id, "directory.add", now)
}

/// Changes an entry.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn change(
    tx: &mut Tx,
    by: &By,
    id: DirectoryEntryId,
    new: &EntryInput,
    now: Moment,
) -> Answer<()> {
    if !sql::change_entry(tx, by.organisation, id, new)? {
        return Err(Refusal::NotFound.into());
    }
    moved(tx, by, id, "directory.change", now)
}

/// Removes an entry; it leaves the phones at their next sync.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn remove(tx: &mut Tx, by: &By, id: DirectoryEntryId, now: Moment) -> Answer<()> {
    if !sql::remove_entry(tx, by.organisation, id)? {
        return Err(Refusal::NotFound.into());
    }
    tx.gone(&Scope::organisation(by.organisation), &RowKind::DirectoryEntry, id);
    note(tx, by, "directory.remove", id, "", now)?;
    Ok(())
}

fn moved(tx: &mut Tx, by: &By, id: DirectoryEntryId, verb: &str, now: Moment) -> Answer<()> {
    tx.changed(&Scope::organisation(by.organisation), &RowKind::DirectoryEntry, id);
    note(tx, by, verb, id, "", now)?;
    Ok(())
}

/// Caregivers who share a client find each other from now on, or no more. It moves grants, not rows: a
/// colleague has one scope for life, which is granted while the two share a client (sync.md F1, F7).
///
/// # Errors
/// Those of the database.
pub fn sharing_moved(tx: &mut Tx, organisation: OrganisationId) -> Answer<()> {
    // Those who were here before the option have never been told of.
    for membership in sql::at_work(tx, organisation)? {
        tx.changed(&Scope::colleague(membership), &RowKind::Colleague, membership);
    }
    tx.tell(&Scope::organisation(organisation));
    Ok(())
}

/// Pokes the phones of those who go to a client when somebody comes to them or goes from them: their
/// directories change though no row of theirs has moved (row O-27).
///
/// # Errors
/// Those of the database.
pub fn link_moved(
    tx: &mut Tx,
    organisation: OrganisationId,
    client: ClientId,
    now: Moment,
) -> Answer<()> {
    if shared(tx, organisation)? {
        for membership in sql::goers(tx, client, feed::near(now))? {
            tx.tell(&Scope::membership(membership));
        }
    }
    Ok(())
}

fn shared(tx: &mut Tx, organisation: OrganisationId) -> Answer<bool> {
    Ok(settings::value(tx, organisation, &Setting::ShareColleagues)? == 1)
}
