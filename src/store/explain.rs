//! Why a database failed, in one line for an operator: the cause, and what to do about it.
//!
//! The libraries' own texts repeat themselves, name lines of PostgreSQL's source and, for a pool, only say that time
//! ran out. Why a database cannot be opened is explained in `cannot_open`.

use std::{error::Error, sync::Arc};

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, sqlx};

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
