//! The rows of a file, one after the other.

use std::{
    cell::Cell,
    io::{self, BufReader, Read},
    rc::Rc,
};

use sea_orm::sqlx;

use super::{Format, csv_reader, fields::FIELDS, json_reader, report::RowError, row::Row};

/// The longest row, in bytes: room for hundreds of tokens. A quote that is never closed would otherwise read the whole
/// file into memory.
pub(super) const MAX_ROW_BYTES: u64 = 1024 * 1024;

/// The file as a whole cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be read.
    #[error("cannot read the file")]
    Io(#[from] io::Error),
    /// The CSV's first line has an unknown field.
    #[error("the first line of the file has an unknown {0}: expected names of fields, each of {fields} at most once", fields = FIELDS.join(", "))]
    UnknownField(String),
    /// The CSV's first line has a field twice.
    #[error("the first line of the file names {0} twice")]
    RepeatedField(&'static str),
    /// The CSV's first line lacks the field that every row needs.
    #[error("the first line of the file does not name \"username\"")]
    NoUsername,
    /// The temporary file of unique values failed.
    #[error("cannot keep the file's unique values in a temporary file")]
    TemporaryFile(#[from] sqlx::Error),
}

/// A row, or everything that is wrong with it.
pub(super) type RowOrErrors = Result<Row, Vec<RowError>>;

/// One row with the number of bytes read so far. An `Err` ends the file.
pub(super) type Item = Result<(u64, RowOrErrors), ReadError>;

/// The rows of a file, in its order. `min_token_chars` is the least length of a token.
pub(super) fn rows(
    format: Format,
    file: impl Read + 'static,
    min_token_chars: usize,
) -> Result<impl Iterator<Item = Item>, ReadError> {
    let rows: Box<dyn Iterator<Item = Item>> = match format {
        Format::Csv => Box::new(csv_reader::rows(file, min_token_chars)?),
        Format::Jsonl => Box::new(json_reader::rows(BufReader::new(file), min_token_chars)),
    };
    Ok(until_error(rows))
}

/// Ends the iteration after the first error.
fn until_error(rows: impl Iterator<Item = Item>) -> impl Iterator<Item = Item> {
    rows.scan(false, |failed, item| {
        if *failed {
            return None;
        }
        *failed = item.is_err();
        Some(item)
    })
}

/// Counts the bytes of a row, and fails when there are too many.
pub(super) struct Limited<R> {
    pub(super) inner: R,
    pub(super) since_row: Rc<Cell<u64>>,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since_row.get() > MAX_ROW_BYTES {
            return Err(io::Error::other("a row is longer than 1 MiB: is a quote never closed?"));
        }
        let count = self.inner.read(buffer)?;
        self.since_row.set(self.since_row.get() + count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row's line and username, or the line and the field of what is wrong with it.
    type Found = Result<(u64, String), (u64, Option<String>)>;

    fn read(format: Format, text: &'static str) -> Vec<Found> {
        let rows = rows(format, text.as_bytes(), 20).unwrap();
        let line = |row: RowOrErrors| match row {
            Ok(row) => Ok((row.line, row.username().to_owned())),
            Err(errors) => Err((errors[0].line, errors[0].field.clone())),
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
    fn rejects_a_header_that_would_lose_a_column() {
        let header = |text: &'static str| rows(Format::Csv, text.as_bytes(), 20).err().map(|error| error.to_string());
        assert!(header("username,mobile\n").is_some_and(|error| error.contains("unknown field \"mobile\"")));
        assert!(header("username,email,email\n").is_some_and(|error| error.contains("names email twice")));
        assert!(header("username,keys,tokens\n").is_some_and(|error| error.contains("names tokens twice")));
        assert!(header("id,email\n").is_some_and(|error| error.contains("username")));
        assert!(header("").is_some());
    }

    #[test]
    fn shows_no_value_where_a_name_should_be() {
        const TOKEN: &str = "8844b09199c62bcf9418ad846dd0e4bbdfc6ee4b";
        let header = rows(Format::Csv, "8844b09199c62bcf9418ad846dd0e4bbdfc6ee4b,mina\n".as_bytes(), 20).err().unwrap();
        assert!(header.to_string().contains("unknown field 1:") && !header.to_string().contains(TOKEN), "{header}");
        let row = "{\"username\":\"a\",\"8844b09199c62bcf9418ad846dd0e4bbdfc6ee4b\":1}";
        assert_eq!(read(Format::Jsonl, row), [Err((1, Some("field 2".to_owned())))]);
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
            let last = rows(format, endless(start), 20).unwrap().last().unwrap();
            assert!(matches!(last, Err(ReadError::Io(_))));
        }
    }
}
