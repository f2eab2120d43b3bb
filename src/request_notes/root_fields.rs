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
    fn names_are_those_of_the_schema() {
        let sdl = crate::graphql::sdl();
        let parts = sdl.split("\ntype ").filter(|part| part.starts_with("Query ") || part.starts_with("Mutation "));
        let bodies = parts.filter_map(|part| part.split_once("\n}")).flat_map(|(body, _)| body.lines());
        let fields = bodies.filter(|line| line.starts_with("  ") && line.as_bytes()[2].is_ascii_lowercase());
        let names: Vec<_> = fields.map(|line| line.trim().split(['(', ':']).next().unwrap()).collect();
        assert_eq!(names[..2], NAMES[..2], "{sdl}");
        assert_eq!(names.len(), 2);
    }

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
