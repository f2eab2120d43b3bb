//! The requests' connections. sqlx's own pool asks each connection that comes back to it whether it still lives: a
//! second round trip for every request, which cannot be switched off and which a silent server turns into a connection
//! that never comes back (<https://github.com/transact-rs/sqlx/issues/4349>). deadpool leaves that to us, and a
//! connection that was in use a moment ago is not asked.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use deadpool::{
    Runtime,
    managed::{self, BuildError, Manager, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult},
};
use sea_orm::{
    ConnAcquireErr, DbErr,
    sqlx::{
        self, AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, Postgres,
        postgres::{PgArguments, PgConnectOptions, PgRow},
        query::Query,
    },
};

use super::{
    access::{Access, Sent},
    sessions::{Sessions, Settings, set_of_session},
};
use crate::{
    metrics::{Held, measure_wait},
    store::{StoreError, Timeouts, fault::Fault, metrics::PoolMetrics},
};

/// How long a connection may take to answer whether it still lives.
const PING_TIMEOUT: Duration = Duration::from_secs(1);
/// An older connection is replaced, so that a load balancer in front of the database sees new ones.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 60);

/// A statement and its values. A new one is made for each time that it is sent.
pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// Opens connections and decides which are used again.
struct Opener {
    options: PgConnectOptions,
    sessions: Arc<Sessions>,
    ping_after: Duration,
    /// Connections of an older generation are not used again.
    generation: AtomicU64,
    metrics: PoolMetrics,
}

/// A connection, and what is known of it.
pub(super) struct PooledConnection {
    connection: PgConnection,
    generation: u64,
    /// Whether a statement was sent of which the end was not seen.
    is_in_doubt: bool,
    _counted: Held,
}

impl Manager for Opener {
    type Type = PooledConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> sqlx::Result<PooledConnection> {
        // Hardly any request opens a connection. Without the box the future of each would have the 20 KB for it.
        Box::pin(self.open()).await
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
    async fn open(&self) -> sqlx::Result<PooledConnection> {
        // Before the connection is opened: a fault of meanwhile may concern it.
        let generation = self.generation.load(Ordering::Relaxed);
        let mut connection = self.options.connect().await?;
        set_of_session(&mut connection, self.sessions.of_requests()).await?;
        let _counted = Held::by(&self.metrics.open);
        Ok(PooledConnection { connection, generation, is_in_doubt: false, _counted })
    }

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
        sessions: Arc<Sessions>,
        max_connections: usize,
        (timeouts, metrics): (Timeouts, PoolMetrics),
    ) -> Result<Self, BuildError> {
        metrics.max.set(i64::try_from(max_connections).unwrap_or(i64::MAX));
        let opener = Opener { options, sessions, ping_after: timeouts.idle, generation: AtomicU64::new(0), metrics };
        let pool = managed::Pool::builder(opener)
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
        let mut sent = Sent::Nothing;
        let fetched = tokio::time::timeout(time, self.acquire_and_fetch(access, statement, &mut sent)).await;
        match fetched {
            Ok(result) => result,
            Err(_) if sent == Sent::Nothing => Err(StoreError::Busy),
            Err(_) => {
                self.distrust_all();
                Err(access.after(sent).error(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())))
            }
        }
    }

    async fn acquire_and_fetch<'q>(
        &self,
        access: Access,
        statement: impl Fn() -> Statement<'q>,
        sent: &mut Sent,
    ) -> Result<Option<PgRow>, StoreError> {
        let metrics = &self.connections.manager().metrics;
        let mut pooled = measure_wait(&metrics.waits, self.connections.get()).await.map_err(acquire_error)?;
        let _in_use = Held::by(&metrics.in_use);
        access.check_time()?;
        pooled.is_in_doubt = true;
        let mut result = self.send(&mut pooled.connection, statement(), sent).await;
        if result.as_ref().is_err_and(|error| access.after(*sent).may_send_again(Fault::of(error))) {
            access.check_time()?;
            self.renew(&mut pooled, result.as_ref().err()).await?;
            result = self.send(&mut pooled.connection, statement(), sent).await;
        }
        if result.as_ref().err().is_none_or(|error| Fault::of(error).keeps_connection()) {
            pooled.is_in_doubt = false;
        } else {
            drop(Object::take(pooled));
        }
        result.map_err(|error| access.after(*sent).error(error))
    }

    /// Sends a statement; in a shared session, in a transaction of its own.
    async fn send(
        &self,
        connection: &mut PgConnection,
        statement: Statement<'_>,
        sent: &mut Sent,
    ) -> sqlx::Result<Option<PgRow>> {
        let Settings::OfTransaction(begin) = self.connections.manager().sessions.of_requests() else {
            *sent = Sent::All;
            return connection.fetch_optional(statement).await;
        };
        *sent = Sent::Uncommitted;
        if let Err(error) = connection.execute(AssertSqlSafe(begin)).await {
            if Fault::of(&error).keeps_connection() {
                connection.execute("ROLLBACK").await?;
            }
            return Err(error);
        }
        let row = connection.fetch_optional(statement.persistent(false)).await;
        match &row {
            Ok(_) => {
                *sent = Sent::All;
                connection.execute("COMMIT").await?;
            }
            Err(error) if Fault::of(error).keeps_connection() => {
                connection.execute("ROLLBACK").await?;
            }
            // It is closed, which rolls the transaction back.
            Err(_) => {}
        }
        row
    }

    /// Puts a new connection in the place of one that is in doubt.
    async fn renew(&self, pooled: &mut PooledConnection, cause: Option<&sqlx::Error>) -> Result<(), StoreError> {
        let opener = self.connections.manager();
        let fault = cause.map(Fault::of);
        if fault == Some(Fault::ReadOnly) || fault.is_some_and(|fault| opener.sessions.learn(fault)) {
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
