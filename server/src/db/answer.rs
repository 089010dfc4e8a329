//! What a verb ends with: a value, a refusal (an answer to the user), or a fault (ours to mend).

use std::any::Any;
use std::error::Error;
use std::fmt;

use releve_shared::refusal::Refusal;

/// What a verb answers.
pub type Answer<T> = Result<T, Stop>;

/// Why a verb gives no value.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// An answer to the user: its effects are undone, it may be stored as an outcome.
    #[error("refused: {0}")]
    Refusal(Refusal),
    /// Something broke: logged, answered as 500, never stored.
    #[error(transparent)]
    Fault(Fault),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Database, I/O or bug. Its text is for the log and the administrator, never for a user.
#[derive(Debug)]
pub struct Fault {
    what: String,
    kind: Kind,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What the database layer does about a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing: it is told.
    Final,
    /// The database asks to run the transaction again (PostgreSQL 40001, 40P01).
    Again,
    /// Something was refused after it had written, without a savepoint: run again with them.
    Careful,
    /// The connection is gone, and nothing of the transaction stands.
    Lost,
    /// The connection went while the commit was on its way: whether it stands is unknown.
    Unknown,
}

impl Fault {
    /// A fault in words.
    #[must_use]
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), kind: Kind::Final, source: None }
    }

    /// A fault with the error beneath it: `Fault::of("reading the settings", error)`.
    #[must_use]
    pub fn of(what: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { what: what.into(), kind: Kind::Final, source: Some(source.into()) }
    }

    pub(super) fn with(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// True when the database is away or too busy: the same request may work in a moment. Whoever
    /// sends it again must do so under the same ids, since it may have worked this time.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.kind != Kind::Final
    }

    /// The fault of a verb that panicked.
    pub(super) fn panicked(payload: &(dyn Any + Send)) -> Self {
        let words = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        Self::new(format!("a verb panicked: {words}"))
    }
}

/// The whole chain in one line: what was being done, then each cause.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        let mut cause: Option<&(dyn Error + 'static)> = self.source.as_deref().map(|e| e as _);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

// `source` stays None: Display tells the chain already, and a logger would tell it twice.
impl Error for Fault {}
