//! The schema, brought up to date exactly once, however many servers start at the same moment.

use std::collections::HashSet;

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

use sea_orm_migration::{IntoSchemaManagerConnection, SchemaManager};

use super::Store;

/// Which steps this build knows, and which of them the database has.
#[derive(Debug)]
pub struct Migrations {
    /// Name of the step and whether it is applied, oldest first.
    pub steps: Vec<(String, bool)>,
}

impl Migrations {
    /// The steps that the database lacks. A database that is *ahead* of this build lacks none: a server of the
    /// previous version goes on while the next one has migrated.
    pub fn pending(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter(|(_, applied)| !applied).map(|(name, _)| name.as_str())
    }
}

/// The schema could not be read or brought up to date.
#[derive(Debug, thiserror::Error)]
#[error("cannot migrate the database")]
pub struct MigrateError(#[from] DbErr);

impl Store {
    /// Looks, and changes nothing.
    pub async fn migrations(&self) -> Result<Migrations, MigrateError> {
        Ok(migrations(&self.write).await?)
    }

    /// Applies the pending steps, all or none, and gives their names.
    pub async fn migrate(&self) -> Result<Vec<String>, MigrateError> {
        // The common start: nothing to do, nothing to lock.
        if self.migrations().await?.pending().next().is_none() {
            return Ok(Vec::new());
        }
        let transaction = lock(&self.write).await?;
        // Another server may have done it while this one waited for the lock.
        let pending: Vec<_> = migrations(&transaction).await?.pending().map(str::to_owned).collect();
        if !pending.is_empty() {
            Migrator::up(&transaction, None).await?;
        }
        transaction.commit().await?;
        Ok(pending)
    }
}

async fn migrations<'c>(db: impl IntoSchemaManagerConnection<'c>) -> Result<Migrations, DbErr> {
    let manager = SchemaManager::new(db);
    let applied: HashSet<String> = if manager.has_table(Migrator::migration_table_name().to_string()).await? {
        Migrator::get_migration_models(manager.get_connection()).await?.into_iter().map(|step| step.version).collect()
    } else {
        HashSet::new()
    };
    let steps = Migrator::migrations();
    let steps = steps.iter().map(|step| (step.name().to_owned(), applied.contains(step.name())));
    Ok(Migrations { steps: steps.collect() })
}

/// A transaction that only one server can be in. SQLite has one writer anyway. Elsewhere a row of a small table is
/// locked, which every engine with PostgreSQL's protocol can do (advisory locks are not everywhere).
async fn lock(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    if db.get_database_backend() == DbBackend::Sqlite {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        return db.begin_with_options(options).await;
    }
    create_lock_table(db).await?;
    let transaction = db.begin().await?;
    // A step may take longer than a request may.
    transaction.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
    transaction.execute_unprepared("SELECT id FROM migration_lock WHERE id = 1 FOR UPDATE").await?;
    Ok(transaction)
}

async fn create_lock_table(db: &DatabaseConnection) -> Result<(), DbErr> {
    let create = || async {
        db.execute_unprepared("CREATE TABLE IF NOT EXISTS migration_lock (id integer PRIMARY KEY)").await?;
        db.execute_unprepared("INSERT INTO migration_lock (id) VALUES (1) ON CONFLICT DO NOTHING").await
    };
    // Two servers at the same moment: PostgreSQL lets one of them fail in its own catalogue, by more than one code. It
    // finds the table then; what else was wrong still is.
    if create().await.is_err() {
        create().await?;
    }
    Ok(())
}
