//! What caregivers do with messages: read, write, and say whether the office is told by mail.

use releve_shared::clock::{Stamp, locate};
use releve_shared::id::{CommandId, MembershipId, MessageId};
use releve_shared::message::{Author, Message, TEXT_LIMIT};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{AlertByMail, ReadMessage, RowKind, Scope, WriteMessage};
use releve_shared::time::Moment;

use super::sql::{self, Kept, New};
use crate::db::{Answer, Tx};
use crate::notices::{self, Kind};
use crate::people;
use crate::visits::Reception;

/// When an act was done; never after its reception.
fn moment(from: &Reception<'_>, stamp: &Stamp) -> Moment {
    locate(from.anchors, stamp, u64::MAX, Some(from.at)).at
}

/// Lets through the owner of a planning, as access was at the time of the act (sync.md C7).
fn hers(tx: &mut Tx, from: &Reception<'_>, planning: MembershipId, at: Moment) -> Answer<()> {
    let place = people::place(tx, planning, from.person)?.ok_or(Refusal::NotFound)?;
    if place.ended_at.is_some_and(|ended| at > ended) {
        return Err(Refusal::NotAllowed.into());
    }
    Ok(())
}

/// Keeps when a message was read, the first time (row O-22).
///
/// # Errors
/// [`Refusal::NotFound`] for a message that is not hers.
pub fn read_message(tx: &mut Tx, from: &Reception<'_>, read: &ReadMessage) -> Answer<()> {
    let (thread, _) = sql::message(tx, read.message)?.ok_or(Refusal::NotFound)?;
    // Reading is a fact, even of a message that was withdrawn meanwhile or after a last day of work.
    people::place(tx, thread.membership, from.person)?.ok_or(Refusal::NotFound)?;
    if sql::mark_read(tx, read.message, moment(from, &read.stamp))? {
        tx.changed(&Scope::membership(thread.membership), &RowKind::Thread, thread.id);
    }
    Ok(())
}

/// Takes a message to the office; one in a thread that is not known yet begins it. Queues a mail when
/// the thread asks for it (row O-23).
///
/// # Errors
/// [`Refusal::NotFound`] for a thread that is not hers; [`Refusal::NotAllowed`] when it was written
/// after her last day; [`Refusal::Invalid`] without a word; [`Refusal::TooLong`].
pub fn write_message(
    tx: &mut Tx,
    from: &Reception<'_>,
    command: CommandId,
    new: &WriteMessage,
) -> Answer<()> {
    let text = new.text.trim().replace('\0', "\u{fffd}");
    if text.is_empty() {
        return Err(Refusal::Invalid.into());
    }
    if text.chars().count() > TEXT_LIMIT {
        return Err(Refusal::TooLong.into());
    }
    let at = moment(from, &new.stamp);
    let thread = match sql::thread(tx, new.thread)? {
        Some(thread) => thread,
        None => {
            let own = people::membership_of(tx, from.organisation, from.person)?;
            let membership = own.ok_or(Refusal::NotFound)?;
            let organisation = from.organisation;
            Kept { id: new.thread, organisation, membership, alert: new.alert }
        }
    };
    hers(tx, from, thread.membership, at)?;
    sql::add_thread(tx, &thread, from.at)?;
    let message = Message {
        id: MessageId::from(command.uuid()),
        from: Author::Caregiver,
        author: String::new(),
        text,
        mandatory: false,
        sent_at: at,
        read_at: None,
    };
    let sending = command.to_string();
    if sql::add(tx, &thread, &New { sending, account: None, message: &message }, from.at)? {
        tx.changed(&Scope::membership(thread.membership), &RowKind::Thread, thread.id);
        if thread.alert {
            let writer = sql::last_writer(tx, thread.id)?;
            let to = (thread.organisation, writer);
            notices::tell(tx, to, Kind::Message, thread.id, from.at)?;
        }
    }
    Ok(())
}

/// Writes "Alerter par email" of a thread; the last one counts.
///
/// # Errors
/// [`Refusal::NotFound`] for a thread that is not hers; [`Refusal::NotAllowed`] after her last day.
pub fn alert_by_mail(tx: &mut Tx, from: &Reception<'_>, wish: &AlertByMail) -> Answer<()> {
    let thread = sql::thread(tx, wish.thread)?.ok_or(Refusal::NotFound)?;
    hers(tx, from, thread.membership, moment(from, &wish.stamp))?;
    sql::write_alert(tx, thread.id, wish.alert)?;
    tx.changed(&Scope::membership(thread.membership), &RowKind::Thread, thread.id);
    Ok(())
}
