//! The customer as clients see it. Computed fields are computed here and nowhere else.

use std::{fmt, str::FromStr};

use super::{CompletingFields, Field, text::trim};

/// A customer's gender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gender {
    /// `male`
    Male,
    /// `female`
    Female,
}

impl Gender {
    /// Every gender.
    pub const ALL: [Self; 2] = [Self::Male, Self::Female];

    /// As it is stored, and as REST shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }

    /// The gender of this name, if it is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gender| gender.as_str() == name)
    }
}

/// A gender as it is stored. A Django shop's column may hold `""` and names that are no choice, which REST shows as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredGender {
    /// One that a client may choose.
    Known(Gender),
    /// Any other text.
    Other(String),
}

impl StoredGender {
    /// As it is stored, and as REST shows it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(gender) => gender.as_str(),
            Self::Other(text) => text,
        }
    }

    /// The gender that a client may choose, if it is one.
    pub fn known(&self) -> Option<Gender> {
        match self {
            Self::Known(gender) => Some(*gender),
            Self::Other(_) => None,
        }
    }
}

impl From<Gender> for StoredGender {
    fn from(gender: Gender) -> Self {
        Self::Known(gender)
    }
}

impl From<String> for StoredGender {
    fn from(text: String) -> Self {
        Gender::from_name(&text).map_or(Self::Other(text), Self::Known)
    }
}

/// A customer, as REST shows it. In the tables of a Django shop each text but the username may be null or `""`; in
/// shop-profile's own, names are never null and all else is never `""`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Unique, 64-bit.
    pub id: i64,
    /// As the customer wrote it.
    pub username: String,
    /// Read-only, unique.
    pub mobile_number: Option<String>,
    /// Read-only, unique.
    pub email: Option<String>,
    /// An absolute http or https URL.
    pub avatar: Option<String>,
    /// `""` if none.
    pub first_name: Option<String>,
    /// `""` if none.
    pub last_name: Option<String>,
    /// `None` if not said.
    pub gender: Option<StoredGender>,
    /// Another one after every change.
    pub version: i64,
    /// What this customer's shop wants of a completed profile.
    pub completed_by: CompletingFields,
}

impl Customer {
    /// The two names that are set, joined by one space; `""` if none. Without white space at both ends, as Django's
    /// `get_full_name` has it.
    pub fn full_name(&self) -> String {
        match (self.first_name.as_deref().unwrap_or_default(), self.last_name.as_deref().unwrap_or_default()) {
            (first, "") => trim(first).to_owned(),
            ("", last) => trim(last).to_owned(),
            (first, last) => trim(&format!("{first} {last}")).to_owned(),
        }
    }

    /// Whether all that the shop wants of a completed profile is set.
    pub fn is_profile_completed(&self) -> bool {
        let text = |value: &Option<String>| value.as_ref().is_some_and(|text| !text.is_empty());
        let is_missing = |field, is_set: bool| self.completed_by.contains(field) && !is_set;
        !(is_missing(Field::Username, !self.username.is_empty())
            || is_missing(Field::MobileNumber, text(&self.mobile_number))
            || is_missing(Field::Email, text(&self.email))
            || is_missing(Field::Avatar, text(&self.avatar))
            || is_missing(Field::FirstName, text(&self.first_name))
            || is_missing(Field::LastName, text(&self.last_name))
            || is_missing(Field::Gender, self.gender.as_ref().is_some_and(|gender| !gender.as_str().is_empty())))
    }

    /// Which customer at which version: the `ETag` of REST, the `version` of GraphQL.
    pub fn profile_version(&self) -> ProfileVersion {
        ProfileVersion { id: self.id, version: self.version }
    }
}

/// A customer's id and version, written `1-7`. Clients treat it as opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfileVersion {
    /// The customer's id.
    pub id: i64,
    /// The customer's version.
    pub version: i64,
}

impl fmt::Display for ProfileVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.id, self.version)
    }
}

/// The text is no version of ours, so it can match none.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a version")]
pub struct ParseVersionError;

impl FromStr for ProfileVersion {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (id, version) = text.split_once('-').ok_or(ParseVersionError)?;
        let version = Self {
            id: id.parse().map_err(|_| ParseVersionError)?,
            version: version.parse().map_err(|_| ParseVersionError)?,
        };
        // `+1-07` would parse, but we never wrote it.
        if version.to_string() == text { Ok(version) } else { Err(ParseVersionError) }
    }
}

/// Which versions the client is willing to change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Whatever is stored.
    #[default]
    Any,
    /// One of these; an empty list matches nothing.
    OneOf(Vec<ProfileVersion>),
}

impl Precondition {
    /// Whether a change of this version is allowed.
    pub fn allows(&self, version: ProfileVersion) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(versions) => versions.contains(&version),
        }
    }
}

#[cfg(test)]
mod tests {
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
        let (mobile_number, email, avatar) =
            (text("0930"), text("sara@example.com"), text("https://example.com/a.png"));
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
}
