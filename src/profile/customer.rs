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
mod tests;
