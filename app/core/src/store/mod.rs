//! The phone's store: two encrypted databases in one folder, and what an alarm needs beside them. SQL
//! lives here and nowhere else.
//!
//! `duty.db` is what the phone owes and proves (outbox, chain of stamps, exchanges, identity); its
//! key asks for nobody's presence, so clocking never closes. `care.db` mirrors what the server
//! grants (planning, sheets). Mirror tables are written only by `sync::apply`, the outbox only by acts.

pub(crate) mod beside;
pub(crate) mod care;
pub(crate) mod chain;
pub(crate) mod duty;
pub(crate) mod known;
pub(crate) mod memory;
pub(crate) mod month;
pub(crate) mod open;
pub(crate) mod outbox;
pub(crate) mod picture;
pub(crate) mod seen;
pub(crate) mod wipe;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::fault::{Fault, Stop};
use crate::lock::Lock;
use crate::ports::{Chance, Fuse, Secret, Vault, VaultError};
use crate::search::Register;
use open::{Key, Opened};

/// The duty database's file.
pub(crate) const DUTY_FILE: &str = "duty.db";
/// The care database's file.
pub(crate) const CARE_FILE: &str = "care.db";

/// A care database of up to this many bytes is read whole before it is used; a larger one, which no
/// planning of five weeks makes, beside its use (docs/decisions/0010).
const CARE_WHOLE_UP_TO: u64 = 8 * 1024 * 1024;

/// How much of the files is read when they are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A large care database is read later, by a [`open::Checkup`].
    Quick,
    /// Every page.
    Whole,
}

/// Both databases, open.
pub(crate) struct Store {
    pub(crate) duty: Connection,
    /// None while its key is locked.
    pub(crate) care: Option<Connection>,
    /// Whether a damaged file was put aside while opening.
    pub(crate) kept_aside: bool,
    /// The read-through that the care database still needs.
    pub(crate) checkup: Option<open::Checkup>,
    /// The pull under way.
    pub(crate) pull: Option<care::Pull>,
    /// What is read again and again.
    pub(crate) memory: memory::Memory,
    /// What the server has told, until the next sync.
    pub(crate) seen: seen::Seen,
    /// The sheets as a search looks at them, and the count of changes that they were read at.
    pub(crate) register: Option<(u64, Register)>,
}

/// What came of opening the store.
pub(crate) enum StoreState {
    /// Ready.
    Open(Box<Store>),
    /// A file is of a newer app, or cannot be put right: nothing was touched.
    Unusable(Fault),
}

impl Store {
    /// Opens both databases of a folder, making what is missing. `stamp` names damaged copies.
    pub(crate) fn open(
        folder: &Path,
        (vault, chance): (&dyn Vault, &dyn Chance),
        stamp: i64,
        fuse: Option<&Fuse>,
        reading: Reading,
    ) -> StoreState {
        match Self::try_open(folder, (vault, chance), stamp, fuse, reading) {
            Ok(store) => StoreState::Open(Box::new(store)),
            Err(fault) => StoreState::Unusable(fault),
        }
    }

    fn try_open(
        folder: &Path,
        (vault, chance): (&dyn Vault, &dyn Chance),
        stamp: i64,
        fuse: Option<&Fuse>,
        reading: Reading,
    ) -> Result<Self, Fault> {
        std::fs::create_dir_all(folder)?;
        let key = key_of(vault, chance, Secret::DutyKey)?;
        // What the phone owes cannot be fetched again: it is always read whole.
        let file = File { path: folder.join(DUTY_FILE), key, whole_up_to: u64::MAX };
        let (duty, aside, _) = opened(&file, open::DUTY, stamp, fuse)?;
        let mut store = Self {
            duty,
            care: None,
            kept_aside: aside,
            checkup: None,
            pull: None,
            memory: memory::Memory::default(),
            seen: seen::Seen::default(),
            register: None,
        };
        store.open_care(folder, (vault, chance), stamp, fuse, reading)?;
        Ok(store)
    }

    /// Opens the care data, when its key can be had. Locked, it stays closed and nothing is lost.
    pub(crate) fn open_care(
        &mut self,
        folder: &Path,
        (vault, chance): (&dyn Vault, &dyn Chance),
        stamp: i64,
        fuse: Option<&Fuse>,
        reading: Reading,
    ) -> Result<(), Fault> {
        // The vault has no such key then, and must not be given another one.
        if duty::get::<Lock>(&self.duty)?.is_some() {
            return Ok(());
        }
        match key_of(vault, chance, Secret::CareKey) {
            Ok(key) => self.open_care_with(folder, key, stamp, fuse, reading),
            Err(Fault::Vault(VaultError::Locked)) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// Opens the care data with its key.
    pub(crate) fn open_care_with(
        &mut self,
        folder: &Path,
        key: Key,
        stamp: i64,
        fuse: Option<&Fuse>,
        reading: Reading,
    ) -> Result<(), Fault> {
        let whole_up_to = match reading {
            Reading::Quick => CARE_WHOLE_UP_TO,
            Reading::Whole => u64::MAX,
        };
        let file = File { path: folder.join(CARE_FILE), key, whole_up_to };
        let (care, aside, unread) = opened(&file, open::CARE, stamp, fuse)?;
        self.checkup = unread.then_some(open::Checkup { path: file.path, key });
        self.pull = care::kept_pull(&care)?;
        self.seen = seen::Seen::default();
        self.care = Some(care);
        self.kept_aside |= aside;
        Ok(())
    }

    /// Closes the care data, and lets go of whatever memory holds of it.
    pub(crate) fn close_care(&mut self) {
        (self.care, self.checkup, self.pull, self.register) = (None, None, None, None);
        self.seen = seen::Seen::default();
    }
}

/// One write transaction: all of it is on the disk when it returns, or nothing is.
pub(crate) fn write<T>(
    db: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, Stop>,
) -> Result<T, Stop> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let value = work(&tx)?;
    tx.commit()?;
    Ok(value)
}

/// Gives freed pages back and empties the log, after data has left (sync.md F7).
pub(crate) fn shrink(db: &Connection) -> Result<(), Fault> {
    db.execute_batch("PRAGMA incremental_vacuum;")?;
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// A database's file, how to read it, and how much of it at once.
struct File {
    path: PathBuf,
    key: Key,
    whole_up_to: u64,
}

/// Opens it: the database, whether a damaged one was put aside, whether it still has to be read.
fn opened(
    file: &File,
    migrations: &[open::Migration],
    stamp: i64,
    fuse: Option<&Fuse>,
) -> Result<(Connection, bool, bool), Fault> {
    match open::open(&file.path, &file.key, migrations, stamp, file.whole_up_to)? {
        Opened::Ready { mut db, kept_aside, unread } => {
            if let Some(allows) = fuse.cloned() {
                db.commit_hook(Some(move || !allows()))?;
            }
            Ok((db, kept_aside.is_some(), unread))
        }
        Opened::Newer => {
            Err(Fault::Store(format!("{} is of a newer version", file.path.display())))
        }
    }
}

/// The key in the vault; a new one when there is none yet.
fn key_of(vault: &dyn Vault, chance: &dyn Chance, secret: Secret) -> Result<Key, Fault> {
    if let Some(held) = vault.get(secret)? {
        return held
            .try_into()
            .map_err(|_| Fault::Vault(VaultError::Failed("a key has not its length".to_owned())));
    }
    let mut key = [0; 32];
    chance.fill(&mut key);
    vault.put(secret, &key)?;
    Ok(key)
}

/// Puts a file in the place of another, durably before it returns: whatever happens, one of both is
/// there and whole.
pub(crate) fn replace(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Fault> {
    let draft = folder.join(format!("{name}.new"));
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, folder.join(name))?;
    sync_folder(folder)
}

/// Makes a rename or a removal durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Fault> {
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}

/// Removes the care data with its companions; it must be closed.
pub(crate) fn drop_care(folder: &Path) -> Result<(), Fault> {
    for file in files(folder)? {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
        if name.is_some_and(|name| name.starts_with(CARE_FILE)) {
            std::fs::remove_file(file)?;
        }
    }
    Ok(())
}

/// The databases of a folder with their companions, damaged copies and what lies beside included.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if [DUTY_FILE, CARE_FILE, beside::PREFIX].iter().any(|ours| name.starts_with(ours)) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}
