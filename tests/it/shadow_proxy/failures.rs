//! The old server or the client fails, or leaves.

use std::time::Duration;

use shop_profile::shadow::Timeouts;
use tokio::net::TcpListener;

use super::{GET, Proxy};
use crate::support::{
    eventually,
    raw::Connection,
    upstream::{Reply, Upstream},
};

#[tokio::test]
async fn a_response_that_breaks_off_is_not_completed() {
    for sent in [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ] {
        let upstream = Upstream::start(Reply::Close(sent)).await;
        let received = Proxy::before(upstream.address).await.exchange(GET).await;
        assert!(received.starts_with("HTTP/1.1 200 OK\r\n") && received.contains("hello"), "{received}");
        assert!(!received.ends_with("0\r\n\r\n"), "{received}");
    }
}

#[tokio::test]
async fn an_old_server_that_is_away_is_a_502_and_a_silent_one_a_504() {
    let away = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let received = Proxy::before(away).await.exchange(GET).await;
    assert!(received.starts_with("HTTP/1.1 502 Bad Gateway\r\n"), "{received}");
    for (reply, status) in [
        (Reply::Close(""), "502 Bad Gateway"),
        (Reply::Close("what\r\n\r\n"), "502 Bad Gateway"),
        (
            Reply::Close("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
            "502 Bad Gateway",
        ),
        (Reply::Silence, "504 Gateway Timeout"),
    ] {
        let upstream = Upstream::start(reply).await;
        let timeouts = Timeouts { silence: Duration::from_millis(50), ..Timeouts::default() };
        let received = Proxy::with(upstream.address, timeouts).await.exchange(GET).await;
        assert!(received.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{received}");
        // What was sent is not sent again: the old server may have acted on it.
        assert_eq!(upstream.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_response_that_falls_silent_breaks_off() {
    let upstream = Upstream::start(Reply::Keep("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")).await;
    let timeouts = Timeouts { silence: Duration::from_millis(50), ..Timeouts::default() };
    let received = Proxy::with(upstream.address, timeouts).await.exchange(GET).await;
    assert!(received.ends_with("hello"), "{received}");
}

#[tokio::test]
async fn a_client_that_disconnects_ends_its_request_at_the_old_server() {
    let upstream = Upstream::start(Reply::Silence).await;
    let proxy = Proxy::before(upstream.address).await;
    let mut client = Connection::open(proxy.address).await;
    client.send(GET).await;
    eventually(async || (!upstream.requests().is_empty()).then_some(())).await;
    drop(client);
    assert_eq!(upstream.left().await, 1);
}
