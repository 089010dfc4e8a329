//! The phone: what the worker's acts mean, kept in an encrypted store and sent when there is a way.
//!
//! [`door`] is the whole surface that a screen may use, [`ports`] what a device must provide.
//! [`core::Core`] is the phone itself, [`phone::Phone`] the same in use by several threads.

mod acts;
mod alarm;
mod badge;
mod card;
mod change;
pub mod code;
mod contact;
pub mod core;
pub mod door;
mod enrol;
mod exchange;
mod fault;
mod lease;
mod lock;
mod managed;
mod message;
mod month;
pub mod ndef;
mod notice_test;
mod notices;
pub mod phone;
mod phone_alarm;
pub mod ports;
mod push;
mod receipt;
mod request;
mod scene;
mod search;
mod sight;
mod store;
mod sync;
mod task;
mod travel;
mod view;

pub use crate::alarm::{Hand, LineStep, Senses, Turn};
pub use crate::core::{About, Core, Ports};
pub use exchange::Step;
pub use fault::Fault;
pub use notices::Planned;
pub use phone::Phone;
pub use phone_alarm::{Hands, NoHands};
pub use push::{PushHeard, PushWish};
pub use store::open::Checkup;
pub use sync::engine::{listen_again_ms, wait_after_ms, wait_when_told_ms};

#[cfg(all(test, feature = "ts"))]
mod gen_ts;
