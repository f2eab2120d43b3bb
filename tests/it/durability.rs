//! `kill -9`: every patch that was answered is there when the server is back. SIGTERM: what was begun is finished.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::http::Method;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{
    api::{Api, ME},
    binary::Server,
    both_databases, eventually,
    shop::Shop,
};

const CUSTOMERS: usize = 8;
/// Answers to wait for before the server is killed.
const ANSWERS: usize = 200;

both_databases![
    an_answered_patch_survives_kill_9,
    requests_are_taken_until_the_stop_delay_is_over,
    sigterm_finishes_a_request_that_was_begun
];

async fn an_answered_patch_survives_kill_9(shop: Shop) {
    let mut customers = Vec::new();
    for number in 0..CUSTOMERS {
        customers.push(shop.customer(&format!("customer{number}")).await);
    }
    for _round in 0..3 {
        let server = Server::start(shop.database.url(), &[]).await;
        let answered = Arc::new(AtomicUsize::new(0));
        let mut streams = Vec::new();
        for customer in &customers {
            let version = shop.row(customer.id).await.version;
            streams.push(tokio::spawn(stream(Api::clone(&server), customer.token.clone(), version, answered.clone())));
        }
        eventually(async || (answered.load(Ordering::Relaxed) >= ANSWERS).then_some(())).await;
        server.kill().await;
        let last_answers = join_all(streams).await;

        let server = Server::start(shop.database.url(), &[]).await;
        for (customer, last) in customers.iter().zip(last_answers) {
            let (last, stored) = (last.unwrap(), shop.row(customer.id).await);
            // The one patch that was under way may have been made too, but no more than that one.
            assert!([last, last + 1].contains(&stored.version), "answered {last}, stored {}", stored.version);
            assert_eq!(stored.first_name, stored.version.to_string());
            let get = server.get().token(&customer.token).send().await.assert_status(200);
            assert_eq!(get.json()["first_name"], stored.first_name, "{get}");
        }
    }
}

/// Patches without a pause until the server is gone; gives the last version that was answered.
pub async fn stream(api: Api, token: String, mut version: i64, answered: Arc<AtomicUsize>) -> i64 {
    loop {
        let next = json!({ "first_name": (version + 1).to_string() });
        let Ok(answer) = api.patch(next.clone()).token(&token).try_send().await else { return version };
        assert_eq!(answer.assert_status(200).json()["first_name"], next["first_name"]);
        version += 1;
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

async fn sigterm_finishes_a_request_that_was_begun(shop: Shop) {
    let sara = shop.customer("sara").await;
    let server = Server::start(shop.database.url(), &[]).await;
    let (mut busy, mut idle) = (server.connection().await, server.connection().await);
    let get = format!("GET {ME} HTTP/1.1\r\nHost: shop\r\nAuthorization: Token {}\r\n\r\n", sara.token);
    idle.exchange(&get).await.assert_status(200);
    let body = r#"{"first_name":"Sara"}"#;
    let head = format!(
        "PATCH {ME} HTTP/1.1\r\nHost: shop\r\nAuthorization: Token {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        sara.token,
        body.len()
    );
    busy.send(head).await;
    busy.asked_for_the_body().await;
    server.terminate().await;
    server.logged("stopping").await;
    busy.send(body).await;
    let answer = busy.answer().await.assert_status(200);
    assert_eq!(answer.header("connection"), "close", "{answer}");
    let (code, log) = server.ended().await;
    assert_eq!((code, shop.row(sara.id).await.first_name), (Some(0), "Sara".into()), "{log}");
}

async fn requests_are_taken_until_the_stop_delay_is_over(shop: Shop) {
    let sara = shop.customer("sara").await;
    let server = Server::start(shop.database.url(), &["--stop-delay", "10m"]).await;
    server.terminate().await;
    server.logged("stopping").await;
    let ready = server.request(Method::GET, "/readyz").send().await;
    assert_eq!((ready.status, &*ready.body), (503, "stopping\n"));
    // By a new connection.
    server.patch(json!({"first_name": "Sara"})).token(&sara.token).send().await.assert_status(200);
    // A second signal does not wait.
    server.terminate().await;
    let (code, log) = server.ended().await;
    assert_eq!(code, Some(143), "{log}");

    let server = Server::start(shop.database.url(), &["--stop-delay", "1ms"]).await;
    server.terminate().await;
    let (code, log) = server.ended().await;
    assert_eq!(code, Some(0), "{log}");
}
