//! Progress bars: on stderr, and only where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

pub(super) fn bytes(length: u64) -> ProgressBar {
    bar(length, "{bar:40} {bytes}/{total_bytes} {eta} left")
}

pub(super) fn rows(length: u64) -> ProgressBar {
    bar(length, "{bar:40} {human_pos}/{human_len} rows {eta} left")
}

fn bar(length: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style)
}
