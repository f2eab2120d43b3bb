//! Copies a shop from one database to another, and compares the two.

use std::fmt;

use sea_orm::{EntityTrait, Iterable, ModelTrait, Value};
use sha2::{Digest, Sha256};

use super::PAGE_ROWS;
use crate::store::{MigrateError, Store, StoreError};

/// How far a copy is, in rows.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// Rows that are copied.
    Copied(u64),
    /// Rows that were compared.
    Compared(u64),
}

/// What was copied and is the same in both databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopySummary {
    /// Customers.
    pub customers: u64,
    /// API tokens.
    pub tokens: u64,
    /// SHA-256 of all rows in the order of their ids, customers first.
    pub checksum: [u8; 32],
}

/// The copy was not made, or must not be used.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Nothing was written.
    #[error("the target is not empty: it has {customers} customers and {tokens} tokens")]
    NotEmpty {
        /// Customers in the target.
        customers: u64,
        /// Tokens in the target.
        tokens: u64,
    },
    /// One of them was written to meanwhile, or a database does not keep what it is given.
    #[error(
        "the two databases differ, do not use the target: the source has {source_rows}; the target has {target_rows}"
    )]
    Differ {
        /// What the source holds.
        source_rows: CopySummary,
        /// What the target holds.
        target_rows: CopySummary,
    },
    /// A database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The target's tables cannot be created.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
}

impl fmt::Display for CopySummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} customers, {} tokens, sha256 {}", self.customers, self.tokens, hex::encode(self.checksum))
    }
}

/// Copies every customer and token with their ids, versions, digests and dates, then reads both databases and compares.
///
/// # Errors
/// The target is not empty or its tables cannot be created, a database fails, or the two differ in the end.
pub async fn copy(source: &Store, target: &Store, progress: impl Fn(Progress)) -> Result<CopySummary, CopyError> {
    target.migrate().await?;
    let (customers, tokens) = target.count_rows().await?;
    if customers > 0 || tokens > 0 {
        return Err(CopyError::NotEmpty { customers, tokens });
    }
    target.begin_bulk_load().await?;
    let mut copied = 0;
    let mut after = i64::MIN;
    loop {
        let page = source.customers_after(after, PAGE_ROWS).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        target.copy_customers(&page).await?;
        copied += page.len() as u64;
        progress(Progress::Copied(copied));
    }
    after = i64::MIN;
    loop {
        let page = source.tokens_after(after, PAGE_ROWS).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        target.copy_tokens(&page).await?;
        copied += page.len() as u64;
        progress(Progress::Copied(copied));
    }
    target.end_bulk_load().await?;
    compare(source, target, progress).await
}

async fn compare(source: &Store, target: &Store, progress: impl Fn(Progress)) -> Result<CopySummary, CopyError> {
    let (source_rows, target_rows) = tokio::try_join!(summary(source, &progress), summary(target, &|_| ()))?;
    if source_rows == target_rows { Ok(source_rows) } else { Err(CopyError::Differ { source_rows, target_rows }) }
}

/// Counts and checksum of all rows of a database.
async fn summary(store: &Store, progress: &impl Fn(Progress)) -> Result<CopySummary, StoreError> {
    let mut checksum = Checksum::default();
    let mut summary = CopySummary { customers: 0, tokens: 0, checksum: [0; 32] };
    let mut after = i64::MIN;
    loop {
        let page = store.customers_after(after, PAGE_ROWS).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        page.iter().for_each(|row| checksum.row(row));
        summary.customers += page.len() as u64;
        progress(Progress::Compared(summary.customers));
    }
    after = i64::MIN;
    loop {
        let page = store.tokens_after(after, PAGE_ROWS).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        page.iter().for_each(|row| checksum.row(row));
        summary.tokens += page.len() as u64;
        progress(Progress::Compared(summary.customers + summary.tokens));
    }
    summary.checksum = checksum.0.finalize().into();
    Ok(summary)
}

/// A checksum over every column of every row, each preceded by its length, so that no two rows run into each other.
#[derive(Default)]
struct Checksum(Sha256);

impl Checksum {
    fn row<M: ModelTrait>(&mut self, row: &M) {
        for column in <M::Entity as EntityTrait>::Column::iter() {
            match row.get(column) {
                Value::BigInt(number) => self.number(number),
                Value::Bool(value) => self.number(value.map(i64::from)),
                Value::ChronoDateTimeUtc(date) => self.number(date.map(|date| date.timestamp_micros())),
                Value::String(text) => self.bytes(text.as_deref().map(str::as_bytes)),
                Value::Bytes(bytes) => self.bytes(bytes.as_deref()),
                other => self.bytes(Some(format!("{other:?}").as_bytes())),
            }
        }
    }

    fn number(&mut self, number: Option<i64>) {
        self.bytes(number.map(i64::to_le_bytes).as_ref().map(|bytes| &bytes[..]));
    }

    fn bytes(&mut self, bytes: Option<&[u8]>) {
        self.0.update(bytes.map_or(-1, |bytes| bytes.len() as i64).to_le_bytes());
        self.0.update(bytes.unwrap_or_default());
    }
}
