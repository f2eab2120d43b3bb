//! What PostgreSQL says about itself.

use sea_orm::ConnectionTrait;

use super::doctor;
use crate::{
    cli_roles::{Role, with_setting},
    support::{
        Subject,
        database::{Database, start_pooler},
        shop::Shop,
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_the_role_are_findings() {
    let Some(database) = Database::postgres().await else { return };
    let shop = Shop::on(database).await;
    for (name, value, level, check, seen) in [
        ("default_transaction_read_only", "on", "problem", "writes", "default_transaction_read_only is on"),
        ("synchronous_commit", "off", "problem", "durability", "synchronous_commit is off"),
        ("lock_timeout", "5000", "note", "timeouts", "lock_timeout = 5000"),
    ] {
        let url = with_setting(shop.database.direct_url(), name, value);
        doctor(&url, &[], &[]).await.assert(level, check, seen);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_that_requests_need_are_named() {
    let Some(database) = Database::postgres().await else { return };
    let shop = Shop::on(database).await;
    let role = Role::new(&shop.database, "doctor").await;
    let found = doctor(&role.url(), &[], &[]).await;
    assert_eq!(found.seen("ok", "writes").len(), 1, "{found:?}");
    let db = shop.database.connect().await;
    db.execute_unprepared(&format!("REVOKE UPDATE ON customer FROM {}", role.name)).await.unwrap();
    let found = doctor(&role.url(), &[], &[]).await;
    assert_eq!(found.seen("problem", "writes").len(), 1, "{found:?}");
    found.assert("problem", "writes", "has no right to UPDATE (username, canonical_username, avatar, first_name, ");
    // Column by column.
    let columns = "username, canonical_username, avatar, first_name, last_name, version, updated_at";
    db.execute_unprepared(&format!("GRANT UPDATE ({columns}) ON customer TO {}", role.name)).await.unwrap();
    let found = doctor(&role.url(), &[], &[]).await;
    assert_eq!(found.seen("problem", "writes").len(), 1, "{found:?}");
    found.assert("problem", "writes", "has no right to UPDATE (gender) ON customer");
    role.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_the_role_may_have_are_a_problem() {
    let Some(database) = Database::postgres().await else { return };
    let shop = Shop::on(database).await;
    let with = async |connections: &str| {
        doctor(shop.database.direct_url(), &[("SHOP_PROFILE_DATABASE_CONNECTIONS", connections)], &[]).await
    };
    // The tests' server has max_connections = 300, three of which are for superusers.
    with("296").await.assert("problem", "connections", "up to 298 connections");
    with("295").await.assert("note", "connections", "may have 297");
    with("16").await.assert("ok", "connections", "16 servers fit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_in_transaction_mode_is_found_out() {
    let Some(database) = Database::postgres().await else { return };
    let shop = Shop::on(database).await;
    let Some(pooler) = start_pooler("transaction", 2) else { return };
    let url = shop.database.url_by(&pooler);
    let with = async |choice: &str| doctor(&url, &[], &["--prepared-statements", choice]).await;
    with("auto").await.assert("note", "pooler", "a pooler in transaction mode is in front");
    with("off").await.assert("ok", "pooler", "--prepared-statements is off");
    with("on").await.assert("problem", "pooler", "and --prepared-statements is on");
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_a_problem() {
    let found = doctor("postgres://shop@127.0.0.1:1/shop", &[], &[]).await;
    found.assert("problem", "database", "127.0.0.1:1 refused the connection: is PostgreSQL running");
}
