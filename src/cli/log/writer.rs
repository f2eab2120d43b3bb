//! The thread that writes the log.
//!
//! A log line goes into a queue, and one thread writes the queue, many lines at once: to wake the thread for each line, and
//! to write each by itself, took a quarter of the CPU of a request (docs/performance.md). Stderr may be a closed pipe, a full
//! disk or a pipe that is not read: a line that finds the queue full, or that cannot be written, is dropped and counted. When
//! lines can be written again, the thread reports how many were dropped. Those of the audit log's file are reported in the
//! log at once.
//!
//! tracing-appender's non-blocking writer does not do: it ignores failed writes without counting them, it limits lines
//! and not bytes, and when the process ends with a full queue it prints to stdout, which may block or panic.

use std::{
    io::{self, Write},
    mem,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

use tracing_subscriber::fmt::MakeWriter;

/// Lines of a typical length: about 5,000. Reached only while stderr is not read.
const MAX_QUEUED_BYTES: usize = 1024 * 1024;
/// How long the first line waits for others.
const GATHER_TIME: Duration = Duration::from_millis(5);
/// How much is written at once, in whole lines: as much as a pipe takes in one piece (`PIPE_BUF`), so that the lines of
/// several processes that share one do not mix.
const MAX_WRITTEN_BYTES: usize = 4096;
/// How much memory the thread keeps for the next lines.
const MAX_KEPT_BYTES: usize = 64 * 1024;
/// How long the end of the process may wait for the log.
const MAX_FLUSH_TIME: Duration = Duration::from_secs(1);
/// While lines keep being dropped, their number is reported at most this often.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// The queue's end for those who log.
#[derive(Clone)]
pub(super) struct LogWriter(Arc<Writers>);

/// All clones of a writer together. The thread ends with them.
struct Writers(Arc<Shared>);

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    /// The thread has something to do.
    wake: Condvar,
    dropped_lines: AtomicU64,
}

#[derive(Default)]
struct Queue {
    lines: Vec<u8>,
    /// The length of `lines`, and of what the thread is writing.
    unwritten_bytes: usize,
    /// Who is told when every line so far is written or dropped.
    flushes: Vec<SyncSender<()>>,
    has_no_writer: bool,
    has_no_thread: bool,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogWriter {
    /// Starts the thread. It ends when the last clone is dropped. `report` is told how many lines were dropped since
    /// its last call; it may log. It is called when lines can be written again, or at once when it writes to another log.
    pub(super) fn start(
        output: impl Write + Send + 'static,
        reports_at_once: bool,
        report: impl Fn(u64) + Send + 'static,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let thread = WriterThread::new(shared.clone(), output, reports_at_once, report);
        // A thread that does not start is dropped, and every line counts as dropped.
        let _ = thread::Builder::new().name("log".into()).spawn(move || thread.run());
        Self(Arc::new(Writers(shared)))
    }

    /// Waits until every line so far is written or dropped, for at most [`MAX_FLUSH_TIME`].
    pub(super) fn flush(&self) {
        let deadline = Instant::now() + MAX_FLUSH_TIME;
        // The second time for the report of dropped lines that the first time may cause.
        for _ in 0..2 {
            let (done, is_done) = mpsc::sync_channel(1);
            let mut queue = self.shared().queue();
            if queue.has_no_thread {
                return;
            }
            queue.flushes.push(done);
            drop(queue);
            self.shared().wake.notify_one();
            let _ = is_done.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        }
    }

    pub(super) fn dropped_lines(&self) -> u64 {
        self.shared().dropped_lines.load(Ordering::Relaxed)
    }

    fn shared(&self) -> &Shared {
        &self.0.0
    }

    fn enqueue(&self, line: &[u8]) {
        let mut queue = self.shared().queue();
        if queue.has_no_thread || queue.unwritten_bytes + line.len() > MAX_QUEUED_BYTES {
            self.shared().dropped_lines.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let was_empty = queue.lines.is_empty();
        queue.lines.extend_from_slice(line);
        queue.unwritten_bytes += line.len();
        drop(queue);
        if was_empty {
            self.shared().wake.notify_one();
        }
    }
}

/// One call is one line: that is how tracing-subscriber writes. It neither waits nor fails.
impl Write for &LogWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.enqueue(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        self.0.queue().has_no_writer = true;
        self.0.wake.notify_one();
    }
}

struct WriterThread<W, R> {
    output: W,
    report: R,
    shared: Arc<Shared>,
    /// Whether the last line could be written.
    can_write: bool,
    /// Whether dropped lines are reported while none can be written.
    reports_at_once: bool,
    /// Whether the output ends in the middle of a line, whose other half could not be written.
    is_line_cut: bool,
    reported_lines: u64,
    last_report: Option<Instant>,
}

impl<W: Write, R: Fn(u64)> WriterThread<W, R> {
    fn new(shared: Arc<Shared>, output: W, reports_at_once: bool, report: R) -> Self {
        Self {
            output,
            report,
            shared,
            can_write: true,
            reports_at_once,
            is_line_cut: false,
            reported_lines: 0,
            last_report: None,
        }
    }

    fn run(mut self) {
        let mut lines = Vec::new();
        while let Some(flushes) = self.take(&mut lines) {
            self.write_lines(&lines);
            self.shared.queue().unwritten_bytes -= lines.len();
            self.report_dropped_lines();
            for done in flushes {
                let _ = done.send(());
            }
        }
    }

    /// Waits for lines and takes all of them, in exchange for the memory of those that are written. `None`: there will be no
    /// more.
    fn take(&self, lines: &mut Vec<u8>) -> Option<Vec<SyncSender<()>>> {
        lines.clear();
        lines.shrink_to(MAX_KEPT_BYTES);
        let is_idle = |queue: &mut Queue| queue.lines.is_empty() && !queue.must_be_written();
        let queue = self.shared.wake.wait_while(self.shared.queue(), is_idle).unwrap_or_else(PoisonError::into_inner);
        let gathers = |queue: &mut Queue| !queue.must_be_written();
        let gathered = self.shared.wake.wait_timeout_while(queue, GATHER_TIME, gathers);
        let (mut queue, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut queue.lines, lines);
        let flushes = mem::take(&mut queue.flushes);
        (!queue.has_no_writer || !lines.is_empty() || !flushes.is_empty()).then_some(flushes)
    }

    /// Writes as much as it can. A line that cannot be written whole is dropped.
    fn write_lines(&mut self, mut lines: &[u8]) {
        while !lines.is_empty() {
            let some = &lines[..end_of_lines(lines)];
            let written = self.write(some);
            self.can_write = written == some.len();
            if self.can_write {
                lines = &lines[written..];
            } else {
                self.shared.dropped_lines.fetch_add(1, Ordering::Relaxed);
                lines = &lines[written + end_of_line(&lines[written..])..];
            }
            self.report_dropped_lines();
        }
    }

    /// How many bytes could be written.
    fn write(&mut self, lines: &[u8]) -> usize {
        if self.is_line_cut && self.output.write_all(b"\n").is_err() {
            return 0;
        }
        let mut written = 0;
        while written < lines.len() {
            match self.output.write(&lines[written..]) {
                Ok(0) => break,
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.is_line_cut = lines[..written].last().is_some_and(|last| *last != b'\n');
        written
    }

    /// The report is a line of the queue: when other lines have taken its place, the next report includes it.
    fn report_dropped_lines(&mut self) {
        let dropped = self.shared.dropped_lines.load(Ordering::Relaxed);
        if dropped == self.reported_lines || !(self.can_write || self.reports_at_once) {
            return;
        }
        let is_drained = self.shared.queue().lines.is_empty();
        if is_drained || self.last_report.is_none_or(|time| time.elapsed() >= REPORT_INTERVAL) {
            (self.report)(dropped - self.reported_lines);
            self.reported_lines = dropped;
            self.last_report = Some(Instant::now());
        }
    }
}

impl<W, R> Drop for WriterThread<W, R> {
    fn drop(&mut self) {
        let mut queue = self.shared.queue();
        queue.has_no_thread = true;
        queue.flushes.clear();
    }
}

impl Queue {
    fn must_be_written(&self) -> bool {
        !self.flushes.is_empty() || self.has_no_writer
    }
}

/// The end of the last line that may be written together with the first.
fn end_of_lines(lines: &[u8]) -> usize {
    let first = &lines[..lines.len().min(MAX_WRITTEN_BYTES)];
    first.iter().rposition(|byte| *byte == b'\n').map_or_else(|| end_of_line(lines), |last| last + 1)
}

/// The end of the first line.
fn end_of_line(lines: &[u8]) -> usize {
    lines.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |end| end + 1)
}

#[cfg(test)]
mod tests;
