//! **The store**: statements over the entities, and how each database is opened and written to.
//!
//! It decides nothing about profiles. It knows that a change is one statement whose condition is the live key, that a
//! write is answered only when it is durable, and which failures are worth another try.
//!
//! - `url`: the database URL, whose password no message shows
//! - `open`, `sqlite_file`: the pools and their settings, and SQLite's file
//! - `explain`: why a database failed, for an operator
//! - `migrate`: the schema, brought up to date exactly once however many servers start
//! - `statements`, `row`: what the two operations ask of the database, and what it answers
//! - `connections`: those that the requests use
//! - `writer`, `checkpoint`: SQLite's one writer with group commit, and its write-ahead log
//! - `usage`: when a key was last used, off the path of the requests
//! - `admin`: what operators do to customers and keys
//! - `bulk`: many rows at once, for import, export and copy

mod admin;
mod bulk;
mod error;
mod explain;
mod last_used;
mod migrations;
mod open;
mod pool;
mod row;
mod sqlite_file;
mod statements;
mod url;
mod wal;
mod writer;

use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{
    DatabaseConnection, DbBackend,
    sqlx::{Postgres, Sqlite, SqlitePool},
};

pub use admin::{CustomerRef, NewToken};
pub use bulk::{BulkCustomer, Conflicts, CustomerUpdate, UniqueValues};
pub use error::StoreError;
pub use explain::explain;
pub use migrations::{MigrateError, Migrations};
pub use open::{OpenError, OpenOptions};
pub use row::{ProfileRow, TokenOwner};
pub use statements::ProfileUpdate;
pub use url::{DatabaseUrl, DatabaseUrlError};

use self::{last_used::LastUsedTracker, pool::Pool, wal::Checkpoints, writer::Writer};

/// How long a request waits for a connection before it is answered 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// An open database.
pub struct Store {
    /// How the two operations reach the database.
    requests: Engine,
    /// For everything else. SQLite: read-only. PostgreSQL: the same as `write`.
    read: DatabaseConnection,
    /// For everything else. SQLite: the one connection that writes, the writer's too.
    write: DatabaseConnection,
    last_used: LastUsedTracker,
    /// SQLite in a file only.
    checkpoints: Option<Checkpoints>,
}

enum Engine {
    /// SQLite in memory: another connection would hang while this one writes.
    Memory(SqlitePool, Writer),
    /// SQLite in a file: read-only connections, and the task that owns the writes.
    Sqlite(Pool<Sqlite>, Writer),
    Postgres(Pool<Postgres>),
}

impl Store {
    /// Which kind of database this is.
    pub fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.read.ping().await?)
    }

    /// Writes what is still waiting, then closes every connection. Whoever comes later gets [`StoreError::Stopped`].
    pub async fn close(&self) {
        self.last_used.stop().await;
        match &self.requests {
            Engine::Memory(_, writer) => writer.stop().await,
            Engine::Sqlite(connections, writer) => {
                writer.stop().await;
                connections.close().await;
            }
            Engine::Postgres(connections) => connections.close().await,
        }
        let checkpoints = self.checkpoints.as_ref().map(Checkpoints::stop);
        // The writer's connection last: it moves what is left in SQLite's log.
        for pool in checkpoints.into_iter().chain([&self.read, &self.write]) {
            if let Err(error) = pool.clone().close().await {
                tracing::warn!(error = &error as &dyn std::error::Error, "a connection did not close cleanly");
            }
        }
    }
}

/// The present, to the microsecond: all that PostgreSQL keeps, so that both databases give back what they were given.
pub fn now() -> DateTime<Utc> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    Utc::now().trunc_subsecs(6)
}
