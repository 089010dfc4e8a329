//! Where a worker is: by her planning, with the address; by her phone; and who is near.

use std::collections::BTreeSet;

use releve_shared::alarm::{Position, Theoretical, Way, theoretical};
use releve_shared::id::{AlarmId, MembershipId, OrganisationId};
use releve_shared::time::{DAY_MS, HOUR_MS, Moment};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sql;
use crate::db::{Answer, Tx};
use crate::visits;

/// Positions are deleted after two months (CNIL on geolocation; security.md, retention).
const KEPT_MS: i64 = 60 * DAY_MS;

/// Colleagues whose visit is this far in time are near.
const NEAR_MS: i64 = HOUR_MS;

/// Where the planning says that she was at the raise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// By which visit, on what it rests, and how old that is.
    #[serde(flatten)]
    pub theoretical: Theoretical,
    /// Number and street.
    pub street: String,
    /// Floor, building, staircase.
    pub address_more: String,
    /// Postal code.
    pub postal_code: String,
    /// Commune.
    pub commune: String,
}

/// A position as her phone has measured it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Seen {
    /// Latitude in millionths of a degree.
    pub lat_udeg: i32,
    /// Longitude in millionths of a degree.
    pub lon_udeg: i32,
    /// Radius of confidence, in metres.
    pub accuracy_m: Option<u32>,
    /// When it was measured, on the server's clock; its age follows.
    pub measured_at: Moment,
    /// When the server got it.
    pub received_at: Moment,
    /// By which way.
    pub way: Way,
    /// When it will be deleted.
    pub delete_at: Moment,
}

/// A colleague who may be near, by her planning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Near {
    /// Who.
    pub caregiver: MembershipId,
    /// Her name.
    pub name: String,
    /// Her telephone.
    pub phone: String,
    /// Planned start of her visit there.
    pub starts_at: Moment,
    /// Planned end.
    pub ends_at: Moment,
}

/// Where the planning says that somebody is, with the address.
pub fn planned(
    tx: &mut Tx,
    org: OrganisationId,
    membership: Option<MembershipId>,
    at: Moment,
) -> Answer<Option<Place>> {
    let Some(membership) = membership else { return Ok(None) };
    let around = visits::around(tx, org, membership, at)?;
    let Some(theoretical) =
        theoretical(around.iter().map(|(visit, progress)| (visit, progress)), at)
    else {
        return Ok(None);
    };
    let [street, address_more, postal_code, commune] =
        sql::address(tx, org, theoretical.client)?.unwrap_or_default();
    Ok(Some(Place { theoretical, street, address_more, postal_code, commune }))
}

/// Keeps a position that can be one; `acted_at` is when its report was made.
pub fn keep(
    tx: &mut Tx,
    alarm: AlarmId,
    position: Option<&Position>,
    (acted_at, now): (Moment, Moment),
    way: &Way,
) -> Answer<()> {
    if let Some(at) = position.filter(|at| at.is_possible()) {
        let measured_at = acted_at.plus(at.age_ms.saturating_neg()).min(now);
        sql::add_position(tx, alarm, at, (measured_at, now), (way, now.plus(KEPT_MS)))?;
    }
    Ok(())
}

/// The positions of an alarm, the newest first.
pub fn seen(tx: &mut Tx, alarm: AlarmId) -> Answer<Vec<Seen>> {
    let all = sql::positions(tx, alarm)?.into_iter().map(|p| Seen {
        lat_udeg: p.lat_udeg,
        lon_udeg: p.lon_udeg,
        accuracy_m: p.accuracy_m,
        measured_at: p.measured_at,
        received_at: p.received_at,
        way: p.way,
        delete_at: p.delete_at,
    });
    Ok(all.collect())
}

/// Who may be near a place around a moment, by their planning.
pub fn near(
    tx: &mut Tx,
    org: OrganisationId,
    but: Option<MembershipId>,
    (place, at): (&Place, Moment),
) -> Answer<Vec<Near>> {
    let period = (at.plus(-NEAR_MS), at.plus(NEAR_MS));
    let all = sql::near(tx, org, but, period, &place.postal_code)?;
    // One line a colleague, of her first visit: her telephone is what counts.
    let mut seen = BTreeSet::new();
    let all = all.into_iter().filter(|(caregiver, ..)| seen.insert(*caregiver));
    let near = |(caregiver, name, phone, starts_at, ends_at)| Near {
        caregiver,
        name,
        phone,
        starts_at,
        ends_at,
    };
    Ok(all.map(near).collect())
}

/// Deletes positions whose time is over, and forgets reports that no phone sends again.
///
/// # Errors
/// Those of the database.
pub fn tidy(tx: &mut Tx, now: Moment) -> Answer<()> {
    sql::forget(tx, now, now.plus(-KEPT_MS))?;
    Ok(())
}
