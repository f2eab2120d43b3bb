//! Small questions to a Django shop's database.

use sea_orm::sqlx::{self, AssertSqlSafe, Row};

use super::{
    DatabaseFailed, DjangoOptions, DjangoShop, InspectError, TableName,
    catalogue::{Catalogue, Table},
    connection::ShopConnection,
    grants,
    notice::Notice,
    postgres::PostgresCatalogue,
    sqlite::SqliteCatalogue,
};
use crate::store::{
    DatabaseUrl,
    grants::{Grantee, sql_of},
};

/// Why there is no SQL for a role.
#[derive(Debug, thiserror::Error)]
pub enum GrantsError {
    /// The shop's tables cannot be used.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// SQLite has no roles.
    #[error(
        "SQLite has no roles and no rights on columns: who may write the file may change everything in it. Give the file, \
         and the folder that it is in, to a group of Django's user and the server's"
    )]
    Sqlite,
}

/// The SQL that gives a role what the server needs on a Django shop's tables, and nothing else.
///
/// # Errors
/// The database is SQLite, cannot be opened or read, or lacks something.
pub async fn django_grants(url: &DatabaseUrl, options: &DjangoOptions, role: &str) -> Result<String, GrantsError> {
    if !url.is_postgres() {
        return Err(GrantsError::Sqlite);
    }
    let mut connection = ShopConnection::open(url).await.map_err(InspectError::from)?;
    let result = grants_of(&mut connection, options, role).await;
    connection.close().await;
    Ok(result?)
}

async fn grants_of(
    connection: &mut ShopConnection,
    options: &DjangoOptions,
    role: &str,
) -> Result<String, InspectError> {
    let shop = connection.inspect(options).await.map_err(DatabaseFailed::from)?.into_shop()?;
    let found = connection.database_and_role(role).await.map_err(DatabaseFailed::from)?;
    let (database, role_exists) = found;
    Ok(sql_of(&grants::rights(&shop, options), &Grantee { database, role, role_exists }))
}

impl ShopConnection {
    /// The name of the database, and whether it has this role.
    async fn database_and_role(&mut self, role: &str) -> sqlx::Result<(String, bool)> {
        let Self::Postgres(connection) = self else { return Ok((String::new(), true)) };
        let sql = "SELECT current_database()::text, EXISTS(SELECT FROM pg_catalog.pg_roles WHERE rolname = $1)";
        let row = sqlx::query(sql).bind(role).fetch_one(&mut **connection).await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    }

    async fn find_table(&mut self, name: &str) -> sqlx::Result<Option<Table>> {
        let name = TableName { schema: None, name: name.to_owned() };
        match self {
            Self::Sqlite(connection) => SqliteCatalogue(connection).table(&name).await,
            Self::Postgres(connection) => PostgresCatalogue(connection).table(&name).await,
        }
    }

    /// Whether there is such a table where the database looks for tables.
    pub(super) async fn has_table(&mut self, name: &str) -> sqlx::Result<bool> {
        Ok(self.find_table(name).await?.is_some())
    }

    /// Django's applied migrations: app and name. `None` when the table is not there or must not be read.
    pub(super) async fn applied_migrations(&mut self) -> sqlx::Result<Option<Vec<(String, String)>>> {
        let Some(table) = self.find_table("django_migrations").await? else { return Ok(None) };
        let table = table.table.quoted();
        match self {
            Self::Sqlite(connection) => {
                let sql = format!("SELECT app, name FROM {table}");
                Ok(Some(sqlx::query_as(AssertSqlSafe(sql)).fetch_all(connection).await?))
            }
            Self::Postgres(connection) => {
                let may_read = sqlx::query_scalar("SELECT has_table_privilege($1, 'SELECT')").bind(&table);
                if !may_read.fetch_one(&mut **connection).await? {
                    return Ok(None);
                }
                let sql = format!("SELECT app::text, name::text FROM {table}");
                Ok(Some(sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut **connection).await?))
            }
        }
    }

    /// The rights that the connection's role lacks.
    pub(super) async fn missing_rights(
        &mut self,
        shop: &DjangoShop,
        options: &DjangoOptions,
    ) -> sqlx::Result<Option<Notice>> {
        let Self::Postgres(connection) = self else { return Ok(None) };
        let mut missing = Vec::new();
        for rights in grants::rights(shop, options) {
            for (right, columns) in [("SELECT", &rights.select), ("UPDATE", &rights.update)] {
                let sql = "SELECT c FROM unnest($2::text[]) c WHERE NOT has_column_privilege($1, c, $3)";
                let lacking = sqlx::query_scalar(sql).bind(rights.table.quoted()).bind(columns).bind(right);
                let lacking: Vec<String> = lacking.fetch_all(&mut **connection).await?;
                if !lacking.is_empty() {
                    missing.push(format!("{right} ({}) ON {}", lacking.join(", "), rights.table));
                }
            }
        }
        if missing.is_empty() {
            return Ok(None);
        }
        let role = sqlx::query_scalar("SELECT current_user::text").fetch_one(&mut **connection).await?;
        Ok(Some(Notice::NoRight { role, what: missing.join(", ") }))
    }

    /// The active users without a row in the profile's table.
    pub(super) async fn users_without_profile(&mut self, shop: &DjangoShop) -> sqlx::Result<Option<Notice>> {
        let (Self::Postgres(connection), Some(profile)) = (self, &shop.profile_table) else { return Ok(None) };
        let (users, table) = (shop.user_table.quoted(), profile.table.quoted());
        let (id, user_id, is_active) = (shop.user_id.quoted(), profile.user_id.quoted(), shop.is_active.quoted());
        let sql = format!(
            "SELECT count(*) FROM {users} u WHERE u.{is_active} \
             AND NOT EXISTS (SELECT FROM {table} p WHERE p.{user_id} = u.{id})"
        );
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut **connection).await?;
        Ok((count > 0).then(|| Notice::NoProfile(count, profile.table.clone())))
    }
}
