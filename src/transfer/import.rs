//! A file's customers, brought into the database.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::DbBackend;

use super::{
    Format, PAGE,
    batches::{self, Batch, Batches},
    columns::Row,
    plan::{OnConflict, Stored, Verdict},
    reader::ReadError,
    report::{Finding, Report},
    twins::{Mark, Twins, Who},
};
use crate::store::{BulkCustomer, CustomerUpdate, Store, StoreError};

/// How often a batch starts anew because others wrote the same values between the question and the insert.
const ATTEMPTS: usize = 5;

/// Who waits for SQLite asks now and then, at most 100 ms apart. Without a pause between two transactions a live server
/// would find the file locked at nearly every turn.
const TURN_OF_OTHERS: Duration = Duration::from_millis(110);

/// What to import, and how.
#[derive(Clone, Debug)]
pub struct Import<'a> {
    /// The file.
    pub file: &'a Path,
    /// How it is written.
    pub format: Format,
    /// Only say what would happen.
    pub dry_run: bool,
    /// What to do with a row whose customer exists.
    pub on_conflict: OnConflict,
}

/// How it went, in rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// New customers.
    pub imported: u64,
    /// Customers that were changed.
    pub updated: u64,
    /// Customers that were as the row has them.
    pub unchanged: u64,
    /// Customers that were left alone.
    pub skipped: u64,
    /// Rows that were refused.
    pub refused: u64,
    /// Rows with a value that an earlier row has; a dry run looks for all unique values, an import for usernames.
    pub repeated: u64,
    /// Rows whose username looks like another.
    pub lookalikes: u64,
    /// Line, field and message of what was refused.
    pub rejected: Option<PathBuf>,
    /// Line, field and message of what was repeated or looks alike.
    pub twins: Option<PathBuf>,
}

/// The import stopped before its end. Everything up to some row is in the database, and nothing after it.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is not what it should be.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Something about the files beside it.
    #[error("cannot write what was found")]
    Io(#[from] io::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The reading thread died.
    #[error("the reader failed")]
    Reader(#[from] tokio::task::JoinError),
}

/// Imports the file; `progress` hears how many bytes of it are done.
pub async fn import(store: &Store, import: Import<'_>, progress: impl Fn(u64)) -> Result<Tally, ImportError> {
    let file = File::open(import.file).map_err(ReadError::Io)?;
    let is_new_shop = store.usernames_after(i64::MIN, 1).await?.is_empty();
    let mut run = Run {
        store,
        gives_way: store.backend() == DbBackend::Sqlite && !is_new_shop,
        dry_run: import.dry_run,
        on_conflict: import.on_conflict,
        conflicts_likely: false,
        rejected: Report::beside(import.file, ".rejected.jsonl")?,
        tally: Tally::default(),
    };
    let report = Report::beside(import.file, ".twins.jsonl")?;
    if !run.dry_run {
        store.prepare_for_bulk().await?;
    }
    let twins = stored_usernames(store).await?;
    let rows = if is_new_shop { batches::ROWS_OF_NEW_SHOP } else { batches::ROWS };
    let Batches { mut batches, reader } = batches::start(file, import.format, rows, twins, import.dry_run);
    while let Some(batch) = batches.recv().await {
        let bytes = batch.bytes;
        run.batch(batch).await?;
        progress(bytes);
    }
    let twins = reader.await??;
    run.tally.twins = report_twins(twins, report, &mut run.tally)?;
    run.tally.rejected = run.rejected.finish()?;
    if !run.dry_run {
        store.finish_bulk().await?;
    }
    Ok(run.tally)
}

async fn stored_usernames(store: &Store) -> Result<Twins, ImportError> {
    let mut twins = Twins::new()?;
    let mut after = i64::MIN;
    loop {
        let page = store.usernames_after(after, PAGE).await?;
        let Some((last, ..)) = page.last() else { return Ok(twins) };
        after = *last;
        for (id, username, key) in page {
            twins.note(Mark::of_username(&username, &key), Who::Customer(id))?;
        }
    }
}

fn report_twins(twins: Twins, mut report: Report, tally: &mut Tally) -> io::Result<Option<PathBuf>> {
    for twins in twins.finish() {
        for twin in twins? {
            *(if twin.is_same { &mut tally.repeated } else { &mut tally.lookalikes }) += 1;
            report.write(&twin.finding())?;
        }
    }
    report.finish()
}

struct Run<'a> {
    store: &'a Store,
    /// Whether others write to the same file.
    gives_way: bool,
    dry_run: bool,
    on_conflict: OnConflict,
    /// Whether the last batch met stored customers: then the next one is not inserted on the off chance.
    conflicts_likely: bool,
    rejected: Report,
    tally: Tally,
}

impl Run<'_> {
    async fn batch(&mut self, batch: Batch) -> Result<(), ImportError> {
        let Batch { rows, refused_rows, findings, .. } = batch;
        self.tally.refused += refused_rows;
        self.reject(&findings)?;
        if rows.is_empty() {
            return Ok(());
        }
        if !self.dry_run && !self.conflicts_likely {
            let new: Vec<_> = rows.iter().map(|row| &row.new).collect();
            match self.store.insert_customers(&new).await {
                Ok(()) => {
                    self.tally.imported += new.len() as u64;
                    self.give_way().await;
                    return Ok(());
                }
                Err(StoreError::Unique(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        for rows in rows.chunks(batches::ROWS) {
            self.judge(rows).await?;
        }
        Ok(())
    }

    /// Looks at what is stored and does with each row what is due.
    async fn judge(&mut self, rows: &[Row]) -> Result<(), ImportError> {
        for attempt in 1.. {
            let verdicts = Verdicts::of(self.store, rows, self.on_conflict).await?;
            self.conflicts_likely = verdicts.met_customers;
            match self.carry_out(verdicts).await {
                Err(ImportError::Store(StoreError::Unique(_))) if attempt < ATTEMPTS => {}
                done => return done,
            }
        }
        Ok(())
    }

    async fn carry_out(&mut self, verdicts: Verdicts<'_>) -> Result<(), ImportError> {
        let Verdicts { new, changed, unchanged, skipped, refused, findings, .. } = verdicts;
        let (imported, updated) = (new.len() as u64, changed.len() as u64);
        if !self.dry_run {
            // Two transactions, each of which may be repeated: what is in is unchanged the second time.
            if !changed.is_empty() {
                self.store.update_customers(changed).await?;
                self.give_way().await;
            }
            if !new.is_empty() {
                self.store.insert_customers(&new).await?;
                self.give_way().await;
            }
        }
        self.tally.imported += imported;
        self.tally.updated += updated;
        self.tally.unchanged += unchanged;
        self.tally.skipped += skipped;
        self.tally.refused += refused;
        self.reject(&findings)?;
        Ok(())
    }

    /// After a transaction.
    async fn give_way(&self) {
        if self.gives_way {
            tokio::time::sleep(TURN_OF_OTHERS).await;
        }
    }

    fn reject(&mut self, findings: &[Finding]) -> io::Result<()> {
        findings.iter().try_for_each(|finding| self.rejected.write(finding))
    }
}

/// What becomes of the rows of a batch.
#[derive(Default)]
struct Verdicts<'a> {
    new: Vec<&'a BulkCustomer>,
    changed: Vec<CustomerUpdate>,
    unchanged: u64,
    skipped: u64,
    refused: u64,
    findings: Vec<Finding>,
    met_customers: bool,
}

impl<'a> Verdicts<'a> {
    async fn of(store: &Store, rows: &'a [Row], on_conflict: OnConflict) -> Result<Self, StoreError> {
        let identities: Vec<_> = rows.iter().map(Row::identity).collect();
        let rivals = store.find_rivals(&identities).await?;
        let mut verdicts = Self { met_customers: !rivals.customers.is_empty(), ..Self::default() };
        let stored = Stored::from(rivals);
        for row in rows {
            match stored.judge(row, on_conflict) {
                Verdict::Insert(customer) => verdicts.new.push(customer),
                Verdict::Update(update) => verdicts.changed.push(*update),
                Verdict::Unchanged => verdicts.unchanged += 1,
                Verdict::Skipped => verdicts.skipped += 1,
                Verdict::Refused(findings) => {
                    verdicts.refused += 1;
                    verdicts.findings.extend(findings);
                }
            }
        }
        Ok(verdicts)
    }
}
