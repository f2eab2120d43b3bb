//! How an error message names and shows a JSON value that is not a string.
//!
//! Existing clients have seen DRF's messages, where Python names the type and prints the value: `"True" is not a valid
//! choice.` Scalars are printed in the same way; lists and objects are shown as sent.

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

/// A value that is neither a string nor null, for an error message. The JSON is valid.
pub(super) fn to_string(json: &str) -> String {
    match type_name(json) {
        Some("bool") => if json == "true" { "True" } else { "False" }.to_owned(),
        Some("int" | "float") => number(json),
        _ => json.to_owned(),
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
    fn scalars_are_printed_as_python_prints_them_and_containers_as_sent() {
        for (json, printed) in [
            ("true", "True"),
            ("false", "False"),
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
            ("[\"male\", 1.0, null]", "[\"male\", 1.0, null]"),
            ("{\"b\":null}", "{\"b\":null}"),
        ] {
            assert_eq!(to_string(json), printed, "{json}");
        }
    }
}
