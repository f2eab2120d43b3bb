//! SQLite's one writer: what a failed commit means for the other updates of its batch.

use std::future::Future;

use axum::{
    Router,
    body::Body,
    http::{Request, header},
};
use futures_util::future::join_all;
use http_body_util::BodyExt;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
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

/// A patch of the first name without a socket.
pub fn patch(app: &Router, token: &str, first_name: &str) -> impl Future<Output = Answer> + use<> {
    patch_with(app, token, &json!({ "first_name": first_name }))
}

/// A patch without a socket. Its first poll brings it as far as the writer's queue.
fn patch_with(app: &Router, token: &str, patch: &Value) -> impl Future<Output = Answer> + use<> {
    let request = Request::patch(ME)
        .header(header::AUTHORIZATION, format!("Token {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(patch.to_string()));
    let answer = app.clone().oneshot(request.unwrap());
    async {
        let (parts, body) = answer.await.unwrap().into_parts();
        Answer::checked(parts.status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
    }
}

/// In a runtime of one thread, the writer only looks when all three changes are in its queue.
#[tokio::test]
async fn a_failed_commit_fails_only_the_update_at_fault() {
    let shop = Shop::on(Database::sqlite()).await;
    let app = server::router(shop.store.clone(), &server::Options::default(), Default::default());
    let customers = [shop.customer("sara").await, shop.customer("zoe").await, shop.customer("omid").await];
    let db = shop.database.connect().await;
    db.execute_unprepared(SABOTAGE).await.unwrap();
    let [sara, zoe, omid] = &customers;

    let batch = [patch(&app, &sara.token, "Sara"), patch(&app, &zoe.token, "Orphan"), patch(&app, &omid.token, "Omid")];
    for (answer, status) in join_all(batch).await.into_iter().zip([200, 500, 200]) {
        answer.assert_status(status);
    }
    // Alone it is its own transaction.
    patch(&app, &zoe.token, "Orphan").await.assert(500, INTERNAL);
    for (customer, stored) in customers.iter().zip([("Sara", 2), ("", 1), ("Omid", 2)]) {
        let row = shop.row(customer.id).await;
        assert_eq!((&*row.first_name, row.version), stored);
    }

    let batch = [patch(&app, &sara.token, "Sarah"), patch(&app, &zoe.token, "Zoe"), patch(&app, &omid.token, "Omar")];
    for (answer, name) in join_all(batch).await.into_iter().zip(["Sarah", "Zoe", "Omar"]) {
        assert_eq!(answer.assert_status(200).json()["first_name"], name);
    }
    db.execute_unprepared("DROP TRIGGER orphan").await.unwrap();
    patch(&app, &zoe.token, "Orphan").await.assert_status(200);
    assert_eq!(shop.row(zoe.id).await.first_name, "Orphan");
}

/// Forty changes of several kinds in one batch, some of which are rejected: each gets its own answer, in its own place.
#[tokio::test]
async fn each_change_of_a_batch_has_its_own_answer() {
    let shop = Shop::on(Database::sqlite()).await;
    let app = server::router(shop.store.clone(), &server::Options::default(), Default::default());
    let taken = shop.customer("taken").await;
    let mut batch = Vec::new();
    for number in 0..40 {
        let customer = shop.customer(&format!("customer{number}")).await;
        let patch = match number {
            // Runs of one kind, and others between them.
            17 | 30 => json!({ "username": "Taken" }),
            5 | 6 => json!({ "last_name": format!("Name{number}"), "gender": "male" }),
            33 => json!({ "username": "Neda" }),
            _ => json!({ "first_name": format!("Name{number}") }),
        };
        batch.push((number, customer, patch));
    }
    let token = |number: i32| batch.iter().find(|(other, ..)| *other == number).unwrap().1.token.clone();
    let stale = Request::patch(ME)
        .header(header::AUTHORIZATION, format!("Token {}", token(39)))
        .header(header::IF_MATCH, "\"1-7\"")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(r#"{"first_name":"Stale"}"#));
    let stale = app.clone().oneshot(stale.unwrap());

    let patches = batch.iter().map(|(_, customer, patch)| patch_with(&app, &customer.token, patch));
    let (answers, stale) = tokio::join!(join_all(patches), stale);
    assert_eq!(stale.unwrap().status(), 412);
    for ((number, customer, patch), answer) in batch.iter().zip(answers) {
        let row = shop.row(customer.id).await;
        if [17, 30].contains(number) {
            answer.assert(400, r#"{"username":["A user with that username already exists."]}"#);
            assert_eq!(row.version, 1);
            continue;
        }
        let json = answer.assert_status(200).json();
        assert_eq!((&json["id"], row.version), (&json!(customer.id), 2), "{number}");
        for (field, value) in patch.as_object().unwrap() {
            assert_eq!(&json[field], value, "{number}");
        }
    }
    assert_eq!(shop.row(taken.id).await.version, 1);
}
