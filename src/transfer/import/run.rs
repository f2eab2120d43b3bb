//! The batches of an import, one after the other.

use std::{collections::HashMap, time::Duration};

use sea_orm::sqlx;

use super::{ImportError, ImportSummary};
use crate::{
    store::{Store, StoreError},
    transfer::{
        batches::{self, Batch, Batches},
        plan::{ImportPlan, OnConflict},
        reader::RowSource,
        report::{Report, RowError},
        row::Row,
        value_map::{Fingerprint, ValueMap},
    },
};

/// How often a batch is planned again because a server stored one of its values between the plan and the insert.
const MAX_ATTEMPTS: usize = 5;

/// SQLite's busy handler retries at most every 100 ms. Pausing longer than that between transactions lets a running
/// server acquire the write lock.
const YIELD_PAUSE: Duration = Duration::from_millis(110);

/// An import under way.
pub(super) struct Run<'a> {
    pub(super) store: &'a Store,
    /// Whether to pause after each transaction: a server may write to the same SQLite file.
    pub(super) yields_to_server: bool,
    pub(super) dry_run: bool,
    pub(super) on_conflict: OnConflict,
    /// Whether the last batch met stored customers: the next one is planned at once, and not first inserted in vain.
    pub(super) conflicts_likely: bool,
    /// In a dry run, the values that the updates of earlier batches would have taken away from customers.
    pub(super) released: Option<ValueMap>,
    pub(super) report: Report,
    pub(super) summary: ImportSummary,
}

impl Run<'_> {
    /// Imports every row.
    pub(super) async fn all(
        &mut self,
        source: RowSource,
        options: batches::Options,
        progress: impl Fn(u64),
    ) -> Result<(), ImportError> {
        if !self.dry_run {
            self.store.begin_bulk_load().await?;
        }
        let Batches { mut batches, reader } = batches::start(source, options);
        while let Some(batch) = batches.recv().await {
            let position = batch.position;
            self.batch(batch).await?;
            progress(position);
        }
        reader.await??;
        if !self.dry_run {
            self.store.end_bulk_load().await?;
        }
        Ok(())
    }

    /// Imports a batch of rows.
    async fn batch(&mut self, batch: Batch) -> Result<(), ImportError> {
        let Batch { rows, rejected_rows, mut errors, .. } = batch;
        self.summary.rejected += rejected_rows;
        if !self.insert_all(&rows).await? {
            for rows in rows.chunks(batches::BATCH_ROWS) {
                errors.extend(self.plan_and_apply(rows).await?);
            }
            errors.sort_by_key(|error| error.line);
        }
        errors.iter().try_for_each(|error| self.report.write(error))?;
        Ok(())
    }

    /// Inserts all rows, if none of their values is taken; whether it did.
    async fn insert_all(&mut self, rows: &[Row]) -> Result<bool, ImportError> {
        if rows.is_empty() {
            return Ok(true);
        }
        if self.dry_run || self.conflicts_likely {
            return Ok(false);
        }
        let new: Vec<_> = rows.iter().map(|row| &row.new).collect();
        match self.store.insert_customers(&new).await {
            Ok(()) => {
                self.summary.imported += new.len() as u64;
                self.summary.tokens += new.iter().map(|new| new.tokens.len() as u64).sum::<u64>();
                self.yield_to_server().await;
                Ok(true)
            }
            Err(StoreError::Unique(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Compares the rows with what is stored, and does with each what is due. Gives what is wrong with the rejected rows.
    async fn plan_and_apply(&mut self, rows: &[Row]) -> Result<Vec<RowError>, ImportError> {
        let values: Vec<_> = rows.iter().map(Row::unique_values).collect();
        let mut attempt = 1;
        loop {
            let stored = self.store.find_conflicts(&values).await?;
            self.conflicts_likely = !stored.customers.is_empty();
            let plan = ImportPlan::new(rows, stored, self.released_values(rows).await?, self.on_conflict);
            match self.apply(plan).await {
                Err(ImportError::Store(StoreError::Unique(_))) if attempt < MAX_ATTEMPTS => attempt += 1,
                applied => return applied,
            }
        }
    }

    async fn apply(&mut self, plan: ImportPlan<'_>) -> Result<Vec<RowError>, ImportError> {
        let ImportPlan { new, changed, unchanged, skipped, rejected, existing, errors, released } = plan;
        let (imported, updated) = (new.len() as u64, changed.len() as u64);
        let tokens = new.iter().map(|new| new.tokens.len()).chain(changed.iter().map(|update| update.new_tokens.len()));
        let tokens = tokens.sum::<usize>() as u64;
        if self.dry_run {
            self.keep_released(released).await?;
        } else {
            // Two transactions. If the second fails, both are planned again, and the first has become a no-op.
            if !changed.is_empty() {
                self.store.update_customers(changed).await?;
                self.yield_to_server().await;
            }
            if !new.is_empty() {
                self.store.insert_customers(&new).await?;
                self.yield_to_server().await;
            }
        }
        self.summary.imported += imported;
        self.summary.updated += updated;
        self.summary.unchanged += unchanged;
        self.summary.skipped += skipped;
        self.summary.rejected += rejected;
        self.summary.existing += existing;
        self.summary.tokens += tokens;
        Ok(errors)
    }

    /// Those values of the rows that earlier batches of a dry run would have released. An import finds it in the database.
    async fn released_values(&mut self, rows: &[Row]) -> sqlx::Result<HashMap<Fingerprint, i64>> {
        match &mut self.released {
            Some(released) => released.get(rows.iter().flat_map(Row::fingerprints).map(|(_, value)| value)).await,
            None => Ok(HashMap::new()),
        }
    }

    async fn keep_released(&mut self, values: HashMap<Fingerprint, i64>) -> sqlx::Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        let released = match &mut self.released {
            Some(released) => released,
            none => none.insert(ValueMap::open().await?),
        };
        released.insert(values.into_iter().collect()).await.map(drop)
    }

    /// After a transaction.
    async fn yield_to_server(&self) {
        if self.yields_to_server {
            tokio::time::sleep(YIELD_PAUSE).await;
        }
    }
}
