//! Transactions on shop-profile's own tables, for everything but requests.

use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};

use super::{Store, StoreError, dispatch, layout::Layout};

impl Store {
    /// For what operators do with shop-profile's own tables.
    pub(super) fn own_tables(&self) -> Result<OwnTables<'_>, StoreError> {
        match &self.sql.layout {
            Layout::Native(_) => Ok(OwnTables(self)),
            Layout::Django(_) => Err(StoreError::DjangoTables),
        }
    }
}

/// Transactions for everything but requests, on shop-profile's own tables.
pub(super) struct OwnTables<'a>(&'a Store);

impl OwnTables<'_> {
    /// Begins a transaction that only reads, and may be dropped.
    pub(super) async fn read(&self) -> Result<DatabaseTransaction, DbErr> {
        self.begin(&self.0.read).await
    }

    /// Begins a transaction.
    pub(super) async fn write(&self) -> Result<DatabaseTransaction, DbErr> {
        self.begin(&self.0.write).await
    }

    async fn begin(&self, db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
        let transaction = db.begin().await?;
        dispatch!(&*self.0.engine, database => database.prepare(&transaction).await)?;
        Ok(transaction)
    }
}
