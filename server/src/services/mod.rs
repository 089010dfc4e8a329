//! Kinds of help that the office bills, their tasks, and the tasks of visits (rows O-37 to O-41).
//!
//! A list of tasks is never changed: it gets a next version. A visit takes the newest list of its
//! service when it is planned; a next version reaches the visits to come that nobody has edited.

mod desk;
mod feed;
mod kept;
mod phone;
mod routes;
mod sql;
mod visit;

pub use desk::{ServiceInput, ServiceRow, TaskListRow, change, create, list};
pub use feed::body;
pub use kept::{KEPT, forget_client, forget_visit};
pub use phone::write_tasks;
pub use routes::routes;
pub use sql::ALL;
pub use visit::{VisitTaskSheet, planned, planned_of, sheet, write_planned};

#[cfg(test)]
mod tests;
