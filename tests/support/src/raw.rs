//! One TCP connection, for requests that no decent client sends and for those that must share a connection.

use std::net::SocketAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpSocket, TcpStream},
};

use crate::answer::Answer;

pub struct Connection(BufReader<TcpStream>);

impl Connection {
    pub async fn open(address: SocketAddr) -> Self {
        Self(BufReader::new(TcpStream::connect(address).await.unwrap()))
    }

    /// A connection that takes in little of what it does not read, so that the server soon has to wait for it.
    pub async fn open_narrow(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        Self(BufReader::new(socket.connect(address).await.unwrap()))
    }

    /// A connection from another address of this machine.
    pub async fn open_from(local: &str, address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(local.parse().unwrap(), 0)).unwrap();
        Self(BufReader::new(socket.connect(address).await.unwrap()))
    }

    /// Sends these bytes and reads one answer. The connection stays open if the server keeps it.
    pub async fn exchange(&mut self, request: impl AsRef<[u8]>) -> Answer {
        self.send(request).await;
        self.answer().await
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The server asks for the body of a request with `Expect: 100-continue`: it has begun with it.
    pub async fn asked_for_the_body(&mut self) {
        assert_eq!((&*self.line().await, &*self.line().await), ("HTTP/1.1 100 Continue", ""));
    }

    pub async fn answer(&mut self) -> Answer {
        let status = self.line().await;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status line");
        let mut headers = HeaderMap::new();
        loop {
            let line = self.line().await;
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let length = headers.get("content-length").map_or(0, |value| value.to_str().unwrap().parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        Answer::checked(StatusCode::from_u16(status).unwrap(), headers, body)
    }

    /// Sends what the server may not want to read to its end.
    pub async fn offer(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// Sends these bytes again and again, never reads, and comes back when the server has closed.
    pub async fn flood(&mut self, bytes: impl AsRef<[u8]>) {
        while self.0.write_all(bytes.as_ref()).await.is_ok() {}
    }

    /// Says that nothing more will be sent; answers can still be read.
    pub async fn half_close(&mut self) {
        let _ = self.0.shutdown().await;
    }

    /// Waits until something can be read, and leaves it unread.
    pub async fn peek(&mut self) {
        assert_ne!(self.0.get_ref().peek(&mut [0]).await.unwrap(), 0);
    }

    /// Reads to the end of this text; what was read.
    pub async fn read_until(&mut self, text: &str) -> String {
        let mut read = Vec::new();
        while !read.ends_with(text.as_bytes()) {
            read.push(self.0.read_u8().await.unwrap());
        }
        String::from_utf8(read).unwrap()
    }

    /// Waits for the server to close, and gives what it still said.
    pub async fn closed(&mut self) -> String {
        let mut rest = Vec::new();
        // A reset is an end, too.
        let _ = self.0.read_to_end(&mut rest).await;
        String::from_utf8_lossy(&rest).into_owned()
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap();
        assert!(line.ends_with("\r\n"), "the connection ended: {line:?}");
        line.trim_end().to_owned()
    }
}
