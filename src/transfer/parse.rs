//! The values of the fields that are no part of a profile: id, whether the customer is active, tokens.

use serde_json::Value;

use crate::auth::{ApiToken, TokenDigest};

/// The largest id that a file may name: half of the integers that every JSON client reads exactly. The ids that the
/// database assigns afterwards are above it, and need room.
const MAX_ID: i64 = (1 << 52) - 1;
/// The longest token, in bytes. Longer ones do not fit into a request's headers.
const MAX_TOKEN_BYTES: usize = 4096;
/// With these a cell would rather be a list of tokens than a token. A token that has one is imported from a JSON list.
const NOT_IN_CELLS: [char; 7] = [',', ';', '|', '"', '\'', '[', ']'];

pub(super) fn parse_id(value: Option<Value>) -> Result<Option<i64>, String> {
    let id = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(digits)) => digits.parse().ok(),
        Some(_) => None,
    };
    match id.ok_or("A valid integer is required.")? {
        id @ 1..=MAX_ID => Ok(Some(id)),
        _ => Err(format!("Ensure this value is between 1 and {MAX_ID}.")),
    }
}

pub(super) fn parse_bool(value: Option<Value>) -> Result<Option<bool>, &'static str> {
    match value {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(value)),
        Some(Value::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(Some(true)),
            "false" | "0" => Ok(Some(false)),
            _ => Err("Must be true or false."),
        },
        Some(_) => Err("Must be true or false."),
    }
}

/// Hashes the tokens: the plaintext goes no further, and no message shows it.
pub(super) fn parse_tokens(value: Option<Value>, min_chars: usize) -> Result<Vec<TokenDigest>, String> {
    const NOT_TOKENS: &str = "Expected a list of tokens.";
    const NOT_SEPARATED: &str = "Tokens in one cell are separated by spaces, without commas, quotes or brackets.";
    let digest = |token: &str| digest(token, min_chars);
    let digests: Result<Vec<_>, String> = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::String(words)) if words.contains(NOT_IN_CELLS) => return Err(NOT_SEPARATED.into()),
        Some(Value::String(words)) => words.split_ascii_whitespace().map(digest).collect(),
        Some(Value::Array(tokens)) => tokens.iter().map(|token| digest(token.as_str().ok_or(NOT_TOKENS)?)).collect(),
        Some(_) => return Err(NOT_TOKENS.into()),
    };
    let mut digests = digests?;
    digests.sort_unstable_by_key(|digest| digest.0);
    digests.dedup();
    Ok(digests)
}

/// A token that no request could carry is a mistake in the file. One that is short, say a number from the next column,
/// could be guessed.
fn digest(token: &str, min_chars: usize) -> Result<TokenDigest, String> {
    let is_one_word = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic() || !byte.is_ascii());
    if !is_one_word || token.len() > MAX_TOKEN_BYTES {
        Err(format!("A token is one word of at most {MAX_TOKEN_BYTES} bytes."))
    } else if token.chars().count() < min_chars {
        Err(format!("A token has at least {min_chars} characters: a shorter one could be guessed."))
    } else {
        Ok(ApiToken::from_plaintext(token).digest())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DRF: &str = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b";

    #[test]
    fn hashes_tokens_and_shows_none() {
        let digest = ApiToken::from_plaintext(DRF).digest();
        for tokens in [json!([DRF, DRF]), json!(format!(" {DRF} ")), json!([DRF])] {
            assert_eq!(parse_tokens(Some(tokens), 20), Ok(vec![digest]));
        }
        assert!(parse_tokens(Some(json!([&DRF[..20]])), 20).is_ok());
        let short = &DRF[..19];
        for bad in [json!(["a b"]), json!([""]), json!({"token": DRF}), json!("1"), json!([DRF, short]), json!([1])] {
            let message = parse_tokens(Some(bad.clone()), 20).unwrap_err();
            assert!(!message.contains(short), "{bad}: {message}");
        }
    }

    #[test]
    fn tokens_in_a_cell_are_separated_by_spaces_alone() {
        let two = [DRF, &DRF[1..]];
        for separator in [",", ", ", ";", "|"] {
            let message = parse_tokens(Some(json!(two.join(separator))), 20).unwrap_err();
            assert!(message.starts_with("Tokens in one cell are separated by spaces"), "{separator:?}: {message}");
        }
        assert!(parse_tokens(Some(json!(json!([DRF]).to_string())), 20).is_err());
        assert_eq!(parse_tokens(Some(json!(two.join(" \n"))), 20).map(|tokens| tokens.len()), Ok(2));
        assert_eq!(parse_tokens(Some(json!([two.join(",")])), 20).map(|tokens| tokens.len()), Ok(1));
    }

    #[test]
    fn rejects_ids_outside_of_the_documented_range() {
        let largest = (1_i64 << 52) - 1;
        assert_eq!(parse_id(Some(json!(largest))), Ok(Some(largest)));
        let expected = "Ensure this value is between 1 and 4503599627370495.";
        assert_eq!(parse_id(Some(json!(largest + 1))), Err(expected.to_owned()));
        assert!(parse_id(Some(json!(0))).is_err() && parse_id(Some(json!("x"))).is_err());
    }
}
