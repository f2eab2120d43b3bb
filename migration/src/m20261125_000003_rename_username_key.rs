//! `username_key` becomes `canonical_username`. Expand and contract in one step: no version that reads the old name has
//! been released.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // Not the default on SQLite, where a failing step would leave half of itself behind.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        rename(manager, "username_key", "canonical_username").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        rename(manager, "canonical_username", "username_key").await
    }
}

/// The unique index carries the column's name: an error message names it on PostgreSQL.
async fn rename(manager: &SchemaManager<'_>, from: &'static str, to: &'static str) -> Result<(), DbErr> {
    let index = |column: &str| format!("customer_{column}_unique");
    manager.drop_index(Index::drop().name(index(from)).table("customer").to_owned()).await?;
    manager.alter_table(Table::alter().table("customer").rename_column(from, to).to_owned()).await?;
    let unique = Index::create().unique().name(index(to)).table("customer").col(to).to_owned();
    manager.create_index(unique).await
}
