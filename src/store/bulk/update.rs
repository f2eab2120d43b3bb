//! Updates many stored customers.

use entity::{api_token, customer};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, Iterable,
    QueryFilter, sea_query::Expr,
};

use super::{IMPORTED, Store, StoreError, now};
use crate::auth::TokenDigest;

/// What changes in one stored customer.
#[derive(Clone, Debug)]
pub struct CustomerUpdate {
    /// The customer's id.
    pub id: i64,
    /// The columns that change, and no others.
    pub changes: customer::ActiveModel,
    /// Tokens that they did not have.
    pub new_tokens: Vec<TokenDigest>,
}

impl Store {
    /// Makes all of the changes in this order, or none.
    ///
    /// # Errors
    /// [`StoreError::Unique`] when another customer has one of the values; any other error of the database.
    pub async fn update_customers(&self, batch: Vec<CustomerUpdate>) -> Result<(), StoreError> {
        let transaction = self.own_tables()?.write().await?;
        for update in batch {
            execute(&transaction, update).await?;
        }
        Ok(transaction.commit().await?)
    }
}

async fn execute(db: &DatabaseTransaction, update: CustomerUpdate) -> Result<(), DbErr> {
    let CustomerUpdate { id, mut changes, new_tokens } = update;
    let now = now();
    if changes.is_changed() {
        let profile_changes = customer::Column::iter()
            .any(|column| !matches!(column, customer::Column::IsActive) && changes.get(column).is_set());
        changes.updated_at = Set(now);
        let mut statement = customer::Entity::update_many().set(changes).filter(customer::Column::Id.eq(id));
        if profile_changes {
            let next = Expr::col(customer::Column::Version).add(1);
            statement = statement.col_expr(customer::Column::Version, next);
        }
        statement.exec(db).await?;
    }
    let tokens = new_tokens.into_iter().map(|token| api_token::ActiveModel {
        digest: Set(token.0.to_vec()),
        customer_id: Set(id),
        name: Set(IMPORTED.to_owned()),
        created_at: Set(now),
        ..Default::default()
    });
    let tokens: Vec<_> = tokens.collect();
    if !tokens.is_empty() {
        api_token::Entity::insert_many(tokens).exec_without_returning(db).await?;
    }
    Ok(())
}
