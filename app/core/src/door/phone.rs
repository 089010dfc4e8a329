//! The phone itself as every screen shows it: whether it may be used, and what the banners say.

use releve_shared::clock::Measured;
use releve_shared::id::VisitId;
use releve_shared::refusal::Refusal;
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};

use super::{AlarmView, LockView, MustRead, Timing};

/// Whether the phone may be used, and what the banners say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct PhoneView {
    /// What the app can do now.
    pub state: PhoneState,
    /// First name of the worker; empty when not enrolled.
    pub first_name: String,
    /// Last name of the worker.
    pub last_name: String,
    /// The organisation's name.
    pub organisation: String,
    /// The office's telephone.
    pub office_phone: String,
    /// The organisation's IANA zone: screens show all times in it. `Europe/Paris` when not enrolled.
    pub zone: String,
    /// The server's address; empty when not enrolled.
    pub server: String,
    /// The best guess of the time now.
    pub now: Measured,
    /// How wrong the phone's wall clock is, in milliseconds, when it is by more than two minutes.
    #[cfg_attr(feature = "ts", ts(type = "number | null"))]
    pub wall_error_ms: Option<i64>,
    /// Whether the last exchange with the server worked.
    pub online: bool,
    /// Why it did not.
    pub trouble: Option<Refusal>,
    /// The last complete sync.
    pub synced_at: Option<Moment>,
    /// An exchange is under way.
    pub syncing: bool,
    /// How many acts are on the phone only.
    pub waiting: u32,
    /// How many acts were refused and not yet looked at.
    pub to_correct: u32,
    /// The visit in progress: the banner of every screen (row O-20).
    pub in_progress: Option<InProgress>,
    /// Changes of the planning to be seen (row O-10).
    pub changes: u32,
    /// How many of them are to ring now: in working time only, and once each (row B-14).
    pub ring: u32,
    /// Messages of the office to read, told in working time only (row B-14).
    pub unread: u32,
    /// The message that must be read now: over every screen but those that clock or call for help
    /// (row O-22). `None` outside working time.
    pub must_read: Option<MustRead>,
    /// The alarm of a lone worker: within reach on every screen (row O-31).
    pub alarm: AlarmView,
    /// How well this device keeps the time of a notice (row O-42).
    pub notices: Timing,
    /// The lock of the app (row O-03).
    pub lock: LockView,
    /// Until when what is held may be read without network.
    pub lease_until: Option<Moment>,
    /// The app's version.
    pub version: String,
}

/// What the app can do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum PhoneState {
    /// Nobody is enrolled.
    NotEnrolled,
    /// All is well.
    Ready,
    /// The app is locked: its PIN opens it. Clocking and the alarm go on.
    Locked,
    /// The lease is over: nothing can be read until online; clocking goes on.
    LeaseOver,
    /// The server wants a new sign-in; data is kept, clocking goes on.
    SignInNeeded,
    /// The data was destroyed on the office's order.
    Wiped,
    /// The app is too old to fetch; clocking goes on.
    UpdateNeeded,
    /// The phone's store cannot be opened: damaged, or of a newer version.
    StorageBroken,
}

/// The visit in progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct InProgress {
    /// Which visit.
    pub visit: VisitId,
    /// At whose home, in words.
    pub client_label: String,
    /// Since when.
    pub since: Moment,
    /// Planned end.
    pub ends_at: Moment,
    /// When to remind of its end; `None` when the organisation wants none (row O-42).
    pub remind_at: Option<Moment>,
}
