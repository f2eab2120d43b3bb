//! Tables on stdout: columns that line up on a terminal; in a pipe cells between tabs, row by row.

use std::io::{self, IsTerminal};

use unicode_width::UnicodeWidthStr;

use super::print;

/// A table that is being written.
pub(super) struct Table<const COLUMNS: usize> {
    /// The rows so far, on a terminal: their widths are needed first.
    rows: Option<Vec<[String; COLUMNS]>>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// A table with these headings.
    pub(super) fn new(headings: [&str; COLUMNS]) -> Self {
        let mut table = Self { rows: io::stdout().is_terminal().then(Vec::new) };
        table.row(headings.map(str::to_owned));
        table
    }

    /// Adds a row. A control character in a cell, such as a tab, becomes a space.
    pub(super) fn row(&mut self, cells: [String; COLUMNS]) {
        let cells = cells.map(|cell| cell.replace(char::is_control, " "));
        match &mut self.rows {
            Some(rows) => rows.push(cells),
            None => print(&cells.join("\t")),
        }
    }

    /// Prints what is not printed yet.
    pub(super) fn finish(self) {
        for line in aligned(&self.rows.unwrap_or_default()) {
            print(&line);
        }
    }
}

/// The rows with two spaces between columns that line up.
fn aligned<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let line = |row: &[String; COLUMNS]| {
        let padded = row.iter().zip(widths).map(|(cell, width)| {
            let padding = width.saturating_sub(cell.width()) + 2;
            format!("{cell}{}", " ".repeat(padding))
        });
        padded.collect::<String>().trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_what_a_terminal_shows() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        let rows = [row(["ID", "NAME", "STATE"]), row(["7", "سارا", "live"]), row(["1000", "", "revoked"])];
        assert_eq!(aligned(&rows), ["ID    NAME  STATE", "7     سارا  live", "1000        revoked"]);
    }
}
