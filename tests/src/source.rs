//! The workspace's own sources, read as text by the architecture test.

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A Rust file of the product.
pub struct Source {
    /// Its path from the root, with `/`.
    pub path: String,
    /// Its text without its tests.
    pub text: String,
    /// All of it.
    pub whole: String,
}

impl Source {
    /// Its lines of code, from 1: comments and tests left out.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The folder of `server/src` that it lies in.
    #[must_use]
    pub fn room(&self) -> Option<&str> {
        self.path.strip_prefix("server/src/")?.split_once('/').map(|(room, _)| room)
    }

    /// A place in it.
    #[must_use]
    pub fn at(&self, line: usize) -> String {
        let text = self.text.lines().nth(line - 1).unwrap_or_default();
        format!("{}:{line}: {}", self.path, text.trim())
    }
}

/// Every Rust file of the product under a folder, test files left out.
#[must_use]
pub fn sources(folder: &str) -> Vec<Source> {
    read_all(&[folder], &["rs"])
        .into_iter()
        .filter(|(path, _)| {
            !["tests.rs", "/gen_ts.rs", "/testing.rs"].iter().any(|end| path.ends_with(end))
        })
        .filter(|(path, _)| !path.starts_with("server/src/testing/"))
        .map(|(path, whole)| {
            let tests = whole.find("#[cfg(test)]\nmod tests {");
            let text = whole[..tests.unwrap_or(whole.len())].to_owned();
            Source { path, text, whole }
        })
        .collect()
}

/// Every file with one of the endings under some folders: path from the root, and text, in order.
#[must_use]
pub fn read_all(folders: &[&str], endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in folders {
        walk(&root().join(folder), folder, endings, &mut found);
    }
    found.sort();
    found
}

fn walk(dir: &Path, from_root: &str, endings: &[&str], found: &mut Vec<(String, String)>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{from_root}/{name}");
        if entry.path().is_dir() {
            if !["node_modules", "dist", "target"].contains(&name.as_str()) {
                walk(&entry.path(), &path, endings, found);
            }
        } else if endings.iter().any(|ending| name.ends_with(&format!(".{ending}"))) {
            found.push((path, fs::read_to_string(entry.path()).expect("a text file")));
        }
    }
}
