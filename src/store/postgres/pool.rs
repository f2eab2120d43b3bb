//! The requests' connections. sqlx's own pool asks each connection that comes back to it whether it still lives: a
//! second round trip for every request, which cannot be switched off and which a silent server turns into a connection
//! that never comes back (<https://github.com/transact-rs/sqlx/issues/4349>). deadpool leaves that to us, and a
//! connection that was in use a moment ago is not asked.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use deadpool::{
    Runtime,
    managed::{self, BuildError, Manager, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult},
};
use sea_orm::{
    ConnAcquireErr, DbErr,
    sqlx::{
        self, ConnectOptions, Connection, Executor, PgConnection, Postgres,
        postgres::{PgArguments, PgConnectOptions, PgRow},
        query::Query,
    },
};

use crate::store::{StoreError, Timeouts, fault::Fault};

/// How long a connection may take to answer whether it still lives.
const PING_TIMEOUT: Duration = Duration::from_secs(1);
/// An older connection is replaced, so that a load balancer in front of the database sees new ones.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 60);

/// A statement and its values. A new one is made for each time that it is sent.
pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// What a statement does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// It may be done twice, and so is sent again when the connection breaks.
    Repeatable,
    /// It is not begun after this moment, and sent again only if it is known not to have been done.
    Once { begin_before: Instant },
}

/// Opens connections and decides which are used again.
struct Opener {
    options: PgConnectOptions,
    ping_after: Duration,
    /// Connections of an older generation are not used again.
    generation: AtomicU64,
}

/// A connection, and what is known of it.
pub(super) struct PooledConnection {
    connection: PgConnection,
    generation: u64,
    /// Whether a statement was sent of which the end was not seen.
    is_in_doubt: bool,
}

impl Manager for Opener {
    type Type = PooledConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> sqlx::Result<PooledConnection> {
        // Before the connection is opened: a fault of meanwhile may concern it.
        let generation = self.generation.load(Ordering::Relaxed);
        Ok(PooledConnection { connection: self.options.connect().await?, generation, is_in_doubt: false })
    }

    async fn recycle(&self, pooled: &mut PooledConnection, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if pooled.is_in_doubt || pooled.generation != self.generation.load(Ordering::Relaxed) {
            return Err(RecycleError::message("in doubt"));
        }
        if metrics.age() > MAX_LIFETIME {
            return Err(RecycleError::message("too old"));
        }
        if metrics.last_used() > self.ping_after {
            match tokio::time::timeout(PING_TIMEOUT, pooled.connection.ping()).await {
                Ok(answer) => answer?,
                Err(_) => {
                    self.distrust_all();
                    return Err(RecycleError::message("silent"));
                }
            }
        }
        Ok(())
    }
}

impl Opener {
    /// None of the present connections is used again: their server has fallen silent, or has become read-only.
    fn distrust_all(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }
}

/// At most so many connections, opened when they are needed.
pub(super) struct Pool {
    connections: managed::Pool<Opener>,
    timeouts: Timeouts,
}

impl Pool {
    pub(super) fn new(
        options: PgConnectOptions,
        max_connections: usize,
        timeouts: Timeouts,
    ) -> Result<Self, BuildError> {
        let pool = managed::Pool::builder(Opener { options, ping_after: timeouts.idle, generation: AtomicU64::new(0) })
            .max_size(max_connections)
            // Those used last are the least likely to be asked first.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(timeouts.acquire))
            .create_timeout(Some(timeouts.acquire));
        Ok(Self { connections: pool.build()?, timeouts })
    }

    /// Sends a statement and reads its answer to the end: the first row, if there was any.
    ///
    /// PostgreSQL ends what takes too long (`statement_timeout`); a server that has vanished does not, so there is a
    /// deadline here, a little later. A connection whose state is in doubt is closed. A statement that the server has
    /// certainly not done, or that may be done twice, is sent once more on a new connection.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] when no connection was free in time; [`StoreError::OutcomeUnknown`] when the connection of
    /// a write broke or fell silent; else what PostgreSQL said.
    pub(super) async fn fetch<'q>(
        &self,
        access: Access,
        statement: impl Fn() -> Statement<'q>,
    ) -> Result<Option<PgRow>, StoreError> {
        self.fetch_within(self.timeouts.response, access, statement).await
    }

    /// As [`Self::fetch`], within another time.
    pub(super) async fn fetch_within<'q>(
        &self,
        time: Duration,
        access: Access,
        statement: impl Fn() -> Statement<'q>,
    ) -> Result<Option<PgRow>, StoreError> {
        let mut is_sent = false;
        let fetched = tokio::time::timeout(time, self.acquire_and_fetch(access, statement, &mut is_sent)).await;
        match fetched {
            Ok(result) => result,
            Err(_) if is_sent => {
                self.distrust_all();
                Err(access.error(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())))
            }
            Err(_) => Err(StoreError::Busy),
        }
    }

    async fn acquire_and_fetch<'q>(
        &self,
        access: Access,
        statement: impl Fn() -> Statement<'q>,
        is_sent: &mut bool,
    ) -> Result<Option<PgRow>, StoreError> {
        let mut pooled = self.connections.get().await.map_err(acquire_error)?;
        if matches!(access, Access::Once { begin_before } if begin_before <= Instant::now()) {
            return Err(StoreError::Busy);
        }
        *is_sent = true;
        pooled.is_in_doubt = true;
        let mut result = pooled.connection.fetch_optional(statement()).await;
        if result.as_ref().is_err_and(|error| access.may_send_again(Fault::of(error))) {
            self.renew(&mut pooled, result.as_ref().err()).await?;
            result = pooled.connection.fetch_optional(statement()).await;
        }
        if result.as_ref().err().is_none_or(|error| Fault::of(error).keeps_connection()) {
            pooled.is_in_doubt = false;
        } else {
            drop(Object::take(pooled));
        }
        result.map_err(|error| access.error(error))
    }

    /// Puts a new connection in the place of one that is in doubt.
    async fn renew(&self, pooled: &mut PooledConnection, cause: Option<&sqlx::Error>) -> Result<(), StoreError> {
        let opener = self.connections.manager();
        if cause.is_some_and(|error| Fault::of(error) == Fault::ReadOnly) {
            opener.distrust_all();
        }
        let opened = tokio::time::timeout(self.timeouts.acquire, opener.create()).await;
        let opened = opened.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(StoreError::connecting)?;
        *pooled = PooledConnection { is_in_doubt: true, ..opened };
        Ok(())
    }

    /// None of the present connections is used again.
    pub(super) fn distrust_all(&self) {
        self.connections.manager().distrust_all();
    }

    /// Closes the connections: those that are idle now, and those in use when they come back.
    pub(super) async fn close(&self) {
        let idle = self.connections.retain(|_, _| false);
        self.connections.close();
        for pooled in idle.removed {
            // Whatever becomes of it, nothing depends on it any more.
            let _ = pooled.connection.close().await;
        }
    }
}

impl Access {
    fn may_send_again(self, fault: Fault) -> bool {
        fault.may_be_sent_again() || (self == Self::Repeatable && fault == Fault::Disconnected)
    }

    fn error(self, error: sqlx::Error) -> StoreError {
        match self {
            Self::Repeatable => error.into(),
            Self::Once { .. } => StoreError::changing(error),
        }
    }
}

fn acquire_error(error: PoolError<sqlx::Error>) -> StoreError {
    match error {
        PoolError::Timeout(managed::TimeoutType::Wait) => StoreError::Busy,
        PoolError::Timeout(_) => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout).into(),
        PoolError::Backend(error) => StoreError::connecting(error),
        PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed).into()
        }
    }
}
