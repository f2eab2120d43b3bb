//! The rows that requests read, decoded by place and without the dates, which nobody is shown.

use chrono::{DateTime, Utc};
use entity::{api_token, customer};
use sea_orm::{
    ActiveEnum, IdenStatic,
    sqlx::{self, ColumnIndex, Decode, FromRow, Row, Type},
};

/// What a profile shows of a customer's row; the columns are those of [`customer::Model`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileRow {
    /// Given by the database.
    pub id: i64,
    /// As the customer wrote it.
    pub username: String,
    /// Read-only for the customer.
    pub mobile_number: Option<String>,
    /// Read-only for the customer.
    pub email: Option<String>,
    /// An absolute http or https URL.
    pub avatar: Option<String>,
    /// `""` if none.
    pub first_name: String,
    /// `""` if none.
    pub last_name: String,
    /// `None` if not said.
    pub gender: Option<customer::Gender>,
    /// Whether the customer's keys count.
    pub is_active: bool,
    /// Grows by one with every change.
    pub version: i64,
}

/// The customer behind a key, and whether the key still counts.
pub struct TokenOwner {
    /// Whose key it is.
    pub customer: ProfileRow,
    /// The row of the key.
    pub token_id: i64,
    /// From when on the key is refused.
    pub expires_at: Option<DateTime<Utc>>,
    /// Since when the key is refused.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// In the order of [`ProfileRow`].
const PROFILE: [customer::Column; 10] = {
    use customer::Column::*;
    [Id, Username, MobileNumber, Email, Avatar, FirstName, LastName, Gender, IsActive, Version]
};
/// In the order of [`TokenOwner`], after the profile's.
const KEY: [api_token::Column; 3] = {
    use api_token::Column::*;
    [Id, ExpiresAt, RevokedAt]
};

/// What to select for a [`ProfileRow`]. `*` would break prepared statements when a later version adds a column.
pub(super) fn profile_columns() -> String {
    PROFILE.map(|column| format!("customer.{}", column.as_str())).join(", ")
}

/// What to select for a [`TokenOwner`].
pub(super) fn token_owner_columns() -> String {
    let key = KEY.map(|column| format!("api_token.{}", column.as_str())).join(", ");
    format!("{}, {key}", profile_columns())
}

impl<'r, R> FromRow<'r, R> for ProfileRow
where
    R: Row,
    usize: ColumnIndex<R>,
    bool: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let gender: Option<String> = row.try_get(7)?;
        let gender = gender.map(|value| customer::Gender::try_from_value(&value)).transpose();
        Ok(Self {
            id: row.try_get(0)?,
            username: row.try_get(1)?,
            mobile_number: row.try_get(2)?,
            email: row.try_get(3)?,
            avatar: row.try_get(4)?,
            first_name: row.try_get(5)?,
            last_name: row.try_get(6)?,
            gender: gender.map_err(|error| sqlx::Error::Decode(error.into()))?,
            is_active: row.try_get(8)?,
            version: row.try_get(9)?,
        })
    }
}

impl<'r, R> FromRow<'r, R> for TokenOwner
where
    R: Row,
    ProfileRow: FromRow<'r, R>,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    DateTime<Utc>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let key = PROFILE.len();
        Ok(Self {
            customer: ProfileRow::from_row(row)?,
            token_id: row.try_get(key)?,
            expires_at: row.try_get(key + 1)?,
            revoked_at: row.try_get(key + 2)?,
        })
    }
}
