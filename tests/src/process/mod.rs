//! Real processes: the server's binary and a phone's, to be killed, starved and put behind bad lines.

mod agency;
mod phone;

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub use agency::Agency;
pub use phone::{PhoneProcess, Said};

use crate::island::Island;
use crate::world::PASSWORD;
use crate::world::desk::Desk;
use crate::world::folder;

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
