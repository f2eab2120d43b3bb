//! Why the domain says no.
//!
//! A [`FieldError`] is the customer's to mend: a field, a code for programs, a message for people (Django REST
//! Framework's own words, which existing clients know). A [`ProfileError`] is the whole answer of an operation; each face
//! maps it in one exhaustive `match`. Causes (`source`) are for the log: neither face ever shows one.

use std::{borrow::Cow, fmt};

use super::ProfileVersion;
use crate::{auth::Unauthenticated, store::StoreError};

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
    pub message: Cow<'static, str>,
}

impl FieldError {
    /// The field, the code and the message.
    pub fn new(field: Field, code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { field, code, message: message.into() }
    }

    /// The username belongs to another customer.
    pub fn username_taken() -> Self {
        Self::new(Field::Username, ErrorCode::Taken, "A user with that username already exists.")
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.field, self.message)
    }
}

/// Why an operation was not done. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The caller is nobody we know.
    #[error("unauthenticated: {0}")]
    Unauthenticated(#[from] Unauthenticated),
    /// Every wrong field, in the contract's order.
    #[error("{} wrong fields", .0.len())]
    Invalid(Vec<FieldError>),
    /// The stored version, which is none of those that the client expected.
    #[error("the version is {0} now")]
    Conflict(ProfileVersion),
    /// The database cannot be reached, or has no room now: worth another try.
    #[error("the database is unavailable")]
    Unavailable(#[source] StoreError),
    /// The database failed in the middle of an update, which may or may not have been stored.
    #[error("the outcome is unknown")]
    OutcomeUnknown(#[source] StoreError),
    /// Our fault.
    #[error("the database failed")]
    Internal(#[source] StoreError),
}

impl From<StoreError> for ProfileError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_)
            | StoreError::NotWritable(_)
            | StoreError::Contended(_)
            | StoreError::Busy
            | StoreError::Stopped => Self::Unavailable(error),
            StoreError::OutcomeUnknown(_) => Self::OutcomeUnknown(error),
            StoreError::Unique(_) | StoreError::Database(_) => Self::Internal(error),
        }
    }
}
