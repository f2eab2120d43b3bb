//! Pool: how many, how long, how slow, and how they end.
//!
//! `axum::serve` sets no timer, so that hyper's deadlines would never fire; this is hyper's own builder with one.

use std::{future::poll_fn, io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{ConnectInfo, Request},
    http::{HeaderValue, Version, header},
    response::{IntoResponse, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// What a connection may take (PROTOCOL.md). Tests set shorter ones.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// Pool at once; the next one waits in the kernel's queue.
    pub max_connections: usize,
    /// From the moment the server is ready for a request to the end of its headers: silent, slow and idle alike.
    pub header_read_timeout: Duration,
    /// How long a client may leave an answer unread.
    pub write_timeout: Duration,
    /// The age at which a connection ends after the request it is at.
    pub max_connection_age: Duration,
    /// How long requests may go on when the server stops.
    pub shutdown_timeout: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            max_connections: 1024,
            header_read_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(10),
            max_connection_age: Duration::from_secs(300),
            shutdown_timeout: Duration::from_secs(25),
        }
    }
}

const MOST_HEADERS: usize = 64;
const BUFFER_BYTES: usize = 32 * 1024;
/// How long, and how much, is read of a client that goes on sending after the last answer.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: u64 = 32 * 1024 * 1024;

/// Serves until `stop` is cancelled, then lets the requests under way finish.
pub async fn run(listener: TcpListener, app: Router, limits: ConnectionLimits, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(limits.max_connections));
    let connections = TaskTracker::new();
    loop {
        let accepted = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, socket) = tokio::select! {
            accepted = accepted => accepted,
            () = stop.cancelled() => break,
        };
        match socket {
            Ok((socket, peer)) => {
                let (app, stop) = (app.clone(), stop.clone());
                connections.spawn(async move {
                    serve(socket, peer, app, limits, stop).await;
                    drop(place);
                });
            }
            Err(error) => wait_after(&error).await,
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(limits.shutdown_timeout, connections.wait()).await.is_err() {
        tracing::warn!(connections = connections.len(), "some requests did not finish in time");
    }
}

/// A connection that died before it was accepted is nobody's business. Anything else (no file descriptors left) will
/// not be better at once.
async fn wait_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(error = error as &dyn std::error::Error, "cannot accept connections");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn serve(socket: TcpStream, peer: SocketAddr, app: Router, limits: ConnectionLimits, stop: CancellationToken) {
    let _ = socket.set_nodelay(true);
    let mut socket = TimeoutStream::new(socket);
    socket.set_write_timeout(Some(limits.write_timeout));
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        let app = app.clone();
        request.extensions_mut().insert(ConnectInfo(peer));
        Box::pin(answer(app, request.map(Body::new)))
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read_timeout)
        .max_headers(MOST_HEADERS)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(Box::pin(socket)), service);
    let ended = tokio::select! {
        ended = poll_fn(|context| connection.poll_without_shutdown(context)) => ended,
        () = until_old_or_stopped(limits, stop) => {
            Pin::new(&mut connection).graceful_shutdown();
            // The request that it is at may finish, but not outlive the drain.
            let last = poll_fn(|context| connection.poll_without_shutdown(context));
            match tokio::time::timeout(limits.shutdown_timeout, last).await {
                Ok(ended) => ended,
                Err(_) => return,
            }
        }
    };
    match ended {
        Ok(()) => linger(connection.into_parts().io.into_inner()).await,
        Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "a connection ended badly"),
    }
}

/// Reads on for a moment after the last answer. To close a socket while the client still sends (a body that was
/// refused unread) would reset the connection and could take the answer from the client's hands (RFC 9112, §9.6).
async fn linger(mut socket: Pin<Box<TimeoutStream<TcpStream>>>) {
    let discard = async {
        socket.shutdown().await?;
        let mut socket = socket.take(LINGER_BYTES);
        tokio::io::copy(&mut socket, &mut tokio::io::sink()).await
    };
    // Whatever happens to it now, nobody waits for it.
    let _ = tokio::time::timeout(LINGER, discard).await;
}

async fn until_old_or_stopped(limits: ConnectionLimits, stop: CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(limits.max_connection_age) => {}
        () = stop.cancelled() => {}
    }
}

/// A request of HTTP/1.1 names its host, once (RFC 9112, §3.2).
async fn answer(app: Router, request: Request) -> Result<Response, std::convert::Infallible> {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.version() >= Version::HTTP_11) {
        return Ok(axum::http::StatusCode::BAD_REQUEST.into_response());
    }
    let is_long = request.body().size_hint().upper().is_none_or(|bytes| bytes > BUFFER_BYTES as u64);
    let mut response = app.oneshot(request).await?;
    // It may have been refused unread, and then the connection ends: no client should send its next request there.
    if is_long && response.status().is_client_error() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}
