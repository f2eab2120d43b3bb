//! The listener: it accepts connections, serves each by hyper, and ends them.
//!
//! `axum::serve` sets no timer, so that hyper's deadlines would never fire; this is hyper's own builder with one.

use std::{convert::Infallible, future::poll_fn, io, net::SocketAddr, pin::Pin, time::Duration};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderValue, StatusCode, Version, header},
    response::{IntoResponse, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{Service, ServiceExt};

use super::{
    connections::{Connection, ConnectionMetrics, Connections, Requests, ResponseBody},
    unread_body,
};

/// What connections may take (docs/limits.md, "Connections"). Tests set shorter times.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// How many connections may have requests under way at once.
    pub max_connections: usize,
    /// How many of them one address may have; 0 is no limit.
    pub max_connections_per_address: usize,
    /// How long a request waits when all those connections have requests under way, before it is answered 503.
    pub slot_timeout: Duration,
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
            max_connections_per_address: 0,
            slot_timeout: Duration::from_secs(3),
            header_read_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(10),
            max_connection_age: Duration::from_secs(300),
            shutdown_timeout: Duration::from_secs(25),
        }
    }
}

/// The largest head of a request: its request line and its headers. (hyper's own limit of 100 headers is ours, too.)
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// How long the server reads on after its last answer, for a client that is still sending.
const LINGER_TIMEOUT: Duration = Duration::from_secs(2);
/// How much it reads of such a client.
const MAX_LINGER_BYTES: u64 = 32 * 1024 * 1024;
/// The pause after an error that another `accept` would meet as well.
const ACCEPT_RETRY_PAUSE: Duration = Duration::from_millis(100);

/// The request has no slot: the router answers 503 to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Overloaded;

/// What the server is to its clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// It answers by itself.
    #[default]
    Origin,
    /// It passes on what another server answers: it adds no `Date`, keeps the case of header names, leaves a missing
    /// `Host` to the other server, and drops the request of a client that has left.
    Proxy,
}

/// What answers the requests.
pub trait App:
    Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Unpin + 'static
{
}

impl<S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Unpin + 'static> App
    for S
{
}

/// Serves until `stop` is cancelled, then lets the requests under way finish.
pub async fn run(
    listener: TcpListener,
    app: impl App,
    role: Role,
    limits: ConnectionLimits,
    metrics: ConnectionMetrics,
    stop: CancellationToken,
) {
    let connections = Connections::new(limits, metrics);
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((socket, peer)) => {
                if let Some(connection) = connections.admit(peer.ip()) {
                    tasks.spawn(serve(socket, peer, connection, (app.clone(), role), limits, stop.clone()));
                }
            }
            Err(error) => wait_after(&error, &connections).await,
        }
    }
    drop(listener);
    tasks.close();
    if tokio::time::timeout(limits.shutdown_timeout, tasks.wait()).await.is_err() {
        tracing::warn!(connections = tasks.len(), "some requests did not finish in time");
    }
}

/// A connection that died before it was accepted needs no attention. Any other error (no file descriptor is left, say)
/// would repeat at once: an idle connection is closed, and the listener pauses.
async fn wait_after(error: &io::Error, connections: &Connections) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(error = error as &dyn std::error::Error, "cannot accept connections");
        connections.close_longest_idle();
        tokio::time::sleep(ACCEPT_RETRY_PAUSE).await;
    }
}

async fn serve(
    socket: TcpStream,
    peer: SocketAddr,
    connection: Connection,
    (app, role): (impl App, Role),
    limits: ConnectionLimits,
    stop: CancellationToken,
) {
    let _ = socket.set_nodelay(true);
    let mut socket = TimeoutStream::new(socket);
    socket.set_write_timeout(Some(limits.write_timeout));
    let requests = connection.requests();
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        Box::pin(answer(app.clone(), role, requests.clone(), request))
    });
    let mut http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read_timeout)
        .max_header_size(MAX_HEAD_BYTES)
        .max_buf_size(MAX_HEAD_BYTES)
        // A client that has sent its request may close its sending side (RFC 9293, section 3.6): it still reads. A
        // proxy takes it for gone, as nginx does: the other server need not work for it any longer.
        .half_close(role == Role::Origin)
        .preserve_header_case(role == Role::Proxy)
        .auto_date_header(role == Role::Origin)
        .serve_connection(TokioIo::new(Box::pin(socket)), service);
    let ended = tokio::select! {
        ended = poll_fn(|context| http.poll_without_shutdown(context)) => ended,
        () = must_end(&connection, limits, stop) => {
            if connection.was_closed_while_fresh() {
                // hyper would wait for its first request.
                return;
            }
            Pin::new(&mut http).graceful_shutdown();
            // The request that it is at may finish, but not outlive the drain.
            let last = poll_fn(|context| http.poll_without_shutdown(context));
            match tokio::time::timeout(limits.shutdown_timeout, last).await {
                Ok(ended) => ended,
                Err(_) => return,
            }
        }
    };
    match ended {
        Ok(()) if connection.was_closed_while_idle() => {}
        Ok(()) => tokio::select! {
            () = linger(http.into_parts().io.into_inner()) => {}
            () = connection.closed_for_another() => {}
        },
        Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "a connection ended badly"),
    }
}

/// Resolves when the connection is to end after the request that it is at.
async fn must_end(connection: &Connection, limits: ConnectionLimits, stop: CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(limits.max_connection_age) => {}
        () = stop.cancelled() => {}
        () = connection.closed_for_another() => {}
    }
}

/// Reads on for a moment after the last answer. To close a socket while the client still sends (a body that was
/// rejected unread) would reset the connection, and the client could lose the answer (RFC 9112, section 9.6).
async fn linger(mut socket: Pin<Box<TimeoutStream<TcpStream>>>) {
    let discard = async {
        socket.shutdown().await?;
        let mut socket = socket.take(MAX_LINGER_BYTES);
        tokio::io::copy(&mut socket, &mut tokio::io::sink()).await
    };
    // The connection is over either way.
    let _ = tokio::time::timeout(LINGER_TIMEOUT, discard).await;
}

/// What an operator's tools ask: answered even when no request of a customer can be.
fn needs_no_slot(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz")
}

async fn answer(
    app: impl App,
    role: Role,
    requests: Requests,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<ResponseBody>, Infallible> {
    let under_way = requests.begin();
    let rejected = |status: StatusCode, under_way| {
        let response = ([(header::CONNECTION, "close")], status).into_response();
        Ok(response.map(|body| ResponseBody::new(body, under_way)))
    };
    if let Some(status) = malformed(&request, role) {
        return rejected(status, under_way);
    }
    let (head, body) = request.into_parts();
    let (body, unread) = unread_body::lend(body, &head.headers);
    let mut request = Request::from_parts(head, body);
    let needs_slot = role == Role::Proxy || !needs_no_slot(request.uri().path());
    let has_slot = !needs_slot || requests.slot().await.is_ok();
    match role {
        Role::Proxy if !has_slot => return rejected(StatusCode::SERVICE_UNAVAILABLE, under_way),
        Role::Origin if !has_slot => _ = request.extensions_mut().insert(Overloaded),
        _ => {}
    }
    let mut response: Response = app.oneshot(request).await?;
    let is_read = match unread {
        Some(body) => body.ends_at_once().await,
        None => true,
    };
    // hyper closes the connection of a body that is not read. One without a slot gives its place to the next.
    if !has_slot || !is_read {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| ResponseBody::new(body, under_way)))
}

/// The status of a request that HTTP/1.1 does not allow, or that this server cannot read.
fn malformed<B>(request: &hyper::Request<B>, role: Role) -> Option<StatusCode> {
    let headers = request.headers();
    // A request names its host, once (RFC 9112, section 3.2).
    let hosts = headers.get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && role == Role::Origin && request.version() >= Version::HTTP_11) {
        return Some(StatusCode::BAD_REQUEST);
    }
    // hyper reads any list that ends in `chunked` as if it were that alone; other codings are 501 (section 6.1).
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let is_chunked = codings.all(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"));
    if is_chunked { None } else { Some(StatusCode::NOT_IMPLEMENTED) }
}
