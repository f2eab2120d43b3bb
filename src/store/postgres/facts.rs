//! What PostgreSQL says about itself, about the database and about the role.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sqlx::{self, AssertSqlSafe, PgConnection, Row, postgres::PgRow};

use super::Postgres;
use crate::store::{DatabaseFacts, PostgresFacts, StoreError, grants::TableRights, layout::NativeLayout, now};

/// In text, without a prepared statement. `reset_val` is what the role has: the session has timeouts of the server.
const FACTS: &str = "\
SELECT current_setting('server_version') AS version, (extract(epoch FROM clock_timestamp()) * 1e6)::bigint AS clock,
    pg_is_in_recovery() AS is_standby, current_setting('default_transaction_read_only') = 'on' AS is_read_only,
    current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') = 'on' AS fsync,
    current_setting('full_page_writes') = 'on' AS full_page_writes, current_user::text AS role,
    has_function_privilege('pg_ls_waldir()', 'EXECUTE') AS may_see_wal,
    pg_size_bytes(current_setting('max_wal_size')) AS max_wal_bytes,
    least(
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
            - coalesce(current_setting('reserved_connections', true)::int, 0),
        (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
        (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
    ) AS usable_connections,
    coalesce((
        SELECT string_agg(name || ' = ' || reset_val, ',' ORDER BY name) FROM pg_settings WHERE reset_val <> '0' AND name IN
            ('statement_timeout', 'lock_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')
    ), '') AS timeouts";

/// The columns on which the role lacks a right that a server needs. `$rights` are rows of table, right and column.
const MISSING_RIGHTS: &str = "\
SELECT privilege || ' (' || string_agg(attname, ', ' ORDER BY attnum) || ') ON ' || name AS missing
FROM (VALUES $rights) rights (name, privilege, column_name)
JOIN pg_attribute ON attrelid = to_regclass(name) AND attname = column_name
WHERE NOT has_column_privilege(attrelid, attnum, privilege) GROUP BY name, privilege ORDER BY name, privilege";

impl Postgres {
    pub(in crate::store) async fn facts(&self) -> Result<DatabaseFacts, StoreError> {
        let mut connection = self.db.get_postgres_connection_pool().acquire().await?;
        let (begin, time) = (Instant::now(), now());
        let row = sqlx::raw_sql(FACTS).fetch_one(&mut *connection).await?;
        let half = TimeDelta::from_std(begin.elapsed()).unwrap_or_default() / 2;
        let wal_bytes = match row.try_get("may_see_wal")? {
            true => Some(wal_bytes(&mut connection).await?),
            false => None,
        };
        let missing_rights = missing_rights(&mut connection).await?;
        let facts = decode(&row, time + half, half, self.sessions.are_shared())?;
        Ok(DatabaseFacts::Postgres(Box::new(PostgresFacts { missing_rights, wal_bytes, ..facts })))
    }
}

/// What a table that does not exist lacks is not named.
async fn missing_rights(connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    let mut rows = Vec::new();
    for TableRights { table, select, update } in NativeLayout::of_entities().rights(None) {
        for (privilege, columns) in [("SELECT", select), ("UPDATE", update)] {
            rows.extend(columns.iter().map(|column| format!("('{}', '{privilege}', '{column}')", table.name)));
        }
    }
    let sql = MISSING_RIGHTS.replace("$rights", &rows.join(", "));
    let missing = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await?;
    missing.iter().map(|row| row.try_get("missing")).collect()
}

async fn wal_bytes(connection: &mut PgConnection) -> sqlx::Result<u64> {
    let row = sqlx::raw_sql("SELECT coalesce(sum(size), 0)::bigint FROM pg_ls_waldir()").fetch_one(connection).await?;
    row.try_get::<i64, _>(0).map(i64::cast_unsigned)
}

fn decode(row: &PgRow, asked_at: DateTime<Utc>, half: TimeDelta, shares_sessions: bool) -> sqlx::Result<PostgresFacts> {
    let timeouts: String = row.try_get("timeouts")?;
    let clock: i64 = row.try_get("clock")?;
    Ok(PostgresFacts {
        version: row.try_get("version")?,
        clock_ahead: TimeDelta::microseconds(clock - asked_at.timestamp_micros()),
        clock_error: half,
        shares_sessions,
        is_standby: row.try_get("is_standby")?,
        is_read_only: row.try_get("is_read_only")?,
        usable_connections: row.try_get("usable_connections")?,
        synchronous_commit: row.try_get("synchronous_commit")?,
        fsync: row.try_get("fsync")?,
        full_page_writes: row.try_get("full_page_writes")?,
        timeouts: timeouts.split(',').filter(|item| !item.is_empty()).map(str::to_owned).collect(),
        role: row.try_get("role")?,
        missing_rights: Vec::new(),
        wal_bytes: None,
        max_wal_bytes: row.try_get::<i64, _>("max_wal_bytes")?.cast_unsigned(),
    })
}
