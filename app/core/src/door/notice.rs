//! Notices outside the screen: the words are the screens', the time is kept by the device.

use serde::{Deserialize, Serialize};

/// A notice for later. No name, no address, no health in it: others read a locked screen too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct NoticeIn {
    /// What it is about: the same key replaces.
    pub key: String,
    /// In how many milliseconds.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub in_ms: i64,
    /// Its first line.
    pub title: String,
    /// The rest.
    pub words: String,
}

/// How well a device keeps the time of a notice (rows O-15, O-42): said as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// To the second, with the app closed too.
    Exact,
    /// The system chooses, minutes later perhaps; with the app closed too.
    About,
    /// While the app is open, in front or not.
    WhileOpen,
    /// Not at all: only what the app's own screen shows.
    #[default]
    Never,
}
