//! The database's URL, its pools and their settings.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use sea_orm::{ConnectOptions, DbErr, sqlx::sqlite::SqliteConnectOptions};

use super::{Engine, LastUsedTracker, Store, health::Health, postgres, sqlite};

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
    /// How long the database may take.
    pub timeouts: Timeouts,
}

/// How long the database may take. The defaults are for operation, others for tests.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// How long a request waits for a free connection, and a new connection for the server. 3 s.
    pub acquire: Duration,
    /// PostgreSQL: how long a statement may take, by the server's clock (`statement_timeout`). 10 s.
    pub statement: Duration,
    /// PostgreSQL: how long a request's statement waits for another transaction's lock (`lock_timeout`). Well below
    /// `statement`, so that one customer's locked row does not hold all connections. 1 s.
    pub lock: Duration,
    /// PostgreSQL: how long a request waits for its connection and its statement together. A little above `statement`:
    /// a server that has vanished does not end a statement. 12 s.
    pub response: Duration,
    /// PostgreSQL: a connection that was idle for longer is asked whether it still lives before it carries a statement.
    /// 2 s.
    pub idle: Duration,
    /// SQLite: how long a write waits for another process that writes (a shop-profile command beside the server). 5 s.
    pub busy: Duration,
    /// How long [`Store::check_ready`] may take. 1 s.
    pub ready: Duration,
    /// How long every write must have failed before the server is not ready. 5 s.
    pub failing: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            acquire: Duration::from_secs(3),
            statement: Duration::from_secs(10),
            lock: Duration::from_secs(1),
            response: Duration::from_secs(12),
            idle: Duration::from_secs(2),
            busy: Duration::from_secs(5),
            ready: Duration::from_secs(1),
            failing: Duration::from_secs(5),
        }
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { connections: 16, create: true, timeouts: Timeouts::default() }
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
            Kind::Sqlite(text) => open_sqlite(text, options).await,
            Kind::Postgres(address) => open_postgres(address.as_str(), options).await,
        };
        opened.map_err(|cause| OpenError { url: url.clone(), cause })
    }
}

async fn open_sqlite(url: &str, options: OpenOptions) -> Result<Store, DbErr> {
    if options.create && !sqlite::is_in_memory(url) {
        create_private_file(url);
    }
    let sqlite::Opened { requests, read, write } = sqlite::open(url, options.timeouts).await?;
    let engine = Arc::new(Engine::Sqlite(requests));
    let last_used = LastUsedTracker::start(&engine);
    Ok(Store { engine, read, write, last_used, health: Health::default() })
}

/// Customer data is nobody else's. Where this fails, opening the database says what is wrong.
fn create_private_file(url: &str) {
    #[cfg(unix)]
    if let Ok(options) = SqliteConnectOptions::from_str(url) {
        use std::os::unix::fs::OpenOptionsExt;
        let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(options.get_filename());
    }
}

async fn open_postgres(url: &str, options: OpenOptions) -> Result<Store, DbErr> {
    let postgres::Opened { requests, db } = postgres::open(url, options.connections, options.timeouts).await?;
    let engine = Arc::new(Engine::Postgres(requests));
    let last_used = LastUsedTracker::start(&engine);
    Ok(Store { engine, read: db.clone(), write: db, last_used, health: Health::default() })
}

pub(super) fn invalid(error: &deadpool::managed::BuildError) -> DbErr {
    DbErr::Custom(error.to_string())
}

pub(super) fn common_options(url: &str, connections: u32, timeouts: &Timeouts) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(timeouts.acquire)
        .connect_timeout(timeouts.acquire)
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
