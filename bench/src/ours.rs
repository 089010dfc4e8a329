//! The released server, as an administrator runs it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::http::{self, Line};
use crate::processes::{Running, free_port, root};
use crate::seed::{self, Agency};

/// The password of the bench's account.
const PASSWORD: &str = "Tilleuls-81-Bench!";

/// A folder of a server.
pub struct Ours {
    pub folder: tempfile::TempDir,
    pub agency: Agency,
}

/// The program; `RELEVE_SERVER` names another build, to compare two.
pub fn program() -> PathBuf {
    let other = std::env::var_os("RELEVE_SERVER");
    other.map_or_else(|| root().join("target/release/releve-server"), PathBuf::from)
}

/// One machine plays hundreds of phones and sign-ins from one address: the limits still count, higher.
fn command(folder: &Path, port: u16) -> Command {
    let mut command = Command::new(program());
    command
        .env("RELEVE__SERVER__LISTEN", format!("127.0.0.1:{port}"))
        .env("RELEVE__SERVER__PUBLIC_URL", format!("http://127.0.0.1:{port}"))
        .env("RELEVE__DB__URL", format!("sqlite:{}", folder.join("releve.db").display()))
        .env("RELEVE__KEYS__MASTER_FILE", folder.join("master.key"))
        .env("RELEVE__LIMITS__REQUESTS_PER_PHONE", "100000000")
        .env("RELEVE__LIMITS__SIGN_INS_PER_ADDRESS", "1000000")
        .env("RELEVE__LIMITS__SIGN_INS_OVERALL", "1000000")
        .env("RELEVE__LIMITS__SIGN_INS_PER_ACCOUNT", "1000000")
        .env("RELEVE__LIMITS__ENROLMENTS_PER_ADDRESS", "1000000");
    command
}

impl Ours {
    /// A new database with the agency of the bench.
    pub fn new() -> Self {
        // Beside the build, on a disk: a folder in memory would make every fsync free.
        let peers = root().join("target/bench");
        std::fs::create_dir_all(&peers).expect("a folder");
        let folder = tempfile::tempdir_in(peers).expect("a folder");
        let password = folder.path().join("password");
        let mut file = std::fs::File::create(&password).expect("a file");
        writeln!(file, "{PASSWORD}").expect("a file");
        let made = command(folder.path(), 1)
            .args(["user", "add", "--login", "bench", "--name", "Bench", "--organisation", "Bench"])
            .arg("--password-file")
            .arg(&password)
            .output()
            .expect("the server's program: scripts/bench builds it");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let agency = seed::fill(&folder.path().join("releve.db"));
        Self { folder, agency }
    }

    /// Serves it.
    pub fn serve(&self) -> Running {
        let port = free_port();
        let mut serve = command(self.folder.path(), port);
        Running::start(serve.arg("serve"), port, &self.folder.path().join("log"))
    }
}

/// Signs in at the desk: the cookie.
pub fn sign_in(port: u16) -> String {
    let answer = Line::open(port).ask(&sign_in_request());
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let cookie = answer.header("set-cookie").expect("a cookie");
    cookie.split(';').next().unwrap_or_default().to_owned()
}

/// The request that signs in.
pub fn sign_in_request() -> Vec<u8> {
    let body = serde_json::json!({ "login": "bench", "password": PASSWORD }).to_string();
    http::request("POST", "/api/desk/session", &[], body.as_bytes())
}
