//! The statements that read a Django shop's customers.

use super::{ColumnType, ShopColumn, catalogue::Table, inspection::Inspection};

/// The column of Django's user models with the date of the registration.
const DATE_JOINED: &str = "date_joined";

/// The texts, for one shop.
pub(super) struct Statements {
    /// The customers after an id.
    pub(super) customers: String,
    pub(super) by_id: String,
    pub(super) by_username: String,
    /// The tokens of the users between two ids.
    pub(super) tokens: String,
    pub(super) count: String,
}

impl Statements {
    pub(super) fn new(inspection: &Inspection, is_postgres: bool, with_dates: bool) -> Option<Self> {
        let (users, tokens) = (inspection.users.as_ref()?, inspection.tokens.as_ref()?);
        let id = inspection.user_id.as_ref()?.quoted();
        let (key, owner) = (inspection.token_key.as_ref()?.quoted(), inspection.token_user_id.as_ref()?.quoted());
        let username = place(inspection.columns[0].as_ref()?);
        let dialect = Dialect { is_postgres };
        let mut select = vec![dialect.integer(&format!("u.{id}"))];
        let [fields @ .., is_active] = &inspection.columns;
        select.push(is_active.as_ref().map_or("true".to_owned(), |column| dialect.boolean(&place(column))));
        select.extend(fields.iter().map(|column| dialect.text(column.as_ref())));
        let joined = users.column(DATE_JOINED).filter(|column| with_dates && is_moment(column.column_type));
        select.push(dialect.moment(joined.map(|column| (format!("u.\"{DATE_JOINED}\""), column.column_type))));
        let touched = inspection.touch.first().filter(|_| with_dates).map(|column| (place(column), column.column_type));
        select.push(dialect.moment(touched));
        let (table, join) = (users.table.quoted(), join(inspection));
        let from = format!("SELECT {} FROM {table} u{join} WHERE", select.join(", "));
        let (owner_id, token) = (dialect.integer(&owner), dialect.as_text(&key));
        let of_tokens = tokens.table.quoted();
        Some(Self {
            customers: format!("{from} u.{id} > $1 ORDER BY u.{id} LIMIT $2"),
            by_id: format!("{from} u.{id} = $1"),
            by_username: format!("{from} {username} = $1"),
            tokens: format!(
                "SELECT {owner_id}, {token} FROM {of_tokens} WHERE {owner} > $1 AND {owner} <= $2 ORDER BY {owner}, {key}"
            ),
            // Of a column, for a role may have no right to the table as a whole.
            count: format!("SELECT count({id}) FROM {table}"),
        })
    }
}

/// A user without a row in the profile's table is a customer all the same.
fn join(inspection: &Inspection) -> String {
    let joined = inspection.profile_table().zip(inspection.profile_user_id()).zip(inspection.user_id.as_ref());
    let on = |((table, user_id), id): ((&Table, ShopColumn), &ShopColumn)| {
        format!(" LEFT JOIN {} p ON p.{} = u.{}", table.table.quoted(), user_id.quoted(), id.quoted())
    };
    joined.map(on).unwrap_or_default()
}

fn place(column: &ShopColumn) -> String {
    format!("{}.{}", if column.in_profile_table { "p" } else { "u" }, column.quoted())
}

fn is_moment(kind: ColumnType) -> bool {
    matches!(kind, ColumnType::TimestampWithTimeZone | ColumnType::Timestamp)
}

/// How a database casts what it selects.
struct Dialect {
    is_postgres: bool,
}

impl Dialect {
    fn cast(&self, expression: &str, postgres: &str, sqlite: &str) -> String {
        format!("CAST({expression} AS {})", if self.is_postgres { postgres } else { sqlite })
    }

    fn as_text(&self, expression: &str) -> String {
        self.cast(expression, "text", "TEXT")
    }

    fn integer(&self, expression: &str) -> String {
        self.cast(expression, "bigint", "INTEGER")
    }

    fn boolean(&self, expression: &str) -> String {
        // A profile's row may be missing.
        format!("coalesce({expression}, true)")
    }

    fn text(&self, column: Option<&ShopColumn>) -> String {
        self.as_text(&column.map_or("NULL".to_owned(), place))
    }

    /// As text in UTC.
    fn moment(&self, column: Option<(String, ColumnType)>) -> String {
        match column.filter(|(_, kind)| is_moment(*kind)) {
            Some((column, ColumnType::TimestampWithTimeZone)) if self.is_postgres => {
                self.as_text(&format!("{column} AT TIME ZONE 'UTC'"))
            }
            Some((column, _)) => self.as_text(&column),
            None => self.as_text("NULL"),
        }
    }
}
