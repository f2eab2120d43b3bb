//! What the readers give, and why a source cannot be read.

use std::io;

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
    /// A CSV's quote is not closed before the end of the file, or of the longest row.
    #[error(
        "line {line}: the quote that begins in column {column} is not closed, so that the lines after it would be part of \
         the cell: close it, or write a quote within a quoted cell twice"
    )]
    OpenQuote {
        /// The line on which the quote begins. The first line is 1.
        line: u64,
        /// The column, by name or number.
        column: String,
    },
    /// The row that begins on this line is longer than 1 MiB.
    #[error("line {0}: the row is longer than 1 MiB")]
    LongRow(u64),
    /// The CSV's first line has one column, because its fields are separated otherwise.
    #[error("the first line of the file has one column, with {0}: fields are separated by commas")]
    OtherSeparator(&'static str),
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
