//! Words between the office and a caregiver, in threads (rows O-22, O-23).

use serde::{Deserialize, Serialize};

use crate::id::{MembershipId, MessageId, ThreadId};
use crate::time::Moment;
use crate::wire_enum;

/// Longest message, in characters.
pub const TEXT_LIMIT: usize = 2_000;

/// A phone holds at most this many messages of a thread, the newest.
pub const HELD: usize = 50;

wire_enum! {
    /// Which side wrote a message.
    pub enum Author {
        /// Somebody at the desk.
        Office = "office",
        /// The caregiver.
        Caregiver = "caregiver",
    }
}

/// A thread between the office and one caregiver. Scope `membership/<id>`; it carries its messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Thread {
    /// Its id.
    pub id: ThreadId,
    /// Whose.
    pub membership: MembershipId,
    /// "Alerter par email": whether the office is told by mail of what the caregiver writes here.
    pub alert: bool,
    /// In order of time; at most [`HELD`], the newest.
    pub messages: Vec<Message>,
}

/// A message of a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    /// Its id; for one of the caregiver's, also the id of the command that carried it.
    pub id: MessageId,
    /// Which side wrote it.
    pub from: Author,
    /// Who, by name; empty for the caregiver herself.
    pub author: String,
    /// The words.
    pub text: String,
    /// Whether reading it is mandatory (row O-22).
    pub mandatory: bool,
    /// When it was written: measured, for one of the caregiver's.
    pub sent_at: Moment,
    /// When the other side has read it.
    pub read_at: Option<Moment>,
}

impl Thread {
    /// The messages of the office that the caregiver has not read.
    pub fn unread(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter().filter(|m| m.from == Author::Office && m.read_at.is_none())
    }
}
