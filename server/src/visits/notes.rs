//! What the worker writes about a visit: kilometres, expenses, comment (row O-19).

use releve_shared::clock::locate;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope, WriteNotes};
use releve_shared::visit::VisitNotes;

use super::clock::Reception;
use super::rows::{self, Written};
use crate::db::{Answer, Tx};
use crate::{people, text};

/// Writes a visit's notes; of two phones, the later writing wins, whatever the order of arrival.
///
/// # Errors
/// [`Refusal::NotFound`] for a visit that is not hers; [`Refusal::NotAllowed`] once the office has
/// decided; [`Refusal::TooLong`] for a comment above 4,000 characters.
pub fn write_notes(tx: &mut Tx, from: &Reception<'_>, new: &WriteNotes) -> Answer<()> {
    if new.notes.comment.chars().count() > text::PARAGRAPH {
        return Err(Refusal::TooLong.into());
    }
    let org = match rows::owner(tx, new.visit)? {
        Some(org) => org,
        None => return Err(Refusal::NotFound.into()),
    };
    let visit = rows::claim(tx, org, new.visit)?.ok_or(Refusal::NotFound)?;
    let planning = visit.plan.membership;
    people::place(tx, planning, from.person)?.ok_or(Refusal::NotFound)?;
    if !rows::retained(tx, new.visit)?.is_empty() {
        return Err(Refusal::NotAllowed.into());
    }
    // Notes have no number in the chain: they come after every stamp made so far.
    let written_at = locate(from.anchors, &new.stamp, u64::MAX, Some(from.at)).at;
    let later = rows::notes(tx, new.visit)?
        .is_none_or(|old| old.device == from.device || written_at >= old.written_at);
    if later {
        let comment = new.notes.comment.replace('\0', "\u{fffd}");
        let notes = VisitNotes { comment, ..new.notes.clone() };
        let written = Written { notes, device: from.device, written_at, received_at: from.at };
        rows::write_notes(tx, new.visit, planning, &written)?;
        tx.changed(&Scope::membership(planning), &RowKind::Notes, new.visit);
    }
    Ok(())
}
