//! Facts of the duty data: who this phone is, its lease, what it was told of its access.

use releve_shared::alarm::PhoneAlarmSettings;
use releve_shared::enrolment::Lease;
use releve_shared::establishment::Organisation;
use releve_shared::id::{DeviceId, MembershipId, PersonId, VisitId};
use releve_shared::keys::PublicKey;
use releve_shared::refusal::Refusal;
use releve_shared::time::{DAY_MS, Moment};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::alarm::{AlarmHeld, Codes, SelfTest, SmsCode, WorkerName};
use crate::fault::Fault;
use crate::lock::Lock;
use crate::push::Registration;

/// A fact that has one value.
pub(crate) trait Fact: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name in the table.
    const NAME: &'static str;
}

macro_rules! facts {
    ($($(#[$meta:meta])* $type:ty = $name:literal;)+) => {$(
        $(#[$meta])*
        impl Fact for $type {
            const NAME: &'static str = $name;
        }
    )+};
}

/// Who this phone is, since its enrolment.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Identity {
    pub(crate) server: String,
    pub(crate) server_key: PublicKey,
    pub(crate) device: DeviceId,
    pub(crate) person: PersonId,
    pub(crate) organisation: Organisation,
}

/// An enrolment that was asked for and not answered yet.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Pending {
    pub(crate) link: String,
    pub(crate) phone_name: String,
}

/// The epoch of the server that acts were last sent to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Epoch(pub(crate) String);

/// The lease, and how long it has lasted by this phone's clocks.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct LeaseHeld {
    pub(crate) lease: Lease,
    pub(crate) age: crate::lease::Age,
}

/// What the server said of this phone's access, when it was not "yes".
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Access {
    pub(crate) refused: Option<Refusal>,
    pub(crate) min_version: String,
}

/// When things were last done, by the best known time.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Diary {
    pub(crate) synced_at: Option<Moment>,
    pub(crate) token_at: Option<Moment>,
    /// The number of the mirror's state that `known` was made from.
    pub(crate) known: i64,
    /// A damaged file was put aside, and the worker is to be told until a sync is complete.
    pub(crate) damaged: bool,
}

/// In whose name this phone clocks.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Member(pub(crate) MembershipId);

/// How long the longest visit known lasts, in milliseconds: how far back one may have begun that is
/// still going on. It only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct LongestVisit(pub(crate) i64);

/// Changes of the planning that have rung on this phone, so that each rings once.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Rung(pub(crate) Vec<(VisitId, i64)>);

facts! {
    Rung = "rung";
    Identity = "identity";
    Pending = "pending";
    Epoch = "epoch";
    LeaseHeld = "lease";
    Access = "access";
    Diary = "diary";
    Member = "member";
    crate::contact::Emergency = "emergency";
    LongestVisit = "longest_visit";
    AlarmHeld = "alarm";
    PhoneAlarmSettings = "alarm_settings";
    Codes = "alarm_codes";
    SelfTest = "alarm_test";
    SmsCode = "sms_code";
    WorkerName = "worker_name";
    Lock = "lock";
    /// Where a distributor of pushes reaches this phone.
    Registration = "push";
}

/// The fact's value, when there is one.
pub(crate) fn get<F: Fact>(db: &Connection) -> Result<Option<F>, Fault> {
    let mut select = db.prepare_cached("SELECT value FROM fact WHERE name = ?1")?;
    let text: Option<String> = select.query_row([F::NAME], |row| row.get(0)).optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// Writes the fact's value.
pub(crate) fn put<F: Fact>(db: &Connection, fact: &F) -> Result<(), Fault> {
    db.prepare_cached(
        "INSERT INTO fact (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![F::NAME, serde_json::to_string(fact)?])?;
    Ok(())
}

/// Forgets the fact.
pub(crate) fn forget<F: Fact>(db: &Connection) -> Result<(), Fault> {
    db.execute("DELETE FROM fact WHERE name = ?1", [F::NAME])?;
    Ok(())
}

/// How long a position that was read is kept in the worker's ledger: two months, as at the office.
pub(crate) const POSITIONS_KEPT_MS: i64 = 61 * DAY_MS;

/// Writes down that a position was read, and why (row B-05). The position itself is not kept.
pub(crate) fn position_read(db: &Connection, at: Moment, purpose: &str) -> Result<(), Fault> {
    forget_positions(db, at)?;
    db.execute("INSERT INTO position_read (at, purpose) VALUES (?1, ?2)", params![at.0, purpose])?;
    Ok(())
}

/// Forgets the lines of the ledger whose positions the office has deleted.
pub(crate) fn forget_positions(db: &Connection, now: Moment) -> Result<(), Fault> {
    db.execute("DELETE FROM position_read WHERE at < ?1", [now.plus(-POSITIONS_KEPT_MS).0])?;
    Ok(())
}

/// Every position read, newest first: when, and why.
pub(crate) fn positions_read(db: &Connection) -> Result<Vec<(Moment, String)>, Fault> {
    let mut select =
        db.prepare_cached("SELECT at, purpose FROM position_read ORDER BY at DESC, id DESC")?;
    let rows = select.query_map([], |row| Ok((Moment(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
