//! Messages as the office writes and reads them.

use std::collections::BTreeSet;

use releve_shared::id::{MembershipId, MessageId, OrganisationId, ThreadId};
use releve_shared::keys::Digest;
use releve_shared::message::{Author, Message, TEXT_LIMIT};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rules::excerpt;
use super::sql::{self, Kept, New};
use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::identity::By;
use crate::notices::{self, Kind};
use crate::text::{self, BadField};

/// Most messages of a thread on the screen.
const SHOWN: u32 = 500;

/// A thread in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ThreadRow {
    /// Its id.
    pub id: ThreadId,
    /// With whom.
    pub caregiver: MembershipId,
    /// Her first name.
    pub first_name: String,
    /// Her last name.
    pub last_name: String,
    /// The beginning of the last message; empty when it was withdrawn.
    pub excerpt: String,
    /// Which side wrote last.
    pub last_from: Author,
    /// When something was last written.
    pub last_at: Moment,
    /// Messages of hers that nobody of the office has opened.
    pub unseen: u64,
    /// Messages of the office that she has not read.
    pub unread: u64,
    /// Of those, the ones that she must read.
    pub mandatory_unread: u64,
    /// "Alerter par email".
    pub alert: bool,
}

/// A thread with its messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ThreadSheet {
    /// As in the list.
    #[serde(flatten)]
    pub row: ThreadRow,
    /// In order of time.
    pub messages: Vec<DeskMessage>,
}

/// A message as the office sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeskMessage {
    /// The message.
    #[serde(flatten)]
    pub message: Message,
    /// When it was taken back, before it was read.
    pub withdrawn_at: Option<Moment>,
    /// Everybody who got it, when it was sent to several.
    pub readers: Vec<Reader>,
}

/// Somebody who got a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reader {
    /// Their thread.
    pub thread: ThreadId,
    /// Who.
    pub caregiver: MembershipId,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// When they read it.
    pub read_at: Option<Moment>,
}

/// What is typed to write to caregivers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct Sending {
    /// To whom.
    #[serde(default)]
    pub to: Vec<MembershipId>,
    /// To everybody at work, whatever `to` says.
    #[serde(default)]
    pub everybody: bool,
    /// The words, at most 2,000 characters.
    pub text: String,
    /// Whether reading is mandatory.
    #[serde(default)]
    pub mandatory: bool,
}

/// What is typed in a thread.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct MessageInput {
    /// The words, at most 2,000 characters.
    pub text: String,
    /// Whether reading is mandatory.
    #[serde(default)]
    pub mandatory: bool,
}

/// What has left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Sent {
    /// The threads that began, one for each caregiver.
    pub threads: Vec<ThreadId>,
}

impl MessageInput {
    /// Checks what was typed.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] without a word, [`Refusal::TooLong`].
    pub fn check(&self) -> Result<Self, BadField> {
        let text = text::paragraph("text", &self.text)?;
        if text.is_empty() {
            return Err(BadField::invalid("text"));
        }
        if text.chars().count() > TEXT_LIMIT {
            return Err(BadField { field: "text", refusal: Refusal::TooLong });
        }
        Ok(Self { text, mandatory: self.mandatory })
    }
}

/// The threads of the organisation, the newest first.
///
/// # Errors
/// Those of the database.
pub fn list(tx: &mut Tx, by: &By) -> Answer<Vec<ThreadRow>> {
    Ok(sql::list(tx, by.organisation, None)?.into_iter().map(row).collect())
}

/// A thread with its messages, and who has read those that were sent to several.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn read(tx: &mut Tx, by: &By, id: ThreadId) -> Answer<ThreadSheet> {
    let listed = sql::list(tx, by.organisation, Some(id))?.pop().ok_or(Refusal::NotFound)?;
    let mut messages = Vec::new();
    let mut all = sql::readers(tx, by.organisation, id)?;
    for written in sql::messages(tx, id, SHOWN)? {
        let mut readers = all.remove(&written.sending).unwrap_or_default();
        if readers.len() < 2 {
            readers.clear();
        }
        let readers = readers.into_iter().map(|got| Reader {
            thread: got.thread,
            caregiver: got.membership,
            first_name: got.first_name,
            last_name: got.last_name,
            read_at: got.read_at,
        });
        messages.push(DeskMessage {
            message: written.message,
            withdrawn_at: written.withdrawn_at,
            readers: readers.collect(),
        });
    }
    Ok(ThreadSheet { row: row(listed), messages })
}

fn row(listed: sql::Listed) -> ThreadRow {
    ThreadRow {
        id: listed.id,
        caregiver: listed.membership,
        first_name: listed.first_name,
        last_name: listed.last_name,
        excerpt: if listed.last_withdrawn { String::new() } else { excerpt(&listed.last_text) },
        last_from: listed.last_from,
        last_at: listed.last_at,
        unseen: listed.unseen,
        unread: listed.unread,
        mandatory_unread: listed.mandatory_unread,
        alert: listed.alert,
    }
}

/// Writes to one, some or all: a thread for each (row O-22). `sending` is drawn by the caller.
///
/// # Errors
/// [`Refusal::Invalid`] when nobody is named; [`Refusal::NotFound`] for one who is not at work here.
pub fn send(
    tx: &mut Tx,
    by: &By,
    sending: MessageId,
    (to, everybody): (&[MembershipId], bool),
    new: &MessageInput,
    now: Moment,
) -> Answer<Sent> {
    let to: BTreeSet<MembershipId> = if everybody {
        sql::everybody(tx, by.organisation)?.into_iter().collect()
    } else {
        to.iter().copied().collect()
    };
    if to.is_empty() {
        return Err(Refusal::Invalid.into());
    }
    let mut sent = Sent { threads: Vec::new() };
    for membership in to {
        if !sql::at_work(tx, by.organisation, membership)? {
            return Err(Refusal::NotFound.into());
        }
        let thread = Kept {
            id: ThreadId::new(now, of(sending, membership, "thread")),
            organisation: by.organisation,
            membership,
            alert: true,
        };
        sql::add_thread(tx, &thread, now)?;
        let id = MessageId::new(now, of(sending, membership, "message"));
        write(tx, by, &thread, (id, sending), new, now)?;
        sent.threads.push(thread.id);
    }
    note(tx, by, "message.send", sending, &sent.threads.len().to_string(), now)?;
    Ok(sent)
}

/// Chance for an id that follows from what it is of: a transaction may run twice.
fn of(sending: MessageId, to: MembershipId, what: &str) -> [u8; 10] {
    let digest = Digest::of(&[sending.uuid().as_bytes(), to.uuid().as_bytes(), what.as_bytes()]);
    let mut chance = [0; 10];
    chance.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    chance
}

/// Answers in a thread; what the caregiver wrote there is seen.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn answer(
    tx: &mut Tx,
    by: &By,
    thread: ThreadId,
    id: MessageId,
    new: &MessageInput,
    now: Moment,
) -> Answer<()> {
    let thread = ours(tx, by.organisation, thread)?;
    sql::mark_seen(tx, thread.id, now)?;
    write(tx, by, &thread, (id, id), new, now)?;
    note(tx, by, "message.send", id, "1", now)?;
    Ok(())
}

fn write(
    tx: &mut Tx,
    by: &By,
    thread: &Kept,
    (id, sending): (MessageId, MessageId),
    new: &MessageInput,
    now: Moment,
) -> Answer<()> {
    let message = Message {
        id,
        from: Author::Office,
        author: by.name.clone(),
        text: new.text.clone(),
        mandatory: new.mandatory,
        sent_at: now,
        read_at: None,
    };
    let new = New { sending: sending.to_string(), account: Some(by.account), message: &message };
    sql::add(tx, thread, &new, now)?;
    announce(tx, thread);
    let to = (thread.organisation, thread.membership);
    notices::wake(tx, to, Kind::Message, thread.id, now)
}

/// Takes back a message that was not read yet: it leaves the phone.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::InUse`] once it was read.
pub fn withdraw(tx: &mut Tx, by: &By, id: MessageId, now: Moment) -> Answer<()> {
    let found = sql::message(tx, id)?.filter(|(t, _)| t.organisation == by.organisation);
    let (thread, _) = found.ok_or(Refusal::NotFound)?;
    if !sql::withdraw(tx, id, now)? {
        return Err(Refusal::InUse.into());
    }
    announce(tx, &thread);
    note(tx, by, "message.withdraw", id, "", now)?;
    Ok(())
}

/// The office has opened a thread: what the caregiver wrote is seen.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn seen(tx: &mut Tx, by: &By, id: ThreadId, now: Moment) -> Answer<()> {
    let thread = ours(tx, by.organisation, id)?;
    if sql::mark_seen(tx, id, now)? {
        announce(tx, &thread);
    }
    Ok(())
}

/// Writes "Alerter par email" of a thread (row O-23).
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn set_alert(tx: &mut Tx, by: &By, id: ThreadId, alert: bool) -> Answer<()> {
    let thread = ours(tx, by.organisation, id)?;
    sql::write_alert(tx, id, alert)?;
    announce(tx, &thread);
    Ok(())
}

fn ours(tx: &mut Tx, organisation: OrganisationId, id: ThreadId) -> Answer<Kept> {
    let found = sql::thread(tx, id)?.filter(|thread| thread.organisation == organisation);
    Ok(found.ok_or(Refusal::NotFound)?)
}

fn announce(tx: &mut Tx, thread: &Kept) {
    tx.changed(&Scope::membership(thread.membership), &RowKind::Thread, thread.id);
}
