//! The periods of an organisation, and the report.

use releve_shared::id::{NotAnId, OrganisationId};
use releve_shared::refusal::Refusal;
use releve_shared::retention::{DataClass, Period, Retention};
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;
use serde::Serialize;
use utoipa::ToSchema;

use super::{job, sql};
use crate::audit::note;
use crate::db::{Answer, Fault, Tx};
use crate::identity::By;
use crate::text::BadField;

/// A class of data in the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClassRow {
    /// Which class.
    pub class: DataClass,
    /// Days after which it is erased.
    pub days: i64,
    /// Shortest that may be chosen.
    pub least: i64,
    /// Longest.
    pub most: i64,
    /// How many rows there are.
    pub held: u64,
    /// The oldest of them.
    pub oldest_at: Option<Moment>,
    /// When the job last looked.
    pub ran_at: Option<Moment>,
    /// How many rows it erased then.
    pub erased: u64,
}

/// The period of each class, the organisation's own or the usual one.
pub(super) fn periods(tx: &mut Tx, organisation: OrganisationId) -> Answer<Vec<Period>> {
    let chosen = sql::chosen(tx, organisation)?;
    let period = |class: DataClass| {
        let usual = class.bounds()?.default;
        let own = chosen.iter().find(|period| period.class == class).map(|period| period.days);
        Some(Period { class, days: own.unwrap_or(usual) })
    };
    Ok(DataClass::all().into_iter().filter_map(period).collect())
}

/// What is kept, how long, and when the job last erased something.
///
/// # Errors
/// Those of the database.
pub fn report(tx: &mut Tx, by: &By) -> Answer<Vec<ClassRow>> {
    let mut rows = Vec::new();
    for Period { class, days } in periods(tx, by.organisation)? {
        let Some(bounds) = class.bounds() else { continue };
        let (held, oldest_at) = job::held(tx, by.organisation, &class)?;
        let run = sql::last_run(tx, by.organisation, &class)?;
        rows.push(ClassRow {
            class,
            days,
            least: bounds.least,
            most: bounds.most,
            held,
            oldest_at,
            ran_at: run.map(|(at, _)| at),
            erased: run.map_or(0, |(_, erased)| erased),
        });
    }
    Ok(rows)
}

/// Checks a period that was typed.
///
/// # Errors
/// [`Refusal::Invalid`] outside its bounds, or for a class that is not known.
pub(super) fn check(period: &Period) -> Result<(), BadField> {
    let bounds = period.class.bounds().ok_or(BadField::invalid("class"))?;
    if (bounds.least..=bounds.most).contains(&period.days) {
        Ok(())
    } else {
        Err(BadField { field: "days", refusal: Refusal::Invalid })
    }
}

/// Writes a period; phones show it at their next sync.
///
/// # Errors
/// Those of the database.
pub fn set_period(tx: &mut Tx, by: &By, period: &Period, now: Moment) -> Answer<()> {
    let organisation = by.organisation;
    sql::choose(tx, organisation, period)?;
    tx.changed(&Scope::organisation(organisation), &RowKind::Retention, organisation);
    let detail = format!("{} {}", period.class, period.days);
    note(tx, by, "organisation.retention", organisation, &detail, now)?;
    Ok(())
}

/// The body of an organisation's periods in the feed.
///
/// # Errors
/// Those of the database.
pub fn body(tx: &mut Tx, id: &str) -> Answer<Option<String>> {
    let strange = |e: NotAnId| Fault::of("a feed row's id", e);
    let organisation: OrganisationId = id.parse().map_err(strange)?;
    let row = Retention { organisation, periods: periods(tx, organisation)? };
    let json = serde_json::to_string(&row).map_err(|e| Fault::of("writing JSON", e))?;
    Ok(Some(json))
}
