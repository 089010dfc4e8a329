//! Every statement of the room, and its rows.

use std::collections::BTreeMap;

use releve_shared::id::{AccountId, MembershipId, MessageId, OrganisationId, ThreadId};
use releve_shared::message::{Author, HELD, Message, Thread};
use releve_shared::time::Moment;

use crate::db::{Fault, Row, Tx};

crate::code_columns!(Author);

crate::statements! {
    /// The threads of an organisation, the newest first; one of them when its id is given.
    LIST = "SELECT t.id, t.membership, p.first_name, p.last_name, t.alert, t.last_at, m.text, m.author,
                   m.withdrawn_at,
                   (SELECT COUNT(*) FROM message u
                     WHERE u.thread = t.id AND u.author = 'caregiver' AND u.read_at IS NULL),
                   (SELECT COUNT(*) FROM message u
                     WHERE u.thread = t.id AND u.author = 'office' AND u.read_at IS NULL
                       AND u.withdrawn_at IS NULL),
                   (SELECT COUNT(*) FROM message u
                     WHERE u.thread = t.id AND u.author = 'office' AND u.read_at IS NULL
                       AND u.withdrawn_at IS NULL AND u.mandatory = 1)
              FROM thread t
              JOIN membership c ON c.id = t.membership
              JOIN person p ON p.id = c.person
              JOIN message m ON m.id = (SELECT n.id FROM message n WHERE n.thread = t.id
                                         ORDER BY n.sent_at DESC, n.id DESC LIMIT 1)
             WHERE t.organisation = $1 AND ($2 = '' OR t.id = $2)
             ORDER BY t.last_at DESC, t.id LIMIT 300";
    /// The messages of a thread, the newest first.
    MESSAGES = "SELECT id, author, author_name, text, mandatory, sent_at, read_at, withdrawn_at, sending
                  FROM message WHERE thread = $1 ORDER BY sent_at DESC, id DESC LIMIT $2";
    /// Those who got what was written in a thread, each with the sending that reached them.
    READERS = "SELECT m.sending, t.id, t.membership, p.first_name, p.last_name, m.read_at
                 FROM message m
                 JOIN thread t ON t.id = m.thread
                 JOIN membership c ON c.id = t.membership
                 JOIN person p ON p.id = c.person
                WHERE m.organisation = $1
                  AND m.sending IN (SELECT w.sending FROM message w WHERE w.thread = $2)
                ORDER BY p.last_name, p.first_name, t.id";
    /// A thread, whoever asks.
    THREAD = "SELECT id, organisation, membership, alert FROM thread WHERE id = $1";
    /// A message with its thread, whoever asks.
    MESSAGE = "SELECT t.id, t.organisation, t.membership, t.alert, m.author, m.read_at, m.withdrawn_at
                 FROM message m JOIN thread t ON t.id = m.thread WHERE m.id = $1";
    /// Begins a thread, once.
    ADD_THREAD = "INSERT INTO thread (id, organisation, membership, alert, created_at, last_at)
                  VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING";
    /// Adds a message, once.
    ADD_MESSAGE = "INSERT INTO message (id, organisation, thread, sending, author, account, author_name,
                                        text, mandatory, sent_at, received_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                   ON CONFLICT (id) DO NOTHING";
    /// A thread has moved.
    TOUCH = "UPDATE thread SET last_at = $1 WHERE id = $2 AND last_at < $3";
    /// Writes "Alerter par email".
    WRITE_ALERT = "UPDATE thread SET alert = $1 WHERE id = $2";
    /// A message was read: the first time counts.
    READ = "UPDATE message SET read_at = $1 WHERE id = $2 AND author = 'office' AND read_at IS NULL";
    /// The office has seen what the caregiver wrote.
    SEEN = "UPDATE message SET read_at = $1
             WHERE thread = $2 AND author = 'caregiver' AND read_at IS NULL";
    /// Takes a message back that nobody has read.
    WITHDRAW = "UPDATE message SET withdrawn_at = $1
                 WHERE id = $2 AND author = 'office' AND read_at IS NULL AND withdrawn_at IS NULL";
    /// The caregivers at work of an organisation.
    EVERYBODY = "SELECT id FROM membership WHERE organisation = $1 AND state = 'active' ORDER BY id";
    /// Whether a caregiver is at work there.
    AT_WORK = "SELECT id FROM membership WHERE organisation = $1 AND id = $2 AND state = 'active'";
    /// Which account of the office wrote last in a thread.
    LAST_WRITER = "SELECT account FROM message
                    WHERE thread = $1 AND author = 'office' AND account IS NOT NULL
                    ORDER BY sent_at DESC, id DESC LIMIT 1";
    /// Messages that were sent before a moment.
    OLD = "SELECT COUNT(*), MIN(sent_at) FROM message WHERE organisation = $1 AND sent_at < $2";
    /// The threads with messages of before a moment.
    OLD_THREADS = "SELECT DISTINCT t.id, t.organisation, t.membership, t.alert
                     FROM thread t JOIN message m ON m.thread = t.id
                    WHERE t.organisation = $1 AND m.sent_at < $2 ORDER BY t.id";
    /// Erases those messages.
    FORGET = "DELETE FROM message WHERE organisation = $1 AND sent_at < $2";
    /// Erases a thread of which nothing is left.
    DROP_EMPTY = "DELETE FROM thread
                   WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM message m WHERE m.thread = thread.id)";
}

/// A thread as it is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    pub id: ThreadId,
    pub organisation: OrganisationId,
    pub membership: MembershipId,
    pub alert: bool,
}

/// A line of the list.
pub struct Listed {
    pub id: ThreadId,
    pub membership: MembershipId,
    pub first_name: String,
    pub last_name: String,
    pub alert: bool,
    pub last_at: Moment,
    pub last_text: String,
    pub last_from: Author,
    pub last_withdrawn: bool,
    pub unseen: u64,
    pub unread: u64,
    pub mandatory_unread: u64,
}

/// A message with what the office alone knows of it.
pub struct Written {
    pub message: Message,
    pub withdrawn_at: Option<Moment>,
    pub sending: String,
}

/// A message to be kept.
pub struct New<'a> {
    pub sending: String,
    pub account: Option<AccountId>,
    pub message: &'a Message,
}

pub fn list(tx: &mut Tx, org: OrganisationId, one: Option<ThreadId>) -> Result<Vec<Listed>, Fault> {
    let one = one.map(|id| id.to_string()).unwrap_or_default();
    let rows = tx.query(&LIST, &[org.into(), one.into()])?;
    let read = |r: &Row| {
        Ok(Listed {
            id: r.get(0)?,
            membership: r.get(1)?,
            first_name: r.get(2)?,
            last_name: r.get(3)?,
            alert: r.get(4)?,
            last_at: r.get(5)?,
            last_text: r.get(6)?,
            last_from: r.get(7)?,
            last_withdrawn: r.get::<Option<Moment>>(8)?.is_some(),
            unseen: r.get(9)?,
            unread: r.get(10)?,
            mandatory_unread: r.get(11)?,
        })
    };
    rows.iter().map(read).collect()
}

/// The newest messages of a thread, in order of time.
pub fn messages(tx: &mut Tx, thread: ThreadId, most: u32) -> Result<Vec<Written>, Fault> {
    let rows = tx.query(&MESSAGES, &[thread.into(), most.into()])?;
    let read = |r: &Row| {
        let message = Message {
            id: r.get(0)?,
            from: r.get(1)?,
            author: r.get(2)?,
            text: r.get(3)?,
            mandatory: r.get(4)?,
            sent_at: r.get(5)?,
            read_at: r.get(6)?,
        };
        Ok(Written { message, withdrawn_at: r.get(7)?, sending: r.get(8)? })
    };
    rows.iter().rev().map(read).collect()
}

/// What a phone may hold of a thread; `None` when nothing is left of it.
pub fn body(tx: &mut Tx, id: ThreadId) -> Result<Option<Thread>, Fault> {
    let Some(kept) = thread(tx, id)? else { return Ok(None) };
    let most = u32::try_from(HELD).unwrap_or(u32::MAX);
    let written = messages(tx, id, most)?;
    let messages: Vec<Message> =
        written.into_iter().filter(|w| w.withdrawn_at.is_none()).map(|w| w.message).collect();
    let Kept { id, membership, alert, .. } = kept;
    Ok((!messages.is_empty()).then_some(Thread { id, membership, alert, messages }))
}

/// Somebody who got a message that was sent to several.
pub struct Got {
    pub thread: ThreadId,
    pub membership: MembershipId,
    pub first_name: String,
    pub last_name: String,
    pub read_at: Option<Moment>,
}

/// Who got what was written in a thread, by sending.
pub fn readers(
    tx: &mut Tx,
    org: OrganisationId,
    thread: ThreadId,
) -> Result<BTreeMap<String, Vec<Got>>, Fault> {
    let mut readers: BTreeMap<String, Vec<Got>> = BTreeMap::new();
    for r in tx.query(&READERS, &[org.into(), thread.into()])? {
        let got = Got {
            thread: r.get(1)?,
            membership: r.get(2)?,
            first_name: r.get(3)?,
            last_name: r.get(4)?,
            read_at: r.get(5)?,
        };
        readers.entry(r.get(0)?).or_default().push(got);
    }
    Ok(readers)
}

fn kept(r: &Row) -> Result<Kept, Fault> {
    Ok(Kept { id: r.get(0)?, organisation: r.get(1)?, membership: r.get(2)?, alert: r.get(3)? })
}

pub fn thread(tx: &mut Tx, id: ThreadId) -> Result<Option<Kept>, Fault> {
    tx.query_opt(&THREAD, &[id.into()])?.as_ref().map(kept).transpose()
}

/// The thread of a message, and whether it may still be taken back.
pub fn message(tx: &mut Tx, id: MessageId) -> Result<Option<(Kept, bool)>, Fault> {
    let row = tx.query_opt(&MESSAGE, &[id.into()])?;
    row.map(|r| {
        let office = r.get::<Author>(4)? == Author::Office;
        let touched =
            r.get::<Option<Moment>>(5)?.is_some() || r.get::<Option<Moment>>(6)?.is_some();
        Ok((kept(&r)?, office && !touched))
    })
    .transpose()
}

pub fn add_thread(tx: &mut Tx, new: &Kept, now: Moment) -> Result<u64, Fault> {
    let row = [
        new.id.into(),
        new.organisation.into(),
        new.membership.into(),
        new.alert.into(),
        now.into(),
        now.into(),
    ];
    tx.execute(&ADD_THREAD, &row)
}

/// True when it was not here yet.
pub fn add(tx: &mut Tx, thread: &Kept, new: &New<'_>, now: Moment) -> Result<bool, Fault> {
    let Message { id, from, author, text, mandatory, sent_at, read_at: _ } = new.message;
    let row = [
        (*id).into(),
        thread.organisation.into(),
        thread.id.into(),
        (&new.sending).into(),
        from.into(),
        new.account.into(),
        author.into(),
        text.into(),
        (*mandatory).into(),
        (*sent_at).into(),
        now.into(),
    ];
    let added = tx.execute(&ADD_MESSAGE, &row)? == 1;
    if added {
        tx.execute(&TOUCH, &[now.into(), thread.id.into(), now.into()])?;
    }
    Ok(added)
}

pub fn write_alert(tx: &mut Tx, id: ThreadId, alert: bool) -> Result<u64, Fault> {
    tx.execute(&WRITE_ALERT, &[alert.into(), id.into()])
}

pub fn mark_read(tx: &mut Tx, id: MessageId, at: Moment) -> Result<bool, Fault> {
    Ok(tx.execute(&READ, &[at.into(), id.into()])? == 1)
}

pub fn mark_seen(tx: &mut Tx, thread: ThreadId, at: Moment) -> Result<bool, Fault> {
    Ok(tx.execute(&SEEN, &[at.into(), thread.into()])? > 0)
}

pub fn withdraw(tx: &mut Tx, id: MessageId, at: Moment) -> Result<bool, Fault> {
    Ok(tx.execute(&WITHDRAW, &[at.into(), id.into()])? == 1)
}

pub fn everybody(tx: &mut Tx, org: OrganisationId) -> Result<Vec<MembershipId>, Fault> {
    tx.query(&EVERYBODY, &[org.into()])?.iter().map(|r| r.get(0)).collect()
}

pub fn at_work(tx: &mut Tx, org: OrganisationId, id: MembershipId) -> Result<bool, Fault> {
    Ok(tx.query_opt(&AT_WORK, &[org.into(), id.into()])?.is_some())
}

pub fn last_writer(tx: &mut Tx, thread: ThreadId) -> Result<Option<AccountId>, Fault> {
    tx.query_opt(&LAST_WRITER, &[thread.into()])?.map(|r| r.get(0)).transpose()
}

pub fn old_threads(tx: &mut Tx, org: OrganisationId, before: Moment) -> Result<Vec<Kept>, Fault> {
    tx.query(&OLD_THREADS, &[org.into(), before.into()])?.iter().map(kept).collect()
}

pub fn forget(tx: &mut Tx, org: OrganisationId, before: Moment) -> Result<u64, Fault> {
    tx.execute(&FORGET, &[org.into(), before.into()])
}

pub fn drop_empty(tx: &mut Tx, id: ThreadId) -> Result<bool, Fault> {
    Ok(tx.execute(&DROP_EMPTY, &[id.into()])? == 1)
}
