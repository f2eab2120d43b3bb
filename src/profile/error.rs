//! What is wrong with a field, for the customer to correct: a code for programs and a message for people.

use std::fmt;

use crate::messages::{Message, MessageId};

/// A field of the profile that an input can get wrong, in the contract's order of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// `username`
    Username,
    /// `mobile_number`: only when an operator adds a customer
    MobileNumber,
    /// `email`: only when an operator adds a customer
    Email,
    /// `avatar`
    Avatar,
    /// `first_name`
    FirstName,
    /// `last_name`
    LastName,
    /// `gender`
    Gender,
}

impl Field {
    /// The name in snake case, as the REST API, files and the command line have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::MobileNumber => "mobile_number",
            Self::Email => "email",
            Self::Avatar => "avatar",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Gender => "gender",
        }
    }

    /// The names of some fields: `first_name,gender`.
    pub fn names(fields: impl Iterator<Item = Self>) -> String {
        fields.map(Self::as_str).collect::<Vec<_>>().join(",")
    }
}

/// What is wrong with a field, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// Empty where something must be.
    Blank,
    /// `null` where something must be.
    Null,
    /// Breaks the field's rule.
    Invalid,
    /// None of the choices.
    InvalidChoice,
    /// Too many characters.
    TooLong,
    /// Another customer has it.
    Taken,
}

/// One thing that is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Which field.
    pub field: Field,
    /// What is wrong, for programs.
    pub code: ErrorCode,
    /// What is wrong, for people.
    pub message: Message,
}

impl FieldError {
    /// The field, the code and the message.
    pub fn new(field: Field, code: ErrorCode, message: impl Into<Message>) -> Self {
        Self { field, code, message: message.into() }
    }

    /// The username belongs to another customer.
    pub fn username_taken() -> Self {
        Self::new(Field::Username, ErrorCode::Taken, MessageId::UsernameTaken)
    }

    /// The message for an operator, who may not have the APIs' documents: it names the choices, too.
    pub fn operator_message(&self) -> String {
        let choices = if self.code == ErrorCode::InvalidChoice { " Expected male or female." } else { "" };
        format!("{}{choices}", self.message)
    }

    /// A Django shop's column rejects a value that breaks no rule of the profile.
    pub fn rejected(field: Field, code: ErrorCode) -> Self {
        match (field, code) {
            (Field::Username, ErrorCode::Taken) => Self::username_taken(),
            (_, ErrorCode::Taken) => Self::new(field, code, MessageId::NotUnique),
            (_, ErrorCode::Null) => Self::new(field, code, MessageId::Null),
            _ => Self::new(field, ErrorCode::Invalid, MessageId::InvalidValue),
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.field, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_fields_stand_in_one_text() {
        assert_eq!(Field::names([Field::FirstName, Field::Gender].into_iter()), "first_name,gender");
        assert_eq!(Field::names([].into_iter()), "");
    }

    #[test]
    fn a_column_says_why_it_rejects_a_value() {
        for (field, code, expected, message) in [
            (Field::Username, ErrorCode::Taken, ErrorCode::Taken, MessageId::UsernameTaken),
            (Field::Gender, ErrorCode::Taken, ErrorCode::Taken, MessageId::NotUnique),
            (Field::FirstName, ErrorCode::Null, ErrorCode::Null, MessageId::Null),
            (Field::FirstName, ErrorCode::TooLong, ErrorCode::Invalid, MessageId::InvalidValue),
        ] {
            assert_eq!(FieldError::rejected(field, code), FieldError::new(field, expected, message));
        }
    }

    #[test]
    fn an_operator_reads_the_choices() {
        let message = |code| FieldError::new(Field::Gender, code, MessageId::Null).operator_message();
        assert_eq!(message(ErrorCode::Null), "This field may not be null.");
        assert_eq!(message(ErrorCode::InvalidChoice), "This field may not be null. Expected male or female.");
    }

    #[test]
    fn an_error_shows_its_field_and_its_message() {
        let text = FieldError::new(Field::Gender, ErrorCode::Null, MessageId::Null).to_string();
        assert_eq!(text, format!("Gender: {}", Message::from(MessageId::Null)));
    }
}
