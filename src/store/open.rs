//! A database opened, or the reason why it cannot be.

use std::{sync::Arc, time::Duration};

use sea_orm::sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

use super::{
    DatabaseUrl, Engine, OpenOptions, Opened,
    explain::{explain, explain_postgres, explain_sqlite},
    postgres,
    sql::Sql,
    sqlite, sqlite_file,
    url::{PostgresUrl, SqliteUrl},
};

/// The database cannot be opened: which one, why, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the database {url}: {reason}")]
pub struct OpenError {
    url: DatabaseUrl,
    reason: String,
}

impl OpenError {
    pub(super) fn new(url: &DatabaseUrl, reason: String) -> Self {
        Self { url: url.clone(), reason }
    }
}

/// Opens a SQLite database, or says why it cannot, for an operator.
pub(super) async fn sqlite(url: &SqliteUrl, sql: Arc<Sql>, options: OpenOptions) -> Result<Opened, String> {
    sqlite_file::prepare(url, options.create)?;
    let opened = sqlite::open(url, sql, options.timeouts).await.map_err(|error| explain_sqlite(url, &error))?;
    let sqlite::Opened { requests, read, write } = opened;
    Ok(Opened { engine: Engine::Sqlite(requests), read, write })
}

/// Opens a PostgreSQL database, or says why it cannot, for an operator.
pub(super) async fn postgres(url: &PostgresUrl, sql: Arc<Sql>, options: OpenOptions) -> Result<Opened, String> {
    let connection = connect_once(url, options.timeouts.acquire).await?;
    // The connection has served its purpose, however it ends.
    let _ = connection.close().await;
    let opened = postgres::open(&url.text, sql, options.connections, options.timeouts).await;
    let postgres::Opened { requests, db } = opened.map_err(|error| explain(&error))?;
    Ok(Opened { engine: Engine::Postgres(requests), read: db.clone(), write: db })
}

/// Connects once without a pool, which would hide the reason of a failure behind a timeout.
pub(super) async fn connect_once(url: &PostgresUrl, timeout: Duration) -> Result<PgConnection, String> {
    let options: PgConnectOptions = url.text.parse().map_err(|error| explain_postgres(url, &error))?;
    let options = options.application_name("shop-profile").disable_statement_logging();
    match tokio::time::timeout(timeout, options.connect()).await {
        Ok(connected) => connected.map_err(|error| explain_postgres(url, &error)),
        Err(_) => Err(format!("{} did not answer within {timeout:?}", url.server)),
    }
}
