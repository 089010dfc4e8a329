//! The server of the world: the product's own, on a free port, over a database that outlives it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use releve_server::app::App;
use releve_server::config::Config;
use releve_server::db::{Answer, Db, Tx};
use releve_server::identity::keys::MasterKey;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::time::{Seeded, Time};

/// A running server.
pub struct Server {
    /// The application, for what no route does: founding an agency.
    pub app: App,
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Server {
    /// Starts over a database, made and migrated when it is empty. `at` is the address to take, for
    /// a server that comes back; any free one otherwise.
    #[must_use]
    pub fn start(database: &str, time: &Time, chance: &Seeded, at: Option<SocketAddr>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let (app, address) = runtime.block_on(async {
            let wanted = at.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
            let listener = TcpListener::bind(wanted).await.expect("a port");
            let address = listener.local_addr().expect("an address");
            let app = open(database, time, chance, &format!("http://{address}")).await;
            let router = releve_server::http::router(app.clone());
            let serving = releve_server::http::serve(listener, router, app.stopping.clone());
            #[expect(
                clippy::disallowed_methods,
                reason = "it ends with the runtime of this world"
            )]
            tokio::task::spawn(serving);
            (app, address)
        });
        Self { app, address, runtime: Some(runtime) }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its public address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Runs a verb in one transaction.
    pub fn write<T: Send + 'static>(
        &self,
        verb: impl Fn(&mut Tx) -> Answer<T> + Send + Sync + 'static,
    ) -> T {
        self.app.db.write_blocking(verb).unwrap_or_else(|stop| panic!("{stop:?}"))
    }

    /// Looks at the database.
    pub fn read<T>(&self, verb: impl Fn(&mut Tx) -> Answer<T>) -> T {
        self.app.db.read_blocking(verb).unwrap_or_else(|stop| panic!("{stop:?}"))
    }
}

impl Drop for Server {
    /// Without a farewell: connections break, what was not committed is gone.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(10));
        }
    }
}

/// The settings of the world's servers.
#[must_use]
pub fn settings(public_url: &str) -> Config {
    let mut config = Config::default();
    public_url.clone_into(&mut config.server.public_url);
    config.push.own_hosts = crate::receiver::services();
    config.gateway.secret_file = Some(gateway_secret());
    config.master = MasterKey::from_bytes([7; 32]);
    // Days pass between two looks at the desk.
    config.sessions.idle_minutes = 90 * 24 * 60;
    config.sessions.absolute_hours = 90 * 24;
    config.limits.sign_ins_per_address = 10_000;
    config.limits.enrolments_per_address = 10_000;
    config.limits.requests_per_phone = 100_000;
    config
}

/// The application over a database, with the world's time and chance.
pub async fn open(database: &str, time: &Time, chance: &Seeded, public_url: &str) -> App {
    let db = Db::open(database).expect("a database");
    let epoch = format!("{:016x}", chance.next());
    db.migrate(time.now(), epoch).await.expect("a schema");
    App::new(db, Arc::new(time.clone()), Arc::new(chance.clone()), settings(public_url))
        .await
        .expect("an application")
}

/// What gateways show.
pub const GATEWAY: &str = "Quatre-Canards-Sur-Le-Tarn";

/// The file of [`GATEWAY`], made once.
fn gateway_secret() -> std::path::PathBuf {
    static FILE: std::sync::OnceLock<tempfile::NamedTempFile> = std::sync::OnceLock::new();
    let file = FILE.get_or_init(|| {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), GATEWAY).expect("written");
        file
    });
    file.path().to_owned()
}
