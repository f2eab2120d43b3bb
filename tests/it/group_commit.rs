//! SQLite's one writer: what a failed commit takes with it.

use std::future::Future;

use axum::{
    Router,
    body::Body,
    http::{Request, header},
};
use futures_util::future::join_all;
use http_body_util::BodyExt;
use sea_orm::ConnectionTrait;
use serde_json::json;
use shop_profile::server;
use tower::ServiceExt;

use crate::support::{Subject, answer::Answer, api::ME, database::Database, shop::Shop};

const INTERNAL: &str = r#"{"detail":"Internal server error."}"#;

/// A first name that breaks a foreign key, which SQLite looks at when the transaction commits.
const SABOTAGE: &str = "
    CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER orphan AFTER UPDATE ON customer WHEN NEW.first_name = 'Orphan'
    BEGIN INSERT INTO child VALUES (NEW.id); END";

/// A patch without a socket. Its first poll brings it as far as the writer's queue.
fn patch(app: &Router, key: &str, first_name: &str) -> impl Future<Output = Answer> + use<> {
    let request = Request::patch(ME)
        .header(header::AUTHORIZATION, format!("Token {key}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(json!({ "first_name": first_name }).to_string()));
    let answer = app.clone().oneshot(request.unwrap());
    async {
        let (parts, body) = answer.await.unwrap().into_parts();
        Answer::checked(parts.status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
    }
}

/// In a runtime of one thread, the writer only looks when all three changes are in its queue.
#[tokio::test]
async fn a_failed_commit_fails_its_whole_batch_and_nothing_else() {
    let shop = Shop::on(Database::sqlite()).await;
    let app = server::router(shop.store.clone(), &server::Options::default(), Default::default());
    let customers = [shop.customer("sara").await, shop.customer("zoe").await, shop.customer("omid").await];
    let db = shop.database.connect().await;
    db.execute_unprepared(SABOTAGE).await.unwrap();
    let [sara, zoe, omid] = &customers;

    let batch = [patch(&app, &sara.key, "Sara"), patch(&app, &zoe.key, "Orphan"), patch(&app, &omid.key, "Omid")];
    for answer in join_all(batch).await {
        answer.assert(500, INTERNAL);
    }
    // Alone it is its own transaction.
    patch(&app, &zoe.key, "Orphan").await.assert(500, INTERNAL);
    for customer in &customers {
        let row = shop.row(customer.id).await;
        assert_eq!((&*row.first_name, row.version), ("", 1));
    }

    let batch = [patch(&app, &sara.key, "Sara"), patch(&app, &zoe.key, "Zoe"), patch(&app, &omid.key, "Omid")];
    for (answer, name) in join_all(batch).await.into_iter().zip(["Sara", "Zoe", "Omid"]) {
        assert_eq!(answer.assert_status(200).json()["first_name"], name);
    }
    db.execute_unprepared("DROP TRIGGER orphan").await.unwrap();
    patch(&app, &zoe.key, "Orphan").await.assert_status(200);
    assert_eq!(shop.row(zoe.id).await.first_name, "Orphan");
}
