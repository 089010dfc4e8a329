//! What an ask or an act looks at, and the scene of it: as much of the planning as it needs, however
//! much the phone holds.

use std::collections::BTreeSet;
use std::sync::Arc;

use releve_shared::clock::Stamp;
use releve_shared::id::{ClientId, HomeTagId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::time::Moment;

use crate::core::Core;
use crate::fault::Stop;
use crate::scene::{Own, Scene, Told};
use crate::store::duty::LongestVisit;
use crate::store::{Store, known};

/// Which visits a scene holds: these, and always those under way and those of the phone's own acts
/// that are not settled. Progress, labels and stamps are whole for each of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sight {
    /// These visits.
    pub(crate) visits: Vec<VisitId>,
    /// Those that take up some of this time.
    pub(crate) between: Option<(Moment, Moment)>,
    /// Those at this client's.
    pub(crate) client: Option<ClientId>,
    /// The tag that was read.
    pub(crate) tag: Option<HomeTagId>,
}

impl Sight {
    /// One visit.
    pub(crate) fn of(visit: VisitId) -> Self {
        Self { visits: vec![visit], ..Self::default() }
    }

    /// The visits of some time.
    pub(crate) fn between(from: Moment, to: Moment) -> Self {
        Self { between: Some((from, to)), ..Self::default() }
    }
}

impl Core {
    /// The scene, when what is held may be read.
    pub(crate) fn open_scene(
        &mut self,
        sight: &Sight,
        now: &Stamp,
    ) -> Result<(Scene, Arc<Own>), Stop> {
        self.identity()?;
        if !self.may_read(now)? {
            return Err(Refusal::LeaseOver.into());
        }
        self.reading_scene(sight, now)
    }

    /// The scene with its words, from the mirror. The caller has checked that it may be read.
    pub(crate) fn reading_scene(
        &mut self,
        sight: &Sight,
        now: &Stamp,
    ) -> Result<(Scene, Arc<Own>), Stop> {
        scene(self.store()?, sight, true, now)
    }

    /// What clocking knows: enough to badge when the care data is locked.
    pub(crate) fn clocking_scene(
        &mut self,
        sight: &Sight,
        now: &Stamp,
    ) -> Result<(Scene, Arc<Own>), Stop> {
        scene(self.store()?, sight, false, now)
    }

    /// The scene with its words when it may be read, else without.
    pub(crate) fn scene(&mut self, sight: &Sight, now: &Stamp) -> Result<(Scene, Arc<Own>), Stop> {
        let readable = self.may_read(now)?;
        scene(self.store()?, sight, readable, now)
    }
}

fn scene(
    store: &mut Store,
    sight: &Sight,
    words: bool,
    now: &Stamp,
) -> Result<(Scene, Arc<Own>), Stop> {
    let own = store.memory.own(&store.duty)?;
    let live = own.live(now);
    let Store { duty, care, memory, seen, .. } = store;
    let mut wanted: BTreeSet<VisitId> = sight.visits.iter().copied().collect();
    wanted.extend(live.iter().map(|event| event.visit));
    wanted.extend(seen.under_way(duty)?.iter());
    if let Some(time) = sight.between {
        let longest = memory.fact::<LongestVisit>(duty)?.unwrap_or_default();
        wanted.extend(seen.between(duty, time, &longest)?.iter());
    }
    if let Some(client) = sight.client {
        wanted.extend(known::at_client(duty, client)?);
    }
    let care = care.as_ref().filter(|_| words);
    let mut told = Told::default();
    for id in wanted {
        let sheet = seen.sheet(duty, care, id)?;
        told.visits.extend(sheet.visit.clone());
        told.judged.extend(sheet.stamps.iter().cloned());
        told.retained.extend(sheet.retained.clone());
        told.notes.extend(sheet.notes.clone().map(|notes| (id, notes)));
    }
    // The server may have put a stamp under another visit than the phone did.
    for event in live {
        if !told.judged.iter().any(|judged| judged.clocked.id == event.id) {
            told.judged.extend(known::stamp(duty, event.id)?);
        }
    }
    if let Some(tag) = sight.tag {
        told.tags.extend(known::tag(duty, tag)?);
    }
    if let Some(db) = care {
        let homes: BTreeSet<ClientId> = told.visits.iter().map(|visit| visit.client).collect();
        for home in homes.into_iter().chain(sight.client) {
            told.clients.extend(seen.client(db, home)?.map(|client| (*client).clone()));
        }
    }
    Ok((Scene::of(told, &own, now), own))
}
