//! Whether a connection is a session of its own. Behind a pooler in transaction mode (PgBouncer's `pool_mode =
//! transaction`) it is not: each transaction gets any of the pooler's sessions, and another client gets it next. What one
//! client sets or prepares there, another client finds.
//!
//! A session of its own has its timeouts set once and keeps prepared statements. In a shared session every statement is
//! in a transaction of its own, which sets the timeouts (`SET LOCAL`). A request uses the unnamed prepared statement
//! there, and everything else a new connection for each transaction.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use sea_orm::{
    DatabaseTransaction, DbErr,
    sqlx::{
        self, AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, Row, pool::PoolOptions,
        postgres::PgConnectOptions,
    },
};

use crate::store::{PreparedStatements, Timeouts, fault::Fault};

/// Removes what other clients have prepared under the names that sqlx gives.
pub(in crate::store) const FORGET_PREPARED: &str = "DEALLOCATE ALL";

/// How often both connections are asked whose process serves them, twice each time.
const QUESTIONS: usize = 3;

/// What is sent before the statements, and when.
#[derive(Clone, Copy)]
pub(super) enum Settings<'a> {
    /// Once, when the connection is opened.
    OfSession(&'a str),
    /// At the beginning of each transaction.
    OfTransaction(&'a str),
}

/// What is known about the sessions, and what follows from it.
pub(in crate::store) struct Sessions {
    are_shared: AtomicBool,
    may_learn: bool,
    requests: [String; 2],
    others: [String; 2],
}

impl Sessions {
    pub(in crate::store) fn new(prepared: PreparedStatements, are_shared: bool, timeouts: &Timeouts) -> Self {
        let (statement, lock) = (timeouts.statement.as_millis(), timeouts.lock.as_millis());
        Self {
            are_shared: AtomicBool::new(are_shared),
            may_learn: prepared == PreparedStatements::Auto,
            requests: [
                format!("SET statement_timeout = {statement}; SET lock_timeout = {lock}"),
                format!("BEGIN; SET LOCAL statement_timeout = {statement}; SET LOCAL lock_timeout = {lock}"),
            ],
            others: [
                format!("SET statement_timeout = {statement}"),
                format!("SET LOCAL statement_timeout = {statement}; {FORGET_PREPARED}"),
            ],
        }
    }

    pub(super) fn are_shared(&self) -> bool {
        self.are_shared.load(Ordering::Relaxed)
    }

    /// For the requests' connections. A request's transaction is begun by them.
    pub(super) fn of_requests(&self) -> Settings<'_> {
        self.choose(&self.requests)
    }

    /// For the other connections. They follow the beginning of a transaction.
    pub(super) fn of_others(&self) -> Settings<'_> {
        self.choose(&self.others)
    }

    fn choose<'a>(&self, [session, transaction]: &'a [String; 2]) -> Settings<'a> {
        if self.are_shared() { Settings::OfTransaction(transaction) } else { Settings::OfSession(session) }
    }

    /// Whether a fault tells something new: that the sessions are shared. All later statements are sent accordingly.
    pub(super) fn learn(&self, fault: Fault) -> bool {
        let is_new = self.may_learn && fault == Fault::NotPrepared && !self.are_shared.swap(true, Ordering::Relaxed);
        if is_new {
            tracing::warn!(
                "prepared statements are off from now on: other clients share the sessions of PostgreSQL, as they do \
                 behind a pooler in transaction mode"
            );
        }
        is_new
    }

    /// The pool for everything but requests, whose connections are used for one transaction if their sessions are shared.
    pub(super) fn pool_options(self: Arc<Self>, options: PoolOptions<sqlx::Postgres>) -> PoolOptions<sqlx::Postgres> {
        let sessions = self.clone();
        let options = options.after_connect(move |connection, _| {
            let sessions = sessions.clone();
            Box::pin(async move { set_of_session(connection, sessions.of_others()).await })
        });
        options.after_release(move |connection, _| {
            let is_kept = !self.are_shared();
            Box::pin(async move {
                if !is_kept {
                    // A transaction that was dropped is rolled back before the connection is closed, unless it is broken.
                    let _ = connection.ping().await;
                }
                Ok(is_kept)
            })
        })
    }

    /// What a transaction of anything but a request begins with.
    pub(super) async fn begin(&self, transaction: &DatabaseTransaction) -> Result<(), DbErr> {
        use sea_orm::ConnectionTrait;

        match self.of_others() {
            Settings::OfSession(_) => Ok(()),
            Settings::OfTransaction(settings) => transaction.execute_unprepared(settings).await.map(drop),
        }
    }
}

/// Sends the settings of a session, when it has some.
pub(super) async fn set_of_session(connection: &mut PgConnection, settings: Settings<'_>) -> sqlx::Result<()> {
    match settings {
        Settings::OfSession(settings) => connection.execute(AssertSqlSafe(settings)).await.map(drop),
        Settings::OfTransaction(_) => Ok(()),
    }
}

/// With those parameters only that a pooler accepts at the start of a session, and those of the URL.
pub(in crate::store) fn acceptable(options: PgConnectOptions) -> PgConnectOptions {
    options.application_name("shop-profile").extra_float_digits(None).disable_statement_logging()
}

/// Whether other clients share the session of this connection. The process of PostgreSQL that serves it tells: it
/// changes, or serves another connection too. A pooler takes the process that was free last, or each in its turn: a few
/// queries, once or twice in a row, reveal either. Nothing is held meanwhile that another
/// server, which asks the same, waits for.
pub(in crate::store) async fn are_shared(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
) -> sqlx::Result<bool> {
    let mut other = options.connect().await?;
    let (mut of_one, mut of_other) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..QUESTIONS {
        of_one.insert(process(connection).await?);
        of_other.insert(process(&mut other).await?);
        of_other.insert(process(&mut other).await?);
        of_one.insert(process(connection).await?);
    }
    other.close().await?;
    Ok(of_one.len() > 1 || of_other.len() > 1 || of_one == of_other)
}

/// The process that serves this connection now. It is asked without a prepared statement.
async fn process(connection: &mut PgConnection) -> sqlx::Result<i32> {
    sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(connection).await?.try_get(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_that_tells_of_shared_sessions_is_learned_from_once() {
        let sessions = |prepared| Sessions::new(prepared, false, &Timeouts::default());
        let automatic = sessions(PreparedStatements::Auto);
        assert!(!automatic.learn(Fault::Stale) && matches!(automatic.of_requests(), Settings::OfSession(_)));
        assert!(automatic.learn(Fault::NotPrepared) && !automatic.learn(Fault::NotPrepared));
        assert!(matches!(automatic.of_requests(), Settings::OfTransaction(_)));
        assert!(!sessions(PreparedStatements::On).learn(Fault::NotPrepared));
    }
}
