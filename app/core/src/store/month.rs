//! Months of hours as the office told them, in the care data: they name clients.

use releve_shared::month::MonthHours;
use releve_shared::time::Day;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::fault::Fault;

/// Most months that are kept; the one asked for longest ago goes first.
const MOST: i64 = 6;

fn name(month: Day) -> String {
    format!("hours/{month}")
}

/// The hours of a month, by its first day, when they were told and this build can read them.
pub(crate) fn told(db: &Connection, month: Day) -> Result<Option<MonthHours>, Fault> {
    let mut select = db.prepare_cached("SELECT value FROM fact WHERE name = ?1")?;
    let text: Option<String> = select.query_row([name(month)], |row| row.get(0)).optional()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Keeps the hours of a month over those told before. One transaction of the caller.
pub(crate) fn keep(db: &Connection, told: &MonthHours) -> Result<(), Fault> {
    db.execute(
        "INSERT INTO fact (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name(told.month), serde_json::to_string(told)?],
    )?;
    db.execute(
        "DELETE FROM fact WHERE name LIKE 'hours/%' AND name NOT IN (
             SELECT name FROM fact WHERE name LIKE 'hours/%'
             ORDER BY CAST(value ->> 'told_at' AS INTEGER) DESC, name LIMIT ?1)",
        [MOST],
    )?;
    Ok(())
}
