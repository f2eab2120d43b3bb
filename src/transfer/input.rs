//! What the readers give, and why a source cannot be read.

use std::{
    cell::Cell,
    io::{self, Read},
    rc::Rc,
};

use sea_orm::sqlx;

use super::{fields::FIELDS, report::RowError, row::Row};
use crate::store::DatabaseFailed;

/// The longest row, in bytes: room for hundreds of tokens. A quote that is never closed would otherwise read the whole
/// file into memory.
pub(super) const MAX_ROW_BYTES: u64 = 1024 * 1024;

/// The file, or the database, as a whole cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be read.
    #[error("cannot read the file")]
    Io(#[from] io::Error),
    /// The CSV's first line has an unknown field.
    #[error("the first line of the file has an unknown {0}: expected names of fields, each of {fields} at most once", fields = FIELDS.join(", "))]
    UnknownField(String),
    /// The CSV's first line has a field twice.
    #[error("the first line of the file names {0} twice")]
    RepeatedField(&'static str),
    /// The CSV's first line lacks the field that every row needs.
    #[error("the first line of the file does not name \"username\"")]
    NoUsername,
    /// The database that is imported from failed.
    #[error(transparent)]
    Database(#[from] DatabaseFailed),
    /// The temporary file of unique values failed.
    #[error("cannot keep the file's unique values in a temporary file")]
    TemporaryFile(#[from] sqlx::Error),
}

/// A row, or everything that is wrong with it.
pub(super) type RowOrErrors = Result<Row, Vec<RowError>>;

/// One row with how far the source is read: the bytes of a file, the rows of a database. An `Err` ends the source.
pub(super) type Item = Result<(u64, RowOrErrors), ReadError>;

/// Counts the bytes of a row, and fails when there are too many.
pub(super) struct Limited<R> {
    pub(super) inner: R,
    pub(super) since_row: Rc<Cell<u64>>,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since_row.get() > MAX_ROW_BYTES {
            return Err(io::Error::other("a row is longer than 1 MiB: is a quote never closed?"));
        }
        let count = self.inner.read(buffer)?;
        self.since_row.set(self.since_row.get() + count as u64);
        Ok(count)
    }
}
