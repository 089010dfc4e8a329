//! The way to the server: what to ask, when, and what an answer changes. No socket in here.

pub(crate) mod answer;
pub(crate) mod apply;
pub(crate) mod engine;
pub(crate) mod request;
