//! Desk accounts.

use releve_shared::id::{AccountId, OrganisationId};
use releve_shared::refusal::Refusal;
use releve_shared::time::Moment;

use super::desk::Role;
use super::{By, sql};
use crate::audit;
use crate::db::{Answer, Tx};

/// An account to be.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its id.
    pub id: AccountId,
    /// Of which organisation.
    pub organisation: OrganisationId,
    /// What is typed to sign in; one of a kind on the whole server, case does not count.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The PHC string of [`super::password::hash`].
    pub password: String,
}

/// Opens an account.
///
/// # Errors
/// [`Refusal::Exists`] when the login is taken.
pub fn add_account(tx: &mut Tx, new: &NewAccount, now: Moment) -> Answer<()> {
    if !sql::add_account(tx, new, &fold(&new.login), now)? {
        return Err(Refusal::Exists.into());
    }
    let by = By::system(new.organisation);
    audit::note(tx, &by, "account.create", new.id, new.role.code(), now)?;
    Ok(())
}

/// A login as it is kept and compared.
pub(super) fn fold(login: &str) -> String {
    login.trim().to_lowercase()
}
