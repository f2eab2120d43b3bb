//! The connections of the requests. sqlx's own pool asks each connection that comes back to it whether it still lives:
//! a second round trip for every request on PostgreSQL, a second way to another thread and back on SQLite. deadpool
//! leaves that to us, and one that was in use a moment ago is not asked.

use std::time::Duration;

use deadpool::{
    Runtime,
    managed::{self, BuildError, Manager, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult},
};
use sea_orm::{
    ConnAcquireErr, DbErr, RuntimeErr,
    sqlx::{self, ConnectOptions, Connection, Database},
};

use super::{ACQUIRE_TIMEOUT, StoreError};

/// A connection that was idle for longer is asked whether it still lives before it carries a statement.
const PING_AFTER: Duration = Duration::from_secs(2);
/// An older connection is replaced: so a load balancer before the database sees some of them anew.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

type Options<DB> = <<DB as Database>::Connection as Connection>::Options;

/// Opens connections and decides which are used again.
struct ConnectionManager<DB: Database>(Options<DB>);

impl<DB: Database> Manager for ConnectionManager<DB> {
    type Type = DB::Connection;
    type Error = sqlx::Error;

    async fn create(&self) -> sqlx::Result<DB::Connection> {
        self.0.connect().await
    }

    async fn recycle(&self, connection: &mut DB::Connection, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if metrics.age() > LIFETIME {
            return Err(RecycleError::message("of age"));
        }
        if metrics.last_used() > PING_AFTER {
            connection.ping().await?;
        }
        Ok(())
    }
}

/// At most so many connections, opened when they are needed.
pub(super) struct Pool<DB: Database>(managed::Pool<ConnectionManager<DB>>);

/// A connection for one statement; [`PooledConnection::end`] gives it back.
pub(super) struct PooledConnection<DB: Database>(Object<ConnectionManager<DB>>);

impl<DB: Database> Pool<DB> {
    pub(super) fn new(options: Options<DB>, most: u32) -> Result<Self, BuildError> {
        let pool = managed::Pool::builder(ConnectionManager(options))
            .max_size(most as usize)
            // Those used last are the least likely to be asked first.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(ACQUIRE_TIMEOUT))
            .create_timeout(Some(ACQUIRE_TIMEOUT))
            .recycle_timeout(Some(ACQUIRE_TIMEOUT));
        Ok(Self(pool.build()?))
    }

    pub(super) async fn acquire(&self) -> Result<PooledConnection<DB>, StoreError> {
        let failed = |error: PoolError<sqlx::Error>| match error {
            PoolError::Timeout(_) => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
            PoolError::Backend(error) => DbErr::Conn(RuntimeErr::SqlxError(error.into())),
            PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)
            }
        };
        Ok(PooledConnection(self.0.get().await.map_err(failed)?))
    }

    /// Ends those that are idle, now, and those in use when they come back.
    pub(super) async fn close(&self) {
        let idle = self.0.retain(|_, _| false);
        self.0.close();
        for connection in idle.removed {
            // Whatever becomes of it, nobody waits for it.
            let _ = connection.close().await;
        }
    }
}

impl<DB: Database> PooledConnection<DB> {
    pub(super) fn connection(&mut self) -> &mut DB::Connection {
        &mut self.0
    }

    /// Gives the connection back, unless what became of the statement says that it may be broken.
    pub(super) fn release<T>(self, result: sqlx::Result<T>) -> Result<T, StoreError> {
        let result = result.map_err(StoreError::from);
        if let Err(StoreError::Unavailable(_)) = result {
            drop(Object::take(self.0));
        }
        result
    }
}
