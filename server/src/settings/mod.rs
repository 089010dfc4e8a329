//! The thresholds of an agency (row O-45): one list, each with its bounds, what is usual, who changed it,
//! when, from what to what, and why. Rooms ask for their value; what a change moves is theirs.

mod routes;
mod sql;

use releve_shared::id::OrganisationId;
use releve_shared::refusal::Refusal;
use releve_shared::retention::DataClass;
use releve_shared::setting::{Range, Setting};
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;
use serde::Serialize;
use utoipa::ToSchema;

use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::identity::By;
use crate::retention::{Erase, Kept};
use crate::{alarms, contacts, identity};

pub use routes::{reason, routes};
pub use sql::ALL;

/// A setting in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettingRow {
    /// Which one; its unit ends its code.
    pub setting: Setting,
    /// What counts.
    pub value: i64,
    /// What counts unless somebody says otherwise.
    pub usual: i64,
    /// Least.
    pub least: i64,
    /// Most.
    pub most: i64,
    /// Its changes, the newest first.
    pub history: Vec<Change>,
}

/// A change of a setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Change {
    /// What it was.
    pub was: i64,
    /// What it became.
    pub value: i64,
    /// Why, in words.
    pub reason: String,
    /// Who, by name.
    pub changed_by: String,
    /// When.
    pub changed_at: Moment,
}

/// What is kept here.
pub const KEPT: &[Kept] = &[Kept {
    class: DataClass::Log,
    tables: &["setting_change"],
    count: sql::OLD,
    erase: Erase::Rows(&[sql::FORGET]),
}];

/// What counts for an organisation; `usual_lease` is the server's own lease in days.
///
/// # Errors
/// Those of the database.
pub fn lease_days(tx: &mut Tx, org: OrganisationId, usual_lease: u8) -> Answer<u8> {
    let chosen = sql::chosen(tx, org, &Setting::Lease)?;
    Ok(chosen.and_then(|days| u8::try_from(days).ok()).unwrap_or(usual_lease))
}

/// What counts for an organisation, but for the lease.
///
/// # Errors
/// Those of the database.
pub fn value(tx: &mut Tx, org: OrganisationId, setting: &Setting) -> Answer<i64> {
    if setting.is_of_alarms() {
        let rules = alarms::settings(tx, org)?.rules;
        return Ok(setting.of_alarms(&rules).unwrap_or_default());
    }
    let usual = setting.range().map_or(0, |range| range.usual);
    Ok(sql::chosen(tx, org, setting)?.unwrap_or(usual))
}

fn of(tx: &mut Tx, org: OrganisationId, setting: &Setting, usual_lease: u8) -> Answer<i64> {
    if *setting == Setting::Lease {
        Ok(i64::from(lease_days(tx, org, usual_lease)?))
    } else {
        value(tx, org, setting)
    }
}

/// Every setting, in the order of their declaration.
///
/// # Errors
/// Those of the database.
pub fn list(tx: &mut Tx, by: &By, usual_lease: u8) -> Answer<Vec<SettingRow>> {
    let mut rows = Vec::new();
    for setting in Setting::all() {
        let Some(Range { usual, least, most }) = setting.range() else { continue };
        let value = of(tx, by.organisation, &setting, usual_lease)?;
        let usual = if setting == Setting::Lease { i64::from(usual_lease) } else { usual };
        let history = sql::changes(tx, by.organisation, setting.code())?;
        rows.push(SettingRow { setting, value, usual, least, most, history });
    }
    Ok(rows)
}

/// Sets one anew, with the reason; phones and desks hear of it.
///
/// # Errors
/// [`Refusal::Invalid`] outside its bounds, or for one that is not known.
pub fn set(
    tx: &mut Tx,
    by: &By,
    (setting, new): (&Setting, i64),
    reason: &str,
    (usual_lease, now): (u8, Moment),
) -> Answer<()> {
    let org = by.organisation;
    let Range { least, most, .. } = setting.range().ok_or(Refusal::Invalid)?;
    if !(least..=most).contains(&new) {
        return Err(Refusal::Invalid.into());
    }
    identity::claim(tx, org)?;
    if setting.is_of_alarms() {
        let held = alarms::settings(tx, org)?;
        let rules = setting.in_alarms(held.rules.clone(), new);
        let next = releve_shared::alarm::AlarmSettings { rules, ..held };
        return alarms::set(tx, by, &next, reason, now);
    }
    let was = of(tx, org, setting, usual_lease)?;
    if was == new {
        return Ok(());
    }
    sql::choose(tx, org, setting, new)?;
    let scope = Scope::organisation(org);
    if *setting == Setting::ShareColleagues {
        contacts::sharing_moved(tx, org)?;
    } else {
        tx.changed(&scope, &RowKind::Organisation, org);
    }
    noted(tx, by, setting.code(), (was, new), reason, now)
}

/// Remembers that a threshold has changed, wherever it is kept: who, when, from what to what, why.
///
/// # Errors
/// Those of the database.
pub fn noted(
    tx: &mut Tx,
    by: &By,
    code: &str,
    (was, new): (i64, i64),
    reason: &str,
    now: Moment,
) -> Answer<()> {
    sql::add_change(tx, by, code, (was, new), reason, now)?;
    note(tx, by, "setting.change", code, &format!("{was} > {new}"), now)?;
    tx.tell(&Scope::desk(by.organisation));
    Ok(())
}

/// The changes of a threshold that is kept elsewhere, the newest first.
///
/// # Errors
/// Those of the database.
pub fn changes(tx: &mut Tx, org: OrganisationId, code: &str) -> Answer<Vec<Change>> {
    Ok(sql::changes(tx, org, code)?)
}
