//! What caregivers ask of the office: absences, regularisations, contested hours (row O-29).

mod ask;
mod decide;
mod routes;
mod sql;

pub use ask::{ask, body, withdraw};
pub use decide::{Answered, RequestRow, decide, list, reopen};
pub use routes::routes;
pub use sql::ALL;

use releve_shared::retention::DataClass;
use releve_shared::sync::RowKind;

use crate::retention::{Erase, Kept};

/// What is kept here.
pub const KEPT: &[Kept] = &[Kept {
    class: DataClass::Requests,
    tables: &["request"],
    count: sql::OLD,
    erase: Erase::Gone(sql::FORGET, RowKind::Request),
}];
