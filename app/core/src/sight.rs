//! What an ask or an act looks at, and the scene of it: as much of the planning as it needs, however
//! much the phone holds.

use std::collections::BTreeSet;
use std::sync::Arc;

use releve_shared::client::Client;
use releve_shared::clock::Stamp;
use releve_shared::id::{ClientId, HomeTagId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{NotesRow, RowKind};
use releve_shared::time::Moment;
use releve_shared::visit::{RetainedPeriod, Visit};

use crate::core::Core;
use crate::fault::{Fault, Stop};
use crate::scene::{Own, Scene, Told};
use crate::store::duty::LongestVisit;
use crate::store::{Store, care, known};

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
    let mut wanted: BTreeSet<VisitId> = sight.visits.iter().copied().collect();
    wanted.extend(live.iter().map(|event| event.visit));
    wanted.extend(known::under_way(&store.duty)?);
    if let Some((from, to)) = sight.between {
        let longest = store.memory.fact::<LongestVisit>(&store.duty)?.unwrap_or_default();
        wanted.extend(known::between(&store.duty, from, to, &longest)?);
    }
    if let Some(client) = sight.client {
        wanted.extend(known::at_client(&store.duty, client)?);
    }
    let mut told = Told::default();
    for id in wanted {
        tell(store, id, words, &mut told)?;
    }
    // The server may have put a stamp under another visit than the phone did.
    for event in live {
        if !told.judged.iter().any(|judged| judged.clocked.id == event.id) {
            told.judged.extend(known::stamp(&store.duty, event.id)?);
        }
    }
    if let Some(tag) = sight.tag {
        told.tags.extend(known::tag(&store.duty, tag)?);
    }
    if words && let Some(db) = &store.care {
        let homes: BTreeSet<ClientId> = told.visits.iter().map(|visit| visit.client).collect();
        for home in homes.into_iter().chain(sight.client) {
            told.clients.extend(care::row::<Client>(db, &RowKind::Client, &home.to_string())?);
        }
    }
    Ok((Scene::of(told, &own, now), own))
}

/// All that the server has told of a visit.
fn tell(store: &Store, id: VisitId, words: bool, told: &mut Told) -> Result<(), Fault> {
    told.judged.extend(known::stamps_of(&store.duty, id)?);
    match (&store.care, words) {
        (Some(db), true) => {
            let text = id.to_string();
            told.visits.extend(care::row::<Visit>(db, &RowKind::Visit, &text)?);
            told.retained.extend(care::row::<RetainedPeriod>(db, &RowKind::RetainedPeriod, &text)?);
            let notes = care::row::<NotesRow>(db, &RowKind::Notes, &text)?;
            told.notes.extend(notes.map(|row| (row.visit, row.notes)));
        }
        (Some(_) | None, _) => told.visits.extend(known::visit(&store.duty, id)?),
    }
    Ok(())
}
