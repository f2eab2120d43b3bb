//! CSV and JSON lines, row by row.

use std::{
    cell::Cell,
    fmt,
    io::{self, BufRead, BufReader, Read},
    rc::Rc,
};

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::Value;

use super::{
    Format,
    columns::{FIELDS, Field, RawRow, Row},
    report::Finding,
};
use crate::profile::clip;

/// The longest row: room for hundreds of keys. A quote that is never closed would otherwise swallow the file.
const ROW_MAX_BYTES: u64 = 1024 * 1024;

/// The file as a whole is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be read.
    #[error("cannot read the file")]
    Io(#[from] io::Error),
    /// The CSV's first line names a field that there is not, or one twice.
    #[error("the first line names {0:?}: expected each of {fields} at most once", fields = FIELDS.join(", "))]
    UnknownField(String),
    /// The CSV's first line does not name what every row needs.
    #[error("the first line does not name \"username\"")]
    NoUsername,
}

/// A row, or everything that is wrong with it.
pub(super) type RowOrFindings = Result<Row, Vec<Finding>>;

/// The rows of a file, in its order, each with the number of bytes read so far.
pub(super) fn rows(format: Format, file: impl Read + 'static) -> Result<impl Iterator<Item = Item>, ReadError> {
    let rows: Box<dyn Iterator<Item = Item>> = match format {
        Format::Csv => Box::new(csv_rows(file)?),
        Format::Jsonl => Box::new(json_rows(BufReader::new(file))),
    };
    Ok(until_error(rows))
}

/// What comes of one row. An `Err` ends the file.
pub(super) type Item = Result<(u64, RowOrFindings), ReadError>;

/// A file that failed once is not read on.
fn until_error(rows: impl Iterator<Item = Item>) -> impl Iterator<Item = Item> {
    rows.scan(false, |failed, item| {
        if *failed {
            return None;
        }
        *failed = item.is_err();
        Some(item)
    })
}

/// Counts what is read, and stops where one row takes too much.
struct Limited<R> {
    inner: R,
    since_row: Rc<Cell<u64>>,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since_row.get() > ROW_MAX_BYTES {
            return Err(io::Error::other("a row is longer than 1 MiB: is a quote never closed?"));
        }
        let count = self.inner.read(buffer)?;
        self.since_row.set(self.since_row.get() + count as u64);
        Ok(count)
    }
}

fn csv_rows(file: impl Read) -> Result<impl Iterator<Item = Item>, ReadError> {
    let since_row = Rc::new(Cell::new(0));
    // A last line without an end gets one, so that the end of a record is always the end of a line.
    let limited = Limited { inner: file.chain(&b"\n"[..]), since_row: since_row.clone() };
    // The reader's own CRLF handling leaves the LF to the next record, and with it the count of the lines.
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).terminator(csv::Terminator::Any(b'\n')).from_reader(limited);
    let fields = header(reader.byte_headers().map_err(csv_error)?)?;
    let mut record = csv::ByteRecord::new();
    Ok(std::iter::from_fn(move || {
        loop {
            since_row.set(0);
            match reader.read_byte_record(&mut record) {
                Ok(false) => return None,
                // A blank line that ends in CRLF.
                Ok(true) if record.as_slice() == b"\r" && record.len() == 1 => {}
                Ok(true) => {
                    let line = first_line(&record, reader.position());
                    let row = csv_row(&fields, &record, line);
                    return Some(Ok((reader.position().byte(), row)));
                }
                Err(error) => return Some(Err(csv_error(error))),
            }
        }
    }))
}

/// The line that the record begins on. Its own position is where the reader began to look for it, blank lines before it
/// included; the line after it, less the line ends within its quotes, tells better.
fn first_line(record: &csv::ByteRecord, end: &csv::Position) -> u64 {
    let within = record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
    end.line().saturating_sub(1 + within)
}

/// The cells, the last one without the CR of a CRLF.
fn cells(record: &csv::ByteRecord) -> impl Iterator<Item = &[u8]> {
    let last = record.len().saturating_sub(1);
    record.iter().enumerate().map(move |(at, cell)| match cell.strip_suffix(b"\r") {
        Some(rest) if at == last => rest,
        _ => cell,
    })
}

fn csv_error(error: csv::Error) -> ReadError {
    ReadError::Io(io::Error::from(error))
}

fn header(names: &csv::ByteRecord) -> Result<Vec<Field>, ReadError> {
    let mut fields = Vec::new();
    for name in cells(names) {
        let name = String::from_utf8_lossy(name);
        match Field::parse(name.trim()) {
            Some(field) if field == Field::Computed || !fields.contains(&field) => fields.push(field),
            _ => return Err(ReadError::UnknownField(name.into_owned())),
        }
    }
    let username = Field::parse("username");
    if fields.iter().any(|field| Some(*field) == username) { Ok(fields) } else { Err(ReadError::NoUsername) }
}

fn csv_row(fields: &[Field], record: &csv::ByteRecord, line: u64) -> RowOrFindings {
    if record.len() != fields.len() {
        let message = format!("Expected {} values, but got {}.", fields.len(), record.len());
        return Err(vec![Finding::of_row(line, message)]);
    }
    let mut row = RawRow::default();
    for (field, cell) in fields.iter().zip(cells(record)) {
        let Ok(text) = std::str::from_utf8(cell) else { return Err(vec![Finding::of_row(line, "Not valid UTF-8.")]) };
        if !(text.is_empty() && means_nothing_when_empty(*field)) {
            row.set(*field, Value::String(text.to_owned()));
        }
    }
    row.parse(line)
}

/// An empty cell is a customer's empty value, but these three have none.
fn means_nothing_when_empty(field: Field) -> bool {
    matches!(field, Field::Known(at) if ["id", "is_active", "keys"].contains(&FIELDS[at]))
}

fn json_rows(mut file: impl BufRead) -> impl Iterator<Item = Item> {
    let (mut line, mut bytes) = (0, 0);
    std::iter::from_fn(move || {
        loop {
            let mut text = Vec::new();
            match file.by_ref().take(ROW_MAX_BYTES).read_until(b'\n', &mut text) {
                Ok(0) => return None,
                Ok(count) => bytes += count as u64,
                Err(error) => return Some(Err(error.into())),
            }
            line += 1;
            if text.len() as u64 == ROW_MAX_BYTES && text.last() != Some(&b'\n') {
                let error = io::Error::other(format!("line {line} is longer than 1 MiB"));
                return Some(Err(error.into()));
            }
            if !text.trim_ascii().is_empty() {
                return Some(Ok((bytes, json_row(&text, line))));
            }
        }
    })
}

fn json_row(text: &[u8], line: u64) -> RowOrFindings {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let object = deserializer.deserialize_map(ObjectVisitor).and_then(|object| deserializer.end().map(|()| object));
    match object {
        Ok(Object { row, wrong }) if wrong.is_empty() => row.parse(line),
        Ok(Object { wrong, .. }) => {
            Err(wrong.into_iter().map(|(field, message)| Finding::new(line, clip(&field), message)).collect())
        }
        Err(error) if error.is_data() => Err(vec![Finding::of_row(line, "Expected an object.")]),
        Err(error) => Err(vec![Finding::of_row(line, format!("Not JSON, from column {} on.", error.column()))]),
    }
}

/// A JSON object, and the fields of it that no row has or that it has twice: a mistyped name must not lose a value.
#[derive(Default)]
struct Object {
    row: RawRow,
    wrong: Vec<(String, &'static str)>,
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut object = Object::default();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            match Field::parse(&name) {
                None => object.wrong.push((name, "There is no such field.")),
                Some(field) if object.row.set(field, value) => {}
                Some(_) => object.wrong.push((name, "The field is there twice.")),
            }
        }
        Ok(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row's line and username, or the line and the field of what is wrong with it.
    type Found = Result<(u64, String), (u64, Option<String>)>;

    fn read(format: Format, text: &'static str) -> Vec<Found> {
        let rows = rows(format, text.as_bytes()).unwrap();
        let line = |row: RowOrFindings| match row {
            Ok(row) => Ok((row.line, row.username().to_owned())),
            Err(findings) => Err((findings[0].line, findings[0].field.clone())),
        };
        rows.map(|item| line(item.unwrap().1)).collect()
    }

    #[test]
    fn csv_rows_know_their_lines() {
        let text =
            "\u{feff}username,first_name,full_name\r\nsara,\"A \"\"B\"\"\",x\r\n\nreza,1,2,3\n\"a\nb\",,\nmina,,\n";
        let bad = |line, field: Option<&str>| Err((line, field.map(str::to_owned)));
        assert_eq!(
            read(Format::Csv, text),
            [Ok((2, "sara".into())), bad(4, None), bad(5, Some("username")), Ok((7, "mina".into()))]
        );
    }

    #[test]
    fn a_header_that_would_lose_a_column_is_refused() {
        let header = |text: &'static str| rows(Format::Csv, text.as_bytes()).err().map(|error| error.to_string());
        assert!(header("username,mobile\n").is_some_and(|error| error.contains("\"mobile\"")));
        assert!(header("username,email,email\n").is_some());
        assert!(header("id,email\n").is_some_and(|error| error.contains("username")));
        assert!(header("").is_some());
    }

    #[test]
    fn json_lines_know_their_lines_and_what_is_wrong() {
        let text = "{\"username\":\"sara\"}\n\n{\"username\":\"a\",\"mail\":\"x\"}\n[1]\n{\"username\":\"a\",\"username\":\"b\"}\n{x\n{\"username\":\"mina\"}";
        let bad = |line, field: Option<&str>| Err((line, field.map(str::to_owned)));
        assert_eq!(
            read(Format::Jsonl, text),
            [
                Ok((1, "sara".into())),
                bad(3, Some("mail")),
                bad(4, None),
                bad(5, Some("username")),
                bad(6, None),
                Ok((7, "mina".into()))
            ]
        );
    }

    #[test]
    fn a_row_without_end_does_not_fill_the_memory() {
        let endless = |start: &'static str| start.as_bytes().chain(io::repeat(b'x'));
        for (format, start) in [(Format::Csv, "username\n\"x"), (Format::Jsonl, "{\"username\":\"")] {
            let last = rows(format, endless(start)).unwrap().last().unwrap();
            assert!(matches!(last, Err(ReadError::Io(_))));
        }
    }
}
