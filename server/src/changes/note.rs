//! Noting a change, in the transaction that makes it.

use releve_shared::id::{ClientId, MembershipId, VisitId};
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;

pub use super::rules::Shown;
use super::{rules, sql};
use crate::db::{Answer, Tx};
use crate::identity::By;

/// A visit as its planning shows it now; `None` when phones do not hold it.
///
/// # Errors
/// Those of the database.
pub fn shown(tx: &mut Tx, visit: VisitId) -> Answer<Option<Shown>> {
    Ok(sql::shown(tx, visit)?)
}

/// Whose planning a visit is in, and how it shows there.
pub type InPlanning = ((VisitId, MembershipId), Option<Shown>);

/// The visits of a client that phones hold, as their plannings show them now.
///
/// # Errors
/// Those of the database.
pub fn of_client(tx: &mut Tx, client: ClientId) -> Answer<Vec<InPlanning>> {
    let mut all = Vec::new();
    for at in sql::held_of(tx, client)? {
        all.push((at, sql::shown(tx, at.0)?));
    }
    Ok(all)
}

/// Notes that a visit was `from` in a planning and is `to`: with what was noted and not seen yet it is
/// one change, and none when it came back to what the worker knew. Nobody rings for the past, nor
/// for a planning that no phone has been given.
///
/// # Errors
/// Those of the database.
pub fn noted(
    tx: &mut Tx,
    by: &By,
    (visit, membership): (VisitId, MembershipId),
    from: Option<&Shown>,
    to: Option<&Shown>,
    now: Moment,
) -> Answer<()> {
    let old = sql::one(tx, visit, membership)?;
    let waiting = old.as_ref().filter(|old| old.state == "open");
    if rules::same(from, to) || (waiting.is_none() && !rules::matters(from, to, now)) {
        return Ok(());
    }
    if waiting.is_none() && !sql::told(tx, membership)? {
        return Ok(());
    }
    let known = match waiting {
        Some(old) => old.known.clone(),
        None => from.cloned(),
    };
    let undone = rules::same(known.as_ref(), to);
    let new = sql::Kept {
        n: old.as_ref().map_or(1, |old| old.n + 1),
        known,
        holds: to.cloned(),
        state: if undone { "undone" } else { "open" }.to_owned(),
        changed_at: now,
        seen_at: None,
    };
    sql::write(tx, by, (visit, membership), &new)?;
    let id = sql::row_id(visit, membership);
    tx.changed(&Scope::membership(membership), &RowKind::PlanningChange, id);
    Ok(())
}
