//! SQLite: how it is opened, read and written to.
//!
//! - `readers`: the read-only connections of the requests
//! - `writer`, `group_commit`: the queue of the updates, and the task that makes them
//! - `wal`: the checkpoints
//! - `statements`: what the requests ask

mod group_commit;
mod readers;
mod statements;
mod wal;
mod writer;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr,
    sqlx::{
        Executor, SqlitePool,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

use self::{
    readers::Readers,
    wal::{Checkpoints, WalState},
    writer::Writer,
};
use super::{
    NotReady, ProfileUpdate, StoreError, Timeouts,
    explain::{code, sqlx_error},
    fault::Fault,
    health::Health,
    open,
    row::{ProfileRow, TokenOwner},
    sql,
    url::SqliteUrl,
};
use crate::auth::TokenDigest;

/// Readers beside the writer. On the machines that SQLite serves, a third one brought nothing.
const MAX_READERS: usize = 2;
/// How long the writer keeps its connection for the next update. The last use of tokens is written in between.
const KEEP_CONNECTION: Duration = Duration::from_millis(10);
/// Between two attempts to turn the WAL on.
const RETRY_PAUSE: Duration = Duration::from_millis(20);
/// Statements that the writer's connection remembers. Some of them are sixteen updates (`group_commit`): a hundred such
/// would take more memory than all else.
const WRITER_STATEMENTS: usize = 32;

/// The requests' way to a SQLite database.
pub(super) struct Sqlite {
    reads: Reads,
    writer: Writer,
    /// In a file only.
    checkpoints: Option<Checkpoints>,
    /// The writer's connection, between its batches.
    write: SqlitePool,
    timeouts: Timeouts,
}

enum Reads {
    /// In memory: the one connection, for another one would hang while this one writes.
    Memory(SqlitePool),
    File(Readers),
}

/// An open database: the requests' way to it, and connections for everything else to read and to write by.
pub(super) struct Opened {
    pub(super) requests: Sqlite,
    pub(super) read: DatabaseConnection,
    pub(super) write: DatabaseConnection,
}

pub(super) async fn open(url: &SqliteUrl, timeouts: Timeouts) -> Result<Opened, DbErr> {
    let is_in_memory = url.file.is_none();
    let url = url.text.as_str();
    // The writer's connection comes first: it turns the WAL on.
    let write = connect_writer(url, &timeouts).await?;
    let wal = Arc::new(WalState::new(timeouts.busy));
    let pool = write.get_sqlite_connection_pool().clone();
    if is_in_memory {
        let writer = Writer::start(pool.clone(), wal, Duration::ZERO, true);
        let requests = Sqlite { reads: Reads::Memory(pool.clone()), writer, checkpoints: None, write: pool, timeouts };
        return Ok(Opened { requests, read: write.clone(), write });
    }
    let read = connect_options(url, &timeouts, |options| options.pragma("query_only", "ON"));
    let read = Database::connect(read).await?;
    let settings = |db: &DatabaseConnection| db.get_sqlite_connection_pool().connect_options().as_ref().clone();
    let readers =
        Readers::new(settings(&read), MAX_READERS, timeouts.acquire).map_err(|error| open::invalid(&error))?;
    let writer = Writer::start(pool.clone(), wal.clone(), KEEP_CONNECTION, false);
    let checkpoints = Checkpoints::start(settings(&read).pragma("query_only", "OFF"), wal);
    let requests =
        Sqlite { reads: Reads::File(readers), writer, checkpoints: Some(checkpoints), write: pool, timeouts };
    Ok(Opened { requests, read, write })
}

/// Opens the writer's connection. SQLite does not wait for another process that holds a lock while the WAL is turned
/// on, so servers that start together on a new file try again.
async fn connect_writer(url: &str, timeouts: &Timeouts) -> Result<DatabaseConnection, DbErr> {
    let start = Instant::now();
    loop {
        let connected = Database::connect(connect_options(url, timeouts, |options| {
            options
                .journal_mode(SqliteJournalMode::Wal)
                // An update is answered when it has reached the disk, not before.
                .synchronous(SqliteSynchronous::Full)
                .pragma("wal_autocheckpoint", "0")
                .statement_cache_capacity(WRITER_STATEMENTS)
        }))
        .await;
        match connected {
            Err(error) if is_locked(&error) && start.elapsed() < timeouts.busy => {
                tokio::time::sleep(RETRY_PAUSE).await;
            }
            connected => return connected,
        }
    }
}

/// SQLITE_BUSY and its extended codes.
fn is_locked(error: &DbErr) -> bool {
    let code = sqlx_error(error).and_then(code).and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

/// One connection that is never tested and never replaced: a file does not hang up.
fn connect_options(
    url: &str,
    timeouts: &Timeouts,
    settings: impl Fn(SqliteConnectOptions) -> SqliteConnectOptions + Send + Sync + 'static,
) -> ConnectOptions {
    let busy = timeouts.busy;
    let mut options = open::common_options(url, 1, timeouts);
    options.map_sqlx_sqlite_opts(move |options| settings(options.busy_timeout(busy)));
    options.test_before_acquire(false).idle_timeout(None).max_lifetime(None);
    options
}

impl Sqlite {
    pub(super) async fn token_owner(&self, token: &TokenDigest) -> Result<Option<TokenOwner>, StoreError> {
        match &self.reads {
            Reads::Memory(pool) => Ok(statements::token_owner(&mut *pool.acquire().await?, token).await?),
            Reads::File(readers) => {
                readers.read(async |connection| statements::token_owner(connection, token).await).await
            }
        }
    }

    pub(super) async fn update(
        &self,
        update: ProfileUpdate,
        deadline: Instant,
    ) -> Result<Option<ProfileRow>, StoreError> {
        self.writer.update(update, deadline).await
    }

    /// Whether requests can be served: reads a row by a connection of the requests.
    ///
    /// Whether writes succeed is known by the requests. While there are none, and it is not known or the last ones
    /// failed, it writes something itself.
    pub(super) async fn check_ready(&self, health: &Health) -> Result<(), NotReady> {
        let end = Instant::now() + self.timeouts.ready;
        let read = tokio::time::timeout_at(end.into(), self.read_any_customer()).await.unwrap_or(Err(StoreError::Busy));
        health.after_read_check(&read);
        read.map_err(|_| NotReady::Unavailable)?;
        if health.is_write_check_due(self.timeouts.failing) {
            let probe = tokio::time::timeout_at(end.into(), self.writer.probe(end)).await;
            health.after_write_check(&probe.unwrap_or(Err(StoreError::Busy)));
        }
        health.check_writes(self.timeouts.failing)
    }

    pub(super) async fn find_username(&self, canonical_username: &str) -> Result<Option<i64>, StoreError> {
        match &self.reads {
            Reads::Memory(pool) => {
                Ok(statements::find_username(&mut *pool.acquire().await?, canonical_username).await?)
            }
            Reads::File(readers) => {
                readers.read(async |connection| statements::find_username(connection, canonical_username).await).await
            }
        }
    }

    async fn read_any_customer(&self) -> Result<(), StoreError> {
        match &self.reads {
            Reads::Memory(pool) => {
                pool.acquire().await?.fetch_optional(sql::ANY_CUSTOMER).await?;
            }
            Reads::File(readers) => {
                readers.read(async |connection| connection.fetch_optional(sql::ANY_CUSTOMER).await).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn record_last_used(
        &self,
        tokens: &[TokenDigest],
        not_since: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut connection = self.write.acquire().await?;
        let result = statements::record_last_used(&mut connection, tokens, not_since).await;
        if let Err(error) = &result
            && !Fault::of(error).keeps_connection()
            && matches!(self.reads, Reads::File(_))
        {
            connection.close_on_drop();
        }
        Ok(result?)
    }

    /// Takes no more updates, and makes those that were taken.
    pub(super) async fn stop_writing(&self) {
        self.writer.stop().await;
    }

    /// Ends the checkpoints.
    pub(super) async fn stop_checkpoints(&self) {
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.stop().await;
        }
    }

    /// Closes what the requests read by.
    pub(super) async fn close(&self) {
        self.stop_checkpoints().await;
        if let Reads::File(readers) = &self.reads {
            readers.close().await;
        }
    }
}
