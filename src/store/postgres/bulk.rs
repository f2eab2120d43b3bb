//! PostgreSQL: `COPY .. FROM STDIN` in its text format, inside a transaction.

use std::fmt::Write;

use chrono::SecondsFormat;
use sea_orm::{
    ActiveModelTrait, DatabaseConnection, DbErr, EntityTrait, RuntimeErr, Value,
    sqlx::{self, AssertSqlSafe, Executor, Postgres},
};

use super::sessions::{Sessions, Settings};
use crate::store::bulk::{BulkTransaction, RowToInsert, Table, column_names, values};

/// Bytes that are sent at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// A transaction of bulk inserts.
pub(in crate::store) struct Bulk(sqlx::Transaction<'static, Postgres>);

pub(super) async fn begin(db: &DatabaseConnection, sessions: &Sessions) -> Result<Bulk, DbErr> {
    let mut transaction = db.get_postgres_connection_pool().begin().await.map_err(failed)?;
    if let Settings::OfTransaction(settings) = sessions.of_others() {
        transaction.execute(AssertSqlSafe(settings)).await.map_err(failed)?;
    }
    Ok(Bulk(transaction))
}

impl BulkTransaction for Bulk {
    /// The sequences are those that PostgreSQL creates for identity columns. `last_value` may be ahead of every row (an
    /// id is assigned before its row is stored), so it is only ever raised.
    async fn reserve_ids(&mut self, table: Table, above: i64, count: usize) -> Result<Vec<i64>, DbErr> {
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
            sqlx::query(raise).bind(above).execute(&mut *self.0).await.map_err(failed)?;
        }
        if count == 0 {
            return Ok(Vec::new());
        }
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        sqlx::query_scalar(next).bind(count).fetch_all(&mut *self.0).await.map_err(failed)
    }

    /// Sends the rows in chunks: while PostgreSQL takes one, this task writes the next.
    async fn insert<E, A>(&mut self, rows: impl Iterator<Item = RowToInsert<E::Model>>) -> Result<(), DbErr>
    where
        E: EntityTrait,
        A: ActiveModelTrait<Entity = E> + From<E::Model>,
    {
        let columns = column_names::<E>();
        let table = E::default();
        let statement = format!("COPY {} ({columns}) FROM STDIN", table.table_name());
        let mut copy = self.0.copy_in_raw(&statement).await.map_err(failed)?;
        let mut lines = Lines::default();
        for row in rows {
            lines.row(values(A::from(row?)))?;
            if lines.0.len() >= CHUNK_BYTES {
                copy.send(lines.0.as_bytes()).await.map_err(failed)?;
                lines.0.clear();
            }
        }
        copy.send(lines.0.as_bytes()).await.map_err(failed)?;
        copy.finish().await.map_err(failed)?;
        Ok(())
    }

    async fn commit(self) -> Result<(), DbErr> {
        self.0.commit().await.map_err(failed)
    }
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

/// COPY's text format: <https://www.postgresql.org/docs/current/sql-copy.html>, "Text Format".
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn row(&mut self, values: impl Iterator<Item = Value>) -> Result<(), DbErr> {
        for value in values {
            self.value(value)?;
        }
        // The last separator becomes the end of the line.
        self.0.pop();
        self.0.push('\n');
        Ok(())
    }

    fn value(&mut self, value: Value) -> Result<(), DbErr> {
        match value {
            Value::BigInt(Some(number)) => self.plain(number),
            Value::Bool(Some(value)) => self.plain(value),
            Value::String(Some(text)) => self.text(&text),
            Value::Bytes(Some(bytes)) => self.bytes(&bytes),
            Value::ChronoDateTimeUtc(Some(date)) => self.plain(date.to_rfc3339_opts(SecondsFormat::Micros, true)),
            Value::BigInt(None) | Value::String(None) | Value::Bytes(None) | Value::ChronoDateTimeUtc(None) => {
                self.plain("\\N")
            }
            other => return Err(DbErr::Type(format!("COPY of {other:?}"))),
        };
        Ok(())
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

    fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.0.push_str("\\\\x");
        self.0.push_str(&hex::encode(value));
        self.0.push('\t');
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_separators() {
        let text = |text: &str| Value::from(text.to_owned());
        let values = [
            Value::from(7_i64),
            text("a\\b\tc\nd\r\\N"),
            Value::String(None),
            Value::from(vec![0_u8, 255]),
            Value::from(true),
            text(""),
        ];
        let mut lines = Lines::default();
        lines.row(values.into_iter()).unwrap();
        assert_eq!(lines.0, "7\ta\\\\b\\tc\\nd\\r\\\\N\t\\N\t\\\\x00ff\ttrue\t\n");
    }

    #[test]
    fn a_value_of_no_column_is_an_error() {
        assert!(Lines::default().row([Value::from(1.5_f64)].into_iter()).is_err());
    }
}
