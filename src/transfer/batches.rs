//! Rows put together into batches, on a thread of their own: while the database takes one, the next is read.

use std::{collections::HashSet, fs::File, io};

use tokio::{runtime::Handle, sync::mpsc, task::JoinHandle};

use super::{
    Format,
    columns::Row,
    reader::{self, ReadError},
    report::Finding,
    twins::{Mark, Twins, Who},
};

/// The rows of one transaction. More would be faster on SQLite, but a live server that writes to the same file waits for
/// as long as one takes: mostly a fraction of a second.
pub(super) const ROWS: usize = 8000;
/// Into a new shop, where nobody waits, more rows go at once: SQLite writes every page that a transaction touches, and the
/// scattered unique values of a few thousand rows touch most pages. Two batches are in memory.
pub(super) const ROWS_OF_NEW_SHOP: usize = 20_000;
/// Long rows make a batch of fewer: what bounds the memory are bytes of the file.
const BYTES: u64 = 8 * 1024 * 1024;

/// Rows that share no unique value with one another, and what was wrong with the rows between them.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) rows: Vec<Row>,
    pub(super) refused_rows: u64,
    pub(super) findings: Vec<Finding>,
    /// How much of the file is read once these rows are done.
    pub(super) bytes: u64,
}

/// The batches of a file, and in the end what the rows have left for the search for twins.
pub(super) struct Batches {
    pub(super) batches: mpsc::Receiver<Batch>,
    pub(super) reader: JoinHandle<Result<Twins, ReadError>>,
}

/// Starts to read. `all_fields`: whether every value that stands twice is wanted, or only usernames.
pub(super) fn start(file: File, format: Format, rows: usize, twins: Twins, all_fields: bool) -> Batches {
    let (sender, batches) = mpsc::channel(1);
    let reader = tokio::task::spawn_blocking(move || {
        let runtime = Handle::current();
        let (batch, values) = (Batch::default(), HashSet::new());
        let mut composer = Composer { runtime, sender, rows, twins, all_fields, batch, values, sent_bytes: 0 };
        for item in reader::rows(format, file)? {
            let (bytes, row) = item?;
            if composer.add(bytes, row)?.is_break() {
                break;
            }
        }
        let _ = composer.send();
        Ok(composer.twins)
    });
    Batches { batches, reader }
}

struct Composer {
    runtime: Handle,
    sender: mpsc::Sender<Batch>,
    /// The most in a batch.
    rows: usize,
    twins: Twins,
    all_fields: bool,
    batch: Batch,
    /// The unique values in the batch.
    values: HashSet<(u8, u64)>,
    /// How much of the file went into the batches before.
    sent_bytes: u64,
}

impl Composer {
    fn add(&mut self, bytes: u64, row: Result<Row, Vec<Finding>>) -> io::Result<ControlFlow> {
        let mut flow = ControlFlow::Continue(());
        match row {
            Ok(row) => {
                let marks = Mark::of_row(&row);
                if marks.iter().any(|mark| self.values.contains(&mark.value())) {
                    flow = self.send();
                }
                let line = Who::Line(row.line.cast_signed());
                for mark in marks {
                    self.values.insert(mark.value());
                    if self.all_fields || mark.is_username() {
                        self.twins.note(mark, line)?;
                    }
                }
                self.batch.rows.push(row);
            }
            Err(findings) => {
                self.batch.refused_rows += 1;
                self.batch.findings.extend(findings);
            }
        }
        self.batch.bytes = bytes;
        let count = self.batch.rows.len() + self.batch.findings.len();
        if count >= self.rows || bytes - self.sent_bytes >= BYTES {
            flow = self.send();
        }
        Ok(flow)
    }

    /// `Break` when nobody takes batches any more. The next one is begun when this one is taken, so that no third is in
    /// memory.
    fn send(&mut self) -> ControlFlow {
        self.values.clear();
        let batch = std::mem::take(&mut self.batch);
        self.sent_bytes = batch.bytes;
        let taken = self.runtime.block_on(async {
            self.sender.send(batch).await.ok()?;
            self.sender.reserve().await.ok().map(drop)
        });
        if taken.is_some() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

type ControlFlow = std::ops::ControlFlow<()>;

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::*;

    /// The rows of each batch.
    async fn sizes(text: &str, rows: usize) -> Vec<usize> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.rewind().unwrap();
        let Batches { mut batches, reader } = start(file, Format::Csv, rows, Twins::new().unwrap(), false);
        let mut sizes = Vec::new();
        while let Some(batch) = batches.recv().await {
            sizes.push(batch.rows.len());
        }
        reader.await.unwrap().unwrap();
        sizes
    }

    #[tokio::test]
    async fn a_batch_ends_where_it_is_full_or_a_value_comes_again() {
        assert_eq!(sizes("username\na\nb\nc\nd\ne\n", 2).await, [2, 2, 1]);
        assert_eq!(sizes("username\na\nb\na\nc\n", 9).await, [2, 2]);
    }

    #[tokio::test]
    async fn long_rows_make_small_batches() {
        let keys = |n: u32| (0..1000).map(|k| format!("{n:0>500}{k:0>500} ")).collect::<String>();
        let rows: String = (0..20).map(|n| format!("user{n},{}\n", keys(n))).collect();
        assert_eq!(sizes(&format!("username,keys\n{rows}"), 1000).await, [9, 9, 2]);
    }
}
