//! Visits: planned by the office, started and ended by stamps from phones, controlled and retained
//! (rows O-08, O-13 to O-19, O-34 to O-36, B-01 to B-04, B-11).
//!
//! Raw stamps are append-only: no statement of this room changes one, and only their end after five
//! years deletes them (`over`). What the server
//! makes of a stamp is a measure beside it, and what the office retains is a decision beside both.

mod around;
mod board;
mod clock;
mod feed;
mod notes;
mod over;
mod places;
mod plan;
mod proof;
mod reports;
mod retain;
mod routes;
mod rows;
pub mod rules;
mod sql;
mod stamps;

pub use around::{around, planned_end, progress};
pub use board::{
    Board, BoardPhone, BoardRow, Filter, VisitRow, board, decided_within, one, within,
};
pub use clock::{Reception, record_clock, record_head, remeasure};
pub use feed::body;
pub use notes::{write_notes, writer};
pub use over::{ALL as OVER, KEPT, forget_client};
pub use plan::{Planned, VisitInput, cancel, change, create, restore, roll};
pub use proof::{Proof, ProofStamp, month, proof};
pub use reports::{ReportRow, reports};
pub use retain::{
    AcceptInput, AcceptMany, AcceptedMany, CorrectInput, LeftOut, accept, accept_many, correct,
    reopen,
};
pub use routes::routes;
pub use sql::ALL;

#[cfg(test)]
mod desk_tests;
#[cfg(test)]
mod scene_tests;
#[cfg(test)]
mod stamp_tests;
