//! PostgreSQL: how it is opened, read and written to.
//!
//! - `pool`: the connections of the requests
//! - here: what the requests ask

mod pool;

use std::{sync::LazyLock, time::Instant};

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr,
    sqlx::{self, AssertSqlSafe, FromRow, Row, postgres::PgConnectOptions},
};
use tokio::sync::Semaphore;

use self::pool::{Access, Pool, Statement};
use super::{
    NotReady, ProfileUpdate, StoreError, Timeouts,
    health::Health,
    now, open,
    row::{ProfileRow, TokenOwner},
    sql,
};
use crate::auth::TokenDigest;

/// Connections for what is no request: migrations and commands.
const OTHER_CONNECTIONS: u32 = 2;
/// Updates are divided among so many lanes by their token, so that one customer's locked row holds up few others'.
const LANES: usize = 256;
/// The updates of one lane may take this fraction of the connections.
const LANE_SHARE: usize = 4;

/// The requests' way to a PostgreSQL database.
pub(super) struct Postgres {
    pool: Pool,
    lanes: Vec<Semaphore>,
    timeouts: Timeouts,
}

/// An open database: the requests' way to it, and connections for everything else.
pub(super) struct Opened {
    pub(super) requests: Postgres,
    pub(super) db: DatabaseConnection,
}

pub(super) async fn open(url: &str, max_connections: u32, timeouts: Timeouts) -> Result<Opened, DbErr> {
    let mut options: ConnectOptions = open::common_options(url, OTHER_CONNECTIONS, &timeouts);
    options.map_sqlx_postgres_opts(move |options| others_options(options, &timeouts));
    let db = Database::connect(options).await?;
    let settings = db.get_postgres_connection_pool().connect_options().as_ref().clone();
    let max_connections = max_connections.max(1) as usize;
    let pool = Pool::new(requests_options(settings, &timeouts), max_connections, timeouts);
    let pool = pool.map_err(|error| open::invalid(&error))?;
    let lanes = (0..LANES).map(|_| Semaphore::new((max_connections / LANE_SHARE).max(1))).collect();
    Ok(Opened { requests: Postgres { pool, lanes, timeouts }, db })
}

fn others_options(options: PgConnectOptions, timeouts: &Timeouts) -> PgConnectOptions {
    let options = options.application_name("shop-profile");
    options.options([("statement_timeout", timeouts.statement.as_millis().to_string())])
}

/// On top of [`others_options`].
fn requests_options(options: PgConnectOptions, timeouts: &Timeouts) -> PgConnectOptions {
    options.options([("lock_timeout", timeouts.lock.as_millis().to_string())])
}

impl Postgres {
    pub(super) async fn token_owner(&self, token: &TokenDigest) -> Result<Option<TokenOwner>, StoreError> {
        let statement = || sqlx::query(sql::TOKEN_OWNER.as_str()).bind(&token.0[..]);
        let row = self.pool.fetch(Access::Repeatable, statement).await?;
        Ok(row.as_ref().map(TokenOwner::from_row).transpose()?)
    }

    pub(super) async fn update(
        &self,
        update: &ProfileUpdate,
        deadline: Instant,
    ) -> Result<Option<ProfileRow>, StoreError> {
        let lane = &self.lanes[usize::from(update.token.0[0]) % LANES];
        let _turn = match lane.try_acquire() {
            Ok(turn) => turn,
            Err(_) => match tokio::time::timeout(self.timeouts.acquire, lane.acquire()).await {
                Ok(Ok(turn)) => turn,
                Ok(Err(_)) | Err(_) => return Err(StoreError::Busy),
            },
        };
        let row = self.pool.fetch(Access::Once { begin_before: deadline }, || update_statement(update)).await?;
        Ok(row.as_ref().map(ProfileRow::from_row).transpose()?)
    }

    pub(super) async fn find_username(&self, canonical_username: &str) -> Result<Option<i64>, StoreError> {
        let statement = || sqlx::query(sql::FIND_USERNAME).bind(canonical_username);
        let row = self.pool.fetch(Access::Repeatable, statement).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    pub(super) async fn record_last_used(
        &self,
        tokens: &[TokenDigest],
        not_since: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let statement = || {
            let digests: Vec<&[u8]> = tokens.iter().map(|token| &token.0[..]).collect();
            sqlx::query(RECORD_LAST_USED).bind(now()).bind(not_since).bind(digests)
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
        let row = self.pool.fetch_within(self.timeouts.ready, Access::Repeatable, || sqlx::query(READY.as_str())).await;
        health.after_read_check(&row);
        let row = row.map_err(|_| NotReady::Unavailable)?.ok_or(NotReady::Unavailable)?;
        row.try_get(0).map_err(|_| NotReady::Unavailable)
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

const RECORD_LAST_USED: &str = "UPDATE api_token SET last_used_at = $1 WHERE (last_used_at IS NULL OR last_used_at < $2) \
                                AND digest = ANY($3)";

/// Whether the database is read-only, which a standby always is, and a look at the customers. Every engine with
/// PostgreSQL's protocol knows the setting.
static READY: LazyLock<String> =
    LazyLock::new(|| format!("SELECT current_setting('transaction_read_only') = 'on', ({})", sql::ANY_CUSTOMER));

fn update_statement(update: &ProfileUpdate) -> Statement<'_> {
    let ProfileUpdate { token, columns, revision } = update;
    let mut query = sqlx::query(AssertSqlSafe(sql::updates(&[update]))).bind(now()).bind(&token.0[..]);
    for (_, value) in columns {
        query = query.bind(value.as_deref());
    }
    if let Some((id, version)) = *revision {
        query = query.bind(id).bind(version);
    }
    query
}
