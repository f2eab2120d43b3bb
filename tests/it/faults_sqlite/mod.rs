//! SQLite fails in the middle of its work: what was answered 200 is stored, what was answered 503 is not, and the
//! server recovers by itself.

mod deadline;
mod undone;

use std::time::{Duration, Instant};

use axum::http::Method;
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::json;
use shop_profile::store::Timeouts;
use tempfile::TempDir;

use crate::support::{
    Subject,
    answer::Answer,
    binary::{self, Server},
    database::Database,
    eventually,
    full_disk::SmallDisk,
    shop::{Customer, Shop},
};

const UNAVAILABLE: &str = r#"{"detail":"Service temporarily unavailable, try again later."}"#;
const INTERNAL: &str = r#"{"detail":"Internal server error."}"#;
const CLIENTS: usize = 64;

async fn customers(shop: &Shop, count: usize) -> Vec<Customer> {
    let mut customers = Vec::new();
    for number in 0..count {
        customers.push(shop.customer(&format!("customer{number}")).await);
    }
    customers
}

/// All customers at once.
async fn patch_all(shop: &Shop, customers: &[Customer], first_name: &str) -> Vec<Answer> {
    let patch = |customer: &Customer| shop.patch(json!({ "first_name": first_name })).token(&customer.token).send();
    join_all(customers.iter().map(patch)).await
}

/// Whatever was answered is what is stored; whether all were answered this status.
async fn are_all(shop: &Shop, customers: &[Customer], first_name: &str, answers: Vec<Answer>, status: u16) -> bool {
    let mut are_all = true;
    for (customer, answer) in customers.iter().zip(answers) {
        are_all &= answer.status == status;
        let is_stored = shop.row(customer.id).await.first_name == first_name;
        assert_eq!(is_stored, answer.status == 200, "{answer}");
        if answer.status != 200 {
            answer.assert(503, UNAVAILABLE);
        }
    }
    are_all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_a_503_until_there_is_room() {
    let Some(disk) = SmallDisk::mount("16m") else { return };
    let folder = TempDir::new_in(disk.path()).unwrap();
    let url = format!("sqlite://{}", folder.path().join("shop.db").display());
    let database = Database::at(url, folder);
    let store = database.open_with(Timeouts { failing: Duration::from_millis(500), ..Timeouts::default() }).await;
    let shop = Shop::on_store(database, store).await;
    let customers = customers(&shop, CLIENTS).await;
    // Each patch needs more room: what the files have would last for long.
    let db = shop.database.connect().await;
    db.execute_unprepared(
        "CREATE TABLE ballast (bytes BLOB);
         CREATE TRIGGER ballast AFTER UPDATE ON customer BEGIN INSERT INTO ballast VALUES (zeroblob(16384)); END",
    )
    .await
    .unwrap();
    let answers = patch_all(&shop, &customers, "before").await;
    assert!(are_all(&shop, &customers, "before", answers, 200).await);

    disk.fill();
    eventually(async || {
        let name = format!("{:?}", Instant::now());
        let answers = patch_all(&shop, &customers, &name).await;
        let ready = shop.request(Method::GET, "/readyz").send().await;
        let are_all = are_all(&shop, &customers, &name, answers, 503).await;
        (are_all && ready.body == "writes are failing\n").then_some(())
    })
    .await;
    shop.get().token(&customers[0].token).send().await.assert_status(200);

    disk.empty();
    // Without any request that writes.
    eventually(async || (shop.request(Method::GET, "/readyz").send().await.status == 200).then_some(())).await;
    let answers = patch_all(&shop, &customers, "after").await;
    assert!(are_all(&shop, &customers, "after", answers, 200).await);
}

/// Beyond a limit on the size of its files a process is told that a write failed: an I/O error to SQLite.
#[tokio::test(flavor = "multi_thread")]
async fn an_io_error_is_a_503_until_it_is_over() {
    let database = Database::sqlite();
    binary::run(database.url(), &["migrate"]).await;
    binary::run(database.url(), &["customer", "add", "--username", "sara"]).await.ok();
    let token = binary::run(database.url(), &["token", "issue", "sara"]).await.ok();
    let mut command = tokio::process::Command::new("sh");
    // The signal that comes with the error would end the process.
    command.args(["-c", r#"trap "" XFSZ; exec "$0" serve --listen 127.0.0.1:0"#, env!("CARGO_BIN_EXE_shop-profile")]);
    command.env_clear().env("DATABASE_URL", database.url()).envs(binary::NO_RATE_LIMITS).kill_on_drop(true);
    let server = Server::spawn(command).await;
    server.patch(json!({"first_name": "before"})).token(&token).send().await.assert_status(200);

    let limit = async |bytes: &str| {
        let limit = format!("--fsize={bytes}:unlimited");
        let pid = format!("--pid={}", server.pid());
        let status = tokio::process::Command::new("prlimit").args([pid, limit]).status().await;
        assert!(status.unwrap().success());
    };
    limit("4096").await;
    for _ in 0..10 {
        let patch = server.patch(json!({"first_name": "failing"})).token(&token).send().await;
        patch.assert(503, UNAVAILABLE);
    }
    let me = server.get().token(&token).send().await.assert_status(200);
    assert_eq!(me.json()["first_name"], "before");

    limit("unlimited").await;
    server.patch(json!({"last_name": "after"})).token(&token).send().await.assert_status(200);
    eventually(async || {
        let patch = server.patch(json!({"last_name": format!("{:?}", Instant::now())})).token(&token).send().await;
        patch.assert_status(200);
        server.log().contains("the database can be written to after").then_some(())
    })
    .await;
    // One line when it began, one when it was over.
    let log = server.log();
    let lines = log.lines().filter(|line| line.contains(" ERROR ")).count();
    assert_eq!(lines, 1, "{log}");
    assert!(log.contains("10 requests rejected"), "{log}");
}

/// Another process keeps the write lock for longer than a request may take.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_rejected_while_the_database_was_locked_is_not_stored_later() {
    let shop = Shop::on(Database::sqlite()).await;
    let customers = customers(&shop, CLIENTS).await;
    let holder = shop.database.connect().await.begin().await.unwrap();
    holder.execute_unprepared("UPDATE customer SET email = NULL").await.unwrap();
    // Some in a batch of their own, which waits for SQLite, and the others behind it.
    let patch = |customer: &Customer| shop.patch(json!({"first_name": "locked"})).token(&customer.token).send();
    for answer in join_all(customers.iter().map(patch)).await {
        answer.assert(503, UNAVAILABLE);
    }
    holder.rollback().await.unwrap();
    // Behind all of them in the queue.
    shop.patch(json!({"last_name": "after"})).token(&customers[0].token).send().await.assert_status(200);
    for customer in &customers {
        assert_eq!(shop.row(customer.id).await.first_name, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_are_503_once_another_file_has_taken_the_place_of_the_database() {
    let shop = Shop::on(Database::sqlite()).await;
    let sara = shop.customer("sara").await;
    let server = Server::start(shop.database.url(), &[]).await;
    let patch = |name: &str| server.patch(json!({ "first_name": name })).token(&sara.token).send();
    patch("before").await.assert_status(200);
    let path = shop.database.url().strip_prefix("sqlite://").unwrap().to_owned();
    // As a restore does beside a running server.
    let backup = format!("{path}.backup");
    shop.database.connect().await.execute_unprepared(&format!("VACUUM INTO '{backup}'")).await.unwrap();
    std::fs::rename(&backup, &path).unwrap();

    patch("after").await.assert(503, UNAVAILABLE);
    let update = r#"mutation { updateMyProfile(input: {firstName: "after"}) { customer { firstName } } }"#;
    let update = server.graphql(update, serde_json::Value::Null).token(&sara.token).send().await;
    assert_eq!(update.json()["errors"][0]["extensions"]["code"], "SERVICE_UNAVAILABLE");
    let ready = server.request(Method::GET, "/readyz").send().await;
    assert_eq!((ready.status, &*ready.body), (503, "database file replaced\n"));
    let logged = server.logged("cannot be written to").await;
    assert!(logged.contains("restart the server"), "{logged}");
}
