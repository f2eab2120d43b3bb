//! What the requests' statements give, decoded by place and without the dates, which no client is shown.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::layout::{Dialect, DjangoLayout};
use crate::profile::{Customer, StoredGender};

/// The customer who owns a token, and whether the token is live.
#[derive(Clone, Debug)]
pub struct TokenOwner {
    /// The owner.
    pub customer: Customer,
    /// Whether the customer's tokens are accepted.
    pub is_active: bool,
    /// The row of the token; a Django shop's tokens have no id.
    pub token_id: Option<i64>,
    /// From when on the token is rejected.
    pub expires_at: Option<DateTime<Utc>>,
    /// Since when the token is rejected.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// What the columns of a Django shop have of a customer.
#[derive(Clone, Debug)]
pub(super) struct StoredProfile {
    pub(super) id: i64,
    pub(super) username: String,
    pub(super) mobile_number: Option<String>,
    pub(super) email: Option<String>,
    pub(super) avatar: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) gender: Option<String>,
    /// PostgreSQL's; 0 on SQLite.
    pub(super) version: i64,
}

impl StoredProfile {
    /// The texts in the order in which they are selected.
    pub(super) fn texts(&self) -> [Option<&str>; 7] {
        let Self { username, mobile_number, email, avatar, first_name, last_name, gender, .. } = self;
        let [mobile_number, email, avatar, first_name, last_name, gender] =
            [mobile_number, email, avatar, first_name, last_name, gender].map(Option::as_deref);
        [Some(username), mobile_number, email, avatar, first_name, last_name, gender]
    }

    /// 63 bits of SHA-256 over all that a client is shown: the version where the database keeps none.
    pub(super) fn digest(&self) -> i64 {
        let mut hash = Sha256::new();
        hash.update(self.id.to_le_bytes());
        for text in self.texts() {
            // No two rows give the same bytes: null differs from "", and a length says where a text ends.
            match text {
                None => hash.update([0]),
                Some(text) => {
                    hash.update([1]);
                    hash.update(text.len().to_le_bytes());
                    hash.update(text);
                }
            }
        }
        let digest = hash.finalize();
        let first = digest.first_chunk::<8>().copied().unwrap_or_default();
        i64::from_be_bytes(first) & i64::MAX
    }
}

impl DjangoLayout {
    /// The customer as clients are shown them.
    pub(super) fn customer(&self, stored: StoredProfile) -> Customer {
        let version = match self.dialect {
            Dialect::Postgres => stored.version,
            Dialect::Sqlite => stored.digest(),
        };
        let StoredProfile { id, username, mobile_number, email, avatar, first_name, last_name, gender, .. } = stored;
        let avatar = match &self.media_url {
            None => avatar,
            Some(media) => avatar.and_then(|path| media.of(&path)),
        };
        Customer {
            id,
            username,
            mobile_number,
            email,
            avatar,
            first_name,
            last_name,
            gender: gender.map(StoredGender::from),
            version,
            completed_by: self.completed_by,
        }
    }
}

/// Decodes the nine columns of a profile out of a row of shop-profile's own tables, of either database. (A function
/// would have to name each type that is decoded as a bound of its own.)
macro_rules! decode_native_profile {
    ($row:expr) => {{
        let row = $row;
        let gender: Option<String> = row.try_get(7)?;
        let gender = gender.map(|name| {
            let unknown = || sqlx::Error::Decode("the gender is neither male nor female".into());
            $crate::profile::Gender::from_name(&name).map($crate::profile::StoredGender::Known).ok_or_else(unknown)
        });
        $crate::profile::Customer {
            id: row.try_get(0)?,
            username: row.try_get(1)?,
            mobile_number: row.try_get(2)?,
            email: row.try_get(3)?,
            avatar: row.try_get(4)?,
            first_name: Some(row.try_get(5)?),
            last_name: Some(row.try_get(6)?),
            gender: gender.transpose()?,
            version: row.try_get(8)?,
            completed_by: $crate::profile::CompletingFields::NATIVE,
        }
    }};
}

/// Decodes the nine columns of a profile out of a row of a Django shop's tables. What SQLite's columns are declared as
/// says nothing of their values.
macro_rules! decode_stored_profile {
    ($row:expr) => {{
        let row = $row;
        $crate::store::row::StoredProfile {
            id: row.try_get_unchecked(0)?,
            username: row.try_get_unchecked(1)?,
            mobile_number: row.try_get_unchecked(2)?,
            email: row.try_get_unchecked(3)?,
            avatar: row.try_get_unchecked(4)?,
            first_name: row.try_get_unchecked(5)?,
            last_name: row.try_get_unchecked(6)?,
            gender: row.try_get_unchecked(7)?,
            version: row.try_get_unchecked(8)?,
        }
    }};
}

/// Decodes a profile.
macro_rules! decode_profile {
    ($layout:expr, $row:expr) => {
        match $layout {
            $crate::store::layout::Layout::Native(_) => $crate::store::row::decode_native_profile!($row),
            $crate::store::layout::Layout::Django(tables) => {
                tables.customer($crate::store::row::decode_stored_profile!($row))
            }
        }
    };
}

/// Decodes a profile and the columns after it.
macro_rules! decode_token_owner {
    ($layout:expr, $row:expr) => {{
        let row = $row;
        match $layout {
            $crate::store::layout::Layout::Native(_) => $crate::store::TokenOwner {
                customer: $crate::store::row::decode_native_profile!(row),
                is_active: row.try_get(9)?,
                token_id: Some(row.try_get(10)?),
                expires_at: row.try_get(11)?,
                revoked_at: row.try_get(12)?,
            },
            $crate::store::layout::Layout::Django(tables) => $crate::store::TokenOwner {
                customer: tables.customer($crate::store::row::decode_stored_profile!(row)),
                is_active: row.try_get_unchecked(9)?,
                token_id: None,
                expires_at: None,
                revoked_at: None,
            },
        }
    }};
}
pub(super) use {decode_native_profile, decode_profile, decode_stored_profile, decode_token_owner};

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> StoredProfile {
        StoredProfile {
            id: 1,
            username: "sara".into(),
            mobile_number: None,
            email: Some(String::new()),
            avatar: None,
            first_name: Some("Sara".into()),
            last_name: Some("Ahmadi".into()),
            gender: None,
            version: 0,
        }
    }

    #[test]
    fn a_digest_moves_with_every_value_and_with_null() {
        let digest = stored().digest();
        assert!(digest > 0);
        assert_eq!(digest, StoredProfile { version: 5, ..stored() }.digest());
        for other in [
            StoredProfile { id: 2, ..stored() },
            StoredProfile { email: None, ..stored() },
            StoredProfile { mobile_number: Some(String::new()), email: None, ..stored() },
            StoredProfile { first_name: Some("SaraA".into()), last_name: Some("hmadi".into()), ..stored() },
        ] {
            assert_ne!(other.digest(), digest, "{other:?}");
        }
    }
}
