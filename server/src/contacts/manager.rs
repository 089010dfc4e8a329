//! Who is called back about a caregiver: her line manager (row O-25).

use releve_shared::id::{AccountId, MembershipId};
use releve_shared::refusal::Refusal;
use releve_shared::time::Moment;
use serde::Serialize;
use utoipa::ToSchema;

use super::sql;
use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::identity::By;

/// Somebody of the office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Choice {
    /// The account.
    pub account: AccountId,
    /// Whose, by name.
    pub name: String,
}

/// A caregiver's line manager, and who could be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Manager {
    /// Who it is; nobody in particular when there is none.
    pub account: Option<AccountId>,
    /// The accounts of the office, by name.
    pub choices: Vec<Choice>,
}

/// Reads it.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn manager(tx: &mut Tx, by: &By, of: MembershipId) -> Answer<Manager> {
    if !sql::ours(tx, by.organisation, of)? {
        return Err(Refusal::NotFound.into());
    }
    let choices = sql::offices(tx, by.organisation)?
        .into_iter()
        .map(|(account, name)| Choice { account, name })
        .collect();
    Ok(Manager { account: sql::manager(tx, of)?, choices })
}

/// Writes it.
///
/// # Errors
/// [`Refusal::NotFound`] for a caregiver or an account that is not of here.
pub fn set_manager(
    tx: &mut Tx,
    by: &By,
    of: MembershipId,
    account: Option<AccountId>,
    now: Moment,
) -> Answer<()> {
    let known = manager(tx, by, of)?;
    if let Some(account) = account
        && !known.choices.iter().any(|choice| choice.account == account)
    {
        return Err(Refusal::NotFound.into());
    }
    sql::write_manager(tx, of, account)?;
    note(tx, by, "caregiver.manager", of, "", now)?;
    Ok(())
}
