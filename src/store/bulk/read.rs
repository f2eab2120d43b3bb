//! Reads many rows: page by page in the order of their ids, or those that have one of many unique values.

use std::collections::HashMap;

use entity::{api_token, customer};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Value};

use super::{Store, StoreError};
use crate::auth::TokenDigest;

/// Upper bound on the parameters of one query: far below what either database takes.
const MAX_VALUES_PER_QUERY: usize = 1000;

/// The values of a row that no two customers may share.
#[derive(Clone, Debug, Default)]
pub struct UniqueValues {
    /// The id, if the row names one.
    pub id: Option<i64>,
    /// The form of the username that is unique.
    pub canonical_username: String,
    /// The mobile number.
    pub mobile_number: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The digests of the tokens.
    pub tokens: Vec<TokenDigest>,
}

/// The stored customers and tokens that have a unique value of one of the rows asked about.
#[derive(Debug, Default)]
pub struct Conflicts {
    /// By id.
    pub customers: HashMap<i64, customer::Model>,
    /// The customer of each stored token.
    pub tokens: HashMap<TokenDigest, i64>,
}

impl Store {
    /// A page of customers with ids above `after`, in the order of their ids.
    ///
    /// # Errors
    /// The database fails.
    pub async fn customers_after(&self, after: i64, page: u64) -> Result<Vec<customer::Model>, StoreError> {
        let rows = customer::Entity::find()
            .filter(customer::Column::Id.gt(after))
            .order_by_asc(customer::Column::Id)
            .limit(page)
            .all(&self.own_tables()?.read().await?)
            .await?;
        Ok(rows)
    }

    /// A page of tokens with ids above `after`, in the order of their ids.
    ///
    /// # Errors
    /// The database fails.
    pub async fn tokens_after(&self, after: i64, page: u64) -> Result<Vec<api_token::Model>, StoreError> {
        let rows = api_token::Entity::find()
            .filter(api_token::Column::Id.gt(after))
            .order_by_asc(api_token::Column::Id)
            .limit(page)
            .all(&self.own_tables()?.read().await?)
            .await?;
        Ok(rows)
    }

    /// A page of ids and usernames, with ids above `after`, in the order of their ids.
    ///
    /// # Errors
    /// The database fails.
    pub async fn usernames_after(&self, after: i64, page: u64) -> Result<Vec<(i64, String)>, StoreError> {
        let rows = customer::Entity::find()
            .select_only()
            .columns([customer::Column::Id, customer::Column::Username])
            .filter(customer::Column::Id.gt(after))
            .order_by_asc(customer::Column::Id)
            .limit(page)
            .into_tuple()
            .all(&self.own_tables()?.read().await?)
            .await?;
        Ok(rows)
    }

    /// How many customers and tokens there are.
    ///
    /// # Errors
    /// The database fails.
    pub async fn count_rows(&self) -> Result<(u64, u64), StoreError> {
        let db = self.own_tables()?.read().await?;
        // Of one column: the servers' role may not read all of them.
        let customers = customer::Entity::find().select_only().column(customer::Column::Id).count(&db).await?;
        let tokens = api_token::Entity::find().select_only().column(api_token::Column::Id).count(&db).await?;
        Ok((customers, tokens))
    }

    /// Finds who already has any of these values.
    ///
    /// # Errors
    /// The database fails.
    pub async fn find_conflicts(&self, rows: &[UniqueValues]) -> Result<Conflicts, StoreError> {
        let mut conflicts = Conflicts::default();
        let db = self.own_tables()?.read().await?;
        let values: [(customer::Column, Vec<Value>); 4] = [
            (customer::Column::Id, rows.iter().filter_map(|row| row.id.map(Value::from)).collect()),
            (
                customer::Column::CanonicalUsername,
                rows.iter().map(|row| row.canonical_username.as_str().into()).collect(),
            ),
            (customer::Column::MobileNumber, texts(rows, |row| row.mobile_number.as_deref())),
            (customer::Column::Email, texts(rows, |row| row.email.as_deref())),
        ];
        for (column, values) in values {
            for values in values.chunks(MAX_VALUES_PER_QUERY) {
                let found = customer::Entity::find().filter(column.is_in(values.to_vec())).all(&db).await?;
                conflicts.customers.extend(found.into_iter().map(|customer| (customer.id, customer)));
            }
        }
        let digests: Vec<_> = rows.iter().flat_map(|row| &row.tokens).map(|digest| digest.0.to_vec()).collect();
        for digests in digests.chunks(MAX_VALUES_PER_QUERY) {
            let found: Vec<(Vec<u8>, i64)> = api_token::Entity::find()
                .select_only()
                .columns([api_token::Column::Digest, api_token::Column::CustomerId])
                .filter(api_token::Column::Digest.is_in(digests.to_vec()))
                .into_tuple()
                .all(&db)
                .await?;
            let known = found.into_iter().filter_map(|(digest, id)| Some((TokenDigest(digest.try_into().ok()?), id)));
            conflicts.tokens.extend(known);
        }
        Ok(conflicts)
    }
}

fn texts(rows: &[UniqueValues], get: impl Fn(&UniqueValues) -> Option<&str>) -> Vec<Value> {
    rows.iter().filter_map(|row| get(row).map(Value::from)).collect()
}
