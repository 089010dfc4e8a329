//! What the worker says of a way.

use releve_shared::clock::locate;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope, WriteTravel};
use releve_shared::travel::{self, Correction, Leg, TravelRow};

use super::sql::{self, Said};
use crate::db::{Answer, Tx};
use crate::visits::{self, Reception};

/// Writes how a worker went to a visit, beside what was computed; the last writing counts.
///
/// # Errors
/// Those of [`travel::check`]; [`Refusal::NotFound`] for visits that were not hers then;
/// [`Refusal::NotAllowed`] once the office has decided.
pub fn write_travel(tx: &mut Tx, from: &Reception<'_>, new: &WriteTravel) -> Answer<()> {
    let written = locate(from.anchors, &new.stamp, u64::MAX, Some(from.at));
    let (writer, planning) = visits::writer(tx, from, new.visit, &written)?;
    let old = sql::said(tx, new.visit)?;
    if old.as_ref().is_some_and(|old| old.device != from.device && old.written_at > written.at) {
        return Ok(());
    }
    let correction = match (&new.correction, &old) {
        (Some(correction), _) => {
            travel::check(correction)?;
            let note = correction.note.trim().replace('\0', "\u{fffd}");
            Correction { note, ..correction.clone() }
        }
        // Taken back: what was said stays readable, and counts no more.
        (None, Some(old)) => old.row.correction.clone(),
        (None, None) => return Ok(()),
    };
    let ends = sql::ends(tx, correction.from, new.visit)?.ok_or(Refusal::NotFound)?;
    if ends.from_membership != ends.to_membership || ends.to_membership != planning {
        return Err(Refusal::NotFound.into());
    }
    let computed: Leg = travel::computed(ends.from, ends.to, ends.left, ends.due);
    let said = Said {
        row: TravelRow { visit: new.visit, correction, received_at: from.at },
        membership: writer,
        computed,
        stands: new.correction.is_some(),
        device: from.device,
        written_at: written.at,
    };
    sql::write(tx, &said)?;
    tx.changed(&Scope::membership(planning), &RowKind::Travel, new.visit);
    Ok(())
}
