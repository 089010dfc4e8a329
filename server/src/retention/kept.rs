//! How a room declares what it keeps: the table of classes, in one place.

use releve_shared::id::OrganisationId;
use releve_shared::retention::DataClass;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;

use crate::db::{Answer, Statement, Tx};
use crate::{
    alarms, audit, cards, changes, clients, contacts, identity, messages, notices, people,
    receipts, requests, services, settings, travel, visits,
};

/// What a room keeps of a class of data. The parts of one class may be kept by several rooms.
pub struct Kept {
    /// Of which class: its period is the organisation's choice.
    pub class: DataClass,
    /// The tables that hold it.
    pub tables: &'static [&'static str],
    /// How many rows of an organisation (`$1`) have their clock before a moment (`$2`), and the oldest of
    /// these clocks. What the clock starts from is said here, and in the same words by `erase`.
    pub count: Statement,
    /// What erases them.
    pub erase: Erase,
}

/// What erases the rows whose clock is before a moment.
pub enum Erase {
    /// Statements in order, each given the organisation (`$1`) and the moment (`$2`); the last one counts.
    Rows(&'static [Statement]),
    /// One, that gives membership and id of each row: they leave the phones.
    Gone(Statement, RowKind),
    /// The room's own verb; gives how many.
    By(fn(&mut Tx, &Pass) -> Answer<u64>),
}

/// A pass over a class of an organisation.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// Whose.
    pub organisation: OrganisationId,
    /// What is older than this is over.
    pub before: Moment,
    /// When it runs.
    pub now: Moment,
}

/// What the rooms keep. A new table that holds something of a person is declared in its room, and here.
const KEPT: &[&[Kept]] = &[
    alarms::KEPT,
    audit::KEPT,
    cards::KEPT,
    changes::KEPT,
    clients::KEPT,
    contacts::KEPT,
    identity::KEPT,
    messages::KEPT,
    notices::KEPT,
    people::KEPT,
    receipts::KEPT,
    requests::KEPT,
    services::KEPT,
    settings::KEPT,
    travel::KEPT,
    visits::KEPT,
];

/// The parts of a class.
fn of(class: &DataClass) -> impl Iterator<Item = &'static Kept> {
    KEPT.iter().copied().flatten().filter(move |kept| kept.class == *class)
}

/// The tables of which some class is kept.
pub fn tables() -> impl Iterator<Item = &'static str> {
    KEPT.iter().copied().flatten().flat_map(|kept| kept.tables).copied()
}

/// How many rows of a class have their clock before a moment, and the oldest of these clocks.
pub(super) fn count(
    tx: &mut Tx,
    organisation: OrganisationId,
    class: &DataClass,
    before: Moment,
) -> Answer<(u64, Option<Moment>)> {
    let mut sum = (0, None);
    for kept in of(class) {
        let row = tx.query_one(&kept.count, &[organisation.into(), before.into()])?;
        let (rows, oldest): (u64, Option<Moment>) = (row.get(0)?, row.get(1)?);
        sum = (sum.0 + rows, sum.1.into_iter().chain(oldest).min());
    }
    Ok(sum)
}

/// Erases what is over of a class; gives how many rows.
pub(super) fn erase(tx: &mut Tx, class: &DataClass, pass: &Pass) -> Answer<u64> {
    let values = [pass.organisation.into(), pass.before.into()];
    let mut erased = 0;
    for kept in of(class) {
        erased += match &kept.erase {
            Erase::Rows(statements) => {
                let mut last = 0;
                for statement in *statements {
                    last = tx.execute(statement, &values)?;
                }
                last
            }
            Erase::Gone(statement, kind) => {
                let rows = tx.query(statement, &values)?;
                for row in &rows {
                    tx.gone(&Scope::membership(row.get(0)?), kind, row.get::<String>(1)?);
                }
                rows.len() as u64
            }
            Erase::By(verb) => verb(tx, pass)?,
        };
    }
    Ok(erased)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_kept_by_some_room() {
        for class in DataClass::all() {
            assert!(of(&class).count() > 0, "{class}: nobody erases it");
        }
    }
}
