//! The old server: where it is, the connections to it, and what it means when it does not answer.

use std::{
    fmt, io,
    path::PathBuf,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    extract::Request,
    http::{Response, StatusCode},
};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};

type SendRequest = http1::SendRequest<Body>;

/// How long a connection waits for its next request. Shorter than any server's own limit (gunicorn's is 2 seconds), so
/// that a request does not meet a connection that is being closed.
const MAX_IDLE: Duration = Duration::from_secs(1);
/// The largest head of a response, in bytes.
const MAX_HEAD_BYTES: usize = 256 * 1024;

/// Where the old server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// `http://HOST:PORT`.
    Tcp {
        /// A name or an IP address.
        host: String,
        /// 80 unless the URL names another one.
        port: u16,
    },
    /// `unix:/PATH`, as nginx writes it.
    Unix(PathBuf),
}

/// The text names no server that requests can be passed on to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected http://HOST:PORT or unix:/PATH, without a path behind the port")]
pub struct AddressError;

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.starts_with('/') { Ok(Self::Unix(path.into())) } else { Err(AddressError) };
        }
        let url = url::Url::parse(text).map_err(|_| AddressError)?;
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let has_user = !url.username().is_empty() || url.password().is_some();
        match url.host() {
            Some(host) if url.scheme() == "http" && is_bare && !has_user => {
                let host = match host {
                    url::Host::Ipv6(address) => address.to_string(),
                    host => host.to_string(),
                };
                Ok(Self::Tcp { host, port: url.port_or_known_default().unwrap_or(80) })
            }
            _ => Err(AddressError),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "http://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "http://{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Why the old server gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum UpstreamError {
    /// It accepts no connection.
    #[error("the old server cannot be reached")]
    Connect(#[source] io::Error),
    /// It took too long, to accept a connection or to answer.
    #[error("the old server did not answer in time")]
    TimedOut,
    /// It closed the connection, or what it sent is no HTTP response.
    #[error("the old server gave no HTTP response")]
    Broken(#[source] hyper::Error),
    /// It changed to another protocol, which nobody had asked for: the proxy passes no `Upgrade` on.
    #[error("the old server changed the protocol")]
    SwitchedProtocols,
}

impl UpstreamError {
    /// What the client gets, as nginx answers.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Connect(_) | Self::Broken(_) | Self::SwitchedProtocols => StatusCode::BAD_GATEWAY,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

/// The connections to the old server. Each is opened for a request that waits for it: a server with a worker for each
/// connection would keep a worker for a connection without a request.
pub(super) struct Upstream {
    address: Address,
    connect_timeout: Duration,
    idle: Arc<Idle>,
}

impl Upstream {
    pub(super) fn new(address: Address, connect_timeout: Duration) -> Self {
        let idle = Arc::<Idle>::default();
        tokio::spawn(close_idle(Arc::downgrade(&idle)));
        Self { address, connect_timeout, idle }
    }

    /// Sends the request, once: it is sent again only when nothing of it was sent, because the connection had been
    /// closed before. Dropping the future, or the body of the response, closes the connection.
    pub(super) async fn send(&self, mut request: Request) -> Result<Response<Incoming>, UpstreamError> {
        while let Some(mut connection) = self.idle.take() {
            match connection.try_send_request(request).await {
                Ok(response) => {
                    self.idle.keep(connection);
                    return Ok(response);
                }
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(UpstreamError::Broken(error.into_error())),
                },
            }
        }
        let mut connection =
            tokio::time::timeout(self.connect_timeout, self.connect()).await.map_err(|_| UpstreamError::TimedOut)??;
        let response = connection.send_request(request).await.map_err(UpstreamError::Broken)?;
        self.idle.keep(connection);
        Ok(response)
    }

    async fn connect(&self) -> Result<SendRequest, UpstreamError> {
        match &self.address {
            Address::Tcp { host, port } => {
                let socket = TcpStream::connect((host.as_str(), *port)).await.map_err(UpstreamError::Connect)?;
                let _ = socket.set_nodelay(true);
                handshake(socket).await
            }
            Address::Unix(path) => handshake(UnixStream::connect(path).await.map_err(UpstreamError::Connect)?).await,
        }
    }
}

async fn handshake(socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Result<SendRequest, UpstreamError> {
    let mut http = http1::Builder::new();
    http.preserve_header_case(true).max_buf_size(MAX_HEAD_BYTES);
    let (sender, connection) = http.handshake(TokioIo::new(socket)).await.map_err(UpstreamError::Broken)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(error = &error as &dyn std::error::Error, "a connection to the old server ended badly");
        }
    });
    Ok(sender)
}

/// Connections without a request, the last used one at the end.
#[derive(Default)]
struct Idle(Mutex<Vec<(Instant, SendRequest)>>);

impl Idle {
    fn take(&self) -> Option<SendRequest> {
        let mut idle = self.lock();
        while let Some((since, connection)) = idle.pop() {
            if connection.is_ready() && since.elapsed() < MAX_IDLE {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps the connection for another request, as soon as the response has been read to its end.
    fn keep(self: &Arc<Self>, mut connection: SendRequest) {
        if connection.is_ready() {
            return self.put(connection);
        }
        let idle = Arc::downgrade(self);
        tokio::spawn(async move {
            if connection.ready().await.is_ok()
                && let Some(idle) = idle.upgrade()
            {
                idle.put(connection);
            }
        });
    }

    fn put(&self, connection: SendRequest) {
        self.lock().push((Instant::now(), connection));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, SendRequest)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes connections that have been idle for too long, as long as there is somebody to use them.
async fn close_idle(idle: Weak<Idle>) {
    loop {
        tokio::time::sleep(MAX_IDLE / 2).await;
        let Some(idle) = idle.upgrade() else { return };
        idle.lock().retain(|(since, connection)| since.elapsed() < MAX_IDLE && connection.is_ready());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port_or_a_path() {
        for (text, shown) in [
            ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
            ("http://shop.internal/", "http://shop.internal:80"),
            ("http://[::1]:8001", "http://[::1]:8001"),
            ("unix:/run/gunicorn.sock", "unix:/run/gunicorn.sock"),
        ] {
            assert_eq!(text.parse::<Address>().map(|address| address.to_string()).as_deref(), Ok(shown), "{text}");
        }
        for text in [
            "",
            "127.0.0.1:8001",
            "https://shop.example",
            "http://shop.example/shop",
            "http://shop.example?x",
            "http://user@shop.example",
            "unix:gunicorn.sock",
        ] {
            assert_eq!(text.parse::<Address>(), Err(AddressError), "{text}");
        }
    }
}
