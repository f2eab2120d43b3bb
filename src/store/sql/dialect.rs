//! What the tables and columns of a Django shop are called in a statement, in the words of each database.

use crate::store::{
    django::{ColumnType, ProfileTable, ShopColumn, ShopTable},
    layout::{Dialect, DjangoLayout},
};

/// The tables, and their columns with what tells them apart.
impl DjangoLayout {
    pub(super) fn tokens(&self) -> String {
        self.dialect.table(&self.shop.token_table, "t")
    }

    pub(super) fn users(&self) -> String {
        self.dialect.table(&self.shop.user_table, "u")
    }

    pub(super) fn profiles(&self, table: &ProfileTable) -> String {
        self.dialect.table(&table.table, "p")
    }

    pub(super) fn token_key(&self) -> String {
        self.dialect.column(&self.shop.token_table, "t", &self.shop.token_key)
    }

    pub(super) fn token_user_id(&self) -> String {
        self.dialect.column(&self.shop.token_table, "t", &self.shop.token_user_id)
    }

    pub(super) fn user_id(&self) -> String {
        self.qualified(&self.shop.user_id)
    }

    /// A column of the user table or of the one-to-one table.
    pub(super) fn qualified(&self, column: &ShopColumn) -> String {
        let alias = if column.in_profile_table { "p" } else { "u" };
        self.dialect.column(self.shop.table_of(column), alias, column)
    }
}

impl Dialect {
    /// A table among those that a statement is about.
    fn table(self, table: &ShopTable, alias: &str) -> String {
        match self {
            Self::Postgres => format!("{} AS {alias}", table.quoted()),
            Self::Sqlite => table.quoted(),
        }
    }

    /// A column of one of those tables.
    fn column(self, table: &ShopTable, alias: &str, column: &ShopColumn) -> String {
        match self {
            Self::Postgres => format!("{alias}.{}", column.quoted()),
            Self::Sqlite => format!("{}.{}", table.quoted(), column.quoted()),
        }
    }

    /// A column's value as text: so a prepared statement outlives a change of the column's type.
    pub(super) fn text(self, column: &str) -> String {
        match self {
            Self::Postgres => format!("{column}::text"),
            Self::Sqlite => column.to_owned(),
        }
    }

    /// A column's value as a 64-bit integer: the ids of `auth_user` have 32.
    pub(super) fn integer(self, column: &str) -> String {
        match self {
            Self::Postgres => format!("{column}::bigint"),
            Self::Sqlite => column.to_owned(),
        }
    }

    /// A column's value for a comparison of characters, whatever its collation takes for equal.
    pub(super) fn compared(self, column: &str) -> String {
        match self {
            Self::Postgres => format!("{column}::text COLLATE \"C\""),
            Self::Sqlite => format!("{column} COLLATE BINARY"),
        }
    }

    /// The present, `$1`, as Django stores it in a column of this type. SQLite has texts in UTC.
    pub(super) fn present(self, column: &ShopColumn) -> &'static str {
        match (self, column.column_type) {
            (Self::Postgres, _) => "$1",
            (Self::Sqlite, ColumnType::Date) => "substr($1, 1, 10)",
            (Self::Sqlite, _) => "replace(replace($1, 'T', ' '), '+00:00', '')",
        }
    }
}
