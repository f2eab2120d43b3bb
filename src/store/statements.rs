//! What the two operations ask of the database.
//!
//! Every request pays for these statements, so they go to sqlx, over which SeaORM works too, and not through SeaORM's own
//! executor, which took a third of a GET's instructions (docs/performance.md). Their text is the same for both databases;
//! what it names are the entities' columns.

use std::{fmt::Write, sync::LazyLock};

use chrono::{DateTime, Utc};
use entity::customer;
use futures_util::StreamExt;
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, IdenStatic, QueryFilter, QuerySelect,
    sqlx::{self, AssertSqlSafe, Database, Either, Encode, Executor, FromRow, IntoArguments, Postgres, Sqlite, Type},
};

use super::{
    Engine, Store, StoreError, now,
    pool::Pool,
    row::{self, ProfileRow, TokenOwner},
};
use crate::auth::TokenDigest;

/// A change of some columns and of no others, on the condition that the key is live, its customer active and at the
/// given id and version.
#[derive(Clone, Debug)]
pub struct ProfileUpdate {
    /// Who asks.
    pub key: TokenDigest,
    /// At least one column of the profile, all of which hold text, and its new value. The store adds `version` and
    /// `updated_at`.
    pub columns: Vec<(customer::Column, Option<String>)>,
    /// The only id and version to be changed.
    pub revision: Option<(i64, i64)>,
}

impl ProfileUpdate {
    /// Whether the other's statement has the same text.
    pub(super) fn same_statement_as(&self, other: &Self) -> bool {
        let columns = |change: &Self| change.columns.iter().map(|(column, _)| *column as usize).collect::<Vec<_>>();
        self.revision.is_some() == other.revision.is_some() && columns(self) == columns(other)
    }
}

impl Store {
    /// The customer behind a key, live or not; `None` when nobody ever had it.
    pub async fn find_token_owner(&self, key: &TokenDigest) -> Result<Option<TokenOwner>, StoreError> {
        // On the heap, as below: whoever holds the work of a request moves it, and this is most of it.
        let ask = || Box::pin(self.read_token_owner(key));
        let holder = match ask().await {
            // A question may be asked twice: the connection died, or the database was restarting.
            Err(StoreError::Unavailable(error)) if !matches!(*error, DbErr::ConnectionAcquire(_)) => ask().await?,
            answer => answer?,
        };
        let is_live =
            |holder: &TokenOwner| holder.revoked_at.is_none() && holder.expires_at.is_none_or(|end| end > now());
        // A dead key that is tried is not used.
        if holder.as_ref().is_some_and(is_live) {
            self.last_used.record(key);
        }
        Ok(holder)
    }

    async fn read_token_owner(&self, key: &TokenDigest) -> Result<Option<TokenOwner>, StoreError> {
        match &self.requests {
            Engine::Memory(pool, _) => Ok(token_owner::<Sqlite>(&mut *pool.acquire().await?, key).await?),
            Engine::Sqlite(pool, _) => {
                let mut connection = pool.acquire().await?;
                let holder = token_owner::<Sqlite>(connection.connection(), key).await;
                connection.release(holder)
            }
            Engine::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                let holder = token_owner::<Postgres>(connection.connection(), key).await;
                connection.release(holder)
            }
        }
    }

    /// The id of the customer who has this username key.
    pub async fn find_username(&self, canonical_username: &str) -> Result<Option<i64>, StoreError> {
        let found = customer::Entity::find()
            .select_only()
            .column(customer::Column::Id)
            .filter(customer::Column::CanonicalUsername.eq(canonical_username))
            .into_tuple()
            .one(&self.read)
            .await?;
        Ok(found)
    }

    /// Makes the change and gives the row as written; `None` when the condition did not hold or nothing would have
    /// changed, in which case nothing was written. It returns only when the change is durable.
    pub async fn change_profile(&self, change: ProfileUpdate) -> Result<Option<ProfileRow>, StoreError> {
        let key = change.key;
        let row = match &self.requests {
            Engine::Memory(_, writer) | Engine::Sqlite(_, writer) => writer.change(change).await?,
            Engine::Postgres(pool) => {
                let make = || Box::pin(change_on_postgres(pool, &change));
                match make().await {
                    Err(error) if error.is_rolled_back() => make().await?,
                    answer => answer?,
                }
            }
        };
        if row.is_some() {
            self.last_used.record(&key);
        }
        Ok(row)
    }
}

async fn change_on_postgres(pool: &Pool<Postgres>, change: &ProfileUpdate) -> Result<Option<ProfileRow>, StoreError> {
    let mut connection = pool.acquire().await?;
    let row = execute::<Postgres>(connection.connection(), &[change]).await.pop();
    connection.release(row.unwrap_or(Err(sqlx::Error::WorkerCrashed)))
}

static TOKEN_OWNER: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM api_token JOIN customer ON customer.id = customer_id WHERE digest = $1",
        row::token_owner_columns()
    )
});

async fn token_owner<DB>(connection: &mut DB::Connection, key: &TokenDigest) -> sqlx::Result<Option<TokenOwner>>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    DB::Arguments: IntoArguments<DB>,
    TokenOwner: for<'r> FromRow<'r, DB::Row>,
    for<'q> &'q [u8]: Encode<'q, DB> + Type<DB>,
{
    let row = connection.fetch_optional(sqlx::query(TOKEN_OWNER.as_str()).bind(&key.0[..])).await?;
    row.as_ref().map(TokenOwner::from_row).transpose()
}

/// Makes the changes one after another, in one command, and tells what became of each, up to the first that fails. The
/// answer is read to the end: sqlx hands over a row before the database has committed, and a failed commit would go
/// unseen. PostgreSQL takes but one at a time.
pub(super) async fn execute<DB>(
    connection: &mut DB::Connection,
    changes: &[&ProfileUpdate],
) -> Vec<sqlx::Result<Option<ProfileRow>>>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    DB::Arguments: IntoArguments<DB>,
    ProfileRow: for<'r> FromRow<'r, DB::Row>,
    DateTime<Utc>: for<'q> Encode<'q, DB> + Type<DB>,
    i64: for<'q> Encode<'q, DB> + Type<DB>,
    for<'q> &'q [u8]: Encode<'q, DB> + Type<DB>,
    for<'q> Option<&'q str>: Encode<'q, DB> + Type<DB>,
{
    let mut query = sqlx::query(AssertSqlSafe(updates(changes))).bind(now());
    for ProfileUpdate { key, columns, revision } in changes {
        query = query.bind(&key.0[..]);
        for (_, value) in columns {
            query = query.bind(value.as_deref());
        }
        if let Some((id, version)) = *revision {
            query = query.bind(id).bind(version);
        }
    }
    let mut results = Vec::with_capacity(changes.len());
    let mut row = None;
    let mut steps = connection.fetch_many(query);
    while let Some(step) = steps.next().await {
        match step {
            Ok(Either::Right(found)) => row = Some(ProfileRow::from_row(&found)),
            Ok(Either::Left(_done)) => results.push(row.take().transpose()),
            Err(error) => results.push(Err(error)),
        }
    }
    results
}

/// The text of the statements, each value bound once: `$1` the present, then for each change its key, its columns and
/// its revision. A patch that changes nothing writes nothing and keeps the version.
fn updates(changes: &[&ProfileUpdate]) -> String {
    let mut parameters = 2..;
    let mut parameter = || parameters.next().unwrap_or_default();
    let update = |ProfileUpdate { columns, revision, .. }: &&ProfileUpdate| {
        let key = parameter();
        let (mut set, mut differs) = (String::new(), String::new());
        for (column, _) in columns {
            let (name, value, or) = (column.as_str(), parameter(), if differs.is_empty() { "" } else { " OR " });
            // Writing to a string cannot fail.
            let _ = write!(set, "{name} = ${value}, ");
            let _ = write!(differs, "{or}{name} IS DISTINCT FROM ${value}");
        }
        let at_revision = match revision {
            Some(_) => format!(" AND id = ${} AND version = ${}", parameter(), parameter()),
            None => String::new(),
        };
        format!(
            "UPDATE customer SET {set}updated_at = $1, version = version + 1 WHERE id IN (SELECT customer_id FROM \
             api_token WHERE digest = ${key} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1)) AND \
             is_active AND ({differs}){at_revision} RETURNING {}",
            *PROFILE_COLUMNS
        )
    };
    changes.iter().map(update).collect::<Vec<_>>().join("; ")
}

static PROFILE_COLUMNS: LazyLock<String> = LazyLock::new(row::profile_columns);
