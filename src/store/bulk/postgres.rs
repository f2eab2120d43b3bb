//! PostgreSQL: `COPY .. FROM STDIN` in its text format, inside a transaction.

use std::fmt::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use entity::{
    api_token,
    customer::{self, Gender},
};
use sea_orm::{
    DatabaseConnection, DbErr,
    sqlx::{self, Postgres},
};

use super::{RowToInsert, Table, failed};

/// Bytes that are sent at once.
const CHUNK_BYTES: usize = 64 * 1024;

type Transaction = sqlx::Transaction<'static, Postgres>;

pub(super) async fn begin(db: &DatabaseConnection) -> Result<Transaction, DbErr> {
    db.get_postgres_connection_pool().begin().await.map_err(failed)
}

/// The sequences are those that PostgreSQL creates for identity columns. `last_value` may be ahead of every row (an id
/// is assigned before its row is stored), so it is only ever raised.
pub(super) async fn reserve_ids(
    transaction: &mut Transaction,
    table: Table,
    above: i64,
    count: usize,
) -> Result<Vec<i64>, DbErr> {
    let (raise, next) = match table {
        Table::Customer => (
            "SELECT setval('customer_id_seq', $1) FROM customer_id_seq WHERE last_value <= $1",
            "SELECT nextval('customer_id_seq') FROM generate_series(1, $1)",
        ),
        Table::ApiToken => (
            "SELECT setval('api_token_id_seq', $1) FROM api_token_id_seq WHERE last_value <= $1",
            "SELECT nextval('api_token_id_seq') FROM generate_series(1, $1)",
        ),
    };
    if above > 0 {
        sqlx::query(raise).bind(above).execute(&mut **transaction).await.map_err(failed)?;
    }
    if count == 0 {
        return Ok(Vec::new());
    }
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    sqlx::query_scalar(next).bind(count).fetch_all(&mut **transaction).await.map_err(failed)
}

pub(super) async fn insert_customers(
    transaction: &mut Transaction,
    rows: impl Iterator<Item = RowToInsert<customer::Model>>,
) -> Result<(), DbErr> {
    let statement = "COPY customer (id, username, canonical_username, mobile_number, email, avatar, first_name, last_name, \
                     gender, is_active, version, created_at, updated_at) FROM STDIN";
    copy(transaction, statement, rows, Lines::customer).await
}

pub(super) async fn insert_tokens(
    transaction: &mut Transaction,
    rows: impl Iterator<Item = RowToInsert<api_token::Model>>,
) -> Result<(), DbErr> {
    let statement = "COPY api_token (id, digest, customer_id, name, created_at, expires_at, revoked_at, \
                     last_used_at) FROM STDIN";
    copy(transaction, statement, rows, Lines::token).await
}

/// Sends the rows in chunks: while PostgreSQL takes one, this task writes the next.
async fn copy<M>(
    transaction: &mut Transaction,
    statement: &str,
    rows: impl Iterator<Item = RowToInsert<M>>,
    write: impl Fn(&mut Lines, &M),
) -> Result<(), DbErr> {
    let mut copy = transaction.copy_in_raw(statement).await.map_err(failed)?;
    let mut lines = Lines::default();
    for row in rows {
        write(&mut lines, &row?);
        if lines.0.len() >= CHUNK_BYTES {
            copy.send(lines.0.as_bytes()).await.map_err(failed)?;
            lines.0.clear();
        }
    }
    copy.send(lines.0.as_bytes()).await.map_err(failed)?;
    copy.finish().await.map_err(failed)?;
    Ok(())
}

/// COPY's text format: <https://www.postgresql.org/docs/current/sql-copy.html>, "Text Format".
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn customer(&mut self, row: &customer::Model) {
        let customer::Model {
            id,
            username,
            canonical_username,
            mobile_number,
            email,
            avatar,
            first_name,
            last_name,
            gender,
            is_active,
            version,
            created_at,
            updated_at,
        } = row;
        self.plain(id)
            .text(username)
            .text(canonical_username)
            .nullable(mobile_number.as_deref())
            .nullable(email.as_deref())
            .nullable(avatar.as_deref())
            .text(first_name)
            .text(last_name)
            .nullable(gender.map(Gender::as_str))
            .plain(is_active)
            .plain(version)
            .date(Some(created_at))
            .date(Some(updated_at))
            .end();
    }

    fn token(&mut self, row: &api_token::Model) {
        let api_token::Model { id, digest, customer_id, name, created_at, expires_at, revoked_at, last_used_at } = row;
        self.plain(id)
            .bytes(digest)
            .plain(customer_id)
            .text(name)
            .date(Some(created_at))
            .date(expires_at.as_ref())
            .date(revoked_at.as_ref())
            .date(last_used_at.as_ref())
            .end();
    }

    /// A value whose text needs no escapes.
    fn plain(&mut self, value: impl std::fmt::Display) -> &mut Self {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{value}\t");
        self
    }

    fn text(&mut self, value: &str) -> &mut Self {
        for c in value.chars() {
            match c {
                '\\' => self.0.push_str("\\\\"),
                '\t' => self.0.push_str("\\t"),
                '\n' => self.0.push_str("\\n"),
                '\r' => self.0.push_str("\\r"),
                c => self.0.push(c),
            }
        }
        self.0.push('\t');
        self
    }

    fn nullable(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(value),
            None => self.plain("\\N"),
        }
    }

    fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.0.push_str("\\\\x");
        for byte in value {
            let _ = write!(self.0, "{byte:02x}");
        }
        self.0.push('\t');
        self
    }

    fn date(&mut self, value: Option<&DateTime<Utc>>) -> &mut Self {
        match value {
            Some(date) => self.plain(date.to_rfc3339_opts(SecondsFormat::Micros, true)),
            None => self.plain("\\N"),
        }
    }

    /// Turns the last separator into the end of the line.
    fn end(&mut self) {
        self.0.pop();
        self.0.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_separators() {
        let mut lines = Lines::default();
        lines.plain(7).text("a\\b\tc\nd\r\\N").nullable(None).bytes(&[0, 255]).text("").end();
        assert_eq!(lines.0, "7\ta\\\\b\\tc\\nd\\r\\\\N\t\\N\t\\\\x00ff\t\n");
    }
}
