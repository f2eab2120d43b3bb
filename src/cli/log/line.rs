//! Writes log lines: as tracing-subscriber's own formats look, for a third of the instructions (docs/performance.md). Each
//! request is a line, so that a line is part of what a request costs. Those formats also show spans; ours has none.

use std::{
    cell::RefCell,
    error::Error,
    fmt::{self, Arguments, Debug, Write},
    io,
    time::{SystemTime, UNIX_EPOCH},
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    fmt::{
        MakeWriter,
        format::Writer,
        time::{FormatTime, SystemTime as Time},
    },
    layer::Context,
};

use super::Format;

/// Writes each event as a line.
pub(super) struct Lines<W> {
    pub(super) format: Format,
    pub(super) writer: W,
}

thread_local! {
    /// The line that is being written. Its memory is used again.
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
    /// The last second in which this thread has written a line, and how a line says it.
    static SECOND: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) };
}

impl<S: Subscriber, W: for<'w> MakeWriter<'w> + 'static> Layer<S> for Lines<W> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        LINE.with(|line| {
            // A value that logs while it is shown has a line of its own.
            let mut own = String::new();
            let mut shared = line.try_borrow_mut();
            let line = shared.as_deref_mut().unwrap_or(&mut own);
            line.clear();
            // Writing to a string does not fail, and neither does the log's writer: it counts what it drops.
            let _ = write_line(self.format, event, line);
            let _ = io::Write::write_all(&mut self.writer.make_writer(), line.as_bytes());
        });
    }
}

fn write_line(format: Format, event: &Event<'_>, line: &mut String) -> fmt::Result {
    let (level, target) = (event.metadata().level().as_str(), event.metadata().target());
    match format {
        Format::Text => {
            write_time(line)?;
            // As wide as the longest.
            line.extend([if level.len() < 5 { "  " } else { " " }, level, " ", target, ":"]);
        }
        Format::Json => {
            line.push_str("{\"timestamp\":\"");
            write_time(line)?;
            line.extend(["\",\"level\":\"", level, "\",\"fields\":{"]);
        }
    }
    let mut fields = Fields { line, format, is_first: true, result: Ok(()) };
    event.record(&mut fields);
    let Fields { line, result, .. } = fields;
    match format {
        Format::Text => line.push('\n'),
        Format::Json => line.extend(["},\"target\":\"", target, "\"}\n"]),
    }
    result
}

/// The present in UTC, to the microsecond. What stands before the fraction is made once a second.
fn write_time(line: &mut String) -> fmt::Result {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    SECOND.with_borrow_mut(|(second, text)| {
        if *second != since.as_secs() {
            text.clear();
            Time.format_time(&mut Writer::new(text))?;
            text.truncate("2026-11-29T20:00:00".len());
            *second = since.as_secs();
        }
        line.push_str(text);
        // The first of seven digits keeps the zeros of the six.
        line.extend([".", &itoa::Buffer::new().format(1_000_000 + since.subsec_micros())[1..], "Z"]);
        Ok(())
    })
}

/// Writes the fields of an event.
struct Fields<'a> {
    line: &'a mut String,
    format: Format,
    is_first: bool,
    result: fmt::Result,
}

impl Fields<'_> {
    /// Writes a field; `is_quoted`: whether its value stands in quotes.
    fn write(&mut self, name: &str, is_quoted: bool, value: Arguments<'_>) {
        self.begin(name, is_quoted);
        let written = Escaped { line: self.line, is_quoted }.write_fmt(value);
        self.result = self.result.and(written);
        self.end(is_quoted);
    }

    /// Writes a number or a switch, as it is.
    fn write_plain(&mut self, field: &Field, value: &str) {
        self.begin(field.name(), false);
        self.line.push_str(value);
    }

    fn begin(&mut self, name: &str, is_quoted: bool) {
        match self.format {
            Format::Text => {
                self.line.push(' ');
                if name != "message" {
                    self.line.push_str(name);
                    self.line.push('=');
                }
            }
            Format::Json => {
                self.line.push_str(if self.is_first { "\"" } else { ",\"" });
                self.line.push_str(name);
                self.line.push_str("\":");
            }
        }
        self.is_first = false;
        self.end(is_quoted);
    }

    fn end(&mut self, is_quoted: bool) {
        if is_quoted {
            self.line.push('"');
        }
    }

    fn is_json(&self) -> bool {
        self.format == Format::Json
    }
}

impl Visit for Fields<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.write_plain(field, if value { "true" } else { "false" });
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.write_plain(field, itoa::Buffer::new().format(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.write_plain(field, itoa::Buffer::new().format(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let is_quoted = self.is_json() || field.name() != "message";
        self.begin(field.name(), is_quoted);
        Escaped { line: self.line, is_quoted }.push(value);
        self.end(is_quoted);
    }

    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        self.record_debug(field, &format_args!("{error}"));
        let (mut causes, mut cause) = (Vec::<String>::new(), error.source());
        while let Some(error) = cause {
            let text = error.to_string();
            // Libraries often repeat the cause at the end of their own text.
            if causes.last().is_none_or(|last| !last.ends_with(&text)) {
                causes.push(text);
            }
            cause = error.source();
        }
        if !causes.is_empty() {
            let causes = causes.join(", ");
            match self.format {
                Format::Text => self.write("error.sources", false, format_args!("[{causes}]")),
                Format::Json => self.write("error.sources", true, format_args!("{causes}")),
            }
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.write(field.name(), self.is_json(), format_args!("{value:?}"));
    }
}

/// Escapes what would end a line or a quoted value, as JSON does.
struct Escaped<'a> {
    line: &'a mut String,
    is_quoted: bool,
}

impl Escaped<'_> {
    fn push(&mut self, text: &str) {
        // Almost every text. Without an early end the compiler looks at many bytes at once.
        let is_plain = |byte| matches!(byte, b' '..=b'~') & (byte != b'"') & (byte != b'\\');
        if text.bytes().fold(true, |all, byte| all & is_plain(byte)) {
            self.line.push_str(text);
            return;
        }
        for c in text.chars() {
            if c.is_control() || (self.is_quoted && matches!(c, '"' | '\\')) {
                // Writing to a string does not fail.
                let _ = write!(self.line, "\\u{:04x}", u32::from(c));
            } else {
                self.line.push(c);
            }
        }
    }
}

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
