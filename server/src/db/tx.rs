//! A transaction as verbs see it.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};

use super::answer::{Answer, Fault, Kind, Stop};
use super::feed::Feed;
use super::statement::Statement;
use super::value::{Row, Value};
use super::{Before, Fuse, postgres, sqlite};

/// A transaction in progress. What a verb does, it does through this and nothing else, since the
/// database may ask to run it again.
pub struct Tx {
    pub(super) link: Link,
    pub(super) feed: Feed,
    depth: u32,
    broken: Option<Kind>,
    fuse: Option<Fuse>,
    /// Whether attempts have savepoints. Most refuse nothing, or before they write: they do without,
    /// and the transaction is run again carefully when one should have had its own.
    pub(super) careful: bool,
    /// Statements of this run that have changed something.
    pub(super) written: u32,
}

/// A connection of one of the two engines.
pub(super) enum Link {
    Sqlite(sqlite::Link),
    Postgres(Box<postgres::Link>),
}

/// What an engine says of a statement that it has prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Columns of its answer.
    pub columns: usize,
    /// Parameters that it takes.
    pub parameters: usize,
}

impl Tx {
    pub(super) fn new(link: Link, fuse: Option<Fuse>) -> Self {
        Self {
            link,
            feed: Feed::default(),
            depth: 0,
            broken: None,
            fuse,
            careful: false,
            written: 0,
        }
    }

    /// Every row of a query, or of a statement with RETURNING.
    ///
    /// # Errors
    /// Those of the database. After one, this run of the verb is lost whatever it goes on to do.
    pub fn query(&mut self, statement: &Statement, values: &[Value]) -> Result<Vec<Row>, Fault> {
        let rows = self.run(|link| match link {
            Link::Sqlite(link) => link.query(statement, values),
            Link::Postgres(link) => link.query(statement, values),
        })?;
        self.written += u32::from(statement.writes() && !rows.is_empty());
        Ok(rows)
    }

    /// The row of a query that gives one or none.
    ///
    /// # Errors
    /// Those of [`Tx::query`], and when there are more.
    pub fn query_opt(
        &mut self,
        statement: &Statement,
        values: &[Value],
    ) -> Result<Option<Row>, Fault> {
        let mut rows = self.query(statement, values)?;
        if rows.len() > 1 {
            return Err(Fault::new(format!("{}: {} rows, not one", statement.name(), rows.len())));
        }
        Ok(rows.pop())
    }

    /// The row of a query that gives exactly one.
    ///
    /// # Errors
    /// Those of [`Tx::query`], and when there is none or more.
    pub fn query_one(&mut self, statement: &Statement, values: &[Value]) -> Result<Row, Fault> {
        let row = self.query_opt(statement, values)?;
        row.ok_or_else(|| Fault::new(format!("{}: no row, not one", statement.name())))
    }

    /// How many rows a statement without RETURNING has written.
    ///
    /// # Errors
    /// Those of [`Tx::query`].
    pub fn execute(&mut self, statement: &Statement, values: &[Value]) -> Result<u64, Fault> {
        let rows = self.run(|link| match link {
            Link::Sqlite(link) => link.execute(statement, values),
            Link::Postgres(link) => link.execute(statement, values),
        })?;
        self.written += u32::from(rows > 0);
        Ok(rows)
    }

    /// Prepares a statement without running it, for the check of both engines.
    ///
    /// # Errors
    /// When the engine does not understand it, or a rule of the portable text is broken.
    pub fn shape(&mut self, statement: &Statement) -> Result<Shape, Fault> {
        self.run(|link| match link {
            Link::Sqlite(link) => link.shape(statement),
            Link::Postgres(link) => link.shape(statement),
        })
    }

    /// Announces that a row was made or changed, in its one scope (sync.md F1). Numbered at the end.
    pub fn changed(&mut self, scope: &Scope, kind: &RowKind, id: impl Display) {
        self.feed.announce(scope, kind, id.to_string(), false);
    }

    /// Announces that a row has left its scope: erased, or moved to another.
    pub fn gone(&mut self, scope: &Scope, kind: &RowKind, id: impl Display) {
        self.feed.announce(scope, kind, id.to_string(), true);
    }

    /// Runs a verb whose refusal is to be stored: a refusal undoes what the verb wrote and announced,
    /// and the transaction goes on.
    ///
    /// # Errors
    /// The verb's fault.
    pub fn attempt<T>(
        &mut self,
        verb: impl FnOnce(&mut Self) -> Answer<T>,
    ) -> Result<Result<T, Refusal>, Fault> {
        if !self.careful {
            return self.lightly(verb);
        }
        self.depth += 1;
        let point = format!("attempt{}", self.depth);
        let feed = self.feed.clone();
        self.batch(&format!("SAVEPOINT {point}"))?;
        let ended = match verb(self) {
            Ok(value) => Ok(value),
            Err(Stop::Refusal(refusal)) => Err(refusal),
            Err(Stop::Fault(fault)) => return Err(fault),
        };
        if ended.is_err() {
            self.batch(&format!("ROLLBACK TO {point}"))?;
            self.feed = feed;
        }
        self.batch(&format!("RELEASE {point}"))?;
        self.depth -= 1;
        Ok(ended)
    }

    /// An attempt without a savepoint: good as long as it refuses nothing that it has written.
    fn lightly<T>(
        &mut self,
        verb: impl FnOnce(&mut Self) -> Answer<T>,
    ) -> Result<Result<T, Refusal>, Fault> {
        let (feed, before) = (self.feed.clone(), self.written);
        match verb(self) {
            Ok(value) => Ok(Ok(value)),
            Err(Stop::Fault(fault)) => Err(fault),
            Err(Stop::Refusal(refusal)) if self.written == before => {
                self.feed = feed;
                Ok(Err(refusal))
            }
            Err(Stop::Refusal(_)) => {
                self.broken = Some(Kind::Careful);
                Err(Fault::new("an attempt is to be undone").with(Kind::Careful))
            }
        }
    }

    /// One run of a verb: its feed comes last, a panic is a fault, and a fault that the verb has
    /// swallowed is still one (on PostgreSQL the transaction is dead; SQLite must not differ).
    pub(super) fn perform<T>(&mut self, verb: &dyn Fn(&mut Self) -> Answer<T>) -> Answer<T> {
        self.feed = Feed::default();
        self.depth = 0;
        self.broken = None;
        self.written = 0;
        let answer = catch_unwind(AssertUnwindSafe(|| {
            let value = verb(self)?;
            self.draw_numbers()?;
            Ok(value)
        }))
        .unwrap_or_else(|payload| Err(Fault::panicked(&*payload).into()));
        match (answer, self.broken) {
            (Err(Stop::Fault(fault)), Some(kind)) => Err(fault.with(kind).into()),
            (Ok(_) | Err(Stop::Refusal(_)), Some(Kind::Careful)) => {
                Err(Fault::new("an attempt is to be undone").with(Kind::Careful).into())
            }
            (Ok(_) | Err(Stop::Refusal(_)), Some(kind)) => {
                Err(Fault::new("a verb went on after a fault").with(kind).into())
            }
            (answer, None) => answer,
        }
    }

    /// Several statements, or one of transaction control: never from a verb.
    pub(super) fn batch(&mut self, sql: &str) -> Result<(), Fault> {
        let commits = sql.starts_with("COMMIT");
        let before = if commits { Before::Commit } else { Before::Statement };
        self.run_after(before, |link| match link {
            Link::Sqlite(link) => link.batch(sql),
            Link::Postgres(link) => link.batch(sql),
        })
    }

    fn run<T>(&mut self, act: impl FnOnce(&mut Link) -> Result<T, Fault>) -> Result<T, Fault> {
        self.run_after(Before::Statement, act)
    }

    /// Runs what the fuse allows.
    fn run_after<T>(
        &mut self,
        before: Before,
        act: impl FnOnce(&mut Link) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if self.broken.is_some() {
            return Err(Fault::new("a statement after a fault"));
        }
        if self.fuse.as_ref().is_some_and(|allows| !allows(before)) {
            self.broken = Some(Kind::Final);
            return Err(Fault::new("the fuse has blown"));
        }
        act(&mut self.link).inspect_err(|fault| self.broken = Some(fault.kind()))
    }

    /// Whether the transaction is still under way, as far as the engine tells.
    pub(super) fn is_open(&self) -> bool {
        match &self.link {
            Link::Sqlite(link) => link.is_open(),
            Link::Postgres(_) => true,
        }
    }

    /// Forgets the last run: what comes next is the engine's own.
    pub(super) fn mend(&mut self) {
        self.broken = None;
    }
}
