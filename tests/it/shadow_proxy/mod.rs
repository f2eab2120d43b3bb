//! The proxy of `shadow`: the client sees what the old server says and nothing else, and the old server sees what the
//! client says.

mod failures;

use std::net::SocketAddr;

use axum::{Router, body::Body, extract::Request, routing::any};
use shop_profile::{
    server::{self, ConnectionLimits, Role},
    shadow::{Address, Report, Shadow, Timeouts},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::{
    raw::Connection,
    upstream::{Reply, Upstream},
};

/// A proxy in front of an old server.
struct Proxy {
    address: SocketAddr,
    _stop: DropGuard,
}

impl Proxy {
    async fn before(upstream: SocketAddr) -> Self {
        Self::with(upstream, Timeouts::default()).await
    }

    async fn with(upstream: SocketAddr, timeouts: Timeouts) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let upstream = Address::Tcp { host: upstream.ip().to_string(), port: upstream.port() };
        let app = Shadow::new(upstream, timeouts, Report::none()).service();
        tokio::spawn(server::run(
            listener,
            app,
            Role::Proxy,
            ConnectionLimits::default(),
            Default::default(),
            stop.clone(),
        ));
        Self { address, _stop: stop.drop_guard() }
    }

    /// Sends these bytes and reads until the proxy closes.
    async fn exchange(&self, request: &str) -> String {
        let mut connection = Connection::open(self.address).await;
        connection.send(request).await;
        of_connection(&connection.closed().await)
    }
}

/// Headers of one connection, whose names each side may write as it likes.
fn of_connection(message: &str) -> String {
    message
        .replace("\r\nConnection: close", "\r\nconnection: close")
        .replace("\r\nTransfer-Encoding: chunked", "\r\ntransfer-encoding: chunked")
}

const GET: &str = "GET /shop HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[tokio::test]
async fn a_response_is_passed_on_byte_for_byte() {
    let head = GET.replace("GET", "HEAD");
    for (request, sent, received) in [
        (
            GET,
            "HTTP/1.1 299 Strange But True\r\nX-One: 1\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nServer: gunicorn\r\n\
             Keep-Alive: timeout=5\r\nConnection: X-Hop\r\nX-Hop: 1\r\nX-Empty:\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 299 Strange But True\r\nX-One: 1\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nServer: gunicorn\r\n\
             X-Empty: \r\nContent-Length: 5\r\nconnection: close\r\n\r\nhello",
        ),
        // No reason phrase, and a header that is not ASCII. hyper writes the length of an empty body last.
        (
            GET,
            "HTTP/1.1 200 \r\nX: é\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 \r\nX: é\r\nconnection: close\r\nContent-Length: 0\r\n\r\n",
        ),
        (
            GET,
            "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ),
        // The body ends with the connection.
        (
            GET,
            "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n\
             5\r\nhello\r\n0\r\n\r\n",
        ),
        // hyper leaves out the length of the body that a 304 has not.
        (
            GET,
            "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 5\r\n\r\n",
            "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nconnection: close\r\n\r\n",
        ),
        (
            GET,
            "HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n",
            "HTTP/1.1 204 No Content\r\nX: 1\r\nconnection: close\r\n\r\n",
        ),
        (
            &head,
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nconnection: close\r\n\r\n",
        ),
        (&head, "HTTP/1.1 200 OK\r\nX: 1\r\n\r\n", "HTTP/1.1 200 OK\r\nX: 1\r\nconnection: close\r\n\r\n"),
    ] {
        let upstream = Upstream::start(Reply::Close(sent)).await;
        let proxy = Proxy::before(upstream.address).await;
        assert_eq!(proxy.exchange(request).await, received, "{sent}");
    }
}

#[tokio::test]
async fn trailers_reach_a_client_that_wants_them() {
    let sent =
        "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n";
    let upstream = Upstream::start(Reply::Keep(sent)).await;
    let proxy = Proxy::before(upstream.address).await;
    let received = proxy.exchange(&GET.replace("\r\n\r\n", "\r\nTE: trailers\r\n\r\n")).await;
    assert!(received.ends_with("\r\n\r\n2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n"), "{received}");
    assert!(received.contains("\r\nTrailer: X-Sum\r\n"), "{received}");
}

#[tokio::test]
async fn a_request_is_passed_on_with_what_the_proxy_adds() {
    let added = "x-forwarded-for: 127.0.0.1\r\nx-forwarded-proto: http\r\nx-forwarded-host: shop.example\r\n";
    for (sent, received) in [
        (
            "PATCH /api/shop?a=1&b=%20 HTTP/1.1\r\nHost: shop.example\r\nX-Own_Case: 1\r\nAccept: a\r\naccept: b\r\n\
             Content-Length: 2\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nUpgrade: websocket\r\nTE: gzip\r\n\r\n{}"
                .to_owned(),
            format!(
                "PATCH /api/shop?a=1&b=%20 HTTP/1.1\r\nHost: shop.example\r\nX-Own_Case: 1\r\nAccept: a\r\naccept: b\r\n\
                 Content-Length: 2\r\n{added}\r\n{{}}"
            ),
        ),
        // A body on a GET, chunks, and a path in the absolute form.
        (
            "GET http://shop.example HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\
             Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
                .to_owned(),
            format!(
                "GET / HTTP/1.1\r\nHost: shop.example\r\ntransfer-encoding: chunked\r\n{added}\r\n2\r\n{{}}\r\n0\r\n\r\n"
            ),
        ),
        (
            "OPTIONS * HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(),
            "OPTIONS * HTTP/1.1\r\nx-forwarded-for: 127.0.0.1\r\nx-forwarded-proto: http\r\n\r\n".to_owned(),
        ),
        (
            "LINK /x HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nX-Forwarded-For: 192.0.2.1\r\n\
             X-Forwarded-Proto: https\r\n\r\n"
                .to_owned(),
            "LINK /x HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: 192.0.2.1, 127.0.0.1\r\n\
             X-Forwarded-Proto: https\r\nx-forwarded-host: shop.example\r\n\r\n"
                .to_owned(),
        ),
    ] {
        let upstream = Upstream::start(Reply::Keep(OK)).await;
        let proxy = Proxy::before(upstream.address).await;
        let answer = proxy.exchange(&sent).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{sent}\n{answer}");
        let requests: Vec<_> = upstream.requests().iter().map(|request| of_connection(request)).collect();
        assert_eq!(requests, [received], "{sent}");
    }
}

#[tokio::test]
async fn bodies_stream_both_ways_at_once() {
    let echo = Router::new().route("/", any(async |request: Request| Body::new(request.into_body())));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = listener.local_addr().unwrap();
    let server = tokio::spawn(async { axum::serve(listener, echo).await });
    let proxy = Proxy::before(upstream).await;
    let mut client = tokio::net::TcpStream::connect(proxy.address).await.unwrap();
    client.write_all(b"POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
    // Each chunk comes back before the next one is sent; all of them are more than any buffer holds.
    let chunk = vec![b'x'; 256 * 1024];
    let (mut sent, mut seen) = (0, Vec::new());
    for _ in 0..32 {
        client.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await.unwrap();
        client.write_all(&chunk).await.unwrap();
        client.write_all(b"\r\n").await.unwrap();
        sent += chunk.len();
        while seen.iter().filter(|byte| **byte == b'x').count() < sent {
            assert_ne!(client.read_buf(&mut seen).await.unwrap(), 0);
        }
    }
    client.write_all(b"0\r\n\r\n").await.unwrap();
    while !seen.ends_with(b"\r\n0\r\n\r\n") {
        assert_ne!(client.read_buf(&mut seen).await.unwrap(), 0);
    }
    server.abort();
}

#[tokio::test]
async fn a_connection_is_used_again_and_one_that_was_closed_is_not() {
    let get = GET.replace("Connection: close\r\n", "");
    for (reply, connections) in [(Reply::Keep(OK), 1), (Reply::Close(OK), 3)] {
        let upstream = Upstream::start(reply).await;
        let proxy = Proxy::before(upstream.address).await;
        let mut client = Connection::open(proxy.address).await;
        for _ in 0..3 {
            client.send(&get).await;
            client.read_until("\r\n\r\nok").await;
        }
        // Idle connections are given up before the old server's own limit.
        assert_eq!(upstream.left().await, connections);
        assert_eq!(upstream.requests().len(), 3);
    }
}

#[tokio::test]
async fn the_client_is_asked_for_a_body_when_the_old_server_asks() {
    let put = "PUT /x HTTP/1.1\r\nHost: shop\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n";
    let upstream = Upstream::start(Reply::Close("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n")).await;
    let received = Proxy::before(upstream.address).await.exchange(put).await;
    assert!(received.starts_with("HTTP/1.1 417 Expectation Failed\r\n"), "{received}");
    let asks = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let upstream = Upstream::start(Reply::Keep(asks)).await;
    let proxy = Proxy::before(upstream.address).await;
    let mut client = Connection::open(proxy.address).await;
    client.send(put).await;
    client.asked_for_the_body().await;
    client.send("{}").await;
    assert!(client.closed().await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn a_request_that_http_does_not_allow_is_not_passed_on() {
    let upstream = Upstream::start(Reply::Keep(OK)).await;
    let proxy = Proxy::before(upstream.address).await;
    for (request, status) in [
        ("CONNECT shop:443 HTTP/1.1\r\nHost: shop:443\r\nConnection: close\r\n\r\n", "405 Method Not Allowed"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 Bad Request"),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501 Not Implemented"),
    ] {
        let received = proxy.exchange(request).await;
        assert!(received.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{received}");
    }
    assert_eq!(upstream.requests(), [""; 0]);
}
