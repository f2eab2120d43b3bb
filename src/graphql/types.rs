//! The customer, the input and the payload as GraphQL shows them.

use async_graphql::{Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::unboxed::Unboxed;
use crate::{
    messages::{Message, MessageId},
    profile::{
        AVATAR_MAX_CHARS, Customer, ErrorCode, Field, FieldError, FieldInput, Gender as DomainGender, NAME_MAX_CHARS,
        PatchInput, Precondition, ProfileVersion, USERNAME_MAX_CHARS,
    },
};

/// The type `Customer`.
pub(super) struct CustomerObject(pub(super) Customer);

// `serial`, here and below: no field waits for anything, and the library need not prepare for that.
/// A customer of the shop.
#[Object(name = "Customer", serial)]
impl CustomerObject {
    /// Unique: a 64-bit integer as a string.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Letters, numbers and `_ . @ + -`, as the customer wrote it. Unique regardless of case and width.
    async fn username(&self) -> &str {
        &self.0.username
    }

    /// The mobile phone number; null if there is none. Read-only.
    async fn mobile_number(&self) -> Option<&str> {
        not_empty(&self.0.mobile_number)
    }

    /// The e-mail address; null if there is none. Read-only.
    async fn email(&self) -> Option<&str> {
        not_empty(&self.0.email)
    }

    /// The absolute http or https URL of the avatar image; null if there is none.
    async fn avatar(&self) -> Option<&str> {
        not_empty(&self.0.avatar)
    }

    /// `""` if there is none.
    async fn first_name(&self) -> &str {
        self.0.first_name.as_deref().unwrap_or_default()
    }

    /// `""` if there is none.
    async fn last_name(&self) -> &str {
        self.0.last_name.as_deref().unwrap_or_default()
    }

    /// First and last name, as far as they are set, joined by a space; `""` if neither is. Computed.
    async fn full_name(&self) -> String {
        self.0.full_name()
    }

    /// Null if not specified.
    async fn gender(&self) -> Option<Gender> {
        self.0.gender.as_ref()?.known().map(Gender::from)
    }

    /// Whether username, first name, last name and gender are set. Computed.
    async fn is_profile_completed(&self) -> bool {
        self.0.is_profile_completed()
    }

    /// Changes whenever the profile changes. Opaque: pass it as `UpdateMyProfileInput.ifVersion`.
    async fn version(&self) -> String {
        self.0.profile_version().to_string()
    }
}

/// What a Django shop stores as `""` is null where the type is nullable.
fn not_empty(value: &Option<String>) -> Option<&str> {
    value.as_deref().filter(|text| !text.is_empty())
}

/// A customer's gender.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::profile::Gender")]
pub(super) enum Gender {
    /// Male.
    Male,
    /// Female.
    Female,
}

/// The fields to change. In the schema it has [`input_description`].
#[derive(InputObject)]
pub(super) struct UpdateMyProfileInput {
    /// Letters, numbers and `_ . @ + -`. Null and `""` are errors.
    username: MaybeUndefined<String>,
    /// An absolute http or https URL. Null and `""` clear it.
    avatar: MaybeUndefined<String>,
    /// `""` clears it, null is an error.
    first_name: MaybeUndefined<String>,
    /// `""` clears it, null is an error.
    last_name: MaybeUndefined<String>,
    /// Null clears it. (REST clears it by `""` as well, which is not a value of the enum.)
    gender: MaybeUndefined<Gender>,
    /// Change nothing unless this is the customer's present `version`: otherwise the error is `CONFLICT`, or `INVALID` if
    /// it is not a version at all. It is the `ETag` of REST without the quotes.
    if_version: Option<String>,
}

/// The description of [`UpdateMyProfileInput`]: the limits are those of the rules.
pub(super) fn input_description() -> String {
    format!(
        "The fields to change. A field that is absent, or that is a variable which the request does not set, keeps its value.\n\
         White space at both ends of a string is removed. Then `username` has 1 to {USERNAME_MAX_CHARS} characters (Unicode code\n\
         points), `avatar` at most {AVATAR_MAX_CHARS}, `firstName` and `lastName` at most {NAME_MAX_CHARS} each."
    )
}

/// `ifVersion` is not a version.
#[derive(Clone, Copy, Debug)]
pub(super) struct InvalidVersion;

impl UpdateMyProfileInput {
    /// The input in the domain's terms: the fields, and the version that `ifVersion` expects.
    pub(super) fn into_patch(self) -> (PatchInput, Result<Precondition, InvalidVersion>) {
        let Self { username, avatar, first_name, last_name, gender, if_version } = self;
        // The domain takes every field as text.
        let gender = gender.map(|gender| gender.map(|gender| DomainGender::from(gender).as_str().to_owned()));
        let input = PatchInput {
            username: text(username),
            avatar: cleared_by_null(avatar),
            first_name: text(first_name),
            last_name: text(last_name),
            gender: cleared_by_null(gender),
        };
        let expected = match if_version.map(|version| version.parse::<ProfileVersion>()) {
            None => Ok(Precondition::Any),
            Some(Ok(version)) => Ok(Precondition::OneOf(vec![version])),
            Some(Err(_)) => Err(InvalidVersion),
        };
        (input, expected)
    }
}

/// Null clears, also where the shop's column takes `""` for none and no null: nullable fields show both as null.
fn cleared_by_null(value: MaybeUndefined<String>) -> FieldInput {
    match value {
        MaybeUndefined::Null => FieldInput::Text(String::new().into()),
        value => text(value),
    }
}

fn text(value: MaybeUndefined<String>) -> FieldInput {
    match value {
        MaybeUndefined::Undefined => FieldInput::Absent,
        MaybeUndefined::Null => FieldInput::Null,
        MaybeUndefined::Value(text) => FieldInput::Text(text.into()),
    }
}

/// The result of `updateMyProfile`: the customer, or errors.
#[derive(SimpleObject)]
#[graphql(serial)]
pub(super) struct UpdateMyProfilePayload {
    /// The customer as stored after the change; null if there are errors.
    customer: Option<Unboxed<CustomerObject>>,
    /// Every error, in the order username, avatar, firstName, lastName, gender, ifVersion; empty after a success.
    /// `CONFLICT` is reported only if no field is invalid.
    user_errors: Vec<UserError>,
}

impl UpdateMyProfilePayload {
    pub(super) fn updated(customer: Customer) -> Self {
        Self { customer: Some(Unboxed(CustomerObject(customer))), user_errors: Vec::new() }
    }

    pub(super) fn invalid(errors: Vec<FieldError>, version: Option<InvalidVersion>) -> Self {
        let errors = errors.into_iter().map(UserError::from);
        Self { customer: None, user_errors: errors.chain(version.map(UserError::from)).collect() }
    }

    pub(super) fn conflict() -> Self {
        let error = UserError::new(Vec::new(), UserErrorCode::Conflict, &MessageId::VersionConflict.into());
        Self { customer: None, user_errors: vec![error] }
    }
}

/// A validation error that the customer can correct.
#[derive(SimpleObject)]
#[graphql(serial)]
pub(super) struct UserError {
    /// The path of the input field, e.g. `["username"]`; empty for `CONFLICT`.
    field: Vec<&'static str>,
    /// The error, for programs.
    code: UserErrorCode,
    /// The error, for people, in the language of the request.
    message: String,
    /// The values in the message, for programs that write their own, e.g. `max` 150 and `actual` 163 of `TOO_LONG`.
    params: Vec<MessageParam>,
}

/// A value in a message.
#[derive(SimpleObject)]
#[graphql(serial)]
pub(super) struct MessageParam {
    /// What it is, e.g. `max`.
    name: &'static str,
    /// The value as text.
    value: String,
}

impl UserError {
    fn new(field: Vec<&'static str>, code: UserErrorCode, message: &Message) -> Self {
        let params = message.params().iter().map(|(name, value)| MessageParam { name, value: value.clone() });
        Self { field, code, message: message.to_string(), params: params.collect() }
    }
}

impl From<FieldError> for UserError {
    fn from(error: FieldError) -> Self {
        Self::new(vec![path(error.field)], error.code.into(), &error.message)
    }
}

impl From<InvalidVersion> for UserError {
    fn from(_: InvalidVersion) -> Self {
        Self::new(vec!["ifVersion"], UserErrorCode::Invalid, &MessageId::InvalidVersion.into())
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

/// The kinds of validation errors.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum UserErrorCode {
    /// The field must not be empty.
    Blank,
    /// The field must not be null.
    Null,
    /// The value breaks a rule of the field.
    Invalid,
    /// The value has too many characters.
    TooLong,
    /// Another customer has this username.
    Taken,
    /// The profile was modified since `ifVersion`.
    Conflict,
}

impl From<ErrorCode> for UserErrorCode {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::Blank => Self::Blank,
            ErrorCode::Null => Self::Null,
            // GraphQL's own enum lets no other choice than those of the domain through.
            ErrorCode::Invalid | ErrorCode::InvalidChoice => Self::Invalid,
            ErrorCode::TooLong => Self::TooLong,
            ErrorCode::Taken => Self::Taken,
        }
    }
}
