//! A database opened, or the reason why it cannot be.

use std::{sync::Arc, time::Duration};

use sea_orm::sqlx::{self, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

use super::{
    DatabaseUrl, Engine, OpenOptions, Opened, PreparedStatements, Store,
    cannot_open::{Reason, explain_postgres, explain_sqlite},
    django::{DjangoOptions, InspectError, inspect_django},
    explain::explain,
    health::Health,
    last_used::LastUsedTracker,
    layout::{Dialect, DjangoLayout, Layout, NativeLayout},
    postgres,
    rules::RulesSource,
    sql::Sql,
    sqlite, sqlite_file,
    url::{Kind, PostgresUrl, SqliteUrl},
};

/// The database cannot be opened: which one, why, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the database {url}: {reason}")]
pub struct OpenError {
    url: DatabaseUrl,
    reason: Reason,
}

impl OpenError {
    pub(super) fn new(url: &DatabaseUrl, reason: impl Into<Reason>) -> Self {
        Self { url: url.clone(), reason: reason.into() }
    }

    /// Whether the reason may pass by itself: the database's server is not there yet, or is starting.
    pub fn is_temporary(&self) -> bool {
        self.reason.is_temporary
    }
}

impl Store {
    /// Connects. The schema is left as it is.
    ///
    /// # Errors
    /// The SQLite file is missing or cannot be used, or PostgreSQL cannot be connected to within
    /// [`Timeouts::acquire`](super::Timeouts::acquire).
    pub async fn open(url: &DatabaseUrl, options: OpenOptions) -> Result<Self, OpenError> {
        let layout = Layout::Native(Box::new(NativeLayout::of_entities()));
        let mut store = Self::open_layout(url, options, layout, RulesSource::Native).await?;
        store.last_used = Some(LastUsedTracker::start(&store.engine));
        Ok(store)
    }

    /// Connects to the database of a Django shop and finds its tables. The operations of requests work on them; those of
    /// operators do not.
    ///
    /// # Errors
    /// As [`Self::open`]; or the tables are not there, or are none that can be served.
    pub async fn open_django(
        url: &DatabaseUrl,
        options: OpenOptions,
        django: &DjangoOptions,
    ) -> Result<Self, OpenError> {
        let options = OpenOptions { create: false, ..options };
        let shop = inspect_django(url, django).await.map_err(|error| match error {
            InspectError::Open(error) => error,
            error => OpenError::new(url, explain(&error)),
        })?;
        let dialect = if url.is_postgres() { Dialect::Postgres } else { Dialect::Sqlite };
        let layout = DjangoLayout::new(shop, dialect, django);
        let rules = RulesSource::django(url, django, layout.rules(&layout.shop));
        Self::open_layout(url, options, Layout::Django(Box::new(layout)), rules).await
    }

    async fn open_layout(
        url: &DatabaseUrl,
        options: OpenOptions,
        layout: Layout,
        rules: RulesSource,
    ) -> Result<Self, OpenError> {
        let sql = Arc::new(Sql::new(layout));
        let metrics = options.metrics.clone();
        let opened = match &url.0 {
            Kind::Sqlite(sqlite) => open_sqlite(sqlite, sql.clone(), options).await,
            Kind::Postgres(postgres) => open_postgres(postgres, sql.clone(), options).await,
        };
        let Opened { engine, read, write } = opened.map_err(|reason| OpenError::new(url, reason))?;
        let health = Health::new(metrics.failures.clone());
        Ok(Self { engine: Arc::new(engine), sql, rules, read, write, last_used: None, health, metrics })
    }
}

/// Opens a SQLite database, or says why it cannot, for an operator.
async fn open_sqlite(url: &SqliteUrl, sql: Arc<Sql>, options: OpenOptions) -> Result<Opened, Reason> {
    sqlite_file::prepare(url, options.create)?;
    let opened = match options.look_only {
        true => sqlite::open_to_look(url, sql, options).await,
        false => sqlite::open(url, sql, options).await,
    };
    let sqlite::Opened { requests, read, write } = opened.map_err(|error| explain_sqlite(url, &error))?;
    Ok(Opened { engine: Engine::Sqlite(requests), read, write })
}

/// Opens a PostgreSQL database, or says why it cannot, for an operator.
async fn open_postgres(url: &PostgresUrl, sql: Arc<Sql>, options: OpenOptions) -> Result<Opened, Reason> {
    let mut connection = connect_once(url, options.timeouts.acquire).await?;
    let are_shared = match url.prepared_statements {
        PreparedStatements::On => false,
        PreparedStatements::Off => true,
        PreparedStatements::Auto => are_sessions_shared(&mut connection, url, options.timeouts.response).await?,
    };
    if are_shared && url.prepared_statements == PreparedStatements::Auto {
        tracing::debug!("PostgreSQL is behind a pooler in transaction mode: prepared statements are off");
    }
    // The connection has served its purpose, however it ends.
    let _ = connection.close().await;
    let sessions = postgres::Sessions::new(url.prepared_statements, are_shared, &options.timeouts);
    let opened = postgres::open(&url.text, sql, options, sessions).await;
    let postgres::Opened { requests, db } = opened.map_err(|error| explain(&error))?;
    Ok(Opened { engine: Engine::Postgres(requests), read: db.clone(), write: db })
}

/// Connects once without a pool, which would hide the reason of a failure behind a timeout.
pub(super) async fn connect_once(url: &PostgresUrl, timeout: Duration) -> Result<PgConnection, Reason> {
    within(timeout, url, connect_options(url)?.connect()).await
}

async fn are_sessions_shared(
    connection: &mut PgConnection,
    url: &PostgresUrl,
    timeout: Duration,
) -> Result<bool, Reason> {
    within(timeout, url, postgres::are_shared(connection, &connect_options(url)?)).await
}

fn connect_options(url: &PostgresUrl) -> Result<PgConnectOptions, Reason> {
    url.text.parse().map(postgres::acceptable).map_err(|error| explain_postgres(url, &error))
}

async fn within<T>(
    timeout: Duration,
    url: &PostgresUrl,
    work: impl Future<Output = sqlx::Result<T>>,
) -> Result<T, Reason> {
    match tokio::time::timeout(timeout, work).await {
        Ok(result) => result.map_err(|error| explain_postgres(url, &error)),
        Err(_) => Err(Reason::temporary(format!("{} did not answer within {timeout:?}", url.server))),
    }
}
