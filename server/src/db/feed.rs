//! The feed: what moved in which scope, numbered as the last act of a transaction (sync.md F1-F6).

use std::collections::{BTreeMap, BTreeSet};

use releve_shared::planted;
use releve_shared::sync::{RowKind, Scope};

use super::answer::Fault;
use super::tx::Tx;

crate::statements! {
    /// Draws the next numbers of a scope; the row stays locked until the commit.
    DRAW = "INSERT INTO scope (id, head, floor) VALUES ($1, $2, 0)
             ON CONFLICT (id) DO UPDATE SET head = scope.head + excluded.head RETURNING head";
    /// Moves an entity to its new number.
    MOVE = "INSERT INTO change (scope, seq, kind, id, gone) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (scope, kind, id) DO UPDATE SET seq = excluded.seq, gone = excluded.gone";
    /// The epoch that every cursor belongs to.
    EPOCH = "SELECT epoch FROM instance WHERE id = 1";
}

/// What one run of a verb has announced.
#[derive(Clone, Debug, Default)]
pub(super) struct Feed {
    /// Announced and not numbered yet, in the order of announcement.
    waiting: Vec<Change>,
    /// Scopes numbered, with their heads.
    pub(super) heads: BTreeMap<Scope, u64>,
}

#[derive(Clone, Debug)]
struct Change {
    scope: Scope,
    kind: RowKind,
    id: String,
    gone: bool,
}

impl Feed {
    pub(super) fn announce(&mut self, scope: &Scope, kind: &RowKind, id: String, gone: bool) {
        self.waiting.push(Change { scope: scope.clone(), kind: kind.clone(), id, gone });
    }

    /// The waiting changes by scope, ascending; of several about one entity, the last.
    fn take(&mut self) -> BTreeMap<Scope, Vec<Change>> {
        let mut seen = BTreeSet::new();
        let mut scopes: BTreeMap<Scope, Vec<Change>> = BTreeMap::new();
        for change in std::mem::take(&mut self.waiting).into_iter().rev() {
            if seen.insert((change.scope.clone(), change.kind.clone(), change.id.clone())) {
                scopes.entry(change.scope.clone()).or_default().push(change);
            }
        }
        for changes in scopes.values_mut() {
            changes.reverse();
        }
        scopes
    }
}

impl Tx {
    /// Numbers what was announced so far, and gives the new head of every scope that this run has
    /// moved: what a command's outcome must name (sync.md C5).
    ///
    /// It happens by itself after the verb. Call it as late as can be, since on PostgreSQL the heads
    /// are locked from here to the commit; scopes ascend within one call, so two calls in one
    /// transaction may meet a deadlock, which is then run again.
    ///
    /// # Errors
    /// Those of the database.
    pub fn draw_numbers(&mut self) -> Result<BTreeMap<Scope, u64>, Fault> {
        for (scope, changes) in self.feed.take() {
            let drawn = changes.len() as u64;
            let head: u64 = self.query_one(&DRAW, &[(&scope).into(), drawn.into()])?.get(0)?;
            if planted!("number_before_transaction") {
                self.batch("COMMIT; BEGIN; SAVEPOINT verb")?;
            }
            for (change, seq) in changes.into_iter().zip((head - drawn + 1)..) {
                let Change { kind, id, gone, .. } = change;
                let row = [(&scope).into(), seq.into(), (&kind).into(), id.into(), gone.into()];
                self.execute(&MOVE, &row)?;
            }
            self.feed.heads.insert(scope, head);
        }
        Ok(self.feed.heads.clone())
    }

    /// Pokes whoever listens to a scope after the commit, although no row of it has moved.
    pub fn tell(&mut self, scope: &Scope) {
        self.feed.heads.entry(scope.clone()).or_default();
    }

    /// The epoch that this database's numbers belong to (sync.md F5).
    ///
    /// # Errors
    /// Those of the database; also before the first migration.
    pub fn epoch(&mut self) -> Result<String, Fault> {
        self.query_one(&EPOCH, &[])?.get(0)
    }
}
