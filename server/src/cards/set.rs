//! Photos and logos: set at the desk, held by phones.

use releve_shared::card::{Card, Logo};
use releve_shared::id::{MembershipId, NotAnId, OrganisationId};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sql;
use crate::audit::note;
use crate::db::{Answer, Fault, Tx};
use crate::identity::By;

/// A picture: a square JPEG in base64; none when there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pictures {
    /// JPEG or PNG in base64 when it is sent, a square JPEG when it is read.
    pub picture: Option<String>,
}

/// A caregiver's photo.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn photo(tx: &mut Tx, by: &By, of: MembershipId) -> Answer<Pictures> {
    if !sql::ours(tx, by.organisation, of)? {
        return Err(Refusal::NotFound.into());
    }
    Ok(Pictures { picture: sql::photo(tx, of)? })
}

/// Sets or removes a caregiver's photo; her phone gets it at its next sync.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn set_photo(
    tx: &mut Tx,
    by: &By,
    of: MembershipId,
    square: Option<&str>,
    now: Moment,
) -> Answer<()> {
    if !sql::ours(tx, by.organisation, of)? {
        return Err(Refusal::NotFound.into());
    }
    sql::write_photo(tx, of, square, now)?;
    tx.changed(&Scope::membership(of), &RowKind::Card, of);
    note(tx, by, "caregiver.photo", of, if square.is_some() { "set" } else { "removed" }, now)?;
    Ok(())
}

/// The logo of the organisation.
///
/// # Errors
/// Those of the database.
pub fn logo(tx: &mut Tx, by: &By) -> Answer<Pictures> {
    Ok(Pictures { picture: sql::logo(tx, by.organisation)? })
}

/// Sets or removes the logo of the organisation.
///
/// # Errors
/// Those of the database.
pub fn set_logo(tx: &mut Tx, by: &By, square: Option<&str>, now: Moment) -> Answer<()> {
    let organisation = by.organisation;
    sql::write_logo(tx, organisation, square, now)?;
    tx.changed(&Scope::organisation(organisation), &RowKind::Logo, organisation);
    let detail = if square.is_some() { "set" } else { "removed" };
    note(tx, by, "organisation.logo", organisation, detail, now)?;
    Ok(())
}

/// Tells phones that a caregiver's card has changed: her name, her job, her membership.
pub fn cards_changed(tx: &mut Tx, of: MembershipId) {
    tx.changed(&Scope::membership(of), &RowKind::Card, of);
}

/// The body of a card in the feed; `None` once its owner has left.
///
/// # Errors
/// Those of the database.
pub fn card_body(tx: &mut Tx, id: &str) -> Answer<Option<String>> {
    let card: Option<Card> = sql::card(tx, id)?;
    body(card)
}

/// The body of a logo in the feed; `None` when there is none.
///
/// # Errors
/// Those of the database.
pub fn logo_body(tx: &mut Tx, id: &str) -> Answer<Option<String>> {
    let strange = |e: NotAnId| Fault::of("a feed row's id", e);
    let organisation: OrganisationId = id.parse().map_err(strange)?;
    body(sql::logo(tx, organisation)?.map(|picture| Logo { organisation, picture }))
}

fn body(row: Option<impl Serialize>) -> Answer<Option<String>> {
    let json = row.map(|row| serde_json::to_string(&row));
    Ok(json.transpose().map_err(|e| Fault::of("writing JSON", e))?)
}
