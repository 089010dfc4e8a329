//! The door of messages (rows O-22, O-23).

use releve_shared::id::ThreadId;
use releve_shared::message::Message;
use serde::{Deserialize, Serialize};

use super::ActState;

/// A message of the office whose reading is mandatory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct MustRead {
    /// Its thread.
    pub thread: ThreadId,
    /// The message.
    pub message: Message,
    /// How many more wait behind it.
    pub more: u32,
}

/// A thread in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct ThreadLine {
    /// Its id.
    pub id: ThreadId,
    /// Its last message.
    pub last: MessageLine,
    /// Messages of the office to read.
    pub unread: u32,
    /// Whether one of them is mandatory.
    pub mandatory: bool,
}

/// A thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct ThreadView {
    /// Its id.
    pub id: ThreadId,
    /// "Alerter par email".
    pub alert: bool,
    /// In order of time, those on the phone only included.
    pub messages: Vec<MessageLine>,
}

/// A message and, when this phone made it, where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct MessageLine {
    /// The message.
    pub message: Message,
    /// Where it is, for one of hers.
    pub state: Option<ActState>,
}
