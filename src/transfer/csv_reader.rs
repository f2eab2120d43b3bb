//! CSV files (RFC 4180).

use std::{
    cell::Cell,
    io::{self, Read},
    rc::Rc,
};

use serde_json::Value;

use super::{
    fields::{FIELDS, FileField, shown_name},
    input::{Item, Limited, ReadError, RowOrErrors},
    report::RowError,
    row::RawRow,
};

pub(super) fn rows(file: impl Read, min_token_chars: usize) -> Result<impl Iterator<Item = Item>, ReadError> {
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
                    let row = csv_row(&fields, &record, line, min_token_chars);
                    return Some(Ok((reader.position().byte(), row)));
                }
                Err(error) => return Some(Err(csv_error(error))),
            }
        }
    }))
}

/// The line on which the record begins. The record's own position counts from the blank lines before it, so we take the
/// line after the record and subtract the line ends within its quotes.
pub(super) fn first_line(record: &csv::ByteRecord, end: &csv::Position) -> u64 {
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

fn header(names: &csv::ByteRecord) -> Result<Vec<FileField>, ReadError> {
    let mut fields = Vec::new();
    for (at, name) in cells(names).enumerate() {
        let name = String::from_utf8_lossy(name);
        match FileField::parse(name.trim()) {
            Some(FileField::Known(known)) if fields.contains(&FileField::Known(known)) => {
                return Err(ReadError::RepeatedField(FIELDS[known]));
            }
            Some(field) => fields.push(field),
            None => return Err(ReadError::UnknownField(unknown_field(name.trim(), at + 1))),
        }
    }
    let username = FileField::parse("username");
    if fields.iter().any(|field| Some(*field) == username) { Ok(fields) } else { Err(ReadError::NoUsername) }
}

/// `field "mobile"`, or `field 2` for what may be a value in a file whose first line is missing.
fn unknown_field(name: &str, place: usize) -> String {
    let shown = shown_name(name, place);
    if shown == name { format!("field {shown:?}") } else { shown }
}

fn csv_row(fields: &[FileField], record: &csv::ByteRecord, line: u64, min_token_chars: usize) -> RowOrErrors {
    if record.len() != fields.len() {
        let message = format!("Expected {} values, but got {}.", fields.len(), record.len());
        return Err(vec![RowError::of_row(line, message)]);
    }
    let mut row = RawRow::default();
    for (field, cell) in fields.iter().zip(cells(record)) {
        let Ok(text) = std::str::from_utf8(cell) else { return Err(vec![RowError::of_row(line, "Not valid UTF-8.")]) };
        if !(text.is_empty() && field.ignores_empty_cell()) {
            row.set(*field, Value::String(text.to_owned()));
        }
    }
    row.parse(line, min_token_chars)
}
