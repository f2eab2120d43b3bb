//! The fields of a file.

use entity::customer;

/// What a file may say about a customer: the fields of the REST API, whether the customer is active, and their API
/// tokens in plaintext.
pub(super) const FIELDS: [&str; 10] =
    ["id", "username", "mobile_number", "email", "avatar", "first_name", "last_name", "gender", "is_active", "tokens"];
/// Fields of a REST response that are computed. They are ignored.
const COMPUTED: [&str; 2] = ["full_name", "is_profile_completed"];
/// Another name of `tokens`.
const TOKENS_ALIAS: &str = "keys";
/// No field's name is longer, in bytes.
const MAX_NAME_BYTES: usize = 40;

/// What a field's name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileField {
    /// One of [`FIELDS`], by its index.
    Known(usize),
    /// Ignored.
    Computed,
}

impl FileField {
    pub(super) fn parse(name: &str) -> Option<Self> {
        let name = if name == TOKENS_ALIAS { "tokens" } else { name };
        let known = FIELDS.iter().position(|field| *field == name).map(Self::Known);
        known.or_else(|| COMPUTED.contains(&name).then_some(Self::Computed))
    }

    /// An empty cell of a CSV file is an empty value, except in these fields, which have none.
    pub(super) fn ignores_empty_cell(self) -> bool {
        matches!(self, Self::Known(at) if ["id", "is_active", "tokens"].contains(&FIELDS[at]))
    }
}

/// The name of an unknown field as a message may show it. What does not look like a name could be a value, a token
/// even: of that, only the place is shown. The first field has the place 1.
pub(super) fn shown_name(name: &str, place: usize) -> String {
    let looks_like_a_name = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if looks_like_a_name && (1..=MAX_NAME_BYTES).contains(&name.len()) {
        name.to_owned()
    } else {
        format!("field {place}")
    }
}

/// How alike a name and a field must be, from 0 to 1, for the field to be suggested.
const MIN_SIMILARITY: f64 = 0.85;

/// The field that an unknown name may mean: written with other capitals, blanks or dashes, shortened or mistyped. A value
/// in place of a name is like none.
pub(super) fn suggestion(name: &str) -> Option<&'static str> {
    let letters = |text: &str| text.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    let name = if name.len() <= MAX_NAME_BYTES { letters(name) } else { return None };
    let alike = |field: &&str| strsim::jaro_winkler(&letters(field), &name);
    let fields = FIELDS.iter().chain(&COMPUTED).chain([&TOKENS_ALIAS]).copied();
    let (likeness, field) =
        fields.map(|field| (alike(&field), field)).max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    (likeness >= MIN_SIMILARITY).then_some(field)
}

/// Which of [`FIELDS`] a row has. An update leaves the others as they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct PresentFields(pub(super) [bool; FIELDS.len()]);

impl PresentFields {
    /// The columns that an update sets.
    pub(super) fn columns(self) -> impl Iterator<Item = customer::Column> {
        const COLUMNS: [(&str, &[customer::Column]); 8] = [
            ("username", &[customer::Column::Username, customer::Column::CanonicalUsername]),
            ("mobile_number", &[customer::Column::MobileNumber]),
            ("email", &[customer::Column::Email]),
            ("avatar", &[customer::Column::Avatar]),
            ("first_name", &[customer::Column::FirstName]),
            ("last_name", &[customer::Column::LastName]),
            ("gender", &[customer::Column::Gender]),
            ("is_active", &[customer::Column::IsActive]),
        ];
        let is_present = move |name: &str| FIELDS.iter().position(|field| *field == name).is_some_and(|at| self.0[at]);
        COLUMNS.into_iter().filter(move |(name, _)| is_present(name)).flat_map(|(_, columns)| columns.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_names_and_no_values() {
        assert_eq!(shown_name("mobile", 2), "mobile");
        for value in ["", "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b", "shp_x1", "Sara", &"a".repeat(41), "a b"] {
            assert_eq!(shown_name(value, 2), "field 2", "{value:?}");
        }
    }

    #[test]
    fn suggests_the_field_that_a_name_is_like() {
        for (name, field) in [
            ("First_Name", "first_name"),
            ("Last Name", "last_name"),
            ("E-Mail", "email"),
            ("mail", "email"),
            ("mobile", "mobile_number"),
            ("user", "username"),
            ("usrename", "username"),
            ("token", "tokens"),
            ("Key", "keys"),
            ("ID", "id"),
        ] {
            assert_eq!(suggestion(name), Some(field), "{name}");
        }
        for name in ["", "phone", "address", "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b", "shp_x", "sara", "0912"] {
            assert_eq!(suggestion(name), None, "{name}");
        }
    }

    #[test]
    fn the_column_of_tokens_has_two_names() {
        assert_eq!(FileField::parse("keys"), FileField::parse("tokens"));
        assert!(FileField::parse("tokens").is_some_and(FileField::ignores_empty_cell));
    }
}
