//! The database fails: the client hears nothing but that it did, the log says why.

use std::time::{Duration, Instant};

use axum::http::Method;
use sea_orm::{ConnectionTrait, DbBackend, TransactionTrait};
use serde_json::{Value, json};

use crate::support::{
    answer::Answer,
    binary::{self, Server},
    both_databases,
    cluster::Cluster,
    database::Database,
    eventually,
    shop::Shop,
};

const INTERNAL: &str = r#"{"detail":"Internal server error."}"#;
const UNAVAILABLE: &str = r#"{"detail":"Service temporarily unavailable, try again later."}"#;
const ME: &str = "{ me { id } }";
const UPDATE: &str = r#"mutation { updateMyProfile(input: {firstName: "Sara"}) { customer { id } } }"#;

both_databases![
    a_missing_column_is_a_500_without_details_and_a_line_in_the_log,
    a_closed_store_is_a_503,
    the_longer_the_database_is_away_the_longer_a_client_is_to_wait,
];

/// The one error of a GraphQL answer whose data, if it has any, is only the null of the update.
#[track_caller]
fn assert_graphql_error(answer: &Answer, message: &str, extensions: &Value) {
    let body = answer.json();
    assert_eq!(body["errors"].as_array().map(Vec::len), Some(1), "{answer}");
    assert_eq!(
        (&body["errors"][0]["message"], &body["errors"][0]["extensions"]),
        (&json!(message), extensions),
        "{answer}"
    );
    let data = &body["data"];
    assert!(data.is_null() || *data == json!({"updateMyProfile": null}), "{answer}");
}

async fn a_missing_column_is_a_500_without_details_and_a_line_in_the_log(shop: Shop) {
    let sara = shop.customer("sara").await;
    let server = Server::start(shop.database.url(), &[]).await;
    server.get().token(&sara.token).send().await.assert_status(200);
    let db = shop.database.connect().await;
    db.execute_unprepared("ALTER TABLE customer DROP COLUMN avatar").await.unwrap();

    let get = server.get().token(&sara.token).send().await.assert(500, INTERNAL);
    let patch = server.patch(json!({"first_name": "Sara"})).token(&sara.token).send().await.assert(500, INTERNAL);
    let me = server.graphql(ME, Value::Null).token(&sara.token).send().await;
    let update = server.graphql(UPDATE, Value::Null).token(&sara.token).send().await;
    for answer in [&me, &update] {
        assert_graphql_error(answer, "Internal server error.", &json!({"code": "INTERNAL_SERVER_ERROR"}));
    }
    for answer in [get, patch, me, update] {
        assert!(!answer.body.contains("avatar"), "{answer}");
        let line = server.logged(answer.header("x-request-id")).await;
        assert!(line.contains("ERROR") && line.contains("avatar"), "{line}");
        assert!(!line.contains(&sara.token) && !line.contains("Sara"), "{line}");
    }
    server.terminate().await;
    let (code, _) = server.ended().await;
    assert_eq!(code, Some(0));
}

async fn a_closed_store_is_a_503(shop: Shop) {
    let sara = shop.customer("sara").await;
    shop.store.close().await;
    shop.get().token(&sara.token).send().await.assert(503, UNAVAILABLE);
    let patch = shop.patch(json!({"first_name": "Sara"})).token(&sara.token).send().await;
    patch.assert(503, UNAVAILABLE);
    for query in [ME, UPDATE] {
        let answer = shop.graphql(query, Value::Null).token(&sara.token).send().await;
        let message = "Service temporarily unavailable, try again later.";
        let extensions = json!({"code": "SERVICE_UNAVAILABLE", "retryAfter": answer.retry_after()});
        assert_graphql_error(&answer, message, &extensions);
    }
}

async fn the_longer_the_database_is_away_the_longer_a_client_is_to_wait(shop: Shop) {
    let sara = shop.customer("sara").await;
    shop.store.close().await;
    let first = shop.get().token(&sara.token).send().await.assert(503, UNAVAILABLE);
    first.assert_header("retry-after", "1");
    let get = async || shop.get().token(&sara.token).send().await.retry_after();
    let me = async || shop.graphql(ME, Value::Null).token(&sara.token).send().await.retry_after();
    let ready = async || shop.request(Method::GET, "/readyz").send().await.retry_after();
    eventually(async || (get().await >= 2 && me().await >= 2 && ready().await >= 2).then_some(())).await;
}

/// A cluster of its own, for it is taken away from under the server.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_gone_is_a_503_until_it_is_back() {
    // Where there is none, the other tests say so.
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.url("postgres");
    let server = Server::start(&url, &[]).await;
    binary::run(&url, &["customer", "add", "--username", "sara"]).await.ok();
    let token = binary::run(&url, &["token", "issue", "sara"]).await.ok();
    server.patch(json!({"first_name": "Sara"})).token(&token).send().await.assert_status(200);

    cluster.crash();
    for _ in 0..2 {
        server.get().token(&token).send().await.assert(503, UNAVAILABLE);
        let patch = server.patch(json!({"first_name": "Zoe"})).token(&token).send().await;
        patch.assert(503, UNAVAILABLE);
    }
    cluster.resume();
    let back = Instant::now();
    eventually(async || {
        let answer = server.patch(json!({"last_name": "Ahmadi"})).token(&token).send().await;
        assert!([200, 503].contains(&answer.status), "{answer}");
        (answer.status == 200).then_some(())
    })
    .await;
    assert!(back.elapsed() < Duration::from_secs(5), "{:?}", back.elapsed());
    let me = server.graphql("{ me { fullName } }", Value::Null).token(&token).send().await;
    me.assert(200, r#"{"data":{"me":{"fullName":"Sara Ahmadi"}}}"#);
    // The log has a line when it began and one when it is over, and none for each request between.
    eventually(async || {
        server.get().token(&token).send().await.assert_status(200);
        server.log().contains("database back after").then_some(())
    })
    .await;
    let log = server.log();
    assert_eq!(log.lines().filter(|line| line.contains(" ERROR ")).count(), 1, "{log}");
    assert!(log.contains("database lost"), "{log}");
}

/// SQLite's only way to be out of reach: another process keeps the write lock for longer than anyone should.
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_locked_is_a_503_for_writers_and_nothing_for_readers() {
    crate::support::run(Database::sqlite(), async |shop: Shop| {
        let sara = shop.customer("sara").await;
        let db = shop.database.connect().await;
        assert_eq!(db.get_database_backend(), DbBackend::Sqlite);
        let holder = db.begin().await.unwrap();
        holder.execute_unprepared("UPDATE customer SET version = version + 1").await.unwrap();
        let patch = tokio::spawn(shop.patch(json!({"first_name": "Sara"})).token(&sara.token).send());
        shop.get().token(&sara.token).send().await.assert_status(200).assert_header("etag", r#""1-1""#);
        patch.await.unwrap().assert(503, UNAVAILABLE).assert_header("retry-after", "1");
        holder.rollback().await.unwrap();
        shop.patch(json!({"first_name": "Sara"})).token(&sara.token).send().await.assert_status(200);
    })
    .await;
}
