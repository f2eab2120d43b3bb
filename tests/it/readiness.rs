//! `/readyz` says whether requests can be served.

use axum::http::Method;
use sea_orm::{ConnectionTrait, DbBackend, TransactionTrait};
use shop_profile::{
    auth::{ApiToken, Credential},
    store::{NotReady, Timeouts},
};

use crate::support::{
    Subject,
    binary::{self, Server},
    both_databases,
    database::{Database, open_at},
    shop::Shop,
};

both_databases![
    a_server_without_its_tables_is_not_ready,
    a_server_that_stops_is_not_ready,
    the_command_says_whether_the_server_is_ready,
];

async fn readyz(shop: &Shop) -> (u16, String) {
    let answer = shop.request(Method::GET, "/readyz").send().await;
    (answer.status, answer.body)
}

async fn a_server_without_its_tables_is_not_ready(shop: Shop) {
    assert_eq!(readyz(&shop).await, (200, "ok\n".into()));
    let db = shop.database.connect().await;
    db.execute_unprepared("ALTER TABLE customer RENAME TO elsewhere").await.unwrap();
    assert_eq!(readyz(&shop).await, (503, "database unavailable\n".into()));
    db.execute_unprepared("ALTER TABLE elsewhere RENAME TO customer").await.unwrap();
    assert_eq!(readyz(&shop).await, (200, "ok\n".into()));
}

async fn a_server_that_stops_is_not_ready(shop: Shop) {
    shop.store.close().await;
    assert_eq!(readyz(&shop).await, (503, "database unavailable\n".into()));
}

/// As a container's health check runs it: the address comes by the server's own variable, and no database is needed.
async fn the_command_says_whether_the_server_is_ready(shop: Shop) {
    let server = Server::start(shop.database.url(), &[]).await;
    let port = server.address.port();
    let health = async |address: String| {
        let mut command = binary::command(&["health"]);
        binary::Ended::from(command.env("SHOP_PROFILE_LISTEN", address).output().await.unwrap())
    };
    for address in [format!("127.0.0.1:{port}"), format!("0.0.0.0:{port}"), port.to_string()] {
        health(address).await.assert(0, "ok\n", "");
    }
    let db = shop.database.connect().await;
    db.execute_unprepared("ALTER TABLE customer RENAME TO elsewhere").await.unwrap();
    let ended = health(port.to_string()).await;
    let url = format!("http://127.0.0.1:{port}/readyz");
    ended.assert(1, "", &format!("error: {url}: 503: database unavailable\n"));
    server.kill().await;
    let ended = health(port.to_string()).await;
    ended.assert(1, "", &format!("error: {url}: Connection refused (os error 111)\n"));
}

/// A table lock stops every statement, the readiness check's too.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_answers_too_slowly_is_not_ready() {
    let Some(database) = Database::postgres().await else { return };
    crate::support::run(database, async |shop: Shop| {
        let db = shop.database.connect().await;
        assert_eq!(db.get_database_backend(), DbBackend::Postgres);
        let holder = db.begin().await.unwrap();
        holder.execute_unprepared("LOCK TABLE customer").await.unwrap();
        assert_eq!(readyz(&shop).await, (503, "database unavailable\n".into()));
        holder.rollback().await.unwrap();
        assert_eq!(readyz(&shop).await, (200, "ok\n".into()));
    })
    .await;
}

/// It has never been written to: the first question finds out.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_file_is_not_ready_and_is_read() {
    let shop = Shop::on(Database::sqlite()).await;
    let sara = shop.customer("sara").await;
    let read_only = open_at(&format!("{}?mode=ro", shop.database.url()), Timeouts::default()).await;
    assert_eq!(read_only.check_ready().await, Err(NotReady::ReadOnly));
    let credential = Credential::from(&ApiToken::from_plaintext(sara.token.as_str()));
    assert!(read_only.find_token_owner(&credential).await.unwrap().is_some());
    assert_eq!(shop.store.check_ready().await, Ok(()));
}
