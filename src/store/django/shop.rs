//! The tables and columns of a Django shop, as its database describes them: the same for both databases.

use std::fmt;

use super::ShopField;
use crate::profile::Field;

/// Where a Django shop keeps customers and tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DjangoShop {
    /// The table of the user model.
    pub user_table: ShopTable,
    /// The user's id, which the tokens reference: of a type of integers.
    pub user_id: ShopColumn,
    /// The table of the tokens.
    pub token_table: ShopTable,
    /// The token in clear text: the table's primary key.
    pub token_key: ShopColumn,
    /// Whose token it is.
    pub token_user_id: ShopColumn,
    /// The table that has some of the fields, one row for each user.
    pub profile_table: Option<ProfileTable>,
    /// `username`
    pub username: ShopColumn,
    /// `mobile_number`
    pub mobile_number: ShopColumn,
    /// `email`
    pub email: ShopColumn,
    /// `avatar`
    pub avatar: ShopColumn,
    /// `first_name`
    pub first_name: ShopColumn,
    /// `last_name`
    pub last_name: ShopColumn,
    /// `gender`
    pub gender: ShopColumn,
    /// `is_active`: of the user table, and a boolean.
    pub is_active: ShopColumn,
    /// The columns that are set to the present when a profile changes.
    pub touch: Vec<ShopColumn>,
}

impl DjangoShop {
    /// The column of a field of the profile.
    pub fn column(&self, field: Field) -> &ShopColumn {
        match field {
            Field::Username => &self.username,
            Field::MobileNumber => &self.mobile_number,
            Field::Email => &self.email,
            Field::Avatar => &self.avatar,
            Field::FirstName => &self.first_name,
            Field::LastName => &self.last_name,
            Field::Gender => &self.gender,
        }
    }

    /// Every field with its column.
    pub fn columns(&self) -> [(ShopField, &ShopColumn); 8] {
        ShopField::ALL.map(|field| match field {
            ShopField::Profile(of_profile) => (field, self.column(of_profile)),
            ShopField::IsActive => (field, &self.is_active),
        })
    }

    /// The table that a column is in.
    pub fn table_of(&self, column: &ShopColumn) -> &ShopTable {
        match &self.profile_table {
            Some(profile) if column.in_profile_table => &profile.table,
            _ => &self.user_table,
        }
    }
}

/// A table that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopTable {
    /// PostgreSQL: the schema that it was found in. SQLite: `None`.
    pub schema: Option<String>,
    /// The table.
    pub name: String,
}

impl ShopTable {
    /// Quoted for a statement: `"public"."shop_customer"`.
    pub fn quoted(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", quoted(schema), quoted(&self.name)),
            None => quoted(&self.name),
        }
    }
}

impl fmt::Display for ShopTable {
    /// For people: without quotes, and without the schema `public`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.schema.as_deref() {
            None | Some("public") => f.write_str(&self.name),
            Some(schema) => write!(f, "{schema}.{}", self.name),
        }
    }
}

/// The table of a model with a `OneToOneField` to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileTable {
    /// The table.
    pub table: ShopTable,
    /// The column that references the user: unique, and not null.
    pub user_id: ShopColumn,
}

/// A column that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopColumn {
    /// Whether it is in the one-to-one table; otherwise in the user table (or, for a token's column, in the tokens').
    pub in_profile_table: bool,
    /// The name.
    pub name: String,
    /// What the server does with its values.
    pub column_type: ColumnType,
    /// The type as the database declares it, for people: `character varying(150)`, `varchar(150)`.
    pub declared_type: String,
    /// The most characters; `None` for a type without limit. SQLite does not enforce it.
    pub max_chars: Option<usize>,
    /// Whether the column takes NULL.
    pub nullable: bool,
}

impl ShopColumn {
    /// Quoted for a statement: `"first_name"`.
    pub fn quoted(&self) -> String {
        quoted(&self.name)
    }
}

/// The types of columns that the server can work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// `text`, `varchar`, and PostgreSQL's `citext`.
    Text,
    /// Any size of integer.
    Integer,
    /// `boolean`; SQLite's `bool`.
    Boolean,
    /// `timestamp with time zone`. SQLite's `datetime`: Django stores UTC as text.
    TimestampWithTimeZone,
    /// `timestamp without time zone`: of a shop with `USE_TZ = False` on PostgreSQL.
    Timestamp,
    /// `date`
    Date,
    /// Any other.
    Other,
}

/// A name quoted for a statement of either database.
pub(in crate::store) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
