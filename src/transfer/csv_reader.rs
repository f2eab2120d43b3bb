//! CSV files (RFC 4180).

use std::io::Read;

use serde_json::Value;

use super::{
    csv_records::{Place, Quote, RecordError, Records},
    fields::{FIELDS, FileField, shown_name, suggestion},
    input::{Item, ReadError, RowOrErrors},
    report::RowError,
    row::RawRow,
};

/// What separates the cells of files that are not CSV as we read it, with its name.
const OTHER_SEPARATORS: [(char, &str); 3] = [(';', "semicolons"), ('\t', "tabs"), ('|', "vertical bars")];

pub(super) fn rows(file: impl Read, min_token_chars: usize) -> Result<impl Iterator<Item = Item>, ReadError> {
    let mut records = Records::new(file);
    let mut record = csv::ByteRecord::new();
    let place = records.read(&mut record).map_err(|error| read_error(error, &[]))?;
    place.map_or(Ok(()), |place| check_closed(place, &[]))?;
    let fields = header(&record)?;
    Ok(std::iter::from_fn(move || {
        let place = match records.read(&mut record) {
            Ok(place) => place?,
            Err(error) => return Some(Err(read_error(error, &fields))),
        };
        let row = check_closed(place, &fields).map(|()| csv_row(&fields, &record, place, min_token_chars));
        Some(row.map(|row| (place.end, row)))
    }))
}

/// The cells, the last one without the CR of a CRLF.
fn cells(record: &csv::ByteRecord) -> impl Iterator<Item = &[u8]> {
    let last = record.len().saturating_sub(1);
    record.iter().enumerate().map(move |(at, cell)| match cell.strip_suffix(b"\r") {
        Some(rest) if at == last => rest,
        _ => cell,
    })
}

fn read_error(error: RecordError, fields: &[FileField]) -> ReadError {
    match error {
        RecordError::Io(error) => error.into(),
        RecordError::TooLong(place) => check_closed(place, fields).err().unwrap_or(ReadError::LongRow(place.line)),
    }
}

/// Fails when the record has a quote that is not closed: what follows cannot be told from the cell.
fn check_closed(place: Place, fields: &[FileField]) -> Result<(), ReadError> {
    match place.open {
        Some(quote) => Err(ReadError::OpenQuote { line: quote.line, column: column(quote, fields) }),
        None => Ok(()),
    }
}

/// The column of a quote: by its name, or by its number while the header is not read.
fn column(quote: Quote, fields: &[FileField]) -> String {
    match fields.get(quote.cell) {
        Some(FileField::Known(known)) => format!("{:?}", FIELDS[*known]),
        Some(FileField::Computed) | None => (quote.cell + 1).to_string(),
    }
}

fn header(names: &csv::ByteRecord) -> Result<Vec<FileField>, ReadError> {
    if let (1, Some(separator)) = (names.len(), names.get(0).and_then(other_separator)) {
        return Err(ReadError::OtherSeparator(separator));
    }
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

fn other_separator(line: &[u8]) -> Option<&'static str> {
    let line = String::from_utf8_lossy(line);
    OTHER_SEPARATORS.into_iter().find(|(separator, _)| line.contains(*separator)).map(|(_, name)| name)
}

/// `field "mobile"`, or `field 2` for what may be a value in a file whose first line is missing; with the field that may
/// be meant.
fn unknown_field(name: &str, place: usize) -> String {
    let shown = shown_name(name, place);
    let field = if shown == name { format!("field {shown:?}") } else { shown };
    suggestion(name).map_or(field.clone(), |meant| format!("{field} (write {meant:?} if that is meant)"))
}

fn csv_row(fields: &[FileField], record: &csv::ByteRecord, place: Place, min_token_chars: usize) -> RowOrErrors {
    let line = place.line;
    if let Some((quote, end)) = place.misplaced {
        let (column, begin) = (column(quote, fields), quote.line);
        let message = format!(
            "The quote that begins in column {column} on line {begin} ends on line {end} in the middle of a cell. A quote \
             within a quoted cell is written twice."
        );
        return Err(vec![RowError::of_row(line, message)]);
    }
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
