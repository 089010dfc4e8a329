//! What the server has told, as far as screens and acts have looked at it since the last sync.

use std::collections::BTreeMap;
use std::sync::Arc;

use releve_shared::client::Client;
use releve_shared::id::{ClientId, VisitId};
use releve_shared::sync::{NotesRow, RowKind};
use releve_shared::time::{HOUR_MS, Moment};
use releve_shared::visit::{RetainedPeriod, Visit, VisitNotes};
use rusqlite::Connection;

use crate::fault::Fault;
use crate::scene::Judged;
use crate::store::duty::LongestVisit;
use crate::store::{care, known};

/// Most visits and sheets kept; beyond, all are read anew.
const MOST: usize = 2_000;

/// All that the server has told of a visit; without its words when only `visit` and `stamps` are known.
#[derive(Clone, Default)]
pub(crate) struct Sheet {
    pub(crate) visit: Option<Visit>,
    pub(crate) stamps: Vec<Judged>,
    pub(crate) retained: Option<RetainedPeriod>,
    pub(crate) notes: Option<VisitNotes>,
}

/// Kept until the next sync: only a sync changes what the server has told.
#[derive(Default)]
pub(crate) struct Seen {
    bare: BTreeMap<VisitId, Arc<Sheet>>,
    worded: BTreeMap<VisitId, Arc<Sheet>>,
    clients: BTreeMap<ClientId, Option<Arc<Client>>>,
    between: BTreeMap<(Moment, Moment), Arc<[VisitId]>>,
    under_way: Option<Arc<[VisitId]>>,
}

impl Seen {
    /// Visits that the server's stamps leave open.
    pub(crate) fn under_way(&mut self, duty: &Connection) -> Result<Arc<[VisitId]>, Fault> {
        if let Some(kept) = &self.under_way {
            return Ok(Arc::clone(kept));
        }
        let read: Arc<[VisitId]> = known::under_way(duty)?.into();
        self.under_way = Some(Arc::clone(&read));
        Ok(read)
    }

    /// Visits that take up some of this time.
    pub(crate) fn between(
        &mut self,
        duty: &Connection,
        (from, to): (Moment, Moment),
        longest: &LongestVisit,
    ) -> Result<Arc<[VisitId]>, Fault> {
        if let Some(kept) = self.between.get(&(from, to)) {
            return Ok(Arc::clone(kept));
        }
        let read: Arc<[VisitId]> = known::between(duty, from, to, longest)?.into();
        // A day is looked at again; a moment is not.
        if to.since(from) >= HOUR_MS {
            if self.between.len() >= MOST {
                self.between.clear();
            }
            self.between.insert((from, to), Arc::clone(&read));
        }
        Ok(read)
    }

    /// A visit; with its words when the care data is given.
    pub(crate) fn sheet(
        &mut self,
        duty: &Connection,
        care: Option<&Connection>,
        id: VisitId,
    ) -> Result<Arc<Sheet>, Fault> {
        let kept = if care.is_some() { &mut self.worded } else { &mut self.bare };
        if let Some(sheet) = kept.get(&id) {
            return Ok(Arc::clone(sheet));
        }
        let stamps = known::stamps_of(duty, id)?;
        let sheet = Arc::new(match care {
            Some(db) => {
                let text = id.to_string();
                let notes = care::row::<NotesRow>(db, &RowKind::Notes, &text)?;
                Sheet {
                    visit: care::row(db, &RowKind::Visit, &text)?,
                    stamps,
                    retained: care::row(db, &RowKind::RetainedPeriod, &text)?,
                    notes: notes.map(|row| row.notes),
                }
            }
            None => Sheet { visit: known::visit(duty, id)?, stamps, ..Sheet::default() },
        });
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(id, Arc::clone(&sheet));
        Ok(sheet)
    }

    /// A client's sheet, when the phone holds it.
    pub(crate) fn client(
        &mut self,
        care: &Connection,
        id: ClientId,
    ) -> Result<Option<Arc<Client>>, Fault> {
        if let Some(kept) = self.clients.get(&id) {
            return Ok(kept.clone());
        }
        let read = care::row::<Client>(care, &RowKind::Client, &id.to_string())?.map(Arc::new);
        if self.clients.len() >= MOST {
            self.clients.clear();
        }
        self.clients.insert(id, read.clone());
        Ok(read)
    }
}
