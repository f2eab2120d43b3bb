//! SQLite fails in the middle of its work: what was answered 200 is stored, what was answered 503 is not, and the
//! server recovers by itself.

use std::{
    task::Poll,
    time::{Duration, Instant},
};

use axum::http::Method;
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::json;
use shop_profile::{
    auth::{ApiToken, Credential},
    profile::{Customer as Profile, FieldInput, NewCustomerInput, PatchInput},
    server,
    store::{Store, StoreError, Timeouts},
};
use tempfile::TempDir;

use crate::{
    group_commit::patch,
    support::{
        Subject,
        answer::Answer,
        api::Api,
        binary::{self, Server},
        database::Database,
        eventually,
        full_disk::SmallDisk,
        shop::{Customer, Shop},
    },
};

const UNAVAILABLE: &str = r#"{"detail":"Service temporarily unavailable, try again later."}"#;
const INTERNAL: &str = r#"{"detail":"Internal server error."}"#;
const CLIENTS: usize = 64;

/// SQLite undoes the whole transaction by itself, as it does when the disk is full or fails.
const ROLLBACK: &str = "CREATE TRIGGER boom BEFORE UPDATE ON customer WHEN NEW.first_name = 'boom'
    BEGIN SELECT RAISE(ROLLBACK, 'boom'); END";

async fn customers(shop: &Shop, count: usize) -> Vec<Customer> {
    let mut customers = Vec::new();
    for number in 0..count {
        customers.push(shop.customer(&format!("customer{number}")).await);
    }
    customers
}

/// A database in memory that other connections of this process can reach.
fn in_memory() -> Database {
    let folder = TempDir::with_prefix("shop-it-").unwrap();
    let name = folder.path().file_name().unwrap().to_string_lossy().into_owned();
    Database::at(format!("sqlite:file:{name}?mode=memory&cache=shared"), folder)
}

/// The statement at fault in the middle of a batch and at its end. In a runtime of one thread the writer only looks
/// when all updates are in its queue, so that they are one batch.
async fn a_transaction_undone_by_sqlite_fails_only_the_update_at_fault(database: Database) {
    let shop = Shop::on(database).await;
    let app = server::router(shop.store.clone(), &server::Options::default(), Default::default());
    let customers = customers(&shop, 40).await;
    let db = shop.database.connect().await;
    for at_fault in [20, 39, 0] {
        db.execute_unprepared(ROLLBACK).await.unwrap();
        let name = |number: usize| if number == at_fault { "boom".into() } else { format!("{at_fault} {number}") };
        let batch = customers.iter().enumerate().map(|(number, customer)| patch(&app, &customer.key, &name(number)));
        for (number, answer) in join_all(batch).await.into_iter().enumerate() {
            match number == at_fault {
                true => drop(answer.assert(500, INTERNAL)),
                false => assert_eq!(answer.assert_status(200).json()["first_name"], name(number)),
            }
        }
        // Alone, too.
        patch(&app, &customers[at_fault].key, "boom").await.assert(500, INTERNAL);
        db.execute_unprepared("DROP TRIGGER boom").await.unwrap();
        for (number, customer) in customers.iter().enumerate() {
            let stored = shop.row(customer.id).await.first_name;
            assert_eq!(stored == name(number), number != at_fault, "{number}: {stored}");
        }
        let batch = customers.iter().map(|customer| patch(&app, &customer.key, &format!("after {at_fault}")));
        join_all(batch).await.into_iter().for_each(|answer| drop(answer.assert_status(200)));
    }
}

#[tokio::test]
async fn a_transaction_undone_by_sqlite_fails_only_the_update_at_fault_in_a_file() {
    a_transaction_undone_by_sqlite_fails_only_the_update_at_fault(Database::sqlite()).await;
}

#[tokio::test]
async fn a_transaction_undone_by_sqlite_fails_only_the_update_at_fault_in_memory() {
    a_transaction_undone_by_sqlite_fails_only_the_update_at_fault(in_memory()).await;
}

/// A constraint may undo the transaction too, although it looks like any other: nothing of the batch must slip through
/// as a transaction of its own.
#[tokio::test]
async fn a_constraint_that_undoes_the_transaction_fails_only_its_update() {
    let shop = Shop::on(Database::sqlite()).await;
    let app = server::router(shop.store.clone(), &server::Options::default(), Default::default());
    let customers = customers(&shop, 40).await;
    let db = shop.database.connect().await;
    db.execute_unprepared(
        "CREATE TABLE forbidden (name TEXT UNIQUE ON CONFLICT ROLLBACK); INSERT INTO forbidden VALUES ('boom');
         CREATE TRIGGER boom BEFORE UPDATE ON customer BEGIN INSERT INTO forbidden VALUES (NEW.first_name); END",
    )
    .await
    .unwrap();
    let name = |number: usize| if number == 5 { "boom".into() } else { format!("name {number}") };
    let batch = customers.iter().enumerate().map(|(number, customer)| patch(&app, &customer.key, &name(number)));
    for (number, answer) in join_all(batch).await.into_iter().enumerate() {
        let version = shop.row(customers[number].id).await.version;
        assert_eq!((answer.status == 200, version), (number != 5, if number == 5 { 1 } else { 2 }), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_undone_by_sqlite_leaves_the_writer_sound_under_load() {
    let shop = Shop::on(Database::sqlite()).await;
    let customers = customers(&shop, CLIENTS).await;
    let db = shop.database.connect().await;
    db.execute_unprepared(ROLLBACK).await.unwrap();
    let stream = |(number, customer): (usize, &Customer)| {
        let (api, key) = (Api::clone(&shop), customer.key.clone());
        tokio::spawn(async move {
            for round in 0..20 {
                let (name, status) = if number % 16 == 0 { ("boom".into(), 500) } else { (format!("{round}"), 200) };
                api.patch(json!({ "first_name": name })).key(&key).send().await.assert_status(status);
            }
        })
    };
    for stream in join_all(customers.iter().enumerate().map(stream)).await {
        stream.unwrap();
    }
    for (number, customer) in customers.iter().enumerate() {
        let row = shop.row(customer.id).await;
        assert_eq!((&*row.first_name, row.version), if number % 16 == 0 { ("", 1) } else { ("19", 21) });
    }
}

/// An operator's transaction in the same process fails to commit: the connection, which is the writer's too, must not
/// keep that.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_insert_leaves_the_writer_sound() {
    let shop = Shop::on(Database::sqlite()).await;
    let customers = customers(&shop, CLIENTS).await;
    let db = shop.database.connect().await;
    db.execute_unprepared(
        "CREATE TRIGGER boom AFTER INSERT ON customer WHEN NEW.username = 'boom'
         BEGIN SELECT RAISE(ROLLBACK, 'boom'); END",
    )
    .await
    .unwrap();
    let input = NewCustomerInput { username: FieldInput::Text("boom".into()), ..Default::default() };
    for round in 0..2 {
        shop.store.add_customer(&input.clone().parse().unwrap()).await.unwrap_err();
        let name = format!("round {round}");
        let answers = patch_all(&shop, &customers, &name).await;
        assert!(are_all(&shop, &customers, &name, answers, 200).await);
        shop.customer(&format!("new{round}")).await;
    }
}

/// One customer's row is damaged: it holds bytes where text should be.
#[tokio::test]
async fn a_row_that_cannot_be_decoded_fails_only_its_update() {
    let shop = Shop::on(Database::sqlite()).await;
    let app = server::router(shop.store.clone(), &server::Options::default(), Default::default());
    let customers = customers(&shop, 10).await;
    let damage = format!("UPDATE customer SET email = x'ff' WHERE id = {}", customers[4].id);
    shop.database.connect().await.execute_unprepared(&damage).await.unwrap();
    let batch = customers.iter().map(|customer| patch(&app, &customer.key, "Sara"));
    for (number, answer) in join_all(batch).await.into_iter().enumerate() {
        answer.assert_status(if number == 4 { 500 } else { 200 });
    }
}

/// All customers at once.
async fn patch_all(shop: &Shop, customers: &[Customer], first_name: &str) -> Vec<Answer> {
    let patch = |customer: &Customer| shop.patch(json!({ "first_name": first_name })).key(&customer.key).send();
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
            answer.assert(503, UNAVAILABLE).assert_header("retry-after", "1");
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
    shop.get().key(&customers[0].key).send().await.assert_status(200);

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
    let key = binary::run(database.url(), &["token", "issue", "sara"]).await.ok();
    let mut command = tokio::process::Command::new("sh");
    // The signal that comes with the error would end the process.
    command.args(["-c", r#"trap "" XFSZ; exec "$0" serve --listen 127.0.0.1:0"#, env!("CARGO_BIN_EXE_shop-profile")]);
    command.env_clear().env("DATABASE_URL", database.url()).envs(binary::NO_RATE_LIMITS).kill_on_drop(true);
    let server = Server::spawn(command).await;
    server.patch(json!({"first_name": "before"})).key(&key).send().await.assert_status(200);

    let limit = async |bytes: &str| {
        let limit = format!("--fsize={bytes}:unlimited");
        let pid = format!("--pid={}", server.pid());
        let status = tokio::process::Command::new("prlimit").args([pid, limit]).status().await;
        assert!(status.unwrap().success());
    };
    limit("4096").await;
    for _ in 0..10 {
        let patch = server.patch(json!({"first_name": "failing"})).key(&key).send().await;
        patch.assert(503, UNAVAILABLE).assert_header("retry-after", "1");
    }
    let me = server.get().key(&key).send().await.assert_status(200);
    assert_eq!(me.json()["first_name"], "before");

    limit("unlimited").await;
    server.patch(json!({"last_name": "after"})).key(&key).send().await.assert_status(200);
    eventually(async || {
        let patch = server.patch(json!({"last_name": format!("{:?}", Instant::now())})).key(&key).send().await;
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
    let patch = |customer: &Customer| shop.patch(json!({"first_name": "locked"})).key(&customer.key).send();
    for answer in join_all(customers.iter().map(patch)).await {
        answer.assert(503, UNAVAILABLE).assert_header("retry-after", "1");
    }
    holder.rollback().await.unwrap();
    // Behind all of them in the queue.
    shop.patch(json!({"last_name": "after"})).key(&customers[0].key).send().await.assert_status(200);
    for customer in &customers {
        assert_eq!(shop.row(customer.id).await.first_name, "");
    }
}

/// A change of the first name, without the API and the service above the store.
async fn update(store: &Store, key: &str, name: &str, deadline: Instant) -> Result<Option<Profile>, StoreError> {
    let input = PatchInput { first_name: FieldInput::Text(name.into()), ..Default::default() };
    let patch = input.parse(&store.rules()).unwrap();
    store.update_profile(&credential(key), &patch, None, deadline).await
}

fn credential(key: &str) -> Credential {
    Credential::from(&ApiToken::from_plaintext(key))
}

/// In a runtime of one thread the writer takes the first update alone, and waits for SQLite, when it is its turn to run.
#[tokio::test]
async fn an_update_is_begun_before_its_deadline_or_never() {
    let shop = Shop::on(Database::sqlite()).await;
    let (sara, zoe) = (shop.customer("sara").await, shop.customer("zoe").await);
    let holder = shop.database.connect().await.begin().await.unwrap();
    holder.execute_unprepared("UPDATE customer SET email = NULL").await.unwrap();
    let soon = Instant::now() + Duration::from_millis(300);
    let mut begun = Box::pin(update(&shop.store, &sara.key, "begun", soon));
    assert!(futures_util::poll!(&mut begun).is_pending());
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let mut waiting = Box::pin(update(&shop.store, &zoe.key, "waiting", soon));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    tokio::time::sleep_until(soon.into()).await;
    // As the execution of a request polls it when its time is over.
    let Poll::Ready(waiting) = futures_util::poll!(&mut waiting) else { panic!("it waits on") };
    assert!(matches!(waiting, Err(StoreError::Busy)), "{waiting:?}");
    assert!(futures_util::poll!(&mut begun).is_pending());
    holder.rollback().await.unwrap();
    assert_eq!(begun.await.unwrap().unwrap().first_name.as_deref(), Some("begun"));
    shop.patch(json!({"last_name": "after"})).key(&zoe.key).send().await.assert_status(200);
    assert_eq!(shop.row(zoe.id).await.first_name, "");
}

/// Another process keeps the write lock when the server stops.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_the_updates() {
    let shop = Shop::on(Database::sqlite()).await;
    let sara = shop.customer("sara").await;
    let patience = Timeouts { busy: Duration::from_secs(3600), ..Timeouts::default() };
    let store = shop.database.open_with(patience).await;
    let holder = shop.database.connect().await.begin().await.unwrap();
    holder.execute_unprepared("UPDATE customer SET email = NULL").await.unwrap();
    let mut update = Box::pin(update(&store, &sara.key, "stored", Instant::now() + patience.busy));
    assert!(futures_util::poll!(&mut update).is_pending(), "it is queued");
    let mut close = Box::pin(store.close());
    assert!(futures_util::poll!(&mut close).is_pending(), "it waits for the update");
    holder.rollback().await.unwrap();
    let (updated, ()) = tokio::join!(update, close);
    assert_eq!(updated.unwrap().unwrap().first_name.as_deref(), Some("stored"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_gives_up_the_last_uses_of_tokens() {
    let shop = Shop::on(Database::sqlite()).await;
    let sara = shop.customer("sara").await;
    let store = shop.database.open_with(Timeouts { busy: Duration::from_secs(3600), ..Timeouts::default() }).await;
    let holder = shop.database.connect().await.begin().await.unwrap();
    holder.execute_unprepared("UPDATE customer SET email = NULL").await.unwrap();
    store.find_token_owner(&credential(&sara.key)).await.unwrap().unwrap();
    tokio::time::timeout(Duration::from_secs(30), store.close()).await.expect("an end long before SQLite's");
    holder.rollback().await.unwrap();
}
