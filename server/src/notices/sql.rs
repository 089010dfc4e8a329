//! Every statement of the outbox of mail.

use releve_shared::id::{NoticeId, OrganisationId};
use releve_shared::time::Moment;

use super::Kind;
use crate::db::{Column, Fault, Row, Tx, Value};

crate::statements! {
    /// Queues a mail.
    ADD = "INSERT INTO notice (id, organisation, kind, about, recipient, state, attempts, due_at, queued_at)
           VALUES ($1, $2, $3, $4, $5, 'queued', 0, $6, $7) ON CONFLICT (id) DO NOTHING";
    /// Whether one about the same thing waits for its first attempt.
    WAITS = "SELECT COUNT(*) FROM notice
              WHERE kind = $1 AND about = $2 AND recipient = $3 AND state = 'queued' AND attempts = 0";
    /// Takes what is due, once whichever node asks: it is due again only when the lease is over.
    TAKE = "UPDATE notice SET due_at = $1, attempts = attempts + 1
             WHERE state IN ('queued', 'failed') AND due_at <= $2
               AND id IN (SELECT n.id FROM notice n
                           WHERE n.state IN ('queued', 'failed') AND n.due_at <= $2
                           ORDER BY n.due_at, n.id LIMIT 8)
            RETURNING id, organisation, kind, about, recipient, attempts";
    /// What came of an attempt, unless another node has taken it over.
    RECORD = "UPDATE notice SET state = $1, due_at = $2, ended_at = $3, error = $4
               WHERE id = $5 AND attempts = $6 AND state IN ('queued', 'failed')";
    /// The states of the mails about something, the newest first.
    ABOUT = "SELECT state, recipient, attempts, error FROM notice
              WHERE kind = $1 AND about = $2 ORDER BY queued_at DESC, id DESC LIMIT 50";
    /// How many notices there are, and the oldest.
    HELD = "SELECT COUNT(*), MIN(queued_at) FROM notice WHERE organisation = $1";
    /// Erases those that had ended before a moment.
    FORGET = "DELETE FROM notice WHERE organisation = $1 AND COALESCE(ended_at, queued_at) < $2";
    /// The name on an organisation's door.
    NAME = "SELECT name FROM organisation WHERE id = $1";
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
    /// Its address.
    pub recipient: String,
    /// How often it was tried, this time included.
    pub attempts: u32,
}

pub fn add(tx: &mut Tx, new: &Kept, now: Moment) -> Result<u64, Fault> {
    let row = [
        new.id.into(),
        new.organisation.into(),
        (&new.kind).into(),
        (&new.about).into(),
        (&new.recipient).into(),
        now.into(),
        now.into(),
    ];
    tx.execute(&ADD, &row)
}

pub fn waits(tx: &mut Tx, kind: Kind, about: &str, recipient: &str) -> Result<bool, Fault> {
    let row = [kind.code().into(), about.into(), recipient.into()];
    Ok(tx.query_one(&WAITS, &row)?.get::<u64>(0)? > 0)
}

pub fn take(tx: &mut Tx, now: Moment, until: Moment) -> Result<Vec<Kept>, Fault> {
    let rows = tx.query(&TAKE, &[until.into(), now.into()])?;
    let read = |r: &Row| {
        Ok(Kept {
            id: r.get(0)?,
            organisation: r.get(1)?,
            kind: r.get(2)?,
            about: r.get(3)?,
            recipient: r.get(4)?,
            attempts: r.get(5)?,
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

pub fn held(tx: &mut Tx, org: OrganisationId) -> Result<(u64, Option<Moment>), Fault> {
    let row = tx.query_one(&HELD, &[org.into()])?;
    Ok((row.get(0)?, row.get(1)?))
}

pub fn forget(tx: &mut Tx, org: OrganisationId, before: Moment) -> Result<u64, Fault> {
    tx.execute(&FORGET, &[org.into(), before.into()])
}
