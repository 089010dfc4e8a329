//! The server of Relève: desk, phones and public pages in one binary.

pub mod alarms;
pub mod app;
pub mod audit;
pub mod cards;
pub mod changes;
pub mod clients;
pub mod commands;
pub mod config;
pub mod contacts;
pub mod db;
pub mod demo;
pub mod health;
pub mod hours;
pub mod http;
pub mod identity;
pub mod messages;
pub mod metrics;
pub mod notices;
pub mod people;
pub mod receipts;
pub mod requests;
pub mod retention;
pub mod services;
pub mod settings;
pub mod sync;
pub mod tasks;
#[cfg(test)]
mod testing;
pub mod text;
pub mod travel;
pub mod visits;
