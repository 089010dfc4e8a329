//! Who may do what: organisations, desk accounts and sessions, phones with their keys and tokens.

mod account;
pub mod desk;
pub mod keys;
pub(crate) mod limits;
mod organisation;
mod over;
pub mod password;
pub mod phone;
mod session;
mod sql;

use releve_shared::id::{AccountId, DeviceId, OrganisationId};
use releve_shared::time::{DAY_MS, Moment, Zone};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::audit::Who;
use crate::db::{Answer, Tx};

pub use account::{NewAccount, add_account};
pub use keys::{Keys, ntag_master, tag_keys, tag_signer};
pub use organisation::{
    NewOrganisation, add_organisation, body, claim, every_organisation, organisation, tolerance_ms,
    zone,
};
pub use over::KEPT;
pub use phone::open as open_enrolment;
pub use phone::{
    PhoneRow, PhoneState, Signed, applied, confirmed, device_key, is_active, keep_anchors,
    known_anchors, lease, phones_of, pulled, sign_out, signed, told_before,
};

/// Statements of the room, for the check on both engines.
pub const ALL: &[&[crate::db::Statement]] = &[sql::ALL, phone::ALL, over::ALL];

/// In whose name a verb acts.
#[derive(Clone, Debug)]
pub struct By {
    /// The tenant: every query carries it.
    pub organisation: OrganisationId,
    /// The account; nil for phones and jobs.
    pub account: AccountId,
    /// The account's name.
    pub name: String,
    /// The organisation's zone.
    pub zone: Zone,
    /// For the log.
    pub who: Who,
}

impl By {
    /// A phone's own act.
    #[must_use]
    pub fn phone(organisation: OrganisationId, device: DeviceId) -> Self {
        Self { who: Who::Device(device), ..Self::system(organisation) }
    }

    /// An act of the server itself: a job, or a command of the administrator.
    #[must_use]
    pub fn system(organisation: OrganisationId) -> Self {
        Self {
            organisation,
            account: AccountId::from(uuid::Uuid::nil()),
            name: String::new(),
            zone: Zone::utc(),
            who: Who::System,
        }
    }
}

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(session::sign_in, session::sign_out))
        .routes(routes!(session::me))
        .routes(routes!(session::change_password))
        .merge(phone::routes())
}

/// Public pages of the room.
pub fn pages() -> axum::Router<App> {
    phone::pages()
}

/// Forgets what is over anyway: tokens superseded long ago.
///
/// # Errors
/// Those of the database.
pub fn tidy(tx: &mut Tx, now: Moment) -> Answer<()> {
    phone::forget_tokens(tx, now.plus(-90 * DAY_MS))?;
    Ok(())
}

#[cfg(test)]
mod tests;
