//! The wire between a phone and its server (sync.md): commands up, a per-scope feed down.
//!
//! Requests carry `Authorization: Bearer <token>` and `Releve-Proof: <signature>`, the device key's
//! signature of `METHOD\nPATH\n` and the body ([`request_message`]): a token alone is worth nothing.

mod command;
mod feed;

pub use command::{
    AddReceipt, AlertByMail, AskOffice, CallMe, Clock, Command, ConfirmTest, DropReceipt, Envelope,
    Lane, Note, Outcome, PushAnswer, PushRequest, ReadMessage, SawChange, SetPush, TryNotices,
    Verdict, WithdrawRequest, WriteMessage, WriteNotes, WriteTasks, WriteTravel,
};
pub use feed::{
    ClockedRow, NewsAnswer, NewsRequest, NotesRow, PullAnswer, PullRequest, Row, RowKind, Scope,
    SyncRefusal, TokenRequest, standing,
};

/// The protocol that this build speaks; two releases are served (sync.md F9).
pub const PROTOCOL: u32 = 1;

/// Most commands in one push.
pub const PUSH_LIMIT: usize = 500;

/// Rows in one page of a pull.
pub const PAGE_ROWS: usize = 1_000;

/// The header of the device's signature.
pub const PROOF_HEADER: &str = "releve-proof";

/// What a device signs of a request.
#[must_use]
pub fn request_message(method: &str, path: &str, body: &[u8]) -> Vec<u8> {
    [method.as_bytes(), b"\n", path.as_bytes(), b"\n", body].concat()
}
