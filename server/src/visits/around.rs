//! A caregiver's visits around a moment, with what was clocked of them: where she may be.

use releve_shared::id::{MembershipId, OrganisationId, VisitId};
use releve_shared::time::{HOUR_MS, Moment};
use releve_shared::visit::{Clocked, Progress, Visit};

use super::rows;
use crate::db::{Answer, Tx};

/// How far a planned start may be from the moment.
const REACH_MS: i64 = 16 * HOUR_MS;

/// The visits of a membership that begin within sixteen hours of a moment.
///
/// # Errors
/// Those of the database.
pub fn around(
    tx: &mut Tx,
    org: OrganisationId,
    membership: MembershipId,
    at: Moment,
) -> Answer<Vec<(Visit, Progress)>> {
    let period = (at.plus(-REACH_MS), at.plus(REACH_MS));
    let known = rows::board(tx, org, period, (Some(membership), None))?;
    let mut found = Vec::with_capacity(known.len());
    for known in known {
        let progress = progress(tx, org, known.visit.id)?;
        found.push((known.visit, progress));
    }
    Ok(found)
}

/// How far a visit has come.
///
/// # Errors
/// Those of the database.
pub fn progress(tx: &mut Tx, org: OrganisationId, visit: VisitId) -> Answer<Progress> {
    let stamps = rows::visit_stamps(tx, org, visit)?;
    let stamps: Vec<Clocked> = stamps.into_iter().map(|row| row.clocked).collect();
    Ok(Progress::of(&stamps))
}

/// The planned end of a visit of an organisation.
///
/// # Errors
/// Those of the database.
pub fn planned_end(tx: &mut Tx, org: OrganisationId, visit: VisitId) -> Answer<Option<Moment>> {
    Ok(rows::one(tx, org, visit)?.map(|known| known.visit.ends_at))
}
