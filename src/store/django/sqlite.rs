//! SQLite's catalogue: its pragmas, and the types as they were declared.

use sea_orm::sqlx::{self, Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    ColumnType, ShopTable, TableName,
    catalogue::{Catalogue, Column, ForeignKey, Index, Table},
};

const TABLE: &str = "SELECT name, type = 'view' FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ?1";
/// `hidden` is 2 or 3 for a generated column.
const COLUMNS: &str = "SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo(?1) WHERE hidden <> 1";
const INDEXES: &str = "SELECT l.name, l.\"unique\", l.origin = 'pk', l.partial, x.name, x.coll, s.sql \
    FROM pragma_index_list(?1) l JOIN pragma_index_xinfo(l.name) x ON x.key LEFT JOIN sqlite_schema s ON s.name = l.name \
    ORDER BY l.seq, x.seqno";
const FOREIGN_KEYS: &str = "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?1) \
    GROUP BY id HAVING count(*) = 1 ORDER BY id";
const TRIGGERS: &str =
    "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE ORDER BY name";
const REFERENCING: &str = "SELECT DISTINCT s.name FROM sqlite_schema s JOIN pragma_foreign_key_list(s.name) k \
    WHERE s.type = 'table' AND k.\"table\" = ?1 COLLATE NOCASE ORDER BY s.name";

/// Over an open connection.
pub(super) struct SqliteCatalogue<'a>(pub(super) &'a mut SqliteConnection);

impl Catalogue for SqliteCatalogue<'_> {
    /// An UPDATE reaches one table, and there is no data-modifying WITH.
    const ONE_STATEMENT_WRITES_TWO_TABLES: bool = false;

    async fn table(&mut self, name: &TableName) -> sqlx::Result<Option<Table>> {
        if name.schema.is_some() {
            return Ok(None);
        }
        let Some(row) = sqlx::query(TABLE).bind(&name.name).fetch_optional(&mut *self.0).await? else {
            return Ok(None);
        };
        let (table, is_view): (String, bool) = (row.try_get(0)?, row.try_get(1)?);
        let rows = sqlx::query(COLUMNS).bind(&table).fetch_all(&mut *self.0).await?;
        let mut columns = rows.iter().map(column).collect::<sqlx::Result<Vec<_>>>()?;
        let mut indexes = self.indexes(&table, &mut columns).await?;
        indexes.extend(rowid(&rows)?);
        let triggers = sqlx::query(TRIGGERS).bind(&table).fetch_all(&mut *self.0).await?;
        Ok(Some(Table {
            columns,
            indexes,
            foreign_keys: self.foreign_keys(&table).await?,
            triggers: triggers.iter().map(|row| row.try_get(0)).collect::<sqlx::Result<_>>()?,
            table: ShopTable { schema: None, name: table },
            is_view,
            rules: Vec::new(),
            has_row_security: false,
            checks: Vec::new(),
        }))
    }

    async fn tables_referencing(&mut self, table: &ShopTable) -> sqlx::Result<Vec<TableName>> {
        let rows = sqlx::query(REFERENCING).bind(&table.name).fetch_all(&mut *self.0).await?;
        rows.iter().map(|row| Ok(TableName { schema: None, name: row.try_get(0)? })).collect()
    }

    async fn schemas_with(&mut self, _: &str) -> sqlx::Result<Vec<String>> {
        Ok(Vec::new())
    }
}

impl SqliteCatalogue<'_> {
    /// The indexes; notes of the columns whether their index ignores case, which is the columns' own collation.
    async fn indexes(&mut self, table: &str, columns: &mut [Column]) -> sqlx::Result<Vec<Index>> {
        let rows = sqlx::query(INDEXES).bind(table).fetch_all(&mut *self.0).await?;
        let mut indexes: Vec<Index> = Vec::new();
        for row in &rows {
            let (name, column, collation): (String, Option<String>, String) =
                (row.try_get(0)?, row.try_get(4)?, row.try_get(5)?);
            if let Some(column) = columns.iter_mut().find(|known| Some(&known.name) == column.as_ref()) {
                column.ignores_case |= collation == "NOCASE";
            }
            match indexes.last_mut().filter(|index| index.name == name) {
                Some(index) => index.columns.push(column),
                None => indexes.push(Index {
                    name,
                    columns: vec![column],
                    definition: row.try_get(6)?,
                    is_unique: row.try_get(1)?,
                    is_primary: row.try_get(2)?,
                    is_partial: row.try_get(3)?,
                }),
            }
        }
        Ok(indexes)
    }

    async fn foreign_keys(&mut self, table: &str) -> sqlx::Result<Vec<ForeignKey>> {
        let rows = sqlx::query(FOREIGN_KEYS).bind(table).fetch_all(&mut *self.0).await?;
        let key = |row: &SqliteRow| {
            let table = TableName { schema: None, name: row.try_get(1)? };
            Ok(ForeignKey { column: row.try_get(0)?, table, references: row.try_get(2)? })
        };
        rows.iter().map(key).collect()
    }
}

fn column(row: &SqliteRow) -> sqlx::Result<Column> {
    let declared_type: String = row.try_get(1)?;
    let (column_type, max_chars) = declared(&declared_type);
    Ok(Column {
        name: row.try_get(0)?,
        column_type,
        max_chars,
        declared_type,
        is_nullable: !row.try_get::<bool, _>(2)? && row.try_get::<i64, _>(3)? == 0,
        is_generated: row.try_get::<i64, _>(4)? > 1,
        ignores_case: false,
    })
}

/// `INTEGER PRIMARY KEY` is the table's own key and has no index.
fn rowid(columns: &[SqliteRow]) -> sqlx::Result<Option<Index>> {
    let keys: Vec<&SqliteRow> = columns.iter().filter(|row| row.try_get(3).unwrap_or(0) > 0).collect();
    let [key] = &keys[..] else { return Ok(None) };
    let (column, declared_type): (String, String) = (key.try_get(0)?, key.try_get(1)?);
    Ok(declared_type.eq_ignore_ascii_case("integer").then(|| Index {
        name: "primary key".to_owned(),
        columns: vec![Some(column)],
        definition: None,
        is_unique: true,
        is_primary: true,
        is_partial: false,
    }))
}

/// What Django's types are called on SQLite.
fn declared(text: &str) -> (ColumnType, Option<usize>) {
    let text = text.to_ascii_lowercase();
    let (name, argument) = text.split_once('(').unwrap_or((&text, ""));
    let column_type = match name.trim() {
        "varchar" | "text" | "nvarchar" | "character varying" => ColumnType::Text,
        "bool" | "boolean" => ColumnType::Boolean,
        "datetime" | "timestamp" => ColumnType::TimestampWithTimeZone,
        "date" => ColumnType::Date,
        name if ["tinyint", "smallint", "int", "bigint"].iter().any(|integer| name.starts_with(integer)) => {
            ColumnType::Integer
        }
        _ => ColumnType::Other,
    };
    let max_chars = argument.trim_end().strip_suffix(')').and_then(|argument| argument.trim().parse().ok());
    (column_type, max_chars.filter(|_| column_type == ColumnType::Text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_types_as_django_declares_them() {
        for (text, expected) in [
            ("varchar(150)", (ColumnType::Text, Some(150))),
            ("VARCHAR( 20 )", (ColumnType::Text, Some(20))),
            ("text", (ColumnType::Text, None)),
            ("bool", (ColumnType::Boolean, None)),
            ("datetime", (ColumnType::TimestampWithTimeZone, None)),
            ("date", (ColumnType::Date, None)),
            ("integer", (ColumnType::Integer, None)),
            ("bigint", (ColumnType::Integer, None)),
            ("integer unsigned", (ColumnType::Integer, None)),
            ("char(32)", (ColumnType::Other, None)),
            ("", (ColumnType::Other, None)),
        ] {
            assert_eq!(declared(text), expected, "{text}");
        }
    }
}
