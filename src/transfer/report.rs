//! The report of rejected rows: one JSON object a line, in a file that only its owner can read, because it holds
//! customers' data.

use std::{
    borrow::Cow,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::{Serialize, Serializer, ser::SerializeMap};

/// What the number of a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowNumber {
    /// Of a file: the line on which the row begins.
    Line,
    /// Of a database: the customer's id.
    Id,
}

impl RowNumber {
    /// As a sentence begins with it.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Line => "Line",
            Self::Id => "Customer",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Id => "id",
        }
    }
}

/// What is wrong with one field of one row.
#[derive(Debug)]
pub(super) struct RowError {
    /// The row's number: where it begins in a file, or the customer's id. The first line is 1.
    pub(super) line: u64,
    /// `None` when the row cannot be read at all.
    pub(super) field: Option<String>,
    /// What is wrong, for a person.
    pub(super) message: String,
}

impl RowError {
    pub(super) fn new(line: u64, field: &str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { line, field: Some(field.to_owned()), message: message.into().into_owned() }
    }

    /// The row as a whole cannot be read.
    pub(super) fn of_row(line: u64, message: impl Into<String>) -> Self {
        Self { line, field: None, message: message.into() }
    }
}

/// A row error as the report has it.
struct Reported<'a>(&'a RowError, RowNumber);

impl Serialize for Reported<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(RowError { line, field, message }, number) = self;
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry(number.key(), line)?;
        map.serialize_entry("field", field)?;
        map.serialize_entry("message", message)?;
        map.end()
    }
}

/// A file of row errors, created at the first one.
pub(super) struct Report {
    path: PathBuf,
    number: RowNumber,
    /// The numbers of the rows so far.
    rows: Vec<u64>,
    file: Option<BufWriter<File>>,
}

impl Report {
    /// A report at this path. The report of an earlier run is removed.
    pub(super) fn at(path: &Path, number: RowNumber) -> io::Result<Self> {
        create_private(path, false)?;
        Ok(Self { path: path.to_owned(), number, rows: Vec::new(), file: None })
    }

    pub(super) fn write(&mut self, error: &RowError) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = create_private(&self.path, true)?.ok_or(io::ErrorKind::NotFound)?;
                self.file.insert(BufWriter::new(file))
            }
        };
        if self.rows.last() != Some(&error.line) {
            self.rows.push(error.line);
        }
        serde_json::to_writer(&mut *file, &Reported(error, self.number))?;
        file.write_all(b"\n")
    }

    /// The path of the report, if it has any errors, and the numbers of the rejected rows.
    pub(super) fn finish(mut self) -> io::Result<(Option<PathBuf>, Vec<u64>)> {
        self.rows.sort_unstable();
        let Some(mut file) = self.file.take() else { return Ok((None, self.rows)) };
        file.flush()?;
        Ok((Some(self.path), self.rows))
    }
}

/// Removes the file of an earlier run and creates a new one, if it is wanted, that only its owner can read.
pub(super) fn create_private(path: &Path, is_wanted: bool) -> io::Result<Option<File>> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    is_wanted.then(|| OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)).transpose()
}
