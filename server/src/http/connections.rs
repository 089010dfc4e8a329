//! Connections: HTTP/1.1 alone. A proxy in front speaks it to us, and a connection that need not find out
//! which of two versions comes holds half the memory (docs/performance.md, P9).

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

/// How long the head of a request may take, from the end of the answer before: whoever opens connections
/// and says nothing does not keep them.
const HEAD_WITHIN: Duration = Duration::from_secs(60);

/// Serves until `stopping`, then lets requests and streams end. Never fails: what goes wrong with one
/// connection is its own affair, and a lack of sockets passes.
pub async fn serve(mut listener: TcpListener, router: Router, stopping: CancellationToken) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    let (open, graceful) = (TaskTracker::new(), GracefulShutdown::new());
    while let Some((stream, address)) =
        stopping.run_until_cancelled(axum::serve::Listener::accept(&mut listener)).await
    {
        // An answer of two writes does not wait for the other side's acknowledgement of the first.
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(address));
            router.clone().call(request)
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        open.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    // Each of them is watched: this waits for all.
    graceful.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn who_does_not_end_a_head_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let whose = async |ConnectInfo(whose): ConnectInfo<SocketAddr>| whose.to_string();
        let stopping = CancellationToken::new();
        let serving = serve(listener, Router::new().route("/", get(whose)), stopping.clone());
        let talking = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let own = stream.local_addr().unwrap().to_string();
            stream
                .write_all(b"GET / HTTP/1.1\r\nhost: releve\r\n\r\nGET / HTTP/1.1\r\nho")
                .await
                .unwrap();
            let began = Instant::now();
            let mut said = String::new();
            stream.read_to_string(&mut said).await.unwrap();
            assert!(said.starts_with("HTTP/1.1 200 OK\r\n") && said.contains(&own), "{said}");
            assert_eq!(said.matches("HTTP/1.1 200").count(), 1);
            assert_eq!(began.elapsed().as_secs(), HEAD_WITHIN.as_secs());
            stopping.cancel();
        };
        tokio::join!(serving, talking);
    }
}
