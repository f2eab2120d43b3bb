//! Imports the customers of a file, or of a Django shop.

use std::{
    collections::HashMap,
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::sqlx;

use super::{
    DjangoSource, Format,
    batches::{self, Batch, Batches},
    input::ReadError,
    plan::{ImportPlan, OnConflict},
    reader::RowSource,
    rejected_rows,
    report::{Report, RowError, RowNumber},
    row::Row,
    value_map::{Fingerprint, ValueMap},
};
use crate::store::{Store, StoreError};

/// How often a batch is planned again because a server stored one of its values between the plan and the insert.
const MAX_ATTEMPTS: usize = 5;

/// SQLite's busy handler retries at most every 100 ms. Pausing longer than that between transactions lets a running
/// server acquire the write lock.
const YIELD_PAUSE: Duration = Duration::from_millis(110);

/// Where customers are imported from.
pub enum ImportSource<'a> {
    /// A file.
    File {
        /// The file, at its beginning.
        file: File,
        /// How it is written.
        format: Format,
        /// Where the rejected rows are copied as they stand in the file.
        rejected: Option<&'a Path>,
    },
    /// A Django shop's database.
    Django(Box<DjangoSource>),
}

/// Where the rejected rows are copied from and to.
type CopyOfRejected = (File, Format, PathBuf);

impl ImportSource<'_> {
    fn open(self) -> io::Result<(RowSource, RowNumber, Option<CopyOfRejected>)> {
        Ok(match self {
            Self::File { file, format, rejected } => {
                let copy = rejected.map(|path| Ok::<_, io::Error>((file.try_clone()?, format, path.to_owned())));
                (RowSource::File(file, format), RowNumber::Line, copy.transpose()?)
            }
            Self::Django(source) => (RowSource::Django(source), RowNumber::Id, None),
        })
    }
}

/// What to import, and how.
pub struct Import<'a> {
    /// Where from.
    pub source: ImportSource<'a>,
    /// Where rejected rows are listed. An earlier file of this name is removed.
    pub report: &'a Path,
    /// Write nothing to the database; report what an import would do.
    pub dry_run: bool,
    /// What to do with a row whose customer exists.
    pub on_conflict: OnConflict,
    /// The least length of a token, in characters: a short one can be guessed.
    pub min_token_chars: usize,
}

/// What an import did, or would do, in rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportSummary {
    /// New customers.
    pub imported: u64,
    /// Customers that were changed.
    pub updated: u64,
    /// Customers that were already as the row says.
    pub unchanged: u64,
    /// Customers that exist and were left as they are.
    pub skipped: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// Tokens that were stored: those of new customers, and new ones of others.
    pub tokens: u64,
    /// The report with line, field and message of what is wrong with the rejected rows, if there are any.
    pub report: Option<PathBuf>,
}

/// The import stopped before its end. Everything up to some row is stored, and nothing after it.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be imported.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The report of rejected rows, or the copy of them, cannot be written.
    #[error("cannot write the rejected rows or their report")]
    Io(#[from] io::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The temporary file of a dry run failed.
    #[error("cannot keep released values in a temporary file")]
    TemporaryFile(#[from] sqlx::Error),
    /// The thread that reads the file died.
    #[error("the reader failed")]
    Reader(#[from] tokio::task::JoinError),
}

/// Imports the customers; `progress` is given how many bytes of a file, or rows of a database, are done.
///
/// # Errors
/// The source cannot be read or a file's first line is wrong, the report cannot be written, or the database fails. A row that
/// is wrong is no error: it goes to the report.
pub async fn import(store: &Store, import: Import<'_>, progress: impl Fn(u64)) -> Result<ImportSummary, ImportError> {
    let (source, row_number, copy) = import.source.open()?;
    let database_is_empty = store.usernames_after(i64::MIN, 1).await?.is_empty();
    let options = batches::Options {
        row_number,
        batch_rows: if database_is_empty { batches::INITIAL_BATCH_ROWS } else { batches::BATCH_ROWS },
        min_token_chars: import.min_token_chars,
    };
    let mut run = Run {
        store,
        yields_to_server: store.has_one_writer() && !database_is_empty,
        dry_run: import.dry_run,
        on_conflict: import.on_conflict,
        conflicts_likely: false,
        released: None,
        report: Report::at(import.report, row_number)?,
        summary: ImportSummary::default(),
    };
    if !run.dry_run {
        store.begin_bulk_load().await?;
    }
    let Batches { mut batches, reader } = batches::start(source, options);
    while let Some(batch) = batches.recv().await {
        let position = batch.position;
        run.batch(batch).await?;
        progress(position);
    }
    reader.await??;
    let (report, rejected) = run.report.finish()?;
    run.summary.report = report;
    if let Some((file, format, path)) = copy {
        tokio::task::spawn_blocking(move || rejected_rows::copy(file, format, &rejected, &path)).await??;
    }
    if !run.dry_run {
        store.end_bulk_load().await?;
    }
    Ok(run.summary)
}

struct Run<'a> {
    store: &'a Store,
    /// Whether to pause after each transaction: a server may write to the same SQLite file.
    yields_to_server: bool,
    dry_run: bool,
    on_conflict: OnConflict,
    /// Whether the last batch met stored customers: the next one is planned at once, and not first inserted in vain.
    conflicts_likely: bool,
    /// In a dry run, the values that the updates of earlier batches would have taken away from customers.
    released: Option<ValueMap>,
    report: Report,
    summary: ImportSummary,
}

impl Run<'_> {
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
        let ImportPlan { new, changed, unchanged, skipped, rejected, errors, released } = plan;
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
