//! Tenants.

use releve_shared::establishment::Organisation;
use releve_shared::id::{EstablishmentId, OrganisationId};
use releve_shared::lock::LockRules;
use releve_shared::refusal::Refusal;
use releve_shared::setting::Setting;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::{MINUTE_MS, Moment, Zone};

use super::keys::{Keys, tag_keys};
use super::sql;
use crate::contacts;
use crate::db::{Answer, Tx};
use crate::settings;

/// A tenant to be.
#[derive(Clone, Debug)]
pub struct NewOrganisation {
    /// Its id.
    pub id: OrganisationId,
    /// Its name, as on the door.
    pub name: String,
    /// Telephone of the office.
    pub phone: String,
    /// Its zone.
    pub zone: Zone,
    /// Its first site.
    pub establishment: EstablishmentId,
    /// Chance for its keys, drawn by the caller.
    pub chance: [u8; 96],
}

/// Founds an organisation with one site and its keys.
///
/// # Errors
/// Those of the database.
pub fn add_organisation(
    tx: &mut Tx,
    keys: &Keys,
    new: &NewOrganisation,
    now: Moment,
) -> Answer<()> {
    sql::add_organisation(tx, new.id, &new.name, &new.phone, new.zone.name(), now)?;
    sql::add_establishment(tx, new.establishment, new.id, &new.name)?;
    keys.found(tx, new.id, &new.chance, now)?;
    tx.changed(&Scope::organisation(new.id), &RowKind::Organisation, new.id);
    tx.changed(&Scope::organisation(new.id), &RowKind::Retention, new.id);
    contacts::found(tx, new.id)?;
    Ok(())
}

/// An organisation as phones know it.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn organisation(tx: &mut Tx, id: OrganisationId) -> Answer<Organisation> {
    let row = sql::organisation(tx, id)?.ok_or(Refusal::NotFound)?;
    let tag_keys = tag_keys(tx, id)?;
    let number =
        |tx: &mut Tx, of| settings::value(tx, id, of).map(|n| u32::try_from(n).unwrap_or(0));
    let end_reminder_min = number(tx, &Setting::EndReminder)?;
    let same_callback_min = number(tx, &Setting::SameCallback)?;
    let lock = LockRules {
        required: number(tx, &Setting::LockRequired)? == 1,
        digits: number(tx, &Setting::LockDigits)?,
        after_min: number(tx, &Setting::LockAfter)?,
    };
    Ok(Organisation {
        id,
        name: row.name,
        phone: row.phone,
        zone: row.zone,
        end_reminder_min,
        same_callback_min,
        lock,
        tag_keys,
    })
}

/// Takes an organisation's settings for a change: two nodes that read, change and write them come one after
/// the other.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn claim(tx: &mut Tx, id: OrganisationId) -> Answer<()> {
    if sql::claim(tx, id)? == 1 { Ok(()) } else { Err(Refusal::NotFound.into()) }
}

/// The zone of an organisation.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn zone(tx: &mut Tx, id: OrganisationId) -> Answer<Zone> {
    Ok(sql::organisation(tx, id)?.ok_or(Refusal::NotFound)?.zone)
}

/// How far badged times may be from planned ones without a look, in milliseconds (row O-34).
///
/// # Errors
/// Those of the database.
pub fn tolerance_ms(tx: &mut Tx, id: OrganisationId) -> Answer<i64> {
    Ok(settings::value(tx, id, &Setting::Tolerance)?.saturating_mul(MINUTE_MS))
}

/// Every organisation of this server, for its jobs.
///
/// # Errors
/// Those of the database.
pub fn every_organisation(tx: &mut Tx) -> Answer<Vec<OrganisationId>> {
    Ok(sql::organisations(tx)?)
}

/// The body of an organisation in the feed; `None` when it is gone.
///
/// # Errors
/// Those of the database.
pub fn body(tx: &mut Tx, id: &str) -> Answer<Option<String>> {
    let Ok(id) = id.parse() else { return Ok(None) };
    if sql::organisation(tx, id)?.is_none() {
        return Ok(None);
    }
    let organisation = organisation(tx, id)?;
    let json = serde_json::to_string(&organisation);
    Ok(Some(json.map_err(|e| crate::db::Fault::of("writing JSON", e))?))
}
