//! A customer whom an operator adds, under the rules of the patch.

use super::{
    AvatarUrl, ErrorCode, Field, FieldError, FieldInput, Gender, PersonName, ProfileRules, StoredGender, Username,
    contacts::parse_contact,
    patch::{parse_avatar, parse_gender, parse_name, parse_username},
};
use crate::messages::MessageId;

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
    pub(crate) username: Username,
    pub(crate) mobile_number: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) avatar: Option<AvatarUrl>,
    pub(crate) first_name: PersonName,
    pub(crate) last_name: PersonName,
    pub(crate) gender: Option<Gender>,
}

impl NewCustomerInput {
    /// Applies the rules.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of [`Field`].
    pub fn parse(self) -> Result<NewCustomer, Vec<FieldError>> {
        let Self { username, mobile_number, email, avatar, first_name, last_name, gender } = self;
        let rules = ProfileRules::NATIVE;
        let mut errors = Vec::new();
        let mut collect = |mut wrong| errors.append(&mut wrong);
        let username = match username {
            FieldInput::Absent => Err(vec![FieldError::new(Field::Username, ErrorCode::Blank, MessageId::Required)]),
            given => parse_username(&given, rules.username),
        };
        let username = username.map_err(&mut collect).ok().flatten();
        let mobile_number = parse_contact(Field::MobileNumber, mobile_number).map_err(&mut collect).ok().flatten();
        let email = parse_contact(Field::Email, email).map_err(&mut collect).ok().flatten();
        let avatar = parse_avatar(&avatar, rules.avatar).map_err(&mut collect).ok().flatten().flatten();
        let first_name = parse_name(Field::FirstName, &first_name, rules.first_name);
        let first_name = first_name.map_err(&mut collect).ok().flatten().flatten();
        let last_name = parse_name(Field::LastName, &last_name, rules.last_name);
        let last_name = last_name.map_err(&mut collect).ok().flatten().flatten();
        let gender = parse_gender(&gender, rules.gender).map_err(&mut collect).ok().flatten().flatten();
        match username {
            Some(username) if errors.is_empty() => Ok(NewCustomer {
                username,
                mobile_number,
                email,
                avatar,
                first_name: first_name.unwrap_or_default(),
                last_name: last_name.unwrap_or_default(),
                gender: gender.as_ref().and_then(StoredGender::known),
            }),
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(input: NewCustomerInput) -> Vec<(Field, String)> {
        input.parse().unwrap_err().into_iter().map(|error| (error.field, error.message.to_string())).collect()
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
            email: FieldInput::Text("sara@".into()),
            gender: FieldInput::Text("x".into()),
            ..Default::default()
        };
        let fields: Vec<_> = errors(input).into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, [Field::Username, Field::MobileNumber, Field::Email, Field::Gender]);
        let username = FieldInput::Text("sara".into());
        let input = NewCustomerInput { username, email: FieldInput::Text("sara@".into()), ..Default::default() };
        assert_eq!(errors(input).into_iter().map(|(field, _)| field).collect::<Vec<_>>(), [Field::Email]);
    }
}
