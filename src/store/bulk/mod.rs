//! Many rows at once, for `customer import`, `customer export` and `copy`.
//!
//! Rows are inserted in the fastest way that each database has within one transaction: `COPY` on PostgreSQL, inserts of
//! many rows on SQLite. Every row comes with its id, so that no id has to be read back.

mod read;
mod update;
mod write;

use chrono::{DateTime, Utc};
use entity::{api_token, customer};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbErr, EntityTrait, IdenStatic, Iterable, TryIntoModel, Value};

pub use read::{Conflicts, UniqueValues};
pub use update::CustomerUpdate;

use super::{Store, StoreError, now};
use crate::auth::TokenDigest;

/// What imported tokens are called in `token list`.
const IMPORTED: &str = "imported";

/// The two tables, whose ids the database assigns.
#[derive(Clone, Copy)]
pub(super) enum Table {
    Customer,
    ApiToken,
}

impl Table {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::ApiToken => "api_token",
        }
    }
}

/// A customer to be stored, with all of their API tokens.
#[derive(Clone, Debug)]
pub struct BulkCustomer {
    /// Every column but the version; the id and the dates only when they must be kept.
    pub row: customer::ActiveModel,
    /// Their tokens, which do not expire.
    pub tokens: Vec<TokenDigest>,
}

/// One transaction of bulk inserts, as each database does it best.
pub(super) trait BulkTransaction {
    /// Reserves `count` fresh ids greater than `above`, and advances the sequence past them and past `above`.
    async fn reserve_ids(&mut self, table: Table, above: i64, count: usize) -> Result<Vec<i64>, DbErr>;

    /// Inserts the rows. It builds rows while the database takes those before them.
    async fn insert<E, A>(&mut self, rows: impl Iterator<Item = RowToInsert<E::Model>>) -> Result<(), DbErr>
    where
        E: EntityTrait,
        A: ActiveModelTrait<Entity = E> + From<E::Model>;

    /// Makes the rows durable, unless durability is relaxed.
    async fn commit(self) -> Result<(), DbErr>;
}

/// Stores all of these customers, or none.
pub(super) async fn insert_customers(
    mut transaction: impl BulkTransaction,
    batch: &[&BulkCustomer],
) -> Result<(), DbErr> {
    let ids = customer_ids(&mut transaction, batch).await?;
    let count = batch.iter().map(|new| new.tokens.len()).sum();
    let token_ids = transaction.reserve_ids(Table::ApiToken, 0, count).await?;

    let now = now();
    let new = || ids.iter().copied().zip(batch);
    let rows = new().map(|(id, new)| new_customer(id, new, now));
    transaction.insert::<customer::Entity, customer::ActiveModel>(rows).await?;
    let mut tokens: Vec<_> = new().flat_map(|(id, new)| new.tokens.iter().map(move |token| (id, token))).collect();
    // In the order of their index, each page of which is then changed once.
    tokens.sort_unstable_by_key(|(_, token)| token.0);
    let rows = token_ids.into_iter().zip(tokens).map(|(id, (owner, token))| Ok(new_token(id, owner, token, now)));
    transaction.insert::<api_token::Entity, api_token::ActiveModel>(rows).await?;
    transaction.commit().await
}

/// Stores customers exactly as they are, or none of them.
pub(super) async fn copy_customers(
    mut transaction: impl BulkTransaction,
    rows: &[customer::Model],
) -> Result<(), DbErr> {
    transaction.reserve_ids(Table::Customer, rows.iter().map(|row| row.id).max().unwrap_or(0), 0).await?;
    transaction.insert::<customer::Entity, customer::ActiveModel>(rows.iter().cloned().map(Ok)).await?;
    transaction.commit().await
}

/// Stores tokens exactly as they are, or none of them.
pub(super) async fn copy_tokens(mut transaction: impl BulkTransaction, rows: &[api_token::Model]) -> Result<(), DbErr> {
    transaction.reserve_ids(Table::ApiToken, rows.iter().map(|row| row.id).max().unwrap_or(0), 0).await?;
    transaction.insert::<api_token::Entity, api_token::ActiveModel>(rows.iter().cloned().map(Ok)).await?;
    transaction.commit().await
}

/// The id of each customer: its own, or a new one.
async fn customer_ids(transaction: &mut impl BulkTransaction, batch: &[&BulkCustomer]) -> Result<Vec<i64>, DbErr> {
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
    row.created_at = Set(row.created_at.take().unwrap_or(now));
    row.updated_at = Set(row.updated_at.take().unwrap_or(now));
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
pub(super) fn column_names<E: EntityTrait>() -> String {
    E::Column::iter().map(|column| column.as_str()).collect::<Vec<_>>().join(", ")
}

/// The values of a row, in the order of [`column_names`].
pub(super) fn values<A: ActiveModelTrait>(mut row: A) -> impl Iterator<Item = Value> {
    <A::Entity as EntityTrait>::Column::iter().filter_map(move |column| row.take(column).into_value())
}

/// A row, unless a column of it is missing.
pub(super) type RowToInsert<M> = Result<M, DbErr>;
