//! The requests' statements on a SQLite connection.

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use sea_orm::sqlx::{self, AssertSqlSafe, Either, Executor, Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    auth::TokenDigest,
    profile::Customer,
    store::{
        TokenOwner,
        layout::Layout,
        now,
        row::{StoredProfile, decode_profile, decode_stored_profile, decode_token_owner},
        sql::{ProfileUpdate, Sql, TokenKey, bind_token, bind_update},
    },
};

/// What an update gave: the customer as written, if anything was.
pub(super) type Updated = sqlx::Result<Option<Customer>>;

pub(super) async fn token_owner(
    connection: &mut SqliteConnection,
    sql: &Sql,
    token: &TokenKey,
) -> sqlx::Result<Option<TokenOwner>> {
    let query = bind_token!(sqlx::query(AssertSqlSafe(sql.token_owner.clone())), token);
    let Some(row) = connection.fetch_optional(query).await? else { return Ok(None) };
    Ok(Some(decode_token_owner!(&sql.layout, &row)))
}

/// What a Django shop's tables have of the customer who owns a token.
pub(super) async fn stored_profile(
    connection: &mut SqliteConnection,
    sql: &Sql,
    token: &TokenKey,
) -> sqlx::Result<Option<StoredProfile>> {
    let query = bind_token!(sqlx::query(AssertSqlSafe(sql.token_owner.clone())), token);
    let Some(row) = connection.fetch_optional(query).await? else { return Ok(None) };
    Ok(Some(decode_stored_profile!(&row)))
}

/// The id of the customer who has a username.
pub(super) async fn find_username(
    connection: &mut SqliteConnection,
    sql: &Sql,
    username: &str,
) -> sqlx::Result<Option<i64>> {
    let query = sqlx::query_scalar(AssertSqlSafe(sql.find_username.clone()));
    query.bind(username).fetch_optional(connection).await
}

/// Reads one row.
pub(super) async fn read_any_customer(connection: &mut SqliteConnection, sql: &Sql) -> sqlx::Result<()> {
    connection.fetch_optional(AssertSqlSafe(sql.any_customer.clone())).await.map(drop)
}

pub(super) async fn record_last_used(
    connection: &mut SqliteConnection,
    sql: &Sql,
    tokens: &[TokenDigest],
    not_since: DateTime<Utc>,
) -> sqlx::Result<()> {
    let Layout::Native(tables) = &sql.layout else { return Ok(()) };
    let digests: Vec<_> = (3..).take(tokens.len()).map(|parameter| format!("${parameter}")).collect();
    let sql = tables.record_last_used(&format!("IN ({})", digests.join(", ")));
    let query = sqlx::query(AssertSqlSafe(sql)).persistent(false).bind(now()).bind(not_since);
    tokens.iter().fold(query, |query, token| query.bind(&token.0[..])).execute(connection).await?;
    Ok(())
}

/// Makes the updates, which are of one shape, one after another in one command, and tells what became of each, up to the first that fails. The
/// answer is read to the end: sqlx hands over a row before SQLite has committed, and a failed commit would go unseen.
pub(super) async fn update(connection: &mut SqliteConnection, sql: &Sql, updates: &[&ProfileUpdate]) -> Vec<Updated> {
    let mut query = sqlx::query(AssertSqlSafe(sql.updates(updates))).bind(now());
    for update in updates {
        query = bind_update!(query, update);
    }
    let mut results = Vec::with_capacity(updates.len());
    let mut row = None;
    let mut steps = connection.fetch_many(query);
    while let Some(step) = steps.next().await {
        match step {
            Ok(Either::Right(found)) => row = Some(decode(sql, &found)),
            Ok(Either::Left(_done)) => results.push(row.take().transpose()),
            Err(error) => results.push(Err(error)),
        }
    }
    if results.is_empty() {
        results.push(Err(sqlx::Error::WorkerCrashed));
    }
    results
}

fn decode(sql: &Sql, row: &SqliteRow) -> sqlx::Result<Customer> {
    Ok(decode_profile!(&sql.layout, row))
}
