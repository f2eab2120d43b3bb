//! A Django shop's own tables: what the operator says about them, and what the database says.
//!
//! - `options`: the operator's options
//! - `shop`: the tables and columns that were found
//! - `catalogue`, `sqlite`, `postgres`: what each database says about its tables
//! - `inspection`, `fields`, `finding`: how the tables and columns are found, and what is missing
//! - `check`, `notice`, `migrations`: what the owner must know
//! - `grants`: the rights that the server's role needs
//! - `rows`, `row_statements`: every customer with their tokens
//! - `queries`: small questions to the database
//! - `connection`: the connection that all of this reads by

mod catalogue;
mod check;
mod connection;
mod fields;
mod finding;
mod grants;
mod inspection;
mod migrations;
mod notice;
mod options;
mod postgres;
mod queries;
mod row_statements;
mod rows;
mod shop;
mod sqlite;

pub use check::{CheckedColumn, ShopCheck, check_django};
pub use connection::{DatabaseFailed, inspect_django};
pub use finding::{Finding, InspectError};
pub use notice::Notice;
pub use options::{ColumnName, DjangoOptionError, DjangoOptions, MediaUrl, ShopField, TableName};
pub use queries::{GrantsError, django_grants};
pub use rows::{ShopKey, ShopReader, ShopRow};
pub use shop::{ColumnType, DjangoShop, ProfileTable, ShopColumn, ShopTable};

pub(super) use self::shop::quoted;
