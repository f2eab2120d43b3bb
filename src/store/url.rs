//! The URL that names a database. It may hold a password, so no message ever contains the text that was given.

use std::{fmt, net::IpAddr, path::PathBuf, str::FromStr};

use sea_orm::sqlx::{
    postgres::{PgConnectOptions, PgSslMode},
    sqlite::SqliteConnectOptions,
};

use super::PreparedStatements;

/// The parameters that sqlx reads from a PostgreSQL URL, and `options[NAME]`. It logs any other with its value.
const POSTGRES_PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(pub(super) Kind);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Sqlite(SqliteUrl),
    Postgres(PostgresUrl),
}

/// A SQLite database.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SqliteUrl {
    /// As sqlx reads it.
    pub(super) text: String,
    /// The file; `None` for a database in memory.
    pub(super) file: Option<PathBuf>,
    /// Whether the URL allows SQLite to create the file.
    pub(super) may_create: bool,
}

/// A PostgreSQL database.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PostgresUrl {
    /// As sqlx reads it, password included.
    pub(super) text: String,
    /// `HOST:PORT`, or the folder of the server's socket.
    pub(super) server: String,
    /// The database's name; `None` for the one that is called like the user.
    pub(super) database: Option<String>,
    /// What is known about what is in front of it.
    pub(super) prepared_statements: PreparedStatements,
}

/// The URL names no database that shop-profile knows.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum DatabaseUrlError {
    /// Neither `sqlite:` nor `postgres:`.
    #[error("unknown kind of database URL: expected sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE")]
    UnknownScheme,
    /// `sqlite:`, but not a URL of a SQLite database.
    #[error("malformed database URL: expected sqlite://FILE; in FILE percent-encode ? as %3F, # as %23 and % as %25")]
    MalformedSqlite,
    /// `postgres:`, but not a URL of a PostgreSQL database.
    #[error(
        "malformed database URL: expected postgres://USER:PASSWORD@HOST:PORT/DATABASE; percent-encode special \
         characters in USER and PASSWORD: @ as %40, / as %2F, # as %23, ? as %3F, : as %3A, % as %25"
    )]
    MalformedPostgres,
    /// A parameter that does not exist. Its value, perhaps a password under a mistyped name, is not shown.
    #[error("the database URL has the unknown parameter {0:?}")]
    UnknownParameter(String),
    /// A parameter whose value cannot be read.
    #[error("the database URL's parameter {0:?} has a wrong value: expected {1}")]
    WrongParameter(String, &'static str),
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => parse_sqlite(text).map(Kind::Sqlite).map(Self),
            Some("postgres" | "postgresql") => parse_postgres(text).map(Kind::Postgres).map(Self),
            _ => Err(DatabaseUrlError::UnknownScheme),
        }
    }
}

impl DatabaseUrl {
    /// A SQLite database in memory: it ends with the process.
    pub fn in_memory() -> Self {
        Self(Kind::Sqlite(SqliteUrl { text: "sqlite::memory:".to_owned(), file: None, may_create: false }))
    }

    /// The same database, with another choice of prepared statements. SQLite needs none.
    #[must_use]
    pub fn with_prepared_statements(mut self, choice: PreparedStatements) -> Self {
        if let Kind::Postgres(url) = &mut self.0 {
            url.prepared_statements = choice;
        }
        self
    }

    /// Whether it names a PostgreSQL database; otherwise a SQLite database.
    pub fn is_postgres(&self) -> bool {
        matches!(self.0, Kind::Postgres(_))
    }
}

fn parse_sqlite(text: &str) -> Result<SqliteUrl, DatabaseUrlError> {
    let malformed = DatabaseUrlError::MalformedSqlite;
    let place = text.trim_start_matches("sqlite:").trim_start_matches("//");
    let (path, parameters) = place.split_once('?').unwrap_or((place, ""));
    if path == ":memory:" && parameters.is_empty() {
        let DatabaseUrl(Kind::Sqlite(url)) = DatabaseUrl::in_memory() else { return Err(malformed) };
        return Ok(url);
    }
    // SeaORM wants what is a URL to the `url` crate too.
    let (Ok(options), Ok(_)) = (SqliteConnectOptions::from_str(text), url::Url::parse(text)) else {
        return Err(malformed);
    };
    if path.is_empty() {
        return Err(malformed);
    }
    let mode = url::form_urlencoded::parse(parameters.as_bytes()).find(|(name, _)| name == "mode");
    let mode = mode.map(|(_, mode)| mode.into_owned());
    let in_memory = mode.as_deref() == Some("memory");
    Ok(SqliteUrl {
        text: text.to_owned(),
        file: (!in_memory).then(|| options.get_filename().to_owned()),
        may_create: matches!(mode.as_deref(), None | Some("rwc")),
    })
}

fn parse_postgres(text: &str) -> Result<PostgresUrl, DatabaseUrlError> {
    let malformed = DatabaseUrlError::MalformedPostgres;
    let Ok(url) = text.parse::<url::Url>() else { return Err(malformed) };
    // What follows an `@`, `/`, `?` or `#` of a password is not the host, whatever the parser makes of it.
    let (_, place) = text.split_once(':').unwrap_or_default();
    let Some(place) = place.strip_prefix("//") else { return Err(malformed) };
    let authority = place.split(['/', '?', '#']).next().unwrap_or_default();
    let is_one_segment = !url.path().trim_start_matches('/').contains('/');
    if place[authority.len()..].contains('@') || url.fragment().is_some() || !is_one_segment {
        return Err(malformed);
    }
    for (name, value) in url.query_pairs() {
        check_parameter(&name, &value)?;
    }
    let Ok(options) = text.parse::<PgConnectOptions>() else { return Err(malformed) };
    let server = match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let database = options.get_database().map(str::to_owned);
    Ok(PostgresUrl { text: text.to_owned(), server, database, prepared_statements: PreparedStatements::Auto })
}

fn check_parameter(name: &str, value: &str) -> Result<(), DatabaseUrlError> {
    let is_setting = name.starts_with("options[") && name.ends_with(']');
    if !is_setting && !POSTGRES_PARAMETERS.contains(&name) {
        // A part of a password is no parameter's name, most of the time.
        let looks_like_a_name = name.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'));
        return Err(if looks_like_a_name && (1..=40).contains(&name.len()) {
            DatabaseUrlError::UnknownParameter(name.to_owned())
        } else {
            DatabaseUrlError::MalformedPostgres
        });
    }
    let expected = match name {
        "sslmode" | "ssl-mode" if value.parse::<PgSslMode>().is_err() => {
            "disable, allow, prefer, require, verify-ca or verify-full"
        }
        "port" if value.parse::<u16>().is_err() => "a port number",
        "hostaddr" if value.parse::<IpAddr>().is_err() => "an IP address",
        "statement-cache-capacity" if value.parse::<usize>().is_err() => "a number",
        _ => return Ok(()),
    };
    Err(DatabaseUrlError::WrongParameter(name.to_owned(), expected))
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Sqlite(url) => f.write_str(&url.text),
            Kind::Postgres(url) => {
                write!(f, "postgres://{}/{}", url.server, url.database.as_deref().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests;
