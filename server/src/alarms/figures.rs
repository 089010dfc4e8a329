//! What a month of alarms says: how fast somebody answered, how many were false, who has not tested.

use releve_shared::alarm::{Cause, Kind, Phase};
use releve_shared::id::MembershipId;
use releve_shared::refusal::Refusal;
use releve_shared::time::{Day, Moment};
use serde::Serialize;
use utoipa::ToSchema;

use super::desk::{AlarmRow, row};
use super::sql;
use crate::db::{Answer, Tx};
use crate::identity::By;

/// The figures of a month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct AlarmFigures {
    /// `YYYY-MM`.
    pub month: String,
    /// Alarms raised, tests left out.
    pub raised: u32,
    /// Countdowns cancelled in time.
    pub cancelled: u32,
    /// Of the raised: those where help was needed.
    pub real: u32,
    /// Of the raised: those raised by mistake.
    pub mistaken: u32,
    /// Mistaken among closed real and mistaken ones, in thousandths; null when none is closed.
    pub mistaken_permille: Option<u32>,
    /// Of the raised: those that went through every tier unanswered.
    pub exhausted: u32,
    /// Median time from raise to acknowledgement, in milliseconds.
    pub answered_median_ms: Option<i64>,
    /// Nine in ten were answered within this time, in milliseconds.
    pub answered_p90_ms: Option<i64>,
    /// The longest, in milliseconds.
    pub answered_longest_ms: Option<i64>,
    /// Tests made.
    pub tests: u32,
    /// Caregivers at work without a test this month.
    pub untested: Vec<Untested>,
}

/// A caregiver without a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Untested {
    /// Who.
    pub caregiver: MembershipId,
    /// Her name.
    pub name: String,
}

/// The moments of a month `YYYY-MM` in the organisation's zone.
fn month(by: &By, month: &str) -> Result<(Moment, Moment), Refusal> {
    let first = Day::parse(&format!("{month}-01")).map_err(|_| Refusal::Invalid)?;
    // The 32nd day after a first is in the next month, whichever it is.
    let next = first.plus(31).to_string();
    let next = next.rsplit_once('-').map_or_else(String::new, |(head, _)| format!("{head}-01"));
    let next = Day::parse(&next).map_err(|_| Refusal::Invalid)?;
    Ok((by.zone.bounds(first).0, by.zone.bounds(next).0))
}

/// Every alarm of a month, the newest first.
///
/// # Errors
/// [`Refusal::Invalid`] for a text that is no month.
pub fn history(tx: &mut Tx, by: &By, text: &str) -> Answer<Vec<AlarmRow>> {
    let period = month(by, text)?;
    Ok(sql::list(tx, by.organisation, period)?.into_iter().map(row).collect())
}

/// The figures of a month.
///
/// # Errors
/// [`Refusal::Invalid`] for a text that is no month.
pub fn figures(tx: &mut Tx, by: &By, text: &str) -> Answer<AlarmFigures> {
    let period = month(by, text)?;
    let rows = history(tx, by, text)?;
    let tested = sql::tested(tx, by.organisation, period)?;
    let untested = tested
        .into_iter()
        .filter(|(_, _, last)| last.is_none())
        .map(|(caregiver, name, _)| Untested { caregiver, name })
        .collect();
    Ok(AlarmFigures { month: text.to_owned(), untested, ..count(&rows) })
}

fn count(rows: &[AlarmRow]) -> AlarmFigures {
    let many = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let real_ones = || rows.iter().filter(|row| row.kind != Kind::Test);
    let raised: Vec<&AlarmRow> = real_ones().filter(|row| row.raised_at.is_some()).collect();
    let of = |cause: &Cause| {
        many(raised.iter().filter(|r| r.end.as_ref().is_some_and(|e| e.cause == *cause)).count())
    };
    let (real, mistaken) = (of(&Cause::Real), of(&Cause::False));
    let mut waits: Vec<i64> =
        raised.iter().filter_map(|row| Some(row.acknowledged_at?.since(row.raised_at?))).collect();
    waits.sort_unstable();
    AlarmFigures {
        raised: many(raised.len()),
        cancelled: many(real_ones().filter(|row| row.phase == Phase::Cancelled).count()),
        real,
        mistaken,
        mistaken_permille: mistaken.saturating_mul(1_000).checked_div(real + mistaken),
        exhausted: many(raised.iter().filter(|row| row.phase == Phase::Exhausted).count()),
        answered_median_ms: at(&waits, 50),
        answered_p90_ms: at(&waits, 90),
        answered_longest_ms: waits.last().copied(),
        tests: many(rows.iter().filter(|row| row.kind == Kind::Test).count()),
        ..AlarmFigures::default()
    }
}

/// The value below which `percent` of a sorted list lies (nearest rank).
fn at(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_the_nearest() {
        assert_eq!(at(&[], 50), None);
        assert_eq!(at(&[7], 90), Some(7));
        let ten: Vec<i64> = (1..=10).collect();
        assert_eq!((at(&ten, 50), at(&ten, 90)), (Some(5), Some(9)));
    }
}
