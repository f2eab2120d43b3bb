//! What a database says about itself, for an operator. Nothing is changed.

use chrono::TimeDelta;

use super::{Store, StoreError, dispatch};

/// What a database says about itself.
#[derive(Clone, Debug)]
pub enum DatabaseFacts {
    /// A SQLite database.
    Sqlite {
        /// Of SQLite, e.g. `3.46.0`.
        version: String,
    },
    /// A PostgreSQL database.
    Postgres(Box<PostgresFacts>),
}

/// What PostgreSQL says about itself, about the database and about the role that is connected.
#[derive(Clone, Debug)]
pub struct PostgresFacts {
    /// E.g. `15.18`.
    pub version: String,
    /// How far its clock is ahead of this machine's; negative when it is behind.
    pub clock_ahead: TimeDelta,
    /// By how much `clock_ahead` may be wrong: half of what the question took.
    pub clock_error: TimeDelta,
    /// Whether other clients share the session: behind a pooler in transaction mode.
    pub shares_sessions: bool,
    /// Whether it is a standby (`pg_is_in_recovery`).
    pub is_standby: bool,
    /// Whether transactions are read-only (`default_transaction_read_only`).
    pub is_read_only: bool,
    /// How many connections the role may have: `max_connections` without those that are reserved, or the limit of the role
    /// or the database.
    pub usable_connections: i32,
    /// The setting.
    pub synchronous_commit: String,
    /// The setting.
    pub fsync: bool,
    /// The setting.
    pub full_page_writes: bool,
    /// The role's own timeouts, `name = value` in milliseconds; those that are 0 are left out.
    pub timeouts: Vec<String>,
    /// The role.
    pub role: String,
    /// The rights that requests need and the role lacks, such as `UPDATE (avatar, gender) ON customer`.
    pub missing_rights: Vec<String>,
    /// The size of the WAL; `None` when the role may not see it.
    pub wal_bytes: Option<u64>,
    /// The setting `max_wal_size`.
    pub max_wal_bytes: u64,
}

impl Store {
    /// Asks the database about itself.
    ///
    /// # Errors
    /// The database fails, or is another than it says.
    pub async fn facts(&self) -> Result<DatabaseFacts, StoreError> {
        dispatch!(&*self.engine, database => database.facts().await)
    }
}
