//! **Bulk**: customers by the million, in and out: from and to files, and from one database to another.
//!
//! Everything streams: a thread reads and checks the next batch while the database takes the last one, and no batch
//! holds two rows that want the same unique value, so that rows of one batch cannot be in each other's way.
//!
//! - `columns`: a file's fields and what a row says in them, under the rules of the profile
//! - `reader`: CSV and JSON lines, row by row
//! - `batches`: rows put together, on a thread of their own
//! - `judge`: a row held against what is stored
//! - `import`: rows inserted, updated, left or refused
//! - `report`, `twins`: what a person should look at
//! - `export`, `copy`: the ways out

mod batches;
mod columns;
mod copy;
mod export;
mod import;
mod plan;
mod reader;
mod report;
mod twins;

use std::path::Path;

pub use copy::{Copied, CopyError, Progress, copy};
pub use export::{ExportError, export};
pub use import::{Import, ImportError, Tally, import};
pub use plan::OnConflict;
pub use reader::ReadError;

/// Rows read from a database at a time.
const PAGE: u64 = 8000;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180) with a line of field names.
    Csv,
    /// A JSON object a line.
    Jsonl,
}

impl Format {
    /// What the end of the file's name says.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            _ => None,
        }
    }
}
