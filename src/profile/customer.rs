//! The customer as clients see it. Computed fields are computed here and nowhere else.

use std::{fmt, str::FromStr};

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

/// A customer, as both APIs show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Unique, 64-bit.
    pub id: i64,
    /// 1 to 150 characters, as the customer wrote it.
    pub username: String,
    /// Read-only, unique.
    pub mobile_number: Option<String>,
    /// Read-only, unique.
    pub email: Option<String>,
    /// An absolute http or https URL.
    pub avatar: Option<String>,
    /// At most 150 characters, `""` if none.
    pub first_name: String,
    /// At most 150 characters, `""` if none.
    pub last_name: String,
    /// `None` if not said.
    pub gender: Option<Gender>,
    /// Grows by one with every change.
    pub version: i64,
}

impl Customer {
    /// The two names that are set, joined by one space; `""` if none.
    pub fn full_name(&self) -> String {
        match (self.first_name.as_str(), self.last_name.as_str()) {
            (first, "") => first.to_owned(),
            ("", last) => last.to_owned(),
            (first, last) => format!("{first} {last}"),
        }
    }

    /// Whether username, both names and gender are set: what the customer can set here, the avatar being optional.
    pub fn is_profile_completed(&self) -> bool {
        !self.username.is_empty() && !self.first_name.is_empty() && !self.last_name.is_empty() && self.gender.is_some()
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
            first_name: "Sara".into(),
            last_name: "Ahmadi".into(),
            gender: Some(Gender::Female),
            version: 7,
        }
    }

    #[test]
    fn full_name_joins_the_names_that_are_set() {
        let mut sara = customer();
        assert_eq!(sara.full_name(), "Sara Ahmadi");
        sara.last_name.clear();
        assert_eq!(sara.full_name(), "Sara");
        sara.first_name.clear();
        assert_eq!(sara.full_name(), "");
        sara.last_name = "Ahmadi".into();
        assert_eq!(sara.full_name(), "Ahmadi");
    }

    #[test]
    fn a_profile_is_completed_by_names_and_gender_and_not_by_an_avatar() {
        assert!(customer().is_profile_completed());
        assert!(!Customer { gender: None, ..customer() }.is_profile_completed());
        assert!(!Customer { first_name: String::new(), ..customer() }.is_profile_completed());
        assert!(!Customer { last_name: String::new(), ..customer() }.is_profile_completed());
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
