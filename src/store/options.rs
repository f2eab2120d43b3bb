//! How a database is opened: the options, the timeouts, and what both databases' pools have in common.

use std::time::Duration;

use sea_orm::{ConnectOptions, DbErr};

use super::StoreMetrics;

/// Whether PostgreSQL keeps the statements that a connection has prepared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PreparedStatements {
    /// Found out when the database is opened, or later by the first error that tells.
    #[default]
    Auto,
    /// Each connection is a session of its own: to PostgreSQL, or to a pooler in session mode.
    On,
    /// Other clients may share its session: a pooler in transaction mode.
    Off,
}

/// How to open a database.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// PostgreSQL: the most connections for requests; two more are for everything else. SQLite needs no choice.
    pub connections: u32,
    /// SQLite: whether a file that is not there is created, readable by its owner alone.
    pub create: bool,
    /// SQLite: whether the file is only looked at. It is not changed then, no other file is created, and nothing is moved
    /// out of the WAL.
    pub look_only: bool,
    /// How long the database may take.
    pub timeouts: Timeouts,
    /// What the store counts with.
    pub metrics: StoreMetrics,
}

/// How long the database may take. The defaults are for operation, others for tests.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// How long a request waits for a free connection, and a new connection for the server. 3 s.
    pub acquire: Duration,
    /// PostgreSQL: how long a statement may take, by the server's clock (`statement_timeout`). 10 s.
    pub statement: Duration,
    /// PostgreSQL: how long a request's statement waits for another transaction's lock (`lock_timeout`). Well below
    /// `statement`, so that one customer's locked row does not hold all connections. 1 s.
    pub lock: Duration,
    /// PostgreSQL: how long a request waits for its connection and its statement together. A little above `statement`:
    /// a server that has vanished does not end a statement. 12 s.
    pub response: Duration,
    /// PostgreSQL: a connection that was idle for longer is asked whether it still lives before it carries a statement.
    /// 2 s.
    pub idle: Duration,
    /// SQLite: how long a write waits for another process that writes (a shop-profile command beside the server). 5 s.
    pub busy: Duration,
    /// How long [`Store::check_ready`](super::Store::check_ready) may take. 1 s.
    pub ready: Duration,
    /// How long every write must have failed before the server is not ready. 5 s.
    pub failing: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            acquire: Duration::from_secs(3),
            statement: Duration::from_secs(10),
            lock: Duration::from_secs(1),
            response: Duration::from_secs(12),
            idle: Duration::from_secs(2),
            busy: Duration::from_secs(5),
            ready: Duration::from_secs(1),
            failing: Duration::from_secs(5),
        }
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        let (timeouts, metrics) = (Timeouts::default(), StoreMetrics::default());
        Self { connections: 16, create: true, look_only: false, timeouts, metrics }
    }
}

pub(super) fn invalid(error: &deadpool::managed::BuildError) -> DbErr {
    DbErr::Custom(error.to_string())
}

pub(super) fn common_options(url: &str, connections: u32, timeouts: &Timeouts) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(timeouts.acquire)
        .connect_timeout(timeouts.acquire)
        // Statements carry personal data: they are not logged.
        .sqlx_logging(false);
    options
}
