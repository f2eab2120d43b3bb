//! PostgreSQL leaves a tenth of each page free for the next versions of its rows. A change that stays in its page is
//! written to no index (a HOT update), and writes a quarter of the bytes to the WAL.
//!
//! It takes the lock SHARE UPDATE EXCLUSIVE, which reads and writes of rows do not wait for, and changes no row. So it may
//! run beside servers of the previous version. Pages that are full stay full until `VACUUM FULL` or `pg_repack` writes
//! them again (docs/operating.md, "Room for changes in PostgreSQL's tables").

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        alter_tables(manager, "SET (fillfactor = 90)").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        alter_tables(manager, "RESET (fillfactor)").await
    }
}

/// SQLite has no such setting.
async fn alter_tables(manager: &SchemaManager<'_>, action: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    for table in ["customer", "api_token"] {
        manager.get_connection().execute_unprepared(&format!("ALTER TABLE {table} {action}")).await?;
    }
    Ok(())
}
