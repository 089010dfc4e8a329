//! What SQLite did, in order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One thing that SQLite did to a file, or that a test noted beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A file was made.
    Made {
        /// Which.
        file: usize,
    },
    /// Bytes were written.
    Written {
        /// To which file.
        file: usize,
        /// From where on.
        at: usize,
        /// What.
        bytes: Vec<u8>,
    },
    /// A file was cut or stretched.
    Sized {
        /// Which.
        file: usize,
        /// To how many bytes.
        size: usize,
    },
    /// All that was done to a file before the note of this number is on the disk.
    Synced {
        /// Which.
        file: usize,
        /// The number.
        before: usize,
    },
    /// All names in the file's folder as they were before the note of this number are on the disk.
    NamesSynced {
        /// The number.
        before: usize,
    },
    /// A name was removed.
    Removed {
        /// Whose.
        file: usize,
    },
    /// The test says: this was promised now.
    Promised(String),
}

/// How the product's own `PRAGMA synchronous` is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// As it is asked for.
    AsAsked,
    /// Every `FULL` becomes `NORMAL`: the counter-proof.
    Normal,
}

/// What happened in some folders since it began. Dropped, it ends.
pub struct Recording(usize);

struct Running {
    folders: Vec<PathBuf>,
    strength: Strength,
    files: BTreeMap<PathBuf, usize>,
    notes: Vec<Note>,
}

/// All recordings of this process; an ended one leaves its place empty.
static RUNNING: Mutex<Vec<Option<Running>>> = Mutex::new(Vec::new());

fn running() -> MutexGuard<'static, Vec<Option<Running>>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recording {
    /// Begins to note what SQLite does in these folders, for connections opened from now on.
    #[must_use]
    pub fn of(folders: &[&Path], strength: Strength) -> Self {
        crate::vfs::install();
        let folders = folders.iter().map(|folder| folder.to_path_buf()).collect();
        let (files, notes) = (BTreeMap::new(), Vec::new());
        let mut all = running();
        all.push(Some(Running { folders, strength, files, notes }));
        Self(all.len() - 1)
    }

    /// Notes a promise: what it says must hold after any later cut.
    pub fn promises(&self, what: impl Into<String>) {
        note(self.0, |_| Note::Promised(what.into()));
    }

    /// Ends, and gives the notes with the files' paths.
    #[must_use]
    pub fn ends(self) -> (Vec<PathBuf>, Vec<Note>) {
        let ended = running().get_mut(self.0).and_then(Option::take).expect("a recording");
        let mut paths: Vec<(usize, PathBuf)> =
            ended.files.into_iter().map(|(path, number)| (number, path)).collect();
        paths.sort();
        (paths.into_iter().map(|(_, path)| path).collect(), ended.notes)
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if let Some(place) = running().get_mut(self.0) {
            *place = None;
        }
    }
}

/// A file of a recording.
#[derive(Clone, Copy)]
pub(crate) struct Watched {
    pub(crate) recording: usize,
    pub(crate) file: usize,
}

/// Whether a recording cares about a path.
pub(crate) fn watched(path: &Path) -> Option<Watched> {
    let mut all = running();
    all.iter_mut().enumerate().find_map(|(recording, running)| {
        let running = running.as_mut()?;
        if !running.folders.iter().any(|folder| path.starts_with(folder)) {
            return None;
        }
        let next = running.files.len();
        let file = *running.files.entry(path.to_owned()).or_insert(next);
        Some(Watched { recording, file })
    })
}

/// Adds a note, made of the number of those before it.
pub(crate) fn note(recording: usize, make: impl FnOnce(usize) -> Note) {
    if let Some(Some(running)) = running().get_mut(recording) {
        let note = make(running.notes.len());
        running.notes.push(note);
    }
}

/// How many notes there are.
pub(crate) fn count(recording: usize) -> usize {
    running().get(recording).and_then(Option::as_ref).map_or(0, |running| running.notes.len())
}

/// Whether a recording wants `FULL` taken as `NORMAL`.
pub(crate) fn weakens(recording: usize) -> bool {
    let all = running();
    let running = all.get(recording).and_then(Option::as_ref);
    running.is_some_and(|running| running.strength == Strength::Normal)
}
