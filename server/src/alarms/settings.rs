//! What an agency sets about alarms: read, checked, kept with its history, told to its phones.

use releve_shared::alarm::{AlarmSettings, Contact, PhoneAlarmSettings};
use releve_shared::id::OrganisationId;
use releve_shared::refusal::Refusal;
use releve_shared::setting::Setting;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;
use serde::Serialize;
use utoipa::ToSchema;

use super::sql;
use crate::audit::note;
use crate::db::{Answer, Fault, Tx};
use crate::identity::{self, By};
use crate::settings as thresholds;
use crate::text::{self, BadField};

/// Most preset addresses, tiers and contacts of a tier.
const MAILS: usize = 5;
const TIERS: usize = 6;
const CONTACTS: usize = 20;

/// Settings as they were set once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettingsWas {
    /// Their number, from 1.
    pub n: u64,
    /// What was set.
    pub settings: AlarmSettings,
    /// By whom.
    pub changed_by: String,
    /// When.
    pub changed_at: Moment,
}

/// The settings that count, and what was set before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettingsSheet {
    /// What counts; what is proposed while nothing was ever saved.
    pub settings: AlarmSettings,
    /// The newest first; empty while nothing was ever saved.
    pub history: Vec<SettingsWas>,
}

/// The settings of an organisation; the defaults when it has set nothing.
///
/// # Errors
/// Those of the database.
pub fn settings(tx: &mut Tx, org: OrganisationId) -> Answer<AlarmSettings> {
    Ok(sql::settings(tx, org)?.unwrap_or_default())
}

/// The settings with their history.
///
/// # Errors
/// Those of the database.
pub fn sheet(tx: &mut Tx, by: &By) -> Answer<SettingsSheet> {
    let was =
        |(n, settings, changed_by, changed_at)| SettingsWas { n, settings, changed_by, changed_at };
    let history = sql::settings_history(tx, by.organisation)?.into_iter().map(was).collect();
    let kept = sql::settings(tx, by.organisation)?;
    Ok(SettingsSheet { settings: kept.unwrap_or_else(AlarmSettings::proposed), history })
}

/// Sets them anew, with the reason when there is one. Phones hear of it; what was set before stays in the
/// history, and so does each threshold that has changed (row O-45).
///
/// # Errors
/// Those of the database.
pub fn set(tx: &mut Tx, by: &By, new: &AlarmSettings, reason: &str, now: Moment) -> Answer<()> {
    identity::claim(tx, by.organisation)?;
    let old = settings(tx, by.organisation)?;
    if sql::settings(tx, by.organisation)?.as_ref() == Some(new) {
        return Ok(());
    }
    sql::add_settings(tx, by.organisation, new, (&by.name, &by.account.to_string()), now)?;
    for setting in Setting::all() {
        let both = (setting.of_alarms(&old.rules), setting.of_alarms(&new.rules));
        if let (Some(was), Some(is)) = both
            && was != is
        {
            thresholds::noted(tx, by, setting.code(), (was, is), reason, now)?;
        }
    }
    note(tx, by, "alarm_settings.change", by.organisation, "", now)?;
    let scope = Scope::organisation(by.organisation);
    tx.changed(&scope, &RowKind::AlarmSettings, by.organisation);
    tx.tell(&Scope::desk(by.organisation));
    Ok(())
}

/// Checks what was typed, and writes numbers in one way.
///
/// # Errors
/// The first field that cannot be taken.
pub fn checked(typed: AlarmSettings) -> Result<AlarmSettings, BadField> {
    typed.rules.check().map_err(|wrong| BadField::invalid(wrong.field))?;
    if typed.mails.len() > MAILS {
        return Err(BadField { field: "mails", refusal: Refusal::TooLong });
    }
    if typed.tiers.len() > TIERS || typed.tiers.iter().any(|t| t.contacts.len() > CONTACTS) {
        return Err(BadField { field: "tiers", refusal: Refusal::TooLong });
    }
    let mut new = typed;
    new.call_number = number("call_number", &new.call_number)?;
    new.sms_number = number("sms_number", &new.sms_number)?;
    for mail in &mut new.mails {
        *mail = address("mails", mail)?;
    }
    for contact in new.tiers.iter_mut().flat_map(|tier| &mut tier.contacts) {
        *contact = checked_contact(contact)?;
    }
    // A tier without anybody would only lose time.
    new.tiers.retain(|tier| !tier.contacts.is_empty());
    Ok(new)
}

fn checked_contact(typed: &Contact) -> Result<Contact, BadField> {
    let name = text::required("name", &typed.name, text::LINE)?;
    let mail =
        if typed.mail.trim().is_empty() { String::new() } else { address("mail", &typed.mail)? };
    let (sms, call) = (number("sms", &typed.sms)?, number("call", &typed.call)?);
    if mail.is_empty() && sms.is_empty() && call.is_empty() {
        return Err(BadField::invalid("tiers"));
    }
    Ok(Contact { name, mail, sms, call })
}

fn number(field: &'static str, typed: &str) -> Result<String, BadField> {
    if typed.trim().is_empty() { Ok(String::new()) } else { text::phone(field, typed) }
}

fn address(field: &'static str, typed: &str) -> Result<String, BadField> {
    let address = text::required(field, typed, text::LINE)?;
    match address.parse::<lettre::Address>() {
        Ok(_) => Ok(address),
        Err(_) => Err(BadField::invalid(field)),
    }
}

/// The body of the settings in the feed: what phones hold of them.
///
/// # Errors
/// Those of the database.
pub fn body(tx: &mut Tx, id: &str) -> Answer<Option<String>> {
    let Ok(organisation) = id.parse::<OrganisationId>() else { return Ok(None) };
    let Some(set) = sql::settings(tx, organisation)? else { return Ok(None) };
    let AlarmSettings { rules, call_number, sms_number, .. } = set;
    let held = PhoneAlarmSettings { organisation, rules, call_number, sms_number };
    let json = serde_json::to_string(&held).map_err(|e| Fault::of("writing JSON", e))?;
    Ok(Some(json))
}
