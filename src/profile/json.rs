//! A customer as JSON: what the REST API answers and the command line prints.

use serde::Serialize;

use super::{Customer, StoredGender};

/// The ten keys of the contract, in its order.
#[derive(Serialize)]
struct CustomerJson<'a> {
    id: i64,
    username: &'a str,
    mobile_number: Option<&'a str>,
    email: Option<&'a str>,
    avatar: Option<&'a str>,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    full_name: String,
    gender: Option<&'a str>,
    is_profile_completed: bool,
}

impl Customer {
    /// Compact JSON in UTF-8, without a line end.
    ///
    /// # Errors
    /// None of these values fails to serialize; serde_json's interface allows for it.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(&CustomerJson {
            id: self.id,
            username: &self.username,
            mobile_number: self.mobile_number.as_deref(),
            email: self.email.as_deref(),
            avatar: self.avatar.as_deref(),
            first_name: self.first_name.as_deref(),
            last_name: self.last_name.as_deref(),
            full_name: self.full_name(),
            gender: self.gender.as_ref().map(StoredGender::as_str),
            is_profile_completed: self.is_profile_completed(),
        })
        .map(escape_line_separators)
    }
}

/// Escapes the two characters that end a line in JavaScript and not in JSON, as Django REST Framework does.
pub(crate) fn escape_line_separators(json: String) -> String {
    // The first byte of both in UTF-8; a byte is found faster than a character.
    if json.as_bytes().contains(&0xe2) {
        json.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
    } else {
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_separators_are_escaped_and_other_characters_are_not() {
        assert_eq!(escape_line_separators("\"a\u{2028}b\u{2029}é\"".to_owned()), "\"a\\u2028b\\u2029é\"");
    }
}
