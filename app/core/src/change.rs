//! Changes of the planning on the phone: those to be seen, and when they ring (rows O-10, B-14).

use releve_shared::clock::Stamp;
use releve_shared::id::VisitId;
use releve_shared::planning::PlanningChange;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{Command, RowKind, SawChange};
use releve_shared::time::Moment;

use crate::core::Core;
use crate::door::Reply;
use crate::fault::Stop;
use crate::message::worked;
use crate::scene::{Own, Scene};
use crate::store::duty::{self, Rung};
use crate::store::{care, write};

/// How many changes there are to be seen, and how many of them ring now.
pub(crate) struct Changes {
    pub(crate) unseen: u32,
    pub(crate) ring: u32,
}

impl Core {
    pub(crate) fn saw_change(
        &mut self,
        visit: VisitId,
        n: i64,
        now: &Stamp,
    ) -> Result<Reply, Stop> {
        let waiting = self.changes_to_see(now)?;
        // Seeing twice is seeing once; a later change is another one.
        if !waiting.iter().any(|change| change.visit == visit && change.n == n) {
            return Ok(Reply::Done);
        }
        self.send_badge(&Command::SawChange(SawChange { visit, n, stamp: now.clone() }), now)
    }

    /// The changes to be seen, the soonest visit first.
    pub(crate) fn changes_to_see(&mut self, now: &Stamp) -> Result<Vec<PlanningChange>, Stop> {
        self.identity()?;
        if !self.may_read(now)? {
            return Err(Refusal::LeaseOver.into());
        }
        let store = self.store()?;
        let own = store.memory.own(&store.duty)?;
        self.unseen(&own)
    }

    /// The same. The caller has checked that it may be read.
    pub(crate) fn unseen(&mut self, own: &Own) -> Result<Vec<PlanningChange>, Stop> {
        let Some(db) = &self.store()?.care else { return Ok(Vec::new()) };
        let mut changes = care::rows::<PlanningChange>(db, &RowKind::PlanningChange)?;
        changes.retain(|change| !seen_here(change, own));
        changes.sort_by_key(|change| (soonest(change), change.visit));
        Ok(changes)
    }

    /// Keeps that what is to be seen has rung: not again, even after a restart.
    pub(crate) fn rang(&mut self, now: &Stamp) -> Result<Reply, Stop> {
        let waiting = self.changes_to_see(now)?;
        let rung = Rung(waiting.iter().map(|change| (change.visit, change.n)).collect());
        write(&mut self.store()?.duty, |tx| Ok(duty::put(tx, &rung)?))?;
        Ok(Reply::Done)
    }

    /// What rings now: nothing outside working time (right to disconnect).
    pub(crate) fn changes_now(
        &mut self,
        scene: &Scene,
        own: &Own,
        at: Moment,
    ) -> Result<Changes, Stop> {
        let waiting = self.unseen(own)?;
        let unseen = count(waiting.len());
        let visits = scene.visits.values().map(|visit| (visit, scene.progress(visit.id)));
        if waiting.is_empty() || !worked(visits, at) {
            return Ok(Changes { unseen, ring: 0 });
        }
        let rung = duty::get::<Rung>(&self.store()?.duty)?.unwrap_or_default();
        let new = waiting.iter().filter(|change| !rung.0.contains(&(change.visit, change.n)));
        Ok(Changes { unseen, ring: count(new.count()) })
    }
}

/// Whether the worker has seen it on this phone, and the office may not know yet.
fn seen_here(change: &PlanningChange, own: &Own) -> bool {
    own.items.values().filter(|item| !item.refused()).any(|item| {
        matches!(item.command(), Command::SawChange(saw)
            if saw.visit == change.visit && saw.n >= change.n)
    })
}

fn soonest(change: &PlanningChange) -> Option<Moment> {
    [&change.before, &change.after].into_iter().flatten().map(|picture| picture.starts_at).min()
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}
