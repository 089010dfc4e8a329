//! Travel as the desk sees it: computed and corrected, side by side.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Query, State};
use releve_shared::id::{MembershipId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::time::{Day, Moment};
use releve_shared::travel::{Leg, computed, ways};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sql::{self, Going};
use crate::app::App;
use crate::db::{Answer, Tx};
use crate::http::{Desk, Refused};
use crate::identity::By;

/// Longest list, in days.
const MOST_DAYS: i32 = 62;

/// A way between two visits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TravelWay {
    /// The visit that it leads to.
    pub visit: VisitId,
    /// Whose way.
    pub membership: MembershipId,
    /// By name.
    pub caregiver_name: String,
    /// From whose home.
    pub from_client: String,
    /// To whose home.
    pub to_client: String,
    /// Planned end of the visit before.
    pub left: Moment,
    /// Planned start of the visit it leads to.
    pub due: Moment,
    /// As computed.
    pub computed: Leg,
    /// As the caregiver says; null when she says nothing.
    pub corrected: Option<Leg>,
    /// Why, in her words.
    pub note: String,
    /// What counts as work: corrected where it is, else computed.
    pub counted: Leg,
}

/// The ways of some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TravelList {
    /// By caregiver and time.
    pub ways: Vec<TravelWay>,
    /// Hundreds of metres that count.
    pub distance_hm: u64,
    /// Minutes of work that count.
    pub minutes: u64,
}

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Which ways.
#[derive(Debug, Deserialize, IntoParams)]
struct Which {
    /// From this day …
    #[param(value_type = String)]
    day: Day,
    /// … to this day.
    #[param(value_type = String)]
    to: Day,
    /// Of this caregiver only.
    #[param(value_type = Option<String>)]
    membership: Option<MembershipId>,
}

/// Travel between the visits of some days (row B-21).
#[utoipa::path(get, path = "/api/desk/travel", operation_id = "list_travel", tag = "visits",
    params(Which), responses((status = 200, body = TravelList)))]
async fn show(
    desk: Desk,
    State(app): State<App>,
    Query(which): Query<Which>,
) -> Result<Json<TravelList>, Refused> {
    let Which { day, to, membership } = which;
    if to < day || to > day.plus(MOST_DAYS) {
        return Err(Refused::field(Refusal::TimeImpossible, "to"));
    }
    let by = desk.by;
    Ok(Json(app.read(move |tx, _| list(tx, &by, (day, to), membership)).await?))
}

/// The ways of some days, of one caregiver when she is named.
///
/// # Errors
/// Those of the database.
pub fn list(
    tx: &mut Tx,
    by: &By,
    (day, to): (Day, Day),
    membership: Option<MembershipId>,
) -> Answer<TravelList> {
    let period = (by.zone.bounds(day).0, by.zone.bounds(to).1);
    let mut of: BTreeMap<(String, MembershipId), Vec<Going>> = BTreeMap::new();
    for going in sql::going(tx, by.organisation, period, membership)? {
        let key = (going.caregiver_name.clone(), going.visit.membership);
        of.entry(key).or_default().push(going);
    }
    let mut said = sql::said_within(tx, by.organisation, period)?;
    let mut list = TravelList { ways: Vec::new(), distance_hm: 0, minutes: 0 };
    for ((caregiver_name, membership), going) in of {
        let visits: Vec<_> = going.iter().map(|going| &going.visit).collect();
        let find = |id| going.iter().find(|going| going.visit.id == id);
        for (from, to) in ways(&visits, &by.zone) {
            let (Some(start), Some(end)) = (find(from.id), find(to.id)) else { continue };
            let computed = computed(start.at, end.at, from.ends_at, to.starts_at);
            let correction = said.remove(&to.id).filter(|c| c.from == from.id);
            let corrected = correction.as_ref().map(|c| c.leg);
            let counted = Leg {
                distance_hm: corrected.and_then(|l| l.distance_hm).or(computed.distance_hm),
                minutes: corrected.and_then(|l| l.minutes).or(computed.minutes),
            };
            list.distance_hm += u64::from(counted.distance_hm.unwrap_or(0));
            list.minutes += u64::from(counted.minutes.unwrap_or(0));
            list.ways.push(TravelWay {
                visit: to.id,
                membership,
                caregiver_name: caregiver_name.clone(),
                from_client: start.client_name.clone(),
                to_client: end.client_name.clone(),
                left: from.ends_at,
                due: to.starts_at,
                computed,
                corrected,
                note: correction.map(|c| c.note).unwrap_or_default(),
                counted,
            });
        }
    }
    Ok(list)
}
