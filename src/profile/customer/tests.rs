use super::*;

fn customer() -> Customer {
    Customer {
        id: 1,
        username: "sara".into(),
        mobile_number: None,
        email: None,
        avatar: None,
        first_name: Some("Sara".into()),
        last_name: Some("Ahmadi".into()),
        gender: Some(Gender::Female.into()),
        version: 7,
        completed_by: CompletingFields::NATIVE,
    }
}

#[test]
fn full_name_joins_the_names_that_are_set() {
    for (first, last, full) in [
        (Some("Sara"), Some("Ahmadi"), "Sara Ahmadi"),
        (Some("Sara"), Some(""), "Sara"),
        (Some(""), Some(""), ""),
        (Some(""), Some("Ahmadi"), "Ahmadi"),
        (None, Some("Ahmadi"), "Ahmadi"),
        (Some(" Sara"), Some(" "), "Sara"),
        (Some("Sara "), Some(" Ahmadi"), "Sara   Ahmadi"),
    ] {
        let [first_name, last_name] = [first, last].map(|name| name.map(str::to_owned));
        assert_eq!(Customer { first_name, last_name, ..customer() }.full_name(), full);
    }
}

#[test]
fn a_profile_is_completed_by_names_and_gender_and_not_by_an_avatar() {
    assert!(customer().is_profile_completed());
    assert!(!Customer { gender: None, ..customer() }.is_profile_completed());
    assert!(!Customer { first_name: Some(String::new()), ..customer() }.is_profile_completed());
    assert!(!Customer { last_name: Some(String::new()), ..customer() }.is_profile_completed());
}

#[test]
fn a_shop_decides_what_completes_a_profile() {
    let completed_by = [Field::FirstName, Field::MobileNumber, Field::Gender].into_iter().collect();
    let mut sara = Customer { completed_by, last_name: None, ..customer() };
    assert!(!sara.is_profile_completed());
    sara.mobile_number = Some(String::new());
    assert!(!sara.is_profile_completed());
    sara.mobile_number = Some("0930".into());
    assert!(sara.is_profile_completed());
    sara.gender = Some(StoredGender::from(String::new()));
    assert!(!sara.is_profile_completed());
    sara.gender = Some(StoredGender::from("other".to_owned()));
    assert!(sara.is_profile_completed());
}

#[test]
fn each_field_may_be_what_is_missing() {
    let all = [
        Field::Username,
        Field::MobileNumber,
        Field::Email,
        Field::Avatar,
        Field::FirstName,
        Field::LastName,
        Field::Gender,
    ];
    let text = |value: &str| Some(value.to_owned());
    let (mobile_number, email, avatar) = (text("0930"), text("sara@example.com"), text("https://example.com/a.png"));
    let whole = Customer { mobile_number, email, avatar, completed_by: all.into_iter().collect(), ..customer() };
    assert!(whole.is_profile_completed());
    for field in all {
        let mut sara = whole.clone();
        match field {
            Field::Username => sara.username = String::new(),
            Field::MobileNumber => sara.mobile_number = None,
            Field::Email => sara.email = None,
            Field::Avatar => sara.avatar = None,
            Field::FirstName => sara.first_name = None,
            Field::LastName => sara.last_name = None,
            Field::Gender => sara.gender = None,
        }
        assert!(!sara.is_profile_completed(), "{field:?}");
    }
}

#[test]
fn a_client_may_choose_a_known_gender_alone() {
    assert_eq!(StoredGender::from(Gender::Male).known(), Some(Gender::Male));
    assert_eq!(StoredGender::from("divers".to_owned()).known(), None);
}

#[test]
fn a_precondition_allows_the_versions_that_it_names() {
    let [this, other] = [7, 8].map(|version| ProfileVersion { id: 1, version });
    assert!(Precondition::Any.allows(this));
    assert!(Precondition::OneOf(vec![other, this]).allows(this));
    assert!(!Precondition::OneOf(vec![other]).allows(this));
    assert!(!Precondition::OneOf(Vec::new()).allows(this));
}

#[test]
fn a_version_is_read_back_only_as_it_was_written() {
    assert_eq!("1-7".parse(), Ok(customer().profile_version()));
    assert_eq!(customer().profile_version().to_string(), "1-7");
    for text in ["", "1", "1-", "-7", "+1-7", "01-7", "1-7 ", "1-7-7", "a-b"] {
        assert_eq!(text.parse::<ProfileVersion>(), Err(ParseVersionError), "{text:?}");
    }
}
