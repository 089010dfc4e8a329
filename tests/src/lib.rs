//! The world in which the stories play.

pub mod pn532;
pub mod source;
