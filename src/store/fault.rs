//! What an error of a driver says about its statement, its connection and its database.

use sea_orm::sqlx::{self, error::ErrorKind};

/// The meaning of an error, the same for both databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The statement's own: a constraint, a value, a row that cannot be decoded.
    Statement,
    /// The database chose this transaction to give way to another one, and undid it.
    Conflict,
    /// The statement waited too long for a lock or took too long, and was undone.
    Contention,
    /// The connection's prepared statement no longer fits the schema. The statement was not begun.
    Stale,
    /// The session lacks the statement that the connection has prepared, or has one of its name: another client uses the
    /// session too. The statement was not begun.
    NotPrepared,
    /// The database takes no writes at all. The statement was not begun.
    ReadOnly,
    /// The disk is full or failing, or another process keeps the database locked.
    NotWritable,
    /// The server is shutting down or starting. The statement was undone or not begun.
    Restarting,
    /// The connection broke in the middle of a statement.
    Disconnected,
    /// There is no connection to be had.
    Unreachable,
    /// Anything else.
    Other,
}

impl Fault {
    /// Sorts an error.
    pub(super) fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) if error.kind() != ErrorKind::Other => Self::Statement,
            sqlx::Error::Database(error) => match error.code() {
                Some(code) => Self::of_code(&code, error.message()),
                None => Self::Other,
            },
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
                Self::Disconnected
            }
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => Self::Unreachable,
            sqlx::Error::Decode(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. } => Self::Statement,
            _ => Self::Other,
        }
    }

    /// A SQLSTATE has five characters, also where all of them are digits; SQLite's codes have at most four.
    fn of_code(code: &str, message: &str) -> Self {
        match code.parse::<u32>() {
            Ok(code_of_sqlite) if code.len() < 5 => Self::of_sqlite(code_of_sqlite),
            _ => Self::of_sqlstate(code, message),
        }
    }

    /// The low byte of an extended result code is its primary code: <https://sqlite.org/rescode.html>.
    fn of_sqlite(code: u32) -> Self {
        match code & 0xff {
            // SQLITE_READONLY.
            8 => Self::ReadOnly,
            // SQLITE_BUSY, LOCKED, NOMEM, IOERR, FULL and CANTOPEN (a file of the database, or no descriptor is free).
            5 | 6 | 7 | 10 | 13 | 14 => Self::NotWritable,
            _ => Self::Other,
        }
    }

    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    fn of_sqlstate(code: &str, message: &str) -> Self {
        match code {
            // Serialization failure, deadlock.
            "40001" | "40P01" => Self::Conflict,
            // Lock not available (`lock_timeout`), query canceled (`statement_timeout`).
            "55P03" | "57014" => Self::Contention,
            // Only this one of the many features that are not supported is about a statement prepared earlier.
            "0A000" if message.contains("cached plan") => Self::Stale,
            // Invalid SQL statement name, duplicate prepared statement.
            "26000" | "42P05" => Self::NotPrepared,
            // Read-only transaction: a demoted primary.
            "25006" => Self::ReadOnly,
            // Disk full.
            "53100" => Self::NotWritable,
            "57P01" | "57P02" | "57P03" => Self::Restarting,
            // Data exceptions.
            _ if code.starts_with("22") => Self::Statement,
            // Connection exceptions.
            _ if code.starts_with("08") => Self::Disconnected,
            // Insufficient resources (too many connections); operator intervention.
            _ if code.starts_with("53") || code.starts_with("57") => Self::Unreachable,
            _ => Self::Other,
        }
    }

    /// Whether the connection is as good as before. Where that is in doubt it is not used again.
    pub(super) fn keeps_connection(self) -> bool {
        matches!(self, Self::Statement | Self::Conflict | Self::Contention)
    }

    /// Whether nothing was done and another try, on another connection, may well succeed.
    pub(super) fn may_be_sent_again(self) -> bool {
        matches!(self, Self::Conflict | Self::Stale | Self::NotPrepared | Self::ReadOnly | Self::Restarting)
    }

    /// Whether the fault is the database's as a whole, and not this statement's.
    pub(super) fn concerns_all(self) -> bool {
        matches!(self, Self::ReadOnly | Self::NotWritable | Self::Restarting | Self::Disconnected | Self::Unreachable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_the_codes_of_both_databases() {
        for (fault, codes) in [
            (Fault::Conflict, &["40001", "40P01"] as &[&str]),
            (Fault::Contention, &["55P03", "57014"]),
            (Fault::NotPrepared, &["26000", "42P05"]),
            (Fault::ReadOnly, &["8", "776", "25006"]),
            (Fault::NotWritable, &["5", "6", "261", "517", "7", "10", "778", "13", "14", "53100"]),
            (Fault::Restarting, &["57P01", "57P02", "57P03"]),
            (Fault::Disconnected, &["08006"]),
            (Fault::Unreachable, &["53300", "57P05"]),
            (Fault::Statement, &["22021"]),
            (Fault::Other, &["1", "11", "1811", "42703", "XX000", "0A000"]),
        ] {
            for code in codes {
                assert_eq!(Fault::of_code(code, ""), fault, "{code}");
            }
        }
        assert_eq!(Fault::of_code("0A000", "cached plan must not change result type"), Fault::Stale);
    }
}
