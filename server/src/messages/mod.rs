//! Words between the office and caregivers: threads, mandatory reading, answers, and the wish to be
//! told by mail (rows O-22, O-23).

mod desk;
mod feed;
mod forget;
mod phone;
mod routes;
mod rules;
mod sql;

pub use desk::{
    DeskMessage, MessageInput, Reader, Sending, Sent, ThreadRow, ThreadSheet, answer, list, read,
    seen, send, set_alert, withdraw,
};
pub use feed::body;
pub use forget::KEPT;
pub use phone::{alert_by_mail, read_message, write_message};
pub use routes::routes;
pub use sql::ALL;

#[cfg(test)]
mod tests;
