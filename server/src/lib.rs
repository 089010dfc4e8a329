//! The server.

pub mod db;
