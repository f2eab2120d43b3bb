//! The mobile number and the e-mail address: an operator sets them, a customer cannot.

use super::{ErrorCode, Field, FieldError, FieldInput, JsonString, text::parse_line};
use crate::messages::MessageId;

/// The longest mobile number, in characters.
const MOBILE_NUMBER_MAX_CHARS: usize = 32;
/// The longest e-mail address, in characters (RFC 5321, §4.5.3.1.3).
const EMAIL_MAX_CHARS: usize = 254;

/// A change that breaks no rule, but whose values may be taken. The outer `None` keeps what is stored, the inner one
/// clears it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contacts {
    pub(crate) mobile_number: Option<Option<String>>,
    pub(crate) email: Option<Option<String>>,
}

impl Contacts {
    /// Applies the rules of a new customer and reports every error, in the order of [`Field`].
    ///
    /// # Errors
    /// What is wrong with each field.
    pub fn parse(mobile_number: FieldInput, email: FieldInput) -> Result<Self, Vec<FieldError>> {
        let parse = |field, input: FieldInput| match input {
            FieldInput::Absent => Ok(None),
            given => parse_contact(field, given).map(Some),
        };
        match (parse(Field::MobileNumber, mobile_number), parse(Field::Email, email)) {
            (Ok(mobile_number), Ok(email)) => Ok(Self { mobile_number, email }),
            (mobile_number, email) => Err([mobile_number.err(), email.err()].into_iter().flatten().flatten().collect()),
        }
    }

    /// The fields that the change names.
    pub fn fields(&self) -> impl Iterator<Item = Field> + use<> {
        let Self { mobile_number, email } = self;
        let fields = [(mobile_number.is_some(), Field::MobileNumber), (email.is_some(), Field::Email)];
        fields.into_iter().filter(|(is_named, _)| *is_named).map(|(_, field)| field)
    }
}

/// A mobile number or an e-mail address: what it must look like is the shop's business, that it is one line of text
/// is ours; an address needs something on both sides of an `@`.
pub(super) fn parse_contact(field: Field, input: FieldInput) -> Result<Option<String>, Vec<FieldError>> {
    let invalid = |message| Err(vec![FieldError::new(field, ErrorCode::Invalid, message)]);
    let text: JsonString = match input {
        FieldInput::Absent | FieldInput::Null => return Ok(None),
        FieldInput::WrongType(_) => return invalid(MessageId::NotAString),
        FieldInput::Text(text) => text,
    };
    let max_chars = if field == Field::Email { EMAIL_MAX_CHARS } else { MOBILE_NUMBER_MAX_CHARS };
    let value = parse_line(field, &text, max_chars)?;
    match value.as_str() {
        "" => Ok(None),
        address if field == Field::Email && !is_address(address) => invalid(MessageId::InvalidEmail),
        _ => Ok(Some(value)),
    }
}

fn is_address(text: &str) -> bool {
    let sides = text.rsplit_once('@');
    sides.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()) && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_stays_and_what_is_empty_is_cleared() {
        let contacts = Contacts::parse(FieldInput::Absent, FieldInput::Text("".into())).unwrap();
        assert_eq!(contacts, Contacts { mobile_number: None, email: Some(None) });
        let contacts = Contacts::parse(FieldInput::Text(" 0912 ".into()), FieldInput::Absent).unwrap();
        assert_eq!(contacts, Contacts { mobile_number: Some(Some("0912".into())), email: None });
    }

    #[test]
    fn an_address_has_two_sides_and_no_blank() {
        for (text, expected) in [
            ("sara@example.com", true),
            ("\"a@b\"@example.com", true),
            ("sara", false),
            ("sara@", false),
            ("@example.com", false),
            ("sara ahmadi@example.com", false),
        ] {
            assert_eq!(is_address(text), expected, "{text}");
        }
    }

    #[test]
    fn every_error_is_reported() {
        let errors = Contacts::parse(FieldInput::Text("1".repeat(33).into()), FieldInput::Text("sara@".into()));
        let fields: Vec<_> = errors.unwrap_err().into_iter().map(|error| error.field).collect();
        assert_eq!(fields, [Field::MobileNumber, Field::Email]);
    }
}
