//! Connections that would exhaust the server, and a normal client beside them.

mod slots;
mod unread_bodies;

use std::time::Duration;

use axum::http::Method;
use futures_util::future::join_all;
use shop_profile::server::{ConnectionLimits, Options};

use crate::support::{
    binary::Server,
    database::Database,
    raw::Connection,
    shop::{Customer, Shop},
};

/// Patience for tests: what takes ten seconds outside takes a fraction here.
const SHORT: Duration = Duration::from_millis(300);
/// Of each kind. They are all open at once.
const CROWD: usize = 300;

async fn shop(limits: ConnectionLimits) -> (Shop, Customer) {
    let shop = Shop::with(Database::sqlite(), &Options::default(), limits).await;
    let sara = shop.customer("sara").await;
    (shop, sara)
}

fn get(token: &str) -> String {
    format!("GET /api/shop/customers/me HTTP/1.1\r\nHost: shop\r\nAuthorization: Token {token}\r\n\r\n")
}

/// Opens them in groups, each followed by a connection that is answered: the kernel's queue is first in, first out, so
/// the server has taken the whole group by then. (A queue that overflows leaves a silent client waiting for ever.)
async fn crowd(shop: &Shop, sara: &Customer, begin: &str) -> Vec<Connection> {
    let mut crowd = Vec::new();
    while crowd.len() < CROWD {
        let group = (0..50).map(async |_| {
            let mut connection = shop.connection().await;
            connection.send(begin).await;
            connection
        });
        crowd.extend(join_all(group).await);
        shop.connection().await.exchange(get(&sara.token)).await.assert_status(200);
    }
    crowd
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_slow_and_idle_connections_are_closed_and_others_are_answered_meanwhile() {
    let (shop, sara) =
        shop(ConnectionLimits { header_read_timeout: Duration::from_secs(5), ..Default::default() }).await;
    let mut crowds = Vec::new();
    crowds.extend(crowd(&shop, &sara, "").await);
    crowds.extend(crowd(&shop, &sara, "GET /api/shop/customers/me HTTP/1.1\r\nHost: sh").await);
    crowds.extend(crowd(&shop, &sara, &get(&sara.token)).await);
    shop.get().token(&sara.token).send().await.assert_status(200);
    let said = join_all(crowds.iter_mut().map(Connection::closed)).await;
    let answered = said.iter().filter(|said| said.starts_with("HTTP/1.1 200 ")).count();
    assert_eq!(answered, CROWD, "those that asked were answered before they fell idle");
    shop.connection().await.exchange(get(&sara.token)).await.assert_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_never_read_are_closed() {
    let (shop, sara) = shop(ConnectionLimits { write_timeout: SHORT, ..Default::default() }).await;
    let schema = "GET /graphql?query=%7B__schema%7Btypes%7Bname%20fields%7Bname%20description%7D%7D%7D%7D HTTP/1.1";
    let flood = format!("{schema}\r\nHost: shop\r\n\r\n").repeat(100);
    join_all((0..4).map(async |_| Connection::open_narrow(shop.address).await.flood(&flood).await)).await;
    shop.get().token(&sara.token).send().await.assert_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_connection_ends_after_the_request_it_is_at() {
    let (shop, sara) = shop(ConnectionLimits { max_connection_age: SHORT, ..Default::default() }).await;
    let mut connection = shop.connection().await;
    connection.exchange(get(&sara.token)).await.assert_status(200);
    assert_eq!(connection.closed().await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_half_closes_after_its_request_is_answered() {
    let (shop, sara) = shop(ConnectionLimits::default()).await;
    for index in 0..20 {
        let body = format!(r#"{{"first_name":"Sara{index}"}}"#);
        let request = format!(
            "PATCH /api/shop/customers/me HTTP/1.1\r\nHost: shop\r\nAuthorization: Token {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            sara.token,
            body.len()
        );
        let mut connection = shop.connection().await;
        connection.send(request).await;
        connection.half_close().await;
        connection.answer().await.assert_status(200);
    }
    assert_eq!(shop.row(sara.id).await.version, 21);
}

/// The process of the tests has memory of its own, so the binary is asked, and the kernel tells what it took.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn unread_assets_share_their_memory() {
    let database = Database::sqlite();
    let server = Server::start(database.url(), &[]).await;
    let page = server.request(Method::GET, "/graphiql").raw().await;
    let names = page.split('"').filter(|name| name.starts_with("/assets/") && name.ends_with(".js"));
    let Some(name) = names.max_by_key(|name| name.contains("monaco")) else {
        assert!(page.contains("npm"), "a page without scripts, and it does not say why: {page}");
        return;
    };
    let request = format!("GET {name} HTTP/1.1\r\nHost: shop\r\n\r\n");
    let mut unread = Vec::new();
    for _ in 0..400 {
        let mut connection = Connection::open_narrow(server.address).await;
        connection.send(&request).await;
        // The answer has begun.
        connection.peek().await;
        unread.push(connection);
    }
    let peak = server.peak_memory_kib();
    assert!(peak < 64 * 1024, "{peak} KiB for {} unread answers", unread.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_pipelined_requests_are_answered_in_order() {
    let (shop, sara) = shop(ConnectionLimits::default()).await;
    let mut connection = shop.connection().await;
    connection.send(get(&sara.token).repeat(200)).await;
    for _ in 0..200 {
        connection.answer().await.assert_status(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_http_does_not_allow_is_rejected_and_ends_the_connection() {
    let (shop, sara) = shop(ConnectionLimits::default()).await;
    let patch = "PATCH /api/shop/customers/me HTTP/1.1\r\nHost: shop\r\n";
    let header = format!("X-Long: {}\r\n", "x".repeat(100_000));
    let headers = |count: usize| (0..count).map(|index| format!("X-{index}: x\r\n")).collect::<String>();
    // With `Host` and this one a head of so many bytes.
    let head = |bytes: usize| format!("{patch}X-Long: {}\r\n\r\n", "x".repeat(bytes - patch.len() - 12));
    for (request, statuses) in [
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), &["400"] as &[&str]),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(), &["400"]),
        ("nonsense\r\n\r\n".to_owned(), &["400"]),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &["400", ""]),
        (format!("{patch}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{{}}"), &["400"]),
        (format!("{patch}Content-Length: -1\r\n\r\n"), &["400"]),
        (format!("{patch}{header}\r\n"), &["431"]),
        (format!("{patch}{}\r\n", headers(99)), &["401"]),
        (format!("{patch}{}\r\n", headers(100)), &["431"]),
        (head(32_768), &["401"]),
        (head(32_769), &["431"]),
        (head(40_000), &["431"]),
        (format!("{patch}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), &["501"]),
    ] {
        let mut connection = shop.connection().await;
        connection.offer(&request).await;
        connection.half_close().await;
        let said = connection.closed().await;
        let status = said.split(' ').nth(1).unwrap_or_default();
        assert!(statuses.contains(&status), "{:?}: {said:?}", &request[..60.min(request.len())]);
    }
    let chunks = format!(
        "{patch}Authorization: Token {}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        sara.token
    );
    shop.connection().await.exchange(chunks).await.assert(400, r#"{"detail":"Request body incomplete."}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_ends_is_given_up() {
    let (shop, sara) = shop(ConnectionLimits::default()).await;
    let begin = |path: &str| {
        let token = &sara.token;
        format!(
            "{path} HTTP/1.1\r\nHost: shop\r\nAuthorization: Token {token}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{{"
        )
    };
    let (mut rest, mut graphql) = (shop.connection().await, shop.connection().await);
    let (rest, graphql) =
        tokio::join!(rest.exchange(begin("PATCH /api/shop/customers/me")), graphql.exchange(begin("POST /graphql")));
    rest.assert(408, r#"{"detail":"Request body too slow: it must be complete within 10 seconds."}"#);
    assert!(graphql.assert_status(408).body.contains("REQUEST_TIMEOUT"));
}
