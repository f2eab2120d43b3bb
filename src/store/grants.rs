//! The rights that a role of PostgreSQL needs to serve, and the SQL that grants them, for shop-profile's own tables as for a
//! Django shop's.

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::{
    Store, StoreError,
    django::{ShopTable, quoted},
    layout::{CustomerTable, NativeLayout, TokenTable},
};

/// The rights on the columns of one table.
pub(super) struct TableRights {
    pub(super) table: ShopTable,
    /// Columns to be read.
    pub(super) select: Vec<String>,
    /// Columns to be written.
    pub(super) update: Vec<String>,
}

/// The database and the role of the rights.
pub(super) struct Grantee<'a> {
    pub(super) database: String,
    pub(super) role: &'a str,
    pub(super) role_exists: bool,
}

impl NativeLayout {
    /// What the server reads and writes, table by table. The tables are in this schema.
    pub(super) fn rights(&self, schema: Option<&str>) -> [TableRights; 3] {
        let CustomerTable { table: customers, id, username, canonical_username, mobile_number, email, avatar, .. } =
            self.customer;
        let CustomerTable { first_name, last_name, gender, is_active, version, updated_at, .. } = self.customer;
        let TokenTable { table: tokens, id: token_id, digest, customer_id, expires_at, revoked_at, last_used_at } =
            self.token;
        let names = [username, canonical_username, avatar, first_name, last_name, gender, version];
        let rights = |table: &str, select: &[&str], update: &[&str]| TableRights {
            table: ShopTable { schema: schema.map(str::to_owned), name: table.to_owned() },
            select: select.iter().map(|column| (*column).to_owned()).collect(),
            update: update.iter().map(|column| (*column).to_owned()).collect(),
        };
        [
            rights(tokens, &[token_id, digest, customer_id, expires_at, revoked_at, last_used_at], &[last_used_at]),
            rights(
                customers,
                &[&[id, mobile_number, email, is_active][..], &names].concat(),
                &[&names[..], &[updated_at]].concat(),
            ),
            rights(&Migrator::migration_table_name().to_string(), &["version", "applied_at"], &[]),
        ]
    }
}

impl Store {
    /// The SQL that gives a role of PostgreSQL what the server needs on shop-profile's own tables, and nothing else.
    ///
    /// # Errors
    /// The database fails, or is none of PostgreSQL.
    pub async fn grants(&self, role: &str) -> Result<String, StoreError> {
        let sql = "SELECT current_database()::text AS database, n.nspname::text AS schema, \
                   EXISTS(SELECT FROM pg_catalog.pg_roles WHERE rolname = $1) AS role_exists \
                   FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                   WHERE c.oid = to_regclass($2)";
        let layout = NativeLayout::of_entities();
        let values = [role.into(), layout.customer.table.into()];
        let transaction = self.own_tables()?.read().await?;
        let found = transaction.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
        let found = found.ok_or_else(|| DbErr::RecordNotFound(layout.customer.table.to_owned()))?;
        let schema: String = found.try_get("", "schema")?;
        let (database, role_exists) = (found.try_get("", "database")?, found.try_get("", "role_exists")?);
        Ok(sql_of(&layout.rights(Some(&schema)), &Grantee { database, role, role_exists }))
    }
}

/// The SQL that gives a role these rights, with the SQL that takes them back as a comment. A comment of one line has at
/// most one semicolon, at its end, so that the text can be divided at semicolons.
pub(super) fn sql_of(rights: &[TableRights], grantee: &Grantee<'_>) -> String {
    let role = quoted(grantee.role);
    // A name with a line end must not end a comment.
    let comment = |text: String| format!("--{}", text.replace(['\n', '\r'], " "));
    let mut objects = vec![("CONNECT".to_owned(), format!("DATABASE {}", quoted(&grantee.database)))];
    let mut schemas: Vec<&String> = rights.iter().filter_map(|rights| rights.table.schema.as_ref()).collect();
    schemas.dedup();
    objects.extend(schemas.iter().map(|schema| ("USAGE".to_owned(), format!("SCHEMA {}", quoted(schema)))));
    for rights in rights {
        let table = rights.table.quoted();
        objects.push((format!("SELECT ({})", quoted_list(&rights.select)), table.clone()));
        if !rights.update.is_empty() {
            objects.push((format!("UPDATE ({})", quoted_list(&rights.update)), table));
        }
    }
    let mut lines = vec![
        comment(format!(
            " What a server of shop-profile needs, for the role {role}, and nothing else: it finds a customer by"
        )),
        "-- their token, reads their profile with its version, and writes the fields that a customer may change."
            .to_owned(),
        "-- Run it as the owner of the tables.".to_owned(),
        "-- It takes no right away: what PUBLIC or another role of this one may do, this one may do too.".to_owned(),
    ];
    if !grantee.role_exists {
        lines.push(
            "-- The role does not exist yet. Create it first, and set its password with \\password in psql:".to_owned(),
        );
        lines.push(comment(format!("   CREATE ROLE {role} LOGIN;")));
    }
    lines.extend(objects.iter().map(|(right, object)| format!("GRANT {right} ON {object} TO {role};")));
    lines.push("-- To take it back:".to_owned());
    lines.extend(
        objects.iter().rev().map(|(right, object)| comment(format!("   REVOKE {right} ON {object} FROM {role};"))),
    );
    lines.join("\n")
}

fn quoted_list(columns: &[String]) -> String {
    columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
}
