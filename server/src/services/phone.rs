//! What the worker reports of tasks (row O-40).

use releve_shared::clock::locate;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope, WriteTasks};
use releve_shared::task;

use super::sql::{self, Report};
use crate::db::{Answer, Tx};
use crate::visits::{self, Reception};

/// Writes what became of a visit's tasks; of two phones, the later writing wins. Judged, as notes are,
/// by who had the visit when they were written (sync.md C7).
///
/// # Errors
/// Those of [`task::check`]; [`Refusal::NotFound`] for a visit that was not hers then;
/// [`Refusal::NotAllowed`] once the office has decided, or the one who has it now has reported.
pub fn write_tasks(tx: &mut Tx, from: &Reception<'_>, new: &WriteTasks) -> Answer<()> {
    task::check(&new.tasks)?;
    let written = locate(from.anchors, &new.stamp, u64::MAX, Some(from.at));
    let (writer, planning) = visits::writer(tx, from, new.visit, &written)?;
    let old = sql::report(tx, new.visit)?;
    let anothers = old.as_ref().is_some_and(|old| old.membership != writer);
    if anothers && planning != writer {
        return Err(Refusal::NotAllowed.into());
    }
    let later =
        old.is_none_or(|old| old.device == from.device || written.at >= old.written_at || anothers);
    if later {
        let clean = |text: &str| text.replace('\0', "\u{fffd}");
        let tasks = new.tasks.iter().map(|line| task::TaskLine {
            label: clean(&line.label),
            why: clean(line.why.trim()),
            ..line.clone()
        });
        let report = Report {
            membership: writer,
            tasks: tasks.collect(),
            device: from.device,
            written_at: written.at,
            received_at: from.at,
        };
        sql::write_report(tx, new.visit, &report)?;
        tx.changed(&Scope::membership(planning), &RowKind::Tasks, new.visit);
    }
    Ok(())
}
