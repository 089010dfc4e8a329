//! The door of "À envoyer": where each act is.

use releve_shared::badge::Method;
use releve_shared::clock::Measured;
use releve_shared::id::{CommandId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};

/// Where an act is (row B-02).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ActState {
    /// Saved on the phone, not yet received.
    OnPhone,
    /// Received by the office.
    Received {
        /// When, by the server.
        at: Moment,
    },
    /// Refused: to be corrected with the office.
    Refused {
        /// When, by the server.
        at: Moment,
        /// Why.
        code: Refusal,
    },
}

/// An act in the outbox screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct ActLine {
    /// Its command.
    pub id: CommandId,
    /// What it was.
    pub what: ActKind,
    /// About which visit.
    pub visit: Option<VisitId>,
    /// At whose home, in words; empty when the phone may not know any more.
    pub client_label: String,
    /// When the worker did it.
    pub at: Measured,
    /// How, for a stamp.
    pub method: Option<Method>,
    /// Where it is.
    pub state: ActState,
}

/// What an act was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum ActKind {
    /// An arrival.
    Start,
    /// A departure.
    End,
    /// A stamp undone.
    Void,
    /// Kilometres, expenses, comment.
    Notes,
    /// A change of the planning was seen.
    Change,
    /// Tasks were written.
    Tasks,
    /// A way was corrected.
    Travel,
    /// A receipt was added.
    Receipt,
    /// A receipt was taken back.
    ReceiptDropped,
    /// A message of the office was read.
    Read,
    /// A message to the office.
    Message,
    /// "Alerter par email", ticked or unticked.
    Alert,
    /// "Rappelez-moi".
    CallMe,
    /// A request to the office, or its withdrawal.
    Request,
    /// A test of notices, or the word that one has arrived.
    NoticeTest,
    /// A sign-out.
    SignOut,
    /// Of another version of the app.
    Other,
}
