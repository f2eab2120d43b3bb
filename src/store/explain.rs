//! Why a database failed, in one line for an operator: the cause, and what to do about it.
//!
//! The libraries' own texts repeat themselves, name lines of PostgreSQL's source and, for a pool, only say that time
//! ran out. SQLite has one error for a file that is missing, forbidden or a folder.

use std::{error::Error, fs, io, path::Path, sync::Arc};

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, sqlx};

use super::url::{PostgresUrl, SqliteUrl};

/// The error and its causes in one line. Nothing is said twice.
pub fn explain(error: &(dyn Error + 'static)) -> String {
    if let Some(error) = error.downcast_ref::<Arc<DbErr>>() {
        return explain_db_error(error);
    }
    if let Some(error) = error.downcast_ref::<DbErr>() {
        return explain_db_error(error);
    }
    if let Some(error) = error.downcast_ref::<sqlx::Error>() {
        return explain_sqlx_error(error);
    }
    let text = error.to_string();
    match error.source().map(explain) {
        Some(cause) if !text.contains(&cause) => format!("{text}: {cause}"),
        _ => text,
    }
}

fn explain_db_error(error: &DbErr) -> String {
    match (sqlx_error(error), error) {
        (Some(error), _) => explain_sqlx_error(error),
        (None, DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)) => "no connection within the time limit".to_owned(),
        (None, DbErr::Custom(text)) => text.clone(),
        (None, error) => error.to_string(),
    }
}

fn explain_sqlx_error(error: &sqlx::Error) -> String {
    match error {
        // Its own text adds the line of PostgreSQL's source.
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

pub(super) fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// The SQLSTATE, or SQLite's extended result code.
pub(super) fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

/// Why PostgreSQL cannot be connected to.
pub(super) fn explain_postgres(url: &PostgresUrl, error: &sqlx::Error) -> String {
    let server = &url.server;
    let message = explain_sqlx_error(error);
    let remedy = match error {
        sqlx::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            return format!("{server} refused the connection: is PostgreSQL running, and is this its port?");
        }
        sqlx::Error::Io(error) if error.kind() == io::ErrorKind::NotFound => {
            return format!("there is no PostgreSQL socket in {server}: is PostgreSQL running?");
        }
        sqlx::Error::Io(_) if message.starts_with("failed to lookup address") => {
            return format!("the host of {server} is unknown");
        }
        sqlx::Error::Database(_) => match code(error).as_deref() {
            Some("28P01") => "check user and password in the database URL",
            Some("3D000") => "create it, or name another in the database URL",
            Some("57P03") => "try again in a moment",
            Some("53300") => "raise PostgreSQL's max_connections, or lower --database-connections",
            Some("42501") => "grant the role this right",
            // PgBouncer has one code for all that it rejects.
            Some("08P01") if message.contains("startup parameter") => {
                "a pooler takes no settings from the database URL: remove them there, and give them to the role (ALTER \
                 ROLE .. SET ..)"
            }
            _ => return message,
        },
        _ => return message,
    };
    format!("{message}: {remedy}")
}

/// Why SQLite cannot open the file.
pub(super) fn explain_sqlite(url: &SqliteUrl, error: &DbErr) -> String {
    let code = sqlx_error(error).and_then(code).and_then(|code| code.parse::<u32>().ok());
    let (Some(file), Some(code)) = (&url.file, code) else { return explain_db_error(error) };
    let path = std::path::absolute(file).unwrap_or_else(|_| file.clone());
    let shown = path.display();
    // The low byte of an extended code is the primary code: <https://sqlite.org/rescode.html>.
    match code & 0xff {
        5 | 6 => "another process keeps it locked".to_owned(),
        8 => format!("{shown} is read-only: shop-profile needs to write to it"),
        14 => explain_cannot_open(&path),
        26 => format!("{shown} is not a SQLite database"),
        _ => explain_db_error(error),
    }
}

/// Why a file that exists, or should, cannot be opened. It is not opened to find out: when a process closes a file, it
/// loses the locks that SQLite holds on it elsewhere in the process.
pub(super) fn explain_cannot_open(path: &Path) -> String {
    let shown = path.display();
    let folder = path.parent().unwrap_or(Path::new("/"));
    match fs::metadata(path) {
        Ok(file) if file.is_dir() => format!("{shown} is a folder"),
        Ok(_) => format!("no permission to open {shown}, or the -wal and -shm files beside it"),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => format!("no permission to open {shown}"),
        Err(_) if !folder.exists() => format!("the folder {} does not exist", folder.display()),
        Err(_) => format!(
            "{shown} does not exist: `shop-profile migrate` creates it, and --database-url or DATABASE_URL names another"
        ),
    }
}

/// Why the schema cannot be changed.
pub(super) fn explain_migration(error: &DbErr) -> String {
    let message = explain_db_error(error);
    let remedy = match sqlx_error(error).and_then(code).as_deref() {
        // Without CREATE on a schema of the search path, PostgreSQL says that no schema has been selected.
        Some("42501" | "3F000") => {
            "the role needs the right CREATE on the schema; run `shop-profile migrate` as a role that has it, and \
             `shop-profile serve --no-migrate` as this one"
        }
        Some("25006") => "run `shop-profile migrate` on the primary",
        _ => return message,
    };
    format!("{message}: {remedy}")
}
