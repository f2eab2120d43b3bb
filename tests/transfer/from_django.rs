//! `customer import --from-database`: customers and tokens out of a Django shop's tables, of each kind into each kind.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    files::export,
    support::{
        binary::{self, Ended, command},
        both_databases,
        database::Database,
        django::{TOKEN, create_shop, execute},
    },
};

both_databases! {
    customers_and_tokens_come_with_their_dates,
    a_second_run_changes_nothing,
    a_dry_run_writes_nothing,
    media_files_become_urls,
    later_look_alikes_are_rejected_by_id,
}

/// Runs in a folder of its own, where the report is written. Gives that too.
async fn import(shop: &Database, own: &Database, options: &[&str]) -> (Ended, String) {
    let folder = TempDir::with_prefix("shop-transfer-").unwrap();
    let from = ["customer", "import", "--layout", "django", "--from-database", shop.url()];
    let mut command = command(&[&from, options].concat());
    command.current_dir(folder.path()).env("DATABASE_URL", own.url()).env("SHOP_PROFILE_LOG", "info,audit=off");
    let ended = Ended::from(command.output().await.unwrap());
    (ended, fs::read_to_string(folder.path().join("from-database.rejected.jsonl")).unwrap_or_default())
}

async fn rows(own: &Database) -> Vec<Value> {
    export(own, "jsonl").await.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A shop of one kind, and an empty database of the other, or of the same where there is no other.
async fn shop_and_own(shop: Database) -> (Database, Database) {
    create_shop(&shop).await;
    let own = if shop.is_postgres() {
        Database::sqlite()
    } else {
        Database::postgres().await.unwrap_or_else(Database::sqlite)
    };
    binary::run(own.url(), &["migrate"]).await.ok();
    (shop, own)
}

const REJECTED: &str = "{\"id\":3,\"field\":\"email\",\"message\":\"Enter a valid email address.\"}\n\
                        {\"id\":3,\"field\":\"gender\",\"message\":\"\\\"other\\\" is not a valid choice. Expected male or female.\"}\n";

async fn customers_and_tokens_come_with_their_dates(shop: Database) {
    let (shop, own) = shop_and_own(shop).await;
    let (ended, report) = import(&shop, &own, &["--touch", "updated_at"]).await;
    let summary = "2 imported, 0 updated, 0 unchanged, 0 skipped, 1 rejected; 2 tokens imported\n";
    ended.assert(1, summary, "error: 1 row rejected, listed in from-database.rejected.jsonl\n");
    assert_eq!(report, REJECTED);
    let rows = rows(&own).await;
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[1]["email"], &rows[1]["is_active"]), (&Value::Null, &serde_json::json!(false)));
    let store = own.open().await;
    let customers = store.customers_after(0, 10).await.unwrap();
    assert_eq!(customers[0].created_at.to_rfc3339(), "2020-01-02T03:04:05.678901+00:00");
    assert_eq!(customers[0].updated_at.to_rfc3339(), "2021-01-02T03:04:05+00:00");
    store.close().await;
    let server = binary::Server::start(own.url(), &[]).await;
    server.get().token(TOKEN).send().await.assert_status(200);
    let deactivated = "8844b09199c62bcf9418ad846dd0e4bbdfc6ee4b";
    server.get().token(deactivated).send().await.assert_status(401);
}

async fn a_second_run_changes_nothing(shop: Database) {
    let (shop, own) = shop_and_own(shop).await;
    import(&shop, &own, &[]).await;
    let (ended, _) = import(&shop, &own, &["--on-conflict", "update"]).await;
    let summary = "0 imported, 0 updated, 2 unchanged, 0 skipped, 1 rejected; 0 tokens imported\n";
    ended.assert(1, summary, "error: 1 row rejected, listed in from-database.rejected.jsonl\n");
}

async fn a_dry_run_writes_nothing(shop: Database) {
    let (shop, own) = shop_and_own(shop).await;
    let (ended, report) = import(&shop, &own, &["--dry-run"]).await;
    assert!(ended.stdout.starts_with("dry run: 2 would be imported"), "{ended:?}");
    assert_eq!(report, REJECTED);
    assert!(rows(&own).await.is_empty());
}

async fn media_files_become_urls(shop: Database) {
    let (shop, own) = shop_and_own(shop).await;
    execute(&shop, "UPDATE shop_customer SET avatar = 'a b/1.png' WHERE id = 1").await;
    import(&shop, &own, &["--media-url", "https://cdn.example/media/"]).await;
    let rows = rows(&own).await;
    assert_eq!(rows[0]["avatar"], "https://cdn.example/media/a%20b/1.png");
    assert_eq!(rows[1]["avatar"], Value::Null);
}

async fn later_look_alikes_are_rejected_by_id(shop: Database) {
    let (shop, own) = shop_and_own(shop).await;
    execute(&shop, "UPDATE shop_customer SET username = 'SARA', email = '', gender = NULL WHERE id = 3").await;
    let (_, report) = import(&shop, &own, &[]).await;
    assert_eq!(report, "{\"id\":3,\"field\":\"username\",\"message\":\"Customer 1 has the same username.\"}\n");
}
