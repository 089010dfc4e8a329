//! The feed: what a phone may hold, scope by scope.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Anchor;
use crate::enrolment::{Lease, WipeOrder};
use crate::id::{
    ClientId, ClockEventId, DeviceId, EstablishmentId, MembershipId, OrganisationId, PersonId,
    VisitId,
};
use crate::keys::Digest;
use crate::refusal::Refusal;
use crate::time::Moment;
use crate::visit::{Clocked, VisitNotes};
use crate::wire_enum;

/// A set of rows that are granted and revoked together; no wider than an access (sync.md 4).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scope(String);

impl Scope {
    /// Profile, availability, memberships of a person.
    #[must_use]
    pub fn person(id: PersonId) -> Self {
        Self(format!("person/{id}"))
    }

    /// One employer's planning for a person.
    #[must_use]
    pub fn membership(id: MembershipId) -> Self {
        Self(format!("membership/{id}"))
    }

    /// A client's sheet and tags.
    #[must_use]
    pub fn client(id: ClientId) -> Self {
        Self(format!("client/{id}"))
    }

    /// A unit's access, contacts, instructions.
    #[must_use]
    pub fn establishment(id: EstablishmentId) -> Self {
        Self(format!("establishment/{id}"))
    }

    /// Settings and keys of an organisation.
    #[must_use]
    pub fn organisation(id: OrganisationId) -> Self {
        Self(format!("organisation/{id}"))
    }

    /// A colleague, for those who share a client with her (row O-27).
    #[must_use]
    pub fn colleague(id: MembershipId) -> Self {
        Self(format!("colleague/{id}"))
    }

    /// What only an organisation's desks look at: nothing is in it, pokes name it.
    #[must_use]
    pub fn desk(id: OrganisationId) -> Self {
        Self(format!("desk/{id}"))
    }

    /// Whether what moves in it may grant other scopes, or take them back: a sheet's words do not, a
    /// planning, a person and an organisation's settings do.
    #[must_use]
    pub fn may_grant(&self) -> bool {
        !["client/", "colleague/"].iter().any(|kind| self.0.starts_with(kind))
    }

    /// A scope read back from a database or the wire.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Its text, `kind/id`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Scope {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

wire_enum! {
    /// Kinds of rows in the feed. A kind of tomorrow is stored raw (sync.md F9).
    pub enum RowKind {
        /// [`crate::establishment::Organisation`], scope organisation.
        Organisation = "organisation",
        /// [`crate::person::Person`], scope person.
        Person = "person",
        /// [`crate::person::Membership`], scope membership.
        Membership = "membership",
        /// [`crate::visit::Visit`], scope membership.
        Visit = "visit",
        /// [`ClockedRow`], scope membership.
        ClockEvent = "clock_event",
        /// [`crate::visit::RetainedPeriod`], scope membership; its id is the visit's.
        RetainedPeriod = "retained_period",
        /// [`NotesRow`], scope membership; its id is the visit's.
        Notes = "notes",
        /// [`crate::planning::PlanningChange`], scope membership; its id is `visit.membership`.
        PlanningChange = "planning_change",
        /// [`crate::task::VisitTasks`], scope membership; its id is the visit's.
        Tasks = "tasks",
        /// [`crate::travel::TravelRow`], scope membership; its id is that of the visit it leads to.
        Travel = "travel",
        /// [`crate::receipt::ReceiptRow`], scope membership.
        Receipt = "receipt",
        /// [`crate::message::Thread`], scope membership.
        Thread = "thread",
        /// [`crate::retention::Retention`], scope organisation; its id is the organisation's.
        Retention = "retention",
        /// [`crate::card::Card`], scope membership; its id is the membership's.
        Card = "card",
        /// [`crate::card::Logo`], scope organisation; its id is the organisation's.
        Logo = "logo",
        /// [`crate::request::OfficeRequest`], scope membership.
        Request = "request",
        /// [`crate::notice::NoticeTest`], scope membership.
        NoticeTest = "notice_test",
        /// [`crate::contact::EmergencyNumbers`], scope organisation; its id is the organisation's.
        EmergencyNumbers = "emergency_numbers",
        /// [`crate::contact::DirectoryEntry`], scope organisation.
        DirectoryEntry = "directory_entry",
        /// [`crate::contact::Colleague`], scope colleague; its id is the membership's.
        Colleague = "colleague",
        /// [`crate::contact::Callback`], scope membership.
        Callback = "callback",
        /// [`crate::client::Client`], scope client.
        Client = "client",
        /// [`crate::badge::HomeTag`], scope client.
        HomeTag = "home_tag",
        /// [`crate::alarm::PhoneAlarmSettings`], scope organisation; its id is the organisation's.
        AlarmSettings = "alarm_settings",
    }
}

/// A row of the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its scope, for life (F1).
    pub scope: Scope,
    /// Its number in the scope: a row changed again moves ahead.
    pub seq: u64,
    /// What it is.
    pub kind: RowKind,
    /// Its id.
    pub id: String,
    /// The JSON of the row; `None` when it is gone.
    pub body: Option<String>,
}

/// A stamp as the server has judged it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockedRow {
    /// Which phone made it.
    pub device: DeviceId,
    /// Its number on that phone.
    pub seq: u64,
    /// When the server got it.
    pub received_at: Moment,
    /// The stamp, measured and judged.
    pub clocked: Clocked,
}

/// What the worker wrote about a visit, as the server has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotesRow {
    /// Which visit.
    pub visit: VisitId,
    /// The words and figures.
    pub notes: VisitNotes,
    /// When the server got them.
    pub received_at: Moment,
}

/// `POST /api/phone/pull`. Asked again with the cursors of the page received, until `complete`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    /// [`super::PROTOCOL`] of the phone.
    pub protocol: u32,
    /// Which phone.
    pub device: DeviceId,
    /// The epoch that the cursors belong to.
    pub epoch: String,
    /// What the phone holds, staged pages included.
    pub cursors: BTreeMap<Scope, u64>,
    /// What the phone has applied and shows: the acknowledgement of "Transmettre" (row O-07).
    pub applied: BTreeMap<Scope, u64>,
    /// Exchanges that the server has not been told of yet.
    pub anchors: Vec<Anchor>,
    /// How many acts wait on the phone, for the desk ("phone's last sync").
    pub waiting: u64,
}

/// The answer to a pull: one page of one snapshot (F3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullAnswer {
    /// The server's epoch.
    pub epoch: String,
    /// The server's time.
    pub server_time: Moment,
    /// Every scope granted now; what is not in it leaves the phone (F7).
    pub scopes: Vec<Scope>,
    /// Scopes to drop and take again from 0 (F5).
    pub resets: Vec<Scope>,
    /// The page.
    pub rows: Vec<Row>,
    /// Cursors after this page, for each granted scope.
    pub cursors: BTreeMap<Scope, u64>,
    /// Whether every scope is at its head in this snapshot (F4).
    pub complete: bool,
    /// A renewed lease.
    pub lease: Lease,
    /// The oldest app that is still served in full (row W-35).
    pub min_version: String,
    /// [`standing`] of what the server knows that the phone shows: one that shows just this may ask for
    /// news in short. `None` from a server that does not know how, and on pages before the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Digest>,
}

/// What a phone holds, in one word: the digest of an epoch and of cursors, each with its scope.
#[must_use]
pub fn standing(epoch: &str, cursors: &BTreeMap<Scope, u64>) -> Digest {
    let mut text = epoch.to_owned();
    for (scope, seq) in cursors {
        text.push_str(&format!("\n{scope} {seq}"));
    }
    Digest::of(&[text.as_bytes()])
}

/// `POST /api/phone/news`: a pull of few bytes, of a phone that shows all that the server knows it to
/// show ([`PullAnswer::standing`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewsRequest {
    /// [`super::PROTOCOL`] of the phone.
    pub protocol: u32,
    /// [`standing`] of what it shows.
    pub standing: Digest,
    /// As in a pull.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<Anchor>,
    /// As in a pull.
    pub waiting: u64,
}

/// The answer to [`NewsRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewsAnswer {
    /// Nothing has moved, and the same scopes are granted.
    Same {
        /// The server's time.
        server_time: Moment,
        /// A renewed lease.
        lease: Lease,
        /// As in a pull.
        min_version: String,
    },
    /// A page, as a pull from what the phone shows would give.
    Page(Box<PullAnswer>),
}

/// `POST /api/phone/token`: the phone announces its next token. Asked again with the same digest it
/// gives the same answer, which says back what was asked, as no portal would; the old token works
/// until the new one is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRequest {
    /// SHA-256 of the next token, which the phone drew and keeps before it asks.
    pub next: Digest,
}

/// Any answer but 2xx: a refusal, and the order to wipe when there is one. Only the signed order
/// wipes (sync.md WP1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncRefusal {
    /// Why.
    pub refusal: Refusal,
    /// When to come back, in seconds.
    pub retry_after_s: Option<u64>,
    /// The signed order, for a blocked phone.
    pub wipe: Option<WipeOrder>,
}

/// Ids of the stamps of a page, which a phone matches with its own.
impl ClockedRow {
    /// The stamp's id.
    #[must_use]
    pub fn id(&self) -> ClockEventId {
        self.clocked.id
    }
}
