//! What is kept of visits, and its end (row B-19).
//!
//! Words go first: a stamp signs a digest of them, so its chain verifies without them. Stamps and hours
//! go after five years, whoever the employer.

mod sql;

use releve_shared::id::{ClientId, VisitId};
use releve_shared::retention::DataClass;

use crate::db::{Answer, Fault, Statement, Tx};
use crate::retention::{Erase, Kept, Pass};
use crate::{changes, receipts, services, travel};

pub use sql::ALL;

/// What is kept here.
pub const KEPT: &[Kept] = &[
    Kept {
        class: DataClass::Hours,
        tables: &[
            "visit",
            "visit_holder",
            "clock_event",
            "clock_measure",
            "chain_head",
            "retained_period",
            "retained_undone",
            "visit_notes",
        ],
        count: sql::OLD,
        erase: Erase::By(forget_hours),
    },
    Kept {
        class: DataClass::Words,
        tables: &["visit_notes"],
        count: sql::OLD_WORDS,
        erase: Erase::Rows(&[sql::FORGET_WORDS]),
    },
    Kept {
        class: DataClass::Words,
        tables: &["visit"],
        count: sql::OLD_INSTRUCTIONS,
        erase: Erase::Rows(&[sql::FORGET_INSTRUCTIONS]),
    },
    Kept {
        class: DataClass::Words,
        tables: &["clock_note"],
        count: sql::OLD_STAMP_NOTES,
        erase: Erase::Rows(&[sql::FORGET_STAMP_NOTES]),
    },
];

/// Stamps by their reception, which keeps the order of each chain; then visits of which none is left.
/// Gives how many visits.
fn forget_hours(tx: &mut Tx, pass: &Pass) -> Answer<u64> {
    const STAMPS: &[Statement] =
        &[sql::FORGET_STAMP_NOTES, sql::FORGET_MEASURES, sql::FORGET_STAMPS, sql::FORGET_HEADS];
    const VISIT: &[Statement] = &[
        sql::FORGET_HOLDERS,
        sql::FORGET_UNDONE,
        sql::FORGET_RETAINED,
        sql::FORGET_NOTES,
        sql::FORGET_VISIT,
    ];
    let values = [pass.organisation.into(), pass.before.into()];
    for statement in STAMPS {
        tx.execute(statement, &values)?;
    }
    let gone = tx.query(&sql::GONE, &values)?;
    for row in &gone {
        let visit: VisitId = row.get(0)?;
        changes::forget_visit(tx, visit)?;
        receipts::forget_visit(tx, visit)?;
        services::forget_visit(tx, visit)?;
        travel::forget_visit(tx, visit)?;
        for statement in VISIT {
            tx.execute(statement, &[visit.into()])?;
        }
    }
    Ok(gone.len() as u64)
}

/// Erases the words about a client whose sheet goes.
///
/// # Errors
/// Those of the database.
pub fn forget_client(tx: &mut Tx, client: ClientId) -> Result<(), Fault> {
    for statement in [sql::CLIENT_WORDS, sql::CLIENT_INSTRUCTIONS, sql::CLIENT_STAMP_NOTES] {
        tx.execute(&statement, &[client.into()])?;
    }
    Ok(())
}
