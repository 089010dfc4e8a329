//! What the server's answers change in the store. The only writer of the mirror.

use std::collections::{BTreeMap, BTreeSet};

use releve_shared::badge::HomeTag;
use releve_shared::establishment::Organisation;
use releve_shared::person::{Membership, MembershipState};
use releve_shared::sync::{ClockedRow, Lane, PullAnswer, PushAnswer, RowKind, Scope, Verdict};
use releve_shared::time::Moment;
use releve_shared::visit::Visit;
use rusqlite::Connection;

use crate::fault::Stop;
use crate::store::care::Staging;
use crate::store::duty::{Diary, Epoch, Identity, Known, Member};
use crate::store::{care, chain, duty, outbox, shrink, write};

/// What a push came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// Verdicts were given, or the lanes put right: go on.
    GoOn,
    /// The server took nothing and nothing changed: wait before the next try.
    Stuck,
}

/// Keeps the verdicts of a push. A lane that the server is behind in is offered again from the
/// number it names; after a restore, all lanes are, after its last numbers (C3, C8).
pub(crate) fn pushed(db: &mut Connection, answer: &PushAnswer) -> Result<Pushed, Stop> {
    write(db, |tx| {
        let mut moved = answer.outcomes.is_empty();
        let known = duty::get::<Epoch>(tx)?;
        let restored = known.as_ref().is_some_and(|known| known.0 != answer.epoch);
        if restored || known.is_none() {
            duty::put(tx, &Epoch(answer.epoch.clone()))?;
        }
        let mut behind: BTreeMap<Lane, u64> = BTreeMap::new();
        if restored {
            for lane in outbox::lanes(tx)? {
                let last = answer.last.get(&lane).copied().unwrap_or(0);
                behind.insert(lane, last.saturating_add(1));
            }
            chain::tell_again(tx)?;
        }
        for outcome in &answer.outcomes {
            match &outcome.verdict {
                Verdict::Done | Verdict::Refused { .. } => {
                    outbox::record(tx, outcome)?;
                    moved = true;
                }
                Verdict::Expected { n } => {
                    let from = behind.entry(outcome.lane.clone()).or_insert(*n);
                    *from = (*from).min(*n);
                }
            }
        }
        for (lane, from) in &behind {
            // Verdicts of this very answer are below what the server expects: they stay.
            moved |= outbox::offer_again(tx, lane, *from)? > 0;
        }
        Ok(if moved { Pushed::GoOn } else { Pushed::Stuck })
    })
}

/// Takes a page. Complete, it becomes visible all at once (F4). Gives whether it was complete.
pub(crate) fn page(care_db: &mut Connection, answer: &PullAnswer) -> Result<bool, Stop> {
    let granted: BTreeSet<Scope> = answer.scopes.iter().cloned().collect();
    let left = write(care_db, |tx| {
        let held = care::staging(tx)?;
        let mut staging = match held {
            Some(staging) if staging.epoch == answer.epoch => staging,
            Some(_) => {
                care::forget_staging(tx)?;
                Staging::default()
            }
            None => Staging::default(),
        };
        let shown = care::shown(tx)?;
        if !shown.epoch.is_empty() && shown.epoch != answer.epoch {
            staging.resets.extend(care::cursors(tx)?.into_keys());
        }
        staging.epoch.clone_from(&answer.epoch);
        // A scope lost on one page and back on a later one starts again from 0.
        staging.resets.extend(care::cursors(tx)?.into_keys().filter(|s| !granted.contains(s)));
        for scope in &answer.resets {
            care::unstage(tx, scope)?;
            staging.resets.insert(scope.clone());
        }
        staging.cursors.clone_from(&answer.cursors);
        care::stage(tx, &staging, &answer.rows)?;
        if answer.complete { Ok(Some(care::apply(tx, &staging, &granted)?)) } else { Ok(None) }
    })?;
    if left == Some(true) {
        shrink(care_db)?;
    }
    Ok(left.is_some())
}

/// After a complete pull: clocking learns what it must know, and acts whose effect is shown leave
/// the outbox (C5).
pub(crate) fn settle(
    db: &mut Connection,
    care_db: &Connection,
    granted: &BTreeSet<Scope>,
    now: Moment,
) -> Result<(), Stop> {
    let reached = care::cursors(care_db)?;
    write(db, |tx| {
        learn(tx, care_db)?;
        outbox::let_go(tx, &reached, granted, now)?;
        chain::prune(tx, now)?;
        let diary = duty::get::<Diary>(tx)?.unwrap_or_default();
        Ok(duty::put(
            tx,
            &Diary {
                synced_at: Some(now),
                damaged: false,
                known: care::shown(care_db)?.state,
                ..diary
            },
        )?)
    })
}

/// Copies what clocking must know when the care data is locked.
pub(crate) fn learn(tx: &Connection, care_db: &Connection) -> Result<(), Stop> {
    let visits = care::rows::<Visit>(care_db, &RowKind::Visit)?;
    let tags = care::rows::<HomeTag>(care_db, &RowKind::HomeTag)?;
    let clocked = care::rows::<ClockedRow>(care_db, &RowKind::ClockEvent)?;
    let clocked = clocked.into_iter().map(|row| row.clocked).collect();
    duty::learn(tx, &Known { visits, tags, clocked })?;
    crate::contact::learn(tx, care_db)?;
    if let Some(identity) = duty::get::<Identity>(tx)? {
        let organisation = care::rows::<Organisation>(care_db, &RowKind::Organisation)?
            .into_iter()
            .find(|organisation| organisation.id == identity.organisation.id);
        let member = care::rows::<Membership>(care_db, &RowKind::Membership)?
            .into_iter()
            .filter(|member| member.state == MembershipState::Active)
            .find(|member| member.organisation == identity.organisation.id);
        if let Some(organisation) = organisation {
            duty::put(tx, &Identity { organisation, ..identity })?;
        }
        if let Some(member) = member {
            duty::put(tx, &Member(member.id))?;
        }
    }
    Ok(())
}
