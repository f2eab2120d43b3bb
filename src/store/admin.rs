//! What operators do with customers and API tokens. Every write is a transaction of its own: a row that SQLite has
//! returned is not yet committed, and a failed commit must be reported.

use chrono::{DateTime, Utc};
use entity::{api_token, customer};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, TransactionTrait,
};

use super::{Store, StoreError, now};
use crate::auth::TokenDigest;

/// How an operator names a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerRef {
    /// By id.
    Id(i64),
    /// By the case-folded NFKC form of the username.
    CanonicalUsername(String),
}

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
    /// The customer, if there is one.
    ///
    /// # Errors
    /// The database fails.
    pub async fn find_customer(&self, who: &CustomerRef) -> Result<Option<customer::Model>, StoreError> {
        let query = match who {
            CustomerRef::Id(id) => customer::Entity::find_by_id(*id),
            CustomerRef::CanonicalUsername(username) => {
                customer::Entity::find().filter(customer::Column::CanonicalUsername.eq(username.as_str()))
            }
        };
        Ok(query.one(&self.read).await?)
    }

    /// The ids of the customers that have this username, mobile number and e-mail address, in this order.
    ///
    /// # Errors
    /// The database fails.
    pub async fn find_taken(
        &self,
        canonical_username: &str,
        mobile_number: Option<&str>,
        email: Option<&str>,
    ) -> Result<[Option<i64>; 3], StoreError> {
        let find = async |column: customer::Column, value: Option<&str>| -> Result<Option<i64>, StoreError> {
            let Some(value) = value else { return Ok(None) };
            let found = customer::Entity::find().filter(column.eq(value)).one(&self.read).await?;
            Ok(found.map(|customer| customer.id))
        };
        Ok([
            find(customer::Column::CanonicalUsername, Some(canonical_username)).await?,
            find(customer::Column::MobileNumber, mobile_number).await?,
            find(customer::Column::Email, email).await?,
        ])
    }

    /// Stores a new customer at version 1.
    ///
    /// # Errors
    /// [`StoreError::Unique`] when another customer has one of their unique values; any other error of the database.
    pub async fn add_customer(&self, mut row: customer::ActiveModel) -> Result<customer::Model, StoreError> {
        let now = now();
        row.version = Set(1);
        row.created_at = Set(now);
        row.updated_at = Set(now);
        let transaction = self.write.begin().await?;
        let row = row.insert(&transaction).await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Activates or deactivates a customer; `None` when there is none. The profile's version stays.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_active(&self, id: i64, is_active: bool) -> Result<Option<customer::Model>, StoreError> {
        let change = customer::ActiveModel { is_active: Set(is_active), updated_at: Set(now()), ..Default::default() };
        let rows = customer::Entity::update_many()
            .set(change)
            .filter(customer::Column::Id.eq(id))
            .exec_with_returning(&self.write)
            .await?;
        Ok(rows.into_iter().next())
    }

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
        let transaction = self.write.begin().await?;
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
            .all(&self.read)
            .await?;
        Ok(tokens)
    }

    /// Revokes a token from this moment on; whether there was one to revoke.
    ///
    /// # Errors
    /// The database fails.
    pub async fn revoke_token(&self, id: i64) -> Result<bool, StoreError> {
        let revoked = api_token::ActiveModel { revoked_at: Set(Some(now())), ..Default::default() };
        let rows = api_token::Entity::update_many()
            .set(revoked)
            .filter(api_token::Column::Id.eq(id))
            .filter(api_token::Column::RevokedAt.is_null())
            .exec_with_returning(&self.write)
            .await?;
        Ok(!rows.is_empty())
    }
}
