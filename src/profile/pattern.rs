//! The rules of text as regular expressions, for documents that clients read. The validators are the functions of
//! `text` and `username`; a test compares the two for every character.
//!
//! They stay within what ECMAScript (with and without its flag `u`), Java, Python, Go and Rust read alike: a client that
//! checks a value with them never rejects one that the server accepts.

/// What is trimmed at both ends.
macro_rules! white_space {
    () => {
        r"[\t-\r\x1C-\x20\x85\xA0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]*"
    };
}

/// A first or last name: no control characters and no bidirectional controls.
pub const NAME_PATTERN: &str =
    concat!("^", white_space!(), r"[^\x00-\x1F\x7F-\x9F\u202A-\u202E\u2066-\u2069]*", white_space!(), "$");

/// A username. It is exact for ASCII and lets every other letter through: not every engine knows Unicode's categories.
pub const USERNAME_PATTERN: &str = concat!("^", white_space!(), r"[^\x00-*,\/:-?\[-\^`{-\xA9]+", white_space!(), "$");

/// A username, exactly, for engines that know Unicode's categories.
pub const USERNAME_UNICODE_PATTERN: &str = concat!("^", white_space!(), r"[\p{L}\p{N}_.@+\-]+", white_space!(), "$");

/// An avatar's URL, or nothing: the scheme, and no white space, control character or back slash.
pub const AVATAR_PATTERN: &str = concat!(
    "^",
    white_space!(),
    r"([Hh][Tt][Tt][Pp][Ss]?:\/\/[^\x00-\x20\x7F-\xA0\\\/?#][^\x00-\x20\x7F-\xA0\\]*)?",
    white_space!(),
    "$"
);

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;
    use crate::profile::{
        AVATAR_MAX_CHARS, AvatarUrl, Field, NAME_MAX_CHARS, PersonName, USERNAME_MAX_CHARS, Username,
    };

    /// Each character below U+3000, where every rule has its borders, and one in a hundred of the others: alone, in the
    /// middle and at both ends of a text.
    fn texts() -> impl Iterator<Item = String> {
        // This crate's Unicode is older than that of the validator: it does not know the newest letters.
        let unassigned = Regex::new(r"\p{Unassigned}").unwrap();
        let characters = ('\0'..='\u{3000}').chain(('\u{3001}'..=char::MAX).step_by(101));
        let characters = characters.filter(move |c| !unassigned.is_match(c.encode_utf8(&mut [0; 4])));
        characters.flat_map(|c| [c.to_string(), format!("a{c}a"), format!("{c}a{c}")])
    }

    #[test]
    fn the_patterns_of_names_accept_what_the_validator_accepts() {
        let pattern = Regex::new(NAME_PATTERN).unwrap();
        for text in texts() {
            let is_valid = PersonName::parse(Field::FirstName, &text.as_str().into(), NAME_MAX_CHARS).is_ok();
            assert_eq!(pattern.is_match(&text), is_valid, "{text:?}");
        }
    }

    #[test]
    fn the_patterns_of_usernames_accept_what_the_validator_accepts() {
        let (portable, exact) = (Regex::new(USERNAME_PATTERN).unwrap(), Regex::new(USERNAME_UNICODE_PATTERN).unwrap());
        for text in texts() {
            let is_valid = Username::parse(&text.as_str().into(), USERNAME_MAX_CHARS).is_ok();
            assert_eq!(exact.is_match(&text), is_valid, "{text:?}");
            assert!(portable.is_match(&text) || !is_valid, "{text:?}");
            assert!(!portable.is_match(&text) || is_valid || !text.is_ascii(), "{text:?}");
        }
    }

    #[test]
    fn the_pattern_of_avatars_rejects_no_valid_url() {
        let pattern = Regex::new(AVATAR_PATTERN).unwrap();
        for text in texts() {
            for url in [format!("http://a/{text}"), format!("https://{text}.example"), text] {
                let is_valid = AvatarUrl::parse(&url.as_str().into(), AVATAR_MAX_CHARS).is_ok();
                assert!(pattern.is_match(&url) || !is_valid, "{url:?}");
            }
        }
        for url in ["", " ", "HTTPS://EXAMPLE.com/A", "http://[::1]:8080/a.png", "https://user:secret@example.com/a"] {
            assert!(pattern.is_match(url), "{url:?}");
        }
        for url in ["ftp://example.com/", "https:example.com", "//example.com", "http:///a", "http://a\\b"] {
            assert!(!pattern.is_match(url), "{url:?}");
        }
    }
}
