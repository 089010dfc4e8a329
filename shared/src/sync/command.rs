//! Commands: acts of a phone, carried until their outcome is known.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::{Anchor, Stamp};
use crate::id::{
    ClientId, CommandId, DeviceId, MessageId, NoticeTestId, ReceiptId, RequestId, ThreadId, VisitId,
};
use crate::keys::Digest;
use crate::notice::{PushTarget, Witness};
use crate::proof::ChainHead;
use crate::receipt::Promise;
use crate::refusal::Refusal;
use crate::request::Asked;
use crate::sync::feed::Scope;
use crate::task::TaskLine;
use crate::time::Moment;
use crate::travel::Correction;
use crate::visit::VisitNotes;
use crate::wire_enum;

wire_enum! {
    /// Queues of an outbox that never wait for each other (sync.md C4).
    pub enum Lane {
        /// Lone-worker alarms.
        Alarm = "alarm",
        /// Answers to missions.
        Mission = "mission",
        /// Everything that names a visit (C9: causes travel together).
        Badge = "badge",
        /// The rest.
        Rest = "rest",
    }
}

/// A command as it travels. `body` is the JSON of a [`Command`], byte for byte as the phone wrote it
/// once: the same id means the same bytes (C1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Made once, at the act.
    pub id: CommandId,
    /// Which queue.
    pub lane: Lane,
    /// Its number in (device, lane), dense from 1.
    pub n: u64,
    /// The command.
    pub body: String,
}

impl Envelope {
    /// What the server compares when the same id comes again.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&[self.body.as_bytes()])
    }
}

/// What a phone may ask of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// A stamp: start, end or void. Lane `badge`; the command's id is the stamp's.
    Clock(Clock),
    /// Kilometres, expenses, comment, report of a visit (row O-19). Lane `badge`; the last one counts.
    Notes(WriteNotes),
    /// A change of the planning was seen (row O-10). Lane `badge`.
    SawChange(SawChange),
    /// The tasks of a visit (row O-40). Lane `badge`; the last one counts.
    Tasks(WriteTasks),
    /// The way to a visit, as the worker made it (row B-21). Lane `badge`; the last one counts.
    Travel(WriteTravel),
    /// A receipt whose picture follows (sync.md C11). Lane `badge`; the command's id is the receipt's.
    AddReceipt(AddReceipt),
    /// A receipt is taken back. Lane `badge`.
    DropReceipt(DropReceipt),
    /// A message of the office was read (row O-22). Lane `rest`.
    ReadMessage(ReadMessage),
    /// A message to the office (row O-23). Lane `rest`; the command's id is the message's.
    WriteMessage(WriteMessage),
    /// "Alerter par email" of a thread. Lane `rest`; the last one counts.
    AlertByMail(AlertByMail),
    /// "Rappelez-moi" (row O-25). Lane `rest`; the command's id is the request's.
    CallMe(CallMe),
    /// An absence, a regularisation, contested hours (row O-29). Lane `rest`; the command's id is the
    /// request's.
    AskOffice(AskOffice),
    /// A request is taken back. Lane `rest`.
    WithdrawRequest(WithdrawRequest),
    /// "Envoyer une notification de test" (row W-36). Lane `rest`; the command's id is the test's.
    TryNotices(TryNotices),
    /// A test of notices has arrived. Lane `rest`.
    ConfirmTest(ConfirmTest),
    /// Where this phone is reached by push (UnifiedPush). Lane `rest`; the last one counts.
    SetPush(SetPush),
    /// The worker has signed out of this phone. Lane `rest`.
    SignedOut,
    /// Of a newer phone.
    #[serde(other)]
    Unknown,
}

/// A stamp and the free text that goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The canonical bytes of a [`crate::visit::ClockEvent`]: chained and stored as they are.
    pub event: String,
    /// The words and the salt of the stamp's note digest.
    pub note: Option<Note>,
    /// For a visit that nobody had planned: what the phone made up. `None` otherwise.
    pub unplanned: Option<ClientId>,
}

/// Free text outside the chain, tied to it by a salted digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Chance, so that short notes cannot be guessed from their digest.
    pub salt: String,
    /// The words.
    pub text: String,
}

/// What the worker wrote about a visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteNotes {
    /// Which visit.
    pub visit: VisitId,
    /// All of it: what is absent is erased.
    pub notes: VisitNotes,
    /// When, by the phone's clocks.
    pub stamp: Stamp,
}

/// A change of the planning was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SawChange {
    /// Of which visit.
    pub visit: VisitId,
    /// Which change: a later one is still to be seen.
    pub n: i64,
    /// When, by the phone's clocks.
    pub stamp: Stamp,
}

/// The tasks of a visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteTasks {
    /// Which visit.
    pub visit: VisitId,
    /// All of them.
    pub tasks: Vec<TaskLine>,
    /// When, by the phone's clocks.
    pub stamp: Stamp,
}

/// The way to a visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteTravel {
    /// The visit that it leads to.
    pub visit: VisitId,
    /// What the worker says; `None` takes it back.
    pub correction: Option<Correction>,
    /// When, by the phone's clocks.
    pub stamp: Stamp,
}

/// A receipt, before its picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddReceipt {
    /// Of which visit.
    pub visit: VisitId,
    /// What will be sent.
    pub promise: Promise,
    /// When, by the phone's clocks.
    pub stamp: Stamp,
}

/// A receipt taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DropReceipt {
    /// Of which visit.
    pub visit: VisitId,
    /// Which one.
    pub receipt: ReceiptId,
    /// When, by the phone's clocks.
    pub stamp: Stamp,
}

/// A message of the office was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadMessage {
    /// Which one.
    pub message: MessageId,
    /// When, by the phone's clocks.
    pub stamp: Stamp,
}

/// A message of the caregiver to the office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteMessage {
    /// In which thread; one that the server does not know begins with it.
    pub thread: ThreadId,
    /// The words, at most [`crate::message::TEXT_LIMIT`] characters.
    pub text: String,
    /// "Alerter par email", for a thread that begins.
    pub alert: bool,
    /// When, by the phone's clocks.
    pub stamp: Stamp,
}

/// Whether the office is told by mail of what the caregiver writes in a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertByMail {
    /// Which thread.
    pub thread: ThreadId,
    /// Whether it is.
    pub alert: bool,
    /// When, by the phone's clocks.
    pub stamp: Stamp,
}

/// The worker wishes to be called back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallMe {
    /// When, by the phone's clocks.
    pub stamp: Stamp,
}

/// The worker asks something of the office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskOffice {
    /// What.
    pub asked: Asked,
    /// When, by the phone's clocks.
    pub stamp: Stamp,
}

/// The worker takes a request back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawRequest {
    /// Which one.
    pub request: RequestId,
    /// When, by the phone's clocks.
    pub stamp: Stamp,
}

/// The worker tries whether notices reach her.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TryNotices {
    /// When, by the phone's clocks.
    pub stamp: Stamp,
}

/// A way of a test has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmTest {
    /// Of which test.
    pub test: NoticeTestId,
    /// Which way.
    pub n: u16,
    /// Who says so.
    pub by: Witness,
}

/// Where a phone is reached by push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPush {
    /// Where; `None` when it is not, any more.
    pub target: Option<PushTarget>,
    /// The language that the phone speaks: `fr` or `en`.
    pub language: String,
}

/// `POST /api/phone/push`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushRequest {
    /// [`super::PROTOCOL`] of the phone.
    pub protocol: u32,
    /// Which phone.
    pub device: DeviceId,
    /// The epoch that the phone knows.
    pub epoch: String,
    /// At most [`super::PUSH_LIMIT`], in order of `n` within each lane.
    pub commands: Vec<Envelope>,
    /// Exchanges that the server has not been told of yet.
    pub anchors: Vec<Anchor>,
    /// The signed head of the chain of stamps, when a stamp is in the upload.
    pub head: Option<ChainHead>,
}

/// The verdict on a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Verdict {
    /// Done; final.
    Done,
    /// Refused; final, and the number is used up (C3).
    Refused {
        /// Why.
        code: Refusal,
    },
    /// Not run: the lane stops, the server waits for this number.
    Expected {
        /// The number due.
        n: u64,
    },
}

/// The known outcome of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Of which command.
    pub id: CommandId,
    /// Its lane.
    pub lane: Lane,
    /// Its number.
    pub n: u64,
    /// The verdict.
    pub verdict: Verdict,
    /// Server time of the verdict.
    pub at: Moment,
    /// What the phone's mirror must have reached before the command may leave the outbox (C5).
    pub seen: BTreeMap<Scope, u64>,
}

/// The answer to a push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushAnswer {
    /// The server's epoch: another one than the phone's means a restored server (C8).
    pub epoch: String,
    /// The server's time.
    pub server_time: Moment,
    /// One for each command sent, in the order sent.
    pub outcomes: Vec<Outcome>,
    /// The last number run in each lane.
    pub last: BTreeMap<Lane, u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_command_is_read_as_unknown() {
        let read: Command = serde_json::from_str(r#"{"do":"teleport","to":"Albi"}"#).unwrap();
        assert_eq!(read, Command::Unknown);
    }

    #[test]
    fn outcomes_keep_their_lanes_and_scopes() {
        let json = r#"{"id":"01890000-0000-7000-8000-000000000000","lane":"badge","n":3,
            "verdict":{"is":"refused","code":"no_visit_planned"},"at":5,"seen":{"person/1":7}}"#;
        let read: Outcome = serde_json::from_str(json).unwrap();
        assert_eq!(read.verdict, Verdict::Refused { code: Refusal::NoVisitPlanned });
        let again: Outcome = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
        assert_eq!(again, read);
    }
}
