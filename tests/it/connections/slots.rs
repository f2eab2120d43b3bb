//! More connections than there are slots, or than one address may have.

use std::time::Duration;

use futures_util::future::join_all;
use shop_profile::server::ConnectionLimits;

use super::{SHORT, get, shop};
use crate::support::{
    raw::Connection,
    shop::{Customer, Shop},
};

/// A request whose body does not come: it is under way until the client sends the body or goes away.
fn stalled(token: &str) -> String {
    let headers = format!("Authorization: Token {token}\r\nContent-Type: application/json\r\nContent-Length: 2");
    format!("PATCH /api/shop/customers/me HTTP/1.1\r\nHost: shop\r\n{headers}\r\nExpect: 100-continue\r\n\r\n")
}

/// A connection with a request that the server has begun.
async fn busy(shop: &Shop, sara: &Customer) -> Connection {
    let mut connection = shop.connection().await;
    connection.send(stalled(&sara.token)).await;
    connection.asked_for_the_body().await;
    connection
}

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_that_is_idle_longest_makes_room_for_the_next() {
    let (shop, sara) = shop(ConnectionLimits { max_connections: 2, ..Default::default() }).await;
    let (mut one, mut two) = (shop.connection().await, shop.connection().await);
    one.exchange(get(&sara.token)).await.assert_status(200);
    two.exchange(get(&sara.token)).await.assert_status(200);
    // Now `two` has been idle longer.
    one.exchange(get(&sara.token)).await.assert_status(200);
    let mut three = shop.connection().await;
    three.exchange(get(&sara.token)).await.assert_status(200);
    assert_eq!(two.closed().await, "");
    one.exchange(get(&sara.token)).await.assert_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_never_sends_a_request_makes_room_too() {
    let (shop, sara) = shop(ConnectionLimits { max_connections: 1, ..Default::default() }).await;
    for begin in ["", "GET /api/shop/customers/me HTTP/1.1\r\nHost: sh"] {
        let mut silent = shop.connection().await;
        silent.send(begin).await;
        shop.connection().await.exchange(get(&sara.token)).await.assert_status(200);
        assert_eq!(silent.closed().await, "", "{begin:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_not_cut_off_and_the_next_one_waits_for_its_turn() {
    let (shop, sara) = shop(ConnectionLimits { max_connections: 1, ..Default::default() }).await;
    let mut one = busy(&shop, &sara).await;
    let mut two = shop.connection().await;
    two.send(get(&sara.token)).await;
    // Health checks need no turn.
    for path in ["/healthz", "/readyz"] {
        let ask = format!("GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n");
        shop.connection().await.exchange(ask).await.assert_status(200);
    }
    one.exchange("{}").await.assert_status(200);
    // Its connection is idle now, and is closed for the next one.
    shop.connection().await.exchange(HEALTH).await.assert_status(200);
    two.answer().await.assert_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_too_long_for_its_turn_is_503_in_both_apis() {
    let limits = ConnectionLimits { max_connections: 1, slot_timeout: SHORT, ..Default::default() };
    let (shop, sara) = shop(limits).await;
    let _busy = busy(&shop, &sara).await;
    let rest = shop.connection().await.exchange(get(&sara.token)).await;
    rest.assert(503, r#"{"detail":"Service temporarily unavailable, try again later."}"#)
        .assert_header("connection", "close");
    let graphql = "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: shop\r\n\r\n";
    let graphql = shop.connection().await.exchange(graphql).await.assert_status(503);
    assert!(graphql.body.contains(r#"{"code":"SERVICE_UNAVAILABLE","retryAfter":1}"#), "{graphql}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_waiting_request_is_503_when_too_many_wait() {
    let limits = ConnectionLimits { max_connections: 1, slot_timeout: Duration::from_secs(60), ..Default::default() };
    let (shop, sara) = shop(limits).await;
    let _busy = busy(&shop, &sara).await;
    let mut first = shop.connection().await;
    first.send(get(&sara.token)).await;
    // The health check is answered after all that came before it was accepted.
    shop.connection().await.exchange(HEALTH).await.assert_status(200);
    let mut waiting = Vec::new();
    for _ in 0..200 {
        let mut next = shop.connection().await;
        next.send(get(&sara.token)).await;
        waiting.push(next);
    }
    shop.connection().await.exchange(HEALTH).await.assert_status(200);
    first.answer().await.assert_status(503);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_connections_per_address_counts_each_address_alone() {
    let limits = ConnectionLimits { max_connections_per_address: 2, ..Default::default() };
    let (shop, sara) = shop(limits).await;
    let (mut one, mut two) = (shop.connection().await, shop.connection().await);
    one.exchange(get(&sara.token)).await.assert_status(200);
    two.exchange(get(&sara.token)).await.assert_status(200);
    let three = busy(&shop, &sara).await;
    assert_eq!(one.closed().await, "", "the longest idle of the same address");
    let four = busy(&shop, &sara).await;
    assert_eq!(two.closed().await, "");
    shop.connection().await.exchange(get(&sara.token)).await.assert_status(503);
    shop.connection().await.exchange(HEALTH).await.assert_status(200);
    let mut elsewhere = Connection::open_from("127.0.0.2", shop.address).await;
    elsewhere.exchange(get(&sara.token)).await.assert_status(200);
    for mut connection in [three, four] {
        connection.exchange("{}").await.assert_status(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_connections_of_one_address_do_not_block_another() {
    let (shop, sara) = shop(ConnectionLimits::default()).await;
    let mut house = Vec::new();
    while house.len() < 1024 {
        let group = (0..64).map(async |_| {
            let mut connection = shop.connection().await;
            connection.exchange(HEALTH).await.assert_status(200);
            connection.exchange(get(&sara.token)).await.assert_status(200);
            connection
        });
        house.extend(join_all(group).await);
    }
    for _ in 0..50 {
        Connection::open_from("127.0.0.2", shop.address).await.exchange(HEALTH).await.assert_status(200);
        let mut elsewhere = Connection::open_from("127.0.0.2", shop.address).await;
        elsewhere.exchange(get(&sara.token)).await.assert_status(200);
    }
    // The oldest ones made room, the others are as they were.
    assert_eq!(house[0].closed().await, "");
    house[1023].exchange(get(&sara.token)).await.assert_status(200);
}
