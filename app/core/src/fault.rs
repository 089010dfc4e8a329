//! What breaks, apart from what is refused. A fault never reaches a worker as text.

use releve_shared::refusal::Refusal;

use crate::ports::VaultError;

/// Something of the phone itself failed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database said no.
    #[error("database: {0}")]
    Sql(#[from] rusqlite::Error),
    /// A file could not be written, renamed or removed.
    #[error("file: {0}")]
    File(#[from] std::io::Error),
    /// The key store.
    #[error("vault: {0}")]
    Vault(#[from] VaultError),
    /// A row that this build wrote and cannot read.
    #[error("row: {0}")]
    Row(#[from] serde_json::Error),
    /// The databases cannot be used: damaged, or of a newer version.
    #[error("the store cannot be used: {0}")]
    Store(String),
}

impl Fault {
    /// What the worker is told.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        use rusqlite::ErrorCode::{DatabaseCorrupt, DiskFull, NotADatabase};
        match self {
            Self::Sql(error) => match error.sqlite_error_code() {
                Some(DiskFull) => Refusal::StorageFull,
                Some(NotADatabase | DatabaseCorrupt) => Refusal::StorageBroken,
                Some(_) | None => Refusal::TryAgain,
            },
            Self::File(error) if error.kind() == std::io::ErrorKind::StorageFull => {
                Refusal::StorageFull
            }
            Self::Store(_) => Refusal::StorageBroken,
            Self::File(_) | Self::Vault(_) | Self::Row(_) => Refusal::TryAgain,
        }
    }

    /// Whether a file is damaged, rather than busy or full.
    pub(crate) fn is_damage(&self) -> bool {
        self.refusal() == Refusal::StorageBroken
    }
}

/// Why an act stops: an answer, or a fault.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// An answer.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// A fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Stop {
    /// Whether a file is damaged.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Refused(_) => false,
            Self::Fault(fault) => fault.is_damage(),
        }
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl From<VaultError> for Stop {
    fn from(error: VaultError) -> Self {
        Self::Fault(error.into())
    }
}
