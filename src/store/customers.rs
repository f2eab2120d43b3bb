//! What operators do with customers. Every write is a transaction of its own: a row that SQLite has returned is not yet
//! committed, and a failed commit must be reported.

use entity::customer;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{Store, StoreError, now};
use crate::profile::{AvatarUrl, CompletingFields, Customer, Gender, NewCustomer, PersonName};

/// How an operator names a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerRef {
    /// By id.
    Id(i64),
    /// By the case-folded NFKC form of the username.
    CanonicalUsername(String),
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
        Ok(query.one(&self.own_tables()?.read().await?).await?)
    }

    /// The ids of the customers that have this one's username, mobile number and e-mail address, in this order.
    ///
    /// # Errors
    /// The database fails.
    pub async fn find_taken(&self, new: &NewCustomer) -> Result<[Option<i64>; 3], StoreError> {
        let db = self.own_tables()?.read().await?;
        let find = async |column: customer::Column, value: Option<&str>| -> Result<Option<i64>, StoreError> {
            let Some(value) = value else { return Ok(None) };
            let found = customer::Entity::find().filter(column.eq(value)).one(&db).await?;
            Ok(found.map(|customer| customer.id))
        };
        Ok([
            find(customer::Column::CanonicalUsername, Some(new.username.canonical())).await?,
            find(customer::Column::MobileNumber, new.mobile_number.as_deref()).await?,
            find(customer::Column::Email, new.email.as_deref()).await?,
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
