//! A statement that fails undoes its batch's transaction: only the update at fault may fail, and the writer goes on.

use futures_util::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::json;
use shop_profile::{
    profile::{FieldInput, NewCustomerInput},
    server,
};
use tempfile::TempDir;

use super::{CLIENTS, INTERNAL, are_all, customers, patch_all};
use crate::{
    group_commit::patch,
    support::{
        Subject,
        api::Api,
        database::Database,
        shop::{Customer, Shop},
    },
};

/// SQLite undoes the whole transaction by itself, as it does when the disk is full or fails.
const ROLLBACK: &str = "CREATE TRIGGER boom BEFORE UPDATE ON customer WHEN NEW.first_name = 'boom'
    BEGIN SELECT RAISE(ROLLBACK, 'boom'); END";

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
        let batch = customers.iter().enumerate().map(|(number, customer)| patch(&app, &customer.token, &name(number)));
        for (number, answer) in join_all(batch).await.into_iter().enumerate() {
            match number == at_fault {
                true => drop(answer.assert(500, INTERNAL)),
                false => assert_eq!(answer.assert_status(200).json()["first_name"], name(number)),
            }
        }
        // Alone, too.
        patch(&app, &customers[at_fault].token, "boom").await.assert(500, INTERNAL);
        db.execute_unprepared("DROP TRIGGER boom").await.unwrap();
        for (number, customer) in customers.iter().enumerate() {
            let stored = shop.row(customer.id).await.first_name;
            assert_eq!(stored == name(number), number != at_fault, "{number}: {stored}");
        }
        let batch = customers.iter().map(|customer| patch(&app, &customer.token, &format!("after {at_fault}")));
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
    let batch = customers.iter().enumerate().map(|(number, customer)| patch(&app, &customer.token, &name(number)));
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
        let (api, token) = (Api::clone(&shop), customer.token.clone());
        tokio::spawn(async move {
            for round in 0..20 {
                let (name, status) = if number % 16 == 0 { ("boom".into(), 500) } else { (format!("{round}"), 200) };
                api.patch(json!({ "first_name": name })).token(&token).send().await.assert_status(status);
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
    let batch = customers.iter().map(|customer| patch(&app, &customer.token, "Sara"));
    for (number, answer) in join_all(batch).await.into_iter().enumerate() {
        answer.assert_status(if number == 4 { 500 } else { 200 });
    }
}
