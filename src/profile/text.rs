//! Text as people type it: trimming, characters that no field takes, names.

use super::{ErrorCode, Field, FieldError};
use crate::messages::{Message, MessageId};

/// The longest first or last name, in characters (code points).
pub const NAME_MAX_CHARS: usize = 150;

/// A JSON string. It may hold lone surrogates (`"\ud800"`), which no Rust string can: they stand as U+FFFD in `value`,
/// and the first of them in `surrogate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonString {
    value: String,
    surrogate: Option<u32>,
}

impl JsonString {
    /// Text in which `surrogate` was the first lone surrogate, each already replaced by U+FFFD.
    pub fn with_surrogate(value: String, surrogate: u32) -> Self {
        Self { value, surrogate: Some(surrogate) }
    }

    /// The text as sent.
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// The text without the white space at both ends.
    pub(super) fn trimmed(&self) -> &str {
        trim(&self.value)
    }

    /// The characters that DRF rejects in every field, reported after the field's own rules, each kind once.
    pub(super) fn forbidden_characters(&self, field: Field) -> Vec<FieldError> {
        let mut messages: Vec<Message> = Vec::new();
        if self.trimmed().contains('\0') {
            messages.push(MessageId::NullCharacters.into());
        }
        if let Some(surrogate) = self.surrogate {
            messages.push(MessageId::SurrogateCharacters.with("code_point", format_args!("{surrogate:X}")));
        }
        messages.into_iter().map(|message| FieldError::new(field, ErrorCode::Invalid, message)).collect()
    }
}

impl<T: Into<String>> From<T> for JsonString {
    fn from(value: T) -> Self {
        Self { value: value.into(), surrogate: None }
    }
}

/// The text without what Python takes for white space, at both ends.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

/// The characters that reorder what stands around them. U+200C and U+200D are none of them: Persian names need those.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The error of a text that has more characters.
pub(super) fn too_long(field: Field, text: &str, max_chars: usize) -> Option<FieldError> {
    // A string has at most as many characters as bytes: the common case counts nothing.
    let actual = if text.len() > max_chars { text.chars().count() } else { 0 };
    (actual > max_chars).then(|| {
        let message = MessageId::TooLong.with("max", max_chars).with("actual", actual);
        FieldError::new(field, ErrorCode::TooLong, message)
    })
}

/// An input on its way back into a message: its first 100 characters.
pub fn clip(text: &str) -> &str {
    text.char_indices().nth(100).map_or(text, |(end, _)| &text[..end])
}

/// Trimmed text of one line's worth: at most `max_chars` characters and none that controls how it is shown.
pub(super) fn parse_line(field: Field, text: &JsonString, max_chars: usize) -> Result<String, Vec<FieldError>> {
    let line = text.trimmed();
    let mut errors = Vec::from_iter(too_long(field, line, max_chars));
    errors.extend(text.forbidden_characters(field));
    if line.chars().any(|c| (c.is_control() && c != '\0') || is_bidi_control(c)) {
        errors.push(FieldError::new(field, ErrorCode::Invalid, MessageId::ControlCharacters));
    }
    if errors.is_empty() { Ok(line.to_owned()) } else { Err(errors) }
}

/// A first or last name: trimmed, possibly empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// Trims, then applies the rules. `max_chars`: the longest name, in characters.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn parse(field: Field, text: &JsonString, max_chars: usize) -> Result<Self, Vec<FieldError>> {
        parse_line(field, text, max_chars).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name.
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Result<String, Vec<String>> {
        PersonName::parse(Field::FirstName, &text.into(), NAME_MAX_CHARS)
            .map(PersonName::into_string)
            .map_err(|errors| errors.into_iter().map(|error| error.message.to_string()).collect())
    }

    #[test]
    fn white_space_at_both_ends_is_trimmed_and_joiners_are_kept() {
        assert_eq!(name("\u{1c}\u{3000} Sara\u{200c} \t\u{1f}"), Ok("Sara\u{200c}".into()));
        assert_eq!(name(" \u{85}\u{a0} "), Ok(String::new()));
    }

    #[test]
    fn lengths_count_characters() {
        assert_eq!(name(&"😀".repeat(150)), Ok("😀".repeat(150)));
        assert_eq!(name(&"a".repeat(151)), Err(vec!["Ensure this field has no more than 150 characters.".into()]));
    }

    #[test]
    fn rejects_null_control_and_bidirectional_characters() {
        assert_eq!(name("a\0\0b"), Err(vec!["Null characters are not allowed.".into()]));
        for text in ["a\u{7}\u{9b}b", "a\u{202e}b", "\u{2066}"] {
            assert_eq!(name(text), Err(vec!["Control characters are not allowed.".into()]), "{text:?}");
        }
    }

    #[test]
    fn an_echo_is_cut_at_a_hundred_characters() {
        assert_eq!(clip(&"é".repeat(101)), "é".repeat(100));
        assert_eq!(clip("é"), "é");
    }
}
