//! A database of its own for each test: a SQLite file, or a database of a PostgreSQL server that all tests share.

use std::{
    env,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use shop_profile::store::{OpenOptions, Store, Timeouts};
use tempfile::TempDir;

use crate::{cluster::Cluster, pooler::Pooler};

/// The requests' connections of one store. A test needs few at a time, and many tests run at once.
pub const CONNECTIONS: u32 = 4;

/// An empty database, gone when it is dropped.
pub struct Database {
    url: String,
    place: Place,
}

enum Place {
    /// The file's folder.
    Sqlite {
        _folder: TempDir,
    },
    Postgres {
        name: String,
        direct_url: String,
    },
}

impl Database {
    /// A file that is not there yet.
    pub fn sqlite() -> Self {
        let folder = TempDir::with_prefix("shop-it-").unwrap();
        let url = format!("sqlite://{}", folder.path().join("shop.db").display());
        Self { url, place: Place::Sqlite { _folder: folder } }
    }

    /// An empty database; `None`, said once and aloud, when there is no PostgreSQL to be had.
    pub async fn postgres() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = server()?;
        let name = format!("shop_it_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        server.execute(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await;
        let direct_url = server.url(&name);
        Some(Self { url: server.pooled_url(&name), place: Place::Postgres { name, direct_url } })
    }

    /// Another empty database of the same kind.
    pub async fn another(&self) -> Self {
        match self.place {
            Place::Sqlite { .. } => Self::sqlite(),
            Place::Postgres { .. } => Self::postgres().await.expect("there is one already"),
        }
    }

    /// As `--database-url` takes it: by way of the pooler, where there is one.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Past any pooler: for a session with settings of its own.
    pub fn direct_url(&self) -> &str {
        match &self.place {
            Place::Sqlite { .. } => &self.url,
            Place::Postgres { direct_url, .. } => direct_url,
        }
    }

    /// Which kind it is.
    pub fn backend(&self) -> DbBackend {
        match self.place {
            Place::Sqlite { .. } => DbBackend::Sqlite,
            Place::Postgres { .. } => DbBackend::Postgres,
        }
    }

    /// Whether it is a PostgreSQL database.
    pub fn is_postgres(&self) -> bool {
        matches!(self.place, Place::Postgres { .. })
    }

    /// Whether a pooler is in front of it.
    pub fn is_pooled(&self) -> bool {
        self.url() != self.direct_url()
    }

    /// Whether that pooler is in transaction mode.
    pub fn shares_sessions(&self) -> bool {
        self.is_pooled() && env::var("TEST_POOLER").is_ok_and(|mode| mode == "transaction")
    }

    /// Its URL by way of this pooler.
    pub fn url_by(&self, pooler: &Pooler) -> String {
        match &self.place {
            Place::Sqlite { .. } => panic!("SQLite has no poolers"),
            Place::Postgres { name, .. } => pooler.url(name),
        }
    }

    /// A SQLite database of this URL.
    pub fn at(url: String, folder: TempDir) -> Self {
        Self { url, place: Place::Sqlite { _folder: folder } }
    }

    /// Opens it as the server does. The schema is left as it is.
    pub async fn open(&self) -> Store {
        self.open_with(Timeouts::default()).await
    }

    /// As `open`, with other timeouts.
    pub async fn open_with(&self, timeouts: Timeouts) -> Store {
        open_at(&self.url, timeouts).await
    }

    /// Whether a backup can be made by the database's own programs: `pg_dump` must be as new as the server. Said aloud when not.
    pub async fn can_dump(&self) -> bool {
        if !self.is_postgres() {
            return true;
        }
        let sql = "SELECT current_setting('server_version_num')::int / 10000 AS major";
        let db = connect(self.direct_url()).await;
        let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().unwrap();
        let server: i32 = row.try_get("", "major").unwrap();
        let output = std::process::Command::new("pg_dump").arg("--version").output();
        let told = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        let major = |word: &str| word.split('.').next()?.parse::<i32>().ok();
        let can = told.split_whitespace().find_map(major).is_some_and(|program| program >= server);
        if !can {
            crate::say(&format!("NOT RUN: backups of PostgreSQL {server}: pg_dump is {told:?}"));
        }
        can
    }

    /// A connection beside the server's, to look and to sabotage.
    pub async fn connect(&self) -> DatabaseConnection {
        let url = match self.place {
            Place::Sqlite { .. } if self.url.contains('?') => self.url.clone(),
            Place::Sqlite { .. } => format!("{}?mode=rwc", self.url),
            Place::Postgres { .. } => self.direct_url().to_owned(),
        };
        connect(&url).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Place::Postgres { name, .. } = &self.place else { return };
        let drop = format!("DROP DATABASE {name} WITH (FORCE)");
        // A thread of its own, for the test's runtime may be on its way out.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(server().expect("it made the database").execute(&drop));
        });
        // Not asserted: a second panic while a test fails would hide the first.
        let _ = dropped.join();
    }
}

/// Opens a store by another URL than the database's own.
pub async fn open_at(url: &str, timeouts: Timeouts) -> Store {
    let options = OpenOptions { connections: CONNECTIONS, timeouts, ..OpenOptions::default() };
    Store::open(&url.parse().unwrap(), options).await.unwrap()
}

/// The server that all tests of this process share.
enum Server {
    /// `TEST_POSTGRES_URL`: its user must be allowed to create databases.
    Given(url::Url),
    /// Started here.
    Own { cluster: Cluster, pooler: Option<Pooler> },
}

fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(find_server).as_ref()
}

/// A pooler of its own for a test, in front of the server that all tests share; `None` when that is not a private one.
pub fn start_pooler(mode: &str, sessions: u32) -> Option<Pooler> {
    match server()? {
        Server::Own { cluster, .. } => Pooler::start(cluster, mode, sessions),
        Server::Given(_) => None,
    }
}

fn find_server() -> Option<Server> {
    if let Ok(url) = env::var("TEST_POSTGRES_URL") {
        return Some(Server::Given(url.parse().expect("TEST_POSTGRES_URL is a URL")));
    }
    let own = |cluster| Server::Own { pooler: Pooler::from_environment(&cluster), cluster };
    let cluster = Cluster::start().map(own);
    if cluster.is_none() {
        let why = "PostgreSQL is not installed and TEST_POSTGRES_URL is not set";
        assert!(env::var("REQUIRE_POSTGRES").as_deref() != Ok("1"), "{why}, but REQUIRE_POSTGRES=1");
        crate::say(&format!("NOT RUN: the PostgreSQL half of the tests. {why}."));
    }
    cluster
}

impl Server {
    fn url(&self, database: &str) -> String {
        match self {
            Self::Own { cluster, .. } => cluster.url(database),
            Self::Given(url) => {
                let mut url = url.clone();
                url.set_path(database);
                url.into()
            }
        }
    }

    fn pooled_url(&self, database: &str) -> String {
        match self {
            Self::Own { pooler: Some(pooler), .. } => pooler.url(database),
            _ => self.url(database),
        }
    }

    async fn execute(&self, sql: &str) {
        let url = match self {
            Self::Own { cluster, .. } => cluster.url("postgres"),
            Self::Given(url) => url.to_string(),
        };
        let db = connect(&url).await;
        db.execute_unprepared(sql).await.unwrap();
        db.close().await.unwrap();
    }
}

/// One connection beside the server's, also by way of a pooler.
pub async fn connect(url: &str) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    // A pooler rejects the parameter that sqlx sends unasked.
    options.map_sqlx_postgres_opts(|options| options.extra_float_digits(None));
    sea_orm::Database::connect(options).await.unwrap()
}
