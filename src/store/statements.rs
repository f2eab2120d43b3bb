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
    Requests, Store, StoreError,
    connections::Connections,
    now,
    row::{self, KeyHolder, ProfileRow},
};
use crate::auth::KeyDigest;

/// A change of some columns and of no others, on the condition that the key is live, its customer active and at the
/// given id and version.
#[derive(Clone, Debug)]
pub struct Change {
    /// Who asks.
    pub key: KeyDigest,
    /// At least one column of the profile, all of which hold text, and its new value. The store adds `version` and
    /// `updated_at`.
    pub columns: Vec<(customer::Column, Option<String>)>,
    /// The only id and version to be changed.
    pub revision: Option<(i64, i64)>,
}

impl Change {
    /// Whether the other's statement has the same text.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let columns = |change: &Self| change.columns.iter().map(|(column, _)| *column as usize).collect::<Vec<_>>();
        self.revision.is_some() == other.revision.is_some() && columns(self) == columns(other)
    }
}

impl Store {
    /// The customer behind a key, live or not; `None` when nobody ever had it.
    pub async fn find_key_holder(&self, key: &KeyDigest) -> Result<Option<KeyHolder>, StoreError> {
        // On the heap, as below: whoever holds the work of a request moves it, and this is most of it.
        let ask = || Box::pin(self.ask_for_key_holder(key));
        let holder = match ask().await {
            // A question may be asked twice: the connection died, or the database was restarting.
            Err(StoreError::Unavailable(error)) if !matches!(*error, DbErr::ConnectionAcquire(_)) => ask().await?,
            answer => answer?,
        };
        let is_live =
            |holder: &KeyHolder| holder.revoked_at.is_none() && holder.expires_at.is_none_or(|end| end > now());
        // A dead key that is tried is not used.
        if holder.as_ref().is_some_and(is_live) {
            self.usage.note(key);
        }
        Ok(holder)
    }

    async fn ask_for_key_holder(&self, key: &KeyDigest) -> Result<Option<KeyHolder>, StoreError> {
        match &self.requests {
            Requests::Memory(pool, _) => Ok(key_holder::<Sqlite>(&mut *pool.acquire().await?, key).await?),
            Requests::Sqlite(connections, _) => {
                let mut lease = connections.lease().await?;
                let holder = key_holder::<Sqlite>(lease.connection(), key).await;
                lease.end(holder)
            }
            Requests::Postgres(connections) => {
                let mut lease = connections.lease().await?;
                let holder = key_holder::<Postgres>(lease.connection(), key).await;
                lease.end(holder)
            }
        }
    }

    /// The id of the customer who has this username key.
    pub async fn find_username(&self, username_key: &str) -> Result<Option<i64>, StoreError> {
        let found = customer::Entity::find()
            .select_only()
            .column(customer::Column::Id)
            .filter(customer::Column::UsernameKey.eq(username_key))
            .into_tuple()
            .one(&self.read)
            .await?;
        Ok(found)
    }

    /// Makes the change and gives the row as written; `None` when the condition did not hold or nothing would have
    /// changed, in which case nothing was written. It returns only when the change is durable.
    pub async fn change_profile(&self, change: Change) -> Result<Option<ProfileRow>, StoreError> {
        let key = change.key;
        let row = match &self.requests {
            Requests::Memory(_, writer) | Requests::Sqlite(_, writer) => writer.change(change).await?,
            Requests::Postgres(connections) => {
                let make = || Box::pin(change_on_postgres(connections, &change));
                match make().await {
                    Err(error) if error.is_rolled_back() => make().await?,
                    answer => answer?,
                }
            }
        };
        if row.is_some() {
            self.usage.note(&key);
        }
        Ok(row)
    }
}

async fn change_on_postgres(
    connections: &Connections<Postgres>,
    change: &Change,
) -> Result<Option<ProfileRow>, StoreError> {
    let mut lease = connections.lease().await?;
    let row = execute::<Postgres>(lease.connection(), &[change]).await.pop();
    lease.end(row.unwrap_or(Err(sqlx::Error::WorkerCrashed)))
}

static KEY_HOLDER: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM api_token JOIN customer ON customer.id = customer_id WHERE digest = $1",
        row::key_holder_columns()
    )
});

async fn key_holder<DB>(connection: &mut DB::Connection, key: &KeyDigest) -> sqlx::Result<Option<KeyHolder>>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    DB::Arguments: IntoArguments<DB>,
    KeyHolder: for<'r> FromRow<'r, DB::Row>,
    for<'q> &'q [u8]: Encode<'q, DB> + Type<DB>,
{
    let row = connection.fetch_optional(sqlx::query(KEY_HOLDER.as_str()).bind(&key.0[..])).await?;
    row.as_ref().map(KeyHolder::from_row).transpose()
}

/// Makes the changes one after another, in one command, and tells what became of each, up to the first that fails. The
/// answer is read to the end: sqlx hands over a row before the database has committed, and a failed commit would go
/// unseen. PostgreSQL takes but one at a time.
pub(super) async fn execute<DB>(
    connection: &mut DB::Connection,
    changes: &[&Change],
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
    for Change { key, columns, revision } in changes {
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
fn updates(changes: &[&Change]) -> String {
    let mut parameters = 2..;
    let mut parameter = || parameters.next().unwrap_or_default();
    let update = |Change { columns, revision, .. }: &&Change| {
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
