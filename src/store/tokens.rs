//! What operators do with API tokens. Every write is a transaction of its own: a row that SQLite has returned is not yet
//! committed, and a failed commit must be reported.

use chrono::{DateTime, Utc};
use entity::{api_token, customer};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

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

/// How an operator names tokens.
#[derive(Clone, Debug)]
pub enum TokenRef {
    /// By id.
    Id(i64),
    /// By the digest of the token itself.
    Digest(TokenDigest),
    /// Those of a customer; with a name, those that are called so.
    Customer {
        /// Whose.
        id: i64,
        /// What they are called.
        name: Option<String>,
    },
}

/// Tokens that an operator may want to know of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OldTokens {
    /// How many are live and never expire.
    pub never_expire: u64,
    /// How many expired or were revoked before a moment.
    pub ended: u64,
}

impl TokenRef {
    fn condition(&self) -> Condition {
        use api_token::Column;
        match self {
            Self::Id(id) => Condition::all().add(Column::Id.eq(*id)),
            Self::Digest(digest) => Condition::all().add(Column::Digest.eq(digest.0.to_vec())),
            Self::Customer { id, name } => Condition::all()
                .add(Column::CustomerId.eq(*id))
                .add_option(name.as_ref().map(|name| Column::Name.eq(name.as_str()))),
        }
    }
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

    /// The token with this digest and its customer, if there is one.
    ///
    /// # Errors
    /// The database fails.
    pub async fn find_token(
        &self,
        digest: TokenDigest,
    ) -> Result<Option<(api_token::Model, customer::Model)>, StoreError> {
        let found = api_token::Entity::find()
            .filter(TokenRef::Digest(digest).condition())
            .find_also_related(customer::Entity)
            .one(&self.own_tables()?.read().await?)
            .await?;
        Ok(found.and_then(|(token, customer)| Some((token, customer?))))
    }

    /// How many of the customer's tokens are neither expired nor revoked.
    ///
    /// # Errors
    /// The database fails.
    pub async fn count_live_tokens(&self, customer_id: i64) -> Result<u64, StoreError> {
        let expires_at = api_token::Column::ExpiresAt;
        let query = api_token::Entity::find()
            .filter(api_token::Column::CustomerId.eq(customer_id))
            .filter(api_token::Column::RevokedAt.is_null())
            .filter(Condition::any().add(expires_at.is_null()).add(expires_at.gt(now())));
        Ok(query.count(&self.own_tables()?.read().await?).await?)
    }

    /// Counts the tokens that never expire, and those that ended before this moment.
    ///
    /// # Errors
    /// The database fails.
    pub async fn count_old_tokens(&self, ended_before: DateTime<Utc>) -> Result<OldTokens, StoreError> {
        let (expires_at, revoked_at) = (api_token::Column::ExpiresAt, api_token::Column::RevokedAt);
        let never_expire = Condition::all().add(expires_at.is_null()).add(revoked_at.is_null());
        let ended = Condition::any().add(expires_at.lt(ended_before)).add(revoked_at.lt(ended_before));
        let db = self.own_tables()?.read().await?;
        // Of one column: the servers' role may not read all of them.
        let ids = || api_token::Entity::find().select_only().column(api_token::Column::Id);
        let count = |which| ids().filter(which).count(&db);
        Ok(OldTokens { never_expire: count(never_expire).await?, ended: count(ended).await? })
    }

    /// Revokes tokens from this moment on, in one statement; gives those that were not revoked before, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn revoke_tokens(&self, which: &TokenRef) -> Result<Vec<api_token::Model>, StoreError> {
        let revoked = api_token::ActiveModel { revoked_at: Set(Some(now())), ..Default::default() };
        let transaction = self.own_tables()?.write().await?;
        let mut rows = api_token::Entity::update_many()
            .set(revoked)
            .filter(which.condition())
            .filter(api_token::Column::RevokedAt.is_null())
            .exec_with_returning(&transaction)
            .await?;
        transaction.commit().await?;
        rows.sort_unstable_by_key(|row| row.id);
        Ok(rows)
    }
}
