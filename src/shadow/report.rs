//! The report: a line of JSON for each request whose answers differ. A thread of its own writes it, so that a disk that is
//! slow or full costs lines, which are counted, and no request.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};

use tokio::sync::oneshot;

use super::{entry::Entry, totals::Totals};

/// How many lines may wait for the disk.
const MAX_WAITING_LINES: usize = 1_024;
/// How long the last lines may take when the proxy stops.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);
/// The mode of a new report: with values it holds what customers are called.
const MODE: u32 = 0o600;

/// Where differences are written; a report without a file takes no line.
pub struct Report {
    file: Option<File>,
    shows_values: bool,
    open: Mutex<Option<Open>>,
}

/// The way to the thread that writes.
struct Open {
    lines: mpsc::SyncSender<String>,
    /// Closed when the last line has been written.
    written: oneshot::Receiver<()>,
}

impl Report {
    /// No report.
    pub fn none() -> Self {
        Self { file: None, shows_values: false, open: Mutex::default() }
    }

    /// Appends to this file. `shows_values`: whether the lines show what differs, which may be personal data.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn append_to(path: &Path, shows_values: bool) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).mode(MODE).open(path)?;
        Ok(Self { file: Some(file), shows_values, open: Mutex::default() })
    }

    /// Begins to write.
    pub(super) fn start(mut self, totals: Arc<Totals>) -> Self {
        if let Some(file) = self.file.take() {
            let (lines, waiting) = mpsc::sync_channel(MAX_WAITING_LINES);
            let (done, written) = oneshot::channel::<()>();
            let writer = move || {
                let _done = done;
                write_lines(file, &waiting, &totals);
            };
            // Without a thread every line counts as dropped.
            let _ = std::thread::Builder::new().name("report".into()).spawn(writer);
            self.open = Mutex::new(Some(Open { lines, written }));
        }
        self
    }

    /// Writes a line, if there is room for it.
    pub(super) fn write(&self, entry: &Entry<'_>, totals: &Totals) {
        let line = entry.line(self.shows_values);
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.as_ref().is_some_and(|open| open.lines.try_send(line).is_err()) {
            totals.count_dropped_line();
        }
    }

    /// Waits for the last lines, for as long as that may take. Later lines are dropped.
    pub(super) async fn close(&self) {
        let (lines, written) = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.take().map_or((None, None), |Open { lines, written }| (Some(lines), Some(written)))
        };
        drop(lines);
        if let Some(written) = written {
            let _ = tokio::time::timeout(FLUSH_TIMEOUT, written).await;
        }
    }
}

fn write_lines(mut file: impl Write, lines: &mpsc::Receiver<String>, totals: &Totals) {
    let (mut is_failing, mut is_cut) = (false, false);
    while let Ok(line) = lines.recv() {
        // The rest of a line that a full disk cut off must not join the next one.
        let start = if is_cut { "\n" } else { "" };
        match write_whole(&mut file, format!("{start}{line}\n").as_bytes()) {
            Ok(()) => {
                if is_failing {
                    tracing::info!("the report is written again");
                }
                (is_failing, is_cut) = (false, false);
            }
            Err((error, written)) => {
                totals.count_dropped_line();
                is_cut |= written > 0;
                if !is_failing {
                    tracing::error!(error = &error as &dyn std::error::Error, "cannot write to the report");
                }
                is_failing = true;
            }
        }
    }
}

/// Writes all of it, or says how much was written.
fn write_whole(file: &mut impl Write, mut bytes: &[u8]) -> Result<(), (io::Error, usize)> {
    let length = bytes.len();
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err((io::ErrorKind::WriteZero.into(), length - bytes.len())),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err((error, length - bytes.len())),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes the bytes up to its limit, then no more, until the limit is raised.
    struct Disk {
        file: Vec<u8>,
        writes: Vec<usize>,
    }

    impl Write for &mut Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.writes.pop() {
                Some(0) => Err(io::ErrorKind::StorageFull.into()),
                limit => {
                    let taken = &bytes[..bytes.len().min(limit.unwrap_or(usize::MAX))];
                    self.file.extend_from_slice(taken);
                    Ok(taken.len())
                }
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_costs_lines_and_the_next_line_is_whole() {
        let totals = Totals::default();
        // The first line is written in two pieces, the second one is cut off, the third one has no room at all.
        let mut disk = Disk { file: Vec::new(), writes: vec![0, 0, 2, 100, 1] };
        let (sender, lines) = mpsc::channel();
        for line in ["one", "two", "three", "four", "five"] {
            sender.send(line.to_owned()).unwrap();
        }
        drop(sender);
        write_lines(&mut disk, &lines, &totals);
        assert_eq!(String::from_utf8(disk.file).unwrap(), "one\ntw\nfour\nfive\n");
        assert_eq!(totals.summary().dropped_lines, 2);
    }
}
