//! One connection to a Django shop's database, for what is no request: one transaction, which only reads.

use std::{sync::Arc, time::Duration};

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{
        self, AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, SqliteConnection,
        sqlite::SqliteConnectOptions,
    },
};

use super::{
    DjangoOptions, DjangoShop, InspectError, inspection::Inspection, postgres::PostgresCatalogue,
    sqlite::SqliteCatalogue,
};
use crate::store::{
    DatabaseUrl, OpenError, Timeouts,
    cannot_open::{Reason, explain_postgres, explain_sqlite},
    open,
    postgres::FORGET_PREPARED,
    sqlite_file,
    url::{Kind, PostgresUrl, SqliteUrl},
};

/// The shop's database failed while it was read. The cause is for the operator.
#[derive(Debug, thiserror::Error)]
#[error("the database cannot be read")]
pub struct DatabaseFailed(#[source] Arc<DbErr>);

impl From<sqlx::Error> for DatabaseFailed {
    fn from(error: sqlx::Error) -> Self {
        Self(Arc::new(DbErr::Query(RuntimeErr::SqlxError(error.into()))))
    }
}

/// An open connection to either database.
pub(super) enum ShopConnection {
    Sqlite(SqliteConnection),
    Postgres(Box<PgConnection>),
}

impl ShopConnection {
    /// Connects, and begins a read-only transaction that sees the rows as of its first statement.
    ///
    /// # Errors
    /// The database cannot be reached, or there is no such file.
    pub(super) async fn open(url: &DatabaseUrl) -> Result<Self, OpenError> {
        let timeouts = Timeouts::default();
        let opened = match &url.0 {
            Kind::Sqlite(sqlite) => open_sqlite(sqlite, timeouts.busy).await.map(Self::Sqlite),
            Kind::Postgres(postgres) => open_postgres(postgres, timeouts.acquire).await.map(Self::Postgres),
        };
        opened.map_err(|reason| OpenError::new(url, reason))
    }

    /// Reads the catalogue.
    pub(super) async fn inspect(&mut self, options: &DjangoOptions) -> sqlx::Result<Inspection> {
        match self {
            Self::Sqlite(connection) => Inspection::of(&mut SqliteCatalogue(connection), options).await,
            Self::Postgres(connection) => Inspection::of(&mut PostgresCatalogue(connection), options).await,
        }
    }

    /// Ends the transaction and closes the connection. What it was opened for is done, however that ends.
    pub(super) async fn close(self) {
        let _ = match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(mut connection) => {
                let _ = connection.execute("ROLLBACK").await;
                connection.close().await
            }
        };
    }
}

/// Behind a pooler in transaction mode the transaction keeps the session, which may have another client's statements.
async fn open_postgres(url: &PostgresUrl, timeout: Duration) -> Result<Box<PgConnection>, Reason> {
    let mut connection = Box::new(open::connect_once(url, timeout).await?);
    let begin = format!("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; {FORGET_PREPARED}");
    let begun = connection.execute(AssertSqlSafe(begin)).await;
    begun.map_err(|error| explain_postgres(url, &error))?;
    Ok(connection)
}

async fn open_sqlite(url: &SqliteUrl, busy: Duration) -> Result<SqliteConnection, Reason> {
    sqlite_file::prepare(url, false)?;
    let explained = |error: sqlx::Error| explain_sqlite(url, &DbErr::Conn(RuntimeErr::SqlxError(error.into())));
    let options: SqliteConnectOptions = url.text.parse().map_err(explained)?;
    let options = options.create_if_missing(false).pragma("query_only", "ON").busy_timeout(busy);
    let mut connection = options.disable_statement_logging().connect().await.map_err(explained)?;
    connection.execute("BEGIN").await.map_err(explained)?;
    Ok(connection)
}

/// Finds a Django shop's tables and columns.
///
/// # Errors
/// The database cannot be opened or read, or something is missing: all of it at once.
pub async fn inspect_django(url: &DatabaseUrl, options: &DjangoOptions) -> Result<DjangoShop, InspectError> {
    let mut connection = ShopConnection::open(url).await?;
    let inspection = connection.inspect(options).await.map_err(DatabaseFailed::from);
    connection.close().await;
    inspection?.into_shop()
}
