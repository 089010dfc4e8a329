//! Who did what: an append-only log, sealed into a hash chain per organisation by a job. The oldest
//! entries end like everything else.
//!
//! Entries hold ids and verbs, never names, notes, positions or health.

mod list;
mod seal;
mod sql;

use std::fmt::Display;

use releve_shared::id::{AccountId, AuditId, DeviceId, OrganisationId};
use releve_shared::keys::Digest;
use releve_shared::retention::DataClass;
use releve_shared::time::{MINUTE_MS, Moment};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::db::{Fault, Tx};
use crate::identity::By;
use crate::retention::{Erase, Kept};

pub use list::AuditRow;
pub use seal::{Flaw, seal, verify};
pub use sql::ALL;

/// When the newest entry was made; none in an empty log. Its own clock should not be far behind.
///
/// # Errors
/// Those of the database.
pub fn newest(tx: &mut Tx) -> Result<Option<Moment>, Fault> {
    sql::newest(tx)
}

/// Who acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody signed in at the desk.
    Account(AccountId),
    /// A phone.
    Device(DeviceId),
    /// The server itself: jobs and commands.
    System,
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account/{id}"),
            Self::Device(id) => write!(f, "device/{id}"),
            Self::System => f.write_str("system"),
        }
    }
}

/// Notes an act, in the transaction of the act: the verb `client.read` is about `client/<id>`. `detail`
/// holds codes and figures only: no name, no note, no health.
///
/// The entry's id follows from its content, so that a transaction run twice notes once.
///
/// # Errors
/// Those of the database.
pub fn note(
    tx: &mut Tx,
    by: &By,
    verb: &str,
    id: impl Display,
    detail: &str,
    now: Moment,
) -> Result<(), Fault> {
    let kind = verb.split('.').next().unwrap_or(verb);
    let (who, what) = (by.who.to_string(), format!("{kind}/{id}"));
    let parts = serde_json::json!([by.organisation, who, verb, what, detail]).to_string();
    let mut chance = [0; 10];
    let digest = Digest::of(&[parts.as_bytes()]);
    chance.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    let kept = sql::Kept {
        id: AuditId::new(now, chance),
        at: now,
        who,
        verb: verb.to_owned(),
        what,
        detail: detail.to_owned(),
    };
    sql::append(tx, by.organisation, &kept)
}

/// The same reading again within this time is one: a page that refreshes itself reads once.
const ONE_READING_MS: i64 = 15 * MINUTE_MS;

/// Notes that somebody has read what is about somebody's health (row B-19), in the transaction of the
/// reading.
///
/// # Errors
/// Those of the database.
pub fn note_reading(
    tx: &mut Tx,
    by: &By,
    verb: &str,
    id: impl Display,
    detail: &str,
    now: Moment,
) -> Result<(), Fault> {
    let kind = verb.split('.').next().unwrap_or(verb);
    let (who, what) = (by.who.to_string(), format!("{kind}/{id}"));
    let same = (who.as_str(), verb, what.as_str(), detail);
    if sql::lately(tx, by.organisation, same, now.plus(-ONE_READING_MS))? {
        return Ok(());
    }
    note(tx, by, verb, id, detail, now)
}

/// What was done with something, and with all things of its kind together, the newest first.
///
/// # Errors
/// Those of the database.
pub fn about(
    tx: &mut Tx,
    organisation: OrganisationId,
    what: &str,
    all: &str,
) -> Result<Vec<AuditRow>, Fault> {
    let rows = sql::about(tx, organisation, (what, all))?;
    Ok(rows.into_iter().map(AuditRow::of).collect())
}

/// What is kept here: the oldest entries go, and the chain verifies from the first that is left.
pub const KEPT: &[Kept] = &[Kept {
    class: DataClass::Log,
    tables: &["audit_entry", "audit_floor"],
    count: sql::OLD,
    erase: Erase::By(|tx, pass| Ok(sql::forget(tx, pass.organisation, pass.before)?)),
}];

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::audit))
}

#[cfg(test)]
mod tests;
