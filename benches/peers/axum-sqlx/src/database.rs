//! Two statements, the same text for both databases.

use std::{fmt::Write, str::FromStr};

use sqlx::{
    AssertSqlSafe, PgPool, SqlitePool,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{Customer, Patch};

const COLUMNS: &str = "customer.id, username, mobile_number, email, avatar, first_name, last_name, gender";
const LIVE_TOKEN: &str =
    "digest = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP)";

#[derive(Clone)]
pub(crate) enum Database {
    /// SQLite has one writer at a time: one connection saves the wait for its lock.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
    Postgres(PgPool),
}

impl Database {
    pub(crate) async fn connect(url: &str) -> sqlx::Result<Self> {
        if url.starts_with("postgres") {
            let pool = PgPoolOptions::new().max_connections(16).test_before_acquire(false).connect(url).await?;
            return Ok(Self::Postgres(pool));
        }
        let options = SqliteConnectOptions::from_str(url)?
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let pool = |connections| SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false);
        Ok(Self::Sqlite {
            write: pool(1).connect_with(options.clone()).await?,
            read: pool(2).connect_with(options).await?,
        })
    }

    pub(crate) async fn read(&self, digest: Vec<u8>) -> sqlx::Result<Option<Customer>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM customer JOIN api_token ON customer_id = customer.id WHERE is_active AND {LIVE_TOKEN}"
        );
        let sql = AssertSqlSafe(sql);
        match self {
            Self::Sqlite { read, .. } => sqlx::query_as(sql).bind(digest).fetch_optional(read).await,
            Self::Postgres(pool) => sqlx::query_as(sql).bind(digest).fetch_optional(pool).await,
        }
    }

    pub(crate) async fn update(&self, digest: Vec<u8>, patch: Patch) -> sqlx::Result<Option<Customer>> {
        let Patch { username, avatar, first_name, last_name, gender } = patch;
        let mut set = String::new();
        let mut values = Vec::new();
        for (column, value) in [
            ("canonical_username", username.as_ref().map(|name| name.to_lowercase())),
            ("username", username),
            ("avatar", avatar),
            ("first_name", first_name),
            ("last_name", last_name),
            ("gender", gender),
        ] {
            if let Some(value) = value {
                values.push(value);
                let _ = write!(set, "{column} = ${}, ", values.len() + 1);
            }
        }
        let sql = AssertSqlSafe(format!(
            "UPDATE customer SET {set}version = version + 1, updated_at = CURRENT_TIMESTAMP \
             WHERE is_active AND id = (SELECT customer_id FROM api_token WHERE {LIVE_TOKEN}) RETURNING {COLUMNS}"
        ));
        // Read to the end: SQLite commits after the last row.
        match self {
            Self::Sqlite { write, .. } => {
                let query = sqlx::query_as(sql).bind(digest);
                Ok(values.into_iter().fold(query, |query, value| query.bind(value)).fetch_all(write).await?.pop())
            }
            Self::Postgres(pool) => {
                let query = sqlx::query_as(sql).bind(digest);
                values.into_iter().fold(query, |query, value| query.bind(value)).fetch_optional(pool).await
            }
        }
    }
}
