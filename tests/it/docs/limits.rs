//! docs/limits.md against the code: each constant is where the document says, with the value that it states, and no
//! constant that bounds something is missing.

use std::path::Path;

use super::{files, markdown, read};

const DOCUMENT: &str = "docs/limits.md";

/// A row of a table: `` | what | value | `NAME` in `src/file.rs` | … | ``.
struct Limit {
    name: String,
    file: String,
    value: String,
}

fn listed() -> Vec<Limit> {
    let rows = markdown::rows(&read(DOCUMENT)).into_iter();
    rows.filter_map(|row| {
        let [_, value, place, ..] = &row[..] else { return None };
        let [name, file] = markdown::code_spans(place)[..] else { return None };
        Some(Limit { name: name.to_owned(), file: file.to_owned(), value: value.clone() })
    })
    .collect()
}

#[test]
fn each_limit_has_the_value_of_its_constant() {
    let limits = listed();
    assert!(limits.len() > 40, "{DOCUMENT} lists {} limits", limits.len());
    let mut wrong = Vec::new();
    for Limit { name, file, value } in limits {
        let Some(expression) = definition(&read(&file), &name) else {
            wrong.push(format!("{file} defines no {name}"));
            continue;
        };
        let (coded, stated) = (evaluate(&expression, &read(&file)), parse_value(&value));
        if coded.is_none() || coded != stated {
            wrong.push(format!("{file}: {name} is {expression} ({coded:?}), {DOCUMENT} says {value:?} ({stated:?})"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_constant_that_bounds_something_is_listed() {
    let limits = listed();
    let mut missing = Vec::new();
    for file in files(&["src"], "rs") {
        let text = read(&file);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for name in code.lines().filter_map(bound) {
            if !limits.iter().any(|limit| limit.name == name && Path::new(&limit.file) == file) {
                missing.push(format!("{}: {name}", file.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{DOCUMENT} lacks\n{}", missing.join("\n"));
}

/// The name of a constant that is an upper bound by its name, or a duration.
fn bound(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("const ")?;
    let (name, rest) = rest.split_once(": ")?;
    let is_name = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let is_bound = name.starts_with("MAX_") || rest.starts_with("Duration") || rest.starts_with("TimeDelta");
    (is_name && is_bound).then_some(name)
}

/// What is assigned to a constant, or to a field of a struct's default.
fn definition(code: &str, name: &str) -> Option<String> {
    code.lines().find_map(|line| {
        if let Some((_, rest)) = line.split_once(&format!("const {name}: ")) {
            return Some(rest.split_once(" = ")?.1.trim_end_matches(';').to_owned());
        }
        let value = line.trim().strip_prefix(&format!("{name}: "))?.strip_suffix(',')?;
        evaluate(value, "").map(|_| value.to_owned())
    })
}

/// A product of numbers and other constants of the file, a shift, or a duration in milliseconds.
fn evaluate(expression: &str, code: &str) -> Option<u128> {
    let durations = [("from_millis(", 1), ("from_secs(", 1000), ("seconds(", 1000)];
    if let Some((rest, unit)) = durations.iter().find_map(|(call, unit)| Some((expression.split_once(call)?.1, unit))) {
        return Some(evaluate(rest.strip_suffix(')')?, code)? * unit);
    }
    if let Some(inner) = expression.strip_suffix(" - 1") {
        return Some(evaluate(inner, code)? - 1);
    }
    let expression = expression.trim_start_matches('(').trim_end_matches(')');
    if let Some((left, right)) = expression.split_once(" << ") {
        return Some(evaluate(left, code)? << evaluate(right, code)?);
    }
    let factor = |text: &str| match text.replace('_', "").parse() {
        Ok(number) => Some(number),
        Err(_) => evaluate(&definition(code, text).filter(|found| found != text)?, code),
    };
    expression.split(" * ").map(factor).product()
}

/// `65,536 bytes`, `8 MiB`, `500 ms`, `10 s`, `30 min`; the words after the unit do not count.
fn parse_value(text: &str) -> Option<u128> {
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    let number: u128 = number.replace(',', "").parse().ok()?;
    let unit = match unit.split([' ', ',']).next()? {
        "s" => 1000,
        "min" => 60_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        _ => 1,
    };
    Some(number * unit)
}

#[test]
fn values_are_read_as_they_are_written() {
    for (code, document) in [
        ("65_536", "65,536 bytes"),
        ("8 * 1024 * 1024", "8 MiB"),
        ("Duration::from_secs(10)", "10 s"),
        ("Duration::from_secs(30 * 60)", "30 min"),
        ("Duration::from_millis(500)", "500 ms"),
        ("(1 << 53) - 1", "9,007,199,254,740,991"),
    ] {
        assert_eq!(evaluate(code, ""), parse_value(document), "{code}");
        assert!(evaluate(code, "").is_some(), "{code}");
    }
}
