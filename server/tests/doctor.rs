//! `doctor` of the real program, on an installation that is well and then is not.

use std::path::Path;
use std::process::Command;

/// What `doctor` says, and whether it calls the installation sound.
fn doctor(folder: &Path) -> (String, bool) {
    run(folder, &["doctor"])
}

fn run(folder: &Path, args: &[&str]) -> (String, bool) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_releve-server"));
    match program.args(args).current_dir(folder).output() {
        Ok(done) => (String::from_utf8_lossy(&done.stdout).into_owned(), done.status.success()),
        Err(error) => (error.to_string(), false),
    }
}

#[test]
fn disk_clock_and_database_are_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let (said, sound) = doctor(folder.path());
    assert!(sound && said.contains("There is no database yet"), "{said}");

    let founded =
        ["user", "add", "--login", "claire", "--name", "Claire", "--organisation", "Albi"];
    assert!(run(folder.path(), &founded).1);
    let (said, sound) = doctor(folder.path());
    assert!(sound, "{said}");
    for wanted in [
        "ms to be safe on the disk",
        "GiB are free",
        "clock shows a possible time",
        "SQLite 3",
        "is sound",
        "up to date",
        "Organisations: 1",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    assert!(!said.contains("BAD"), "{said}");

    let file = folder.path().join("releve-data/releve.db");
    let db = rusqlite::Connection::open(&file).unwrap();
    let entry = "INSERT INTO audit_entry (id, organisation, at, who, verb, what, detail)
                 SELECT 'later', id, 9000000000000, 'system', 'x', 'y', '' FROM organisation";
    assert_eq!(db.execute(entry, []).unwrap(), 1);
    let (said, sound) = doctor(folder.path());
    assert!(!sound && said.contains("ahead of the machine's clock"), "{said}");
    assert_eq!(db.execute("DELETE FROM audit_entry WHERE id = 'later'", []).unwrap(), 1);

    db.execute_batch(
        "PRAGMA foreign_keys = OFF; INSERT INTO session (id, account, token, created_at, used_at) VALUES ('s', 'nobody', 't', 1, 1)",
    )
    .unwrap();
    let (said, sound) = doctor(folder.path());
    assert!(!sound && said.contains("Rows of session belong to nothing"), "{said}");
    db.execute_batch("DELETE FROM session; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(db);
    assert!(doctor(folder.path()).1);

    // Damage in the middle of the file, as a dying disk does.
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle - 8_192..middle + 8_192].fill(0x5a);
    std::fs::write(&file, bytes).unwrap();
    let (said, sound) = doctor(folder.path());
    assert!(!sound && said.contains("BAD"), "{said}");
}
