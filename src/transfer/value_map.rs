//! Unique values of any number of rows, each with a number, in a temporary file.
//!
//! A file may have millions of rows, so its values are not kept in memory. SQLite keeps them in a temporary database,
//! which it deletes when the connection ends. Of a value it holds 128 bits of a SHA-256: no personal data, and far too
//! many bits for two values to be mistaken for each other.

use std::{collections::HashMap, time::Duration};

use sea_orm::sqlx::{
    self, AssertSqlSafe, Connection, QueryBuilder, Row as _, Sqlite, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use sha2::{Digest, Sha256};

use crate::auth::TokenDigest;

/// Values of one statement. Each has two parameters, of which SQLite takes 32,766.
const MAX_VALUES_PER_STATEMENT: usize = 4000;
/// SQLite's page cache. Beyond it, the values are in the temporary file.
const CACHE_KIB: u32 = 16 * 1024;

/// A field whose values no two customers may share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UniqueField {
    Id,
    Username,
    MobileNumber,
    Email,
    Tokens,
}

impl UniqueField {
    /// As a file names it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Username => "username",
            Self::MobileNumber => "mobile_number",
            Self::Email => "email",
            Self::Tokens => "tokens",
        }
    }
}

/// A value of a unique field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Fingerprint([u8; 16]);

impl Fingerprint {
    pub(super) fn id(id: i64) -> Self {
        Self::of(UniqueField::Id, &id.to_be_bytes())
    }

    pub(super) fn token(digest: &TokenDigest) -> Self {
        Self::of(UniqueField::Tokens, &digest.0)
    }

    /// Of a canonical username, a mobile number or an e-mail address.
    pub(super) fn text(field: UniqueField, value: &str) -> Self {
        Self::of(field, value.as_bytes())
    }

    fn of(field: UniqueField, value: &[u8]) -> Self {
        let digest = Sha256::new().chain_update([field as u8]).chain_update(value).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(bytes)
    }
}

/// The values, on disk.
pub(super) struct ValueMap(SqliteConnection);

impl ValueMap {
    pub(super) async fn open() -> sqlx::Result<Self> {
        // A file without a name is a temporary one: <https://sqlite.org/inmemorydb.html#temp_db>.
        let options = SqliteConnectOptions::new()
            .filename("")
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off)
            .busy_timeout(Duration::ZERO)
            .pragma("cache_size", format!("-{CACHE_KIB}"))
            // Statements of many values are large.
            .statement_cache_capacity(2);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let create = "CREATE TABLE map (value BLOB PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID";
        sqlx::query(create).execute(&mut connection).await?;
        Ok(Self(connection))
    }

    /// Adds the values that are not there yet, each with the smallest number that it is given. Gives those that were
    /// given another number before, or a larger one now, with the number that they have.
    pub(super) async fn insert(
        &mut self,
        mut values: Vec<(Fingerprint, i64)>,
    ) -> sqlx::Result<HashMap<Fingerprint, i64>> {
        // In the order of the index, each page of which is then changed once.
        values.sort_unstable();
        let mut present = HashMap::new();
        for values in values.chunks(MAX_VALUES_PER_STATEMENT) {
            let mut insert = QueryBuilder::<Sqlite>::new("INSERT OR IGNORE INTO map ");
            insert.push_values(values, |mut row, (value, number)| {
                row.push_bind(&value.0[..]).push_bind(number);
            });
            let inserted = insert.build().execute(&mut self.0).await?.rows_affected();
            if inserted < values.len() as u64 {
                let found = self.get(values.iter().map(|(value, _)| *value)).await?;
                present.extend(values.iter().filter_map(|(value, number)| {
                    found.get(value).filter(|found| *found != number).map(|found| (*value, *found))
                }));
            }
        }
        Ok(present)
    }

    /// The values that are there.
    pub(super) async fn get(
        &mut self,
        values: impl Iterator<Item = Fingerprint>,
    ) -> sqlx::Result<HashMap<Fingerprint, i64>> {
        let values: Vec<_> = values.collect();
        let mut found = HashMap::new();
        for values in values.chunks(MAX_VALUES_PER_STATEMENT) {
            let marks = vec!["?"; values.len()].join(", ");
            let sql = format!("SELECT value, number FROM map WHERE value IN ({marks})");
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for value in values {
                query = query.bind(&value.0[..]);
            }
            for row in query.fetch_all(&mut self.0).await? {
                let value: Vec<u8> = row.try_get(0)?;
                let value = value.try_into().map_err(|_| sqlx::Error::RowNotFound)?;
                found.insert(Fingerprint(value), row.try_get(1)?);
            }
        }
        Ok(found)
    }
}
