//! pouchdb-server: CouchDB's interface over LevelDB in Node. No fsync before it acknowledges.

use std::process::Command;

use super::{event, folder};
use crate::http::{self, Line};
use crate::processes::{Running, free_port};

pub const NAME: &str = "pouchdb-server 4.2";

pub struct Pouch {
    pub running: Running,
    _folder: tempfile::TempDir,
}

impl Pouch {
    /// `None` when it is not installed.
    pub fn start() -> Option<Self> {
        let program = folder().join("node/node_modules/.bin/pouchdb-server");
        if !program.exists() {
            return None;
        }
        let data = tempfile::tempdir_in(crate::processes::root().join("target/bench")).ok()?;
        let port = free_port();
        let mut command = Command::new(program);
        command
            .current_dir(data.path())
            .args(["--port", &port.to_string(), "--host", "127.0.0.1", "--no-stdout-logs"])
            .args(["--dir", &data.path().display().to_string()]);
        let running = Running::start(&mut command, port, &data.path().join("log"));
        let made = Line::open(port).ask(&http::request("PUT", "/events", &[], b""));
        if made.status != 201 {
            return None;
        }
        Some(Self { running, _folder: data })
    }

    /// One event created.
    pub fn create(n: usize) -> Vec<u8> {
        let mut document = event(n);
        document["_id"] = document["uuid"].take();
        http::request("POST", "/events", &[], document.to_string().as_bytes())
    }

    /// Everything, with bodies.
    pub fn changes() -> Vec<u8> {
        http::request("GET", "/events/_changes?include_docs=true", &[], b"")
    }
}
