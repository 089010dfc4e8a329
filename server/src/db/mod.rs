//! The database: one portable SQL text, two engines, synchronous transactions (database.md).
//!
//! A room keeps its statements in `sql.rs` and its verbs beside it:
//!
//! ```ignore
//! // visits/sql.rs
//! use crate::db::{Fault, Tx};
//!
//! crate::statements! {
//!     /// Claims the visit: locks its row on PostgreSQL, and reads its newest version.
//!     CLAIM = "UPDATE visit SET rev = rev + 1 WHERE id = $1 RETURNING membership, started_at";
//!     /// Writes the start.
//!     START = "UPDATE visit SET started_at = $1 WHERE id = $2";
//! }
//!
//! pub struct Claimed { pub membership: MembershipId, pub started_at: Option<Moment> }
//!
//! pub fn claim(tx: &mut Tx, visit: VisitId) -> Result<Option<Claimed>, Fault> {
//!     let row = tx.query_opt(&CLAIM, &[visit.into()])?;
//!     row.map(|row| Ok(Claimed { membership: row.get(0)?, started_at: row.get(1)? })).transpose()
//! }
//!
//! // visits/start.rs: read, judge, write, announce
//! pub fn start(tx: &mut Tx, visit: VisitId, now: Moment) -> Answer<()> {
//!     let claimed = sql::claim(tx, visit)?.ok_or(Refusal::NoVisitPlanned)?;
//!     if claimed.started_at.is_some() {
//!         return Err(Refusal::AlreadyStarted.into());
//!     }
//!     tx.execute(&sql::START, &[now.into(), visit.into()])?;
//!     tx.changed(&Scope::membership(claimed.membership), &RowKind::Visit, visit);
//!     Ok(())
//! }
//!
//! // a handler: the verb may be run again, so ids, chance and `now` are drawn outside
//! db.write(move |tx| start(tx, visit, now)).await?;
//! ```
//!
//! The room's `sql::ALL` is listed in [`statements`], so that `tests/database` prepares all of it on
//! both engines. Rules of the portable text:
//!
//! 1. Types are `BIGINT` and `TEXT` only: times in milliseconds, booleans 0 or 1 with a CHECK, ids and
//!    JSON as text.
//! 2. `$1, $2, …` first appear in ascending order; the SQLite driver checks it.
//! 3. `CAST(SUM(x) AS BIGINT)`, since PostgreSQL sums to NUMERIC; `CAST($1 AS BIGINT)` where no column
//!    tells the type (`SELECT $1`, `$1 + 1`, `$1 IS NULL`).
//! 4. No `now()`, no LIKE on people's names (keep a folded column), no NULL in ORDER BY, no float; the
//!    C collation in PostgreSQL.
//! 5. Nothing differs by engine in a room. What must differ is a paired migration or a method here.
//! 6. A verb claims (`UPDATE … SET rev = rev + 1 … RETURNING`) every aggregate that it judges, in a
//!    fixed order (person, then mission or visit, then id).
//! 7. [`Tx::execute`] is for statements without RETURNING; [`Tx::query`] for all that give rows.
//! 8. A fault ends the verb, even when swallowed. What may be refused inside a longer verb goes
//!    through [`Tx::attempt`]; what may exist already, through `ON CONFLICT`.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use releve_shared::sync::Scope;
use releve_shared::time::Moment;
use tokio::sync::broadcast;

mod answer;
mod checkup;
mod copy;
mod feed;
mod meters;
pub mod migrate;
mod nodes;
mod pool;
mod postgres;
mod sqlite;
mod statement;
mod together;
mod tx;
mod value;

pub use answer::{Answer, Fault, Stop};
pub use checkup::Checkup;
pub use copy::Table;
pub use meters::Meters;
pub use statement::{Statement, statements};
pub use tx::{Shape, Tx};
pub use value::{Column, Row, Value};

/// Scopes that moved together, told after their commit.
type Moved = broadcast::Sender<Arc<[Scope]>>;

/// What a fuse is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// A statement, or the begin or end of a transaction.
    Statement,
    /// The commit of a transaction, on SQLite one that writes.
    Commit,
}

/// Asked before each statement whether it may run; "no" is what a kill at that point would be. Only a
/// simulation has one.
pub type Fuse = Arc<dyn Fn(Before) -> bool + Send + Sync>;

/// What an engine is given: whom to poke, what to measure, and a simulation's fuse.
type Ours = (Moved, Meters, Option<Fuse>);

/// Pokes that a slow listener may fall behind by; a lost one costs time only (sync.md F10).
const POKES: usize = 1024;

/// How long a node that starts waits to hear the others.
const HEARING: Duration = Duration::from_secs(2);

/// A database. Clones share it.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    moved: Moved,
    meters: Meters,
}

#[derive(Clone)]
enum Engine {
    Sqlite(Arc<sqlite::Sqlite>),
    Postgres(Arc<postgres::Postgres>),
}

impl Db {
    /// Opens `sqlite:PATH` (made when missing) or `postgres://…` (connected when first used). The
    /// schema is not touched: see [`Db::migrate`].
    ///
    /// # Errors
    /// When the address is none of both, or the file cannot be opened.
    pub fn open(url: &str) -> Result<Self, Fault> {
        Self::open_fused(url, None)
    }

    /// [`Db::open`], with a fuse that a simulation may blow between any two statements.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn open_fused(url: &str, fuse: Option<Fuse>) -> Result<Self, Fault> {
        let moved = broadcast::Sender::new(POKES);
        let meters = Meters::default();
        let ours = (moved.clone(), meters.clone(), fuse);
        let engine = if let Some(path) = url.strip_prefix("sqlite:") {
            Engine::Sqlite(Arc::new(sqlite::Sqlite::open(Path::new(path), ours)?))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Engine::Postgres(Arc::new(postgres::Postgres::open(url, ours)?))
        } else {
            return Err(Fault::new(
                "the database's address is neither sqlite:PATH nor postgres://…",
            ));
        };
        Ok(Self { engine, moved, meters })
    }

    /// Brings the schema to what this binary knows; see [`migrate::migrate`].
    ///
    /// # Errors
    /// As [`migrate::migrate`].
    pub async fn migrate(&self, now: Moment, epoch: String) -> Result<usize, Fault> {
        let ran = self.write(move |tx| Ok(migrate::migrate(tx, now, &epoch)?)).await;
        ran.map_err(|stop| match stop {
            Stop::Fault(fault) => fault,
            Stop::Refusal(refusal) => Fault::new(format!("a migration was refused: {refusal}")),
        })
    }

    /// Runs a verb in one write transaction, again when the database asks for it, and answers when
    /// its effects would survive a power cut. A refusal or a fault undoes all that it did.
    ///
    /// # Errors
    /// The verb's own; a fault when the database fails or the verb panics.
    pub async fn write<T: Send + 'static>(
        &self,
        verb: impl Fn(&mut Tx) -> Answer<T> + Send + Sync + 'static,
    ) -> Answer<T> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.write(verb).await.unwrap_or_else(|_| Err(stopped())),
            Engine::Postgres(postgres) => {
                let postgres = Arc::clone(postgres);
                blocking(move || postgres.write(&verb)).await
            }
        }
    }

    /// Runs a verb on one snapshot; it cannot write.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn read<T: Send + 'static>(
        &self,
        verb: impl Fn(&mut Tx) -> Answer<T> + Send + Sync + 'static,
    ) -> Answer<T> {
        let db = self.clone();
        blocking(move || db.read_blocking(verb)).await
    }

    /// [`Db::read`] for a verb that needs a few rows by their keys: on SQLite it is done on the spot,
    /// since handing it to another thread costs more than doing it.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn glance<T: Send + 'static>(
        &self,
        verb: impl Fn(&mut Tx) -> Answer<T> + Send + Sync + 'static,
    ) -> Answer<T> {
        if let Engine::Sqlite(sqlite) = &self.engine
            && let Some(answer) = sqlite.read_now(&verb)
        {
            return answer;
        }
        self.read(verb).await
    }

    /// [`Db::write`] for a command or a test; never on a thread of an async runtime.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub fn write_blocking<T: Send + 'static>(
        &self,
        verb: impl Fn(&mut Tx) -> Answer<T> + Send + Sync + 'static,
    ) -> Answer<T> {
        match &self.engine {
            Engine::Sqlite(sqlite) => {
                sqlite.write(verb).blocking_recv().unwrap_or_else(|_| Err(stopped()))
            }
            Engine::Postgres(postgres) => postgres.write(&verb),
        }
    }

    /// [`Db::read`] for a command or a test; never on a thread of an async runtime.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub fn read_blocking<T>(&self, verb: impl Fn(&mut Tx) -> Answer<T>) -> Answer<T> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.read(&verb),
            Engine::Postgres(postgres) => postgres.read(&verb),
        }
    }

    /// What this layer measures of itself.
    #[must_use]
    pub fn meters(&self) -> &Meters {
        &self.meters
    }

    /// The scopes that move from now on, told after each commit of this node and of the others on
    /// the same database: hints for pokes. Without a scope: anything may have moved.
    #[must_use]
    pub fn moved(&self) -> broadcast::Receiver<Arc<[Scope]>> {
        self.moved.subscribe()
    }

    /// Begins to hear the other nodes, and waits a moment for that; the link is sought for ever.
    pub async fn attend(&self) {
        if let Engine::Postgres(postgres) = &self.engine
            && let Some(mut hears) = postgres.nodes().map(nodes::Nodes::hears)
        {
            // Late or not at all: who listens by then is poked once when the link stands.
            let _ = tokio::time::timeout(HEARING, hears.wait_for(|hears| *hears)).await;
        }
    }
}

fn stopped() -> Stop {
    Fault::new("the database's writer has stopped").into()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Answer<T> + Send + 'static,
) -> Answer<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|e| Err(Fault::of("running a transaction", e).into()))
}

fn poke(moved: &Moved, scopes: BTreeSet<Scope>) {
    if !scopes.is_empty() {
        // Nobody listens: nobody to poke.
        let _ = moved.send(scopes.into_iter().collect());
    }
}

#[expect(clippy::disallowed_methods, reason = "how long something takes, no time of the domain")]
pub(crate) fn instant() -> std::time::Instant {
    std::time::Instant::now()
}
