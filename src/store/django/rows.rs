//! Every customer of a Django shop with their tokens, page by page, all as of one moment.

use chrono::{DateTime, NaiveDateTime, Utc};
use sea_orm::sqlx::{self, AssertSqlSafe, Row};

use super::{
    DatabaseFailed, DjangoOptions, Finding, InspectError, ShopField, connection::ShopConnection,
    row_statements::Statements,
};
use crate::store::DatabaseUrl;

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
/// Which customer of a Django shop.
#[derive(Clone, Copy, Debug)]
pub enum ShopKey<'a> {
    /// By the user's id.
    Id(i64),
    /// By the username, as the shop's database compares it.
    Username(&'a str),
}

/// Reads a Django shop in one read-only transaction.
pub struct ShopReader {
    connection: ShopConnection,
    sql: Statements,
    fields: [bool; ShopField::ALL.len()],
    after: i64,
}

impl ShopReader {
    /// Connects and finds the tables, in the transaction. Columns other than the username's may be missing. Without
    /// `with_dates` no column is read that a role of `django grants` cannot read.
    ///
    /// # Errors
    /// The database cannot be opened or read, or the tables or the usernames are not found.
    pub async fn open(url: &DatabaseUrl, options: &DjangoOptions, with_dates: bool) -> Result<Self, InspectError> {
        let mut connection = ShopConnection::open(url).await?;
        let mut inspection = connection.inspect(options).await.map_err(DatabaseFailed::from)?;
        let is_postgres = matches!(connection, ShopConnection::Postgres(_));
        let findings = std::mem::take(&mut inspection.findings);
        let missing: Vec<_> = findings.into_iter().filter(prevents_reading).collect();
        let Some(sql) = Statements::new(&inspection, is_postgres, with_dates).filter(|_| missing.is_empty()) else {
            connection.close().await;
            return Err(InspectError::Missing(missing));
        };
        let fields = std::array::from_fn(|at| inspection.columns[at].is_some());
        Ok(Self { connection, sql, fields, after: i64::MIN })
    }

    /// Which fields the shop has, in the order of [`ShopField::ALL`].
    pub fn fields(&self) -> [bool; ShopField::ALL.len()] {
        self.fields
    }

    /// How many customers there are.
    ///
    /// # Errors
    /// The database fails.
    pub async fn count(&mut self) -> Result<u64, DatabaseFailed> {
        let sql = AssertSqlSafe(self.sql.count.clone());
        let count: i64 = match &mut self.connection {
            ShopConnection::Sqlite(connection) => sqlx::query_scalar(sql).fetch_one(connection).await?,
            ShopConnection::Postgres(connection) => sqlx::query_scalar(sql).fetch_one(&mut **connection).await?,
        };
        Ok(count.cast_unsigned())
    }

    /// One customer, without their tokens.
    ///
    /// # Errors
    /// The database fails.
    pub async fn find(&mut self, key: ShopKey<'_>) -> Result<Option<ShopRow>, DatabaseFailed> {
        let Statements { by_id, by_username, .. } = &self.sql;
        let found = match (&mut self.connection, key) {
            (ShopConnection::Sqlite(connection), ShopKey::Id(id)) => {
                let query = sqlx::query(AssertSqlSafe(by_id.clone())).bind(id);
                query.fetch_optional(connection).await?.map(|row| decode!(row)).transpose()
            }
            (ShopConnection::Sqlite(connection), ShopKey::Username(username)) => {
                let query = sqlx::query(AssertSqlSafe(by_username.clone())).bind(username);
                query.fetch_optional(connection).await?.map(|row| decode!(row)).transpose()
            }
            (ShopConnection::Postgres(connection), ShopKey::Id(id)) => {
                let query = sqlx::query(AssertSqlSafe(by_id.clone())).bind(id);
                query.fetch_optional(&mut **connection).await?.map(|row| decode!(row)).transpose()
            }
            (ShopConnection::Postgres(connection), ShopKey::Username(username)) => {
                let query = sqlx::query(AssertSqlSafe(by_username.clone())).bind(username);
                query.fetch_optional(&mut **connection).await?.map(|row| decode!(row)).transpose()
            }
        };
        let found: sqlx::Result<_> = found;
        Ok(found?)
    }

    /// The next customers in the order of their ids, at most so many; none at the end.
    ///
    /// # Errors
    /// The database fails.
    pub async fn next_page(&mut self, max_rows: u64) -> Result<Vec<ShopRow>, DatabaseFailed> {
        let (after, limit) = (self.after, max_rows.cast_signed());
        let customers = AssertSqlSafe(self.sql.customers.clone());
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
        let tokens = AssertSqlSafe(self.sql.tokens.clone());
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
