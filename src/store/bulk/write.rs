//! Writes many rows, in one transaction each time.

use entity::{api_token, customer};

use super::{BulkCustomer, copy_customers, copy_tokens, insert_customers};
use crate::store::{Store, StoreError, dispatch};

impl Store {
    /// Stores all of these customers, or none.
    ///
    /// # Errors
    /// [`StoreError::Unique`] when another customer has one of their unique values; any other error of the database.
    pub async fn insert_customers(&self, batch: &[&BulkCustomer]) -> Result<(), StoreError> {
        self.own_tables()?;
        Ok(dispatch!(&*self.engine, database => insert_customers(database.begin_bulk().await?, batch).await)?)
    }

    /// Stores customers exactly as they are, ids and dates included.
    ///
    /// # Errors
    /// A row breaks a rule of the table, or the database fails; then none of them is stored.
    pub async fn copy_customers(&self, rows: &[customer::Model]) -> Result<(), StoreError> {
        self.own_tables()?;
        Ok(dispatch!(&*self.engine, database => copy_customers(database.begin_bulk().await?, rows).await)?)
    }

    /// Stores tokens exactly as they are, ids and dates included.
    ///
    /// # Errors
    /// A row breaks a rule of the table, or the database fails; then none of them is stored.
    pub async fn copy_tokens(&self, rows: &[api_token::Model]) -> Result<(), StoreError> {
        self.own_tables()?;
        Ok(dispatch!(&*self.engine, database => copy_tokens(database.begin_bulk().await?, rows).await)?)
    }

    /// Prepares for many writes, which may not be durable before [`Self::end_bulk_load`]. Call it once, before the first
    /// of them.
    ///
    /// # Errors
    /// The database fails.
    pub async fn begin_bulk_load(&self) -> Result<(), StoreError> {
        self.own_tables()?;
        Ok(dispatch!(&*self.engine, database => database.begin_bulk_load().await)?)
    }

    /// Makes the writes since [`Self::begin_bulk_load`] durable. Call it after the last of them.
    ///
    /// # Errors
    /// The database fails, or another process reads the WAL for so long that it cannot be checkpointed.
    pub async fn end_bulk_load(&self) -> Result<(), StoreError> {
        self.own_tables()?;
        Ok(dispatch!(&*self.engine, database => database.end_bulk_load().await)?)
    }
}
