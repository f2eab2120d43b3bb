//! What can go wrong in the store, sorted by what the caller can do about it.

use std::sync::Arc;

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlErr, sqlx};

use super::fault::Fault;
use crate::profile::{ErrorCode, Field};

/// A failed statement. Its text is for the log.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique index rejected a value.
    #[error("a unique value is taken")]
    Unique(#[source] Arc<DbErr>),
    /// The database cannot be reached. Nothing was done: worth another try.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Arc<DbErr>),
    /// The database answers but takes no writes: it is read-only, its disk is full or failing, or another process
    /// keeps it locked. Nothing was done: worth another try.
    #[error("the database cannot be written to")]
    NotWritable(#[source] Arc<DbErr>),
    /// Another transaction was in the way for too long. Nothing was done: worth another try.
    #[error("another transaction is in the way")]
    Contended(#[source] Arc<DbErr>),
    /// Too many requests wait for the database, or this one has waited too long. Nothing was done: worth another try.
    #[error("too many requests wait for the database")]
    Busy,
    /// The connection broke after a change was sent. It may or may not have been stored.
    #[error("the connection broke after a change was sent")]
    OutcomeUnknown(#[source] Arc<DbErr>),
    /// The store is closing. Nothing was done.
    #[error("the store is closing")]
    Stopped,
    /// The columns of a Django shop reject the value of this field. Nothing was done.
    #[error("a value is rejected")]
    Rejected(Field, ErrorCode),
    /// The tables are a Django shop's, whose customers and tokens are Django's to change. Nothing was done.
    #[error("the tables are a Django shop's: Django's admin changes its customers and tokens")]
    DjangoTables,
    /// Anything else: a bug, a damaged or foreign database. Nothing was done.
    #[error("the database failed")]
    Database(#[source] Arc<DbErr>),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            return Self::Unique(Arc::new(error));
        }
        let fault = match &error {
            DbErr::ConnectionAcquire(_) => Fault::Unreachable,
            // A connection that could not be opened, whatever the database's reason.
            DbErr::Conn(RuntimeErr::SqlxError(cause)) => match Fault::of(cause) {
                fault @ (Fault::ReadOnly | Fault::NotWritable) => fault,
                _ => Fault::Unreachable,
            },
            DbErr::Conn(_) => Fault::Unreachable,
            DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => Fault::of(cause),
            _ => Fault::Other,
        };
        let error = Arc::new(error);
        match fault {
            Fault::Unreachable | Fault::Disconnected | Fault::Restarting | Fault::Stale | Fault::NotPrepared => {
                Self::Unavailable(error)
            }
            Fault::ReadOnly | Fault::NotWritable => Self::NotWritable(error),
            Fault::Conflict | Fault::Contention => Self::Contended(error),
            Fault::Statement | Fault::Other => Self::Database(error),
        }
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

impl StoreError {
    /// The error of a connection that could not be opened.
    pub(super) fn connecting(error: sqlx::Error) -> Self {
        Self::from(DbErr::Conn(RuntimeErr::SqlxError(error.into())))
    }

    /// The error of a change that had been sent: a connection that breaks does not say what became of it.
    pub(super) fn changing(error: sqlx::Error) -> Self {
        let is_unknown = Fault::of(&error) == Fault::Disconnected;
        match Self::from(error) {
            Self::Unavailable(cause) if is_unknown => Self::OutcomeUnknown(cause),
            known => known,
        }
    }

    /// Whether the database is read-only.
    pub(super) fn is_read_only(&self) -> bool {
        let Self::NotWritable(error) = self else { return false };
        match &**error {
            DbErr::Conn(RuntimeErr::SqlxError(cause))
            | DbErr::Exec(RuntimeErr::SqlxError(cause))
            | DbErr::Query(RuntimeErr::SqlxError(cause)) => Fault::of(cause) == Fault::ReadOnly,
            _ => false,
        }
    }
}
