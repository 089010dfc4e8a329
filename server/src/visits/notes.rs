//! What the worker writes about a visit: kilometres, expenses, comment, report
//! (rows O-19, O-35, O-36).

use releve_shared::clock::{Measured, locate};
use releve_shared::id::{MembershipId, VisitId};
use releve_shared::planted;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope, WriteNotes};
use releve_shared::visit::VisitNotes;

use super::clock::{Reception, had_access};
use super::rows::{self, Written};
use crate::db::{Answer, Tx};
use crate::{people, text};

/// Who writes about a visit, and in whose planning it is now: judged, as stamps are, by who had the
/// visit when it was written (sync.md C7).
///
/// # Errors
/// [`Refusal::NotFound`] for a visit that was not hers then; [`Refusal::NotAllowed`] once the office
/// has decided.
pub fn writer(
    tx: &mut Tx,
    from: &Reception<'_>,
    visit: VisitId,
    written: &Measured,
) -> Answer<(MembershipId, MembershipId)> {
    let org = rows::owner(tx, visit)?.ok_or(Refusal::NotFound)?;
    let writer = people::membership_of(tx, org, from.person)?.ok_or(Refusal::NotFound)?;
    let place = people::place(tx, writer, from.person)?;
    let claimed = rows::claim(tx, org, visit)?.ok_or(Refusal::NotFound)?;
    if !had_access(tx, place.as_ref(), (visit, writer), written)? {
        return Err(Refusal::NotFound.into());
    }
    if rows::retained(tx, visit)?.is_some() {
        return Err(Refusal::NotAllowed.into());
    }
    Ok((writer, claimed.plan.membership))
}

/// Writes a visit's notes; of two phones, the later writing wins, whatever the order of arrival.
///
/// # Errors
/// Those of [`writer`]; [`Refusal::NotAllowed`] when the one who has the visit now has written;
/// [`Refusal::TooLong`] for words above 4,000 characters.
pub fn write_notes(tx: &mut Tx, from: &Reception<'_>, new: &WriteNotes) -> Answer<()> {
    let VisitNotes { comment, distance_note, report, .. } = &new.notes;
    if [comment, distance_note, report].iter().any(|t| t.chars().count() > text::PARAGRAPH) {
        return Err(Refusal::TooLong.into());
    }
    // Notes have no number in the chain: they come after every stamp made so far.
    let written = locate(from.anchors, &new.stamp, u64::MAX, Some(from.at));
    let written = if planted!("order_by_device_clock") {
        Measured { at: new.stamp.wall, ..written }
    } else {
        written
    };
    let (writer, planning) = writer(tx, from, new.visit, &written)?;
    let old = rows::notes(tx, new.visit)?;
    let anothers = old.as_ref().is_some_and(|old| old.membership != writer);
    if anothers && planning != writer {
        return Err(Refusal::NotAllowed.into());
    }
    let later =
        old.is_none_or(|old| old.device == from.device || written.at >= old.written_at || anothers);
    if later || planted!("last_arrival_wins") {
        let clean = |text: &str| text.replace('\0', "\u{fffd}");
        let notes = VisitNotes {
            comment: clean(comment),
            distance_note: clean(distance_note),
            report: clean(report),
            ..new.notes.clone()
        };
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
