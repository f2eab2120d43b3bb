//! What commands print on stdout: for people columns that line up on a terminal, and cells between tabs in a pipe; for
//! programs one JSON object a line.

use std::io::{self, IsTerminal};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

use super::print;

/// The JSON object of a row.
pub(super) type Record = Map<String, Value>;

/// The heading of a column, and the key of its values in JSON.
pub(super) type Column = (&'static str, &'static str);

/// A table that is being written.
pub(super) struct Table {
    columns: &'static [Column],
    form: Form,
}

enum Form {
    Json,
    Tabs,
    /// The rows so far: their widths are needed first.
    Aligned(Vec<Vec<String>>),
}

impl Table {
    /// A table with these columns.
    pub(super) fn new(columns: &'static [Column], as_json: bool) -> Self {
        let form = match as_json {
            true => Form::Json,
            false if io::stdout().is_terminal() => Form::Aligned(Vec::new()),
            false => Form::Tabs,
        };
        let mut table = Self { columns, form };
        table.cells(columns.iter().map(|(heading, _)| (*heading).to_owned()).collect());
        table
    }

    /// Adds a row: of the record what is in a column, in JSON all of it.
    pub(super) fn row(&mut self, mut record: Record) {
        if let Form::Json = self.form {
            return print(&Value::Object(record).to_string());
        }
        let cells = self.columns.iter().map(|(_, key)| cell(key, record.remove(*key).unwrap_or_default()));
        self.cells(cells.collect());
    }

    fn cells(&mut self, cells: Vec<String>) {
        match &mut self.form {
            Form::Json => {}
            Form::Tabs => print(&cells.join("\t")),
            Form::Aligned(rows) => rows.push(cells),
        }
    }

    /// Prints what is not printed yet.
    pub(super) fn finish(self) {
        if let Form::Aligned(rows) = self.form {
            aligned(&rows).iter().for_each(|line| print(line));
        }
    }
}

/// Prints one record, a line for each of its fields, or as JSON.
pub(super) fn print_record(record: Record, as_json: bool) {
    if as_json {
        return print(&Value::Object(record).to_string());
    }
    let mut table = Table::new(&[("FIELD", "field"), ("VALUE", "value")], false);
    for (key, value) in record {
        let shown = cell(&key, value);
        table.cells(vec![key, shown]);
    }
    table.finish();
}

/// A date as JSON and people read it, to the second.
pub(super) fn date(date: DateTime<Utc>) -> String {
    date.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A value for people. A control character, such as a tab, becomes a space.
fn cell(key: &str, value: Value) -> String {
    match value {
        Value::String(text) => text.replace(char::is_control, " "),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null if key.ends_with("_at") => "never".to_owned(),
        Value::Null => "none".to_owned(),
        value => value.to_string(),
    }
}

/// The rows with two spaces between columns that line up.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| Some(row.get(column)?.width())).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let padded = row.iter().zip(&widths).map(|(cell, width)| {
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
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["ID", "NAME", "STATE"]), row(["7", "سارا", "live"]), row(["1000", "", "revoked"])];
        assert_eq!(aligned(&rows), ["ID    NAME  STATE", "7     سارا  live", "1000        revoked"]);
    }

    #[test]
    fn a_cell_stays_within_its_line_and_column() {
        assert_eq!(cell("name", "a\tb\nc".into()), "a b c");
        assert_eq!((cell("expires_at", Value::Null), cell("email", Value::Null)), ("never".into(), "none".into()));
    }
}
