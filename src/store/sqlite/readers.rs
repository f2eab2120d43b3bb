//! The read-only connections of the requests. sqlx's own pool asks each connection that comes back to it whether it
//! still lives, which is a second way to SQLite's thread and back for every request, and cannot be switched off
//! (<https://github.com/transact-rs/sqlx/issues/4349>). deadpool leaves that to us.

use std::time::Duration;

use deadpool::{
    Runtime,
    managed::{self, BuildError, Manager, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult},
};
use sea_orm::{
    ConnAcquireErr, DbErr,
    sqlx::{self, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions},
};

use crate::store::{StoreError, fault::Fault};

/// Opens connections. They have no lifetime: after a file was replaced under the server, a new connection would read
/// the new file while the writer's still writes to the old one.
struct Opener(SqliteConnectOptions);

/// A connection, and whether a statement has been sent over it of which the end was not seen.
pub(super) struct Reader {
    connection: SqliteConnection,
    is_in_doubt: bool,
}

impl Manager for Opener {
    type Type = Reader;
    type Error = sqlx::Error;

    async fn create(&self) -> sqlx::Result<Reader> {
        Ok(Reader { connection: self.0.connect().await?, is_in_doubt: false })
    }

    async fn recycle(&self, reader: &mut Reader, _: &Metrics) -> RecycleResult<sqlx::Error> {
        if reader.is_in_doubt { Err(RecycleError::message("in doubt")) } else { Ok(()) }
    }
}

/// At most so many connections, opened when they are needed.
pub(super) struct Readers(managed::Pool<Opener>);

impl Readers {
    pub(super) fn new(
        options: SqliteConnectOptions,
        max_connections: usize,
        acquire_timeout: Duration,
    ) -> Result<Self, BuildError> {
        let pool = managed::Pool::builder(Opener(options))
            .max_size(max_connections)
            // The one used last has the pages in its cache.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(acquire_timeout))
            .create_timeout(Some(acquire_timeout));
        Ok(Self(pool.build()?))
    }

    /// Reads by one of the connections. A connection is not used again unless the end of the statement was seen and
    /// was no failure of SQLite.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] when no connection was free in time; else what SQLite said.
    pub(super) async fn read<T>(
        &self,
        statement: impl AsyncFnOnce(&mut SqliteConnection) -> sqlx::Result<T>,
    ) -> Result<T, StoreError> {
        let mut reader = self.0.get().await.map_err(acquire_error)?;
        reader.is_in_doubt = true;
        let result = statement(&mut reader.connection).await;
        if result.as_ref().err().is_none_or(|error| Fault::of(error).keeps_connection()) {
            reader.is_in_doubt = false;
        } else {
            drop(Object::take(reader));
        }
        Ok(result?)
    }

    /// Closes the connections: those that are idle now, and those in use when they come back.
    pub(super) async fn close(&self) {
        let idle = self.0.retain(|_, _| false);
        self.0.close();
        for reader in idle.removed {
            // Whatever becomes of it, nothing depends on it any more.
            let _ = reader.connection.close().await;
        }
    }
}

fn acquire_error(error: PoolError<sqlx::Error>) -> StoreError {
    match error {
        PoolError::Timeout(_) => StoreError::Busy,
        PoolError::Backend(error) => StoreError::connecting(error),
        PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed).into()
        }
    }
}
