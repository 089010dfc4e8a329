//! The shared kernel of Relève: what the phone and the server must agree on.
//!
//! Everything here is pure. No function opens a file or a socket, reads a clock or draws a number:
//! time and chance are arguments. One module a concept; [`sync`] is the wire.

pub mod alarm;
pub mod badge;
pub mod card;
pub mod client;
pub mod clock;
pub mod contact;
pub mod enrolment;
pub mod establishment;
pub mod fold;
pub mod hours;
pub mod id;
pub mod keys;
pub mod lock;
pub mod message;
pub mod month;
pub mod notice;
pub mod person;
pub mod planning;
pub mod planted;
pub mod proof;
pub mod receipt;
pub mod refusal;
pub mod request;
pub mod retention;
pub mod setting;
pub mod sync;
pub mod task;
pub mod telephone;
pub mod time;
pub mod travel;
pub mod visit;
mod wire_enum;

pub(crate) use wire_enum::wire_enum;
