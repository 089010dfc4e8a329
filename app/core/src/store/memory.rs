//! What is read again and again, kept in memory for as long as the duty data does not change.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use releve_shared::visit::ClockEvent;
use rusqlite::Connection;

use crate::fault::Fault;
use crate::scene::Own;
use crate::store::duty::{self, Fact};
use crate::store::outbox::Item;
use crate::store::{chain, outbox};

type Kept = Option<Arc<dyn Any + Send + Sync>>;

/// Values of one state of the duty data. SQLite counts every row that this connection, the only one
/// that writes, has changed: another count is another state.
#[derive(Default)]
pub(crate) struct Memory {
    changes: u64,
    facts: BTreeMap<&'static str, Kept>,
    own: Option<Arc<Own>>,
}

impl Memory {
    fn at(&mut self, db: &Connection) -> &mut Self {
        let changes = db.total_changes();
        if self.changes != changes {
            *self = Self { changes, ..Self::default() };
        }
        self
    }

    /// The fact's value, when there is one. Never inside a transaction that may still fail.
    pub(crate) fn fact<F: Fact>(&mut self, db: &Connection) -> Result<Option<Arc<F>>, Fault> {
        let facts = &mut self.at(db).facts;
        if let Some(kept) = facts.get(F::NAME) {
            return Ok(kept.clone().and_then(|kept| kept.downcast().ok()));
        }
        let read = duty::get::<F>(db)?.map(Arc::new);
        facts.insert(F::NAME, read.clone().map(|fact| fact as Arc<dyn Any + Send + Sync>));
        Ok(read)
    }

    /// What the phone did itself.
    pub(crate) fn own(&mut self, db: &Connection) -> Result<Arc<Own>, Fault> {
        let memory = self.at(db);
        if let Some(own) = &memory.own {
            return Ok(Arc::clone(own));
        }
        let items = outbox::all(db)?.into_iter().map(|item| (item.envelope.id, item)).collect();
        let anchors = chain::anchors(db)?.into_iter().map(|(_, anchor, _)| anchor).collect();
        let own = Arc::new(Own { events: chain::stamps(db)?, items, anchors });
        memory.own = Some(Arc::clone(&own));
        Ok(own)
    }

    /// A stamp and its command have just been committed: what was known of the phone's own acts stays
    /// true with them added. `before` is the count of changes before they were.
    pub(crate) fn stamped(&mut self, db: &Connection, before: u64, event: ClockEvent, item: Item) {
        if self.changes != before {
            return;
        }
        let own = self.own.take();
        *self = Self { changes: db.total_changes(), ..Self::default() };
        if let Some(mut own) = own {
            let known = Arc::make_mut(&mut own);
            known.events.push(event);
            known.items.insert(item.envelope.id, item);
            self.own = Some(own);
        }
    }
}
