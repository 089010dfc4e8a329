//! The outbox of messages to people: mail, pushes, text messages, automatic calls. Queued in the
//! transaction of what causes them, sent by the jobs, each with its states. Ordinary ones go by the ways
//! and at the hours that each account wishes (row B-14); those of an alarm ask nobody.
//!
//! What a message says is made when it leaves. It holds no health data and no words of anybody: it
//! says that something waits, at which organisation, and where to look (row O-23). Messages about an
//! alarm say who, when and where (row O-33).

mod carrier;
mod kept;
mod mail;
mod mine;
mod push;
mod routes;
mod rules;
mod send;
mod sql;
mod template;
mod trial;

use releve_shared::alarm::Channel;
use releve_shared::id::{AccountId, AlarmId, MembershipId, NoticeId, OrganisationId};
use releve_shared::keys::Digest;
use releve_shared::notice::Topic;
use releve_shared::sync::Scope;
use releve_shared::time::Moment;

use crate::db::{Answer, Tx};
use crate::identity;

pub use kept::KEPT;
pub use mail::{MailTried, try_mail};
pub use push::{Services as PushServices, set_push, try_apple, try_google};
pub use routes::routes;
pub use send::{send_due, send_urgent, send_urgent_pushes};
pub use sql::{AlarmLine, Called, Kept, State, about, called};
pub use trial::{confirm_hers, test_body, try_hers};

/// Statements of the room, for the check on both engines.
pub const ALL: &[&[crate::db::Statement]] = &[sql::ALL, push::ALL, trial::ALL];

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A caregiver has written; about a thread.
    Message,
    /// A caregiver wishes to be called back; about a callback.
    Callback,
    /// A caregiver asks something of the office; about a request.
    Request,
    /// Somebody tries whether notices arrive (row W-36); about a test.
    Test,
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
            Self::Test => "test",
            Self::AlarmRaised => "alarm_raised",
            Self::AlarmTier => "alarm_tier",
            Self::AlarmTaken => "alarm_taken",
            Self::AlarmOpen => "alarm_open",
            Self::AlarmClosed => "alarm_closed",
        }
    }

    /// What somebody may wish to be told of or not; `None` for what asks nobody.
    fn topic(self) -> Option<Topic> {
        match self {
            Self::Message => Some(Topic::Message),
            Self::Callback => Some(Topic::Callback),
            Self::Request => Some(Topic::Request),
            Self::Test
            | Self::AlarmRaised
            | Self::AlarmTier
            | Self::AlarmTaken
            | Self::AlarmOpen
            | Self::AlarmClosed => None,
        }
    }

    /// The kind of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [
            Self::Message,
            Self::Callback,
            Self::Request,
            Self::Test,
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

/// Tells the office: `first` by the ways that she wishes, or everybody by theirs when there is none.
/// What is told in quiet hours leaves when they are over. One about the same thing that still waits for
/// its first attempt is enough.
///
/// # Errors
/// Those of the database.
pub fn tell(
    tx: &mut Tx,
    (organisation, first): (OrganisationId, Option<AccountId>),
    kind: Kind,
    about: impl std::fmt::Display,
    now: Moment,
) -> Answer<()> {
    let Some(topic) = kind.topic() else { return Ok(()) };
    let people = mine::people(tx, organisation)?;
    let told = rules::told(&people, first, &topic);
    if told.is_empty() {
        return Ok(());
    }
    let (zone, about) = (identity::zone(tx, organisation)?, about.to_string());
    for (person, to) in told {
        let due = person.wishes.due(now, &zone);
        queue(tx, organisation, &to, (kind, &about), (now, due))?;
    }
    Ok(())
}

/// Tells a caregiver's phones that something waits there: the words come with synchronisation, and wait
/// for work by themselves.
///
/// # Errors
/// Those of the database.
pub fn wake(
    tx: &mut Tx,
    (organisation, membership): (OrganisationId, MembershipId),
    kind: Kind,
    about: impl std::fmt::Display,
    now: Moment,
) -> Answer<()> {
    let about = about.to_string();
    for (id, name) in push::of_caregiver(tx, organisation, membership)? {
        let recipient = id.to_string();
        let to = rules::To { account: None, channel: Channel::Push, recipient, name };
        queue(tx, organisation, &to, (kind, &about), (now, now))?;
    }
    Ok(())
}

/// Queues an ordinary notice, unless one about the same thing to the same address still waits for its
/// first attempt. Gives the id of the new one.
fn queue(
    tx: &mut Tx,
    organisation: OrganisationId,
    to: &rules::To,
    (kind, about): (Kind, &str),
    (now, due): (Moment, Moment),
) -> Answer<Option<NoticeId>> {
    if sql::waits(tx, kind, about, &to.recipient)? {
        return Ok(None);
    }
    let new = Kept {
        id: id(&[kind.code(), about, &to.recipient], now),
        organisation,
        kind: kind.code().to_owned(),
        about: about.to_owned(),
        part: String::new(),
        channel: to.channel.clone(),
        recipient: to.recipient.clone(),
        name: to.name.clone(),
        account: to.account,
        urgent: false,
        attempts: 0,
    };
    sql::add(tx, &new, (now, due))?;
    Ok(Some(new.id))
}

/// The browsers of the office that are told of an alarm: recipient and name.
///
/// # Errors
/// Those of the database.
pub fn browsers(tx: &mut Tx, organisation: OrganisationId) -> Answer<Vec<(String, String)>> {
    let all = push::of_office(tx, organisation)?.into_iter();
    Ok(all.map(|(_, id, name)| (id.to_string(), name)).collect())
}

/// Its id follows from what it is: a transaction may run twice.
fn id(what: &[&str], now: Moment) -> NoticeId {
    let mut chance = [0; 10];
    let digest = Digest::of(&[what.join("\n").as_bytes()]);
    chance.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    NoticeId::new(now, chance)
}

/// A message that waits for nothing: of an alarm, or of a test.
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
    queue_at_once(tx, new, None, now)?;
    Ok(())
}

/// The same, for an account when it is for one; gives its id.
fn queue_at_once(
    tx: &mut Tx,
    new: &Urgent,
    account: Option<AccountId>,
    now: Moment,
) -> Answer<NoticeId> {
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
        account,
        urgent: true,
        attempts: 0,
    };
    if !sql::queued(tx, &kept)? {
        sql::add(tx, &kept, (now, now))?;
    }
    Ok(kept.id)
}

/// What kannel says of a text message (its `dlr-mask`): 1 has reached the telephone, 2 and 16 will not;
/// the others are steps on the way. Said twice, or of nothing that is known, it changes nothing.
///
/// # Errors
/// Those of the database.
pub fn reported(tx: &mut Tx, id: NoticeId, state: u32, now: Moment) -> Answer<()> {
    let moved = match state {
        1 => sql::delivered(tx, id, now)?,
        2 | 16 => sql::undelivered(tx, id, now)?,
        _ => None,
    };
    if let Some((organisation, kind, about)) = moved {
        if kind == Kind::Test.code() {
            trial::moved(tx, &about)?;
        }
        tx.tell(&Scope::desk(organisation));
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
