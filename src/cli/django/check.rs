//! `django check`: the tables and columns, what is missing, what to know, and how to start the server.

use super::{CliError, print, serve_line::serve_line};
use crate::{
    store::{CheckedColumn, DatabaseUrl, DjangoOptions, Notice, ShopCheck, ShopReader, check_django},
    transfer::{self, CaseDuplicates},
};

const HEADING: [&str; 6] = ["FIELD", "COLUMN", "TYPE", "LIMIT", "NULL", "DECIDED BY"];

/// Looks at a Django shop's tables, and at the usernames in them.
pub(in crate::cli) async fn examine(url: &DatabaseUrl, options: &DjangoOptions) -> Result<ShopCheck, CliError> {
    let mut check = check_django(url, options).await.map_err(CliError::failed)?;
    // Without all of its rights the role may have none to the usernames.
    if check.shop.is_some() && check.notices.iter().all(|notice| !matches!(notice, Notice::NoRight { .. })) {
        let reader = ShopReader::open(url, options, false).await.map_err(CliError::failed)?;
        let CaseDuplicates { count, ids } = transfer::case_duplicates(reader).await.map_err(CliError::failed)?;
        if count > 0 {
            check.notices.insert(0, Notice::LookAlike { count, ids });
        }
    }
    Ok(check)
}

pub(in crate::cli) async fn run(url: &DatabaseUrl, options: &DjangoOptions) -> Result<(), CliError> {
    let check = examine(url, options).await?;
    print(&in_words(&check));
    if check.missing.is_empty() {
        print(&format!("\nStart the server, with the database's URL in DATABASE_URL:\n\n  {}", serve_line(options)));
        Ok(())
    } else {
        Err(CliError::Silent)
    }
}

fn in_words(check: &ShopCheck) -> String {
    let mut text = String::new();
    for (what, table) in &check.tables {
        text += &format!("{what:<8} {table}\n");
    }
    text += "\n";
    text += &aligned(check.columns.iter().map(row));
    if !check.missing.is_empty() {
        text += "\nMissing:\n";
        check.missing.iter().for_each(|finding| text += &format!("- {finding}\n"));
    }
    text += "\nTo know:\n";
    check.notices.iter().for_each(|notice| text += &format!("- {notice}\n"));
    text.trim_end().to_owned()
}

fn row(checked: &CheckedColumn) -> [String; 6] {
    let decided_by = if checked.is_customers { "the customer, here" } else { "Django" };
    match &checked.column {
        None => [&checked.field, "(none)", "", "", "", decided_by].map(str::to_owned),
        Some((table, column)) => [
            checked.field.clone(),
            format!("{table}.{}", column.name),
            column.declared_type.clone(),
            column.max_chars.map_or_else(String::new, |chars| chars.to_string()),
            if column.nullable { "yes" } else { "no" }.to_owned(),
            decided_by.to_owned(),
        ],
    }
}

/// Rows with their cells one below the other.
fn aligned(rows: impl Iterator<Item = [String; 6]>) -> String {
    let rows: Vec<_> = std::iter::once(HEADING.map(str::to_owned)).chain(rows).collect();
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: [usize; 6] = std::array::from_fn(width);
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}
