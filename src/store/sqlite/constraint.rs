//! What a constraint of a Django shop's table is about. SQLite names a check or an index, and not always the columns.

use sea_orm::sqlx::{self, SqliteConnection};

use crate::store::django::{DjangoShop, ShopColumn};

/// The columns of the fields that a constraint or an index of the user table names.
pub(super) async fn columns_of(
    connection: &mut SqliteConnection,
    shop: &DjangoShop,
    constraint: &str,
) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT sql FROM sqlite_master WHERE name = $1 AND type = 'table' OR name = $2 AND type = 'index'";
    let query = sqlx::query_scalar(sql).bind(&shop.user_table.name).bind(constraint);
    let texts: Vec<Option<String>> = query.fetch_all(connection).await?;
    let texts = texts.iter().flatten().filter_map(|text| {
        if text.starts_with("CREATE TABLE") { check_of(text, constraint) } else { Some(text.as_str()) }
    });
    // A check without a name is named by its expression.
    let texts: Vec<_> = texts.chain([constraint]).collect();
    let columns = shop.columns().map(|(_, column)| column);
    let named = columns.iter().filter(|column| texts.iter().any(|text| mentions(text, column)));
    Ok(named.map(|column| column.name.clone()).collect())
}

/// Whether an expression names the column: in quotes, as Django writes it, or without.
fn mentions(expression: &str, column: &ShopColumn) -> bool {
    let mut words = expression.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word.eq_ignore_ascii_case(&column.name)) || expression.contains(&column.quoted())
}

/// The expression of a check in the declaration of its table.
fn check_of<'a>(declaration: &'a str, name: &str) -> Option<&'a str> {
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    let mut starts = [&quoted, name].into_iter().map(|name| format!("CONSTRAINT {name} CHECK"));
    let (_, rest) = starts.find_map(|start| declaration.split_once(&start))?;
    let rest = rest.trim_start();
    let mut depth = 0_usize;
    let end = rest.char_indices().find(|(_, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    Some(end.map_or(rest, |(end, _)| &rest[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_found_in_the_declaration_of_its_table() {
        let declaration =
            r#"CREATE TABLE "t" ("a" bool NOT NULL, CONSTRAINT "x" CHECK (("a" OR ("b" = 1))), CHECK ("c"))"#;
        assert_eq!(check_of(declaration, "x"), Some(r#"(("a" OR ("b" = 1))"#));
        assert_eq!(check_of(declaration, "y"), None);
        let without_quotes = "CREATE TABLE t (a bool, CONSTRAINT x CHECK(a OR b), c text)";
        assert_eq!(check_of(without_quotes, "x"), Some("(a OR b"));
    }
}
