//! Imports the customers of a file, or of a Django shop.

mod run;

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use sea_orm::sqlx;

use self::run::Run;
use super::{
    DjangoSource, Format, batches,
    input::ReadError,
    plan::OnConflict,
    reader::RowSource,
    rejected_rows,
    report::{Report, RowNumber},
};
use crate::store::{Store, StoreError};

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
    /// How many of the rejected rows are about customers that exist, with [`OnConflict::Fail`].
    pub existing: u64,
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

/// An import stopped before its end.
#[derive(Debug, thiserror::Error)]
#[error("the import stopped")]
pub struct StoppedImport {
    /// Why.
    #[source]
    pub error: ImportError,
    /// What it had done; of a dry run, what it would have done.
    pub done: Box<ImportSummary>,
}

impl<E: Into<ImportError>> From<E> for StoppedImport {
    /// It stopped before the first row.
    fn from(error: E) -> Self {
        Self { error: error.into(), done: Box::default() }
    }
}

/// Imports the customers; `progress` is given how many bytes of a file, or rows of a database, are done.
///
/// # Errors
/// The source cannot be read or a file's first line is wrong, the report cannot be written, or the database fails. A row that
/// is wrong is no error: it goes to the report.
pub async fn import(store: &Store, import: Import<'_>, progress: impl Fn(u64)) -> Result<ImportSummary, StoppedImport> {
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
    let result = run.all(source, options, progress).await;
    let (report, rejected) = run.report.finish()?;
    run.summary.report = report;
    if let Err(error) = result {
        return Err(StoppedImport { error, done: Box::new(run.summary) });
    }
    if let Some((file, format, path)) = copy {
        tokio::task::spawn_blocking(move || rejected_rows::copy(file, format, &rejected, &path)).await??;
    }
    Ok(run.summary)
}
