//! `copy`, from each database to each.

use sea_orm::ConnectionTrait;
use shop_profile::transfer::{self, CopyError};

use crate::{
    files::{ImportFile, export},
    support::{binary, both_databases, database::Database, shop::Shop},
};

both_databases! {
    a_copy_to_sqlite_has_every_row_of_its_source,
    a_copy_to_postgres_has_every_row_of_its_source,
    a_target_that_is_not_empty_is_rejected_and_left_as_it_is,
    a_copy_that_differs_from_its_source_fails,
}

async fn a_copy_to_sqlite_has_every_row_of_its_source(shop: Shop) {
    the_same_shop(shop, Database::sqlite()).await;
}

async fn a_copy_to_postgres_has_every_row_of_its_source(shop: Shop) {
    if let Some(target) = Database::postgres().await {
        the_same_shop(shop, target).await;
    }
}

async fn the_same_shop(shop: Shop, target: Database) {
    let behrooz = shop.behrooz().await;
    shop.patch(serde_json::json!({"first_name": "B\t\\"})).token(&behrooz.token).send().await;
    let rows = "id,username,tokens\n900,sara,a-long-token-of-sara-1 a-long-token-of-sara-2\n";
    ImportFile::new("more.csv", rows).import(&shop.database, &[]).await.assert_code(0);
    let before = shop.get().token(&behrooz.token).send().await;
    // The server still writes the last use of the token, and a source that changes meanwhile differs from its copy.
    shop.store.close().await;

    let copied = copy(&shop.database, &target).await.ok();
    assert!(copied.starts_with("copied and compared: 2 customers, 3 tokens, sha256 "), "{copied}");
    assert_eq!(export(&target, "jsonl").await, export(&shop.database, "jsonl").await);

    let server = binary::Server::start(target.url(), &[]).await;
    let after = server.get().token(&behrooz.token).send().await;
    assert_eq!((after.header("etag"), after.json()), (before.header("etag"), before.json()));
    server
        .patch(serde_json::json!({"last_name": "new"}))
        .token("a-long-token-of-sara-2")
        .send()
        .await
        .assert_status(200);
    let added = binary::run(target.url(), &["customer", "add", "--username", "next"]).await.ok();
    assert!(added.starts_with("{\"id\":901,"), "{added}");
}

async fn copy(from: &Database, to: &Database) -> binary::Ended {
    binary::run("sqlite://nowhere.db", &["copy", "--from", from.url(), "--to", to.url()]).await
}

async fn a_target_that_is_not_empty_is_rejected_and_left_as_it_is(shop: Shop) {
    let other = shop.another().await;
    let sara = other.customer("sara").await;
    let ended = copy(&shop.database, &other.database).await;
    ended.assert(1, "", "error: the target is not empty: it has 1 customers and 1 tokens\n");
    assert_eq!(other.row(sara.id).await.username, "sara");
}

async fn a_copy_that_differs_from_its_source_fails(shop: Shop) {
    shop.customer("sara").await;
    let target = shop.database.another().await;
    let url = target.direct_url().to_owned();
    let sabotaged = std::sync::atomic::AtomicBool::new(false);
    let sabotage = |_| {
        if !sabotaged.swap(true, std::sync::atomic::Ordering::Relaxed) {
            let url = url.clone();
            std::thread::spawn(move || rename_everybody(&url)).join().unwrap();
        }
    };
    let result = transfer::copy(&shop.store, &target.open().await, sabotage).await;
    assert!(matches!(result, Err(CopyError::Differ { .. })), "{result:?}");
}

fn rename_everybody(url: &str) {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let db = sea_orm::Database::connect(url).await.unwrap();
        db.execute_unprepared("UPDATE customer SET first_name = 'x'").await.unwrap();
    });
}
