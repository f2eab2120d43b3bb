//! The rows of a file or of a Django shop, one after the other.

use std::{
    fs::File,
    io::{BufReader, Read},
};

use super::{
    Format, csv_reader,
    django_reader::{self, DjangoSource},
    input::{Item, ReadError},
    json_reader,
};

/// Where rows come from.
pub(super) enum RowSource {
    /// A file.
    File(File, Format),
    /// A Django shop's database.
    Django(Box<DjangoSource>),
}

impl RowSource {
    /// The rows, in the source's order. `min_token_chars` is the least length of a token. To be called, and iterated, on a
    /// thread that may block.
    pub(super) fn rows(self, min_token_chars: usize) -> Result<Box<dyn Iterator<Item = Item>>, ReadError> {
        Ok(match self {
            Self::File(file, format) => Box::new(rows(format, file, min_token_chars)?),
            Self::Django(source) => Box::new(until_error(django_reader::rows(*source, min_token_chars))),
        })
    }
}

/// The rows of a file, in its order.
fn rows(
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::input::RowOrErrors;

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
    fn each_csv_row_has_its_line_number() {
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
        let mobile = "unknown field \"mobile\" (write \"mobile_number\" if that is meant): expected";
        assert!(header("username,mobile\n").is_some_and(|error| error.contains(mobile)));
        let capitals = "unknown field 2 (write \"first_name\" if that is meant): expected";
        assert!(header("username, First_Name\n").is_some_and(|error| error.contains(capitals)));
        assert!(header("username,email,email\n").is_some_and(|error| error.contains("names email twice")));
        assert!(header("username,keys,tokens\n").is_some_and(|error| error.contains("names tokens twice")));
        assert!(header("id,email\n").is_some_and(|error| error.contains("username")));
        assert!(header("").is_some());
    }

    #[test]
    fn says_that_fields_are_separated_by_commas() {
        for (text, separator) in [
            ("username;email\nsara;x\n", "semicolons"),
            ("username\temail\n", "tabs"),
            ("username|email\n", "vertical bars"),
        ] {
            let error = rows(Format::Csv, text.as_bytes(), 20).err().unwrap().to_string();
            let expected = format!("has one column, with {separator}: fields are separated by commas");
            assert!(error.contains(&expected) && !error.contains("email"), "{error}");
        }
    }

    #[test]
    fn an_open_quote_is_told_with_its_line_and_its_column() {
        let error = |text: &'static str| match rows(Format::Csv, text.as_bytes(), 20) {
            Ok(rows) => rows.filter_map(Result::err).map(|error| error.to_string()).collect::<String>(),
            Err(error) => error.to_string(),
        };
        let open = |line, column| format!("line {line}: the quote that begins in column {column} is not closed, so");
        for (text, line, column) in [
            ("username,first_name\nsara,Sara\nreza,\"Reza\nmina,Mina\n", 3, "\"first_name\""),
            ("username,first_name\nsara,\"Sara\nS\"\n\"reza,Reza", 4, "\"username\""),
            ("username,full_name\nsara,\"Sara", 2, "2"),
            ("username\nsara,x,\"y", 2, "3"),
            ("username,\"first_name\nsara,Sara\n", 1, "2"),
        ] {
            assert!(error(text).starts_with(&open(line, column)), "{text:?}: {}", error(text));
        }
    }

    #[test]
    fn a_quote_that_ends_within_a_cell_rejects_the_lines_up_to_there() {
        let text = "username,first_name\nsara,\"Sara\nreza,\"Reza\"\nmina,\"Mi\"na\nali,\"A \"\"B\"\"\"\n";
        assert_eq!(read(Format::Csv, text), [Err((2, None)), Err((4, None)), Ok((5, "ali".into()))]);
        let rows = rows(Format::Csv, text.as_bytes(), 20).unwrap();
        let messages: Vec<_> = rows.filter_map(|row| Some(row.unwrap().1.err()?.remove(0).message)).collect();
        let begins = "The quote that begins in column \"first_name\" on line 2 ends on line 3 in the middle of a cell.";
        assert!(messages[0].starts_with(begins), "{messages:?}");
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
    fn each_json_line_has_its_line_number_and_its_error() {
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
        let endless = |start: &'static str| start.as_bytes().chain(std::io::repeat(b'x'));
        for (format, start, expected) in [
            (Format::Csv, "username\nsara\n\"x", "line 3: the quote that begins in column \"username\" is not closed"),
            (Format::Csv, "username\n\"sara\"\nx", "line 3: the row is longer than 1 MiB"),
            (Format::Jsonl, "{\"username\":\"sara\"}\n{\"username\":\"", "line 2: the row is longer than 1 MiB"),
        ] {
            let last = rows(format, endless(start), 20).unwrap().last().unwrap();
            assert!(last.as_ref().is_err_and(|error| error.to_string().starts_with(expected)), "{last:?}");
        }
        assert!(matches!(rows(Format::Csv, endless("\"x"), 20).err(), Some(ReadError::OpenQuote { line: 1, .. })));
    }
}
