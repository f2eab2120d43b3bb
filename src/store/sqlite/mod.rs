//! SQLite: how it is opened, read and written to.
//!
//! - `open`: the connections
//! - `open_file`: whether the database is still the file that is open
//! - `readers`: the read-only connections of the requests
//! - `writer`, `job`, `group_commit`: the queue of the updates, and the task that makes them
//! - `turn`: how long the writer keeps its connection
//! - `wal`: the checkpoints
//! - `statements`: what the requests ask
//! - `bulk`: many rows at once
//! - `facts`: what it says about itself

mod bulk;
mod constraint;
mod facts;
mod group_commit;
mod job;
mod open;
mod open_file;
mod readers;
mod statements;
mod turn;
mod wal;
mod writer;

use std::{sync::Arc, time::Instant};

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr,
    sqlx::{self, SqliteConnection, SqlitePool},
};

pub(super) use self::open::{Opened, open, open_to_look};
use self::{open_file::OpenFile, readers::Readers, wal::Checkpoints, writer::Writer};
use super::{
    NotReady, StoreError, Timeouts, TokenOwner,
    django::DjangoShop,
    fault::Fault,
    health::Health,
    layout::Layout,
    sql::{Condition, ProfileUpdate, Sql, TokenKey},
};
use crate::{auth::TokenDigest, profile::Customer};

/// The requests' way to a SQLite database.
pub(super) struct Sqlite {
    sql: Arc<Sql>,
    reads: Reads,
    writer: Writer,
    /// `None`: in memory.
    file: Option<Arc<OpenFile>>,
    /// In a file only.
    checkpoints: Option<Checkpoints>,
    /// The writer's connection, between its batches.
    write: DatabaseConnection,
    timeouts: Timeouts,
}

enum Reads {
    /// The one connection: in memory another one would hang while this one writes.
    One(SqlitePool),
    File(Readers),
}

impl Sqlite {
    /// Reads by a connection of the requests.
    async fn read<T>(
        &self,
        statement: impl AsyncFnOnce(&mut SqliteConnection, &Sql) -> sqlx::Result<T>,
    ) -> Result<T, StoreError> {
        match &self.reads {
            Reads::One(pool) => Ok(statement(&mut *pool.acquire().await?, &self.sql).await?),
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
        if let Err(error) = self.file.as_ref().map_or(Ok(()), |file| file.check()) {
            health.after_write_check::<()>(&Err(error));
            return Err(NotReady::Replaced);
        }
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

    /// What the connection deletes from now on is overwritten with zeros in the file.
    pub(super) async fn prepare_erasure(&self, transaction: &DatabaseTransaction) -> Result<(), DbErr> {
        transaction.execute_unprepared("PRAGMA secure_delete = ON").await.map(drop)
    }

    /// Who can read the file can read all of it.
    pub(super) async fn hides_migrations(&self, _: &DatabaseTransaction) -> Result<bool, DbErr> {
        Ok(false)
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
