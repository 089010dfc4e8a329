//! The periods of an organisation, and the report.

use releve_shared::id::{NotAnId, OrganisationId};
use releve_shared::refusal::Refusal;
use releve_shared::retention::{DataClass, Period, Retention};
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::{DAY_MS, Moment};
use serde::Serialize;
use utoipa::ToSchema;

use super::{job, kept, sql};
use crate::db::{Answer, Fault, Tx};
use crate::identity::By;
use crate::settings::{self, Change};
use crate::text::BadField;

/// A class of data in the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClassRow {
    /// Which class.
    pub class: DataClass,
    /// Days after which it is erased.
    pub days: i64,
    /// What it is unless somebody says otherwise.
    pub usual: i64,
    /// Shortest that may be chosen.
    pub least: i64,
    /// Longest; the shortest where nothing is to be chosen.
    pub most: i64,
    /// How many rows there are whose clock has begun.
    pub held: u64,
    /// The oldest of these clocks.
    pub oldest_at: Option<Moment>,
    /// When the first of them is over.
    pub due_at: Option<Moment>,
    /// How many the next pass will erase.
    pub over: u64,
    /// When the job last looked.
    pub ran_at: Option<Moment>,
    /// How many rows it erased then.
    pub erased: u64,
    /// When something was erased, the newest first.
    pub history: Vec<Erased>,
    /// How its period was changed, the newest first.
    pub changes: Vec<Change>,
}

/// Something was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Erased {
    /// When.
    pub at: Moment,
    /// How many rows.
    pub rows: u64,
}

/// What another period would erase, without erasing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Preview {
    /// How many rows would be over.
    pub over: u64,
}

/// The period of each class, the organisation's own or the usual one.
pub(super) fn periods(tx: &mut Tx, organisation: OrganisationId) -> Answer<Vec<Period>> {
    let chosen = sql::chosen(tx, organisation)?;
    let period = |class: DataClass| {
        let bounds = class.bounds()?;
        let own = chosen.iter().find(|period| period.class == class).map(|period| period.days);
        // A choice of before the bounds were narrowed is held to them.
        let days = own.unwrap_or(bounds.default).clamp(bounds.least, bounds.most);
        Some(Period { class, days })
    };
    Ok(DataClass::all().into_iter().filter_map(period).collect())
}

/// The period of one class.
pub(super) fn days(
    tx: &mut Tx,
    organisation: OrganisationId,
    class: &DataClass,
) -> Answer<Option<i64>> {
    let all = periods(tx, organisation)?;
    Ok(all.into_iter().find(|period| period.class == *class).map(|period| period.days))
}

/// What is kept, how long, what the next pass will erase, and what was erased.
///
/// # Errors
/// Those of the database.
pub fn report(tx: &mut Tx, by: &By, now: Moment) -> Answer<Vec<ClassRow>> {
    let organisation = by.organisation;
    let mut rows = Vec::new();
    for Period { class, days } in periods(tx, organisation)? {
        let Some(bounds) = class.bounds() else { continue };
        let (held, oldest_at) = kept::count(tx, organisation, &class, Moment(i64::MAX))?;
        let (over, _) = kept::count(tx, organisation, &class, job::over(now, days))?;
        let run = sql::last_run(tx, organisation, &class)?;
        rows.push(ClassRow {
            days,
            usual: bounds.default,
            least: bounds.least,
            most: bounds.most,
            held,
            oldest_at,
            due_at: oldest_at.map(|at| at.plus(days.saturating_mul(DAY_MS))),
            over,
            ran_at: run.map(|(at, _)| at),
            erased: run.map_or(0, |(_, erased)| erased),
            history: sql::erased(tx, organisation, &class)?,
            changes: settings::changes(tx, organisation, &code(&class))?,
            class,
        });
    }
    Ok(rows)
}

/// What another period would erase at the next pass.
///
/// # Errors
/// Those of the database.
pub fn preview(tx: &mut Tx, by: &By, period: &Period, now: Moment) -> Answer<Preview> {
    let before = job::over(now, period.days);
    let (over, _) = kept::count(tx, by.organisation, &period.class, before)?;
    Ok(Preview { over })
}

/// Under which code the changes of a period are remembered.
fn code(class: &DataClass) -> String {
    format!("retention.{class}")
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

/// Writes a period, with the reason; phones show it at their next sync.
///
/// # Errors
/// Those of the database.
pub fn set_period(tx: &mut Tx, by: &By, period: &Period, reason: &str, now: Moment) -> Answer<()> {
    let organisation = by.organisation;
    let before = days(tx, organisation, &period.class)?.unwrap_or_default();
    if before == period.days {
        return Ok(());
    }
    sql::choose(tx, organisation, period)?;
    tx.changed(&Scope::organisation(organisation), &RowKind::Retention, organisation);
    settings::noted(tx, by, &code(&period.class), (before, period.days), reason, now)
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
