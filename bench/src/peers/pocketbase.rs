//! PocketBase: one Go binary over SQLite. Rules on, a signed-in user, its own defaults (WAL, NORMAL:
//! what it acknowledges does not survive a power cut).

use std::process::Command;

use serde_json::{Value, json};

use super::{event, folder};
use crate::http::{self, Line};
use crate::processes::{Running, free_port};

pub const NAME: &str = "PocketBase 0.40.6";

pub struct PocketBase {
    pub running: Running,
    _folder: tempfile::TempDir,
    token: String,
    owner: String,
}

pub const PASSWORD: &str = "Tilleuls-81-Bench!";

impl PocketBase {
    /// `None` when it is not installed.
    pub fn start() -> Option<Self> {
        let program = folder().join("venv/bin/pocketbase");
        if !program.exists() {
            return None;
        }
        let data = tempfile::tempdir_in(crate::processes::root().join("target/bench")).ok()?;
        let dir = format!("--dir={}", data.path().display());
        let made = Command::new(&program)
            .args(["superuser", "upsert", "bench@releve.test", PASSWORD, &dir])
            .output()
            .ok()?;
        if !made.status.success() {
            return None;
        }
        let port = free_port();
        let mut command = Command::new(&program);
        let migrations = format!("--migrationsDir={}", data.path().join("migrations").display());
        command.args(["serve", &format!("--http=127.0.0.1:{port}"), &dir, &migrations]);
        let running = Running::start(&mut command, port, &data.path().join("log"));
        let mut peer = Self { running, _folder: data, token: String::new(), owner: String::new() };
        peer.prepare();
        Some(peer)
    }

    fn prepare(&mut self) {
        let signed = |body: &Value| body["token"].as_str().unwrap_or_default().to_owned();
        let login = json!({ "identity": "bench@releve.test", "password": PASSWORD });
        let admin =
            self.call("POST", "/api/collections/_superusers/auth-with-password", "", &login);
        let admin = signed(&admin);
        let text = |name: &str| json!({ "name": name, "type": "text" });
        let number = |name: &str| json!({ "name": name, "type": "number" });
        let own = "@request.auth.id != '' && owner = @request.auth.id";
        let events = json!({
            "name": "events", "type": "base",
            "fields": [text("owner"), text("uuid"), text("worker"), text("visit"), text("kind"),
                       number("wall"), number("up"), text("proof"), text("note")],
            "indexes": ["CREATE INDEX events_worker ON events (worker, wall)"],
            "createRule": own, "listRule": own, "viewRule": own, "updateRule": own,
        });
        let made = self.call("POST", "/api/collections", &admin, &events);
        assert!(made["id"].is_string(), "{made}");
        let batch = json!({ "batch": { "enabled": true, "maxRequests": 1000, "timeout": 60 } });
        self.call("PATCH", "/api/settings", &admin, &batch);
        let user = json!({ "email": "amina@releve.test", "password": PASSWORD, "passwordConfirm": PASSWORD });
        let user = self.call("POST", "/api/collections/users/records", &admin, &user);
        self.owner = user["id"].as_str().expect("a user").to_owned();
        let login = json!({ "identity": "amina@releve.test", "password": PASSWORD });
        let token = self.call("POST", "/api/collections/users/auth-with-password", "", &login);
        self.token = signed(&token);
        assert!(!self.token.is_empty(), "{token}");
    }

    fn call(&self, method: &str, path: &str, token: &str, body: &Value) -> Value {
        let body = body.to_string();
        let request = http::request(method, path, &[("authorization", token)], body.as_bytes());
        Line::open(self.running.port).ask(&request).json()
    }

    fn record(&self, n: usize) -> Value {
        let mut record = event(n);
        record["owner"] = Value::from(self.owner.clone());
        record
    }

    /// One event created.
    pub fn create(&self, n: usize) -> Vec<u8> {
        let body = self.record(n).to_string();
        let path = "/api/collections/events/records";
        http::request("POST", path, &[("authorization", &self.token)], body.as_bytes())
    }

    /// Many created at once.
    pub fn batch(&self, from: usize, n: usize) -> Vec<u8> {
        let one = |n| json!({ "method": "POST", "url": "/api/collections/events/records", "body": self.record(n) });
        let requests: Vec<Value> = (from..from + n).map(one).collect();
        let body = json!({ "requests": requests }).to_string();
        http::request("POST", "/api/batch", &[("authorization", &self.token)], body.as_bytes())
    }

    /// A page of a list; with a worker, hers only: "my day".
    pub fn list(&self, per_page: usize, page: usize, worker: Option<usize>) -> Vec<u8> {
        let mut path = format!(
            "/api/collections/events/records?perPage={per_page}&page={page}&skipTotal=1&sort=wall"
        );
        if let Some(worker) = worker {
            let worker = format!("01930000-0000-7001-8000-{:012x}", worker % 500);
            path.push_str(&format!("&filter=(worker%3D%27{worker}%27)"));
        }
        http::request("GET", &path, &[("authorization", &self.token)], b"")
    }

    /// A sign-in.
    pub fn login() -> Vec<u8> {
        let body = json!({ "identity": "amina@releve.test", "password": PASSWORD }).to_string();
        http::request("POST", "/api/collections/users/auth-with-password", &[], body.as_bytes())
    }
}
