//! **The store**: statements over the entities, and how each database is opened and written to.
//!
//! It decides nothing about profiles. It knows that an update is one statement whose condition is the live token, that
//! a write is answered only when it is durable, and which failures are worth another try.
//!
//! - `url`, `options`, `open`, `sqlite_file`: the database's URL, the options and the timeouts, and SQLite's file
//! - `explain`: why a database failed, for an operator
//! - `migrations`: the schema, brought up to date exactly once however many servers start
//! - `layout`, `sql`, `row`: what the two operations ask of the database, and what it answers
//! - `sqlite`, `postgres`: each database's connections, and how it is read and written to
//! - `fault`, `error`, `health`: what a failure means, for its request and for the server
//! - `last_used`: when a token was last used, off the path of the requests
//! - `customers`, `tokens`: what operators do with customers and tokens
//! - `bulk`: many rows at once, for import, export and copy
//! - `django`: a Django shop's own tables

mod bulk;
mod customers;
mod django;
mod error;
mod explain;
mod fault;
mod health;
mod last_used;
mod layout;
mod migrations;
mod open;
mod options;
mod postgres;
mod row;
mod sql;
mod sqlite;
mod sqlite_file;
mod tokens;
mod url;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, SubsecRound, Utc};
use entity::{api_token, customer};
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

pub use bulk::{BulkCustomer, Conflicts, CustomerUpdate, UniqueValues};
pub use customers::CustomerRef;
pub use django::{
    CheckedColumn, ColumnName, ColumnType, DatabaseFailed, DjangoOptionError, DjangoOptions, DjangoShop, Finding,
    GrantsError, InspectError, MediaUrl, Notice, ProfileTable, ShopCheck, ShopColumn, ShopField, ShopReader, ShopRow,
    ShopTable, TableName, check_django, django_grants, inspect_django,
};
pub use error::StoreError;
pub use explain::explain;
pub use health::NotReady;
pub use migrations::{MigrateError, Migrations};
pub use open::OpenError;
pub use options::{OpenOptions, Timeouts};
pub use row::TokenOwner;
pub use tokens::NewToken;
pub use url::{DatabaseUrl, DatabaseUrlError};

use self::{
    bulk::{copy_customers, copy_tokens, insert_customers},
    health::Health,
    last_used::LastUsedTracker,
    layout::Layout,
    postgres::Postgres,
    sql::{ProfileUpdate, Sql},
    sqlite::Sqlite,
    url::Kind,
};
use crate::{
    auth::TokenDigest,
    profile::{Customer, Patch, ProfileVersion},
};

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

/// What an engine's opening gives: the requests' way to the database, and connections for everything else.
struct Opened {
    engine: Engine,
    read: DatabaseConnection,
    write: DatabaseConnection,
}

/// The databases that requests are served from. They share no code that knows both: the one dispatch is in this file.
enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// The same on either database.
macro_rules! dispatch {
    ($engine:expr, $database:ident => $work:expr) => {
        match $engine {
            Engine::Sqlite($database) => $work,
            Engine::Postgres($database) => $work,
        }
    };
}

impl Store {
    /// Connects. The schema is left as it is.
    ///
    /// # Errors
    /// The SQLite file is missing or cannot be used, or PostgreSQL cannot be connected to within
    /// [`Timeouts::acquire`].
    pub async fn open(url: &DatabaseUrl, options: OpenOptions) -> Result<Self, OpenError> {
        let sql = Arc::new(Sql::new(Layout::of_entities()));
        let opened = match &url.0 {
            Kind::Sqlite(sqlite) => open::sqlite(sqlite, sql, options).await,
            Kind::Postgres(postgres) => open::postgres(postgres, sql, options).await,
        };
        let Opened { engine, read, write } = opened.map_err(|reason| OpenError::new(url, reason))?;
        let engine = Arc::new(engine);
        let last_used = LastUsedTracker::start(&engine);
        Ok(Self { engine, read, write, last_used, health: Health::default() })
    }

    /// Whether the database takes one writer at a time, so that a long write keeps the others waiting.
    pub fn has_one_writer(&self) -> bool {
        matches!(&*self.engine, Engine::Sqlite(_))
    }

    /// The customer who owns a token, live or not; `None` when no such token was ever issued.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Unavailable`], [`StoreError::NotWritable`] (a failing disk),
    /// [`StoreError::Stopped`], [`StoreError::Database`].
    pub async fn find_token_owner(&self, token: &TokenDigest) -> Result<Option<TokenOwner>, StoreError> {
        // On the heap, as below: whatever holds the work of a request moves it, and this is most of it.
        let result = dispatch!(&*self.engine, database => Box::pin(database.token_owner(token)).await);
        self.health.after_read(&result);
        let owner = result?;
        let is_live = |owner: &TokenOwner| owner.revoked_at.is_none() && owner.expires_at.is_none_or(|end| end > now());
        // The use of an expired or revoked token is not recorded.
        if owner.as_ref().is_some_and(is_live) {
            self.last_used.record(token);
        }
        Ok(owner)
    }

    /// Makes the change durable and gives the customer as stored; `None` when the token is not live, the version is
    /// another one or nothing would have changed, in which case nothing was written. The patch must name a field. A
    /// change that is not begun by the deadline never will be; the caller polls once after the deadline.
    ///
    /// # Errors
    /// [`StoreError::Unique`] when another customer has the username. [`StoreError::OutcomeUnknown`] when the change
    /// may or may not be stored. All others mean that it is not: [`StoreError::Busy`], [`StoreError::Contended`],
    /// [`StoreError::Unavailable`], [`StoreError::NotWritable`], [`StoreError::Stopped`], [`StoreError::Database`].
    pub async fn update_profile(
        &self,
        token: TokenDigest,
        patch: &Patch,
        version: Option<ProfileVersion>,
        deadline: Instant,
    ) -> Result<Option<Customer>, StoreError> {
        let update = ProfileUpdate { token, patch: patch.clone(), version };
        let result = dispatch!(&*self.engine, database => Box::pin(database.update(update, deadline)).await);
        self.health.after_write(&result);
        let customer = result?;
        if customer.is_some() {
            self.last_used.record(&token);
        }
        Ok(customer)
    }

    /// The id of the customer who has this canonical username.
    ///
    /// # Errors
    /// As [`Self::find_token_owner`].
    pub async fn find_username(&self, canonical_username: &str) -> Result<Option<i64>, StoreError> {
        let result = dispatch!(&*self.engine, database => database.find_username(canonical_username).await);
        self.health.after_read(&result);
        result
    }

    /// Whether requests can be served. Answers within [`Timeouts::ready`], give or take.
    ///
    /// # Errors
    /// Why they cannot.
    pub async fn check_ready(&self) -> Result<(), NotReady> {
        dispatch!(&*self.engine, database => database.check_ready(&self.health).await)
    }

    /// Stores all of these customers, or none.
    ///
    /// # Errors
    /// [`StoreError::Unique`] when another customer has one of their unique values; any other error of the database.
    pub async fn insert_customers(&self, batch: &[&BulkCustomer]) -> Result<(), StoreError> {
        Ok(dispatch!(&*self.engine, database => insert_customers(database.begin_bulk().await?, batch).await)?)
    }

    /// Stores customers exactly as they are, ids and dates included.
    ///
    /// # Errors
    /// A row breaks a rule of the table, or the database fails; then none of them is stored.
    pub async fn copy_customers(&self, rows: &[customer::Model]) -> Result<(), StoreError> {
        Ok(dispatch!(&*self.engine, database => copy_customers(database.begin_bulk().await?, rows).await)?)
    }

    /// Stores tokens exactly as they are, ids and dates included.
    ///
    /// # Errors
    /// A row breaks a rule of the table, or the database fails; then none of them is stored.
    pub async fn copy_tokens(&self, rows: &[api_token::Model]) -> Result<(), StoreError> {
        Ok(dispatch!(&*self.engine, database => copy_tokens(database.begin_bulk().await?, rows).await)?)
    }

    /// Prepares for many writes, which may not be durable before [`Self::end_bulk_load`]. Call it once, before the first
    /// of them.
    ///
    /// # Errors
    /// The database fails.
    pub async fn begin_bulk_load(&self) -> Result<(), StoreError> {
        Ok(dispatch!(&*self.engine, database => database.begin_bulk_load().await)?)
    }

    /// Makes the writes since [`Self::begin_bulk_load`] durable. Call it after the last of them.
    ///
    /// # Errors
    /// The database fails, or another process reads the WAL for so long that it cannot be checkpointed.
    pub async fn end_bulk_load(&self) -> Result<(), StoreError> {
        Ok(dispatch!(&*self.engine, database => database.end_bulk_load().await)?)
    }

    /// Stores what requests have begun, then the last uses of tokens as far as two seconds allow, then closes every
    /// connection. Later calls fail with [`StoreError::Stopped`] or [`StoreError::Unavailable`].
    pub async fn close(&self) {
        dispatch!(&*self.engine, database => database.stop_writing().await);
        self.last_used.stop().await;
        let close = async {
            dispatch!(&*self.engine, database => database.close().await);
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
    /// Notes that these tokens are in use now, but for those of which that was noted after `not_since`.
    async fn record_last_used(&self, tokens: &[TokenDigest], not_since: DateTime<Utc>) -> Result<(), StoreError> {
        dispatch!(self, database => database.record_last_used(tokens, not_since).await)
    }

    /// Begins a transaction that only one server can be in.
    async fn begin_migration(&self) -> Result<DatabaseTransaction, DbErr> {
        dispatch!(self, database => database.begin_migration().await)
    }
}

/// The present, to the microsecond: all that PostgreSQL keeps, so that both databases give back what they were given.
pub fn now() -> DateTime<Utc> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    Utc::now().trunc_subsecs(6)
}
