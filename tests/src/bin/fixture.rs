//! Keeps what this build writes, for the next releases to open: `fixture FOLDER`.
//!
//! At each release: `target/debug/fixture tests/fixtures/VERSION`, and commit what it made. Never make
//! an older one again: it would no longer be what that release wrote.

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1).map(PathBuf::from) else {
        eprintln!("fixture FOLDER, for example tests/fixtures/0.2.0");
        return ExitCode::from(2);
    };
    if folder.join("facts.json").exists() {
        eprintln!("{} is there already, and is kept as it is", folder.display());
        return ExitCode::FAILURE;
    }
    releve_tests::fixture::makes(&folder);
    println!("{}", folder.display());
    ExitCode::SUCCESS
}
