//! How caregivers reach people: emergency numbers, "Rappelez-moi" with its line manager, the staff
//! directory and the colleagues who share a client (rows O-24 to O-28).

mod callback;
mod emergency;
mod feed;
mod manager;
mod routes;
mod rules;
mod sql;
mod staff;

pub use callback::{CallbackRow, call_me, callbacks, called, line_manager, reopen, take};
pub use emergency::{EmergencyInput, emergency, found, set_emergency};
pub use feed::{callback_body, colleague_body, emergency_body, entry_body, grants};
pub use manager::{Choice, Manager, manager, set_manager};
pub use routes::routes;
pub use sql::ALL;
pub use staff::{EntryInput, Staff, add, change, link_moved, remove, sharing_moved, staff};

use releve_shared::retention::DataClass;
use releve_shared::sync::RowKind;

use crate::retention::{Erase, Kept};

/// What is kept here.
pub const KEPT: &[Kept] = &[Kept {
    class: DataClass::Callbacks,
    tables: &["callback"],
    count: sql::OLD,
    erase: Erase::Gone(sql::FORGET, RowKind::Callback),
}];

#[cfg(test)]
mod tests;
