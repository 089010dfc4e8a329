//! A phone in a process of its own, spoken to through its door.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use releve_core::door::{Act, ActLine, ActState, Ask, Reply, View};
use releve_core::ports::Request;
use releve_shared::id::{ClockEventId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::visit::{ClockKind, ManualReason};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::Agent;

use super::{Process, now, program, until};
use crate::world::link::{agent, send};

/// What came of an act on a process that may die meanwhile.
#[derive(Debug, PartialEq, Eq)]
pub enum Said<T> {
    /// Done, and said so.
    Done(T),
    /// Refused.
    Refused(Refusal),
    /// No answer: it may have been done or not.
    Lost,
}

impl<T: std::fmt::Debug> Said<T> {
    /// What was done.
    #[must_use]
    pub fn done(self) -> T {
        if let Self::Done(value) = self { value } else { panic!("{self:?}") }
    }
}

/// A phone in a process of its own.
pub struct PhoneProcess {
    folder: PathBuf,
    agent: Agent,
    url: String,
    process: Process,
    /// How long its last start took.
    pub took: Duration,
}

impl PhoneProcess {
    /// Starts the phone of a folder.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        let (process, url, took) = launch(folder);
        Self { folder: folder.to_owned(), agent: agent(), url, process, took }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Its number, to be killed from elsewhere.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Killed if it still lives, and started again.
    pub fn restart(&mut self) {
        self.process.kill();
        (self.process, self.url, self.took) = launch(&self.folder);
        self.agent = agent();
    }

    /// Does something at the door.
    pub fn act(&self, act: &Act) -> Said<Reply> {
        self.call("/door/act", act)
    }

    /// Looks at something.
    pub fn ask(&self, ask: &Ask) -> Said<View> {
        self.call("/door/ask", ask)
    }

    fn call<T: DeserializeOwned>(&self, path: &str, what: &impl Serialize) -> Said<T> {
        let request = Request {
            method: "POST",
            url: format!("{}{path}", self.url),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: serde_json::to_vec(what).expect("JSON"),
        };
        let Ok(came) = send(&self.agent, &request) else { return Said::Lost };
        match came.status {
            200 => serde_json::from_slice(&came.body).map_or(Said::Lost, Said::Done),
            422 => {
                let body: Value = serde_json::from_slice(&came.body).unwrap_or_default();
                serde_json::from_value(body["refusal"].clone()).map_or(Said::Lost, Said::Refused)
            }
            other => panic!("{path}: {other} {}", String::from_utf8_lossy(&came.body)),
        }
    }

    /// Arrival at a visit, by hand.
    pub fn starts(&self, visit: VisitId) -> Said<ClockEventId> {
        let act = Act::ClockByHand {
            visit: Some(visit),
            client: None,
            kind: ClockKind::Start,
            reason: Some(ManualReason::Other),
            note: "épreuve".to_owned(),
            declared_at: None,
        };
        match self.act(&act) {
            Said::Done(Reply::Clocked { event, .. }) => Said::Done(event),
            Said::Done(Reply::Done) => panic!("no stamp"),
            Said::Refused(refusal) => Said::Refused(refusal),
            Said::Lost => Said::Lost,
        }
    }

    /// Arrives, and takes it back: two stamps. Gives those that the phone has said to hold. What a
    /// kill left open before is taken back first.
    pub fn two_stamps(&self, visit: VisitId) -> Option<ClockEventId> {
        match self.starts(visit) {
            Said::Done(event) => {
                let _ = self.act(&Act::Undo { event });
                Some(event)
            }
            Said::Refused(Refusal::AlreadyStarted) => {
                let last = self.acts().iter().map(|act| act.id).max();
                if let Some(last) = last {
                    let _ = self.act(&Act::Undo { event: ClockEventId::from(last.uuid()) });
                }
                None
            }
            Said::Refused(refusal) => panic!("a stamp was refused: {refusal}"),
            Said::Lost => None,
        }
    }

    /// The outbox screen; empty when the phone does not answer.
    #[must_use]
    pub fn acts(&self) -> Vec<ActLine> {
        match self.ask(&Ask::Outbox) {
            Said::Done(View::Outbox { acts }) => acts,
            Said::Done(_) | Said::Refused(_) | Said::Lost => Vec::new(),
        }
    }

    /// How many acts wait, and which the server has.
    #[must_use]
    pub fn tally(&self) -> (usize, BTreeSet<String>) {
        let acts = self.acts();
        let waiting = acts.iter().filter(|act| matches!(act.state, ActState::OnPhone)).count();
        let had = acts.iter().filter(|act| matches!(act.state, ActState::Received { .. }));
        (waiting, had.map(|act| act.id.to_string()).collect())
    }

    /// Asks for an exchange until nothing waits.
    pub fn empties(&self) -> Duration {
        until("the outbox is empty", || {
            let _ = self.act(&Act::SyncNow);
            self.tally().0 == 0
        })
    }

    /// What SQLite says of one of its databases, while it is not running.
    #[must_use]
    pub fn integrity(&self, file: &str, key: &str) -> String {
        let db = rusqlite::Connection::open(self.folder.join("phone").join(file)).expect("a file");
        let key = std::fs::read(self.folder.join("vault").join(key)).expect("a key");
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        db.pragma_update(None, "key", format!("x'{hex}'")).expect("a key");
        db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("an answer")
    }
}

fn launch(folder: &Path) -> (Process, String, Duration) {
    let began = now();
    std::fs::create_dir_all(folder).expect("a folder");
    // Beside its databases, so that who looks for words of people finds them here too.
    let log = std::fs::File::options().create(true).append(true).open(folder.join("log"));
    let child = Command::new(program("phone"))
        .args(["--folder", &folder.display().to_string()])
        .stdout(Stdio::piped())
        .stderr(log.expect("a log"))
        .spawn();
    let mut process = Process(child.expect("the phone's binary"));
    let mut lines = BufReader::new(process.0.stdout.take().expect("its words")).lines();
    let line = lines.next().expect("an address").expect("an address");
    let url = line.strip_prefix("phone: ").expect("an address").to_owned();
    (process, url, began.elapsed())
}
