//! What the worker writes about a visit: kilometres, expenses, comment (row O-19).

use releve_shared::clock::{Measured, locate};
use releve_shared::planted;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope, WriteNotes};
use releve_shared::visit::VisitNotes;

use super::clock::{Reception, had_access};
use super::rows::{self, Written};
use crate::db::{Answer, Tx};
use crate::{people, text};

/// Writes a visit's notes; of two phones, the later writing wins, whatever the order of arrival.
/// Judged, as stamps are, by who had the visit when they were written (sync.md C7).
///
/// # Errors
/// [`Refusal::NotFound`] for a visit that was not hers then; [`Refusal::NotAllowed`] once the office
/// has decided, or the one who has the visit now has written; [`Refusal::TooLong`] for a comment
/// above 4,000 characters.
pub fn write_notes(tx: &mut Tx, from: &Reception<'_>, new: &WriteNotes) -> Answer<()> {
    if new.notes.comment.chars().count() > text::PARAGRAPH {
        return Err(Refusal::TooLong.into());
    }
    let org = match rows::owner(tx, new.visit)? {
        Some(org) => org,
        None => return Err(Refusal::NotFound.into()),
    };
    let writer = people::membership_of(tx, org, from.person)?.ok_or(Refusal::NotFound)?;
    let place = people::place(tx, writer, from.person)?;
    // Notes have no number in the chain: they come after every stamp made so far.
    let written = locate(from.anchors, &new.stamp, u64::MAX, Some(from.at));
    let written = if planted!("order_by_device_clock") {
        Measured { at: new.stamp.wall, ..written }
    } else {
        written
    };
    let visit = rows::claim(tx, org, new.visit)?.ok_or(Refusal::NotFound)?;
    if !had_access(tx, place.as_ref(), (new.visit, writer), &written)? {
        return Err(Refusal::NotFound.into());
    }
    let planning = visit.plan.membership;
    let old = rows::notes(tx, new.visit)?;
    let anothers = old.as_ref().is_some_and(|old| old.membership != writer);
    let decided = rows::retained(tx, new.visit)?.is_some();
    if decided || (anothers && planning != writer) {
        return Err(Refusal::NotAllowed.into());
    }
    let later =
        old.is_none_or(|old| old.device == from.device || written.at >= old.written_at || anothers);
    if later || planted!("last_arrival_wins") {
        let comment = new.notes.comment.replace('\0', "\u{fffd}");
        let notes = VisitNotes { comment, ..new.notes.clone() };
        let written = Written {
            membership: writer,
            notes,
            device: from.device,
            written_at: written.at,
            received_at: from.at,
        };
        rows::write_notes(tx, new.visit, &written)?;
        tx.changed(&Scope::membership(planning), &RowKind::Notes, new.visit);
    }
    Ok(())
}
