//! Pokes between nodes on one PostgreSQL (sync.md F10): a link of its own that tells what moved here
//! (NOTIFY) and hears what moved elsewhere (LISTEN), and feeds the same channel as
//! [`Db::moved`](super::Db::moved).
//!
//! Not inside the writing transactions: a commit that notifies waits for every other one that does
//! (docs/decisions/0008). What is lost with a node or its link costs time only: whoever was without
//! a link pokes everybody once when it has one again.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use releve_shared::sync::Scope;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls, Notification, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Moved;
use super::answer::Fault;

const LISTEN: &str = "LISTEN releve_moved";
const NOTIFY: &str = "SELECT pg_notify('releve_moved', $1)";
/// PostgreSQL takes payloads under 8,000 bytes.
const PAYLOAD: usize = 7_900;
/// Scopes kept for the next payload: above, it could not hold them anyway.
const KEPT: usize = 1_000;
/// A node speaks once in so long at most.
const PAUSE: Duration = Duration::from_millis(50);
/// The first and the longest wait for another link.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);
/// How long a statement of this link may take before the link counts as lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// The other nodes, as one node sees them. Ends when dropped, after what waits was told.
pub(super) struct Nodes {
    moved: Option<UnboundedSender<BTreeSet<Scope>>>,
    hears: watch::Receiver<bool>,
    thread: Option<JoinHandle<()>>,
}

/// What waits to be told.
#[derive(Default)]
struct Waiting {
    scopes: BTreeSet<Scope>,
    everything: bool,
}

/// What nodes say to each other; without scopes, anything may have moved.
#[derive(Serialize, Deserialize)]
struct Said {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scopes: Option<BTreeSet<Scope>>,
}

enum Ended {
    /// The database is closed here.
    Closed,
    Lost(Fault),
}

impl Nodes {
    pub(super) fn start(
        config: Config,
        tls: Option<MakeRustlsConnect>,
        moved: Moved,
    ) -> Result<Self, Fault> {
        let failed = |e| Fault::of("starting the link to other nodes", e);
        let (orders, waiting) = unbounded_channel();
        let (hears, heard) = watch::channel(false);
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let live = move || match tls {
            Some(tls) => runtime.block_on(live(config, tls, waiting, moved, hears)),
            None => runtime.block_on(live(config, NoTls, waiting, moved, hears)),
        };
        let named = std::thread::Builder::new().name("postgres-nodes".to_owned());
        let thread = named.spawn(live).map_err(failed)?;
        Ok(Self { moved: Some(orders), hears: heard, thread: Some(thread) })
    }

    /// Tells the others, soon.
    pub(super) fn tell(&self, scopes: BTreeSet<Scope>) {
        if let Some(orders) = &self.moved {
            // A link that has ended has nobody left to tell.
            let _ = orders.send(scopes);
        }
    }

    /// True once the others are heard.
    pub(super) fn hears(&self) -> watch::Receiver<bool> {
        self.hears.clone()
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        self.moved = None;
        if let Some(thread) = self.thread.take() {
            // It panics in nothing of ours; then there is nothing to wait for.
            let _ = thread.join();
        }
    }
}

impl Waiting {
    fn add(&mut self, scopes: BTreeSet<Scope>) {
        self.scopes.extend(scopes);
        if self.scopes.len() > KEPT {
            self.scopes.clear();
            self.everything = true;
        }
    }

    fn is_empty(&self) -> bool {
        self.scopes.is_empty() && !self.everything
    }

    /// Takes what waits until the database is closed.
    async fn gather(&mut self, orders: &mut UnboundedReceiver<BTreeSet<Scope>>) {
        while let Some(scopes) = orders.recv().await {
            self.add(scopes);
        }
    }

    fn payload(&self) -> Result<String, Fault> {
        let wrong = |e| Fault::of("writing a poke", e);
        let scopes = (!self.everything).then(|| self.scopes.clone());
        let text = serde_json::to_string(&Said { scopes }).map_err(wrong)?;
        if text.len() <= PAYLOAD {
            return Ok(text);
        }
        serde_json::to_string(&Said { scopes: None }).map_err(wrong)
    }
}

/// Keeps a link until the database is closed.
async fn live<T>(
    config: Config,
    tls: T,
    mut orders: UnboundedReceiver<BTreeSet<Scope>>,
    moved: Moved,
    hears: watch::Sender<bool>,
) where
    T: MakeTlsConnect<Socket> + Clone,
    T::Stream: Unpin,
{
    let mut waiting = Waiting::default();
    let mut wait = FIRST;
    loop {
        let connected = tokio::select! {
            connected = config.connect(tls.clone()) => connected,
            () = waiting.gather(&mut orders) => return,
        };
        let ended = match connected {
            Err(error) => Ended::Lost(Fault::of("connecting", error)),
            Ok((client, connection)) => {
                let mut link = Link { client, connection, moved: &moved, own: None };
                let ended = match link.listen().await {
                    Err(fault) => Ended::Lost(fault),
                    Ok(()) => {
                        wait = FIRST;
                        hears.send_replace(true);
                        // Until now somebody may have spoken unheard.
                        everybody(&moved);
                        link.attend(&mut orders, &mut waiting).await
                    }
                };
                hears.send_replace(false);
                if matches!(ended, Ended::Closed) {
                    link.close().await;
                }
                ended
            }
        };
        match ended {
            Ended::Closed => return,
            Ended::Lost(fault) => tracing::warn!(%fault, "no link to the other nodes"),
        }
        tokio::select! {
            () = sleep(wait) => {}
            () = waiting.gather(&mut orders) => return,
        }
        wait = LONGEST.min(wait * 2);
    }
}

/// Pokes whoever listens here, without a scope: anything may have moved.
fn everybody(moved: &Moved) {
    // Nobody listens: nobody to poke.
    let _ = moved.send(Arc::from([]));
}

/// A link that lives.
struct Link<'a, S> {
    client: Client,
    connection: Connection<Socket, S>,
    moved: &'a Moved,
    /// Its own process in the server: what comes from there was said here.
    own: Option<i32>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<'_, S> {
    async fn listen(&mut self) -> Result<(), Fault> {
        let Self { client, connection, moved, own } = self;
        let asked = async {
            let row = client.query_one("SELECT pg_backend_pid()", &[]).await?;
            client.batch_execute(LISTEN).await?;
            row.try_get(0)
        };
        *own = Some(driven(connection, moved, *own, asked).await?);
        Ok(())
    }

    /// Tells what waits and hears the others, until the database is closed or the link is lost.
    async fn attend(
        &mut self,
        orders: &mut UnboundedReceiver<BTreeSet<Scope>>,
        waiting: &mut Waiting,
    ) -> Ended {
        loop {
            while let Ok(more) = orders.try_recv() {
                waiting.add(more);
            }
            if waiting.is_empty() {
                tokio::select! {
                    order = orders.recv() => match order {
                        Some(scopes) => waiting.add(scopes),
                        None => return Ended::Closed,
                    },
                    message = message(&mut self.connection) => match message {
                        Ok(message) => hear(&message, self.moved, self.own),
                        Err(fault) => return Ended::Lost(fault),
                    },
                }
                continue;
            }
            if let Err(fault) = self.tell(waiting).await {
                return Ended::Lost(fault);
            }
            *waiting = Waiting::default();
            let Self { connection, moved, own, .. } = self;
            let pause = async {
                sleep(PAUSE).await;
                Ok(())
            };
            if let Err(fault) = driven(connection, moved, *own, pause).await {
                return Ended::Lost(fault);
            }
        }
    }

    async fn tell(&mut self, waiting: &Waiting) -> Result<(), Fault> {
        let payload = waiting.payload()?;
        let Self { client, connection, moved, own } = self;
        driven(connection, moved, *own, async {
            client.execute(NOTIFY, &[&payload]).await.map(|_| ())
        })
        .await
    }

    /// Takes leave of the server, so that it does not keep the place.
    async fn close(self) {
        let Self { client, mut connection, .. } = self;
        drop(client);
        let rest = async { while message(&mut connection).await.is_ok() {} };
        let _ = timeout(Duration::from_secs(1), rest).await;
    }
}

/// Waits for an act of the client while the link carries it, and hears what comes meanwhile.
async fn driven<T, S: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut Connection<Socket, S>,
    moved: &Moved,
    own: Option<i32>,
    act: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Fault> {
    let mut act = pin!(timeout(PATIENCE, act));
    loop {
        tokio::select! {
            done = &mut act => {
                let done = done.map_err(|_| Fault::new("the server does not answer"))?;
                return done.map_err(|e| Fault::of("the link to other nodes", e));
            }
            message = message(connection) => hear(&message?, moved, own),
        }
    }
}

async fn message<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut Connection<Socket, S>,
) -> Result<AsyncMessage, Fault> {
    match poll_fn(|context| connection.poll_message(context)).await {
        Some(Ok(message)) => Ok(message),
        Some(Err(error)) => Err(Fault::of("the link to other nodes", error)),
        None => Err(Fault::new("the server has closed the link")),
    }
}

fn hear(message: &AsyncMessage, moved: &Moved, own: Option<i32>) {
    if let AsyncMessage::Notification(said) = message
        && Some(said.process_id()) != own
    {
        heard(said, moved);
    }
}

/// A newer node may say what this one does not understand: then anything may have moved.
fn heard(said: &Notification, moved: &Moved) {
    match serde_json::from_str(said.payload()) {
        Ok(Said { scopes: Some(scopes) }) => super::poke(moved, scopes),
        Ok(Said { scopes: None }) | Err(_) => everybody(moved),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(count: usize) -> BTreeSet<Scope> {
        (0..count).map(|n| Scope::of(&format!("membership/{n:036}"))).collect()
    }

    #[test]
    fn what_does_not_fit_a_payload_says_that_anything_moved() {
        let mut waiting = Waiting::default();
        assert!(waiting.is_empty());
        waiting.add(scopes(2));
        let said: Said = serde_json::from_str(&waiting.payload().unwrap()).unwrap();
        assert_eq!(said.scopes, Some(scopes(2)));

        for many in [200, KEPT + 1] {
            waiting.add(scopes(many));
            assert!(!waiting.is_empty() && waiting.scopes.len() <= KEPT);
            assert_eq!(waiting.payload().unwrap(), "{}");
        }
        waiting.add(scopes(1));
        assert_eq!(waiting.payload().unwrap(), "{}", "anything, still");
    }
}
