//! Usernames, and what makes one unique.

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup},
};
use sha2::{Digest, Sha256};

use super::{
    ErrorCode, Field, FieldError,
    text::{JsonString, too_long},
};
use crate::messages::MessageId;

/// The longest username, in characters (code points).
pub const USERNAME_MAX_CHARS: usize = 150;

/// The longest uniqueness key that is stored as it is, in bytes. NFKC turns one character into up to 18, and
/// PostgreSQL's index takes 2,704 bytes: a longer key is stored as its digest.
const KEY_MAX_BYTES: usize = 1024;

/// A username that obeys the contract: `\A[\p{L}\p{N}_.@+-]+\z`, as long as its column takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    value: String,
    canonical: String,
}

impl Username {
    /// Trims, then reports everything that is wrong, in DRF's order. `max_chars`: the longest one, in characters.
    ///
    /// # Errors
    /// What is wrong.
    pub fn parse(text: &JsonString, max_chars: usize) -> Result<Self, Vec<FieldError>> {
        let username = text.trimmed();
        if username.is_empty() {
            return Err(vec![FieldError::new(Field::Username, ErrorCode::Blank, MessageId::Blank)]);
        }
        let mut errors = Vec::new();
        if !username.chars().all(is_allowed) {
            errors.push(FieldError::new(Field::Username, ErrorCode::Invalid, MessageId::InvalidUsername));
        }
        errors.extend(too_long(Field::Username, username, max_chars));
        errors.extend(text.forbidden_characters(Field::Username));
        if errors.is_empty() {
            Ok(Self { value: username.to_owned(), canonical: canonical_form(username) })
        } else {
            Err(errors)
        }
    }

    /// As the customer wrote it.
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// What no two customers may share: the case-folded NFKC form.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '@' | '+' | '-') || (!c.is_ascii() && is_letter_or_number(c))
}

fn is_letter_or_number(c: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    GeneralCategoryGroup::Letter.contains(category) || GeneralCategoryGroup::Number.contains(category)
}

/// Unicode's `toNFKC_Casefold` (§3.13): what looks alike by case, width or invisible letters (U+3164) is one.
fn canonical_form(username: &str) -> String {
    if username.is_ascii() {
        return username.to_ascii_lowercase();
    }
    let nfkc = ComposingNormalizer::new_nfkc();
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let folded = CaseMapper::new().fold_string(&nfkc.normalize(username)).into_owned();
    let visible: String = nfkc.normalize(&folded).chars().filter(|c| !ignorable.contains(*c)).collect();
    let key = nfkc.normalize(&visible).into_owned();
    if key.len() <= KEY_MAX_BYTES { key } else { digest_of(&key) }
}

/// No username contains `#`, so that a digest is never the canonical form of another username.
fn digest_of(key: &str) -> String {
    format!("#{}", hex::encode(Sha256::digest(key.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(username: &str) -> String {
        Username::parse(&username.into(), USERNAME_MAX_CHARS).unwrap().canonical().to_owned()
    }

    fn codes(username: &str) -> Vec<ErrorCode> {
        Username::parse(&username.into(), USERNAME_MAX_CHARS).unwrap_err().into_iter().map(|error| error.code).collect()
    }

    #[test]
    fn accepts_letters_and_numbers_of_any_script_and_five_punctuation_characters() {
        for username in ["behrooz3500", "a.b@c+d-e_f", "سارا۱۲", "Ⅷ", "ｓａｒａ", "名前", "½"] {
            assert_eq!(Username::parse(&username.into(), USERNAME_MAX_CHARS).unwrap().as_str(), username);
        }
    }

    #[test]
    fn rejects_marks_joiners_spaces_and_symbols() {
        for username in ["sa ra", "sara\u{200c}x", "e\u{301}", "sara!", "a/b", "€", "a\u{2028}b"] {
            assert_eq!(codes(username), [ErrorCode::Invalid], "{username:?}");
        }
        assert_eq!(codes(" \t"), [ErrorCode::Blank]);
        assert_eq!(codes(&"a".repeat(151)), [ErrorCode::TooLong]);
        assert_eq!(codes(&"a ".repeat(76).replace("a ", " a")), [ErrorCode::Invalid, ErrorCode::TooLong]);
    }

    #[test]
    fn the_canonical_form_ignores_case_width_and_invisible_letters() {
        for variant in ["sara", "SARA", "Sara", "ｓａｒａ", "ＳＡＲＡ", "sara\u{3164}", "ſara"] {
            assert_eq!(key(variant), "sara", "{variant:?}");
        }
        assert_eq!(key("STRASSE"), key("straße"));
        assert_eq!(key("Σίσυφος"), key("ΣΊΣΥΦΟΣ"));
        assert_ne!(key("sara"), key("sarah"));
    }

    #[test]
    fn a_canonical_form_too_long_for_the_index_is_replaced_by_its_digest() {
        let long = key(&"\u{fdfa}".repeat(150));
        assert!(long.starts_with('#') && long.len() == 65, "{long}");
        assert_ne!(long, key(&"\u{fdfa}".repeat(149)));
    }
}
