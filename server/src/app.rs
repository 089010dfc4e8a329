//! What every handler has at hand: database, settings, keys, time and chance.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use releve_shared::time::Moment;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::db::{Answer, Db, Fault, Tx};
use crate::identity::keys::Keys;
use crate::identity::limits::Limits;
use crate::metrics::Metrics;
use crate::notices::PushServices;

/// Where time comes from: the machine, or a test.
pub trait Clock: Send + Sync {
    /// The moment it is.
    fn now(&self) -> Moment;
}

/// Where chance comes from: the system, or a seed.
pub trait Chance: Send + Sync {
    /// Fills `bytes` with chance that nobody can guess.
    fn fill(&self, bytes: &mut [u8]);
}

/// How many passwords are worked on at once: each takes 19 MiB and a core.
const HASHING_AT_ONCE: usize = 2;

/// The application; a cheap handle. Several may stand over one database.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] is made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The settings.
    pub config: Config,
    /// The keys of this server.
    pub keys: Keys,
    /// The figures of this node.
    pub metrics: Metrics,
    /// Ends when the server stops: streams end with it.
    pub stopping: CancellationToken,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Arc<dyn Chance>,
    pub(crate) limits: Limits,
    pub(crate) push_services: PushServices,
    pub(crate) hashing: Semaphore,
    pub(crate) requests: AtomicU64,
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// The application over a migrated database. Draws the server's key when there is none yet.
    ///
    /// # Errors
    /// When the database does not answer, or its keys were sealed by another master key.
    pub async fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
        config: Config,
    ) -> Result<Self, Fault> {
        db.attend().await;
        let keys = Keys::load(&db, config.master.clone(), &*clock, &*chance).await?;
        let limits = Limits::new(&config.limits);
        let metrics = Metrics::of(&db);
        Ok(Self(Arc::new(Parts {
            db,
            config,
            keys,
            metrics,
            stopping: CancellationToken::new(),
            clock,
            chance,
            limits,
            push_services: PushServices::default(),
            hashing: Semaphore::new(HASHING_AT_ONCE),
            requests: AtomicU64::new(0),
        })))
    }

    /// The moment it is.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// `N` bytes of chance.
    #[must_use]
    pub fn draw<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.chance.fill(&mut bytes);
        bytes
    }

    /// A new id, of now and of chance. To be drawn outside a transaction, which may run twice.
    #[must_use]
    pub fn id<T: From<uuid::Uuid>>(&self) -> T {
        let ms = u64::try_from(self.now().0).unwrap_or(0);
        T::from(uuid::Builder::from_unix_timestamp_millis(ms, &self.draw()).into_uuid())
    }

    /// One write transaction, with the moment of its run.
    ///
    /// # Errors
    /// The work's refusal or fault.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx, Moment) -> Answer<T> + Send + Sync + 'static,
    ) -> Answer<T> {
        let clock = Arc::clone(&self.clock);
        let span = tracing::debug_span!("transaction", writes = true);
        self.db.write(move |tx| span.in_scope(|| work(tx, clock.now()))).await
    }

    /// One snapshot for a few rows by their keys; see [`Db::glance`].
    ///
    /// # Errors
    /// The work's refusal or fault.
    pub async fn glance<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx, Moment) -> Answer<T> + Send + Sync + 'static,
    ) -> Answer<T> {
        let clock = Arc::clone(&self.clock);
        self.db.glance(move |tx| work(tx, clock.now())).await
    }

    /// One snapshot, with the moment of its run.
    ///
    /// # Errors
    /// The work's refusal or fault.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx, Moment) -> Answer<T> + Send + Sync + 'static,
    ) -> Answer<T> {
        let clock = Arc::clone(&self.clock);
        let span = tracing::debug_span!("transaction", writes = false);
        self.db.read(move |tx| span.in_scope(|| work(tx, clock.now()))).await
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the server reads the clock")]
    fn now(&self) -> Moment {
        Moment(jiff::Timestamp::now().as_millisecond())
    }
}

/// The system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    #[expect(
        clippy::panic,
        reason = "without chance no key may be drawn: stopping is the only safe act"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the system gives no chance: {error}");
        }
    }
}
