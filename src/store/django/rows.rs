//! Every customer of a Django shop with their tokens, page by page, all as of one moment.

use chrono::{DateTime, NaiveDateTime, Utc};
use sea_orm::sqlx::{self, AssertSqlSafe, Row};

use super::{
    ColumnType, DatabaseFailed, DjangoOptions, Finding, InspectError, ShopColumn, ShopField, catalogue::Table,
    connection::ShopConnection, inspection::Inspection,
};
use crate::store::DatabaseUrl;

/// The column of Django's user models with the date of the registration.
const DATE_JOINED: &str = "date_joined";

/// A customer as a Django shop stores them.
#[derive(Clone, Debug)]
pub struct ShopRow {
    /// The user's id.
    pub id: i64,
    /// In the order of [`ShopField::ALL`], without `is_active`; `None` for NULL, and where the shop has no such column.
    pub values: [Option<String>; 7],
    /// Whether the customer may sign in.
    pub is_active: bool,
    /// When the customer registered, where the shop stores that.
    pub created_at: Option<DateTime<Utc>>,
    /// When the profile changed, where the operator named such a column.
    pub updated_at: Option<DateTime<Utc>>,
    /// The customer's tokens in clear text.
    pub tokens: Vec<String>,
}

/// Decodes a customer out of a row of either database.
macro_rules! decode {
    ($row:expr) => {{
        let row = $row;
        let mut values = [const { None }; 7];
        for (at, value) in values.iter_mut().enumerate() {
            *value = row.try_get(at + 2)?;
        }
        Ok(ShopRow {
            id: row.try_get(0)?,
            values,
            is_active: row.try_get(1)?,
            created_at: row.try_get::<Option<String>, _>(9)?.as_deref().and_then(date),
            updated_at: row.try_get::<Option<String>, _>(10)?.as_deref().and_then(date),
            tokens: Vec::new(),
        })
    }};
}
/// Reads a Django shop in one read-only transaction.
pub struct ShopReader {
    connection: ShopConnection,
    customers: String,
    tokens: String,
    count: String,
    /// Which fields the shop has.
    pub fields: [bool; ShopField::ALL.len()],
    after: i64,
}

impl ShopReader {
    /// Connects, finds the tables and begins the transaction. Columns other than the username's may be missing.
    ///
    /// # Errors
    /// The database cannot be opened or read, or the tables or the usernames are not found.
    pub async fn open(url: &DatabaseUrl, options: &DjangoOptions) -> Result<Self, InspectError> {
        let mut connection = ShopConnection::open(url).await?;
        let mut inspection = connection.inspect(options).await.map_err(DatabaseFailed::from)?;
        let is_postgres = matches!(connection, ShopConnection::Postgres(_));
        let findings = std::mem::take(&mut inspection.findings);
        let missing: Vec<_> = findings.into_iter().filter(prevents_reading).collect();
        let Some(sql) = statements(&inspection, is_postgres).filter(|_| missing.is_empty()) else {
            connection.close().await;
            return Err(InspectError::Missing(missing));
        };
        connection.begin_snapshot().await.map_err(DatabaseFailed::from)?;
        let [customers, tokens, count] = sql;
        let fields = std::array::from_fn(|at| inspection.columns[at].is_some());
        Ok(Self { connection, customers, tokens, count, fields, after: i64::MIN })
    }

    /// How many customers there are.
    ///
    /// # Errors
    /// The database fails.
    pub async fn count(&mut self) -> Result<u64, DatabaseFailed> {
        let sql = AssertSqlSafe(self.count.clone());
        let count: i64 = match &mut self.connection {
            ShopConnection::Sqlite(connection) => sqlx::query_scalar(sql).fetch_one(connection).await?,
            ShopConnection::Postgres(connection) => sqlx::query_scalar(sql).fetch_one(&mut **connection).await?,
        };
        Ok(count.cast_unsigned())
    }

    /// The next customers in the order of their ids, at most so many; none at the end.
    ///
    /// # Errors
    /// The database fails.
    pub async fn next_page(&mut self, max_rows: u64) -> Result<Vec<ShopRow>, DatabaseFailed> {
        let (after, limit) = (self.after, max_rows.cast_signed());
        let customers = AssertSqlSafe(self.customers.clone());
        let mut page = match &mut self.connection {
            ShopConnection::Sqlite(connection) => {
                let rows = sqlx::query(customers).bind(after).bind(limit).fetch_all(&mut *connection).await?;
                rows.iter().map(|row| decode!(row)).collect::<sqlx::Result<Vec<_>>>()?
            }
            ShopConnection::Postgres(connection) => {
                let rows = sqlx::query(customers).bind(after).bind(limit).fetch_all(&mut **connection).await?;
                rows.iter().map(|row| decode!(row)).collect::<sqlx::Result<Vec<_>>>()?
            }
        };
        if let Some(last) = page.last().map(|row| row.id) {
            let tokens = self.tokens_of(after, last).await?;
            self.after = last;
            let mut tokens = tokens.into_iter().peekable();
            for row in &mut page {
                // A token of a user that is not there has been passed by.
                while tokens.peek().is_some_and(|(owner, _)| *owner <= row.id) {
                    row.tokens.extend(tokens.next().filter(|(owner, _)| *owner == row.id).map(|(_, token)| token));
                }
            }
        }
        Ok(page)
    }

    async fn tokens_of(&mut self, after: i64, last: i64) -> sqlx::Result<Vec<(i64, String)>> {
        let tokens = AssertSqlSafe(self.tokens.clone());
        match &mut self.connection {
            ShopConnection::Sqlite(connection) => {
                sqlx::query_as(tokens).bind(after).bind(last).fetch_all(connection).await
            }
            ShopConnection::Postgres(connection) => {
                sqlx::query_as(tokens).bind(after).bind(last).fetch_all(&mut **connection).await
            }
        }
    }

    /// Ends the transaction.
    pub async fn close(self) {
        self.connection.close().await;
    }
}

/// Whether customers cannot be read for this. A shop that is read, and never written, needs less.
fn prevents_reading(finding: &Finding) -> bool {
    match finding {
        Finding::NoColumn { field, .. } => *field == ShopField::ALL[0],
        Finding::View(_)
        | Finding::Generated { .. }
        | Finding::NotUnique { .. }
        | Finding::ProfileTableOnSqlite(_)
        | Finding::ActiveElsewhere(_) => false,
        _ => true,
    }
}

/// The customers after an id, the tokens of the users between two ids, and the number of customers.
fn statements(inspection: &Inspection, is_postgres: bool) -> Option<[String; 3]> {
    let (users, tokens) = (inspection.users.as_ref()?, inspection.tokens.as_ref()?);
    let id = inspection.user_id.as_ref()?.quoted();
    let (key, owner) = (inspection.token_key.as_ref()?.quoted(), inspection.token_user_id.as_ref()?.quoted());
    let dialect = Dialect { is_postgres };
    let mut select = vec![dialect.integer(&format!("u.{id}"))];
    let [fields @ .., is_active] = &inspection.columns;
    select.push(is_active.as_ref().map_or("true".to_owned(), |column| dialect.boolean(&place(column))));
    select.extend(fields.iter().map(|column| dialect.text(column.as_ref())));
    let joined = users.column(DATE_JOINED).filter(|column| is_moment(column.column_type));
    select.push(dialect.moment(joined.map(|column| (format!("u.\"{DATE_JOINED}\""), column.column_type))));
    let touched = inspection.touch.first().map(|column| (place(column), column.column_type));
    select.push(dialect.moment(touched));
    let (table, from) = (users.table.quoted(), join(inspection));
    let customers =
        format!("SELECT {} FROM {table} u{from} WHERE u.{id} > $1 ORDER BY u.{id} LIMIT $2", select.join(", "));
    let (owner_id, token) = (dialect.integer(&owner), dialect.as_text(&key));
    let tokens = format!(
        "SELECT {owner_id}, {token} FROM {} WHERE {owner} > $1 AND {owner} <= $2 ORDER BY {owner}, {key}",
        tokens.table.quoted()
    );
    Some([customers, tokens, format!("SELECT count(*) FROM {table}")])
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

/// As both databases write it: `2026-11-25 05:00:00.123456`, in UTC.
fn date(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim_end_matches("+00:00").trim_end_matches("+00");
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok().map(|date| date.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates_as_both_databases_write_them() {
        let shown = |text| date(text).map(|date| date.to_rfc3339());
        assert_eq!(shown("2026-01-02 03:04:05.123456").as_deref(), Some("2026-01-02T03:04:05.123456+00:00"));
        assert_eq!(shown("2026-01-02 03:04:05").as_deref(), Some("2026-01-02T03:04:05+00:00"));
        assert_eq!(shown("yesterday"), None);
    }
}
