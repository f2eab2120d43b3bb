use std::thread;

use async_graphql::parser::parse_query;

use super::{super::*, INTROSPECTION};

fn rejection(text: &str) -> Option<SourceError> {
    check_source(text).err()
}

#[test]
fn a_full_introspection_passes() {
    // As deep as graphql-js's own, which `tests/clients` sends.
    assert!(check_source(INTROSPECTION).is_ok_and(|tokens| tokens > 150));
}

#[test]
fn tokens_are_those_of_the_specification() {
    let counts = [
        ("", 0),
        (" \t\r\n,\u{feff}# a comment { \" \r# another", 0),
        ("! $ & ( ) ... : = @ [ ] { | }", 14),
        ("a _b1 query", 3),
        ("0 -0 12 -3.25 1e9 1.5E-10 0.0e+1", 7),
        (r#""" "{" "\"" "\\" "\u0041{" "é""#, 6),
        (r#""""{""" """"quoted" """ """ \""" " "" \ """"#, 3),
        // Where it is not GraphQL, the parser would see as many tokens, and reject them.
        ("00 1.x . .. ?é%", 10),
        (r#""\q""#, 1),
        ("\"\"\"a\"\"\"\"b\"", 2),
    ];
    for (text, tokens) in counts {
        assert_eq!(check_source(text), Ok(tokens), "{text}");
    }
}

#[test]
fn accepts_a_text_at_each_limit_and_rejects_one_past_it() {
    assert_eq!(rejection(&" ".repeat(16_384)), None);
    assert_eq!(rejection(&" ".repeat(16_385)), Some(LimitExceeded::DocumentBytes.into()));
    assert_eq!(rejection(&"a ".repeat(1_000)), None);
    assert_eq!(rejection(&"a ".repeat(1_001)), Some(LimitExceeded::Tokens.into()));
    for bracket in ["(", "[", "{", "([{"] {
        let nested = |depth: usize| bracket.chars().cycle().take(depth).collect::<String>();
        assert_eq!(rejection(&nested(32)), None);
        assert_eq!(rejection(&nested(33)), Some(LimitExceeded::Nesting.into()));
    }
}

#[test]
fn closed_brackets_do_not_count_as_nested() {
    assert_eq!(rejection(&"{}".repeat(500)), None);
    // Closing what was never opened earns nothing.
    assert_eq!(rejection(&format!("}}]){}", "[".repeat(33))), Some(LimitExceeded::Nesting.into()));
}

#[test]
fn brackets_in_strings_and_comments_do_not_count() {
    let brackets = "[".repeat(100);
    for text in [format!("\"{brackets}\""), format!("\"\"\"{brackets}\n\"\"\""), format!("#{brackets}")] {
        assert_eq!(rejection(&text), None, "{text}");
    }
    for text in [format!("# \"\n{brackets}"), format!("\"#\"{brackets}"), format!("\"\\\\\"{brackets}")] {
        assert_eq!(rejection(&text), Some(LimitExceeded::Nesting.into()), "{text}");
    }
}

#[test]
fn rejects_a_string_without_end_and_a_line_break_in_a_plain_one() {
    for text in
        ["\"", "\"a\n\"", "\"a\r\"", "\"\\\"", "\"\\\n\"", "\"\"\"", "\"\"\"\n\"\"", "\"\"\"\\\"\"\"", "\"\"\"\"\""]
    {
        assert_eq!(rejection(text), Some(SourceError::UnterminatedString), "{text:?}");
    }
    assert_eq!(rejection("\"\"\"\n\"\"\""), None);
}

/// `open` as often as the brackets of `before` let it nest.
fn nested(before: &str, open: &str, middle: &str, close: &str, after: &str) -> String {
    let depth = MAX_NESTING - before.matches(['(', '{']).count();
    [before, &open.repeat(depth), middle, &close.repeat(depth), after].concat()
}

fn repeated(before: &str, unit: &str, times: usize, after: &str) -> String {
    [before, &unit.repeat(times), after].concat()
}

fn well_formed() -> Vec<String> {
    vec![
        nested("{a(b:", "[", "", "]", ")}"),
        nested("{a(b:", "{c:", "1", "}", ")}"),
        nested("{a@a(b:", "[", "", "]", ")}"),
        nested("", "{a", "", "}", ""),
        nested("{", "...{", "a", "}", "}"),
        nested("{", "...on Query@a{", "a", "}", "}"),
        nested("query($a:", "[", "Int", "]", "){a}"),
        nested("query($a:I=", "[", "", "]", "){a}"),
        nested("query($a:I=", "{a:", "1", "}", "){a}"),
        repeated("{", "a ", 998, "}"),
        repeated("{", "...{a}", 249, "}"),
        repeated("{a", "@a", 498, "}"),
        repeated("{a(b:[", "{a:1}", 197, "])}"),
        repeated("{a(b:[", "true", 4_000, "])}"),
        repeated("{a(b:\"\"\"", "\n x", 5_400, "\"\"\")}"),
        repeated("{a", "#\n", 8_190, "}"),
    ]
}

fn malformed() -> Vec<String> {
    let deep_sets = nested("", "{a", "", "", "");
    let deep_lists = nested("{a(b:", "[", "", "", "");
    vec![
        deep_lists.clone() + "!",
        nested("{", "a@a(b:1){", "", "", ""),
        repeated(&deep_sets, " ", 16_320, ""),
        repeated(&deep_sets, "#\n", 8_160, ""),
        repeated(&deep_lists, "0 ", 965, ""),
        repeated("{a", "!", 997, "}"),
        repeated("{a", "&", 997, "}"),
        repeated("{a(b:", "1", 16_377, ")}"),
        repeated("{a", "#\n", 8_190, "!"),
    ]
}

/// A quarter of the stack that the runtime gives its threads, for a parser that is not optimised.
#[test]
fn what_passes_does_not_overflow_the_parser() {
    let parse_all = || {
        for text in well_formed() {
            assert!(check_source(&text).is_ok() && parse_query(&text).is_ok(), "{text}");
        }
        for text in malformed() {
            assert!(check_source(&text).is_ok(), "{text}");
            // The parser has limits of its own, which do not always save it: they must not be reached.
            assert!(!parse_query(&text).unwrap_err().to_string().contains("limit"), "{text}");
        }
    };
    thread::Builder::new().stack_size(512 * 1024).spawn(parse_all).unwrap().join().unwrap();
}
