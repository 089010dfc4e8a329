//! "A phone in a browser": the real core behind HTTP, with the device ports of the shell.
//!
//! It serves one person on this machine (the demonstration, the browser stories), so it asks for no
//! password and listens on the loopback address only.

mod device;
mod hands;
mod serve;
mod tags;

pub use device::{Device, Knobs};
pub use hands::{Pretend, Pretended};
pub use serve::{Options, serve};
