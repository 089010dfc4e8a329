//! What caregivers ask of the office: absences, regularisations, contested hours (row O-29).

mod ask;
mod decide;
mod routes;
mod sql;

pub use ask::{ask, body, forget, held, withdraw};
pub use decide::{Answered, RequestRow, decide, list, reopen};
pub use routes::routes;
pub use sql::ALL;
