//! A Django shop's own tables: what the operator says about them, and what the database says.
//!
//! - `options`: the operator's options
//! - `shop`: the tables and columns that were found
//! - `catalogue`, `sqlite`, `postgres`: what each database says about its tables
//! - `inspection`, `finding`: how the tables and columns are found, and what is missing
//! - `connection`: the connection that all of this reads by

mod catalogue;
mod connection;
mod finding;
mod inspection;
mod options;
mod postgres;
mod shop;
mod sqlite;

pub use connection::{DatabaseFailed, inspect_django};
pub use finding::{Finding, InspectError};
pub use options::{ColumnName, DjangoOptionError, DjangoOptions, MediaUrl, ShopField, TableName};
pub use shop::{ColumnType, DjangoShop, ProfileTable, ShopColumn, ShopTable};
