//! The job that erases what is over.

use releve_shared::id::OrganisationId;
use releve_shared::retention::DataClass;
use releve_shared::time::{DAY_MS, Moment};

use super::{periods, sql};
use crate::db::{Answer, Tx};
use crate::identity;
use crate::{contacts, messages, notices, requests};

/// What a class holds of an organisation: how many rows, and since when.
pub(super) type Held = (u64, Option<Moment>);

/// Erases, in every organisation, what is older than its period. Again does nothing.
///
/// # Errors
/// Those of the database.
pub fn purge(tx: &mut Tx, now: Moment) -> Answer<()> {
    for organisation in identity::every_organisation(tx)? {
        for period in periods::periods(tx, organisation)? {
            let before = now.plus(-period.days.saturating_mul(DAY_MS));
            let erased = erase(tx, organisation, &period.class, before)?;
            sql::ran(tx, organisation, &period.class, erased, now)?;
        }
    }
    Ok(())
}

fn erase(
    tx: &mut Tx,
    organisation: OrganisationId,
    class: &DataClass,
    before: Moment,
) -> Answer<u64> {
    match class {
        DataClass::Messages => messages::forget(tx, organisation, before),
        DataClass::Callbacks => contacts::forget(tx, organisation, before),
        DataClass::Requests => requests::forget(tx, organisation, before),
        DataClass::Notices => notices::forget(tx, organisation, before),
        DataClass::Unknown(_) => Ok(0),
    }
}

pub(super) fn held(tx: &mut Tx, organisation: OrganisationId, class: &DataClass) -> Answer<Held> {
    match class {
        DataClass::Messages => messages::held(tx, organisation),
        DataClass::Callbacks => contacts::held(tx, organisation),
        DataClass::Requests => requests::held(tx, organisation),
        DataClass::Notices => notices::held(tx, organisation),
        DataClass::Unknown(_) => Ok((0, None)),
    }
}
