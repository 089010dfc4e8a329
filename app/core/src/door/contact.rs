//! The door of "Communiquer": whom to call, and "Rappelez-moi" (rows O-21, O-24 to O-28).

use releve_shared::contact::{CallbackState, EmergencyNumber};
use releve_shared::id::CallbackId;
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};

use super::ActState;

/// Whom to call. It shows whatever the lease and the PIN say: nothing in it is about a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct ContactsView {
    /// The emergency numbers, in the office's order; at most five.
    pub emergency: Vec<EmergencyNumber>,
    /// Requests to be called back, the newest first. Those of the last days; when nothing may be read,
    /// only what waits on this phone.
    pub callbacks: Vec<CallbackLine>,
}

/// A request to be called back, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct CallbackLine {
    /// Its id.
    pub id: CallbackId,
    /// What the office has done.
    pub state: CallbackState,
    /// When it was asked for.
    pub asked_at: Moment,
    /// Who took it or called, by name; empty before.
    pub by: String,
    /// When they did.
    pub done_at: Option<Moment>,
    /// Whether the office has got it.
    pub sent: ActState,
}

/// Somebody who can be called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct DirectoryLine {
    /// Its id.
    pub id: String,
    /// Who, or which service.
    pub name: String,
    /// As what, in words.
    pub role: String,
    /// Telephone; empty when there is none.
    pub phone: String,
    /// A colleague who goes to the same clients (row O-27).
    pub colleague: bool,
}
