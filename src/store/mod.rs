//! **The store**: statements over the entities, and how each database is opened and written to.
//!
//! It decides nothing about profiles. It knows that an update is one statement whose condition is the live token, that
//! a write is answered only when it is durable, and which failures are worth another try.
//!
//! - `url`, `open`, `sqlite_file`: the database's URL, the options and the timeouts, and SQLite's file
//! - `explain`: why a database failed, for an operator
//! - `migrations`: the schema, brought up to date exactly once however many servers start
//! - `sql`, `row`: what the two operations ask of the database, and what it answers
//! - `sqlite`, `postgres`: each database's connections, and how it is read and written to
//! - `fault`, `error`, `health`: what a failure means, for its request and for the server
//! - `last_used`: when a token was last used, off the path of the requests
//! - `admin`: what operators do to customers and tokens
//! - `bulk`: many rows at once, for import, export and copy

mod admin;
mod bulk;
mod error;
mod explain;
mod fault;
mod health;
mod last_used;
mod migrations;
mod open;
mod postgres;
mod row;
mod sql;
mod sqlite;
mod sqlite_file;
mod url;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{DatabaseConnection, DbBackend};

pub use admin::{CustomerRef, NewToken};
pub use bulk::{BulkCustomer, Conflicts, CustomerUpdate, UniqueValues};
pub use error::StoreError;
pub use explain::explain;
pub use health::NotReady;
pub use migrations::{MigrateError, Migrations};
pub use open::{OpenError, OpenOptions, Timeouts};
pub use row::{ProfileRow, TokenOwner};
pub use sql::ProfileUpdate;
pub use url::{DatabaseUrl, DatabaseUrlError};

use self::{health::Health, last_used::LastUsedTracker, postgres::Postgres, sqlite::Sqlite};
use crate::auth::TokenDigest;

/// How long [`Store::close`] waits for connections to close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// An open database.
pub struct Store {
    /// How the requests reach the database.
    engine: Arc<Engine>,
    /// For everything else. SQLite: read-only. PostgreSQL: the same as `write`.
    read: DatabaseConnection,
    /// For everything else. SQLite: the one connection that writes, the writer's too.
    write: DatabaseConnection,
    last_used: LastUsedTracker,
    health: Health,
}

/// The databases that requests are served from.
enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Store {
    /// Which kind of database this is.
    pub fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }

    /// The customer who owns a token, live or not; `None` when no such token was ever issued.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`], [`StoreError::Unavailable`], [`StoreError::NotWritable`] (a failing disk),
    /// [`StoreError::Stopped`], [`StoreError::Database`].
    pub async fn find_token_owner(&self, token: &TokenDigest) -> Result<Option<TokenOwner>, StoreError> {
        // On the heap, as below: whatever holds the work of a request moves it, and this is most of it.
        let result = Box::pin(self.engine.token_owner(token)).await;
        self.health.after_read(&result);
        let owner = result?;
        let is_live = |owner: &TokenOwner| owner.revoked_at.is_none() && owner.expires_at.is_none_or(|end| end > now());
        // The use of an expired or revoked token is not recorded.
        if owner.as_ref().is_some_and(is_live) {
            self.last_used.record(token);
        }
        Ok(owner)
    }

    /// Makes the update durable and gives the row as written; `None` when its condition did not hold or nothing would
    /// have changed, in which case nothing was written. An update that is not begun by the deadline never will be; the
    /// caller polls once after the deadline.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unique`] when another customer has the username. [`StoreError::OutcomeUnknown`] when the update
    /// may or may not be stored. All others mean that it is not: [`StoreError::Busy`], [`StoreError::Contended`],
    /// [`StoreError::Unavailable`], [`StoreError::NotWritable`], [`StoreError::Stopped`], [`StoreError::Database`].
    pub async fn update_profile(
        &self,
        update: ProfileUpdate,
        deadline: Instant,
    ) -> Result<Option<ProfileRow>, StoreError> {
        let token = update.token;
        let result = self.engine.update(update, deadline).await;
        self.health.after_write(&result);
        let row = result?;
        if row.is_some() {
            self.last_used.record(&token);
        }
        Ok(row)
    }

    /// The id of the customer who has this canonical username.
    ///
    /// # Errors
    ///
    /// As [`Self::find_token_owner`].
    pub async fn find_username(&self, canonical_username: &str) -> Result<Option<i64>, StoreError> {
        let result = self.engine.find_username(canonical_username).await;
        self.health.after_read(&result);
        result
    }

    /// Whether requests can be served. Answers within [`Timeouts::ready`], give or take.
    ///
    /// # Errors
    ///
    /// Why they cannot.
    pub async fn check_ready(&self) -> Result<(), NotReady> {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.check_ready(&self.health).await,
            Engine::Postgres(postgres) => postgres.check_ready(&self.health).await,
        }
    }

    /// Stores what requests have begun, then the last uses of tokens as far as two seconds allow, then closes every
    /// connection. Later calls fail with [`StoreError::Stopped`] or [`StoreError::Unavailable`].
    pub async fn close(&self) {
        if let Engine::Sqlite(sqlite) = &*self.engine {
            sqlite.stop_writing().await;
        }
        self.last_used.stop().await;
        let close = async {
            match &*self.engine {
                Engine::Sqlite(sqlite) => sqlite.close().await,
                Engine::Postgres(postgres) => postgres.close().await,
            }
            // The writing connection last: it moves what is left in SQLite's WAL.
            for connection in [&self.read, &self.write] {
                if let Err(error) = connection.clone().close().await {
                    tracing::debug!(error = &error as &dyn std::error::Error, "a connection did not close cleanly");
                }
            }
        };
        // What is not closed by then ends with the process.
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, close).await;
    }
}

impl Engine {
    async fn token_owner(&self, token: &TokenDigest) -> Result<Option<TokenOwner>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.token_owner(token).await,
            Self::Postgres(postgres) => postgres.token_owner(token).await,
        }
    }

    async fn update(&self, update: ProfileUpdate, deadline: Instant) -> Result<Option<ProfileRow>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.update(update, deadline).await,
            Self::Postgres(postgres) => Box::pin(postgres.update(&update, deadline)).await,
        }
    }

    async fn find_username(&self, canonical_username: &str) -> Result<Option<i64>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.find_username(canonical_username).await,
            Self::Postgres(postgres) => postgres.find_username(canonical_username).await,
        }
    }

    /// Notes that these tokens are in use now, but for those of which that was noted after `not_since`.
    async fn record_last_used(&self, tokens: &[TokenDigest], not_since: DateTime<Utc>) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.record_last_used(tokens, not_since).await,
            Self::Postgres(postgres) => postgres.record_last_used(tokens, not_since).await,
        }
    }
}

/// The present, to the microsecond: all that PostgreSQL keeps, so that both databases give back what they were given.
pub fn now() -> DateTime<Utc> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    Utc::now().trunc_subsecs(6)
}
