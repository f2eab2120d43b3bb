//! A dry run stores nothing, and needs no database that takes writes.

use axum::http::Method;
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use serde_json::json;
use sha2::{Digest, Sha256};
use shop_profile::store::Timeouts;

use super::{TRY, UPDATE};
use crate::{
    cli_roles::with_setting,
    parity::in_graphql,
    support::{
        Subject,
        api::ME,
        both_databases,
        database::{Database, open_at},
        eventually,
        shop::Shop,
    },
};

both_databases![dry_runs_leave_the_database_as_it_is, a_dry_run_answers_while_the_row_is_locked];

/// The files of SQLite byte for byte; every row of PostgreSQL with the transactions that made and locked it.
async fn content(database: &Database) -> String {
    if database.backend() == DbBackend::Sqlite {
        let path = database.url().trim_start_matches("sqlite://");
        let file = |suffix: &str| std::fs::read(format!("{path}{suffix}")).unwrap();
        return ["", "-wal"].map(|suffix| format!("{:x?}", Sha256::digest(file(suffix)))).join(" ");
    }
    let mut content = String::new();
    for table in ["customer", "api_token"] {
        let sql = format!("SELECT string_agg(t.xmin || ' ' || t.xmax || ' ' || t::text, ';') AS rows FROM {table} t");
        let rows = database.connect().await.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await;
        content += &rows.unwrap().unwrap().try_get::<String>("", "rows").unwrap();
    }
    content
}

async fn dry_runs_leave_the_database_as_it_is(shop: Shop) {
    let sara = shop.behrooz().await;
    shop.customer("neda").await;
    // As with every request, the token's last use is noted; then not again within the minute.
    shop.get().token(&sara.token).send().await.assert_status(200);
    eventually(async || shop.store.list_tokens(sara.id).await.unwrap()[0].last_used_at).await;
    if shop.database.backend() == DbBackend::Sqlite {
        // What is in the WAL would move to the file by itself.
        shop.database.connect().await.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
    }
    let before = content(&shop.database).await;
    for number in 0..100 {
        let patch =
            json!({"username": format!("sara{number}"), "first_name": format!("Sara {number}"), "gender": null});
        for body in [patch.clone(), json!({"username": "neda"}), json!({"gender": "x"}), json!({})] {
            let request = shop.request(Method::PATCH, TRY).header("content-type", "application/json");
            let answer = request.body(body.to_string()).token(&sara.token).send().await;
            assert!([200, 400].contains(&answer.status), "{answer}");
        }
        let variables = json!({"input": in_graphql(&patch), "validateOnly": true});
        let answer = shop.graphql(UPDATE, variables).token(&sara.token).send().await;
        assert_eq!(answer.json()["data"]["updateMyProfile"]["userErrors"], json!([]), "{answer}");
    }
    assert_eq!(content(&shop.database).await, before);
    // The comparison notices a write.
    shop.patch(json!({"first_name": "Sara"})).token(&sara.token).send().await.assert_status(200);
    assert_ne!(content(&shop.database).await, before);
}

/// On SQLite, where one connection writes at a time, the whole file is locked.
async fn a_dry_run_answers_while_the_row_is_locked(shop: Shop) {
    let sara = shop.customer("sara").await;
    let holder = shop.database.connect().await.begin().await.unwrap();
    holder.execute_unprepared("UPDATE customer SET first_name = 'Elsewhere'").await.unwrap();
    let request = shop.request(Method::PATCH, TRY).header("content-type", "application/json");
    let answer = request.body(r#"{"last_name":"Ahmadi"}"#).token(&sara.token).send().await.assert_status(200);
    assert_eq!(answer.json()["full_name"], "Ahmadi");
    holder.rollback().await.unwrap();
}

/// A file system or a server that takes no writes: a dry run has none.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_answers_on_a_database_that_is_read_only() {
    for database in [Some(Database::sqlite()), Database::postgres().await].into_iter().flatten() {
        let shop = Shop::on(database).await;
        let sara = shop.customer("sara").await;
        let url = match shop.database.backend() {
            DbBackend::Sqlite => format!("{}?mode=ro", shop.database.url()),
            _ => with_setting(shop.database.direct_url(), "default_transaction_read_only", "on"),
        };
        let read_only = Shop::on_store(shop.database.another().await, open_at(&url, Timeouts::default()).await).await;
        let patch = |path: &str| {
            let request = read_only.request(Method::PATCH, path).header("content-type", "application/json");
            request.body(r#"{"first_name":"Sara"}"#).token(&sara.token).send()
        };
        patch(ME).await.assert_status(503);
        assert_eq!(patch(TRY).await.assert_status(200).json()["first_name"], "Sara");
        let variables = json!({"input": {"firstName": "Sara"}, "validateOnly": true});
        let answer = read_only.graphql(UPDATE, variables).token(&sara.token).send().await.assert_status(200);
        assert_eq!(answer.json()["data"]["updateMyProfile"]["customer"]["firstName"], "Sara", "{answer}");
        assert_eq!(shop.row(sara.id).await.version, 1);
    }
}
