//! Every statement of the outbox.

use releve_shared::alarm::{Channel, Delivery};
use releve_shared::id::{AccountId, AlarmId, NoticeId, OrganisationId};
use releve_shared::time::Moment;

use super::Kind;
use crate::db::{Column, Fault, Row, Tx, Value};

crate::code_columns!(Channel, Delivery);

crate::statements! {
    /// Queues a message.
    ADD = "INSERT INTO notice (id, organisation, kind, about, part, channel, recipient, name, urgent,
                               state, attempts, due_at, queued_at, account)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'queued', 0, $10, $11, $12)
           ON CONFLICT (id) DO NOTHING";
    /// Whether the same part of the same thing was queued to the same address.
    QUEUED = "SELECT COUNT(*) FROM notice
               WHERE about = $1 AND recipient = $2 AND kind = $3 AND part = $4 AND channel = $5";
    /// Whether something urgent is due, by push or by another way.
    URGENT = "SELECT COUNT(*) FROM notice
               WHERE urgent = 1 AND state IN ('queued', 'failed') AND due_at <= $1
                 AND CASE WHEN channel = 'push' THEN 1 ELSE 0 END = CAST($2 AS BIGINT)";
    /// The messages about an alarm, in the order queued.
    OF_ALARM = "SELECT channel, recipient, name,
                       CASE WHEN delivered_at IS NULL THEN state ELSE 'delivered' END, attempts, error,
                       queued_at, ended_at
                  FROM notice
                 WHERE about = $1 AND urgent = 1 ORDER BY queued_at, id LIMIT 500";
    /// The alarm and the callee of an automatic call.
    CALLED = "SELECT about, recipient, name FROM notice
               WHERE id = $1 AND channel = 'call' AND urgent = 1";
    /// Whether one about the same thing waits for its first attempt.
    WAITS = "SELECT COUNT(*) FROM notice
              WHERE kind = $1 AND about = $2 AND recipient = $3 AND state = 'queued' AND attempts = 0";
    /// Takes what is due, once whichever node asks: it is due again only when the lease is over.
    TAKE = "UPDATE notice SET due_at = $1, attempts = attempts + 1
             WHERE state IN ('queued', 'failed') AND due_at <= $2 AND urgent = $3
               AND id IN (SELECT n.id FROM notice n
                           WHERE n.state IN ('queued', 'failed') AND n.due_at <= $2 AND n.urgent = $3
                             AND (n.urgent = 0
                                  OR CASE WHEN n.channel = 'push' THEN 1 ELSE 0 END = CAST($4 AS BIGINT))
                           ORDER BY n.due_at, n.id LIMIT 8)
            RETURNING id, organisation, kind, about, part, channel, recipient, name, urgent, attempts,
                      account";
    /// What came of an attempt, unless another node has taken it over.
    RECORD = "UPDATE notice SET state = $1, due_at = $2, ended_at = $3, error = $4
               WHERE id = $5 AND attempts = $6 AND state IN ('queued', 'failed')";
    /// The states of the mails about something, the newest first.
    ABOUT = "SELECT state, recipient, attempts, error FROM notice
              WHERE kind = $1 AND about = $2 ORDER BY queued_at DESC, id DESC LIMIT 50";
    /// Notices that had ended, or were queued and never sent, before a moment.
    OLD = "SELECT COUNT(*), MIN(COALESCE(ended_at, queued_at)) FROM notice
            WHERE organisation = $1 AND COALESCE(ended_at, queued_at) < $2";
    /// Erases them.
    FORGET = "DELETE FROM notice WHERE organisation = $1 AND COALESCE(ended_at, queued_at) < $2";
    /// The open accounts of an organisation, with what each wishes.
    PEOPLE = "SELECT a.id, a.login, w.wishes FROM account a
                LEFT JOIN notice_wish w ON w.account = a.id
               WHERE a.organisation = $1 AND a.state = 'active' ORDER BY a.id";
    /// Writes what an account wishes.
    WISH = "INSERT INTO notice_wish (account, organisation, wishes) VALUES ($1, $2, $3)
            ON CONFLICT (account) DO UPDATE SET wishes = excluded.wishes";
    /// The last notices to an account.
    TO_ACCOUNT = "SELECT id, kind, channel, recipient, name,
                         CASE WHEN delivered_at IS NULL THEN state ELSE 'delivered' END, attempts, error,
                         queued_at, due_at, ended_at
                    FROM notice WHERE account = $1 AND organisation = $2
                   ORDER BY queued_at DESC, id DESC LIMIT $3";
    /// The state of one notice.
    STATE = "SELECT CASE WHEN delivered_at IS NULL THEN state ELSE 'delivered' END, error FROM notice
              WHERE id = $1 AND organisation = $2";
    /// A text message has reached its telephone: an attempt whose answer was lost needs no other.
    DELIVERED = "UPDATE notice SET delivered_at = $1, ended_at = COALESCE(ended_at, $1),
                        state = CASE WHEN state = 'given_up' THEN state ELSE 'sent' END
                  WHERE id = $2 AND channel = 'sms' AND attempts > 0 AND delivered_at IS NULL
                 RETURNING organisation, kind, about";
    /// A text message that was handed over will not reach its telephone. One whose attempt failed is
    /// tried again all the same.
    UNDELIVERED = "UPDATE notice SET state = 'given_up', error = 'undelivered', ended_at = $1
                    WHERE id = $2 AND channel = 'sms' AND attempts > 0 AND state IN ('queued', 'sent')
                      AND delivered_at IS NULL
                   RETURNING organisation, kind, about";
    /// The name on an organisation's door.
    NAME = "SELECT name FROM organisation WHERE id = $1";
}

/// What is taken together. Push services are many and not ours: those that hang hold no message to a
/// telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// All that is not urgent.
    Ordinary,
    /// Urgent, by mail, text message or call.
    Urgent,
    /// Urgent, by push.
    UrgentPush,
}

/// Where a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// To be sent.
    Queued,
    /// The mail server has taken it.
    Sent,
    /// An attempt failed; it will be tried again.
    Failed,
    /// It will not be tried any more.
    GivenUp,
}

impl State {
    fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
        }
    }
}

impl Column for State {
    fn read(value: &Value) -> Option<Self> {
        let Value::Text(code) = value else { return None };
        [Self::Queued, Self::Sent, Self::Failed, Self::GivenUp]
            .into_iter()
            .find(|state| state.code() == code)
    }
}

/// A mail as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its id; also its Message-ID, so that a repeated one is known as such.
    pub id: NoticeId,
    /// Whose.
    pub organisation: OrganisationId,
    /// Code of its [`Kind`].
    pub kind: String,
    /// Id of what it is about.
    pub about: String,
    /// Which part of it.
    pub part: String,
    /// By which way.
    pub channel: Channel,
    /// Its address or number.
    pub recipient: String,
    /// Who that is; empty when the address says it.
    pub name: String,
    /// Whose account it is for, when it is for one.
    pub account: Option<AccountId>,
    /// Whether it waits for nothing.
    pub urgent: bool,
    /// How often it was tried, this time included.
    pub attempts: u32,
}

pub fn add(tx: &mut Tx, new: &Kept, (now, due): (Moment, Moment)) -> Result<u64, Fault> {
    let row = [
        new.id.into(),
        new.organisation.into(),
        (&new.kind).into(),
        (&new.about).into(),
        (&new.part).into(),
        (&new.channel).into(),
        (&new.recipient).into(),
        (&new.name).into(),
        new.urgent.into(),
        due.into(),
        now.into(),
        new.account.into(),
    ];
    tx.execute(&ADD, &row)
}

pub fn waits(tx: &mut Tx, kind: Kind, about: &str, recipient: &str) -> Result<bool, Fault> {
    let row = [kind.code().into(), about.into(), recipient.into()];
    Ok(tx.query_one(&WAITS, &row)?.get::<u64>(0)? > 0)
}

pub fn queued(tx: &mut Tx, new: &Kept) -> Result<bool, Fault> {
    let row = [
        (&new.about).into(),
        (&new.recipient).into(),
        (&new.kind).into(),
        (&new.part).into(),
        (&new.channel).into(),
    ];
    Ok(tx.query_one(&QUEUED, &row)?.get::<u64>(0)? > 0)
}

pub fn urgent_waits(tx: &mut Tx, now: Moment, pushes: bool) -> Result<bool, Fault> {
    Ok(tx.query_one(&URGENT, &[now.into(), pushes.into()])?.get::<u64>(0)? > 0)
}

pub fn take(tx: &mut Tx, now: Moment, until: Moment, lane: Lane) -> Result<Vec<Kept>, Fault> {
    let (urgent, pushes) = (lane != Lane::Ordinary, lane == Lane::UrgentPush);
    let rows = tx.query(&TAKE, &[until.into(), now.into(), urgent.into(), pushes.into()])?;
    let read = |r: &Row| {
        Ok(Kept {
            id: r.get(0)?,
            organisation: r.get(1)?,
            kind: r.get(2)?,
            about: r.get(3)?,
            part: r.get(4)?,
            channel: r.get(5)?,
            recipient: r.get(6)?,
            name: r.get(7)?,
            urgent: r.get(8)?,
            attempts: r.get(9)?,
            account: r.get(10)?,
        })
    };
    rows.iter().map(read).collect()
}

pub fn record(
    tx: &mut Tx,
    taken: &Kept,
    state: State,
    due: Moment,
    (now, error): (Moment, Option<&str>),
) -> Result<u64, Fault> {
    let ended = matches!(state, State::Sent | State::GivenUp).then_some(now);
    let row = [
        state.code().into(),
        due.into(),
        ended.into(),
        error.into(),
        taken.id.into(),
        taken.attempts.into(),
    ];
    tx.execute(&RECORD, &row)
}

/// A notice: its state, and the three columns of [`ABOUT`] after it.
type Told = (State, String, u32, Option<String>);

/// The mails about something, the newest first: state, address, attempts, and why the last one failed.
///
/// # Errors
/// Those of the database.
pub fn about(tx: &mut Tx, kind: Kind, about: impl std::fmt::Display) -> Result<Vec<Told>, Fault> {
    let rows = tx.query(&ABOUT, &[kind.code().into(), Value::text(about)])?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))).collect()
}

pub fn name(tx: &mut Tx, org: OrganisationId) -> Result<String, Fault> {
    tx.query_one(&NAME, &[org.into()])?.get(0)
}

/// A message about an alarm, with its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmLine {
    /// By which way.
    pub channel: Channel,
    /// Address or number.
    pub recipient: String,
    /// Who that is.
    pub name: String,
    /// Where it is.
    pub state: Delivery,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt failed: a code.
    pub error: Option<String>,
    /// When it was queued.
    pub queued_at: Moment,
    /// When it was sent or given up.
    pub ended_at: Option<Moment>,
}

pub fn of_alarm(tx: &mut Tx, alarm: AlarmId) -> Result<Vec<AlarmLine>, Fault> {
    let read = |r: &Row| {
        Ok(AlarmLine {
            channel: r.get(0)?,
            recipient: r.get(1)?,
            name: r.get(2)?,
            state: r.get(3)?,
            attempts: r.get(4)?,
            error: r.get(5)?,
            queued_at: r.get(6)?,
            ended_at: r.get(7)?,
        })
    };
    tx.query(&OF_ALARM, &[Value::text(alarm)])?.iter().map(read).collect()
}

/// Somebody who was called about an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Which alarm.
    pub alarm: AlarmId,
    /// The number.
    pub recipient: String,
    /// Who that is.
    pub name: String,
}

/// The alarm and the callee of an automatic call.
///
/// # Errors
/// Those of the database.
pub fn called(tx: &mut Tx, id: NoticeId) -> Result<Option<Called>, Fault> {
    let row = tx.query_opt(&CALLED, &[id.into()])?;
    let read = |r: Row| Ok(Called { alarm: r.parse(0)?, recipient: r.get(1)?, name: r.get(2)? });
    row.map(read).transpose()
}

/// An account, what it signs in with, and the JSON of what it wishes.
pub type Person = (AccountId, String, Option<String>);

pub fn people(tx: &mut Tx, org: OrganisationId) -> Result<Vec<Person>, Fault> {
    let rows = tx.query(&PEOPLE, &[org.into()])?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).collect()
}

pub fn wish(
    tx: &mut Tx,
    org: OrganisationId,
    account: AccountId,
    wishes: Value,
) -> Result<u64, Fault> {
    tx.execute(&WISH, &[account.into(), org.into(), wishes])
}

/// A notice to an account, with its state.
#[derive(Clone, Debug)]
pub struct Mine {
    pub id: NoticeId,
    pub kind: String,
    pub channel: Channel,
    pub recipient: String,
    pub name: String,
    pub state: Delivery,
    pub attempts: u32,
    pub error: Option<String>,
    pub queued_at: Moment,
    pub due_at: Moment,
    pub ended_at: Option<Moment>,
}

pub fn to_account(
    tx: &mut Tx,
    org: OrganisationId,
    account: AccountId,
    most: u32,
) -> Result<Vec<Mine>, Fault> {
    let read = |r: &Row| {
        Ok(Mine {
            id: r.get(0)?,
            kind: r.get(1)?,
            channel: r.get(2)?,
            recipient: r.get(3)?,
            name: r.get(4)?,
            state: r.get(5)?,
            attempts: r.get(6)?,
            error: r.get(7)?,
            queued_at: r.get(8)?,
            due_at: r.get(9)?,
            ended_at: r.get(10)?,
        })
    };
    let row = [account.into(), org.into(), most.into()];
    tx.query(&TO_ACCOUNT, &row)?.iter().map(read).collect()
}

/// Where a notice is.
#[derive(Clone, Debug)]
pub struct Where {
    pub state: Delivery,
    pub error: Option<String>,
}

pub fn state(tx: &mut Tx, org: OrganisationId, id: NoticeId) -> Result<Option<Where>, Fault> {
    let read = |r: Row| Ok(Where { state: r.get(0)?, error: r.get(1)? });
    tx.query_opt(&STATE, &[id.into(), org.into()])?.map(read).transpose()
}

/// Whose notice it was, its kind, and what it is about.
pub type Moved = (OrganisationId, String, String);

pub fn delivered(tx: &mut Tx, id: NoticeId, at: Moment) -> Result<Option<Moved>, Fault> {
    moved(tx.query_opt(&DELIVERED, &[at.into(), id.into()])?)
}

pub fn undelivered(tx: &mut Tx, id: NoticeId, at: Moment) -> Result<Option<Moved>, Fault> {
    moved(tx.query_opt(&UNDELIVERED, &[at.into(), id.into()])?)
}

fn moved(row: Option<Row>) -> Result<Option<Moved>, Fault> {
    row.map(|r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).transpose()
}
