//! What the requests' statements give, decoded by place and without the dates, which no client is shown.

use chrono::{DateTime, Utc};

use crate::profile::Customer;

/// The customer who owns a token, and whether the token is live.
#[derive(Clone, Debug)]
pub struct TokenOwner {
    /// The owner.
    pub customer: Customer,
    /// Whether the customer's tokens are accepted.
    pub is_active: bool,
    /// The row of the token.
    pub token_id: i64,
    /// From when on the token is rejected.
    pub expires_at: Option<DateTime<Utc>>,
    /// Since when the token is rejected.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Decodes the nine columns of a profile out of a row of either database. (A function would have to name each type that
/// is decoded as a bound of its own.)
macro_rules! decode_profile {
    ($row:expr) => {{
        let row = $row;
        let gender: Option<String> = row.try_get(7)?;
        let gender = gender.map(|name| {
            let unknown = || sqlx::Error::Decode("the gender is neither male nor female".into());
            $crate::profile::Gender::from_name(&name).ok_or_else(unknown)
        });
        $crate::profile::Customer {
            id: row.try_get(0)?,
            username: row.try_get(1)?,
            mobile_number: row.try_get(2)?,
            email: row.try_get(3)?,
            avatar: row.try_get(4)?,
            first_name: row.try_get(5)?,
            last_name: row.try_get(6)?,
            gender: gender.transpose()?,
            version: row.try_get(8)?,
        }
    }};
}

/// Decodes a profile and the four columns after it.
macro_rules! decode_token_owner {
    ($row:expr) => {{
        let row = $row;
        $crate::store::TokenOwner {
            customer: $crate::store::row::decode_profile!(row),
            is_active: row.try_get(9)?,
            token_id: row.try_get(10)?,
            expires_at: row.try_get(11)?,
            revoked_at: row.try_get(12)?,
        }
    }};
}
pub(super) use {decode_profile, decode_token_owner};
