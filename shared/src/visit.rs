//! Visits and the stamps that start and end them; the rule that gives a tap its meaning.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::badge::{Assurance, Method};
use crate::clock::{Measured, Stamp};
use crate::id::{ClientId, ClockEventId, HomeTagId, MembershipId, VisitId};
use crate::keys::Digest;
use crate::refusal::Refusal;
use crate::time::{HOUR_MS, Moment, SECOND_MS};
use crate::wire_enum;

/// How long an act can be undone, in milliseconds of boot time (sync.md C10).
pub const UNDO_MS: i64 = 30 * SECOND_MS;

/// A second tap this soon after the first is the same gesture, not the end of the visit.
pub const SAME_GESTURE_MS: i64 = 30 * SECOND_MS;

/// A tap opens a planned visit at most this long before its start, in milliseconds.
pub const EARLY_MS: i64 = 2 * HOUR_MS;

/// A tap opens a planned visit at most this long after its end, in milliseconds.
pub const LATE_MS: i64 = 2 * HOUR_MS;

wire_enum! {
    /// Whether a visit is to take place.
    pub enum VisitState {
        /// To take place, or taken place.
        Planned = "planned",
        /// Called off by the office.
        Cancelled = "cancelled",
        /// Made on the phone: nobody had planned it; the office will look.
        Unplanned = "unplanned",
    }
}

/// A planned or performed presence of one caregiver at a client's home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Visit {
    /// Its id.
    pub id: VisitId,
    /// Whose planning it is in.
    pub membership: MembershipId,
    /// Who is helped.
    pub client: ClientId,
    /// The client in short, for a planning that reaches further than the client's sheet.
    pub client_label: String,
    /// The commune, for the same reason.
    pub place: String,
    /// The billed kind of help, in words.
    pub service: String,
    /// Planned start.
    pub starts_at: Moment,
    /// Planned end, after the start.
    pub ends_at: Moment,
    /// Whether it is to take place.
    pub state: VisitState,
    /// What the office wants known for this visit only.
    pub instructions: String,
}

wire_enum! {
    /// What a stamp says.
    pub enum ClockKind {
        /// The worker is there and begins.
        Start = "start",
        /// The worker has ended.
        End = "end",
        /// An earlier stamp was a mistake, undone within thirty seconds.
        Void = "void",
    }
}

wire_enum! {
    /// Why a stamp was made by hand (row O-16).
    pub enum ManualReason {
        /// There is no tag at the home any more.
        TagMissing = "tag_missing",
        /// The tag or code cannot be read.
        TagError = "tag_error",
        /// The camera does not work.
        Camera = "camera",
        /// The phone reads no NFC.
        NoNfc = "no_nfc",
        /// The worker forgot to clock at the time; a declared time says when (row O-18).
        Forgotten = "forgotten",
        /// Something else, told in the note.
        Other = "other",
    }
}

/// A raw stamp, as the phone made it. Immutable: corrections live in a [`RetainedPeriod`].
///
/// Its canonical bytes are the JSON that the phone wrote; they are chained (proof.rs) and kept as
/// they came. Free text is not in it, only a salted digest, so that retention may erase the text
/// and the chain still verifies (security.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockEvent {
    /// Its id, which is also its command's.
    pub id: ClockEventId,
    /// Its number in the device's chain, dense from 1.
    pub seq: u64,
    /// The chain's hash before this stamp; zeros for the first.
    pub prev: Digest,
    /// Start, end or void.
    pub kind: ClockKind,
    /// In whose name.
    pub membership: MembershipId,
    /// Which visit; made on the phone when nobody had planned it.
    pub visit: VisitId,
    /// At whose home.
    pub client: Option<ClientId>,
    /// Tag, code or hand.
    pub method: Method,
    /// The tag that was read.
    pub tag: Option<HomeTagId>,
    /// The text that was read, kept for the server to verify.
    pub raw_tag: Option<String>,
    /// Why by hand.
    pub reason: Option<ManualReason>,
    /// When the worker says it took place, for a forgotten stamp.
    pub declared_at: Option<Moment>,
    /// The stamp that a `void` undoes.
    pub voids: Option<ClockEventId>,
    /// SHA-256 of salt and note, when there is a note.
    pub note: Option<Digest>,
    /// What the phone's clocks said.
    pub stamp: Stamp,
}

/// A stamp with its moment: what rules, hours and screens work on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Clocked {
    /// The stamp's id.
    pub id: ClockEventId,
    /// Which visit.
    pub visit: VisitId,
    /// Start, end or void.
    pub kind: ClockKind,
    /// Tag, code or hand.
    pub method: Method,
    /// What it proves about the place.
    pub assurance: Assurance,
    /// Why by hand.
    pub reason: Option<ManualReason>,
    /// The stamp that a `void` undoes.
    pub voids: Option<ClockEventId>,
    /// When, as far as it is known.
    pub measured: Measured,
    /// When the worker says it was, for a forgotten stamp.
    pub declared_at: Option<Moment>,
    /// What the office should look at; empty when all is well.
    pub anomalies: Vec<Anomaly>,
}

impl Clocked {
    /// The moment that counts for hours: the declared one of a forgotten stamp, else the measured.
    #[must_use]
    pub fn counts_at(&self) -> Moment {
        self.declared_at.unwrap_or(self.measured.at)
    }
}

wire_enum! {
    /// Something about a stamp that a person should look at. It never refuses the stamp: a fact is
    /// kept whatever it looks like (beyond.md 2a, "flag, don't block").
    pub enum Anomaly {
        /// Made by hand.
        Manual = "manual",
        /// No visit was planned there.
        Unplanned = "unplanned",
        /// The tag of another client.
        WrongClient = "wrong_client",
        /// The tag had been withdrawn.
        TagRevoked = "tag_revoked",
        /// The tag is not known.
        TagUnknown = "tag_unknown",
        /// The tag's signature does not hold.
        TagForged = "tag_forged",
        /// The changing code of an NTAG 424 DNA does not verify.
        SunForged = "sun_forged",
        /// The same tap was used before.
        SunReplayed = "sun_replayed",
        /// The counter goes against the order of time: a tap read in advance.
        SunOutOfOrder = "sun_out_of_order",
        /// The chip's counter is far ahead of the tap before: somebody else has read the tag a lot.
        SunJump = "sun_jump",
        /// The chip is not the one known for this tag, or it is known for another tag too: one of them
        /// may be a copy.
        SunTwoChips = "sun_two_chips",
        /// Another home's tag was read by the same phone sooner than anybody can get there.
        TwoPlaces = "two_places",
        /// The moment is only claimed by the phone's clock.
        TimeClaimed = "time_claimed",
        /// The phone's wall clock was more than two minutes wrong.
        WallWrong = "wall_wrong",
        /// The visit was cancelled.
        Cancelled = "cancelled",
        /// The worker had no access to this visit at the time of the act.
        NoAccess = "no_access",
        /// The visit had been given to somebody else when this stamp came in.
        OtherWorker = "other_worker",
        /// Declared afterwards.
        Forgotten = "forgotten",
        /// A second start or end of the same visit.
        Doubled = "doubled",
        /// It does not follow the stamp before it on its phone (row B-01).
        ChainBroken = "chain_broken",
    }
}

/// How far a visit has come, from its stamps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Progress {
    /// The start that counts.
    pub start: Option<Clocked>,
    /// The end that counts.
    pub end: Option<Clocked>,
}

impl Progress {
    /// The progress of one visit from all its stamps, in any order, doubled or not (I6, I7): voided
    /// stamps fall away, the earliest start and the latest end after it count.
    #[must_use]
    pub fn of<'a>(stamps: impl IntoIterator<Item = &'a Clocked> + Clone) -> Self {
        let voided: BTreeSet<ClockEventId> =
            stamps.clone().into_iter().filter_map(|s| s.voids).collect();
        let standing = |s: &&Clocked| !voided.contains(&s.id);
        let start = stamps
            .clone()
            .into_iter()
            .filter(|s| s.kind == ClockKind::Start)
            .filter(standing)
            .min_by_key(|s| (s.counts_at(), s.id))
            .cloned();
        let from = start.as_ref().map(Clocked::counts_at);
        let end = stamps
            .into_iter()
            .filter(|s| s.kind == ClockKind::End)
            .filter(standing)
            .filter(|s| from.is_none_or(|f| s.counts_at() >= f))
            .max_by_key(|s| (s.counts_at(), s.id))
            .cloned();
        Self { start, end }
    }

    /// Whether the worker is there now.
    #[must_use]
    pub fn in_progress(&self) -> bool {
        self.start.is_some() && self.end.is_none()
    }

    /// From start to end, when both are known.
    #[must_use]
    pub fn period(&self) -> Option<(Moment, Moment)> {
        Some((self.start.as_ref()?.counts_at(), self.end.as_ref()?.counts_at()))
    }
}

/// What a tap, or the button, means for a visit, from the visit as known and the moment as measured.
///
/// `here` is the client named by the tag that was read (none when by hand), `elsewhere` another visit in progress.
///
/// # Errors
/// The reason why it means nothing: [`Refusal::VisitCancelled`], [`Refusal::WrongClient`],
/// [`Refusal::OtherVisitInProgress`], [`Refusal::AlreadyStarted`] (the same gesture twice),
/// [`Refusal::AlreadyEnded`].
pub fn judge(
    visit: &Visit,
    progress: &Progress,
    here: Option<ClientId>,
    elsewhere: Option<VisitId>,
    at: Moment,
) -> Result<ClockKind, Refusal> {
    if here.is_some_and(|client| client != visit.client) {
        return Err(Refusal::WrongClient);
    }
    match (&progress.start, &progress.end) {
        (_, Some(_)) => Err(Refusal::AlreadyEnded),
        (Some(start), None) => {
            let since = at.since(start.measured.at);
            if start.declared_at.is_none() && (0..SAME_GESTURE_MS).contains(&since) {
                Err(Refusal::AlreadyStarted)
            } else {
                Ok(ClockKind::End)
            }
        }
        (None, None) if visit.state == VisitState::Cancelled => Err(Refusal::VisitCancelled),
        (None, None) if elsewhere.is_some_and(|other| other != visit.id) => {
            Err(Refusal::OtherVisitInProgress)
        }
        (None, None) => Ok(ClockKind::Start),
    }
}

/// The visit that a tag names when the worker chose none: the one in progress with this client,
/// else the nearest planned one not yet ended, from two hours before its start to two hours after
/// its end.
///
/// # Errors
/// [`Refusal::NoVisitPlanned`] when there is none; the way on is an unplanned visit.
pub fn pick<'a>(
    visits: impl IntoIterator<Item = (&'a Visit, &'a Progress)>,
    client: ClientId,
    at: Moment,
) -> Result<VisitId, Refusal> {
    visits
        .into_iter()
        .filter(|(visit, progress)| {
            visit.client == client
                && visit.state != VisitState::Cancelled
                && progress.end.is_none()
                && (progress.in_progress()
                    || (visit.starts_at.plus(-EARLY_MS) <= at && at <= visit.ends_at.plus(LATE_MS)))
        })
        .min_by_key(|(visit, progress)| {
            let away = visit.starts_at.since(at).saturating_abs();
            (!progress.in_progress(), away, visit.id)
        })
        .map(|(visit, _)| visit.id)
        .ok_or(Refusal::NoVisitPlanned)
}

wire_enum! {
    /// What the office decided on a visit's hours (row O-34).
    pub enum Decision {
        /// The badged times are retained as they are.
        Accepted = "accepted",
        /// Other times are retained, with a reason.
        Corrected = "corrected",
    }
}

wire_enum! {
    /// Why retained times differ from badged ones; maps to ESPPADOM_EFFECTIVITY_AJUST later.
    pub enum CorrectionReason {
        /// No arrival stamp.
        NoArrival = "no_arrival",
        /// No departure stamp.
        NoDeparture = "no_departure",
        /// Neither.
        NoStamp = "no_stamp",
        /// The phone or the tag did not work.
        Device = "device",
        /// The client asked for other times.
        ClientRequest = "client_request",
        /// Something else, told in the note.
        Other = "other",
    }
}

/// The times retained for pay and billing. They never overwrite a stamp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetainedPeriod {
    /// Of which visit.
    pub visit: VisitId,
    /// Accepted as badged, or corrected.
    pub decision: Decision,
    /// Retained start.
    pub starts_at: Moment,
    /// Retained end.
    pub ends_at: Moment,
    /// Why they differ, when they do.
    pub reason: Option<CorrectionReason>,
    /// In words, for the worker to read.
    pub note: String,
    /// Who decided, by name.
    pub decided_by: String,
    /// When.
    pub decided_at: Moment,
}

/// What the worker wrote about a visit: kilometres, expenses, comment, report (rows O-19, O-35, O-36).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VisitNotes {
    /// Hundreds of metres driven; 32 is 3,2 km.
    pub distance_hm: Option<u32>,
    /// Expenses in euro cents.
    pub expenses_cents: Option<u32>,
    /// Free words, for the relief.
    pub comment: String,
    /// What there is to say of the kilometres (row O-36).
    #[serde(default)]
    pub distance_note: String,
    /// The report at the end of the visit (row O-35).
    #[serde(default)]
    pub report: String,
}

#[cfg(test)]
#[path = "visit_tests.rs"]
mod tests;
