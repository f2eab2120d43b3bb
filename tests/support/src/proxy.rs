//! A TCP proxy in front of PostgreSQL whose connections can be made to fail as a network does.

use std::{net::SocketAddr, path::PathBuf};

use tokio::{
    io::{AsyncRead, AsyncWrite, copy_bidirectional},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    task::JoinHandle,
};

/// A running proxy. Dropping it ends it, and resets its connections.
pub struct Proxy {
    url: url::Url,
    faults: watch::Sender<Faults>,
    accept: JoinHandle<()>,
}

/// Connections have numbers, and each fault is that of those below a number.
#[derive(Clone, Copy, Default)]
struct Faults {
    opened: u64,
    frozen_below: u64,
    reset_below: u64,
}

/// Where PostgreSQL listens.
#[derive(Clone)]
enum Target {
    Tcp(String),
    Unix(PathBuf),
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Proxy {
    /// In front of the server of this URL.
    pub async fn start(url: &str) -> Self {
        let mut url: url::Url = url.parse().unwrap();
        let folder = url.query_pairs().find(|(name, _)| name == "host").map(|(_, folder)| folder.into_owned());
        let port = url.port().unwrap_or(5432);
        let target = match folder {
            Some(folder) => Target::Unix(PathBuf::from(folder).join(format!(".s.PGSQL.{port}"))),
            None => Target::Tcp(format!("{}:{port}", url.host_str().unwrap())),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        url.set_query(None);
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(address.port())).unwrap();
        let faults = watch::Sender::new(Faults::default());
        let accept = tokio::spawn(accept(listener, target, faults.clone()));
        Self { url, faults, accept }
    }

    /// Where the proxy listens.
    pub fn address(&self) -> SocketAddr {
        self.url.socket_addrs(|| None).unwrap()[0]
    }

    /// The URL of the same database, by way of the proxy.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The present connections carry nothing any more and stay open; new ones are forwarded. So looks a host that lost
    /// its power, while another one took over its address.
    pub fn freeze(&self) {
        self.faults.send_modify(|faults| faults.frozen_below = faults.opened);
    }

    /// The present connections are reset; new ones are forwarded.
    pub fn reset(&self) {
        self.faults.send_modify(|faults| faults.reset_below = faults.opened);
    }

    /// How many connections were opened so far.
    pub fn opened(&self) -> u64 {
        self.faults.borrow().opened
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accept.abort();
        self.reset();
    }
}

async fn accept(listener: TcpListener, target: Target, faults: watch::Sender<Faults>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let mut number = 0;
        faults.send_modify(|faults| {
            number = faults.opened;
            faults.opened += 1;
        });
        tokio::spawn(forward(client, target.clone(), number, faults.subscribe()));
    }
}

async fn forward(mut client: TcpStream, target: Target, number: u64, mut faults: watch::Receiver<Faults>) {
    // Without it a reset would be an orderly end.
    client.set_zero_linger().unwrap();
    let mut server: Box<dyn Stream> = match target {
        Target::Tcp(address) => Box::new(TcpStream::connect(address).await.unwrap()),
        Target::Unix(path) => Box::new(UnixStream::connect(path).await.unwrap()),
    };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => return,
        _ = faults.wait_for(|faults| faults.frozen_below > number || faults.reset_below > number) => {}
    }
    let _ = faults.wait_for(|faults| faults.reset_below > number).await;
}
