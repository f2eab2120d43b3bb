//! The log, on stderr. It never stops the server and no request waits for it: see `writer`.

mod filter;
mod line;
mod writer;

use std::{
    fs::{File, OpenOptions},
    io::{self, IsTerminal, Write},
    os::{fd::AsFd, unix::fs::OpenOptionsExt},
    path::Path,
    sync::OnceLock,
};

use clap::ValueEnum;
use tracing_subscriber::{Layer, layer::SubscriberExt, util::SubscriberInitExt};

pub use filter::{LogFilter, LogFilterError};
use line::Lines;
use writer::LogWriter;

use crate::request_id;

/// The process's one log; empty until [`start`].
static WRITER: OnceLock<LogWriter> = OnceLock::new();
/// The file of the audit log, where there is one.
static AUDIT_FILE: OnceLock<LogWriter> = OnceLock::new();

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts the log, and appends the lines of the audit log to a file, too, whatever the filter says. A second call in the
/// same process changes nothing.
///
/// # Errors
/// The file cannot be opened: there is no log then.
pub fn start(filter: &LogFilter, format: Format, audit_file: Option<&Path>) -> io::Result<()> {
    let audit = audit_file.map(open_audit_file).transpose()?;
    let writer = WRITER.get_or_init(|| LogWriter::start(open_stderr(), false, warn_of_dropped_lines)).clone();
    let lines = if format == Format::Text && io::stderr().is_terminal() {
        // In colours.
        let lines = tracing_subscriber::fmt::layer().with_writer(writer);
        // Without this a line that cannot be written is reported by `eprintln!`, which panics when stderr is closed.
        lines.log_internal_errors(false).boxed()
    } else {
        Lines { format, writer }.boxed()
    };
    let registry = tracing_subscriber::registry().with(lines.with_filter(filter.targets()));
    let _ = match audit {
        Some(file) => {
            let writer = AUDIT_FILE.get_or_init(|| LogWriter::start(file, true, warn_of_dropped_audit_lines)).clone();
            registry.with(Lines { format, writer }.with_filter(filter::audit_alone())).try_init()
        }
        None => registry.try_init(),
    };
    // The place and the request. The panic's message could hold a customer's data. The hook itself cannot panic: the
    // log's writer ignores errors.
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(request = request_id::for_log(), location, "panicked");
    }));
    Ok(())
}

fn open_audit_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

/// Waits until every line so far is written, for at most a second each in the log and in the file.
pub fn flush() {
    // The file first: it may have to report in the log that it has dropped lines.
    for writer in [&AUDIT_FILE, &WRITER].into_iter().filter_map(OnceLock::get) {
        writer.flush();
    }
}

/// How many lines of the log and of the audit log's file the process has dropped, because nothing read them or because
/// they could not be written.
pub(super) fn dropped_lines() -> u64 {
    [&AUDIT_FILE, &WRITER].into_iter().filter_map(OnceLock::get).map(LogWriter::dropped_lines).sum()
}

/// Writes a line for a person to stderr, after the log lines before it; it waits for at most a second.
pub(super) fn print_to_stderr(line: &str) {
    let line = format!("{line}\n");
    // A broken stderr leaves only the exit code to tell what happened.
    let _ = match WRITER.get() {
        Some(mut writer) => writer.write_all(line.as_bytes()),
        None => io::stderr().write_all(line.as_bytes()),
    };
    flush();
}

/// A file descriptor of the log's own. The lock of [`io::stderr`] would be held for as long as a write blocks, and
/// everything else that writes to stderr would wait for it.
fn open_stderr() -> Box<dyn Write + Send> {
    match io::stderr().as_fd().try_clone_to_owned() {
        Ok(stderr) => Box::new(File::from(stderr)),
        Err(_) => Box::new(io::stderr()),
    }
}

fn warn_of_dropped_lines(lines: u64) {
    tracing::warn!(lines, "log lines were dropped");
}

fn warn_of_dropped_audit_lines(lines: u64) {
    tracing::warn!(lines, "lines of the audit log's file were dropped");
}
