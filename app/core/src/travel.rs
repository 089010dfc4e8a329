//! Ways between visits on the phone (row B-21): computed by the shared rule, corrected by the worker.

use std::collections::BTreeMap;

use releve_shared::clock::Stamp;
use releve_shared::id::VisitId;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{Command, RowKind, WriteTravel};
use releve_shared::time::Zone;
use releve_shared::travel::{self, Correction, Leg, TravelRow, computed, ways};
use releve_shared::visit::Visit;

use crate::core::Core;
use crate::door::{Reply, TravelLine};
use crate::fault::Stop;
use crate::scene::{Own, Scene};
use crate::sight::Sight;
use crate::store::care;

impl Core {
    pub(crate) fn correct_travel(
        &mut self,
        visit: VisitId,
        correction: Option<Correction>,
        now: &Stamp,
    ) -> Result<Reply, Stop> {
        if let Some(correction) = &correction {
            travel::check(correction)?;
            let (scene, _) = self.clocking_scene(&Sight::of(correction.from), now)?;
            if !scene.visits.contains_key(&correction.from) {
                return Err(Refusal::NotFound.into());
            }
        }
        self.may_write(visit, now)?;
        self.send_badge(
            &Command::Travel(WriteTravel { visit, correction, stamp: now.clone() }),
            now,
        )
    }

    /// The ways between some visits. The caller has checked that they may be read.
    pub(crate) fn travel_between(
        &mut self,
        visits: &[&Visit],
        zone: &Zone,
        scene: &Scene,
        own: &Own,
    ) -> Result<Vec<TravelLine>, Stop> {
        let mut said: BTreeMap<VisitId, Option<Correction>> = match &self.store()?.care {
            Some(db) => care::rows::<TravelRow>(db, &RowKind::Travel)?
                .into_iter()
                .map(|row| (row.visit, Some(row.correction)))
                .collect(),
            None => BTreeMap::new(),
        };
        said.extend(said_here(own));
        let at = |visit: &Visit| scene.clients.get(&visit.client).and_then(|client| client.at);
        let lines = ways(visits, zone).into_iter().map(|(from, to)| {
            let correction =
                said.get(&to.id).cloned().flatten().filter(|said| said.from == from.id);
            TravelLine {
                visit: to.id,
                from: from.id,
                from_label: scene.label(from.id),
                computed: computed(at(from), at(to), from.ends_at, to.starts_at),
                corrected: correction.as_ref().map(|said| said.leg),
                note: correction.map(|said| said.note).unwrap_or_default(),
            }
        });
        Ok(lines.collect())
    }
}

/// Minutes of work that ways count for.
pub(crate) fn minutes(lines: &[TravelLine]) -> u32 {
    let counted = |line: &TravelLine| {
        let said: Option<Leg> = line.corrected;
        said.and_then(|leg| leg.minutes).or(line.computed.minutes).unwrap_or(0)
    };
    lines.iter().map(counted).sum()
}

/// What this phone said and the server does not show yet, the last one of each visit.
fn said_here(own: &Own) -> BTreeMap<VisitId, Option<Correction>> {
    let mut items: Vec<_> =
        own.items.values().filter(|item| !item.left && !item.refused()).collect();
    items.sort_by_key(|item| item.envelope.n);
    items
        .into_iter()
        .filter_map(|item| {
            let Command::Travel(written) = item.command() else { return None };
            Some((written.visit, written.correction))
        })
        .collect()
}
