//! An old server for the proxy: real sockets, and any bytes for an answer.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What a scripted server does with a request.
#[derive(Clone)]
pub enum Reply {
    /// Sends these bytes and waits for the next request.
    Keep(&'static str),
    /// Sends these bytes and closes.
    Close(&'static str),
    /// Sends nothing.
    Silence,
}

/// A server that answers every request alike, whatever it asks. Dropping it closes its connections.
pub struct Upstream {
    pub address: SocketAddr,
    /// Every request, as it came.
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<Vec<JoinHandle<()>>>>,
    accept: JoinHandle<()>,
}

impl Upstream {
    pub async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, connections) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<Mutex<Vec<_>>>::default());
        let (heard, opened) = (requests.clone(), connections.clone());
        let accept = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                opened.lock().unwrap().push(tokio::spawn(converse(socket, reply.clone(), heard.clone())));
            }
        });
        Self { address, requests, connections, accept }
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Waits until the other side has left every connection; how many there were.
    pub async fn left(&self) -> usize {
        crate::eventually(async || {
            let connections = self.connections.lock().unwrap();
            let left = connections.iter().all(JoinHandle::is_finished);
            (left && !connections.is_empty()).then_some(connections.len())
        })
        .await
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.accept.abort();
        self.connections.lock().unwrap().iter().for_each(JoinHandle::abort);
    }
}

async fn converse(mut socket: TcpStream, reply: Reply, heard: Arc<Mutex<Vec<String>>>) {
    while let Some(request) = read_request(&mut socket).await {
        heard.lock().unwrap().push(request);
        match &reply {
            Reply::Keep(bytes) => socket.write_all(bytes.as_bytes()).await.unwrap(),
            Reply::Close(bytes) => return socket.write_all(bytes.as_bytes()).await.unwrap(),
            Reply::Silence => {}
        }
    }
}

/// The head, and the body if there is one; `None` at the end of the connection.
async fn read_request(socket: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length =
                head.split("content-length: ").nth(1).map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
            let is_whole = if head.contains("transfer-encoding: chunked") {
                body.ends_with("\r\n\r\n") || body == "0\r\n\r\n"
            } else {
                body.len() >= length || head.contains("expect: 100-continue")
            };
            if is_whole {
                return Some(text);
            }
        }
        if socket.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return None;
        }
    }
}
