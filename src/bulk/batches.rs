//! Rows put together into batches, on a thread of their own: while the database takes one, the next is read.

use std::{collections::HashSet, fs::File, io};

use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    Format,
    columns::Row,
    reader::{self, ReadError},
    report::Finding,
    twins::{Mark, Twins, Who},
};

/// The rows of one transaction. More would be faster on SQLite, but a live server that writes to the same file waits for
/// as long as one takes: a fraction of a second.
const ROWS: usize = 8000;
/// Batches that wait for the database.
const WAITING: usize = 1;

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
pub(super) fn start(file: File, format: Format, twins: Twins, all_fields: bool) -> Batches {
    let (sender, batches) = mpsc::channel(WAITING);
    let reader = tokio::task::spawn_blocking(move || {
        let mut composer = Composer { sender, twins, all_fields, batch: Batch::default(), values: HashSet::new() };
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
    sender: mpsc::Sender<Batch>,
    twins: Twins,
    all_fields: bool,
    batch: Batch,
    /// The unique values in the batch.
    values: HashSet<(u8, u64)>,
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
        if self.batch.rows.len() + self.batch.findings.len() >= ROWS {
            flow = self.send();
        }
        Ok(flow)
    }

    /// `Break` when nobody takes batches any more.
    fn send(&mut self) -> ControlFlow {
        self.values.clear();
        let batch = std::mem::take(&mut self.batch);
        if self.sender.blocking_send(batch).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

type ControlFlow = std::ops::ControlFlow<()>;
