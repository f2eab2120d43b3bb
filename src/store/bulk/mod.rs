//! Many rows at once, for `customer import`, `customer export` and `copy`.
//!
//! Rows are inserted in the fastest way that each database has within one transaction: `COPY` on PostgreSQL, inserts of
//! many rows on SQLite. Every row comes with its id, so that no id has to be read back.

mod postgres;
mod read;
mod sqlite;
mod update;

use chrono::{DateTime, Utc};
use entity::{api_token, customer};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, DbBackend, DbErr, EntityTrait, IdenStatic, Iterable,
    RuntimeErr, TryIntoModel, Value, sqlx,
};

pub use read::{Conflicts, UniqueValues};
pub use update::CustomerUpdate;

use super::{Engine, Store, StoreError, now};
use crate::auth::TokenDigest;

/// What imported tokens are called in `token list`.
const IMPORTED: &str = "imported";

/// The two tables, whose ids the database assigns.
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

/// A customer to be stored, with all of their API tokens.
#[derive(Clone, Debug)]
pub struct BulkCustomer {
    /// Every column but the version and the dates; the id only when it must be kept.
    pub row: customer::ActiveModel,
    /// Their tokens, which do not expire.
    pub tokens: Vec<TokenDigest>,
}

impl Store {
    /// Stores all of these customers, or none.
    ///
    /// # Errors
    /// [`StoreError::Unique`] when another customer has one of their unique values; any other error of the database.
    pub async fn insert_customers(&self, batch: &[&BulkCustomer]) -> Result<(), StoreError> {
        let mut transaction = Transaction::begin(self).await?;
        let ids = customer_ids(&mut transaction, batch).await?;
        let count = batch.iter().map(|new| new.tokens.len()).sum();
        let token_ids = transaction.reserve_ids(Table::ApiToken, 0, count).await?;

        let now = now();
        let new = || ids.iter().copied().zip(batch);
        transaction.insert_customers(new().map(|(id, new)| new_customer(id, new, now))).await?;
        let mut tokens: Vec<_> = new().flat_map(|(id, new)| new.tokens.iter().map(move |token| (id, token))).collect();
        // In the order of their index, each page of which is then changed once.
        tokens.sort_unstable_by_key(|(_, token)| token.0);
        let tokens = token_ids.into_iter().zip(tokens);
        transaction.insert_tokens(tokens.map(|(id, (owner, token))| Ok(new_token(id, owner, token, now)))).await?;
        Ok(transaction.commit().await?)
    }

    /// Stores customers exactly as they are, ids and dates included.
    ///
    /// # Errors
    /// A row breaks a rule of the table, or the database fails; then none of them is stored.
    pub async fn copy_customers(&self, rows: &[customer::Model]) -> Result<(), StoreError> {
        let mut transaction = Transaction::begin(self).await?;
        transaction.reserve_ids(Table::Customer, rows.iter().map(|row| row.id).max().unwrap_or(0), 0).await?;
        transaction.insert_customers(rows.iter().cloned().map(Ok)).await?;
        Ok(transaction.commit().await?)
    }

    /// Stores tokens exactly as they are, ids and dates included.
    ///
    /// # Errors
    /// A row breaks a rule of the table, or the database fails; then none of them is stored.
    pub async fn copy_tokens(&self, rows: &[api_token::Model]) -> Result<(), StoreError> {
        let mut transaction = Transaction::begin(self).await?;
        transaction.reserve_ids(Table::ApiToken, rows.iter().map(|row| row.id).max().unwrap_or(0), 0).await?;
        transaction.insert_tokens(rows.iter().cloned().map(Ok)).await?;
        Ok(transaction.commit().await?)
    }

    /// Prepares for many writes, which may not be durable before [`Self::end_bulk_load`]. Call it once, before the first
    /// of them.
    ///
    /// # Errors
    /// The database fails.
    pub async fn begin_bulk_load(&self) -> Result<(), StoreError> {
        if let Engine::Sqlite(engine) = &*self.engine {
            engine.stop_checkpoints().await;
            sqlite::relax_durability(&self.write).await?;
        }
        Ok(())
    }

    /// Makes the writes since [`Self::begin_bulk_load`] durable. Call it after the last of them.
    ///
    /// # Errors
    /// The database fails, or another process reads the WAL for so long that it cannot be checkpointed.
    pub async fn end_bulk_load(&self) -> Result<(), StoreError> {
        if self.backend() == DbBackend::Sqlite {
            sqlite::checkpoint_wal(&self.write).await?;
        }
        Ok(())
    }
}

/// The id of each customer: its own, or a new one.
async fn customer_ids(transaction: &mut Transaction, batch: &[&BulkCustomer]) -> Result<Vec<i64>, DbErr> {
    let own = || batch.iter().map(|new| new.row.id.try_as_ref().copied());
    let highest = own().flatten().max().unwrap_or(0);
    let without_id = own().filter(Option::is_none).count();
    let mut reserved = transaction.reserve_ids(Table::Customer, highest, without_id).await?.into_iter();
    let id_of = |own: Option<i64>| own.or_else(|| reserved.next()).ok_or(DbErr::AttrNotSet("id".to_owned()));
    own().map(id_of).collect()
}

fn new_customer(id: i64, new: &BulkCustomer, now: DateTime<Utc>) -> Result<customer::Model, DbErr> {
    let mut row = new.row.clone();
    row.id = Set(id);
    row.version = Set(1);
    row.created_at = Set(now);
    row.updated_at = Set(now);
    row.try_into_model()
}

fn new_token(id: i64, customer_id: i64, digest: &TokenDigest, now: DateTime<Utc>) -> api_token::Model {
    api_token::Model {
        id,
        digest: digest.0.to_vec(),
        customer_id,
        name: IMPORTED.to_owned(),
        created_at: now,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}

/// The columns of a table, in the order of [`values`].
fn column_names<E: EntityTrait>() -> String {
    E::Column::iter().map(|column| column.as_str()).collect::<Vec<_>>().join(", ")
}

/// The values of a row, in the order of [`column_names`].
fn values<A: ActiveModelTrait>(mut row: A) -> impl Iterator<Item = Value> {
    <A::Entity as EntityTrait>::Column::iter().filter_map(move |column| row.take(column).into_value())
}

/// A row, unless a column of it is missing.
type RowToInsert<M> = Result<M, DbErr>;

/// One transaction of bulk inserts.
enum Transaction {
    Sqlite(DatabaseTransaction),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Transaction {
    async fn begin(store: &Store) -> Result<Self, DbErr> {
        match store.backend() {
            DbBackend::Sqlite => sqlite::begin(&store.write).await.map(Self::Sqlite),
            _ => postgres::begin(&store.write).await.map(Self::Postgres),
        }
    }

    /// Reserves `count` fresh ids greater than `above`, and advances the sequence past them and past `above`.
    async fn reserve_ids(&mut self, table: Table, above: i64, count: usize) -> Result<Vec<i64>, DbErr> {
        match self {
            Self::Sqlite(transaction) => sqlite::reserve_ids(transaction, table, above, count).await,
            Self::Postgres(transaction) => postgres::reserve_ids(transaction, table, above, count).await,
        }
    }

    /// Inserts the rows. It builds rows while the database takes those before them.
    async fn insert<E, A>(&mut self, rows: impl Iterator<Item = RowToInsert<E::Model>>) -> Result<(), DbErr>
    where
        E: EntityTrait,
        A: ActiveModelTrait<Entity = E> + From<E::Model>,
    {
        match self {
            Self::Sqlite(transaction) => sqlite::insert::<E, A>(transaction, rows).await,
            Self::Postgres(transaction) => postgres::insert::<E, A>(transaction, rows).await,
        }
    }

    async fn insert_customers(
        &mut self,
        rows: impl Iterator<Item = RowToInsert<customer::Model>>,
    ) -> Result<(), DbErr> {
        self.insert::<customer::Entity, customer::ActiveModel>(rows).await
    }

    async fn insert_tokens(&mut self, rows: impl Iterator<Item = RowToInsert<api_token::Model>>) -> Result<(), DbErr> {
        self.insert::<api_token::Entity, api_token::ActiveModel>(rows).await
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
