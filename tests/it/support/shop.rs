//! A shop: the router over a store, behind a real socket, and customers with their keys.

use std::{ops::Deref, sync::Arc, time::Duration};

use entity::customer;
use sea_orm::ActiveValue::Set;
use shop_profile::{
    auth::ApiToken,
    profile::{FieldInput, NewCustomerInput},
    server::{self, ConnectionLimits},
    store::{CustomerRef, NewToken, Store, now},
};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Subject, api::Api, database::Database};

/// A running server. Dropping it stops it.
pub struct Shop {
    pub database: Database,
    pub store: Arc<Store>,
    api: Api,
    _stop: DropGuard,
}

/// Somebody with a key.
pub struct Customer {
    pub id: i64,
    pub key: String,
}

impl Subject for Shop {
    async fn on(database: Database) -> Self {
        Self::with(database, &server::Options::default(), ConnectionLimits::default()).await
    }
}

impl Shop {
    /// A server with settings of its own.
    pub async fn with(database: Database, options: &server::Options, limits: ConnectionLimits) -> Self {
        let store = database.open().await;
        Self::over(database, store, options, limits).await
    }

    /// A server on a store that was opened in another way.
    pub async fn on_store(database: Database, store: Store) -> Self {
        Self::over(database, store, &server::Options::default(), ConnectionLimits::default()).await
    }

    async fn over(database: Database, store: Store, options: &server::Options, limits: ConnectionLimits) -> Self {
        let store = Arc::new(store);
        store.migrate().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = Api::at(listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let app = server::router(store.clone(), options, stop.clone());
        tokio::spawn(server::run(listener, app, limits, stop.clone()));
        Self { database, store, api, _stop: stop.drop_guard() }
    }

    /// Another shop, alike but empty, on a database of the same kind.
    pub async fn another(&self) -> Self {
        Self::on(self.database.another().await).await
    }

    /// A customer who has only a username.
    pub async fn customer(&self, username: &str) -> Customer {
        self.add(NewCustomerInput { username: text(username), ..Default::default() }).await
    }

    /// A customer who was somebody elsewhere before: ids are unique, not dense.
    pub async fn customer_with_id(&self, id: i64, username: &str) -> Customer {
        let input = NewCustomerInput { username: text(username), ..Default::default() };
        let row = customer::ActiveModel { id: Set(id), ..input.parse().unwrap().into_row() };
        self.store.add_customer(row).await.unwrap();
        Customer { id, key: self.issue(id, None).await }
    }

    /// The customer of the contract's example, every value of it.
    pub async fn behrooz(&self) -> Customer {
        self.add(NewCustomerInput {
            username: text("behrooz3500"),
            mobile_number: text("09308744204"),
            email: text("behrooz21@hotmail.com"),
            avatar: text("http://127.0.0.1:8000/media/users/avatars/photo22132188258.jpg"),
            first_name: text("behrooz"),
            last_name: text("ghorbanie"),
            gender: text("male"),
        })
        .await
    }

    async fn add(&self, input: NewCustomerInput) -> Customer {
        add_customer(&self.store, input).await
    }

    /// One more key.
    pub async fn issue(&self, customer: i64, expires_in: Option<Duration>) -> String {
        let key = ApiToken::generate().unwrap();
        self.store_key(customer, &key, expires_in).await;
        key.expose_secret().to_owned()
    }

    /// A key that somebody else made; its id.
    pub async fn store_key(&self, customer: i64, key: &ApiToken, expires_in: Option<Duration>) -> i64 {
        let expires_at = expires_in.map(|time| now() + time);
        let token = NewToken { digest: key.digest(), name: String::new(), expires_at };
        self.store.issue_token(customer, token).await.unwrap().id
    }

    /// What is stored.
    pub async fn row(&self, id: i64) -> customer::Model {
        self.store.find_customer(&CustomerRef::Id(id)).await.unwrap().unwrap()
    }
}

impl Deref for Shop {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

/// A customer with only a username, whose token is this text.
pub async fn add_customer_with_token(store: &Arc<Store>, username: &str, token: &str) -> i64 {
    let input = NewCustomerInput { username: text(username), ..Default::default() };
    let id = input.parse().unwrap().add_to(store).await.unwrap().id;
    let digest = ApiToken::from_plaintext(token).digest();
    store.issue_token(id, NewToken { digest, name: String::new(), expires_at: None }).await.unwrap();
    id
}

/// Adds a customer and issues an API token for them.
pub async fn add_customer(store: &Arc<Store>, input: NewCustomerInput) -> Customer {
    let id = input.parse().unwrap().add_to(store).await.unwrap().id;
    let key = ApiToken::generate().unwrap();
    let token = NewToken { digest: key.digest(), name: String::new(), expires_at: None };
    store.issue_token(id, token).await.unwrap();
    Customer { id, key: key.expose_secret().to_owned() }
}

pub fn text(text: &str) -> FieldInput {
    FieldInput::Text(text.into())
}
