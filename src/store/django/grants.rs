//! The rights that the server needs on a Django shop's tables, and nothing more.

use super::{DjangoOptions, DjangoShop, ShopColumn, ShopTable, quoted};

/// PostgreSQL's version of a row, which the server's `ETag` is made of.
const ROW_VERSION: &str = "xmin";

/// The rights on the columns of one table.
pub(super) struct TableRights {
    pub(super) table: ShopTable,
    /// Columns to be read.
    pub(super) select: Vec<String>,
    /// Columns to be written.
    pub(super) update: Vec<String>,
}

/// What the server reads and writes, table by table.
pub(super) fn rights(shop: &DjangoShop, options: &DjangoOptions) -> Vec<TableRights> {
    let names = |columns: &[&ShopColumn]| columns.iter().map(|column| column.name.clone()).collect();
    let tokens = TableRights {
        table: shop.token_table.clone(),
        select: names(&[&shop.token_key, &shop.token_user_id]),
        update: Vec::new(),
    };
    let users = of_table(shop, options, &shop.user_table, &shop.user_id, false);
    let profile =
        shop.profile_table.as_ref().map(|profile| of_table(shop, options, &profile.table, &profile.user_id, true));
    [tokens, users].into_iter().chain(profile).collect()
}

fn of_table(
    shop: &DjangoShop,
    options: &DjangoOptions,
    table: &ShopTable,
    id: &ShopColumn,
    in_profile_table: bool,
) -> TableRights {
    let columns = shop.columns().into_iter().filter(|(_, column)| column.in_profile_table == in_profile_table);
    let (mut select, mut update) = (vec![id.name.clone()], Vec::new());
    for (field, column) in columns {
        select.push(column.name.clone());
        if options.is_written(field) {
            update.push(column.name.clone());
        }
    }
    select.push(ROW_VERSION.to_owned());
    let touched = shop.touch.iter().filter(|column| column.in_profile_table == in_profile_table);
    update.extend(touched.map(|column| column.name.clone()));
    TableRights { table: table.clone(), select, update }
}

/// The SQL that gives a role these rights, with the SQL that takes them back as a comment. A comment of one line has at
/// most one semicolon, at its end, so that the text can be divided at semicolons.
pub(super) fn sql(shop: &DjangoShop, options: &DjangoOptions, database: &str, role: &str, role_exists: bool) -> String {
    let role = quoted(role);
    // A name with a line end must not end a comment.
    let comment = |text: String| format!("--{}", text.replace(['\n', '\r'], " "));
    let rights = rights(shop, options);
    let mut objects = vec![("CONNECT".to_owned(), format!("DATABASE {}", quoted(database)))];
    let mut schemas: Vec<&String> = rights.iter().filter_map(|rights| rights.table.schema.as_ref()).collect();
    schemas.dedup();
    objects.extend(schemas.iter().map(|schema| ("USAGE".to_owned(), format!("SCHEMA {}", quoted(schema)))));
    for rights in &rights {
        let table = rights.table.quoted();
        objects.push((format!("SELECT ({})", quoted_list(&rights.select)), table.clone()));
        if !rights.update.is_empty() {
            objects.push((format!("UPDATE ({})", quoted_list(&rights.update)), table));
        }
    }
    let mut lines = vec![
        comment(format!(" What shop-profile needs on this shop's tables, for the role {role}, and nothing else:")),
        "-- it finds a customer by their token, reads their profile with the version of the row (xmin),".to_owned(),
        "-- and writes the fields that a customer may change. Run it as the owner of the tables.".to_owned(),
        "-- It takes no right away: what PUBLIC or another role of this one may do, this one may do too.".to_owned(),
    ];
    if !role_exists {
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
