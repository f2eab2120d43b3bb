//! A customer whom an operator adds, under the rules of the patch.

use std::sync::Arc;

use entity::customer;
use sea_orm::ActiveValue::Set;

use super::{
    AvatarUrl, Customer, ErrorCode, Field, FieldError, FieldInput, Gender, JsonString, PersonName, ProfileError,
    Username,
    patch::{parse_avatar, parse_gender, parse_name, parse_username},
    text::parse_line,
};
use crate::store::{Store, StoreError};

/// The longest mobile number, in characters.
const MOBILE_NUMBER_MAX_CHARS: usize = 32;
/// The longest e-mail address, in characters (RFC 5321, §4.5.3.1.3).
const EMAIL_MAX_CHARS: usize = 254;

/// A new customer as an operator describes them.
#[derive(Clone, Debug, Default)]
pub struct NewCustomerInput {
    /// Required.
    pub username: FieldInput,
    /// Unique; absent, null and `""`: none.
    pub mobile_number: FieldInput,
    /// Unique; absent, null and `""`: none.
    pub email: FieldInput,
    /// As in a patch.
    pub avatar: FieldInput,
    /// As in a patch.
    pub first_name: FieldInput,
    /// As in a patch.
    pub last_name: FieldInput,
    /// As in a patch.
    pub gender: FieldInput,
}

/// A new customer who breaks no rule, but whose unique values may be taken.
#[derive(Clone, Debug)]
pub struct NewCustomer {
    username: Username,
    mobile_number: Option<String>,
    email: Option<String>,
    avatar: Option<AvatarUrl>,
    first_name: String,
    last_name: String,
    gender: Option<Gender>,
}

impl NewCustomerInput {
    /// Applies the rules and reports every error, in the order of [`Field`].
    pub fn parse(self) -> Result<NewCustomer, Vec<FieldError>> {
        let Self { username, mobile_number, email, avatar, first_name, last_name, gender } = self;
        let mut errors = Vec::new();
        let mut collect = |mut wrong| errors.append(&mut wrong);
        let username = match username {
            FieldInput::Absent => {
                Err(vec![FieldError::new(Field::Username, ErrorCode::Blank, "This field is required.")])
            }
            given => parse_username(given),
        };
        let username = username.map_err(&mut collect).ok().flatten();
        let mobile_number = parse_contact(Field::MobileNumber, mobile_number).map_err(&mut collect).ok().flatten();
        let email = parse_contact(Field::Email, email).map_err(&mut collect).ok().flatten();
        let avatar = parse_avatar(avatar).map_err(&mut collect).ok().flatten().flatten();
        let first_name = parse_name(Field::FirstName, first_name).map_err(&mut collect).ok().flatten();
        let last_name = parse_name(Field::LastName, last_name).map_err(&mut collect).ok().flatten();
        let gender = parse_gender(gender).map_err(&mut collect).ok().flatten().flatten();
        let name = |name: Option<PersonName>| name.map(PersonName::into_string).unwrap_or_default();
        match username {
            Some(username) if errors.is_empty() => Ok(NewCustomer {
                username,
                mobile_number,
                email,
                avatar,
                first_name: name(first_name),
                last_name: name(last_name),
                gender,
            }),
            _ => Err(errors),
        }
    }
}

/// A mobile number or an e-mail address: what it must look like is the shop's business, that it is one line of text
/// is ours; an address needs something on both sides of an `@`.
fn parse_contact(field: Field, input: FieldInput) -> Result<Option<String>, Vec<FieldError>> {
    let invalid = |message| Err(vec![FieldError::new(field, ErrorCode::Invalid, message)]);
    let text: JsonString = match input {
        FieldInput::Absent | FieldInput::Null => return Ok(None),
        FieldInput::WrongType(_) => return invalid("Not a valid string."),
        FieldInput::Text(text) => text,
    };
    let max_chars = if field == Field::Email { EMAIL_MAX_CHARS } else { MOBILE_NUMBER_MAX_CHARS };
    let value = parse_line(field, &text, max_chars)?;
    match value.as_str() {
        "" => Ok(None),
        address if field == Field::Email && !is_address(address) => invalid("Enter a valid email address."),
        _ => Ok(Some(value)),
    }
}

fn is_address(text: &str) -> bool {
    let sides = text.rsplit_once('@');
    sides.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()) && !text.contains(char::is_whitespace)
}

impl NewCustomer {
    /// Stores the customer, or says which of the unique values others have.
    pub async fn add_to(self, store: &Arc<Store>) -> Result<Customer, ProfileError> {
        let taken = |fields: [Option<i64>; 3]| {
            let errors = [
                FieldError::username_taken(),
                FieldError::new(
                    Field::MobileNumber,
                    ErrorCode::Taken,
                    "A user with that mobile number already exists.",
                ),
                FieldError::new(Field::Email, ErrorCode::Taken, "A user with that email already exists."),
            ];
            errors.into_iter().zip(fields).filter(|(_, owner)| owner.is_some()).map(|(error, _)| error).collect()
        };
        match store.add_customer(self.clone().into_row()).await {
            Ok(row) => Ok(row.into()),
            Err(StoreError::Unique(_)) => {
                let (mobile_number, email) = (self.mobile_number.as_deref(), self.email.as_deref());
                Err(ProfileError::Invalid(taken(store.find_taken(self.username.key(), mobile_number, email).await?)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The row to insert; the id, the version and the dates are the store's.
    pub fn into_row(self) -> customer::ActiveModel {
        let Self { username, mobile_number, email, avatar, first_name, last_name, gender } = self;
        let (username, canonical_username) = username.into_parts();
        customer::ActiveModel {
            username: Set(username),
            canonical_username: Set(canonical_username),
            mobile_number: Set(mobile_number),
            email: Set(email),
            avatar: Set(avatar.map(AvatarUrl::into_string)),
            first_name: Set(first_name),
            last_name: Set(last_name),
            gender: Set(gender),
            is_active: Set(true),
            ..Default::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(input: NewCustomerInput) -> Vec<(Field, String)> {
        input.parse().unwrap_err().into_iter().map(|error| (error.field, error.message.into_owned())).collect()
    }

    #[test]
    fn a_username_is_required_and_the_rest_is_not() {
        assert_eq!(errors(NewCustomerInput::default()), [(Field::Username, "This field is required.".into())]);
        let alone = NewCustomerInput { username: FieldInput::Text("sara".into()), ..Default::default() };
        assert!(alone.parse().is_ok());
    }

    #[test]
    fn the_rules_of_the_patch_hold_and_contacts_have_their_own() {
        let input = NewCustomerInput {
            username: FieldInput::Text("sa ra".into()),
            mobile_number: FieldInput::Text("1".repeat(33).into()),
            email: FieldInput::Text("nobody@".into()),
            gender: FieldInput::Text("x".into()),
            ..Default::default()
        };
        let fields: Vec<_> = errors(input).into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, [Field::Username, Field::MobileNumber, Field::Email, Field::Gender]);
    }
}
