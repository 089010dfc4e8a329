//! Background work: the only place where tasks are started, so that all of them can be stopped. Connections have
//! theirs, which end with [`http::serve`].

mod sql;

use std::time::Duration;

use releve_shared::time::{HOUR_MS, MINUTE_MS, Moment};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::db::{Answer, Fault, Tx};
use crate::{alarms, audit, http, identity, metrics, notices, retention, visits};

pub use sql::ALL;

/// How often the jobs look whether something is due.
const TICK: Duration = Duration::from_secs(30);

/// How many tasks hand messages about alarms to carriers, and how often each looks.
const CARRIERS: usize = 3;
const CARRIER_TICK: Duration = Duration::from_millis(500);

/// How long requests and jobs may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(20);

/// Runs every job that is due: seals the log each minute, moves the window of visits each ten
/// minutes, tidies up each day. Of several nodes the first to ask takes a job, in the transaction
/// that does it: when it fails, another may. Gives what this node has done.
///
/// # Errors
/// The first job's that fails; it is due again at once.
pub async fn run_due(app: &App) -> Answer<Vec<&'static str>> {
    let mut done = Vec::new();
    if let Some(mut sealed) = once(app, "seal", MINUTE_MS, |tx, _| audit::seal(tx)).await? {
        while sealed > 0 {
            sealed = app.write(|tx, _| audit::seal(tx)).await?;
        }
        done.push("seal");
    }
    if once(app, "roll", 10 * MINUTE_MS, visits::roll).await?.is_some() {
        done.push("roll");
    }
    // One node looks each hour; what it leaves when it dies is due at the next look.
    let looks = once(app, "retention", HOUR_MS, |_, _| Ok(())).await?.is_some();
    if looks && retention::run_due(app).await? {
        done.push("retention");
    }
    if once(app, "tidy", 24 * HOUR_MS, identity::tidy).await?.is_some() {
        done.push("tidy");
    }
    if once(app, "tidy_alarms", HOUR_MS, alarms::tidy).await?.is_some() {
        done.push("tidy_alarms");
    }
    Ok(done)
}

/// Runs a job when `every` milliseconds have passed since a node has last done it.
async fn once<T: Send + 'static>(
    app: &App,
    name: &'static str,
    every: i64,
    job: impl Fn(&mut Tx, Moment) -> Answer<T> + Send + Sync + 'static,
) -> Answer<Option<T>> {
    app.write(
        move |tx, now| {
            if sql::claim(tx, name, every, now)? { Ok(Some(job(tx, now)?)) } else { Ok(None) }
        },
    )
    .await
}

/// Serves until `stop` ends; then lets requests finish, ends streams and jobs, and returns.
///
/// # Errors
/// When the port of the metrics is taken, and when requests or jobs do not end in time.
pub async fn serve(
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Fault> {
    let tracker = TaskTracker::new();
    if let Some(listener) = metrics::bind(&app).await? {
        tracker.spawn(http::serve(listener, metrics::router(app.clone()), app.stopping.clone()));
    }
    let stopping = app.stopping.clone();
    let jobs = keep_house(app.clone());
    tracker.spawn(async move { stopping.run_until_cancelled(jobs).await });
    let stopping = app.stopping.clone();
    let watch = watch_alarms(app.clone());
    tracker.spawn(async move { stopping.run_until_cancelled(watch).await });
    for _ in 0..CARRIERS {
        let stopping = app.stopping.clone();
        let sending = send_alarms(app.clone());
        tracker.spawn(async move { stopping.run_until_cancelled(sending).await });
    }
    let stopping = app.stopping.clone();
    let pushing = push_alarms(app.clone());
    tracker.spawn(async move { stopping.run_until_cancelled(pushing).await });
    let stopping = app.stopping.clone();
    tracker.spawn(async move {
        stop.await;
        tracing::info!("stopping");
        stopping.cancel();
    });
    tracker.close();

    let serving = http::serve(listener, http::router(app.clone()), app.stopping.clone());
    let late = async {
        app.stopping.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    let served = tokio::select! {
        () = serving => Ok(()),
        () = late => Err(Fault::new("requests did not end in time")),
    };
    app.stopping.cancel();
    let ended = tokio::time::timeout(GRACE, tracker.wait()).await;
    ended.map_err(|_| Fault::new("jobs did not end in time"))?;
    served
}

async fn keep_house(app: App) {
    loop {
        if let Err(failed) = run_due(&app).await {
            tracing::error!(%failed, "a job failed");
        }
        if let Err(failed) = notices::send_due(&app).await {
            tracing::error!(%failed, "mail could not be looked after");
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Acts on the due times of alarms, by a look at each and at least five times a second: nothing else
/// waits in this task.
async fn watch_alarms(app: App) {
    loop {
        if let Err(failed) = alarms::run_due(&app).await {
            tracing::error!(%failed, "alarms could not be looked after");
        }
        let pause = alarms::pause(&app).await.unwrap_or(CARRIER_TICK);
        tokio::time::sleep(pause.max(Duration::from_millis(10))).await;
    }
}

/// Hands messages about alarms to their carriers. There are several of these: a carrier that hangs
/// keeps one busy.
async fn send_alarms(app: App) {
    loop {
        if let Err(failed) = notices::send_urgent(&app).await {
            tracing::error!(%failed, "messages about alarms could not be sent");
        }
        tokio::time::sleep(CARRIER_TICK).await;
    }
}

/// The same for push services, which hold no message to a telephone.
async fn push_alarms(app: App) {
    loop {
        if let Err(failed) = notices::send_urgent_pushes(&app).await {
            tracing::error!(%failed, "pushes about alarms could not be sent");
        }
        tokio::time::sleep(CARRIER_TICK).await;
    }
}

/// Ends when the system asks the process to stop (SIGTERM, or Ctrl-C).
///
/// # Errors
/// When signals cannot be listened to.
pub fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, Fault> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |e| Fault::of("listening to signals", e);
    let mut term = signal(SignalKind::terminate()).map_err(failed)?;
    let mut int = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn a_stop_ends_streams_and_jobs() {
        let world = World::new().await;
        world.organisation("albi").await;
        let cookie = world.sign_in("albi").await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let app = world.app.clone();
        let serving = serve(app, listener, async { drop(stopped.await) });
        let talking = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let asked = format!(
                "GET /api/desk/changes HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\n\r\n"
            );
            stream.write_all(asked.as_bytes()).await.unwrap();
            let mut head = [0; 15];
            stream.read_exact(&mut head).await.unwrap();
            assert_eq!(&head, b"HTTP/1.1 200 OK");
            stop.send(()).unwrap();
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await.unwrap();
            assert!(rest.ends_with(b"0\r\n\r\n"), "the stream ends as it should");
        };
        let (served, ()) = tokio::join!(serving, talking);
        served.unwrap();
        let sealed = world.write(|tx, _| crate::audit::seal(tx).unwrap()).await;
        assert_eq!(sealed, 0, "the job had sealed the log");
    }
}
