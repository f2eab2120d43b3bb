//! Rows of a source put into batches, on a thread of their own: while the database takes one batch, the next is read.

use std::{collections::HashMap, ops::ControlFlow};

use tokio::{runtime::Handle, sync::mpsc, task::JoinHandle};

use super::{
    input::ReadError,
    reader::RowSource,
    report::{RowError, RowNumber},
    row::Row,
    value_map::{Fingerprint, ValueMap},
};

/// Rows of one transaction. More would be faster on SQLite, but a running server that writes to the same file waits for
/// the whole transaction: mostly a fraction of a second.
pub(super) const BATCH_ROWS: usize = 8000;
/// Rows of one transaction into an empty database, which no server uses yet. SQLite writes every page that a
/// transaction touches, and the scattered unique values of a few thousand rows touch most pages.
pub(super) const INITIAL_BATCH_ROWS: usize = 20_000;
/// Upper bound on the bytes of the file in one batch, because two batches are in memory and rows may be long.
const MAX_BATCH_BYTES: u64 = 8 * 1024 * 1024;

/// Rows that break no rule and have no unique value of an earlier row, and the rejected rows between them.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) rows: Vec<Row>,
    pub(super) rejected_rows: u64,
    /// What is wrong with the rejected rows, in the order of their lines.
    pub(super) errors: Vec<RowError>,
    /// How far the source is read up to the last of these rows: the bytes of a file, the rows of a database.
    pub(super) position: u64,
}

/// How to read.
#[derive(Clone, Copy)]
pub(super) struct Options {
    /// What the numbers of the rows are.
    pub(super) row_number: RowNumber,
    /// The most rows in a batch.
    pub(super) batch_rows: usize,
    /// The least length of a token, in characters.
    pub(super) min_token_chars: usize,
}

/// The batches of a file, and the task that reads them.
pub(super) struct Batches {
    pub(super) batches: mpsc::Receiver<Batch>,
    pub(super) reader: JoinHandle<Result<(), ReadError>>,
}

/// Starts to read.
pub(super) fn start(source: RowSource, options: Options) -> Batches {
    let (sender, batches) = mpsc::channel(1);
    let reader = tokio::task::spawn_blocking(move || {
        let mut builder = BatchBuilder::new(sender, options)?;
        for item in source.rows(options.min_token_chars)? {
            let (position, row) = item?;
            if builder.add(position, row)?.is_break() {
                return Ok(());
            }
        }
        builder.send().map(drop)
    });
    Batches { batches, reader }
}

struct BatchBuilder {
    runtime: Handle,
    sender: mpsc::Sender<Batch>,
    options: Options,
    batch: Batch,
    /// How far the source was read in the batches before.
    sent_position: u64,
    /// Whether the rows of this file have ids; `None` before the first row.
    rows_have_ids: Option<bool>,
    /// The line that was the first to have each unique value.
    first_lines: ValueMap,
}

impl BatchBuilder {
    fn new(sender: mpsc::Sender<Batch>, options: Options) -> Result<Self, ReadError> {
        let runtime = Handle::current();
        let first_lines = runtime.block_on(ValueMap::open())?;
        let batch = Batch::default();
        Ok(Self { runtime, sender, options, batch, sent_position: 0, rows_have_ids: None, first_lines })
    }

    /// `Break` when the import has stopped.
    fn add(&mut self, position: u64, row: Result<Row, Vec<RowError>>) -> Result<ControlFlow<()>, ReadError> {
        match row.and_then(|row| self.check_id(row)) {
            Ok(row) => self.batch.rows.push(row),
            Err(errors) => {
                self.batch.rejected_rows += 1;
                self.batch.errors.extend(errors);
            }
        }
        self.batch.position = position;
        let count = self.batch.rows.len() + self.batch.errors.len();
        if count >= self.options.batch_rows || position - self.sent_position >= MAX_BATCH_BYTES {
            self.send()
        } else {
            Ok(ControlFlow::Continue(()))
        }
    }

    /// In a file where some rows have ids, a row without one could get the id of a later row, or be the same customer as
    /// a row with an id.
    fn check_id(&mut self, row: Row) -> Result<Row, Vec<RowError>> {
        let has_id = row.id().is_some();
        let message = match (*self.rows_have_ids.get_or_insert(has_id), has_id) {
            (true, false) => "The first row has an id, so every row needs one.",
            (false, true) => "The first row has no id, so no row may have one.",
            _ => return Ok(row),
        };
        Err(vec![RowError::new(row.line, "id", message)])
    }

    /// `Break` when the import has stopped. Waits until the import asks for the next batch, so that no third one is in
    /// memory.
    fn send(&mut self) -> Result<ControlFlow<()>, ReadError> {
        self.reject_repeated_values()?;
        let batch = std::mem::take(&mut self.batch);
        self.sent_position = batch.position;
        let taken = self.runtime.block_on(async {
            self.sender.send(batch).await.ok()?;
            self.sender.reserve().await.ok().map(drop)
        });
        Ok(if taken.is_some() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }

    /// Rejects each row that has a unique value of an earlier row, whatever became or becomes of that one in the database:
    /// so every run of a file rejects the same rows.
    fn reject_repeated_values(&mut self) -> Result<(), ReadError> {
        let values = self.batch.rows.iter().flat_map(|row| {
            let line = row.line.cast_signed();
            row.fingerprints().map(move |(_, value)| (value, line))
        });
        let repeated = self.runtime.block_on(self.first_lines.insert(values.collect()))?;
        if repeated.is_empty() {
            return Ok(());
        }
        for row in std::mem::take(&mut self.batch.rows) {
            let errors = repeated_values(&row, &repeated, self.options.row_number);
            if errors.is_empty() {
                self.batch.rows.push(row);
            } else {
                self.batch.rejected_rows += 1;
                self.batch.errors.extend(errors);
            }
        }
        self.batch.errors.sort_by_key(|error| error.line);
        Ok(())
    }
}

/// What of the row an earlier line has, once for each field.
fn repeated_values(row: &Row, first_lines: &HashMap<Fingerprint, i64>, number: RowNumber) -> Vec<RowError> {
    let mut errors: Vec<RowError> = Vec::new();
    for (field, value) in row.fingerprints() {
        let Some(first) = first_lines.get(&value).filter(|first| **first < row.line.cast_signed()) else { continue };
        let field = field.as_str();
        if errors.iter().all(|error| error.field.as_deref() != Some(field)) {
            let what = if field == "tokens" { "one of these tokens".to_owned() } else { format!("the same {field}") };
            errors.push(RowError::new(row.line, field, format!("{} {first} has {what}.", number.noun())));
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::*;
    use crate::transfer::Format;

    /// The lines of the rows of each batch, and what was wrong with the others.
    async fn read(text: &str, batch_rows: usize) -> (Vec<Vec<u64>>, Vec<String>) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.rewind().unwrap();
        let options = Options { row_number: RowNumber::Line, batch_rows, min_token_chars: 1 };
        let Batches { mut batches, reader } = start(RowSource::File(file, Format::Csv), options);
        let (mut lines, mut errors) = (Vec::new(), Vec::new());
        while let Some(batch) = batches.recv().await {
            lines.push(batch.rows.iter().map(|row| row.line).collect());
            errors.extend(
                batch
                    .errors
                    .into_iter()
                    .map(|error| format!("{} {}: {}", error.line, error.field.unwrap_or_default(), error.message)),
            );
        }
        reader.await.unwrap().unwrap();
        (lines, errors)
    }

    #[tokio::test]
    async fn a_batch_ends_where_it_is_full() {
        assert_eq!(read("username\na\nb\nc\nd\ne\n", 2).await.0, [vec![2, 3], vec![4, 5], vec![6]]);
    }

    #[tokio::test]
    async fn long_rows_make_small_batches() {
        let tokens = |n: u32| (0..1000).map(|k| format!("{n:0>500}{k:0>500} ")).collect::<String>();
        let rows: String = (0..20).map(|n| format!("user{n},{}\n", tokens(n))).collect();
        let (batches, _) = read(&format!("username,tokens\n{rows}"), 1000).await;
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [9, 9, 2]);
    }

    #[tokio::test]
    async fn a_repeated_value_rejects_the_later_row_in_any_batch() {
        let text =
            "username,mobile_number,email,tokens\na,1,a@x,k l\nA,,,\nb,,a@x,\nc,1,a@x,l k\nd,,,\nd,2,,\ne,2,,m\n";
        let expected = [
            "3 username: Line 2 has the same username.",
            "4 email: Line 2 has the same email.",
            "5 mobile_number: Line 2 has the same mobile_number.",
            "5 email: Line 2 has the same email.",
            "5 tokens: Line 2 has one of these tokens.",
            "7 username: Line 6 has the same username.",
            // Line 7 is rejected, but it is the first with this number: who has it is for a person to decide.
            "8 mobile_number: Line 7 has the same mobile_number.",
        ];
        for batch_rows in [1, 2, 3, 100] {
            let (batches, errors) = read(text, batch_rows).await;
            assert_eq!(errors, expected, "{batch_rows}");
            assert_eq!(batches.concat(), [2, 6], "{batch_rows}");
        }
    }

    #[tokio::test]
    async fn either_all_rows_have_ids_or_none() {
        let (batches, errors) = read("id,username\n1,a\n,b\n1,c\n2,d\n", 2).await;
        assert_eq!(batches.concat(), [2, 5]);
        let expected = ["3 id: The first row has an id, so every row needs one.", "4 id: Line 2 has the same id."];
        assert_eq!(errors, expected);
        let (_, errors) = read("id,username\n,a\n1,b\n", 2).await;
        assert_eq!(errors, ["3 id: The first row has no id, so no row may have one."]);
    }
}
