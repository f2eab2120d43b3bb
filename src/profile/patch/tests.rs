use super::*;
use crate::{
    messages::MessageId,
    profile::{CompletingFields, MediaUrl},
};

fn text(value: &str) -> FieldInput {
    FieldInput::Text(value.into())
}

fn errors(input: PatchInput) -> Vec<(Field, ErrorCode)> {
    input.parse(&ProfileRules::NATIVE).unwrap_err().errors.into_iter().map(|error| (error.field, error.code)).collect()
}

#[test]
fn absent_keeps_and_null_or_empty_clears() {
    assert!(PatchInput::default().parse(&ProfileRules::NATIVE).unwrap().is_empty());
    let cleared = PatchInput {
        avatar: FieldInput::Null,
        gender: text(""),
        first_name: text(""),
        last_name: text("  "),
        ..PatchInput::default()
    };
    let patch = cleared.parse(&ProfileRules::NATIVE).unwrap();
    assert_eq!((patch.avatar, patch.gender), (Some(None), Some(None)));
    assert_eq!(patch.first_name.unwrap().unwrap().as_str(), "");
    assert_eq!(patch.last_name.unwrap().unwrap().as_str(), "");
}

#[test]
fn a_column_that_takes_no_null_is_cleared_by_an_empty_string_alone() {
    let column = FieldRules { max_chars: 5, is_nullable: false };
    let rules = ProfileRules { avatar: column, gender: column, ..ProfileRules::NATIVE };
    let patch = |value: FieldInput| PatchInput { avatar: value.clone(), gender: value, ..PatchInput::default() };
    let cleared = patch(text("")).parse(&rules).unwrap();
    assert_eq!(cleared.avatar.unwrap().unwrap().as_str(), "");
    assert_eq!(cleared.gender.unwrap().unwrap().as_str(), "");
    let codes = |input: PatchInput| {
        let errors = input.parse(&rules).unwrap_err().errors;
        errors.into_iter().map(|error| error.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(patch(FieldInput::Null)), [ErrorCode::Null, ErrorCode::Null]);
    assert_eq!(codes(PatchInput { gender: text("female"), ..PatchInput::default() }), [ErrorCode::TooLong]);
}

#[test]
fn a_name_is_null_where_its_column_takes_null() {
    let first_name = FieldRules { max_chars: 150, is_nullable: true };
    let rules = ProfileRules { first_name, ..ProfileRules::NATIVE };
    let input = PatchInput { first_name: FieldInput::Null, ..PatchInput::default() };
    assert_eq!(input.parse(&rules).unwrap().first_name, Some(None));
}

#[test]
fn an_avatar_that_is_a_file_cannot_be_patched() {
    let media_url = Some(MediaUrl::new("https://cdn.example/"));
    let rules = ProfileRules { media_url, ..ProfileRules::NATIVE };
    let input = PatchInput { avatar: FieldInput::Null, ..PatchInput::default() };
    let errors = input.parse(&rules).unwrap_err().errors;
    assert_eq!(errors, [FieldError::new(Field::Avatar, ErrorCode::Invalid, MessageId::ReadOnly)]);
    assert!(PatchInput::default().parse(&rules).is_ok());
}

#[test]
fn every_wrong_field_is_reported_in_the_contracts_order() {
    let input = PatchInput {
        gender: text(" male"),
        last_name: FieldInput::Null,
        first_name: FieldInput::WrongType("5".into()),
        avatar: text("not a url"),
        username: text("  "),
    };
    assert_eq!(
        errors(input),
        [
            (Field::Username, ErrorCode::Blank),
            (Field::Avatar, ErrorCode::Invalid),
            (Field::FirstName, ErrorCode::Invalid),
            (Field::LastName, ErrorCode::Null),
            (Field::Gender, ErrorCode::InvalidChoice),
        ]
    );
}

#[test]
fn rejects_a_lone_surrogate_in_every_field() {
    let lone = || FieldInput::Text(JsonString::with_surrogate("\u{fffd}".into(), 0xd800));
    let input = PatchInput { username: lone(), avatar: lone(), first_name: lone(), last_name: lone(), gender: lone() };
    let fields: Vec<_> = errors(input).into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        fields,
        [
            Field::Username,
            Field::Username,
            Field::Avatar,
            Field::Avatar,
            Field::FirstName,
            Field::LastName,
            Field::Gender
        ]
    );
}

#[test]
fn an_invalid_patch_keeps_its_valid_username() {
    let input = PatchInput { username: text("sara"), gender: text("x"), ..PatchInput::default() };
    assert_eq!(input.parse(&ProfileRules::NATIVE).unwrap_err().username.unwrap().as_str(), "sara");
}

#[test]
fn a_patch_changes_the_fields_that_it_names_and_no_others() {
    let sara = Customer {
        id: 1,
        username: "sara".into(),
        mobile_number: Some("0930".into()),
        email: Some("sara@example.com".into()),
        avatar: None,
        first_name: Some("Sara".into()),
        last_name: Some("Ahmadi".into()),
        gender: Some(Gender::Female.into()),
        version: 7,
        completed_by: CompletingFields::NATIVE,
    };
    let patch = |input: PatchInput| input.parse(&ProfileRules::NATIVE).unwrap();
    let avatar = "https://example.com/a.png";
    let named = PatchInput {
        username: text("mina"),
        avatar: text(avatar),
        first_name: text("Mina"),
        last_name: text("Karimi"),
        gender: text("male"),
    };
    let mina = Customer {
        username: "mina".into(),
        avatar: Some(avatar.into()),
        first_name: Some("Mina".into()),
        last_name: Some("Karimi".into()),
        gender: Some(Gender::Male.into()),
        ..sara.clone()
    };
    assert_eq!(patch(named.clone()).apply_to(sara.clone()), mina);
    assert!(!patch(named.clone()).is_empty());
    assert!(patch(named.clone()).is_noop_for(&mina));
    assert!(!patch(named).is_noop_for(&sara));
    assert!(patch(PatchInput::default()).is_noop_for(&sara));
    let only = PatchInput { first_name: text("Mina"), ..PatchInput::default() };
    assert_eq!(patch(only).apply_to(sara.clone()), Customer { first_name: Some("Mina".into()), ..sara });
}

#[test]
fn an_option_that_is_not_given_is_an_absent_field() {
    assert_eq!(FieldInput::from(None), FieldInput::Absent);
    assert_eq!(FieldInput::from(Some("sara".to_owned())), text("sara"));
}

#[test]
fn another_column_may_take_what_is_too_long_or_null() {
    let with = |code| ValidationErrors {
        errors: vec![FieldError::new(Field::FirstName, code, MessageId::InvalidValue)],
        username: None,
    };
    for (code, expected) in
        [(ErrorCode::TooLong, true), (ErrorCode::Null, true), (ErrorCode::Invalid, false), (ErrorCode::Taken, false)]
    {
        assert_eq!(with(code).may_be_of_a_changed_column(), expected, "{code:?}");
    }
}
