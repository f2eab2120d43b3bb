//! The rules that differ from shop to shop: how long a value may be, whether it may be null, what completes a profile.
//! shop-profile's own tables have [`ProfileRules::NATIVE`]; a Django shop's columns have their own.

use super::{Field, MediaUrl, avatar::AVATAR_MAX_CHARS, text::NAME_MAX_CHARS, username::USERNAME_MAX_CHARS};

/// What the column of a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldRules {
    /// The longest value, in characters (code points).
    pub max_chars: usize,
    /// Whether null may be stored. Where it may not, `""` stands for "none".
    pub is_nullable: bool,
}

/// The rules of one shop's profiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileRules {
    /// Never null, whatever the column takes.
    pub username: FieldRules,
    /// Of the URL, unless `media_url` is set.
    pub avatar: FieldRules,
    /// `""` is kept apart from null.
    pub first_name: FieldRules,
    /// `""` is kept apart from null.
    pub last_name: FieldRules,
    /// Of the name of a gender.
    pub gender: FieldRules,
    /// The avatar is the path of a file below this URL, and read-only.
    pub media_url: Option<MediaUrl>,
    /// What must be set for a profile to be completed.
    pub completed_by: CompletingFields,
}

impl ProfileRules {
    /// The rules of shop-profile's own tables.
    pub const NATIVE: Self = Self {
        username: FieldRules { max_chars: USERNAME_MAX_CHARS, is_nullable: false },
        avatar: FieldRules { max_chars: AVATAR_MAX_CHARS, is_nullable: true },
        first_name: FieldRules { max_chars: NAME_MAX_CHARS, is_nullable: false },
        last_name: FieldRules { max_chars: NAME_MAX_CHARS, is_nullable: false },
        gender: FieldRules { max_chars: usize::MAX, is_nullable: true },
        media_url: None,
        completed_by: CompletingFields::NATIVE,
    };

    /// Whether no patch can change the avatar.
    pub fn is_avatar_read_only(&self) -> bool {
        self.media_url.is_some()
    }
}

/// The fields that must be set for a profile to be completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompletingFields(u8);

impl CompletingFields {
    /// Username, both names and gender: what the customer can set here, the avatar being optional.
    pub const NATIVE: Self =
        Self(bit(Field::Username) | bit(Field::FirstName) | bit(Field::LastName) | bit(Field::Gender));

    /// Whether the field is one of them.
    pub const fn contains(self, field: Field) -> bool {
        self.0 & bit(field) != 0
    }
}

impl FromIterator<Field> for CompletingFields {
    fn from_iter<T: IntoIterator<Item = Field>>(fields: T) -> Self {
        Self(fields.into_iter().fold(0, |bits, field| bits | bit(field)))
    }
}

const fn bit(field: Field) -> u8 {
    1 << field as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_is_named_twice_is_one_of_them() {
        let fields: CompletingFields = [Field::Gender, Field::Email, Field::Gender].into_iter().collect();
        assert_eq!(fields, [Field::Email, Field::Gender].into_iter().collect());
        assert!(fields.contains(Field::Gender) && !fields.contains(Field::Username));
    }
}
