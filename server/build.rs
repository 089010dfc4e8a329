//! Embeds `migrations/server/`, so that the binary carries every migration it knows.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/server").canonicalize()?;
    println!("cargo:rerun-if-changed={}", folder.display());
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo:rustc-env=RELEVE_BUILT_S={}", built_s());
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|end| end == "sql"));
    files.sort();

    let mut list = String::from("&[\n");
    for path in &files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let _ = writeln!(list, "    ({name:?}, include_str!({:?})),", path.display().to_string());
    }
    list.push_str("]\n");
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or(io::ErrorKind::NotFound)?;
    fs::write(out.join("migrations.rs"), list)
}

/// When this program was built, in seconds; what a reproducible build says instead. No clock that is
/// right shows an earlier time.
#[expect(clippy::disallowed_methods, reason = "the moment of the build is what is wanted")]
fn built_s() -> u64 {
    let said = env::var_os("SOURCE_DATE_EPOCH").and_then(|said| said.to_str()?.parse().ok());
    said.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_secs()))
}
