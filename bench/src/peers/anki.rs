//! Anki and its sync server: the closest relative (Rust, axum, SQLite, offline first). Its own client
//! library speaks, from Python; a script of ours tells it what to do, line by line.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::folder;
use crate::processes::{Running, free_port, root};

pub const NAME: &str = "Anki sync server 26.9";

pub struct Anki {
    _running: Running,
    _folder: tempfile::TempDir,
    child: Child,
    says: BufReader<ChildStdout>,
    hears: ChildStdin,
}

impl Anki {
    /// `None` when it is not installed.
    pub fn start() -> Option<Self> {
        let python = folder().join("venv/bin/python");
        let there = Command::new(&python).args(["-c", "import anki"]).output().ok()?;
        if !there.status.success() {
            return None;
        }
        let data = tempfile::tempdir_in(root().join("target/bench")).ok()?;
        let port = free_port();
        let mut command = Command::new(&python);
        command
            .args(["-m", "anki.syncserver"])
            .env("SYNC_USER1", "bench:bench")
            .env("SYNC_BASE", data.path().join("server"))
            .env("SYNC_HOST", "127.0.0.1")
            .env("SYNC_PORT", port.to_string());
        let running = Running::start(&mut command, port, &data.path().join("log"));
        let mut child = Command::new(&python)
            .arg(root().join("bench/peers/anki_client.py"))
            .arg(data.path())
            .arg(format!("http://127.0.0.1:{port}/"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(data.path().join("client.log")).ok()?)
            .spawn()
            .ok()?;
        let says = BufReader::new(child.stdout.take()?);
        let hears = child.stdin.take()?;
        Some(Self { _running: running, _folder: data, child, says, hears })
    }

    /// Does something, and gives what it took in milliseconds.
    pub fn ms(&mut self, what: &str, n: usize) -> Option<f64> {
        writeln!(self.hears, "{}", json!({ "do": what, "n": n })).ok()?;
        self.hears.flush().ok()?;
        let mut line = String::new();
        self.says.read_line(&mut line).ok()?;
        let said: Value = serde_json::from_str(&line).ok()?;
        said["ms"].as_f64()
    }
}

impl Drop for Anki {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
