//! The fields at the root of a GraphQL operation, as the log names them.

use std::fmt;

/// The root fields that the schema has, those of introspection included.
const NAMES: [&str; 5] = ["me", "updateMyProfile", "__schema", "__type", "__typename"];

/// Some of the schema's root fields. A name that the schema does not have may hold anything, and is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RootFieldNames(u8);

impl RootFieldNames {
    /// Whether there are none.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl<'a> FromIterator<&'a str> for RootFieldNames {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        let bit = |name| NAMES.iter().position(|known| *known == name).map_or(0, |place| 1 << place);
        Self(names.into_iter().fold(0, |fields, name| fields | bit(name)))
    }
}

/// `me,__typename`
impl fmt::Display for RootFieldNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (place, name) in NAMES.iter().enumerate() {
            if self.0 & (1 << place) != 0 {
                write!(f, "{separator}{name}")?;
                separator = ",";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_named_once_and_an_unknown_one_not_at_all() {
        for (names, expected) in
            [(&["me", "me"] as &[_], "me"), (&["__typename", "me", "shp_secret"], "me,__typename"), (&["secret"], "")]
        {
            let fields: RootFieldNames = names.iter().copied().collect();
            assert_eq!((fields.to_string(), fields.is_empty()), (expected.to_owned(), expected.is_empty()));
        }
    }
}
