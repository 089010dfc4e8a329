//! Folders that vanish with the story.

use std::path::Path;

use tempfile::TempDir;

/// A folder of one story, in memory where the machine has such a place: a story does not test disks.
#[must_use]
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let mut builder = tempfile::Builder::new();
    let made = builder.prefix("releve-story-");
    let made = if memory.is_dir() { made.tempdir_in(memory) } else { made.tempdir() };
    made.expect("a temporary folder")
}

/// Every file under a folder that holds one of some texts, in UTF-8.
#[must_use]
pub fn found_in(folder: &Path, canaries: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(found_in(&entry.path(), canaries));
            continue;
        }
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        for canary in canaries {
            if bytes.windows(canary.len()).any(|window| window == canary.as_bytes()) {
                found.push(format!("{canary} in {}", entry.path().display()));
            }
        }
    }
    found
}
