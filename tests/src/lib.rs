//! The world in which the stories play.

pub mod apple;
pub mod bridge;
pub mod carrier;
pub mod chaos;
pub mod database;
pub mod fixture;
pub mod fuzz;
pub mod google;
pub mod island;
pub mod light;
pub mod pages;
pub mod pn532;
pub mod process;
pub mod receiver;
pub mod smtp;
pub mod source;
pub mod world;
