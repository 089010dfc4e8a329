//! The files as a disk could hold them after a cut.

use std::collections::BTreeMap;

use crate::notes::Note;

/// A disk writes this much at once; the rest of a write may be lost.
const SECTOR: usize = 512;

/// What becomes of what was not synced.
pub enum Cut<'a> {
    /// All of it is lost.
    Nothing,
    /// All of it is kept: no more than a killed process.
    Everything,
    /// Of each sector and each name, this decides; kept sectors arrive in any order.
    Some(&'a mut dyn FnMut(u64) -> u64),
}

/// A disk that notes are played to, one after another.
#[derive(Default)]
pub struct Disk {
    played: usize,
    inodes: Vec<Inode>,
    /// By file: what its name leads to now, and what it would after a cut.
    names: BTreeMap<usize, Name>,
    /// Names made or removed since their folder was synced, with their notes' numbers.
    renamed: Vec<(usize, usize)>,
}

#[derive(Default)]
struct Inode {
    bytes: Vec<u8>,
    /// Not synced yet: the note's number, and what it did.
    loose: Vec<(usize, Change)>,
}

#[derive(Clone, Copy, Default)]
struct Name {
    now: Option<usize>,
    kept: Option<usize>,
}

#[derive(Clone)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Size(usize),
}

impl Change {
    fn play(&self, to: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => {
                let end = at + bytes.len();
                if to.len() < end {
                    to.resize(end, 0);
                }
                to[*at..end].copy_from_slice(bytes);
            }
            Self::Size(size) => to.resize(*size, 0),
        }
    }

    /// In pieces that a disk writes or does not.
    fn pieces(&self) -> Vec<Self> {
        let Self::Write { at, bytes } = self else { return vec![self.clone()] };
        let mut pieces = Vec::new();
        let mut from = 0;
        while from < bytes.len() {
            let to = (from + SECTOR - (at + from) % SECTOR).min(bytes.len());
            pieces.push(Self::Write { at: at + from, bytes: bytes[from..to].to_vec() });
            from = to;
        }
        pieces
    }
}

impl Disk {
    /// Plays the next note. A promise changes no disk.
    pub fn plays(&mut self, note: &Note) {
        let number = self.played;
        self.played += 1;
        match note {
            Note::Made { file } => {
                self.inodes.push(Inode::default());
                self.names.entry(*file).or_default().now = Some(self.inodes.len() - 1);
                self.renamed.push((number, *file));
            }
            Note::Removed { file } => {
                self.names.entry(*file).or_default().now = None;
                self.renamed.push((number, *file));
            }
            Note::Written { file, at, bytes } => {
                self.changes(*file, number, Change::Write { at: *at, bytes: bytes.clone() });
            }
            Note::Sized { file, size } => self.changes(*file, number, Change::Size(*size)),
            Note::Synced { file, before } => {
                if let Some(inode) = self.inode(*file) {
                    let Inode { bytes, loose } = inode;
                    loose.retain(|(made, change)| {
                        let synced = made < before;
                        if synced {
                            change.play(bytes);
                        }
                        !synced
                    });
                }
            }
            Note::NamesSynced { before } => {
                let names = &mut self.names;
                self.renamed.retain(|(made, file)| {
                    let synced = made < before;
                    if let (true, Some(name)) = (synced, names.get_mut(file)) {
                        name.kept = name.now;
                    }
                    !synced
                });
            }
            Note::Promised(_) => {}
        }
    }

    /// The files that are there after a cut at this point.
    #[must_use]
    pub fn after(&self, cut: &mut Cut<'_>) -> BTreeMap<usize, Vec<u8>> {
        let mut files = BTreeMap::new();
        for (file, name) in &self.names {
            let chosen = match cut {
                Cut::Nothing => name.kept,
                Cut::Everything => name.now,
                Cut::Some(below) => {
                    if below(2) == 0 {
                        name.kept
                    } else {
                        name.now
                    }
                }
            };
            let Some(inode) = chosen.and_then(|chosen| self.inodes.get(chosen)) else { continue };
            let mut bytes = inode.bytes.clone();
            for change in kept(&inode.loose, cut) {
                change.play(&mut bytes);
            }
            files.insert(*file, bytes);
        }
        files
    }

    fn changes(&mut self, file: usize, number: usize, change: Change) {
        if let Some(inode) = self.inode(file) {
            inode.loose.push((number, change));
        }
    }

    fn inode(&mut self, file: usize) -> Option<&mut Inode> {
        let now = self.names.get(&file)?.now?;
        self.inodes.get_mut(now)
    }
}

/// What is kept of the unsynced, in the order in which the disk gets it.
fn kept(loose: &[(usize, Change)], cut: &mut Cut<'_>) -> Vec<Change> {
    match cut {
        Cut::Nothing => Vec::new(),
        Cut::Everything => loose.iter().map(|(_, change)| change.clone()).collect(),
        Cut::Some(below) => {
            // From nearly nothing to nearly all, so that the edges are met too.
            let often = below(101);
            let pieces = loose.iter().flat_map(|(_, change)| change.pieces());
            let mut kept: Vec<Change> = pieces.filter(|_| below(100) < often).collect();
            for last in (1..kept.len()).rev() {
                let other = usize::try_from(below(last as u64 + 1)).unwrap_or_default();
                kept.swap(last, other);
            }
            kept
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(file: usize, at: usize, text: &str) -> Note {
        Note::Written { file, at, bytes: text.as_bytes().to_vec() }
    }

    fn disk(notes: &[Note]) -> Disk {
        let mut disk = Disk::default();
        notes.iter().for_each(|note| disk.plays(note));
        disk
    }

    #[test]
    fn what_was_not_synced_is_lost_and_the_rest_is_not() {
        let disk = disk(&[
            Note::Made { file: 0 },
            written(0, 0, "synced"),
            Note::NamesSynced { before: 2 },
            written(0, 6, " late"),
            // The sync began before the second write.
            Note::Synced { file: 0, before: 3 },
        ]);
        assert_eq!(disk.after(&mut Cut::Nothing)[&0], b"synced");
        assert_eq!(disk.after(&mut Cut::Everything)[&0], b"synced late");
    }

    #[test]
    fn a_name_that_was_not_synced_may_be_lost_with_all_its_bytes() {
        let made = disk(&[
            Note::Made { file: 0 },
            written(0, 0, "x"),
            Note::Synced { file: 0, before: 2 },
        ]);
        assert!(made.after(&mut Cut::Nothing).is_empty());
        let removed = disk(&[
            Note::Made { file: 0 },
            Note::NamesSynced { before: 1 },
            Note::Removed { file: 0 },
        ]);
        assert_eq!(removed.after(&mut Cut::Nothing).len(), 1);
        assert!(removed.after(&mut Cut::Everything).is_empty());
    }

    #[test]
    fn a_torn_write_keeps_whole_sectors_only() {
        let disk = disk(&[
            Note::Made { file: 0 },
            Note::NamesSynced { before: 1 },
            Note::Written { file: 0, at: 100, bytes: vec![1; 1_000] },
        ]);
        let mut turn = 0;
        let mut below = |limit: u64| {
            turn += 1;
            turn % limit.max(1)
        };
        let torn = &disk.after(&mut Cut::Some(&mut below))[&0];
        for sector in [100..512, 512..1_024, 1_024..1_100] {
            let bytes = torn.get(sector.start..sector.end.min(torn.len())).unwrap_or_default();
            assert!(bytes.iter().all(|byte| *byte == 1) || bytes.iter().all(|byte| *byte == 0));
        }
    }
}
