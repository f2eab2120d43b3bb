//! The requests' statements on a SQLite connection.

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use sea_orm::sqlx::{self, AssertSqlSafe, Either, Executor, FromRow, SqliteConnection};

use crate::{
    auth::TokenDigest,
    store::{
        now,
        row::{ProfileRow, TokenOwner},
        sql::{self, ProfileUpdate},
    },
};

/// What an update gave: the row as written, if there was one.
pub(super) type Updated = sqlx::Result<Option<ProfileRow>>;

pub(super) async fn token_owner(
    connection: &mut SqliteConnection,
    token: &TokenDigest,
) -> sqlx::Result<Option<TokenOwner>> {
    let row = connection.fetch_optional(sqlx::query(sql::TOKEN_OWNER.as_str()).bind(&token.0[..])).await?;
    row.as_ref().map(TokenOwner::from_row).transpose()
}

/// The id of the customer who has a canonical username.
pub(super) async fn find_username(
    connection: &mut SqliteConnection,
    canonical_username: &str,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(sql::FIND_USERNAME).bind(canonical_username).fetch_optional(connection).await
}

pub(super) async fn record_last_used(
    connection: &mut SqliteConnection,
    tokens: &[TokenDigest],
    not_since: DateTime<Utc>,
) -> sqlx::Result<()> {
    let digests = vec!["?"; tokens.len()].join(", ");
    let sql = format!(
        "UPDATE api_token SET last_used_at = ? WHERE (last_used_at IS NULL OR last_used_at < ?) AND digest IN ({digests})"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).persistent(false).bind(now()).bind(not_since);
    tokens.iter().fold(query, |query, token| query.bind(&token.0[..])).execute(connection).await?;
    Ok(())
}

/// Makes the updates one after another, in one command, and tells what became of each, up to the first that fails. The
/// answer is read to the end: sqlx hands over a row before SQLite has committed, and a failed commit would go unseen.
pub(super) async fn update(connection: &mut SqliteConnection, updates: &[&ProfileUpdate]) -> Vec<Updated> {
    let mut query = sqlx::query(AssertSqlSafe(sql::updates(updates))).bind(now());
    for ProfileUpdate { token, columns, revision } in updates {
        query = query.bind(&token.0[..]);
        for (_, value) in columns {
            query = query.bind(value.as_deref());
        }
        if let Some((id, version)) = *revision {
            query = query.bind(id).bind(version);
        }
    }
    let mut results = Vec::with_capacity(updates.len());
    let mut row = None;
    let mut steps = connection.fetch_many(query);
    while let Some(step) = steps.next().await {
        match step {
            Ok(Either::Right(found)) => row = Some(ProfileRow::from_row(&found)),
            Ok(Either::Left(_done)) => results.push(row.take().transpose()),
            Err(error) => results.push(Err(error)),
        }
    }
    if results.is_empty() {
        results.push(Err(sqlx::Error::WorkerCrashed));
    }
    results
}
