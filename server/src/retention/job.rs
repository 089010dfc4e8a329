//! The job that erases what is over.

use std::collections::{BTreeMap, BTreeSet};

use releve_shared::id::OrganisationId;
use releve_shared::retention::DataClass;
use releve_shared::sync::Scope;
use releve_shared::time::{DAY_MS, Moment};

use super::kept::{self, Pass};
use super::{periods, sql};
use crate::app::App;
use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::identity::By;

/// Figures of what was erased are kept so long.
const FIGURES_MS: i64 = 1_827 * DAY_MS;

/// Looks once a day at each class of each organisation, and erases what is older than its period: each
/// class in a transaction of its own, taken by whichever node asks first. One that fails is told to the
/// log, and stops no other. True when this node has looked at one.
///
/// # Errors
/// When it cannot be found out what is due.
pub async fn run_due(app: &App) -> Answer<bool> {
    let mut looked = false;
    for (organisation, class) in app.read(due).await? {
        let name = class.to_string();
        match app.write(move |tx, now| pass(tx, organisation, &class, now)).await {
            Ok(done) => looked |= done,
            Err(failed) => tracing::error!(%failed, class = name, "what is over was not erased"),
        }
    }
    Ok(looked)
}

/// Classes at which nobody has looked for a day.
fn due(tx: &mut Tx, now: Moment) -> Answer<Vec<(OrganisationId, DataClass)>> {
    let mut recent: BTreeMap<OrganisationId, BTreeSet<String>> = BTreeMap::new();
    for (organisation, run) in sql::looked(tx)? {
        let known = recent.entry(organisation).or_default();
        known.extend(run.filter(|(_, at)| now.since(*at).abs() < DAY_MS).map(|(class, _)| class));
    }
    let open = |(organisation, known): (OrganisationId, BTreeSet<String>)| {
        let classes = DataClass::all().into_iter().filter(move |c| !known.contains(c.code()));
        classes.map(move |class| (organisation, class))
    };
    Ok(recent.into_iter().flat_map(open).collect())
}

/// One pass over a class; false when another node has taken it.
fn pass(tx: &mut Tx, organisation: OrganisationId, class: &DataClass, now: Moment) -> Answer<bool> {
    if !sql::claim(tx, organisation, class, (DAY_MS, now))? {
        return Ok(false);
    }
    let Some(days) = periods::days(tx, organisation, class)? else { return Ok(false) };
    let pass = Pass { organisation, before: over(now, days), now };
    let erased = kept::erase(tx, class, &pass)?;
    if erased > 0 {
        sql::ran(tx, organisation, class, erased, (now, now.plus(-FIGURES_MS)))?;
        let detail = erased.to_string();
        note(tx, &By::system(organisation), "retention.erased", class, &detail, now)?;
        tx.tell(&Scope::desk(organisation));
    }
    Ok(true)
}

/// What is older than this is over.
pub(super) fn over(now: Moment, days: i64) -> Moment {
    now.plus(-days.saturating_mul(DAY_MS))
}
