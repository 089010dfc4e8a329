//! The world in which the stories play.

pub mod bridge;
pub mod database;
pub mod fuzz;
pub mod pn532;
pub mod source;
pub mod world;
