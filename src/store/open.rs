//! A database opened: its pools and their settings.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr,
    sqlx::{
        ConnectOptions as _, Connection,
        postgres::PgConnectOptions,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

use super::{
    ACQUIRE_TIMEOUT, DatabaseUrl, Engine, LastUsedTracker, Store, Writer,
    explain::{code, explain, explain_postgres, explain_sqlite, sqlx_error},
    pool::Pool,
    sqlite_file,
    url::{Kind, PostgresUrl, SqliteUrl},
    wal::{Checkpoints, WalState},
};

/// Reads beside the writer. On the machines that SQLite serves, a third one brought nothing.
const SQLITE_READERS: u32 = 2;
/// How long the writer keeps its connection for the next change. The last use of keys is written in between.
const KEEP_WRITER: Duration = Duration::from_millis(10);
/// How long SQLite waits for another process's write: a shop-profile command beside the server.
pub(super) const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two attempts to turn the WAL on.
const SQLITE_RETRY_PAUSE: Duration = Duration::from_millis(20);
/// PostgreSQL ends a statement that takes longer; the request has been answered 503 by then.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// PostgreSQL connections for what is no request: the last use of keys, health, commands.
const POSTGRES_OTHERS: u32 = 2;

/// How to open a database.
#[derive(Clone, Copy, Debug)]
pub struct OpenOptions {
    /// PostgreSQL: the most connections for requests; two more are for everything else. SQLite needs no choice.
    pub connections: u32,
    /// SQLite: whether a file that is not there is created, readable by its owner alone.
    pub create: bool,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { connections: 16, create: true }
    }
}

/// The database cannot be opened: which one, why, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the database {url}: {reason}")]
pub struct OpenError {
    url: DatabaseUrl,
    reason: String,
}

impl Store {
    /// Connects. The schema is left as it is.
    ///
    /// # Errors
    /// The SQLite file is missing or cannot be used, or PostgreSQL cannot be connected to within
    /// [`ACQUIRE_TIMEOUT`](super::ACQUIRE_TIMEOUT).
    pub async fn open(url: &DatabaseUrl, options: OpenOptions) -> Result<Self, OpenError> {
        let opened = match &url.0 {
            Kind::Sqlite(sqlite) => match sqlite_file::prepare(sqlite, options.create) {
                Ok(()) => open_sqlite(sqlite).await.map_err(|error| explain_sqlite(sqlite, &error)),
                Err(reason) => Err(reason),
            },
            Kind::Postgres(postgres) => match connect_once(postgres).await {
                Ok(()) => open_postgres(&postgres.text, options.connections).await.map_err(|error| explain(&error)),
                Err(reason) => Err(reason),
            },
        };
        opened.map_err(|reason| OpenError { url: url.clone(), reason })
    }
}

async fn open_sqlite(url: &SqliteUrl) -> Result<Store, DbErr> {
    let in_memory = url.file.is_none();
    let url = url.text.as_str();
    // The writer's connection comes first: it turns the WAL on.
    let write = connect_writer(url).await?;
    let pressure = Arc::new(WalState::default());
    let pool = write.get_sqlite_connection_pool().clone();
    let (requests, read, checkpoints) = if in_memory {
        (Engine::Memory(pool.clone(), Writer::start(pool, pressure, Duration::ZERO)), write.clone(), None)
    } else {
        let read = sqlite_options(url, 1, |options| options.pragma("query_only", "ON"));
        let read = Database::connect(read).await?;
        let settings = read.get_sqlite_connection_pool().connect_options();
        let readers = Pool::new(settings.as_ref().clone(), SQLITE_READERS).map_err(|error| invalid(&error))?;
        let checkpoints = Database::connect(sqlite_options(url, 1, |options| options)).await?;
        let writer = Writer::start(pool, pressure.clone(), KEEP_WRITER);
        (Engine::Sqlite(readers, writer), read, Some(Checkpoints::start(checkpoints, pressure)))
    };
    Ok(Store { requests, last_used: LastUsedTracker::start(write.clone()), checkpoints, read, write })
}

fn sqlite_options(
    url: &str,
    connections: u32,
    settings: impl Fn(SqliteConnectOptions) -> SqliteConnectOptions + Send + Sync + 'static,
) -> ConnectOptions {
    let mut options = common_options(url, connections);
    options.map_sqlx_sqlite_opts(move |options| settings(options.busy_timeout(SQLITE_BUSY_TIMEOUT)));
    // A file does not hang up.
    options.test_before_acquire(false).idle_timeout(None).max_lifetime(None);
    options
}

/// Opens the writer's connection. SQLite does not wait for another process that holds a lock while the WAL is turned
/// on, so servers that start together on a new file try again.
async fn connect_writer(url: &str) -> Result<DatabaseConnection, DbErr> {
    let start = Instant::now();
    loop {
        let connected = Database::connect(sqlite_options(url, 1, |options| {
            options
                .journal_mode(SqliteJournalMode::Wal)
                // A change is answered when it has reached the disk, not before.
                .synchronous(SqliteSynchronous::Full)
                .pragma("wal_autocheckpoint", "0")
                // Some of them are sixteen statements (`writer`): a hundred such would take more memory than all else.
                .statement_cache_capacity(32)
        }))
        .await;
        match connected {
            Err(error) if is_locked(&error) && start.elapsed() < SQLITE_BUSY_TIMEOUT => {
                tokio::time::sleep(SQLITE_RETRY_PAUSE).await;
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

/// Connects once without a pool, which would hide the reason of a failure behind a timeout.
async fn connect_once(url: &PostgresUrl) -> Result<(), String> {
    let options: PgConnectOptions = url.text.parse().map_err(|error| explain_postgres(url, &error))?;
    let connection = match tokio::time::timeout(ACQUIRE_TIMEOUT, options.connect()).await {
        Ok(connected) => connected.map_err(|error| explain_postgres(url, &error))?,
        Err(_) => return Err(format!("{} did not answer within {ACQUIRE_TIMEOUT:?}", url.server)),
    };
    // The connection has served its purpose, however it ends.
    let _ = connection.close().await;
    Ok(())
}

async fn open_postgres(url: &str, connections: u32) -> Result<Store, DbErr> {
    let mut options = common_options(url, POSTGRES_OTHERS);
    options.set_application_name("shop-profile").statement_timeout(STATEMENT_TIMEOUT);
    let db: DatabaseConnection = Database::connect(options).await?;
    let settings = db.get_postgres_connection_pool().connect_options();
    let requests = Pool::new(settings.as_ref().clone(), connections.max(1)).map_err(|error| invalid(&error))?;
    Ok(Store {
        requests: Engine::Postgres(requests),
        last_used: LastUsedTracker::start(db.clone()),
        checkpoints: None,
        read: db.clone(),
        write: db,
    })
}

fn invalid(error: &deadpool::managed::BuildError) -> DbErr {
    DbErr::Custom(error.to_string())
}

fn common_options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_timeout(ACQUIRE_TIMEOUT)
        // Statements carry personal data: they are not logged.
        .sqlx_logging(false);
    options
}
