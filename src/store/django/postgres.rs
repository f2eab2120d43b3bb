//! PostgreSQL's catalogue: `pg_catalog`, which every role may read. (`information_schema` hides what a role has no right
//! to.)

use sea_orm::sqlx::{self, PgConnection, Row, postgres::PgRow};

use super::{
    ColumnType, ShopTable, TableName,
    catalogue::{Catalogue, Check, Column, ForeignKey, Index, Table},
};

const TABLE: &str = "SELECT c.oid::bigint, n.nspname::text, c.relkind IN ('v', 'm', 'f'), c.relrowsecurity \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
      AND CASE WHEN $2::text IS NULL THEN n.nspname = ANY(current_schemas(false)) ELSE n.nspname = $2 END \
    ORDER BY array_position(current_schemas(false), n.nspname) LIMIT 1";
/// A domain counts as the type that it restricts.
const COLUMNS: &str = "SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), \
      coalesce(b.typname, t.typname)::text, CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END, \
      a.attnotnull OR t.typnotnull, a.attgenerated <> '', coalesce(NOT l.collisdeterministic, false) \
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
    LEFT JOIN pg_catalog.pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype \
    LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation \
    WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";
const INDEXES: &str = "SELECT c.relname::text, i.indisunique, i.indisprimary, i.indpred IS NOT NULL, \
      ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (number, place) \
            LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number \
            WHERE k.place <= i.indnkeyatts ORDER BY k.place), \
      pg_catalog.pg_get_expr(i.indexprs, i.indrelid) \
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
    WHERE i.indrelid = $1::oid AND i.indisvalid ORDER BY c.relname";
const FOREIGN_KEYS: &str = "SELECT f.attname::text, n.nspname::text, c.relname::text, t.attname::text \
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.confrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_catalog.pg_attribute f ON f.attrelid = k.conrelid AND f.attnum = k.conkey[1] \
    JOIN pg_catalog.pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = k.confkey[1] \
    WHERE k.conrelid = $1::oid AND k.contype = 'f' AND cardinality(k.conkey) = 1 ORDER BY k.conname";
const TRIGGERS: &str = "SELECT tgname::text FROM pg_catalog.pg_trigger \
    WHERE tgrelid = $1::oid AND NOT tgisinternal AND tgenabled <> 'D' ORDER BY tgname";
const RULES: &str = "SELECT rulename::text FROM pg_catalog.pg_rewrite \
    WHERE ev_class = $1::oid AND rulename <> '_RETURN' ORDER BY rulename";
const CHECKS: &str = "SELECT conname::text, ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a \
      WHERE a.attrelid = conrelid AND a.attnum = ANY(conkey) ORDER BY a.attnum) \
    FROM pg_catalog.pg_constraint WHERE conrelid = $1::oid AND contype = 'c' ORDER BY conname";
const REFERENCING: &str = "SELECT DISTINCT n.nspname::text, c.relname::text FROM pg_catalog.pg_constraint k \
    JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_catalog.pg_class r ON r.oid = k.confrelid JOIN pg_catalog.pg_namespace s ON s.oid = r.relnamespace \
    WHERE s.nspname = $1 AND r.relname = $2 AND k.contype = 'f' AND cardinality(k.conkey) = 1 ORDER BY 1, 2";
const SCHEMAS: &str = "SELECT n.nspname::text FROM pg_catalog.pg_class c \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relname = $1 AND c.relkind IN ('r', 'p') ORDER BY n.nspname";

/// A varchar's modifier is its limit and the size of a length.
const VARCHAR_MODIFIER_OFFSET: i32 = 4;

/// Over an open connection.
pub(super) struct PostgresCatalogue<'a>(pub(super) &'a mut PgConnection);

impl Catalogue for PostgresCatalogue<'_> {
    const ONE_STATEMENT_WRITES_TWO_TABLES: bool = true;

    async fn table(&mut self, name: &TableName) -> sqlx::Result<Option<Table>> {
        let found = sqlx::query(TABLE).bind(&name.name).bind(&name.schema).fetch_optional(&mut *self.0).await?;
        let Some(found) = found else { return Ok(None) };
        let id: i64 = found.try_get(0)?;
        Ok(Some(Table {
            table: ShopTable { schema: found.try_get(1)?, name: name.name.clone() },
            is_view: found.try_get(2)?,
            has_row_security: found.try_get(3)?,
            columns: self.list(COLUMNS, id, column).await?,
            indexes: self.list(INDEXES, id, index).await?,
            foreign_keys: self.list(FOREIGN_KEYS, id, foreign_key).await?,
            triggers: self.list(TRIGGERS, id, |row| row.try_get(0)).await?,
            rules: self.list(RULES, id, |row| row.try_get(0)).await?,
            checks: self.list(CHECKS, id, |row| Ok(Check { name: row.try_get(0)?, columns: row.try_get(1)? })).await?,
        }))
    }

    async fn tables_referencing(&mut self, table: &ShopTable) -> sqlx::Result<Vec<TableName>> {
        let rows = sqlx::query(REFERENCING).bind(&table.schema).bind(&table.name).fetch_all(&mut *self.0).await?;
        rows.iter().map(|row| Ok(TableName { schema: Some(row.try_get(0)?), name: row.try_get(1)? })).collect()
    }

    async fn schemas_with(&mut self, table: &str) -> sqlx::Result<Vec<String>> {
        let rows = sqlx::query(SCHEMAS).bind(table).fetch_all(&mut *self.0).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }
}

impl PostgresCatalogue<'_> {
    /// What a statement says about the table with this object id.
    async fn list<T>(
        &mut self,
        statement: &'static str,
        id: i64,
        decode: impl Fn(&PgRow) -> sqlx::Result<T>,
    ) -> sqlx::Result<Vec<T>> {
        let rows = sqlx::query(statement).bind(id).fetch_all(&mut *self.0).await?;
        rows.iter().map(decode).collect()
    }
}

fn column(row: &PgRow) -> sqlx::Result<Column> {
    let (base_type, modifier): (String, i32) = (row.try_get(2)?, row.try_get(3)?);
    let column_type = match base_type.as_str() {
        "varchar" | "text" | "citext" => ColumnType::Text,
        "int2" | "int4" | "int8" => ColumnType::Integer,
        "bool" => ColumnType::Boolean,
        "timestamptz" => ColumnType::TimestampWithTimeZone,
        "timestamp" => ColumnType::Timestamp,
        "date" => ColumnType::Date,
        _ => ColumnType::Other,
    };
    let max_chars = usize::try_from(modifier - VARCHAR_MODIFIER_OFFSET).ok().filter(|_| base_type == "varchar");
    Ok(Column {
        name: row.try_get(0)?,
        declared_type: row.try_get(1)?,
        column_type,
        max_chars,
        is_nullable: !row.try_get::<bool, _>(4)?,
        is_generated: row.try_get(5)?,
        ignores_case: row.try_get::<bool, _>(6)? || base_type == "citext",
    })
}

fn index(row: &PgRow) -> sqlx::Result<Index> {
    Ok(Index {
        name: row.try_get(0)?,
        is_unique: row.try_get(1)?,
        is_primary: row.try_get(2)?,
        is_partial: row.try_get(3)?,
        columns: row.try_get(4)?,
        definition: row.try_get(5)?,
    })
}

fn foreign_key(row: &PgRow) -> sqlx::Result<ForeignKey> {
    let table = TableName { schema: Some(row.try_get(1)?), name: row.try_get(2)? };
    Ok(ForeignKey { column: row.try_get(0)?, table, references: Some(row.try_get(3)?) })
}
