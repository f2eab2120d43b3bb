//! The thread that writes the log.
//!
//! A log line goes into a queue, and one thread writes the queue. Stderr may be a closed pipe, a full disk or a pipe
//! that is not read: a line that finds the queue full, or that cannot be written, is dropped and counted. When lines
//! can be written again, the thread reports how many were dropped. Those of the audit log's file are reported in the log at once.
//!
//! tracing-appender's non-blocking writer does not do: it ignores failed writes without counting them, it limits lines
//! and not bytes, and when the process ends with a full queue it prints to stdout, which may block or panic.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{self, Receiver, Sender, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

use tracing_subscriber::fmt::MakeWriter;

/// Lines of a typical length: about 5,000. Reached only while stderr is not read.
const MAX_QUEUED_BYTES: usize = 1024 * 1024;
/// How long the end of the process may wait for the log.
const MAX_FLUSH_TIME: Duration = Duration::from_secs(1);
/// While lines keep being dropped, their number is reported at most this often.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// The queue's end for those who log.
#[derive(Clone)]
pub(super) struct LogWriter {
    queue: Sender<Message>,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    queued_bytes: AtomicUsize,
    dropped_lines: AtomicU64,
}

enum Message {
    Line(Vec<u8>),
    /// Every line before this one is written or dropped: tell the sender.
    Flush(SyncSender<()>),
}

impl LogWriter {
    /// Starts the thread. It ends when the last clone is dropped. `report` is told how many lines were dropped since
    /// its last call; it may log. It is called when lines can be written again, or at once when it writes to another log.
    pub(super) fn start(
        output: impl Write + Send + 'static,
        reports_at_once: bool,
        report: impl Fn(u64) + Send + 'static,
    ) -> Self {
        let (queue, messages) = mpsc::channel();
        let counters = Arc::new(Counters::default());
        let thread = WriterThread {
            output,
            report,
            messages,
            counters: counters.clone(),
            can_write: true,
            reports_at_once,
            is_line_cut: false,
            reported_lines: 0,
            last_report: None,
        };
        // Without the thread the queue has no reader, and every line counts as dropped.
        let _ = thread::Builder::new().name("log".into()).spawn(move || thread.run());
        Self { queue, counters }
    }

    /// Waits until every line so far is written or dropped, for at most [`MAX_FLUSH_TIME`].
    pub(super) fn flush(&self) {
        let deadline = Instant::now() + MAX_FLUSH_TIME;
        // The second time for the report of dropped lines that the first time may cause.
        for _ in 0..2 {
            let (done, is_done) = mpsc::sync_channel(1);
            if self.queue.send(Message::Flush(done)).is_ok() {
                let _ = is_done.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            }
        }
    }

    pub(super) fn dropped_lines(&self) -> u64 {
        self.counters.dropped_lines.load(Ordering::Relaxed)
    }

    fn enqueue(&self, line: &[u8]) {
        let queued = self.counters.queued_bytes.fetch_add(line.len(), Ordering::Relaxed);
        let has_room = queued + line.len() <= MAX_QUEUED_BYTES;
        if !has_room || self.queue.send(Message::Line(line.to_vec())).is_err() {
            self.counters.queued_bytes.fetch_sub(line.len(), Ordering::Relaxed);
            self.counters.dropped_lines.fetch_add(1, Ordering::Relaxed);
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

struct WriterThread<W, R> {
    output: W,
    report: R,
    messages: Receiver<Message>,
    counters: Arc<Counters>,
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
    fn run(mut self) {
        while let Ok(message) = self.messages.recv() {
            match message {
                Message::Line(line) => {
                    self.counters.queued_bytes.fetch_sub(line.len(), Ordering::Relaxed);
                    self.can_write = self.write(&line).is_ok();
                    if !self.can_write {
                        self.counters.dropped_lines.fetch_add(1, Ordering::Relaxed);
                    }
                    self.report_dropped_lines();
                }
                Message::Flush(done) => {
                    self.report_dropped_lines();
                    let _ = done.send(());
                }
            }
        }
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_line_cut {
            self.output.write_all(b"\n")?;
            self.is_line_cut = false;
        }
        let mut rest = line;
        while !rest.is_empty() {
            match self.output.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    rest = &rest[written..];
                    self.is_line_cut = !rest.is_empty();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The report is a line of the queue: when other lines have taken its place, the next report includes it.
    fn report_dropped_lines(&mut self) {
        let dropped = self.counters.dropped_lines.load(Ordering::Relaxed);
        let is_drained = self.counters.queued_bytes.load(Ordering::Relaxed) == 0;
        let is_due = is_drained || self.last_report.is_none_or(|time| time.elapsed() >= REPORT_INTERVAL);
        let can_report = self.can_write || self.reports_at_once;
        if dropped > self.reported_lines && is_due && can_report {
            (self.report)(dropped - self.reported_lines);
            self.reported_lines = dropped;
            self.last_report = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests;
