//! A customer of the shop.

// The relation types that the macro derives cannot carry doc comments.
#![allow(missing_docs)]

use sea_orm::entity::prelude::*;

/// One row of the table `customer`. What the fields may hold is decided by the domain (`shop_profile::profile`).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer")]
pub struct Model {
    /// 64-bit, given by the database; ids are unique, not dense.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// As the customer wrote it.
    pub username: String,
    /// The case-folded NFKC form of `username`: what makes it unique.
    #[sea_orm(unique)]
    pub canonical_username: String,
    /// Read-only for the customer.
    #[sea_orm(unique)]
    pub mobile_number: Option<String>,
    /// Read-only for the customer.
    #[sea_orm(unique)]
    pub email: Option<String>,
    /// An absolute http or https URL, stored as sent and never fetched.
    pub avatar: Option<String>,
    /// `""` if none.
    pub first_name: String,
    /// `""` if none.
    pub last_name: String,
    /// Held to its two values by a CHECK.
    pub gender: Option<Gender>,
    /// A deactivated customer's tokens stop at once.
    pub is_active: bool,
    /// Starts at 1 and grows by one with every change of the profile; a part of the `ETag`.
    pub version: i64,
    /// When the row was made, UTC, to the microsecond.
    pub created_at: DateTimeUtc,
    /// When the row was last changed, UTC, to the microsecond.
    pub updated_at: DateTimeUtc,
    #[sea_orm(has_many)]
    pub tokens: HasMany<super::api_token::Entity>,
}

/// The genders that the contract knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(6))", rename_all = "snake_case")]
pub enum Gender {
    /// `male`
    Male,
    /// `female`
    Female,
}

impl Gender {
    /// As it is stored; REST shows the same.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }
}

impl ActiveModelBehavior for ActiveModel {}
