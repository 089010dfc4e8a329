//! The outbox of messages to people: mail, text messages, automatic calls. Queued in the transaction of
//! what causes them, sent by the jobs, each with its states.
//!
//! What a message says is made when it leaves. It holds no health data and no words of anybody: it
//! says that something waits, at which organisation, and where to look (row O-23). Messages about an
//! alarm say who, when and where (row O-33).

mod carrier;
mod kept;
mod mail;
mod rules;
mod send;
mod sql;
mod template;

use releve_shared::alarm::Channel;
use releve_shared::id::{AlarmId, NoticeId, OrganisationId};
use releve_shared::keys::Digest;
use releve_shared::time::Moment;

use crate::db::{Answer, Tx};

pub use kept::KEPT;
pub use send::{send_due, send_urgent};
pub use sql::{ALL, AlarmLine, Called, Kept, State, about, called};

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A caregiver has written; about a thread.
    Message,
    /// A caregiver wishes to be called back; about a callback.
    Callback,
    /// A caregiver asks something of the office; about a request.
    Request,
    /// An alarm was raised: the mail to the preset addresses.
    AlarmRaised,
    /// An alarm waits for an answer.
    AlarmTier,
    /// Somebody has taken an alarm in charge.
    AlarmTaken,
    /// An alarm is long in charge and still open.
    AlarmOpen,
    /// An alarm is closed: the all-clear.
    AlarmClosed,
}

impl Kind {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Callback => "callback",
            Self::Request => "request",
            Self::AlarmRaised => "alarm_raised",
            Self::AlarmTier => "alarm_tier",
            Self::AlarmTaken => "alarm_taken",
            Self::AlarmOpen => "alarm_open",
            Self::AlarmClosed => "alarm_closed",
        }
    }

    /// The kind of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [
            Self::Message,
            Self::Callback,
            Self::Request,
            Self::AlarmRaised,
            Self::AlarmTier,
            Self::AlarmTaken,
            Self::AlarmOpen,
            Self::AlarmClosed,
        ]
        .into_iter()
        .find(|kind| kind.code() == code)
    }
}

/// Queues a mail to an address, unless one about the same thing still waits for its first attempt.
///
/// # Errors
/// Those of the database.
pub fn queue(
    tx: &mut Tx,
    (organisation, recipient): (OrganisationId, &str),
    kind: Kind,
    about: impl std::fmt::Display,
    now: Moment,
) -> Answer<()> {
    let about = about.to_string();
    if sql::waits(tx, kind, &about, recipient)? {
        return Ok(());
    }
    let new = Kept {
        id: id(&[kind.code(), &about, recipient], now),
        organisation,
        kind: kind.code().to_owned(),
        about,
        part: String::new(),
        channel: Channel::Mail,
        recipient: recipient.to_owned(),
        name: String::new(),
        urgent: false,
        attempts: 0,
    };
    sql::add(tx, &new, now)?;
    Ok(())
}

/// Its id follows from what it is: a transaction may run twice.
fn id(what: &[&str], now: Moment) -> NoticeId {
    let mut chance = [0; 10];
    let digest = Digest::of(&[what.join("\n").as_bytes()]);
    chance.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    NoticeId::new(now, chance)
}

/// A message that waits for nothing: of an alarm.
#[derive(Clone, Debug)]
pub struct Urgent {
    /// Whose.
    pub organisation: OrganisationId,
    /// What it is about.
    pub kind: Kind,
    /// The id of it.
    pub about: String,
    /// Which part of it: the same part goes to the same address once.
    pub part: String,
    /// By which way.
    pub channel: Channel,
    /// Address or number.
    pub recipient: String,
    /// Who that is.
    pub name: String,
}

/// Queues an urgent message, unless the same part of the same thing was queued to the same address.
///
/// # Errors
/// Those of the database.
pub fn queue_urgent(tx: &mut Tx, new: &Urgent, now: Moment) -> Answer<()> {
    let what = [new.kind.code(), &new.about, &new.part, new.channel.code(), new.recipient.as_str()];
    let kept = Kept {
        id: id(&what, now),
        organisation: new.organisation,
        kind: new.kind.code().to_owned(),
        about: new.about.clone(),
        part: new.part.clone(),
        channel: new.channel.clone(),
        recipient: new.recipient.clone(),
        name: new.name.clone(),
        urgent: true,
        attempts: 0,
    };
    if !sql::queued(tx, &kept)? {
        sql::add(tx, &kept, now)?;
    }
    Ok(())
}

/// Every message about an alarm, in the order queued.
///
/// # Errors
/// Those of the database.
pub fn of_alarm(tx: &mut Tx, alarm: AlarmId) -> Answer<Vec<AlarmLine>> {
    Ok(sql::of_alarm(tx, alarm)?)
}

#[cfg(test)]
mod tests;
