//! Many rows at once: what `customer import`, `customer export` and `copy` ask of the database.
//!
//! Rows go in by the fastest way that each database has for one transaction, `COPY` on PostgreSQL and inserts of many
//! rows on SQLite, always with their ids, so that nothing has to be read back in between.

mod postgres;
mod read;
mod sqlite;
mod update;

use entity::{api_token, customer};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, DbBackend, DbErr, RuntimeErr, TryIntoModel, sqlx};

pub use read::{Identity, Rivals};
pub use update::CustomerUpdate;

use super::{Store, StoreError, now};
use crate::auth::KeyDigest;

/// What imported keys are called in `token list`.
const IMPORTED: &str = "imported";

/// The two tables whose ids the database gives.
#[derive(Clone, Copy)]
enum Table {
    Customer,
    ApiToken,
}

impl Table {
    fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::ApiToken => "api_token",
        }
    }
}

/// A customer to be stored, with all of their keys.
#[derive(Clone, Debug)]
pub struct BulkCustomer {
    /// Every column but the version and the dates; the id only when it must be kept.
    pub row: customer::ActiveModel,
    /// Their keys, which do not expire.
    pub keys: Vec<KeyDigest>,
}

impl Store {
    /// Stores all of these customers or, if any value of theirs is taken, none ([`StoreError::Unique`]).
    pub async fn insert_customers(&self, batch: &[BulkCustomer]) -> Result<(), StoreError> {
        let mut transaction = Transaction::begin(self).await?;
        let highest = batch.iter().filter_map(|new| new.row.id.try_as_ref().copied()).max().unwrap_or(0);
        let without_id = batch.iter().filter(|new| new.row.id.is_not_set()).count();
        let mut ids = transaction.reserve_ids(Table::Customer, highest, without_id).await?.into_iter();
        let keys = batch.iter().map(|new| new.keys.len()).sum();
        let mut token_ids = transaction.reserve_ids(Table::ApiToken, 0, keys).await?.into_iter();

        let (mut customers, mut tokens) = (Vec::with_capacity(batch.len()), Vec::with_capacity(keys));
        for BulkCustomer { row, keys } in batch {
            let customer = new_row(row.clone(), &mut ids)?;
            tokens.extend(token_ids.by_ref().zip(keys).map(|(id, key)| new_token(id, customer.id, key)));
            customers.push(customer);
        }
        transaction.insert_customers(&customers).await?;
        transaction.insert_tokens(&tokens).await?;
        Ok(transaction.commit().await?)
    }

    /// Stores customers exactly as they are, ids and dates included.
    pub async fn copy_customers(&self, rows: &[customer::Model]) -> Result<(), StoreError> {
        let mut transaction = Transaction::begin(self).await?;
        transaction.reserve_ids(Table::Customer, rows.iter().map(|row| row.id).max().unwrap_or(0), 0).await?;
        transaction.insert_customers(rows).await?;
        Ok(transaction.commit().await?)
    }

    /// Stores keys exactly as they are, ids and dates included.
    pub async fn copy_tokens(&self, rows: &[api_token::Model]) -> Result<(), StoreError> {
        let mut transaction = Transaction::begin(self).await?;
        transaction.reserve_ids(Table::ApiToken, rows.iter().map(|row| row.id).max().unwrap_or(0), 0).await?;
        transaction.insert_tokens(rows).await?;
        Ok(transaction.commit().await?)
    }

    /// Makes room for many writes. To be called once, before the first of them.
    pub async fn prepare_for_bulk(&self) -> Result<(), StoreError> {
        if self.backend() == DbBackend::Sqlite {
            sqlite::make_room(&self.write).await?;
        }
        Ok(())
    }
}

fn new_row(mut row: customer::ActiveModel, ids: &mut impl Iterator<Item = i64>) -> Result<customer::Model, DbErr> {
    let now = now();
    if row.id.is_not_set()
        && let Some(id) = ids.next()
    {
        row.id = Set(id);
    }
    row.version = Set(1);
    row.created_at = Set(now);
    row.updated_at = Set(now);
    row.try_into_model()
}

fn new_token(id: i64, customer_id: i64, key: &KeyDigest) -> api_token::Model {
    api_token::Model {
        id,
        digest: key.0.to_vec(),
        customer_id,
        name: IMPORTED.to_owned(),
        created_at: now(),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}

/// One transaction of bulk inserts.
enum Transaction {
    Sqlite(DatabaseTransaction),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Transaction {
    async fn begin(store: &Store) -> Result<Self, DbErr> {
        match store.backend() {
            DbBackend::Sqlite => sqlite::begin(&store.write).await.map(Self::Sqlite),
            _ => postgres::begin(&store.write).await.map(Self::Postgres).map_err(failed),
        }
    }

    /// Ids that nobody will be given any more, all of them above `above`; `above` itself is passed by for good too.
    async fn reserve_ids(&mut self, table: Table, above: i64, count: usize) -> Result<Vec<i64>, DbErr> {
        match self {
            Self::Sqlite(transaction) => sqlite::reserve_ids(transaction, table, above, count).await,
            Self::Postgres(transaction) => {
                postgres::reserve_ids(transaction, table, above, count).await.map_err(failed)
            }
        }
    }

    async fn insert_customers(&mut self, rows: &[customer::Model]) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(transaction) => sqlite::insert_customers(transaction, rows).await,
            Self::Postgres(transaction) => postgres::insert_customers(transaction, rows).await.map_err(failed),
        }
    }

    async fn insert_tokens(&mut self, rows: &[api_token::Model]) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(transaction) => sqlite::insert_tokens(transaction, rows).await,
            Self::Postgres(transaction) => postgres::insert_tokens(transaction, rows).await.map_err(failed),
        }
    }

    async fn commit(self) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await.map_err(failed),
        }
    }
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}
