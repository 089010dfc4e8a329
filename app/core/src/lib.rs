//! The phone: what the worker's acts mean, kept in an encrypted store and sent when there is a way.
//!
//! [`door`] is the whole surface that a screen may use, [`ports`] what a device must provide.

pub mod door;
pub mod ports;

#[cfg(all(test, feature = "ts"))]
mod gen_ts;
