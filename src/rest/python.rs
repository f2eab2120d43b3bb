//! How DRF, which is Python, names and prints a JSON value: existing clients have seen `"True" is not a valid choice.`

use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup},
};
use serde_json::Value;

/// The type's name in "Expected a dictionary, but got …"; `None` for `null`. The JSON is valid.
pub(super) fn type_name(json: &str) -> Option<&'static str> {
    match json.as_bytes().first() {
        Some(b'n') => None,
        Some(b'[') => Some("list"),
        Some(b'{') => Some("dict"),
        Some(b'"') => Some("str"),
        Some(b't' | b'f') => Some("bool"),
        _ if is_float(json) => Some("float"),
        _ => Some("int"),
    }
}

/// Python's `str()` of a valid JSON value that is neither a string nor null.
pub(super) fn to_string(json: &str) -> String {
    match type_name(json) {
        Some("int" | "float") => number(json),
        // What Python reads and serde_json does not (a lone surrogate, 1e999) is echoed as sent.
        _ => serde_json::from_str(json).map_or_else(|_| json.to_owned(), |value| repr(&value)),
    }
}

fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(value) => number(&value.to_string()),
        Value::String(text) => quote(text),
        Value::Array(items) => format!("[{}]", items.iter().map(repr).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", quote(key), repr(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

fn quote(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut quoted = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c == '\\' || c == quote => quoted.extend(['\\', c]),
            c if !is_printable(c) => quoted.push_str(&escape(c)),
            c => quoted.push(c),
        }
    }
    quoted.push(quote);
    quoted
}

/// Python's `str.isprintable`: neither "other" nor a separator, but for the space.
fn is_printable(c: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    c == ' ' || !(GeneralCategoryGroup::Other.contains(category) || GeneralCategoryGroup::Separator.contains(category))
}

fn escape(c: char) -> String {
    match u32::from(c) {
        code @ ..=0xff => format!("\\x{code:02x}"),
        code @ ..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}

fn is_float(json: &str) -> bool {
    json.contains(['.', 'e', 'E'])
}

/// Integers as written, floats by Python's `repr`: the shortest digits, an exponent below 1e-4 and from 1e16 on.
fn number(json: &str) -> String {
    if !is_float(json) {
        return if json == "-0" { "0".into() } else { json.to_owned() };
    }
    let value: f64 = json.parse().unwrap_or(f64::INFINITY);
    if value.is_infinite() {
        return if value < 0.0 { "-inf".into() } else { "inf".into() };
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>().unwrap_or(0) {
        exponent if value != 0.0 && !(-4..16).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ if value.fract() == 0.0 => format!("{value}.0"),
        _ => format!("{value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_printed_as_python_prints_them() {
        for (json, printed) in [
            ("true", "True"),
            ("5", "5"),
            ("-0", "0"),
            ("-0.0", "-0.0"),
            ("1.0", "1.0"),
            ("1E5", "100000.0"),
            ("1e16", "1e+16"),
            ("1.10", "1.1"),
            ("1.5e-7", "1.5e-07"),
            ("0.0001", "0.0001"),
            ("1E400", "inf"),
            ("[]", "[]"),
            ("[\"male\", 1.0, null]", "['male', 1.0, None]"),
            ("{\"b\": null, \"a\": {}}", "{'b': None, 'a': {}}"),
            ("[\"\u{200c}\"]", "['\\u200c']"),
            ("[\"it's\"]", "[\"it's\"]"),
            ("[\"a\\n\\u00a0é\"]", "['a\\n\\xa0é']"),
        ] {
            assert_eq!(to_string(json), printed, "{json}");
        }
    }
}
