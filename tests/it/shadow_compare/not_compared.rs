//! Requests that are not compared, each with its reason, and what a client sees meanwhile.

use axum::{Router, http::StatusCode};
use sea_orm::ConnectionTrait;
use serde_json::json;
use shop_profile::shadow::Report;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::{
    api::Api,
    database::{self, Database},
    eventually, proxy,
    upstream::{Reply, Upstream},
};

use super::stage::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_stuck_costs_one_comparison() {
    let Some(database) = Database::postgres().await else { return };
    let network = proxy::Proxy::start(database.url()).await;
    let store = database::open_at(network.url(), shop_profile::store::Timeouts::default()).await;
    store.migrate().await.unwrap();
    let upstream = Upstream::start(Reply::Keep("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).await;
    let shadow = shadow(upstream.address, Report::none());
    let stop = CancellationToken::new();
    compare_with(&shadow, store, &stop);
    let api = Api::at(serve(&shadow, &stop).await);
    // The connections to the database are there, and then carry nothing any more.
    assert_eq!(api.get().token("x").raw().await, "ok");
    settled(&shadow, 1).await;
    network.freeze();
    for _ in 0..3 {
        assert_eq!(api.get().token("x").raw().await, "ok");
    }
    let summary = settled(&shadow, 4).await;
    assert_eq!((of(&summary, "too_slow"), of(&summary, "paused")), (1, 0), "{summary:?}");
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_ours_that_do_not_come_delay_few_requests() {
    let upstream = Upstream::start(Reply::Keep("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).await;
    let shadow = shadow(upstream.address, Report::none());
    let stop = CancellationToken::new();
    shadow.compare_with(Router::new().fallback(async || std::future::pending::<StatusCode>().await));
    let api = Api::at(serve(&shadow, &stop).await);
    for _ in 0..7 {
        assert_eq!(api.get().raw().await, "ok");
    }
    let summary = settled(&shadow, 7).await;
    assert_eq!((of(&summary, "too_slow"), of(&summary, "paused")), (5, 2), "{summary:?}");
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_after_the_response_is_no_difference() {
    let stage = Stage::on(Database::sqlite(), faultless, false).await;
    let rows = stage.shop.database.connect().await;
    for round in 0..20 {
        assert_eq!(stage.patch(json!({"first_name": format!("Sara {round}")})).await, 200);
        rows.execute_unprepared("UPDATE customer SET first_name = 'behrooz', version = version + 1").await.unwrap();
    }
    assert_eq!(numbers(&stage.settled(20).await), [20, 0, 0, 0, 0], "{:?}", stage.lines().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_ours_is_counted_and_the_client_gets_its_answer() {
    let upstream = Upstream::start(Reply::Keep("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).await;
    let shadow = shadow(upstream.address, Report::none());
    let stop = CancellationToken::new();
    shadow.compare_with(Router::new().fallback(async || -> StatusCode { panic!("on purpose") }));
    let api = Api::at(serve(&shadow, &stop).await);
    assert_eq!(api.get().raw().await, "ok");
    let summary = settled(&shadow, 1).await;
    assert_eq!(of(&summary, "panicked"), 1);
    assert!(summary.to_string().ends_with("\nnot ready: 0 compared, 0 unexplained, 1 failed here"));
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_that_is_not_compared_is_counted_by_its_reason() {
    let stage = Stage::on(Database::sqlite(), faultless, false).await;
    let api = &stage.api;
    api.patch_bytes(vec![b' '; 70_000]).token(&stage.sara.token).send().await.assert_status(413);
    assert_eq!(of(&stage.settled(1).await, "request_too_large"), 1);
    // Chunks, of which the last one comes late.
    let mut client = api.connection().await;
    let head =
        "PATCH /api/shop/customers/me HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n";
    let token = &stage.sara.token;
    client
        .send(format!("{head}Authorization: Token {token}\r\nContent-Type: application/json\r\n\r\n1\r\n{{\r\n"))
        .await;
    assert_eq!(of(&stage.settled(2).await, "request_too_slow"), 1);
    client.send("1\r\n}\r\n0\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 200);
    // The old server is gone.
    let away = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let stop = CancellationToken::new();
    let shadow = shadow(away, Report::none());
    compare_with(&shadow, stage.shop.database.open().await, &stop);
    let lonely = Api::at(serve(&shadow, &stop).await);
    assert_eq!(lonely.get().token(token).raw().await, "502 Bad Gateway\n");
    assert_eq!(of(&settled(&shadow, 1).await, "upstream_failed"), 1);
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_is_counted() {
    let upstream = Upstream::start(Reply::Silence).await;
    let shadow = shadow(upstream.address, Report::none());
    let stop = CancellationToken::new();
    compare_with(&shadow, Database::sqlite().open().await, &stop);
    let api = Api::at(serve(&shadow, &stop).await);
    let mut client = api.connection().await;
    client.send("OPTIONS /api/shop/customers/me HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    eventually(async || (!upstream.requests().is_empty()).then_some(())).await;
    drop(client);
    assert_eq!(of(&settled(&shadow, 1).await, "client_left"), 1);
    stop.cancel();
}
