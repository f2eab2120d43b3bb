//! A Django shop's own tables: what the operator says about them, and what the database says.
//!
//! - `options`: the operator's options
//! - `shop`: the tables and columns that were found

mod options;
mod shop;

pub use options::{ColumnName, DjangoOptionError, DjangoOptions, MediaUrl, ShopField, TableName};
pub use shop::{ColumnType, DjangoShop, ProfileTable, ShopColumn, ShopTable};
