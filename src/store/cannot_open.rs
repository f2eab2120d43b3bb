//! Why a database cannot be opened, in one line for an operator: the cause, and what to do about it.
//!
//! SQLite has one error for a file that is missing, forbidden or a folder. PostgreSQL's driver has texts for programmers.

use std::{
    fmt, fs,
    io::{self, ErrorKind},
    path::Path,
};

use sea_orm::{DbErr, sqlx};

use super::{
    explain::{code, explain, sqlx_error},
    url::{PostgresUrl, SqliteUrl},
};

const CREATE_ROLE: &str = "create it, or name another in the database URL";
const CREATE_DATABASE: &str =
    "create it (createdb, or CREATE DATABASE) and run `shop-profile migrate`, or name another in the database URL";
const NAME_DATABASE: &str =
    "the database URL names none, and this is the user's name: write postgres://USER:PASSWORD@HOST/DATABASE";
const CHECK_TLS: &str = "check sslmode, sslrootcert, sslcert and sslkey in the database URL";

/// Why a database cannot be opened.
#[derive(Debug)]
pub(super) struct Reason {
    text: String,
    /// Whether it passes by itself once the database's server has started.
    pub(super) is_temporary: bool,
}

impl Reason {
    pub(super) fn temporary(text: String) -> Self {
        Self { text, is_temporary: true }
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self { text, is_temporary: false }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why PostgreSQL cannot be connected to.
pub(super) fn explain_postgres(url: &PostgresUrl, error: &sqlx::Error) -> Reason {
    let server = &url.server;
    match error {
        sqlx::Error::Io(error) => explain_io(server, error),
        sqlx::Error::Tls(error) if error.to_string() == "server does not support TLS" => {
            format!("{server} offers no TLS, which sslmode in the database URL asks for: turn it on there (ssl = on)")
                .into()
        }
        sqlx::Error::Tls(error) => format!("TLS with {server} failed: {error}: {CHECK_TLS}").into(),
        sqlx::Error::Protocol(_) => {
            format!("{server} does not speak PostgreSQL's protocol: is this PostgreSQL's port?").into()
        }
        sqlx::Error::Database(_) => explain_rejection(url, error),
        error => explain(error).into(),
    }
}

fn explain_io(server: &str, error: &io::Error) -> Reason {
    let text = error.to_string();
    match error.kind() {
        ErrorKind::ConnectionRefused => {
            Reason::temporary(format!("{server} refused the connection: is PostgreSQL running, and is this its port?"))
        }
        ErrorKind::NotFound if server.starts_with('/') => {
            Reason::temporary(format!("there is no PostgreSQL socket in {server}: is PostgreSQL running?"))
        }
        ErrorKind::NotFound => format!("a file of TLS does not exist: {CHECK_TLS}").into(),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::UnexpectedEof => {
            Reason::temporary(format!("{server} closed the connection: is PostgreSQL starting, and is this its port?"))
        }
        // What is wrong with a certificate is an error of this kind, too.
        ErrorKind::InvalidData => format!("TLS with {server} failed: {text}: {CHECK_TLS}").into(),
        _ if text.starts_with("failed to lookup address") => {
            Reason::temporary(format!("the host of {server} is unknown: check it in the database URL"))
        }
        ErrorKind::PermissionDenied => format!("no permission to connect to {server}").into(),
        _ => Reason::temporary(format!("{server} cannot be reached: {text}")),
    }
}

/// PostgreSQL or a pooler has answered, and rejects the connection.
fn explain_rejection(url: &PostgresUrl, error: &sqlx::Error) -> Reason {
    let message = explain(error);
    let missing = if url.database.is_some() { CREATE_DATABASE } else { NAME_DATABASE };
    let remedy = match code(error).as_deref() {
        Some("57P03") => return Reason::temporary(format!("{message}: try again in a moment")),
        Some("28P01") => "check user and password in the database URL",
        Some("28000") if message.starts_with("no pg_hba.conf entry") => "allow it in the server's pg_hba.conf",
        Some("28000") if message.ends_with(" does not exist") => CREATE_ROLE,
        Some("3D000") => missing,
        Some("53300") => "raise PostgreSQL's max_connections, or lower --database-connections",
        Some("42501") => "grant the role the right CONNECT on this database",
        // PgBouncer has one code for all that it rejects.
        Some("08P01") if message.starts_with("database ") && message.ends_with(" does not exist") => missing,
        Some("08P01") if message.contains("startup parameter") => {
            "a pooler takes no settings from the database URL: remove them there, and give them to the role (ALTER \
             ROLE .. SET ..)"
        }
        _ => return message.into(),
    };
    format!("{message}: {remedy}").into()
}

/// Why SQLite cannot open the file.
pub(super) fn explain_sqlite(url: &SqliteUrl, error: &DbErr) -> String {
    let code = sqlx_error(error).and_then(code).and_then(|code| code.parse::<u32>().ok());
    let (Some(file), Some(code)) = (&url.file, code) else { return explain(error) };
    let path = std::path::absolute(file).unwrap_or_else(|_| file.clone());
    let shown = path.display();
    // The low byte of an extended code is the primary code: <https://sqlite.org/rescode.html>.
    match code & 0xff {
        5 | 6 => format!("another process keeps {shown} locked: try again, or end that process"),
        8 => format!("{shown} is read-only: shop-profile needs to write to it"),
        13 => format!("the disk of {shown} is full"),
        14 => explain_cannot_open(&path),
        26 => format!("{shown} is not a SQLite database"),
        _ => format!("{shown}: {}", explain(error)),
    }
}

/// Why a file that exists, or should, cannot be opened. It is not opened to find out: when a process closes a file, it
/// loses the locks that SQLite holds on it elsewhere in the process.
pub(super) fn explain_cannot_open(path: &Path) -> String {
    let shown = path.display();
    let folder = path.parent().unwrap_or(Path::new("/"));
    match fs::metadata(path) {
        Ok(file) if file.is_dir() => format!("{shown} is a folder: name a file in the database URL"),
        Ok(_) => format!("no permission to open {shown}, or the -wal and -shm files beside it"),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => format!("no permission to open {shown}"),
        Err(_) if !folder.exists() => format!("the folder {} does not exist: create it", folder.display()),
        Err(_) => format!(
            "{shown} does not exist: `shop-profile migrate` creates it, and --database-url or DATABASE_URL names another"
        ),
    }
}
