//! What operators do with customers. Every write is a transaction of its own: a row that SQLite has returned is not yet
//! committed, and a failed commit must be reported.

use entity::{api_token, customer};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Func, LikeExpr},
};

use super::{Store, StoreError, dispatch, now};
use crate::profile::{AvatarUrl, CompletingFields, Contacts, Customer, Gender, NewCustomer, PersonName};

/// How an operator names a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerRef {
    /// By id.
    Id(i64),
    /// By the case-folded NFKC form of the username.
    CanonicalUsername(String),
}

impl CustomerRef {
    fn condition(&self) -> Condition {
        Condition::all().add(match self {
            Self::Id(id) => customer::Column::Id.eq(*id),
            Self::CanonicalUsername(username) => customer::Column::CanonicalUsername.eq(username.as_str()),
        })
    }
}

/// What [`Store::search_customers`] looks into.
const SEARCHED: [customer::Column; 5] = [
    customer::Column::CanonicalUsername,
    customer::Column::MobileNumber,
    customer::Column::Email,
    customer::Column::FirstName,
    customer::Column::LastName,
];

impl Store {
    /// The customer, if there is one.
    ///
    /// # Errors
    /// The database fails.
    pub async fn find_customer(&self, who: &CustomerRef) -> Result<Option<customer::Model>, StoreError> {
        Ok(customer::Entity::find().filter(who.condition()).one(&self.own_tables()?.read().await?).await?)
    }

    /// At most `limit` customers in the order of their ids; with `search` those that have it in the username, the mobile
    /// number, the e-mail address or a name, as given or in another case (on SQLite another case of ASCII alone).
    ///
    /// # Errors
    /// The database fails.
    pub async fn search_customers(&self, search: Option<&str>, limit: u64) -> Result<Vec<customer::Model>, StoreError> {
        let mut query = customer::Entity::find().order_by_asc(customer::Column::Id).limit(limit);
        if let Some(search) = search {
            let [lower, given] = [&*search.to_lowercase(), search].map(|text| format!("%{}%", escape_like(text)));
            let [lower, given] = [lower, given].map(|pattern| LikeExpr::new(pattern).escape('\\'));
            let has = |any: Condition, column| {
                let in_any_case = Func::lower(Expr::col(column)).like(lower.clone());
                any.add(in_any_case).add(Expr::col(column).like(given.clone()))
            };
            query = query.filter(SEARCHED.into_iter().fold(Condition::any(), has));
        }
        Ok(query.all(&self.own_tables()?.read().await?).await?)
    }

    /// Sets the mobile number and the e-mail address, as far as the change names them, in one statement, and says whether
    /// anything changed; `None` when there is no such customer. What changes nothing leaves the version alone.
    ///
    /// # Errors
    /// [`StoreError::Unique`] when another customer has one of the values; any other error of the database.
    pub async fn set_contacts(
        &self,
        who: &CustomerRef,
        contacts: &Contacts,
    ) -> Result<Option<(customer::Model, bool)>, StoreError> {
        let Contacts { mobile_number, email } = contacts;
        let mut update = customer::Entity::update_many()
            .filter(who.condition())
            .col_expr(customer::Column::Version, Expr::col(customer::Column::Version).add(1))
            .col_expr(customer::Column::UpdatedAt, Expr::value(now()));
        // Without a condition it would be true.
        let mut differs = Condition::any().add(Expr::value(false));
        for (column, value) in [(customer::Column::MobileNumber, mobile_number), (customer::Column::Email, email)] {
            let Some(value) = value else { continue };
            update = update.col_expr(column, Expr::value(value.clone()));
            differs = match value {
                Some(value) => differs.add(column.ne(value)).add(column.is_null()),
                None => differs.add(column.is_not_null()),
            };
        }
        let transaction = self.own_tables()?.write().await?;
        let rows = update.filter(differs).exec_with_returning(&transaction).await?;
        transaction.commit().await?;
        match rows.into_iter().next() {
            Some(row) => Ok(Some((row, true))),
            None => Ok(self.find_customer(who).await?.map(|row| (row, false))),
        }
    }

    /// The ids of the customers that have this username, mobile number and e-mail address, in this order.
    ///
    /// # Errors
    /// The database fails.
    pub async fn find_taken(
        &self,
        canonical_username: Option<&str>,
        mobile_number: Option<&str>,
        email: Option<&str>,
    ) -> Result<[Option<i64>; 3], StoreError> {
        let db = self.own_tables()?.read().await?;
        let find = async |column: customer::Column, value: Option<&str>| -> Result<Option<i64>, StoreError> {
            let Some(value) = value else { return Ok(None) };
            let found = customer::Entity::find().filter(column.eq(value)).one(&db).await?;
            Ok(found.map(|customer| customer.id))
        };
        Ok([
            find(customer::Column::CanonicalUsername, canonical_username).await?,
            find(customer::Column::MobileNumber, mobile_number).await?,
            find(customer::Column::Email, email).await?,
        ])
    }

    /// Stores a new customer at version 1.
    ///
    /// # Errors
    /// [`StoreError::Unique`] when another customer has one of their unique values; any other error of the database.
    pub async fn add_customer(&self, new: &NewCustomer) -> Result<Customer, StoreError> {
        let now = now();
        let mut row = customer::ActiveModel::from(new.clone());
        row.version = Set(1);
        row.created_at = Set(now);
        row.updated_at = Set(now);
        let transaction = self.own_tables()?.write().await?;
        let row = row.insert(&transaction).await?;
        transaction.commit().await?;
        Ok(row.into())
    }

    /// Activates or deactivates a customer; `None` when there is none. The profile's version stays.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_active(&self, id: i64, is_active: bool) -> Result<Option<customer::Model>, StoreError> {
        let change = customer::ActiveModel { is_active: Set(is_active), updated_at: Set(now()), ..Default::default() };
        let transaction = self.own_tables()?.write().await?;
        let rows = customer::Entity::update_many()
            .set(change)
            .filter(customer::Column::Id.eq(id))
            .exec_with_returning(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(rows.into_iter().next())
    }

    /// Deletes a customer and their tokens, and gives the number of the tokens; `None` when there is no such customer.
    ///
    /// # Errors
    /// The database fails: nothing is deleted then.
    pub async fn delete_customer(&self, id: i64) -> Result<Option<u64>, StoreError> {
        let transaction = self.own_tables()?.write().await?;
        dispatch!(&*self.engine, database => database.prepare_erasure(&transaction).await)?;
        let of_customer = api_token::Column::CustomerId.eq(id);
        let tokens = api_token::Entity::delete_many().filter(of_customer).exec(&transaction).await?;
        // A token that is issued meanwhile is deleted by the foreign key.
        let customers = customer::Entity::delete_by_id(id).exec(&transaction).await?;
        transaction.commit().await?;
        Ok((customers.rows_affected > 0).then_some(tokens.rows_affected))
    }
}

/// The text as a pattern for LIKE that matches itself alone.
fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// The row to insert; the id, the version and the dates are the store's.
impl From<NewCustomer> for customer::ActiveModel {
    fn from(new: NewCustomer) -> Self {
        let NewCustomer { username, mobile_number, email, avatar, first_name, last_name, gender } = new;
        Self {
            username: Set(username.as_str().to_owned()),
            canonical_username: Set(username.canonical().to_owned()),
            mobile_number: Set(mobile_number),
            email: Set(email),
            avatar: Set(avatar.map(AvatarUrl::into_string)),
            first_name: Set(PersonName::into_string(first_name)),
            last_name: Set(PersonName::into_string(last_name)),
            gender: Set(gender.map(|gender| match gender {
                Gender::Male => customer::Gender::Male,
                Gender::Female => customer::Gender::Female,
            })),
            is_active: Set(true),
            ..Default::default()
        }
    }
}

impl From<customer::Gender> for Gender {
    fn from(gender: customer::Gender) -> Self {
        match gender {
            customer::Gender::Male => Self::Male,
            customer::Gender::Female => Self::Female,
        }
    }
}

impl From<customer::Model> for Customer {
    fn from(row: customer::Model) -> Self {
        Self {
            id: row.id,
            username: row.username,
            mobile_number: row.mobile_number,
            email: row.email,
            avatar: row.avatar,
            first_name: Some(row.first_name),
            last_name: Some(row.last_name),
            gender: row.gender.map(|gender| Gender::from(gender).into()),
            version: row.version,
            completed_by: CompletingFields::NATIVE,
        }
    }
}
