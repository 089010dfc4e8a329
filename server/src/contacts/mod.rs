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

pub use callback::{CallbackRow, call_me, callbacks, called, forget, held, reopen, take, told};
pub use emergency::{EmergencyInput, emergency, found, set_emergency};
pub use feed::{callback_body, colleague_body, emergency_body, entry_body, grants};
pub use manager::{Choice, Manager, manager, set_manager};
pub use routes::routes;
pub use sql::ALL;
pub use staff::{EntryInput, Staff, add, change, remove, set_sharing, staff};

#[cfg(test)]
mod tests;
