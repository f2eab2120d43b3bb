//! The customer, the input and the payload as GraphQL shows them.

use async_graphql::{Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use crate::profile::{
    Customer, ErrorCode, Field, FieldError, FieldInput, Gender as StoredGender, PatchInput, Precondition,
    UpdateMyProfile,
};

/// Customer
pub(super) struct CustomerObject(pub(super) Customer);

/// A customer of the shop.
#[Object(name = "Customer")]
impl CustomerObject {
    /// Unique; a 64-bit integer as text.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// 1 to 150 letters, numbers and `_ . @ + -`, as the customer wrote it. Unique, whatever its case or width.
    async fn username(&self) -> &str {
        &self.0.username
    }

    /// The phone number; null if none. Read-only.
    async fn mobile_number(&self) -> Option<&str> {
        self.0.mobile_number.as_deref()
    }

    /// The e-mail address; null if none. Read-only.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// The URL of the avatar image, absolute, http or https; null if none.
    async fn avatar(&self) -> Option<&str> {
        self.0.avatar.as_deref()
    }

    /// At most 150 characters; `""` if none.
    async fn first_name(&self) -> &str {
        &self.0.first_name
    }

    /// At most 150 characters; `""` if none.
    async fn last_name(&self) -> &str {
        &self.0.last_name
    }

    /// The two names that are set, joined by one space; `""` if none. Computed.
    async fn full_name(&self) -> String {
        self.0.full_name()
    }

    /// Null if not said.
    async fn gender(&self) -> Option<Gender> {
        self.0.gender.map(Gender::from)
    }

    /// Whether username, both names and gender are set. Computed.
    async fn is_profile_completed(&self) -> bool {
        self.0.is_profile_completed()
    }

    /// Changes with every change of the profile. Opaque; for `UpdateMyProfileInput.ifVersion`.
    async fn version(&self) -> String {
        self.0.profile_version().to_string()
    }
}

/// A customer's gender.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum Gender {
    /// Male.
    Male,
    /// Female.
    Female,
}

impl From<StoredGender> for Gender {
    fn from(gender: StoredGender) -> Self {
        match gender {
            StoredGender::Male => Self::Male,
            StoredGender::Female => Self::Female,
        }
    }
}

/// The domain takes every field as text.
impl From<Gender> for StoredGender {
    fn from(gender: Gender) -> Self {
        match gender {
            Gender::Male => Self::Male,
            Gender::Female => Self::Female,
        }
    }
}

/// What to change. A field that is absent, or given as a variable that is not set, keeps its value.
#[derive(InputObject)]
pub(super) struct UpdateMyProfileInput {
    /// 1 to 150 letters, numbers and `_ . @ + -`. Never null or empty.
    username: MaybeUndefined<String>,
    /// An absolute http or https URL, at most 2,048 characters. Null and `""` clear it.
    avatar: MaybeUndefined<String>,
    /// At most 150 characters. `""` clears it, null is an error.
    first_name: MaybeUndefined<String>,
    /// At most 150 characters. `""` clears it, null is an error.
    last_name: MaybeUndefined<String>,
    /// Null clears it.
    gender: MaybeUndefined<Gender>,
    /// Change nothing unless this is still the customer's `version`.
    if_version: Option<String>,
}

impl From<UpdateMyProfileInput> for UpdateMyProfile {
    fn from(input: UpdateMyProfileInput) -> Self {
        let UpdateMyProfileInput { username, avatar, first_name, last_name, gender, if_version } = input;
        let gender = gender.map(|gender| gender.map(|gender| StoredGender::from(gender).as_str().to_owned()));
        Self {
            input: PatchInput {
                username: text(username),
                avatar: text(avatar),
                first_name: text(first_name),
                last_name: text(last_name),
                gender: text(gender),
            },
            expected: match if_version {
                None => Precondition::Any,
                // A text that is no version of ours matches none.
                Some(version) => Precondition::OneOf(Vec::from_iter(version.parse())),
            },
        }
    }
}

fn text(value: MaybeUndefined<String>) -> FieldInput {
    match value {
        MaybeUndefined::Undefined => FieldInput::Absent,
        MaybeUndefined::Null => FieldInput::Null,
        MaybeUndefined::Value(text) => FieldInput::Text(text.into()),
    }
}

/// What became of a change: the customer, or what is wrong.
#[derive(SimpleObject)]
pub(super) struct UpdateMyProfilePayload {
    /// The customer as written; null when something is wrong.
    customer: Option<CustomerObject>,
    /// Everything that is wrong, in the order username, avatar, firstName, lastName, gender; empty if nothing is.
    user_errors: Vec<UserError>,
}

impl UpdateMyProfilePayload {
    pub(super) fn updated(customer: Customer) -> Self {
        Self { customer: Some(CustomerObject(customer)), user_errors: Vec::new() }
    }

    pub(super) fn invalid(errors: Vec<FieldError>) -> Self {
        Self { customer: None, user_errors: errors.into_iter().map(UserError::from).collect() }
    }

    pub(super) fn conflict() -> Self {
        let error = UserError {
            field: Vec::new(),
            code: UserErrorCode::Conflict,
            message: "The profile has changed meanwhile. Read it again before you update it.".into(),
        };
        Self { customer: None, user_errors: vec![error] }
    }
}

/// One thing that is wrong, and that the customer can mend.
#[derive(SimpleObject)]
pub(super) struct UserError {
    /// The path of the input field, e.g. `["username"]`; empty when the version has moved.
    field: Vec<&'static str>,
    /// What is wrong, for programs.
    code: UserErrorCode,
    /// What is wrong, for people.
    message: String,
}

impl From<FieldError> for UserError {
    fn from(error: FieldError) -> Self {
        Self { field: vec![path(error.field)], code: error.code.into(), message: error.message.into_owned() }
    }
}

fn path(field: Field) -> &'static str {
    match field {
        Field::Username => "username",
        Field::MobileNumber => "mobileNumber",
        Field::Email => "email",
        Field::Avatar => "avatar",
        Field::FirstName => "firstName",
        Field::LastName => "lastName",
        Field::Gender => "gender",
    }
}

/// What is wrong with an input.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum UserErrorCode {
    /// Empty where something must be.
    Blank,
    /// Null where something must be.
    Null,
    /// Breaks the field's rule.
    Invalid,
    /// None of the choices.
    InvalidChoice,
    /// Too many characters.
    TooLong,
    /// Another customer has it.
    Taken,
    /// The version has moved.
    Conflict,
}

impl From<ErrorCode> for UserErrorCode {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::Blank => Self::Blank,
            ErrorCode::Null => Self::Null,
            ErrorCode::Invalid => Self::Invalid,
            ErrorCode::InvalidChoice => Self::InvalidChoice,
            ErrorCode::TooLong => Self::TooLong,
            ErrorCode::Taken => Self::Taken,
        }
    }
}
