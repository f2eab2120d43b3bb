//! What a patch says, and the rules that decide whether it may.

use super::{
    AvatarUrl, Customer, ErrorCode, Field, FieldError, FieldRules, Gender, JsonString, PersonName, ProfileRules,
    StoredGender, Username,
    text::{clip, too_long},
};
use crate::messages::{Message, MessageId};

/// One field of a patch as a client sent it. `Option` would not do: "absent" keeps the value, "null" clears it or is
/// an error, and the two must not be mixed up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FieldInput {
    /// The field is not in the patch.
    #[default]
    Absent,
    /// The field is `null`.
    Null,
    /// The field is a string.
    Text(JsonString),
    /// The field is something else; this is what an error message shows of it.
    WrongType(String),
}

impl From<Option<String>> for FieldInput {
    /// `None` is absent: how an operator's command line says it.
    fn from(value: Option<String>) -> Self {
        value.map_or(Self::Absent, |text| Self::Text(text.into()))
    }
}

/// A patch as a client sent it, before any rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatchInput {
    /// Never null or empty.
    pub username: FieldInput,
    /// `""` clears it, and so does `null` where it may be stored.
    pub avatar: FieldInput,
    /// `""` clears it.
    pub first_name: FieldInput,
    /// `""` clears it.
    pub last_name: FieldInput,
    /// `""` clears it, and so does `null` where it may be stored.
    pub gender: FieldInput,
}

/// A patch that obeys every rule but one: only the database knows whether a username is taken.
/// `None` keeps what is stored; the inner `None` of a field stores null.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// The new username.
    pub username: Option<Username>,
    /// The new avatar.
    pub avatar: Option<Option<AvatarUrl>>,
    /// The new first name.
    pub first_name: Option<Option<PersonName>>,
    /// The new last name.
    pub last_name: Option<Option<PersonName>>,
    /// The new gender.
    pub gender: Option<Option<StoredGender>>,
}

/// What is wrong with a patch, and the username that it asks for if at least that is right: whether it is taken
/// belongs in the same answer.
#[derive(Debug, PartialEq, Eq)]
pub struct ValidationErrors {
    /// Every error, in the contract's order.
    pub errors: Vec<FieldError>,
    /// The username, if the patch names one and it obeys the rules.
    pub username: Option<Username>,
}

impl ValidationErrors {
    /// Whether an error is about what a column takes: another column may take it.
    pub fn may_be_of_a_changed_column(&self) -> bool {
        self.errors.iter().any(|error| matches!(error.code, ErrorCode::TooLong | ErrorCode::Null))
    }
}

impl PatchInput {
    /// Applies the rules to every field and reports every error, in the contract's order.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the fields.
    pub fn parse(&self, rules: &ProfileRules) -> Result<Patch, ValidationErrors> {
        let Self { username, avatar, first_name, last_name, gender } = self;
        let mut errors = Vec::new();
        let mut collect = |mut wrong| errors.append(&mut wrong);
        let patch = Patch {
            username: parse_username(username, rules.username).map_err(&mut collect).ok().flatten(),
            avatar: rules.parse_avatar(avatar).map_err(&mut collect).ok().flatten(),
            first_name: parse_name(Field::FirstName, first_name, rules.first_name).map_err(&mut collect).ok().flatten(),
            last_name: parse_name(Field::LastName, last_name, rules.last_name).map_err(&mut collect).ok().flatten(),
            gender: parse_gender(gender, rules.gender).map_err(&mut collect).ok().flatten(),
        };
        if errors.is_empty() { Ok(patch) } else { Err(ValidationErrors { errors, username: patch.username }) }
    }
}

impl Patch {
    /// The customer as the patch leaves them, at the same version.
    pub fn apply_to(&self, customer: Customer) -> Customer {
        let Self { username, avatar, first_name, last_name, gender } = self;
        let name = |new: &Option<Option<PersonName>>, old| {
            new.as_ref().map_or(old, |new| new.as_ref().map(|name| name.as_str().to_owned()))
        };
        Customer {
            username: username.as_ref().map_or(customer.username, |new| new.as_str().to_owned()),
            avatar: avatar.as_ref().map_or(customer.avatar, |new| new.as_ref().map(|url| url.as_str().to_owned())),
            first_name: name(first_name, customer.first_name),
            last_name: name(last_name, customer.last_name),
            gender: gender.clone().unwrap_or(customer.gender),
            ..customer
        }
    }

    /// The fields that the patch names, in the contract's order. Destructured, so that a new field does not compile before it
    /// is listed.
    pub fn fields(&self) -> impl Iterator<Item = Field> + use<> {
        let Self { username, avatar, first_name, last_name, gender } = self;
        let fields = [
            (username.is_some(), Field::Username),
            (avatar.is_some(), Field::Avatar),
            (first_name.is_some(), Field::FirstName),
            (last_name.is_some(), Field::LastName),
            (gender.is_some(), Field::Gender),
        ];
        fields.into_iter().filter(|(is_named, _)| *is_named).map(|(_, field)| field)
    }

    /// Whether applying the patch to this customer would leave everything as it is.
    pub fn is_noop_for(&self, customer: &Customer) -> bool {
        self.apply_to(customer.clone()) == *customer
    }

    /// Whether the patch names no field at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

type Parsed<T> = Result<Option<T>, Vec<FieldError>>;

fn error<T>(field: Field, code: ErrorCode, message: impl Into<Message>) -> Parsed<T> {
    Err(vec![FieldError::new(field, code, message)])
}

fn null<T>(field: Field) -> Parsed<T> {
    error(field, ErrorCode::Null, MessageId::Null)
}

fn not_text<T>(field: Field) -> Parsed<T> {
    error(field, ErrorCode::Invalid, MessageId::NotAString)
}

pub(super) fn parse_username(input: &FieldInput, rules: FieldRules) -> Parsed<Username> {
    match input {
        FieldInput::Absent => Ok(None),
        FieldInput::Null => null(Field::Username),
        FieldInput::WrongType(_) => not_text(Field::Username),
        FieldInput::Text(text) => Username::parse(text, rules.max_chars).map(Some),
    }
}

impl ProfileRules {
    fn parse_avatar(&self, input: &FieldInput) -> Parsed<Option<AvatarUrl>> {
        match input {
            FieldInput::Absent => Ok(None),
            _ if self.is_avatar_read_only() => error(Field::Avatar, ErrorCode::Invalid, MessageId::ReadOnly),
            given => parse_avatar(given, self.avatar),
        }
    }
}

pub(super) fn parse_avatar(input: &FieldInput, rules: FieldRules) -> Parsed<Option<AvatarUrl>> {
    let cleared = || if rules.is_nullable { None } else { Some(AvatarUrl::default()) };
    match input {
        FieldInput::Absent => Ok(None),
        FieldInput::Null if !rules.is_nullable => null(Field::Avatar),
        FieldInput::Null => Ok(Some(None)),
        // DRF's URL field has its own words for this too.
        FieldInput::WrongType(_) => error(Field::Avatar, ErrorCode::Invalid, MessageId::InvalidUrl),
        FieldInput::Text(text) if text.trimmed().is_empty() => Ok(Some(cleared())),
        FieldInput::Text(text) => AvatarUrl::parse(text, rules.max_chars).map(|url| Some(Some(url))),
    }
}

pub(super) fn parse_name(field: Field, input: &FieldInput, rules: FieldRules) -> Parsed<Option<PersonName>> {
    match input {
        FieldInput::Absent => Ok(None),
        FieldInput::Null if !rules.is_nullable => null(field),
        FieldInput::Null => Ok(Some(None)),
        FieldInput::WrongType(_) => not_text(field),
        FieldInput::Text(text) => PersonName::parse(field, text, rules.max_chars).map(|name| Some(Some(name))),
    }
}

/// A choice is not trimmed: `" male"` is none.
pub(super) fn parse_gender(input: &FieldInput, rules: FieldRules) -> Parsed<Option<StoredGender>> {
    let cleared = || if rules.is_nullable { None } else { Some(StoredGender::Other(String::new())) };
    match input {
        FieldInput::Absent => Ok(None),
        FieldInput::Null if !rules.is_nullable => null(Field::Gender),
        FieldInput::Null => Ok(Some(None)),
        FieldInput::WrongType(echo) => invalid_choice(echo),
        FieldInput::Text(text) => match text.as_str() {
            "" => Ok(Some(cleared())),
            choice => match Gender::from_name(choice) {
                Some(gender) => fits(gender, rules).map(|gender| Some(Some(gender))),
                None => invalid_choice(choice),
            },
        },
    }
}

/// A shop may store other names of genders, in a column that is too narrow for this one.
fn fits(gender: Gender, rules: FieldRules) -> Result<StoredGender, Vec<FieldError>> {
    match too_long(Field::Gender, gender.as_str(), rules.max_chars) {
        Some(error) => Err(vec![error]),
        None => Ok(gender.into()),
    }
}

fn invalid_choice<T>(choice: &str) -> Parsed<T> {
    error(Field::Gender, ErrorCode::InvalidChoice, MessageId::InvalidChoice.with("input", clip(choice)))
}

#[cfg(test)]
mod tests;
