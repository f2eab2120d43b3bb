//! What can go wrong in the store, sorted by what the caller can do about it.

use std::sync::Arc;

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlErr, sqlx};

/// A failed statement. Its text is for the log.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique index says no.
    #[error("a unique value is taken")]
    Unique(#[source] Arc<DbErr>),
    /// The database cannot be reached or is overloaded: worth another try.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Arc<DbErr>),
    /// Too many writes are waiting, or too many rivals changed the same row: worth another try.
    #[error("too many writes are waiting")]
    Busy,
    /// The store is closing.
    #[error("the store is closing")]
    Stopped,
    /// Anything else: a bug, a damaged or foreign database.
    #[error("the database failed")]
    Database(#[source] Arc<DbErr>),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            return Self::Unique(Arc::new(error));
        }
        let unavailable = match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
            DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
                is_unavailable(cause)
            }
            _ => false,
        };
        if unavailable { Self::Unavailable(Arc::new(error)) } else { Self::Database(Arc::new(error)) }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::from(match error {
            sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
            sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
            error => DbErr::Query(RuntimeErr::SqlxError(error.into())),
        })
    }
}

fn is_unavailable(cause: &sqlx::Error) -> bool {
    match cause {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_unavailable_code(&code)),
        _ => false,
    }
}

/// SQLSTATE of PostgreSQL (five characters), or SQLite's extended result code.
fn is_unavailable_code(code: &str) -> bool {
    // A SQLSTATE has five characters, also where all of them are digits; SQLite's codes have at most four.
    match code.parse::<u32>() {
        // SQLITE_BUSY and SQLITE_LOCKED are the low byte of several extended codes.
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6),
        // Connection exceptions; insufficient resources; operator intervention; serialization failure, deadlock.
        _ => ["08", "53", "57"].iter().any(|class| code.starts_with(class)) || is_rolled_back_code(code),
    }
}

/// The database itself took the statement back, so that it may be sent again.
fn is_rolled_back_code(code: &str) -> bool {
    // Serialization failure and deadlock; the server is shutting down or starting (the answer to a statement that it
    // did not begin, or undid).
    matches!(code, "40001" | "40P01" | "57P01" | "57P02" | "57P03")
}

impl StoreError {
    /// Whether the statement is known not to have happened, so that sending it once more cannot do it twice. A broken
    /// connection says no such thing.
    pub(super) fn is_rolled_back(&self) -> bool {
        let Self::Unavailable(error) = self else { return false };
        match &**error {
            DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => match &**cause {
                sqlx::Error::Database(error) => error.code().is_some_and(|code| is_rolled_back_code(&code)),
                _ => false,
            },
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_are_sorted() {
        for code in ["5", "6", "261", "517", "08006", "53300", "57P01", "40001", "40P01"] {
            assert!(is_unavailable_code(code), "{code}");
        }
        for code in ["1", "8", "13", "2067", "42703", "23505", "22021", "XX000"] {
            assert!(!is_unavailable_code(code), "{code}");
        }
        assert!(is_rolled_back_code("57P01") && !is_rolled_back_code("08006"));
    }
}
