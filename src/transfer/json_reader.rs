//! JSON lines: one JSON object a line.

use std::{
    fmt,
    io::{BufRead, Read},
};

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::Value;

use super::{
    fields::{FileField, shown_name, suggestion},
    input::{Item, MAX_ROW_BYTES, ReadError, RowOrErrors},
    report::RowError,
    row::RawRow,
};

pub(super) fn rows(mut file: impl BufRead, min_token_chars: usize) -> impl Iterator<Item = Item> {
    let (mut line, mut bytes) = (0, 0);
    std::iter::from_fn(move || {
        loop {
            let mut text = Vec::new();
            match file.by_ref().take(MAX_ROW_BYTES).read_until(b'\n', &mut text) {
                Ok(0) => return None,
                Ok(count) => bytes += count as u64,
                Err(error) => return Some(Err(error.into())),
            }
            line += 1;
            if text.len() as u64 == MAX_ROW_BYTES && text.last() != Some(&b'\n') {
                return Some(Err(ReadError::LongRow(line)));
            }
            if !text.trim_ascii().is_empty() {
                return Some(Ok((bytes, json_row(&text, line, min_token_chars))));
            }
        }
    })
}

fn json_row(text: &[u8], line: u64, min_token_chars: usize) -> RowOrErrors {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let object = deserializer.deserialize_map(ObjectVisitor).and_then(|object| deserializer.end().map(|()| object));
    match object {
        Ok(Object { row, wrong }) if wrong.is_empty() => row.parse(line, min_token_chars),
        Ok(Object { wrong, .. }) => {
            Err(wrong.into_iter().map(|(field, message)| RowError::new(line, &field, message)).collect())
        }
        Err(error) if error.is_data() => Err(vec![RowError::of_row(line, "Expected an object.")]),
        Err(error) => Err(vec![RowError::of_row(line, format!("Not JSON, from column {} on.", error.column()))]),
    }
}

/// A JSON object, and its fields that are unknown or repeated: they are errors, because a value would be lost.
#[derive(Default)]
struct Object {
    row: RawRow,
    wrong: Vec<(String, String)>,
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut object = Object::default();
        let mut place = 0;
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            place += 1;
            match FileField::parse(&name) {
                None => object.wrong.push((shown_name(&name, place), no_such_field(&name))),
                Some(field) if object.row.set(field, value) => {}
                Some(_) => object.wrong.push((name, "The row has this field twice.".to_owned())),
            }
        }
        Ok(object)
    }
}

fn no_such_field(name: &str) -> String {
    let meant = suggestion(name).map(|meant| format!(" Write {meant:?} if that is meant.")).unwrap_or_default();
    format!("There is no such field.{meant}")
}
