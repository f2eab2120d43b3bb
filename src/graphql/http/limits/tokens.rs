//! A check of the text before the parser: one pass that neither recurses nor allocates.
//!
//! async-graphql's parser recurses for every open bracket, first to read the text and again to build the tree, so that
//! some KB of `[` can overflow the stack and kill the process. A text that passes this check is shallow and short. The
//! check need not find every syntax error, which is the parser's task; it must see a bracket wherever the parser would.
//! So it knows strings, block strings and comments, and rejects an unterminated string, on which the two might disagree.

use super::{LimitExceeded, MAX_DOCUMENT_BYTES, MAX_NESTING, MAX_TOKENS};

/// Why a text does not reach the parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SourceError {
    /// It exceeds a limit.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// A string has no end, or a plain one has it on another line.
    #[error("unterminated string")]
    UnterminatedString,
}

/// Checks that the text cannot harm the parser, and counts its tokens.
pub(crate) fn check_source(document: &str) -> Result<usize, SourceError> {
    if document.len() > MAX_DOCUMENT_BYTES {
        return Err(LimitExceeded::DocumentBytes.into());
    }
    let mut tokens = 0_usize;
    let mut nesting = 0_usize;
    let mut rest = skip_ignored(document);
    while let Some(first) = rest.chars().next() {
        tokens += 1;
        match first {
            '(' | '[' | '{' => nesting += 1,
            // One too many is an error that the parser finds.
            ')' | ']' | '}' => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        if tokens > MAX_TOKENS {
            return Err(LimitExceeded::Tokens.into());
        }
        if nesting > MAX_NESTING {
            return Err(LimitExceeded::Nesting.into());
        }
        rest = skip_ignored(skip_token(rest, first)?);
    }
    Ok(tokens)
}

/// What follows the white space, commas, byte order marks and comments at the start.
fn skip_ignored(text: &str) -> &str {
    const IGNORED: [char; 6] = [' ', ',', '\t', '\n', '\r', '\u{feff}'];
    let mut rest = text.trim_start_matches(IGNORED);
    while let Some(comment) = rest.strip_prefix('#') {
        let end = comment.find(['\n', '\r']).unwrap_or(comment.len());
        rest = comment[end..].trim_start_matches(IGNORED);
    }
    rest
}

/// What follows the token at the start, whose first character is `first`.
fn skip_token(text: &str, first: char) -> Result<&str, SourceError> {
    let after_first = &text[first.len_utf8()..];
    Ok(match first {
        '"' => match text.strip_prefix(r#"""""#) {
            Some(content) => skip_block_string(content)?,
            None => skip_string(after_first)?,
        },
        '.' => text.strip_prefix("...").unwrap_or(after_first),
        '-' | '0'..='9' => skip_number(text),
        '_' | 'a'..='z' | 'A'..='Z' => after_first.trim_start_matches(|c: char| c == '_' || c.is_ascii_alphanumeric()),
        // A punctuator, or a character that the parser will reject.
        _ => after_first,
    })
}

fn skip_string(content: &str) -> Result<&str, SourceError> {
    let mut chars = content.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Ok(chars.as_str()),
            '\\' if chars.as_str().starts_with(['"', '\\']) => drop(chars.next()),
            '\n' | '\r' => break,
            _ => {}
        }
    }
    Err(SourceError::UnterminatedString)
}

/// A block string knows one escape: `\"""`.
fn skip_block_string(content: &str) -> Result<&str, SourceError> {
    let mut rest = content;
    while let Some((part, after)) = rest.split_once(r#"""""#) {
        if !part.ends_with('\\') {
            return Ok(after);
        }
        rest = after;
    }
    Err(SourceError::UnterminatedString)
}

fn skip_number(text: &str) -> &str {
    fn skip_digits(text: &str) -> &str {
        text.trim_start_matches(|c: char| c.is_ascii_digit())
    }
    let mut rest = text.strip_prefix('-').unwrap_or(text);
    // No number goes on after a leading zero: to the parser, as here, `00` is two.
    rest = rest.strip_prefix('0').unwrap_or_else(|| skip_digits(rest));
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = skip_digits(fraction);
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        rest = skip_digits(exponent);
    }
    rest
}
