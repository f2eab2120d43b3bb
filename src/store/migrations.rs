//! Brings the schema up to date exactly once, however many servers start at the same moment.

use std::collections::BTreeSet;

use migration::{Migrator, MigratorTrait};
use sea_orm::{DbErr, EntityTrait};
use sea_orm_migration::{IntoSchemaManagerConnection, SchemaManager, seaql_migrations};

use super::{
    Store, dispatch,
    explain::{explain, explain_migration},
};

/// Where Django notes the migrations that it has applied.
const DJANGO_MIGRATIONS: &str = "django_migrations";

/// What to know about a server on a database that is ahead of its version.
pub const BESIDE_NEWER: &str =
    "the version before the newest one serves beside it, as an upgrade needs, and an older one may fail";

/// The migrations that this version knows, and those that the database has.
#[derive(Debug)]
pub struct Migrations {
    /// Each migration that this version knows and whether it is applied, oldest first.
    pub steps: Vec<(String, bool)>,
    /// Migrations of the database that this version does not know: a newer version has applied them.
    pub unknown: Vec<String>,
    /// Whether the database has Django's table of migrations and none of these.
    pub is_djangos: bool,
}

impl Migrations {
    /// The migrations that the database lacks. A database that is *ahead* of this version lacks none: a server of the
    /// previous version goes on while the next one has migrated.
    pub fn pending(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter(|(_, applied)| !applied).map(|(name, _)| name.as_str())
    }

    /// The newest migration that the database has.
    pub fn newest(&self) -> Option<&str> {
        let known = self.steps.iter().rev().find(|(_, applied)| *applied).map(|(name, _)| name);
        self.unknown.last().or(known).map(String::as_str)
    }

    /// Says when the database is ahead of this version, and by how much.
    pub fn describe_unknown(&self) -> Option<String> {
        let newest = self.unknown.last()?;
        Some(match self.unknown.len() {
            1 => format!("the database has 1 migration that this version does not know: {newest}"),
            count => {
                format!("the database has {count} migrations that this version does not know, the newest is {newest}")
            }
        })
    }

    /// Warns when the database is ahead of this version.
    pub fn warn_of_unknown(&self) {
        if let Some(unknown) = self.describe_unknown() {
            tracing::warn!("{unknown}: {BESIDE_NEWER}");
        }
    }
}

/// The schema could not be read or brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The applied migrations cannot be read.
    #[error("cannot read which migrations the database has: {}", explain(.0))]
    Read(DbErr),
    /// The role may not look.
    #[error(
        "the role may not read which migrations the database has: GRANT SELECT ON {} TO the role",
        Migrator::migration_table_name().to_string()
    )]
    Hidden,
    /// The tables are a Django shop's, whose schema is Django's to change.
    #[error("the tables are a Django shop's: Django's migrations change them")]
    DjangoTables,
    /// The pending migrations cannot be applied.
    #[error("cannot migrate the database: {}", explain_migration(.0))]
    Apply(DbErr),
}

impl Store {
    /// Reads which migrations the database has. It needs no right but SELECT.
    ///
    /// # Errors
    /// [`MigrateError::Read`], [`MigrateError::Hidden`], [`MigrateError::DjangoTables`].
    pub async fn migrations(&self) -> Result<Migrations, MigrateError> {
        let tables = self.own_tables().map_err(|_| MigrateError::DjangoTables)?;
        let transaction = tables.write().await.map_err(MigrateError::Read)?;
        let migrations = migrations(&transaction).await.map_err(MigrateError::Read)?;
        let engine = &*self.engine;
        if migrations.newest().is_none()
            && dispatch!(engine, database => database.hides_migrations(&transaction).await)
                .map_err(MigrateError::Read)?
        {
            return Err(MigrateError::Hidden);
        }
        Ok(migrations)
    }

    /// Applies the pending migrations, all or none, and gives their names.
    ///
    /// # Errors
    /// The applied migrations cannot be read, or the role may not change the schema.
    pub async fn migrate(&self) -> Result<Vec<String>, MigrateError> {
        let migrations = self.migrations().await?;
        migrations.warn_of_unknown();
        // The common start: nothing to do, nothing to lock.
        if migrations.pending().next().is_none() {
            return Ok(Vec::new());
        }
        self.apply().await.map_err(MigrateError::Apply)
    }

    async fn apply(&self) -> Result<Vec<String>, DbErr> {
        let transaction = self.engine.begin_migration().await?;
        // Another server may have applied them while this one waited for its turn.
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
    // Not `Migrator::get_migration_models`, which creates the table when it is missing, and tries to when it is not.
    let applied = if manager.has_table(Migrator::migration_table_name().to_string()).await? {
        seaql_migrations::Entity::find().all(manager.get_connection()).await?
    } else {
        Vec::new()
    };
    let is_djangos = applied.is_empty() && manager.has_table(DJANGO_MIGRATIONS).await?;
    let mut unknown: BTreeSet<String> = applied.into_iter().map(|migration| migration.version).collect();
    let known = Migrator::migrations();
    let steps = known.iter().map(|step| (step.name().to_owned(), unknown.remove(step.name()))).collect();
    Ok(Migrations { steps, unknown: unknown.into_iter().collect(), is_djangos })
}
