//! The database's URL, its pools and their settings.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr,
    sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{
    ACQUIRE_TIMEOUT, Engine, LastUsedTracker, Store, Writer,
    pool::Pool,
    wal::{Checkpoints, WalState},
};

/// Reads beside the writer. On the machines that SQLite serves, a third one brought nothing.
const SQLITE_READERS: u32 = 2;
/// How long the writer keeps its connection for the next change. The last use of keys is written in between.
const KEEP_WRITER: Duration = Duration::from_millis(10);
/// How long SQLite waits for another process's write: a shop-profile command beside the server.
pub(super) const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// PostgreSQL ends a statement that takes longer; the request has been answered 503 by then.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// PostgreSQL connections for what is no request: the last use of keys, health, commands.
const POSTGRES_OTHERS: u32 = 2;

/// Where the database is. It may hold a password, so it is never printed whole.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Sqlite(String),
    Postgres(url::Url),
}

/// The URL names no database that shop-profile knows.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DatabaseUrlError {
    /// Neither `sqlite:` nor `postgres:`.
    #[error("unknown kind of database URL: expected sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE")]
    UnknownScheme,
    /// The right scheme, but no URL.
    #[error("malformed database URL")]
    Malformed,
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => {
                SqliteConnectOptions::from_str(text).map_err(|_| DatabaseUrlError::Malformed)?;
                Ok(Self(Kind::Sqlite(text.to_owned())))
            }
            Some("postgres" | "postgresql") => {
                let url: url::Url = text.parse().map_err(|_| DatabaseUrlError::Malformed)?;
                // `postgres:shop` would be taken for the default server.
                if url.cannot_be_a_base() { Err(DatabaseUrlError::Malformed) } else { Ok(Self(Kind::Postgres(url))) }
            }
            _ => Err(DatabaseUrlError::UnknownScheme),
        }
    }
}

impl DatabaseUrl {
    /// A SQLite database that nothing outlives: it is in memory and goes with the process.
    pub fn in_memory() -> Self {
        Self(Kind::Sqlite("sqlite::memory:".to_owned()))
    }

    /// Whether it names a PostgreSQL database; otherwise a SQLite database.
    pub fn is_postgres(&self) -> bool {
        matches!(self.0, Kind::Postgres(_))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Sqlite(url) => f.write_str(url),
            Kind::Postgres(url) => {
                write!(f, "{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

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

/// The database cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the database {url}")]
pub struct OpenError {
    url: DatabaseUrl,
    #[source]
    cause: DbErr,
}

impl Store {
    /// Connects. The schema is left as it is.
    pub async fn open(url: &DatabaseUrl, options: OpenOptions) -> Result<Self, OpenError> {
        let opened = match &url.0 {
            Kind::Sqlite(text) => open_sqlite(text, options.create).await,
            Kind::Postgres(address) => open_postgres(address.as_str(), options.connections).await,
        };
        opened.map_err(|cause| OpenError { url: url.clone(), cause })
    }
}

async fn open_sqlite(url: &str, create: bool) -> Result<Store, DbErr> {
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    if create && !in_memory {
        create_private_file(url);
    }
    // The writer's connection comes first: it turns the write-ahead log on.
    let write = Database::connect(sqlite_options(url, 1, |options| {
        options
            .journal_mode(SqliteJournalMode::Wal)
            // A change is answered when it has reached the disk, not before.
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", "0")
            // Some of them are sixteen statements (`writer`): a hundred such would take more memory than all else.
            .statement_cache_capacity(32)
    }))
    .await?;
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

/// Customer data is nobody else's. Where this fails, opening the database says what is wrong.
fn create_private_file(url: &str) {
    #[cfg(unix)]
    if let Ok(options) = SqliteConnectOptions::from_str(url) {
        use std::os::unix::fs::OpenOptionsExt;
        let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(options.get_filename());
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_printed() {
        let url: DatabaseUrl = "postgres://shop:secret@db.example/profiles?sslmode=require".parse().unwrap();
        assert_eq!(
            format!("{url} {url:?}"),
            "postgres://db.example/profiles DatabaseUrl(postgres://db.example/profiles)"
        );
    }

    #[test]
    fn a_url_that_nobody_knows_is_refused() {
        for (text, why) in [
            ("", DatabaseUrlError::UnknownScheme),
            ("shop.db", DatabaseUrlError::UnknownScheme),
            ("mysql://localhost/shop", DatabaseUrlError::UnknownScheme),
            ("postgres:", DatabaseUrlError::Malformed),
            ("sqlite://shop.db?mode=nonsense", DatabaseUrlError::Malformed),
        ] {
            assert_eq!(text.parse::<DatabaseUrl>(), Err(why), "{text:?}");
        }
    }
}
