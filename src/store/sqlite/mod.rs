//! SQLite: how it is opened, read and written to.
//!
//! - `readers`: the read-only connections of the requests
//! - `writer`, `job`, `group_commit`: the queue of the updates, and the task that makes them
//! - `wal`: the checkpoints
//! - `statements`: what the requests ask
//! - `bulk`: many rows at once

mod bulk;
mod constraint;
mod group_commit;
mod job;
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
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbErr,
    sqlx::{
        self, Connection, SqliteConnection, SqlitePool,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

use self::{
    readers::Readers,
    wal::{Checkpoints, WalState},
    writer::Writer,
};
use super::{
    NotReady, StoreError, Timeouts, TokenOwner,
    django::DjangoShop,
    explain::{code, sqlx_error},
    fault::Fault,
    health::Health,
    layout::Layout,
    options,
    sql::{Condition, ProfileUpdate, Sql, TokenKey},
    url::SqliteUrl,
};
use crate::{auth::TokenDigest, profile::Customer};

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
    sql: Arc<Sql>,
    reads: Reads,
    writer: Writer,
    /// In a file only.
    checkpoints: Option<Checkpoints>,
    /// The writer's connection, between its batches.
    write: DatabaseConnection,
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

pub(super) async fn open(url: &SqliteUrl, sql: Arc<Sql>, timeouts: Timeouts) -> Result<Opened, DbErr> {
    let is_in_memory = url.file.is_none();
    let url = url.text.as_str();
    // The writer's connection comes first: it turns the WAL on.
    let write = connect_writer(url, &timeouts, matches!(sql.layout, Layout::Native(_))).await?;
    let wal = Arc::new(WalState::new(timeouts.busy));
    let pool = write.get_sqlite_connection_pool().clone();
    if is_in_memory {
        let writer = Writer::start(pool.clone(), sql.clone(), wal, Duration::ZERO, true);
        let (reads, write_too) = (Reads::Memory(pool), write.clone());
        let requests = Sqlite { sql, reads, writer, checkpoints: None, write: write_too, timeouts };
        return Ok(Opened { requests, read: write.clone(), write });
    }
    let read = connect_options(url, &timeouts, |options| options.pragma("query_only", "ON"));
    let read = Database::connect(read).await?;
    let settings = read.get_sqlite_connection_pool().connect_options().as_ref().clone();
    let readers = Readers::new(settings.clone(), MAX_READERS, timeouts.acquire);
    let reads = Reads::File(readers.map_err(|error| options::invalid(&error))?);
    let writer = Writer::start(pool, sql.clone(), wal.clone(), KEEP_CONNECTION, false);
    let checkpoints = Some(Checkpoints::start(settings.pragma("query_only", "OFF"), wal));
    let requests = Sqlite { sql, reads, writer, checkpoints, write: write.clone(), timeouts };
    Ok(Opened { requests, read, write })
}

/// Opens the writer's connection. SQLite does not wait for another process that holds a lock while the WAL is turned
/// on, so servers that start together on a new file try again. `is_ours`: the journal mode of a Django shop's file is
/// the shop's.
async fn connect_writer(url: &str, timeouts: &Timeouts, is_ours: bool) -> Result<DatabaseConnection, DbErr> {
    let start = Instant::now();
    loop {
        let connected = Database::connect(connect_options(url, timeouts, move |options| {
            let options = if is_ours { options.journal_mode(SqliteJournalMode::Wal) } else { options };
            options
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
    let mut options = options::common_options(url, 1, timeouts);
    // Of a transaction that SQLite has undone by itself, sqlx leaves its count behind: such a connection is replaced.
    options.map_sqlx_sqlite_pool_opts(|pool| {
        pool.before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
    });
    options.map_sqlx_sqlite_opts(move |options| settings(options.busy_timeout(busy)));
    options.test_before_acquire(false).idle_timeout(None).max_lifetime(None);
    options
}

impl Sqlite {
    /// Reads by a connection of the requests.
    async fn read<T>(
        &self,
        statement: impl AsyncFnOnce(&mut SqliteConnection, &Sql) -> sqlx::Result<T>,
    ) -> Result<T, StoreError> {
        match &self.reads {
            Reads::Memory(pool) => Ok(statement(&mut *pool.acquire().await?, &self.sql).await?),
            Reads::File(readers) => readers.read(async |connection| statement(connection, &self.sql).await).await,
        }
    }

    pub(super) async fn token_owner(&self, token: &TokenKey) -> Result<Option<TokenOwner>, StoreError> {
        self.read(async |connection, sql| statements::token_owner(connection, sql, token).await).await
    }

    pub(super) async fn find_username(&self, username: &str) -> Result<Option<i64>, StoreError> {
        self.read(async |connection, sql| statements::find_username(connection, sql, username).await).await
    }

    pub(super) async fn update(
        &self,
        mut update: ProfileUpdate,
        deadline: Instant,
    ) -> Result<Option<Customer>, StoreError> {
        if let (Layout::Django(_), Condition::Version(version)) = (&self.sql.layout, &update.condition) {
            // SQLite cannot compute the digest that is the version: the update is on condition of the values.
            let read =
                async |connection: &mut _, sql: &_| statements::stored_profile(connection, sql, &update.token).await;
            match self.read(read).await? {
                Some(stored) if stored.id == version.id && stored.digest() == version.version => {
                    update.condition = Condition::Values(Box::new(stored));
                }
                _ => return Ok(None),
            }
        }
        self.writer.update(update, deadline).await
    }

    /// The columns of a Django shop that a constraint or an index is about.
    pub(super) async fn columns_of(&self, shop: &DjangoShop, constraint: &str) -> Result<Vec<String>, StoreError> {
        self.read(async |connection, _| constraint::columns_of(connection, shop, constraint).await).await
    }

    pub(super) async fn record_last_used(
        &self,
        tokens: &[TokenDigest],
        not_since: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut connection = self.write.get_sqlite_connection_pool().acquire().await?;
        let result = statements::record_last_used(&mut connection, &self.sql, tokens, not_since).await;
        if let Err(error) = &result
            && !Fault::of(error).keeps_connection()
            && matches!(self.reads, Reads::File(_))
        {
            connection.close_on_drop();
        }
        Ok(result?)
    }

    /// Whether requests can be served: reads a row by a connection of the requests.
    ///
    /// Whether writes succeed is known by the requests. While there are none, and it is not known or the last ones
    /// failed, it writes something itself.
    pub(super) async fn check_ready(&self, health: &Health) -> Result<(), NotReady> {
        let end = Instant::now() + self.timeouts.ready;
        let read = self.read(async |connection, sql| statements::read_any_customer(connection, sql).await);
        let read = tokio::time::timeout_at(end.into(), read).await.unwrap_or(Err(StoreError::Busy));
        health.after_read_check(&read);
        read.map_err(|_| NotReady::Unavailable)?;
        if health.is_write_check_due(self.timeouts.failing) {
            let probe = tokio::time::timeout_at(end.into(), self.writer.probe(end)).await;
            health.after_write_check(&probe.unwrap_or(Err(StoreError::Busy)));
        }
        health.check_writes(self.timeouts.failing)
    }

    /// A transaction needs nothing more.
    pub(super) async fn prepare(&self, _: &DatabaseTransaction) -> Result<(), DbErr> {
        Ok(())
    }

    /// Begins a transaction that no other server can be in: SQLite has one writer.
    pub(super) async fn begin_migration(&self) -> Result<DatabaseTransaction, DbErr> {
        bulk::begin(&self.write).await
    }

    pub(super) async fn begin_bulk(&self) -> Result<bulk::Bulk, DbErr> {
        bulk::begin(&self.write).await.map(bulk::Bulk)
    }

    pub(super) async fn begin_bulk_load(&self) -> Result<(), DbErr> {
        self.stop_checkpoints().await;
        bulk::relax_durability(&self.write).await
    }

    pub(super) async fn end_bulk_load(&self) -> Result<(), DbErr> {
        bulk::checkpoint_wal(&self.write).await
    }

    /// Takes no more updates, and makes those that were taken.
    pub(super) async fn stop_writing(&self) {
        self.writer.stop().await;
    }

    async fn stop_checkpoints(&self) {
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
