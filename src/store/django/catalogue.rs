//! What a database says about its tables, in words that both databases share.

use sea_orm::sqlx;

use super::{ColumnType, ShopColumn, ShopTable, TableName};

/// The catalogue of a database.
pub(super) trait Catalogue {
    /// Whether one statement can change two tables.
    const ONE_STATEMENT_WRITES_TWO_TABLES: bool;

    /// Describes a table; `None` when there is none of this name.
    async fn table(&mut self, name: &TableName) -> sqlx::Result<Option<Table>>;

    /// The tables with a foreign key of one column to this table.
    async fn tables_referencing(&mut self, table: &ShopTable) -> sqlx::Result<Vec<TableName>>;

    /// The schemas that have a table of this name, wherever the database looks for tables.
    async fn schemas_with(&mut self, table: &str) -> sqlx::Result<Vec<String>>;
}

/// A table, or what looks like one.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) table: ShopTable,
    pub(super) is_view: bool,
    pub(super) columns: Vec<Column>,
    pub(super) indexes: Vec<Index>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    pub(super) triggers: Vec<String>,
    /// PostgreSQL: rewrite rules.
    pub(super) rules: Vec<String>,
    /// PostgreSQL: whether row-level security is enabled.
    pub(super) has_row_security: bool,
    /// PostgreSQL: CHECK constraints.
    pub(super) checks: Vec<Check>,
}

#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) declared_type: String,
    pub(super) column_type: ColumnType,
    pub(super) max_chars: Option<usize>,
    pub(super) is_nullable: bool,
    pub(super) is_generated: bool,
    /// Whether the database compares its texts without regard to case.
    pub(super) ignores_case: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Index {
    pub(super) name: String,
    /// `None` for an expression.
    pub(super) columns: Vec<Option<String>>,
    /// The expressions of an index that has some, as SQL.
    pub(super) definition: Option<String>,
    pub(super) is_unique: bool,
    pub(super) is_primary: bool,
    pub(super) is_partial: bool,
}

#[derive(Clone, Debug)]
pub(super) struct ForeignKey {
    pub(super) column: String,
    pub(super) table: TableName,
    /// `None`: the primary key.
    pub(super) references: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
}

impl Column {
    /// The column as the shop's statements use it.
    pub(super) fn of_shop(&self, in_profile_table: bool) -> ShopColumn {
        ShopColumn {
            in_profile_table,
            name: self.name.clone(),
            column_type: self.column_type,
            declared_type: self.declared_type.clone(),
            max_chars: self.max_chars,
            nullable: self.is_nullable,
        }
    }
}

impl Table {
    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The name as the operator would write it.
    pub(super) fn name(&self) -> TableName {
        TableName { schema: self.table.schema.clone(), name: self.table.name.clone() }
    }

    /// The one column of the primary key.
    pub(super) fn primary_key(&self) -> Option<&str> {
        let primary = self.indexes.iter().find(|index| index.is_primary)?;
        match &primary.columns[..] {
            [Some(column)] => Some(column),
            _ => None,
        }
    }

    /// Whether no two rows can have the same value of this column.
    pub(super) fn is_unique(&self, column: &str) -> bool {
        self.indexes.iter().any(|index| index.is_of(column) && index.is_unique && !index.is_partial)
    }

    /// The unique indexes over an expression of this column alone, as `lower(username)`.
    pub(super) fn unique_expressions(&self, column: &str) -> impl Iterator<Item = &Index> {
        self.indexes.iter().filter(move |index| {
            let names_column = index.definition.as_ref().is_some_and(|definition| definition.contains(column));
            index.is_unique && !index.is_partial && names_column && matches!(&index.columns[..], [None])
        })
    }

    /// Whether a row can be found by this column without reading all of them.
    pub(super) fn has_index_for(&self, column: &str) -> bool {
        self.indexes.iter().any(|index| index.columns.first().is_some_and(|first| first.as_deref() == Some(column)))
    }

    /// The column whose foreign key references this table, and the column that it references.
    pub(super) fn reference_to(&self, other: &Table) -> Option<(&ForeignKey, String)> {
        self.foreign_keys.iter().find_map(|key| {
            let is_to_other = key.table == other.name();
            let references = key.references.clone().or_else(|| other.primary_key().map(str::to_owned));
            is_to_other.then_some((key, references?))
        })
    }
}

impl Index {
    /// Whether it is over this column alone.
    fn is_of(&self, column: &str) -> bool {
        matches!(&self.columns[..], [Some(name)] if name == column)
    }
}
