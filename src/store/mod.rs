//! **The store**: statements over the entities, and how each database is opened and written to.
//!
//! It decides nothing about profiles. It knows that an update is one statement whose condition is the live token, that
//! a write is answered only when it is durable, and which failures are worth another try.
//!
//! - `url`, `options`, `open`, `sqlite_file`: the database's URL, the options and the timeouts, and SQLite's file
//! - `cannot_open`, `explain`: why a database cannot be opened, or failed, for an operator
//! - `migrations`: the schema, brought up to date exactly once however many servers start
//! - `layout`, `sql`, `row`: what the two operations ask of the database, and what it answers
//! - `sqlite`, `postgres`: each database's connections, and how it is read and written to
//! - `fault`, `error`, `health`: what a failure means, for its request and for the server
//! - `metrics`: what is counted and measured
//! - `last_used`: when a token was last used, off the path of the requests
//! - `customers`, `tokens`, `own_tables`: what operators do with customers and tokens
//! - `bulk`: many rows at once, for import, export and copy
//! - `django`: a Django shop's own tables
//! - `facts`: what a database says about itself

mod bulk;
mod cannot_open;
mod customers;
mod django;
mod error;
mod explain;
mod facts;
mod fault;
mod grants;
mod health;
mod last_used;
mod layout;
mod metrics;
mod migrations;
mod open;
mod options;
mod own_tables;
mod postgres;
mod rejected;
mod row;
mod rules;
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
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

pub use bulk::{BulkCustomer, Conflicts, CustomerUpdate, UniqueValues};
pub use customers::CustomerRef;
pub use django::{
    CheckedColumn, ColumnName, ColumnType, DatabaseFailed, DjangoOptionError, DjangoOptions, DjangoShop, Finding,
    GrantsError, InspectError, MediaUrl, Notice, ProfileTable, ShopCheck, ShopColumn, ShopField, ShopKey, ShopReader,
    ShopRow, ShopTable, TableName, check_django, django_grants, inspect_django,
};
pub use error::StoreError;
pub use explain::explain;
pub use facts::{DatabaseFacts, PostgresFacts};
pub use health::NotReady;
pub use metrics::StoreMetrics;
pub use migrations::{BESIDE_NEWER, MigrateError, Migrations};
pub use open::OpenError;
pub use options::{OpenOptions, PreparedStatements, Timeouts};
pub use postgres::OTHER_CONNECTIONS;
pub use row::TokenOwner;
pub use rules::Rules;
pub use sqlite_file::{FileFacts, SqliteFiles};
pub use tokens::{NewToken, OldTokens, TokenRef};
pub use url::{DatabaseUrl, DatabaseUrlError};

use self::{
    health::Health,
    last_used::LastUsedTracker,
    layout::Layout,
    metrics::Work,
    postgres::Postgres,
    rules::RulesSource,
    sql::{Condition, ProfileUpdate, Sql},
    sqlite::Sqlite,
};
use crate::{
    auth::{Credential, TokenDigest},
    profile::{Customer, Patch, ProfileVersion, Username},
};

/// How long [`Store::close`] waits for connections to close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// An open database.
pub struct Store {
    /// How the requests reach the database.
    engine: Arc<Engine>,
    sql: Arc<Sql>,
    rules: RulesSource,
    /// For everything else. SQLite: read-only. PostgreSQL: the same as `write`.
    read: DatabaseConnection,
    /// For everything else. SQLite: the one connection that writes, the writer's too.
    write: DatabaseConnection,
    /// Only shop-profile's own tables have a column for it.
    last_used: Option<LastUsedTracker>,
    health: Health,
    metrics: StoreMetrics,
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
            $crate::store::Engine::Sqlite($database) => $work,
            $crate::store::Engine::Postgres($database) => $work,
        }
    };
}
use dispatch;

impl Store {
    /// Whether the database takes one writer at a time, so that a long write keeps the others waiting.
    pub fn has_one_writer(&self) -> bool {
        matches!(&*self.engine, Engine::Sqlite(_))
    }

    /// The customer who owns a token, live or not; `None` when no such token was ever issued.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Unavailable`], [`StoreError::NotWritable`] (a failing disk),
    /// [`StoreError::Stopped`], [`StoreError::Database`].
    pub async fn find_token_owner(&self, credential: &Credential) -> Result<Option<TokenOwner>, StoreError> {
        let token = self.sql.token_key(credential);
        let start = Instant::now();
        // On the heap, as below: whatever holds the work of a request moves it, and this is most of it.
        let result = dispatch!(&*self.engine, database => Box::pin(database.token_owner(&token)).await);
        self.metrics.time.of(Work::Read).observe(start.elapsed());
        self.health.after_read(&result);
        let owner = result?;
        let is_live = |owner: &TokenOwner| owner.revoked_at.is_none() && owner.expires_at.is_none_or(|end| end > now());
        // The use of an expired or revoked token is not recorded.
        if let Some(last_used) = &self.last_used
            && owner.as_ref().is_some_and(is_live)
        {
            last_used.record(&credential.digest);
        }
        Ok(owner)
    }

    /// Makes the change durable and gives the customer as stored; `None` when the token is not live, the version is
    /// another one or nothing would have changed, in which case nothing was written. The patch must name a field. A
    /// change that is not begun by the deadline never will be; the caller polls once after the deadline.
    ///
    /// # Errors
    /// [`StoreError::Unique`] when another customer has the username. [`StoreError::Rejected`] when a Django shop's
    /// column does not take a value. [`StoreError::OutcomeUnknown`] when the change
    /// may or may not be stored. All others mean that it is not: [`StoreError::Busy`], [`StoreError::Contended`],
    /// [`StoreError::Unavailable`], [`StoreError::NotWritable`], [`StoreError::Stopped`], [`StoreError::Database`].
    pub async fn update_profile(
        &self,
        credential: &Credential,
        patch: &Patch,
        version: Option<ProfileVersion>,
        deadline: Instant,
    ) -> Result<Option<Customer>, StoreError> {
        let condition = version.map_or(Condition::None, Condition::Version);
        let update = ProfileUpdate { token: self.sql.token_key(credential), patch: patch.clone(), condition };
        let start = Instant::now();
        let result = dispatch!(&*self.engine, database => Box::pin(database.update(update, deadline)).await);
        self.metrics.time.of(Work::Update).observe(start.elapsed());
        self.health.after_write(&result);
        let customer = match (result, &self.sql.layout) {
            (Err(error), Layout::Django(layout)) => return Err(self.rejected_field(error, layout, patch).await),
            (result, _) => result?,
        };
        if let Some(last_used) = &self.last_used
            && customer.is_some()
        {
            last_used.record(&credential.digest);
        }
        Ok(customer)
    }

    /// The id of the customer who has this username, in the form that is unique: the canonical one in shop-profile's own
    /// tables, the username itself in a Django shop's.
    ///
    /// # Errors
    /// As [`Self::find_token_owner`].
    pub async fn find_username(&self, username: &Username) -> Result<Option<i64>, StoreError> {
        let username = match &self.sql.layout {
            Layout::Native(_) => username.canonical(),
            Layout::Django(_) => username.as_str(),
        };
        let start = Instant::now();
        let result = dispatch!(&*self.engine, database => database.find_username(username).await);
        self.metrics.time.of(Work::Read).observe(start.elapsed());
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

    /// After how many seconds a request that cannot be served now is worth another try: one to ten.
    pub fn retry_after(&self) -> u64 {
        self.health.retry_after().as_secs()
    }

    /// Stores what requests have begun, then the last uses of tokens as far as two seconds allow, then closes every
    /// connection. Later calls fail with [`StoreError::Stopped`] or [`StoreError::Unavailable`].
    pub async fn close(&self) {
        dispatch!(&*self.engine, database => database.stop_writing().await);
        if let Some(last_used) = &self.last_used {
            last_used.stop().await;
        }
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
