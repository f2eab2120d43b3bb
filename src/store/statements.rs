//! What the two operations ask of the database.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use entity::{api_token, customer};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult,
    IdenStatic, Iterable, QueryFilter, QuerySelect, QueryTrait, RelationTrait, Statement, Value, sea_query::JoinType,
};

use super::{Store, StoreError, now};
use crate::auth::KeyDigest;

/// The customer behind a key, and whether the key still counts.
pub struct KeyHolder {
    /// The row of the key.
    pub token_id: i64,
    /// From when on the key is refused.
    pub expires_at: Option<DateTime<Utc>>,
    /// Since when the key is refused.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Whose key it is.
    pub customer: customer::Model,
}

/// A change of the columns that are set, and of no others, on the condition that the key is live, its customer active
/// and at the given id and version.
#[derive(Clone, Debug)]
pub struct Change {
    /// Who asks.
    pub key: KeyDigest,
    /// At least one column of the profile. The store adds `version` and `updated_at`.
    pub columns: customer::ActiveModel,
    /// The only id and version to be changed.
    pub revision: Option<(i64, i64)>,
}

/// The statements that never change, built once.
pub(super) struct Statements {
    backend: DbBackend,
    key_holder: String,
}

impl Statements {
    pub(super) fn new(backend: DbBackend) -> Self {
        Self { backend, key_holder: key_holder().build(backend).sql }
    }
}

/// The customer's columns are named one by one: `*` would break prepared statements when a later version adds one.
fn key_holder() -> sea_orm::Select<api_token::Entity> {
    api_token::Entity::find()
        .select_only()
        .column_as(api_token::Column::Id, "token_id")
        .columns([api_token::Column::ExpiresAt, api_token::Column::RevokedAt])
        .columns(customer::Column::iter())
        .join(JoinType::InnerJoin, api_token::Relation::Customer.def())
        .filter(api_token::Column::Digest.eq(Vec::<u8>::new()))
}

impl Store {
    /// The customer behind a key, live or not; `None` when nobody ever had it.
    pub async fn find_key_holder(&self, key: &KeyDigest) -> Result<Option<KeyHolder>, StoreError> {
        let Statements { backend, key_holder } = &self.statements;
        let statement = || Statement::from_sql_and_values(*backend, key_holder, [key.0.to_vec().into()]);
        let row = match self.read.query_one_raw(statement()).await.map_err(StoreError::from) {
            // A question may be asked twice: the connection died, or the database was restarting.
            Err(StoreError::Unavailable(error)) if !matches!(*error, DbErr::ConnectionAcquire(_)) => {
                self.read.query_one_raw(statement()).await?
            }
            answer => answer?,
        };
        let Some(row) = row else { return Ok(None) };
        let holder = KeyHolder {
            token_id: row.try_get("", "token_id")?,
            expires_at: row.try_get("", "expires_at")?,
            revoked_at: row.try_get("", "revoked_at")?,
            customer: customer::Model::from_query_result(&row, "")?,
        };
        // A dead key that is tried is not used.
        if holder.revoked_at.is_none() && holder.expires_at.is_none_or(|end| end > now()) {
            self.usage.note(key);
        }
        Ok(Some(holder))
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
    pub async fn change_profile(&self, change: Change) -> Result<Option<customer::Model>, StoreError> {
        let key = change.key;
        let row = match &self.writer {
            Some(writer) => writer.change(change).await?,
            None => match execute(&self.write, &change).await.map_err(StoreError::from) {
                Err(error) if error.is_rolled_back() => execute(&self.write, &change).await?,
                answer => answer?,
            },
        };
        if row.is_some() {
            self.usage.note(&key);
        }
        Ok(row)
    }
}

/// The one statement. Its answer is read to the end: sqlx hands over a row before SQLite has committed, and a failed
/// commit would go unseen.
pub(super) async fn execute(db: &impl ConnectionTrait, change: &Change) -> Result<Option<customer::Model>, DbErr> {
    let rows = db.query_all_raw(update(change, now(), db.get_database_backend())).await?;
    rows.first().map(|row| customer::Model::from_query_result(row, "")).transpose()
}

/// Written out in what both databases understand, each value bound once: to build this with sea-query for every request
/// took more of the server's time than all else it does for a change. A patch that changes nothing writes nothing and
/// keeps the version.
fn update(change: &Change, now: DateTime<Utc>, backend: DbBackend) -> Statement {
    let Change { key, columns, revision } = change;
    let mut values: Vec<Value> = vec![now.into(), key.0.to_vec().into()];
    let mut bind = |value| {
        values.push(value);
        values.len()
    };
    let (mut set, mut differs) = (String::new(), Vec::new());
    for column in customer::Column::iter() {
        if let ActiveValue::Set(value) = columns.get(column) {
            let (name, parameter) = (column.as_str(), bind(value));
            set += &format!("{name} = ${parameter}, ");
            differs.push(format!("{name} IS DISTINCT FROM ${parameter}"));
        }
    }
    let at_revision = revision.map_or(String::new(), |(id, version)| {
        format!(" AND id = ${} AND version = ${}", bind(id.into()), bind(version.into()))
    });
    let sql = format!(
        "UPDATE customer SET {set}updated_at = $1, version = version + 1 WHERE id IN ({LIVE_CUSTOMER}) AND is_active \
         AND ({}){at_revision} RETURNING {}",
        differs.join(" OR "),
        *CUSTOMER_COLUMNS
    );
    Statement::from_sql_and_values(backend, sql, values)
}

/// The customer of a key that is neither revoked nor expired.
const LIVE_CUSTOMER: &str = "SELECT customer_id FROM api_token WHERE digest = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1)";

/// One by one: `*` would break prepared statements when a later version adds a column.
static CUSTOMER_COLUMNS: LazyLock<String> =
    LazyLock::new(|| customer::Column::iter().map(|column| column.as_str().to_owned()).collect::<Vec<_>>().join(", "));
