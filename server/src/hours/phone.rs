//! The hours of a month, for the phone of the one who worked them.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use releve_shared::id::{OrganisationId, PersonId, VisitId};
use releve_shared::month::{MonthHours, MonthRequest, VisitHours};
use releve_shared::refusal::Refusal;
use releve_shared::sync::Scope;
use releve_shared::time::{Day, Moment};

use crate::app::App;
use crate::db::{Answer, Tx};
use crate::http::{Phone, Refused};
use crate::identity::{By, zone};
use crate::visits::BoardRow;
use crate::{changes, people, travel, visits};

/// `POST /api/phone/hours`.
pub(super) async fn hours(
    State(app): State<App>,
    phone: Phone<MonthRequest>,
) -> Result<Json<MonthHours>, Refused> {
    phone.must_read()?;
    if phone.request.device != phone.device {
        return Err(Refusal::WrongDevice.into());
    }
    let (by, person, month) = (phone.by(), phone.person, phone.request.month);
    Ok(Json(app.read(move |tx, now| told(tx, &by, person, month, now)).await?))
}

/// The hours of a person in a month, as they are now.
///
/// # Errors
/// [`Refusal::NotTransmitted`] when nothing of the agency is to be held by her phone (row O-06).
fn told(tx: &mut Tx, by: &By, person: PersonId, month: Day, now: Moment) -> Answer<MonthHours> {
    let organisation: OrganisationId = by.organisation;
    let membership = people::membership_of(tx, organisation, person)?;
    let membership = membership.ok_or(Refusal::NotTransmitted)?;
    if !people::grants(tx, person)?.contains(&Scope::organisation(organisation)) {
        return Err(Refusal::NotTransmitted.into());
    }
    let by = By { zone: zone(tx, organisation)?, ..by.clone() };
    let (first, next) = (month.month(), month.next_month());
    let period = (by.zone.bounds(first).0, by.zone.bounds(next).0);
    let rows = visits::within(tx, &by, period, (Some(membership), None), now)?;
    let mut decisions = visits::decided_within(tx, membership, period)?;
    let mut replanned: BTreeMap<VisitId, _> =
        changes::of_planning(tx, membership, period)?.into_iter().collect();
    let ways = travel::list(tx, &by, (first, next.plus(-1)), Some(membership))?.ways;
    let minutes: BTreeMap<VisitId, u32> =
        ways.iter().map(|way| (way.visit, way.counted.minutes.unwrap_or(0))).collect();
    let line = |row: BoardRow| VisitHours {
        decisions: decisions.remove(&row.visit.id).unwrap_or_default(),
        replanned: replanned.remove(&row.visit.id),
        travel_min: minutes.get(&row.visit.id).copied().unwrap_or(0),
        visit: row.visit.id,
        client_label: row.visit.client_label,
        service: row.visit.service,
        starts_at: row.visit.starts_at,
        ends_at: row.visit.ends_at,
        state: row.visit.state,
        cancel_reason: row.cancel_reason,
        started: row.start.map(|stamp| stamp.counts_at()),
        ended: row.end.map(|stamp| stamp.counts_at()),
        hours: row.hours,
    };
    Ok(MonthHours { month: first, told_at: now, visits: rows.into_iter().map(line).collect() })
}
