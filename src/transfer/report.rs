//! The report of rejected rows: one JSON object a line, in a file that only its owner can read, because it holds
//! customers' data.

use std::{
    borrow::Cow,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::Serialize;

/// What is wrong with one field of one row.
#[derive(Debug, Serialize)]
pub(super) struct RowError {
    /// Where the row begins; the first line is 1.
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

/// A file of row errors, created at the first one.
pub(super) struct Report {
    path: PathBuf,
    file: Option<BufWriter<File>>,
}

impl Report {
    /// A report beside the imported file. The report of an earlier run is removed.
    pub(super) fn beside(file: &Path, suffix: &str) -> io::Result<Self> {
        let mut path = file.as_os_str().to_owned();
        path.push(suffix);
        let path = PathBuf::from(path);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Self { path, file: None }),
        }
    }

    pub(super) fn write(&mut self, error: &RowError) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path)?;
                self.file.insert(BufWriter::new(file))
            }
        };
        serde_json::to_writer(&mut *file, error)?;
        file.write_all(b"\n")
    }

    /// The path of the report, if it has any errors.
    pub(super) fn finish(mut self) -> io::Result<Option<PathBuf>> {
        let Some(mut file) = self.file.take() else { return Ok(None) };
        file.flush()?;
        Ok(Some(self.path))
    }
}
