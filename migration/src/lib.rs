//! How the database came to be: one file per step, written by hand, with table and column names as literals.
//! A step never imports the entities: they describe today, a step describes its own day.

use sea_orm_migration::{MigrationTrait, async_trait};
pub use sea_orm_migration::{MigratorTrait, prelude::DbErr};

mod m20261123_000001_create_customer;
mod m20261123_000002_create_api_token;
mod m20261125_000003_rename_username_key;
mod m20261129_000004_set_fillfactor;

/// All steps, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_create_customer::Migration),
            Box::new(m20261123_000002_create_api_token::Migration),
            Box::new(m20261125_000003_rename_username_key::Migration),
            Box::new(m20261129_000004_set_fillfactor::Migration),
        ]
    }
}
