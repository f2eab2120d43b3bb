//! PostgreSQL: how it is opened, read and written to.
//!
//! - `pool`: the connections of the requests
//! - `turns`: how many of them one token's updates may take
//! - `access`: what may be done about a statement that failed
//! - `sessions`: whether a connection is a session of its own
//! - `bulk`: many rows at once
//! - `facts`: what it says about itself
//! - here: what the requests ask

mod access;
mod bulk;
mod facts;
mod pool;
mod sessions;
mod turns;

use std::{sync::Arc, time::Instant};

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement,
    TransactionTrait,
    sqlx::{self, AssertSqlSafe, Row, postgres::PgRow},
};
use sea_orm_migration::SchemaManager;

pub(super) use self::sessions::{FORGET_PREPARED, Sessions, acceptable, are_shared};
use self::{access::Access, pool::Pool, turns::Turns};
use super::{
    NotReady, OpenOptions, StoreError, Timeouts, TokenOwner,
    django::DjangoShop,
    health::Health,
    layout::Layout,
    now, options,
    row::{decode_profile, decode_token_owner},
    sql::{ProfileUpdate, Sql, TokenKey, bind_token, bind_update},
};
use crate::{auth::TokenDigest, profile::Customer};

/// A server's connections for what is no request: migrations and commands.
pub const OTHER_CONNECTIONS: u32 = 2;

/// The columns of the tables `$2` and `$3` that the constraint or index `$1` depends on, also by an expression.
const COLUMNS_OF_CONSTRAINT: &str = "\
SELECT array_agg(DISTINCT a.attname::text) FROM pg_depend d
JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid IN (to_regclass($2), to_regclass($3)) AND (
    d.classid = 'pg_constraint'::regclass AND d.objid IN (SELECT oid FROM pg_constraint WHERE conname = $1)
    OR d.classid = 'pg_class'::regclass AND d.objid IN (SELECT oid FROM pg_class WHERE relname = $1))";

/// The requests' way to a PostgreSQL database.
pub(super) struct Postgres {
    sql: Arc<Sql>,
    /// The readiness check.
    ready: Arc<str>,
    /// Only shop-profile's own tables have a column for it.
    record_last_used: Option<Arc<str>>,
    pool: Pool,
    turns: Turns,
    /// For what is no request.
    db: DatabaseConnection,
    sessions: Arc<Sessions>,
    timeouts: Timeouts,
}

/// An open database: the requests' way to it, and connections for everything else.
pub(super) struct Opened {
    pub(super) requests: Postgres,
    pub(super) db: DatabaseConnection,
}

pub(super) async fn open(url: &str, sql: Arc<Sql>, options: OpenOptions, sessions: Sessions) -> Result<Opened, DbErr> {
    let OpenOptions { connections, timeouts, metrics, .. } = options;
    let sessions = Arc::new(sessions);
    let db = connect_others(url, sessions.clone(), &timeouts).await?;
    let settings = db.get_postgres_connection_pool().connect_options().as_ref().clone();
    let max_connections = connections.max(1) as usize;
    let pool = Pool::new(settings, sessions.clone(), max_connections, (timeouts, metrics.pool));
    let pool = pool.map_err(|error| options::invalid(&error))?;
    let turns = Turns::new(max_connections);
    // Whether the database is read-only, which a standby always is, and a look at the customers. Every engine with
    // PostgreSQL's protocol knows the setting.
    let ready = format!("SELECT current_setting('transaction_read_only') = 'on', ({})", sql.any_customer).into();
    let record_last_used = match &sql.layout {
        Layout::Native(tables) => Some(tables.record_last_used("= ANY($3)").into()),
        Layout::Django(_) => None,
    };
    Ok(Opened {
        requests: Postgres { sql, ready, record_last_used, pool, turns, db: db.clone(), sessions, timeouts },
        db,
    })
}

async fn connect_others(url: &str, sessions: Arc<Sessions>, timeouts: &Timeouts) -> Result<DatabaseConnection, DbErr> {
    let mut options: ConnectOptions = options::common_options(url, OTHER_CONNECTIONS, timeouts);
    options.map_sqlx_postgres_opts(acceptable);
    options.map_sqlx_postgres_pool_opts(move |options| sessions.clone().pool_options(options));
    Database::connect(options).await
}

impl Postgres {
    pub(super) async fn token_owner(&self, token: &TokenKey) -> Result<Option<TokenOwner>, StoreError> {
        let statement = || bind_token!(sqlx::query(AssertSqlSafe(self.sql.token_owner.clone())), token);
        let row = self.pool.fetch(Access::Repeatable, statement).await?;
        Ok(row.as_ref().map(|row| decode_owner(&self.sql.layout, row)).transpose()?)
    }

    pub(super) async fn update(
        &self,
        update: ProfileUpdate,
        deadline: Instant,
    ) -> Result<Option<Customer>, StoreError> {
        let _turn = self.turns.wait(update.token.digest(), self.timeouts.acquire).await?;
        let sql = self.sql.updates(&[&update]);
        let statement = || bind_update!(sqlx::query(AssertSqlSafe(sql.clone())).bind(now()), &update);
        let row = self.pool.fetch(Access::Once { begin_before: deadline }, statement).await?;
        Ok(row.as_ref().map(|row| decode(&self.sql.layout, row)).transpose()?)
    }

    pub(super) async fn find_username(&self, username: &str) -> Result<Option<i64>, StoreError> {
        let statement = || sqlx::query(AssertSqlSafe(self.sql.find_username.clone())).bind(username);
        let row = self.pool.fetch(Access::Repeatable, statement).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    pub(super) async fn record_last_used(
        &self,
        tokens: &[TokenDigest],
        not_since: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let Some(sql) = &self.record_last_used else { return Ok(()) };
        let statement = || {
            let digests: Vec<&[u8]> = tokens.iter().map(|token| &token.0[..]).collect();
            sqlx::query(AssertSqlSafe(sql.clone())).bind(now()).bind(not_since).bind(digests)
        };
        // It may be done twice.
        self.pool.fetch(Access::Repeatable, statement).await?;
        Ok(())
    }

    /// Whether requests can be served: reads a row by a connection of the requests.
    pub(super) async fn check_ready(&self, health: &Health) -> Result<(), NotReady> {
        if self.is_read_only(health).await? {
            // A connection keeps the setting that it was opened with: a new one knows better.
            self.pool.distrust_all();
            if self.is_read_only(health).await? {
                return Err(NotReady::ReadOnly);
            }
        }
        // After a while without any writes they are let through again: nothing else would tell whether they succeed.
        match health.check_writes(self.timeouts.failing) {
            Err(NotReady::WritesFail) if !health.is_write_check_due(self.timeouts.failing) => Err(NotReady::WritesFail),
            _ => Ok(()),
        }
    }

    async fn is_read_only(&self, health: &Health) -> Result<bool, NotReady> {
        let statement = || sqlx::query(AssertSqlSafe(self.ready.clone()));
        let row = self.pool.fetch_within(self.timeouts.ready, Access::Repeatable, statement).await;
        health.after_read_check(&row);
        let row = row.map_err(|_| NotReady::Unavailable)?.ok_or(NotReady::Unavailable)?;
        row.try_get(0).map_err(|_| NotReady::Unavailable)
    }

    /// The columns of a Django shop that a constraint or an index is about.
    pub(super) async fn columns_of(&self, shop: &DjangoShop, constraint: &str) -> Result<Vec<String>, StoreError> {
        let users = shop.user_table.quoted();
        let profiles = shop.profile_table.as_ref().map(|profile| profile.table.quoted());
        let statement = || sqlx::query(COLUMNS_OF_CONSTRAINT).bind(constraint).bind(&users).bind(&profiles);
        let row = self.pool.fetch(Access::Repeatable, statement).await?;
        let columns: Option<Option<Vec<String>>> = row.map(|row| row.try_get(0)).transpose()?;
        Ok(columns.flatten().unwrap_or_default())
    }

    async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let transaction = self.db.begin().await?;
        self.prepare(&transaction).await?;
        Ok(transaction)
    }

    /// Makes a transaction ready that was begun for anything but a request.
    pub(super) async fn prepare(&self, transaction: &DatabaseTransaction) -> Result<(), DbErr> {
        self.sessions.begin(transaction).await
    }

    /// What is deleted stays in the files until VACUUM.
    pub(super) async fn prepare_erasure(&self, _: &DatabaseTransaction) -> Result<(), DbErr> {
        Ok(())
    }

    /// Whether the table of the migrations is there and the role may not read it: such a table is not listed.
    pub(super) async fn hides_migrations(&self, transaction: &DatabaseTransaction) -> Result<bool, DbErr> {
        let sql = "SELECT has_any_column_privilege(to_regclass('seaql_migrations'), 'SELECT') IS FALSE AS is_hidden";
        let row = transaction.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
        row.map_or(Ok(false), |row| row.try_get("", "is_hidden"))
    }

    /// Begins a transaction that only one server can be in. It locks a row of a small table, which every engine with
    /// PostgreSQL's protocol can do; not all of them have advisory locks.
    pub(super) async fn begin_migration(&self) -> Result<DatabaseTransaction, DbErr> {
        if !SchemaManager::new(&self.begin().await?).has_table("migration_lock").await? {
            create_lock_table(&self.db).await?;
        }
        let transaction = self.begin().await?;
        // A migration may take longer than a request may.
        transaction.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
        // The migrator creates its table "if not exists", which PostgreSQL reports as a notice every time.
        transaction.execute_unprepared("SET LOCAL client_min_messages = warning").await?;
        transaction.execute_unprepared("SELECT id FROM migration_lock WHERE id = 1 FOR UPDATE").await?;
        Ok(transaction)
    }

    /// Nothing need be prepared: `COPY` is fast as it is.
    pub(super) async fn begin_bulk_load(&self) -> Result<(), DbErr> {
        Ok(())
    }

    /// Every commit was durable.
    pub(super) async fn end_bulk_load(&self) -> Result<(), DbErr> {
        Ok(())
    }

    pub(super) async fn begin_bulk(&self) -> Result<bulk::Bulk, DbErr> {
        bulk::begin(&self.db, &self.sessions).await
    }

    /// Updates are not queued.
    pub(super) async fn stop_writing(&self) {}

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

fn decode(layout: &Layout, row: &PgRow) -> sqlx::Result<Customer> {
    Ok(decode_profile!(layout, row))
}

fn decode_owner(layout: &Layout, row: &PgRow) -> sqlx::Result<TokenOwner> {
    Ok(decode_token_owner!(layout, row))
}

async fn create_lock_table(db: &DatabaseConnection) -> Result<(), DbErr> {
    // One command of two statements is one transaction: the table is never seen without its row.
    let create = "CREATE TABLE IF NOT EXISTS migration_lock (id integer PRIMARY KEY); \
                  INSERT INTO migration_lock (id) VALUES (1) ON CONFLICT DO NOTHING";
    // When two servers do this at the same moment, PostgreSQL fails one of them in its own catalogue, with one of several
    // codes. The table exists then, and the second attempt succeeds, unless something else is wrong.
    if db.execute_unprepared(create).await.is_err() {
        db.execute_unprepared(create).await?;
    }
    Ok(())
}
