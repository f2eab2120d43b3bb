//! **Transfer**: customers by the million, from and to files, and from one database to another.
//!
//! Everything streams: a thread reads and checks the next batch while the database takes the last one.
//!
//! - `fields`, `row`, `parse`: the fields of a file, and one row under the rules of the profile
//! - `reader`, `csv_records`, `csv_reader`, `json_reader`, `django_reader`: a file or a Django shop, row by row
//! - `batches`: rows put together, without those that repeat a unique value of an earlier row
//! - `value_map`: unique values of a whole source, on disk
//! - `plan`: what to do with each row of a batch, given what is stored
//! - `import`, `report`, `rejected_rows`: the plans applied, and the rejected rows reported and copied
//! - `duplicates`, `case_duplicates`: usernames that look alike, and a Django shop's that differ in case alone
//! - `export`, `copy`: customers written to a file, and to another database

mod batches;
mod case_duplicates;
mod copy;
mod csv_reader;
mod csv_records;
mod django_reader;
mod duplicates;
mod export;
mod fields;
mod import;
mod input;
mod json_reader;
mod parse;
mod plan;
mod reader;
mod rejected_rows;
mod report;
mod row;
mod value_map;

use std::path::Path;

pub use case_duplicates::{CaseDuplicates, CaseDuplicatesError, case_duplicates};
pub use copy::{CopyError, CopySummary, Progress, copy};
pub use django_reader::DjangoSource;
pub use duplicates::{DuplicatesError, LookAlike, duplicates};
pub use export::{ExportError, export, export_django};
pub use import::{Import, ImportError, ImportSource, ImportSummary, StoppedImport, import};
pub use input::ReadError;
pub use plan::OnConflict;

/// Rows read from a database at a time.
const PAGE_ROWS: u64 = 8000;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Comma-separated values (RFC 4180) with a first line of field names.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

impl Format {
    /// The format that the end of the file's name says.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            _ => None,
        }
    }
}
