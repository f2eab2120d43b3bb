//! What operators do with API tokens. Every write is a transaction of its own: a row that SQLite has returned is not yet
//! committed, and a failed commit must be reported.

use chrono::{DateTime, Utc};
use entity::api_token;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{Store, StoreError, now};
use crate::auth::TokenDigest;

/// A token to be stored.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The token's digest; the token itself is not stored.
    pub digest: TokenDigest,
    /// What the operator calls it.
    pub name: String,
    /// When it expires; `None`: never.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Stores a token of this customer.
    ///
    /// # Errors
    /// There is no such customer, the token exists, or the database fails.
    pub async fn issue_token(&self, customer_id: i64, token: NewToken) -> Result<api_token::Model, StoreError> {
        let NewToken { digest, name, expires_at } = token;
        let row = api_token::ActiveModel {
            digest: Set(digest.0.to_vec()),
            customer_id: Set(customer_id),
            name: Set(name),
            created_at: Set(now()),
            expires_at: Set(expires_at),
            ..Default::default()
        };
        let transaction = self.own_tables()?.write().await?;
        let row = row.insert(&transaction).await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// The customer's tokens, oldest first, valid or not.
    ///
    /// # Errors
    /// The database fails.
    pub async fn list_tokens(&self, customer_id: i64) -> Result<Vec<api_token::Model>, StoreError> {
        let tokens = api_token::Entity::find()
            .filter(api_token::Column::CustomerId.eq(customer_id))
            .order_by_asc(api_token::Column::Id)
            .all(&self.own_tables()?.read().await?)
            .await?;
        Ok(tokens)
    }

    /// Revokes a token from this moment on; whether there was one to revoke.
    ///
    /// # Errors
    /// The database fails.
    pub async fn revoke_token(&self, id: i64) -> Result<bool, StoreError> {
        let revoked = api_token::ActiveModel { revoked_at: Set(Some(now())), ..Default::default() };
        let transaction = self.own_tables()?.write().await?;
        let rows = api_token::Entity::update_many()
            .set(revoked)
            .filter(api_token::Column::Id.eq(id))
            .filter(api_token::Column::RevokedAt.is_null())
            .exec_with_returning(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(!rows.is_empty())
    }
}
