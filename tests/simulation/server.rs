//! The server of a run: the product's own router over the product's own database, in this process. It
//! can be killed before any of its statements, backed up and restored.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use releve_core::ports::{Request, Response};
use releve_server::app::App;
use releve_server::db::{Db, migrate};
use releve_tests::world::server::settings;
use releve_tests::world::time::{Seeded, Time};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use crate::disk::{Backup, Disk};
use crate::fuse::Fuse;

/// The address that the phones know.
pub const URL: &str = "http://sim.example";

/// A server.
pub struct Server {
    runtime: Runtime,
    disk: Disk,
    time: Time,
    chance: Seeded,
    fuse: Fuse,
    /// How many statements the last request of each kind took, and how many of them were commits.
    took: RefCell<BTreeMap<String, (u64, u64)>>,
    serving: Option<(App, Router)>,
}

impl Server {
    /// A server over an empty database, which stays where it is.
    pub fn over(database: &str, time: &Time, chance: Seeded) -> Self {
        Self::start(Disk::at(database), time, chance)
    }

    /// A server over a disk.
    pub fn start(disk: Disk, time: &Time, chance: Seeded) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (time, fuse) = (time.clone(), Fuse::new());
        let took = RefCell::default();
        let mut server = Self { runtime, disk, time, chance, fuse, took, serving: None };
        server.opens(false);
        server
    }

    /// The application, for what no request does, and for checks.
    pub fn app(&self) -> App {
        self.serving.as_ref().expect("a server").0.clone()
    }

    /// Where its database is.
    pub fn url(&self) -> String {
        self.disk.url()
    }

    /// One request, and the cookie that it may set.
    pub fn ask(&self, request: &Request) -> (Response, Option<String>) {
        self.fuse.mend();
        let came = self.serves(request);
        self.took.borrow_mut().insert(request.url.clone(), self.fuse.steps());
        came
    }

    fn serves(&self, request: &Request) -> (Response, Option<String>) {
        let path = request.url.strip_prefix(URL).expect("our server");
        let mut message = axum::http::Request::builder().method(request.method).uri(path);
        message = message.header("host", "sim.example");
        for (name, value) in &request.headers {
            message = message.header(name, value);
        }
        message = message.extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
        let message = message.body(Body::from(request.body.clone())).expect("a request");
        let router = self.serving.as_ref().expect("a server").1.clone();
        self.runtime.block_on(async move {
            let answer = router.oneshot(message).await.expect("an answer");
            let status = answer.status().as_u16();
            let header = |name| answer.headers().get(name).and_then(|v| v.to_str().ok());
            let content_type = header("content-type").unwrap_or_default().to_owned();
            let set = header("set-cookie").and_then(|set| set.split(';').next());
            let cookie = set.map(str::to_owned);
            let body = to_bytes(answer.into_body(), usize::MAX).await.expect("a body").to_vec();
            (Response { status, content_type, body }, cookie)
        })
    }

    /// One request that the server may not live to answer: it is killed before one of its statements,
    /// often a commit. What it had said before is heard.
    pub fn asked_while_dying(&mut self, request: &Request, dice: &Seeded) -> Option<Response> {
        let (steps, commits) = self.took.borrow().get(&request.url).copied().unwrap_or((40, 1));
        if dice.percent(50) {
            self.fuse.arm_at_commit(dice.below(commits.max(1)));
        } else {
            self.fuse.arm(dice.below(steps + 1));
        }
        let (answer, _) = self.serves(request);
        if !self.fuse.blown() {
            self.fuse.mend();
            return Some(answer);
        }
        self.dies();
        (answer.status < 500).then_some(answer)
    }

    /// Its watch over due times takes its turn.
    pub fn watches_alarms(&self) {
        let app = self.app();
        let done = self.runtime.block_on(async move { releve_server::alarms::run_due(&app).await });
        done.unwrap_or_else(|stop| panic!("{stop:?}"));
    }

    /// It is killed, and comes back over what is on its disk.
    pub fn dies(&mut self) {
        let mut tail = vec![0; usize::try_from(self.chance.below(5_000)).expect("small")];
        releve_server::app::Chance::fill(&self.chance, &mut tail);
        self.disk.crashes(&tail);
        self.serving = None;
        self.opens(false);
    }

    /// A copy of its database is kept; PostgreSQL's way of copying wants nobody there meanwhile.
    pub fn back_up(&mut self) -> Backup {
        if self.disk.copies_in_use() {
            return self.disk.back_up();
        }
        self.serving = None;
        let backup = self.disk.back_up();
        self.opens(false);
        backup
    }

    /// A backup takes the place of its database.
    pub fn restore(&mut self, backup: Backup) {
        self.serving = None;
        self.disk.restore(backup);
        self.opens(true);
    }

    /// It stops for good.
    pub fn stops(&mut self) {
        self.serving = None;
    }

    fn opens(&mut self, restored: bool) {
        self.fuse.mend();
        let db = Db::open_fused(&self.disk.url(), Some(self.fuse.of_server())).expect("a database");
        let epoch = format!("{:016x}", self.chance.next());
        let (time, chance) = (self.time.clone(), self.chance.clone());
        let app = self.runtime.block_on(async move {
            db.migrate(time.now(), epoch.clone()).await.expect("a schema");
            if restored {
                let reborn = move |tx: &mut _| Ok(migrate::restored(tx, &epoch)?);
                db.write(reborn).await.expect("an epoch");
            }
            App::new(db, Arc::new(time), Arc::new(chance), settings(URL)).await.expect("keys")
        });
        let router = releve_server::http::router(app.clone());
        self.serving = Some((app, router));
    }
}
