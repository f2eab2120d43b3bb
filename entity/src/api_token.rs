//! An API token, by which a client acts for a customer. The token itself is never stored.

// The relation types that the macro derives cannot carry doc comments.
#![allow(missing_docs)]

use sea_orm::entity::prelude::*;

/// One row of the table `api_token`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_token")]
pub struct Model {
    /// 64-bit, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// SHA-256 of the token, 32 bytes.
    #[sea_orm(unique, column_type = "Blob")]
    pub digest: Vec<u8>,
    /// Whose token it is.
    pub customer_id: i64,
    /// What the operator calls the token, `""` if nothing.
    pub name: String,
    /// When the token was issued, UTC, to the microsecond.
    pub created_at: DateTimeUtc,
    /// From when on the token is rejected; `None`: never.
    pub expires_at: Option<DateTimeUtc>,
    /// Since when the token is rejected; `None`: it is not revoked.
    pub revoked_at: Option<DateTimeUtc>,
    /// When the token was last seen, accurate to about a minute.
    pub last_used_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "customer_id", to = "id")]
    pub customer: BelongsTo<super::customer::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
