//! T13: a PostgreSQL primary dies and its replica is promoted. Replicated synchronously, nothing is
//! lost. Asynchronously, the replica has forgotten: the administrator says so, and phones offer again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use releve_core::door::Act;
use releve_tests::process::{Agency, Place, rounds, until};
use tempfile::TempDir;

/// A PostgreSQL cluster of this test's own, in a folder; crashed when dropped.
struct Cluster {
    folder: TempDir,
}

impl Cluster {
    fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("releve-failover-").tempdir_in("/tmp");
        let folder = folder.expect("a folder");
        if rustix::process::geteuid().is_root() {
            let done = Command::new("chown").arg(owner()).arg(folder.path()).status();
            assert!(done.is_ok_and(|done| done.success()), "the folder is the cluster's");
        }
        Self { folder }
    }

    /// A first one.
    fn primary() -> Self {
        let made = Self::empty();
        let data = made.data();
        let told =
            ["--username=releve", "--auth=trust", "--locale=C", "--encoding=UTF8", "--no-sync"];
        run("initdb", &[&["--pgdata", &data], told.as_slice()].concat());
        made.set("listen_addresses", "");
        made.starts();
        made
    }

    /// A copy of another that goes on with it, not started yet. `synchronous`: the other waits for it.
    fn replica(of: &Self, synchronous: bool) -> Self {
        let made = Self::empty();
        let (from, data) = (of.folder.path().display().to_string(), made.data());
        let told = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--username=releve"];
        run("pg_basebackup", &[&["--host", &from, "--pgdata", &data], told.as_slice()].concat());
        made.starts();
        of.set("synchronous_standby_names", if synchronous { "*" } else { "" });
        of.control("reload", &[]);
        until("the replica follows", || of.asks("SELECT count(*) FROM pg_stat_replication") == 1);
        if synchronous {
            let waited = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
            until("the primary waits for it", || of.asks(waited) == 1);
        }
        made
    }

    fn starts(&self) {
        self.set("unix_socket_directories", &self.folder.path().display().to_string());
        self.control("start", &["--wait"]);
    }

    /// The power goes.
    fn dies(&self) {
        self.control("stop", &["--mode=immediate"]);
    }

    fn promoted(&self) {
        self.control("promote", &["--wait"]);
    }

    fn url(&self) -> String {
        let folder = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://releve@{folder}/postgres")
    }

    fn asks(&self, what: &str) -> i64 {
        let mut client =
            postgres::Client::connect(&self.url(), postgres::NoTls).expect("the cluster");
        client.query_one(what, &[]).expect(what).get(0)
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn set(&self, name: &str, value: &str) {
        let path = self.folder.path().join("data/postgresql.auto.conf");
        let held = std::fs::read_to_string(&path).expect("its settings");
        let others: String = held
            .lines()
            .filter(|line| !line.starts_with(name))
            .map(|line| format!("{line}\n"))
            .collect();
        // Written over, so that it stays its owner's.
        std::fs::write(&path, format!("{others}{name} = '{value}'\n")).expect("its settings");
    }

    fn control(&self, what: &str, words: &[&str]) {
        let (data, log) = (self.data(), self.folder.path().join("log").display().to_string());
        let told = [what, "--silent", "--pgdata", &data];
        let log: &[&str] = if what == "start" { &["--log", &log] } else { &[] };
        run("pg_ctl", &[&told, words, log].concat());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.data();
        let mut stop =
            command("pg_ctl", &["stop", "--silent", "--mode=immediate", "--pgdata", &data]);
        // It may have died before.
        let _ = stop.stderr(Stdio::null()).status();
    }
}

/// PostgreSQL refuses to run as root.
fn owner() -> &'static str {
    let held = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    if held.lines().any(|line| line.starts_with("postgres:")) { "postgres" } else { "nobody" }
}

fn command(program: &str, words: &[&str]) -> Command {
    let all = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest: Option<PathBuf> = all.map(|entry| entry.path().join("bin")).max();
    let program = newest.map_or_else(|| Path::new(program).to_owned(), |bin| bin.join(program));
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", owner(), "--regid", owner(), "--clear-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.args(words).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn run(program: &str, words: &[&str]) {
    let done = command(program, words).stderr(Stdio::null()).status();
    assert!(done.is_ok_and(|done| done.success()), "{program} {words:?}");
}

/// I2, C8 (T13): two failovers of one agency.
#[test]
fn failovers_lose_nothing_end_to_end() {
    let stamps = rounds(5, 200);
    let first = Cluster::primary();
    let second = Cluster::replica(&first, true);
    let mut place = Place::new(&first.url());
    place.found();
    let (mut server, _) = place.serve();
    let agency = Agency::at(&place);
    let mut acknowledged = BTreeSet::new();
    let mut works = || {
        for _ in 0..stamps {
            acknowledged.extend(agency.phone.two_stamps(agency.visit).map(|id| id.to_string()));
        }
        let _ = agency.phone.empties();
        (agency.phone.tally().1.len(), acknowledged.clone())
    };

    // Synchronous: what the server has acknowledged is on the replica.
    let (received, _) = works();
    first.dies();
    server.kill();
    second.promoted();
    place.database = second.url();
    server = place.serve().0;
    assert_eq!(agency.on_server().len(), received, "nothing was lost");
    println!("synchronous: {received} stamps before, {received} after the failover");

    // Asynchronous: a replica that was behind when the primary died.
    let third = Cluster::replica(&second, false);
    let (known, _) = works();
    let replayed = format!(
        "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn >= '{}'::pg_lsn",
        lsn(&second)
    );
    until("the replica has it all", || second.asks(&replayed) == 1);
    third.control("stop", &["--mode=fast"]);
    let (received, acknowledged) = works();
    assert!(received > known);
    second.dies();
    server.kill();
    third.control("start", &["--wait"]);
    third.promoted();
    place.database = third.url();
    let said = place.runs(&["migrate", "--restored"]);
    println!("{}", said.trim());
    let (_server, _) = place.serve();
    assert_eq!(agency.on_server().len(), known, "the replica has forgotten the rest");
    let took = until("phones have offered again", || {
        let _ = agency.phone.act(&Act::SyncNow);
        agency.on_server().len() == received
    });
    let count = agency.nothing_lost_nothing_doubled(&acknowledged);
    println!(
        "asynchronous: {} of {count} stamps forgotten by the replica, all back {took:?} after, 0 lost, \
         0 doubled",
        received - known
    );
}

fn lsn(of: &Cluster) -> String {
    let mut client = postgres::Client::connect(&of.url(), postgres::NoTls).expect("the cluster");
    client.query_one("SELECT pg_current_wal_lsn()::text", &[]).expect("a place").get(0)
}
