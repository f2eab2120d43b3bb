//! What SQLite says about itself.

use sea_orm::sqlx::{self, Row};

use super::Sqlite;
use crate::store::{DatabaseFacts, StoreError};

impl Sqlite {
    pub(in crate::store) async fn facts(&self) -> Result<DatabaseFacts, StoreError> {
        let version = self.read(async |connection, _| {
            let row = sqlx::query("SELECT sqlite_version()").fetch_one(connection).await?;
            row.try_get(0)
        });
        Ok(DatabaseFacts::Sqlite { version: version.await? })
    }
}
