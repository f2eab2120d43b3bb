//! What the two operations ask of the database.

use chrono::{DateTime, Utc};
use entity::{api_token, customer};
use sea_orm::{
    ActiveValue, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait, FromQueryResult, Iterable,
    QueryFilter, QuerySelect, QueryTrait, RelationTrait, Statement, UpdateMany,
    sea_query::{BinOper, Condition, Expr, IntoColumnRef, JoinType, Query, SelectStatement, SimpleExpr},
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
        let statement = Statement::from_sql_and_values(*backend, key_holder, [key.0.to_vec().into()]);
        let row = match self.read.query_one_raw(statement.clone()).await.map_err(StoreError::from) {
            // A question may be asked twice: the connection died, or the database was restarting.
            Err(StoreError::Unavailable(error)) if !matches!(*error, DbErr::ConnectionAcquire(_)) => {
                self.read.query_one_raw(statement).await?
            }
            answer => answer?,
        };
        let Some(row) = row else { return Ok(None) };
        self.usage.note(key);
        Ok(Some(KeyHolder {
            token_id: row.try_get("", "token_id")?,
            expires_at: row.try_get("", "expires_at")?,
            revoked_at: row.try_get("", "revoked_at")?,
            customer: customer::Model::from_query_result(&row, "")?,
        }))
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
            None => match execute(&self.write, change.clone()).await.map_err(StoreError::from) {
                Err(error) if error.is_rolled_back() => execute(&self.write, change).await?,
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
/// commit would go unseen. What it returns is named with its table, as sea-orm's own `exec_with_returning` does not: to
/// SQLite a lone quoted name that is no column is a text, and a damaged table would answer `"avatar": "avatar"`.
pub(super) async fn execute(db: &impl ConnectionTrait, change: Change) -> Result<Option<customer::Model>, DbErr> {
    let mut update = update(change, now()).into_query();
    update.returning(Query::returning().columns(customer::Column::iter().map(|column| column.as_column_ref())));
    let rows = db.query_all(&update).await?;
    rows.first().map(|row| customer::Model::from_query_result(row, "")).transpose()
}

fn update(change: Change, now: DateTime<Utc>) -> UpdateMany<customer::Entity> {
    let Change { key, mut columns, revision } = change;
    let differs = differs(&columns);
    columns.updated_at = ActiveValue::Set(now);
    let mut update = customer::Entity::update_many()
        .set(columns)
        .col_expr(customer::Column::Version, Expr::col(customer::Column::Version).add(1))
        .filter(customer::Column::Id.in_subquery(live_customer(key, now)))
        .filter(customer::Column::IsActive.eq(true))
        .filter(differs);
    if let Some((id, version)) = revision {
        update = update.filter(customer::Column::Id.eq(id)).filter(customer::Column::Version.eq(version));
    }
    update
}

/// The customer of a key that is neither revoked nor expired.
fn live_customer(key: KeyDigest, now: DateTime<Utc>) -> SelectStatement {
    Query::select()
        .column(api_token::Column::CustomerId)
        .from(api_token::Entity)
        .and_where(api_token::Column::Digest.eq(key.0.to_vec()))
        .and_where(api_token::Column::RevokedAt.is_null())
        .cond_where(
            Condition::any().add(api_token::Column::ExpiresAt.is_null()).add(api_token::Column::ExpiresAt.gt(now)),
        )
        .to_owned()
}

/// Whether any of the columns would change: a patch that changes nothing writes nothing and keeps the version.
fn differs(columns: &customer::ActiveModel) -> Condition {
    use sea_orm::ActiveModelTrait;
    customer::Column::iter().fold(Condition::any(), |condition, column| match columns.get(column) {
        ActiveValue::Set(value) => condition.add(
            Expr::col(column.into_column_ref()).binary(BinOper::Custom("IS DISTINCT FROM"), SimpleExpr::Value(value)),
        ),
        ActiveValue::Unchanged(_) | ActiveValue::NotSet => condition,
    })
}
