//! Real processes: the server's binary and a phone's, to be killed, starved and put behind bad lines.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use releve_core::door::{Act, ActLine, ActState, Ask, Reply, View};
use releve_core::ports::Request;
use releve_shared::id::{ClockEventId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::visit::{ClockKind, ManualReason};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::Agent;

use crate::island::Island;
use crate::world::PASSWORD;
use crate::world::desk::Desk;
use crate::world::folder;
use crate::world::link::{agent, send};

/// Longer than any start.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(5);

/// What a span of real time was. Tests of processes measure, they never decide by it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "real processes live in real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// How often: the short form of `make test`, or the long one of `make torture`.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one switch between short and long")]
pub fn rounds(short: u64, long: u64) -> u64 {
    if std::env::var("RELEVE_TORTURE").is_ok() { long } else { short }
}

/// A program of this workspace, beside the test that runs.
///
/// # Panics
/// When it is not built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a test");
    let folder = own.parent().and_then(Path::parent).expect("target/debug");
    let path = folder.join(name);
    assert!(path.exists(), "{name} is not built: cargo build --workspace --bins");
    path
}

/// A port that nobody has now.
#[must_use]
pub fn free_port() -> u16 {
    let probe = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    probe.local_addr().expect("an address").port()
}

/// Waits until something holds.
///
/// # Panics
/// When it does not for a minute.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let began = now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "waited too long for: {what}");
        thread::sleep(LOOK);
    }
    began.elapsed()
}

/// Where a server process lives: its keys, its address, its database.
pub struct Place {
    folder: tempfile::TempDir,
    host: IpAddr,
    port: u16,
    /// What starts its programs: nothing, or the way into a network of its own.
    words: Vec<String>,
    /// Its database's address.
    pub database: String,
    /// What phones use; its own address, unless something stands between.
    pub public_url: String,
}

impl Place {
    /// A place over a database.
    #[must_use]
    pub fn new(database: &str) -> Self {
        let port = free_port();
        let public_url = format!("http://127.0.0.1:{port}");
        let (host, words) = (IpAddr::from([127, 0, 0, 1]), Vec::new());
        let folder = folder::scratch();
        Self { folder, host, port, words, database: database.to_owned(), public_url }
    }

    /// Puts the server into a network of its own.
    pub fn inside(&mut self, island: &Island) {
        self.host = IpAddr::from(island.desk_finds);
        self.words = island.words();
        self.public_url = format!("http://{}:{}", island.phones_find, self.port);
    }

    /// Where the desk finds the server.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((self.host, self.port))
    }

    /// A path in its folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The server's binary with some words.
    #[must_use]
    pub fn command(&self, words: &[&str]) -> Command {
        let server = program("releve-server");
        let (mut command, listens) = match self.words.split_first() {
            None => (Command::new(server), self.address()),
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(server);
                (command, SocketAddr::from(([0, 0, 0, 0], self.port)))
            }
        };
        command
            .args(words)
            .env("RELEVE__SERVER__LISTEN", listens.to_string())
            .env("RELEVE__SERVER__PUBLIC_URL", &self.public_url)
            .env("RELEVE__DB__URL", &self.database)
            .env("RELEVE__KEYS__MASTER_FILE", self.path("master.key"))
            .env("RELEVE__KEYS__BACKUP_FILE", self.path("backup.key"))
            .env("RELEVE__LIMITS__REQUESTS_PER_PHONE", "100000")
            .env("RELEVE__LIMITS__ALARM_REPORTS_PER_PHONE", "100000")
            .env("RELEVE__LIMITS__SIGN_INS_OVERALL", "100000")
            .env("RELEVE__LIMITS__ENROLMENTS_PER_ADDRESS", "100000");
        command
    }

    /// Runs a command to its end, whatever it comes to.
    #[must_use]
    pub fn tries(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("the server's binary")
    }

    /// Runs a command to its good end; gives what it said.
    pub fn runs(&self, words: &[&str]) -> String {
        let done = self.tries(words);
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(
            done.status.success(),
            "{words:?}: {said} {}",
            String::from_utf8_lossy(&done.stderr)
        );
        said
    }

    /// An agency and its supervisor.
    pub fn found(&self) {
        let file = self.path("password");
        std::fs::write(&file, PASSWORD).expect("a file");
        let file = file.display().to_string();
        let _ = self.runs(&[
            "user",
            "add",
            "--login",
            "chloe",
            "--name",
            "Chloé",
            "--organisation",
            "Les Tilleuls",
            "--password-file",
            &file,
        ]);
    }

    /// Starts one more server over the same database and keys, on a port of its own.
    #[must_use]
    pub fn serve_beside(&self) -> Process {
        let address = format!("127.0.0.1:{}", free_port());
        let mut command = self.command(&["serve"]);
        command.env("RELEVE__SERVER__LISTEN", &address);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = Process(child.expect("the server's binary"));
        let health = Desk::new(&format!("http://{address}"));
        let _ = until("the other server answers", || {
            std::net::TcpStream::connect(&address).is_ok() && health.get("/healthz").status == 200
        });
        process
    }

    /// Starts the server; gives how long it took to answer, too.
    #[must_use]
    pub fn serve(&self) -> (Process, Duration) {
        let mut command = self.command(&["serve"]);
        let log = std::fs::File::options().create(true).append(true).open(self.path("log"));
        let child = command.stdout(Stdio::null()).stderr(log.expect("a log")).spawn();
        let mut process = Process(child.expect("the server's binary"));
        let health = Desk::new(&format!("http://{}", self.address()));
        let took = until("the server answers", || {
            let gone = process.0.try_wait().expect("a state");
            let log = || std::fs::read_to_string(self.path("log")).unwrap_or_default();
            assert!(gone.is_none(), "the server ended: {}", log());
            std::net::TcpStream::connect(self.address()).is_ok()
                && health.get("/healthz").status == 200
        });
        (process, took)
    }

    /// A supervisor's browser, straight to the server.
    #[must_use]
    pub fn desk(&self) -> Desk {
        let desk = Desk::new(&format!("http://{}", self.address()));
        let _ = desk.sign_in("chloe", PASSWORD).ok();
        desk
    }
}

/// A process that ends with its owner.
pub struct Process(Child);

impl Process {
    /// SIGKILL: nothing is said, nothing is finished.
    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

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

/// An agency with one worker, her phone enrolled, and visits that are due.
pub struct Agency {
    /// The supervisor.
    pub desk: Desk,
    /// The worker's phone.
    pub phone: PhoneProcess,
    /// Her first visit.
    pub visit: VisitId,
    /// All of them, one after the other.
    pub visits: Vec<VisitId>,
}

impl Agency {
    /// Sets it up on a server that runs. `now` is the real time.
    #[must_use]
    pub fn at(place: &Place) -> Self {
        Self::named(place, "worker", 1)
    }

    /// The same with the phone's folder, for several on one server, and with more visits.
    ///
    /// # Panics
    /// Without any visit.
    #[must_use]
    pub fn named(place: &Place, folder: &str, visits: i64) -> Self {
        let desk = place.desk();
        let worker = desk.adds_caregiver("Amina", "Diallo");
        desk.transmits(worker.id, true);
        let client = desk.adds_client("Jeanne", "Lefèvre");
        let start = releve_server::app::Clock::now(&releve_server::app::SystemClock);
        let lasts = releve_shared::time::HOUR_MS / visits;
        let at = |number: i64| start.plus(number * lasts);
        let visits: Vec<VisitId> =
            (0..visits).map(|n| desk.plans(worker.id, client, at(n), at(n + 1))).collect();
        let visit = *visits.first().expect("a visit");
        let phone = PhoneProcess::start(&place.path(folder));
        let link = desk.enrolment(worker.id);
        let _ = phone.act(&Act::Enrol { link, phone_name: "Épreuve".to_owned() }).done();
        until("the planning is there", || {
            visits.iter().all(|&id| matches!(phone.ask(&Ask::Visit { id }), Said::Done(_)))
        });
        Self { desk, phone, visit, visits }
    }

    /// The ids of the stamps that the server has of the visits, as often as it has them.
    #[must_use]
    pub fn on_server(&self) -> Vec<String> {
        let of = |visit: &VisitId| {
            let proof = self.desk.get(&format!("/api/desk/visits/{visit}/proof")).ok();
            let stamps = proof["stamps"].as_array().expect("stamps").clone();
            stamps
                .into_iter()
                .map(|stamp| stamp["clocked"]["id"].as_str().unwrap_or_default().to_owned())
        };
        self.visits.iter().flat_map(of).collect()
    }

    /// What the phone holds and what the server has is the same, once each, and all that was
    /// acknowledged is in it. Gives how many stamps.
    pub fn nothing_lost_nothing_doubled(&self, acknowledged: &BTreeSet<String>) -> usize {
        let held: BTreeSet<String> =
            self.phone.acts().iter().map(|act| act.id.to_string()).collect();
        let lost: Vec<&String> = acknowledged.difference(&held).collect();
        assert!(lost.is_empty(), "acknowledged, and not on the phone: {lost:?}");
        let server = self.on_server();
        let once: BTreeSet<String> = server.iter().cloned().collect();
        assert_eq!(once.len(), server.len(), "doubled on the server");
        assert_eq!(once, held, "the server has what the phone holds");
        server.len()
    }
}
