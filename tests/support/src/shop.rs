//! A shop: the router over a store, behind a real socket, and customers with their API tokens.

use std::{ops::Deref, sync::Arc, time::Duration};

use entity::customer;
use sea_orm::ActiveValue::Set;
use shop_profile::{
    auth::ApiToken,
    cli::serve::example_customer,
    profile::{FieldInput, NewCustomerInput},
    server::{self, ConnectionLimits},
    service,
    store::{BulkCustomer, CustomerRef, DatabaseUrl, NewToken, OpenOptions, Store, now},
};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{Subject, api::Api, database::Database};

/// A running server. Dropping it stops it.
pub struct Shop {
    pub database: Database,
    pub store: Arc<Store>,
    api: Api,
    options: server::Options,
    _stop: DropGuard,
}

/// A customer and one of their API tokens.
pub struct Customer {
    pub id: i64,
    pub token: String,
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
        tokio::spawn(server::run(
            listener,
            app,
            server::Role::Origin,
            limits,
            options.metrics.connections.clone(),
            stop.clone(),
        ));
        Self { database, store, api, options: options.clone(), _stop: stop.drop_guard() }
    }

    /// Another shop with the same options but empty, on a database of the same kind.
    pub async fn another(&self) -> Self {
        Self::with(self.database.another().await, &self.options, ConnectionLimits::default()).await
    }

    /// A customer who has only a username.
    pub async fn customer(&self, username: &str) -> Customer {
        add_customer(&self.store, named(username)).await
    }

    /// A customer who was somebody elsewhere before: ids are unique, not dense.
    pub async fn customer_with_id(&self, id: i64, username: &str) -> Customer {
        let row = customer::ActiveModel { id: Set(id), ..named(username).parse().unwrap().into() };
        self.store.insert_customers(&[&BulkCustomer { row, tokens: Vec::new() }]).await.unwrap();
        Customer { id, token: self.issue(id, None).await }
    }

    /// The customer of the contract's example, every value of it.
    pub async fn behrooz(&self) -> Customer {
        add_customer(&self.store, example_customer()).await
    }

    /// Issues one more token.
    pub async fn issue(&self, customer: i64, expires_in: Option<Duration>) -> String {
        let token = ApiToken::generate().unwrap();
        self.store_token(customer, &token, expires_in).await;
        token.expose_secret().to_owned()
    }

    /// Stores a token that was made elsewhere; its id.
    pub async fn store_token(&self, customer: i64, token: &ApiToken, expires_in: Option<Duration>) -> i64 {
        let expires_at = expires_in.map(|time| now() + time);
        let token = NewToken { digest: token.digest(), name: String::new(), expires_at };
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

/// An empty store with an up-to-date schema.
pub async fn open_store(url: &DatabaseUrl) -> Arc<Store> {
    let store = Arc::new(Store::open(url, OpenOptions::default()).await.unwrap());
    store.migrate().await.unwrap();
    store
}

/// Adds a customer and issues an API token for them.
pub async fn add_customer(store: &Arc<Store>, input: NewCustomerInput) -> Customer {
    let token = ApiToken::generate().unwrap();
    let id = add_customer_with(store, input, &token).await;
    Customer { id, token: token.expose_secret().to_owned() }
}

/// A customer with only a username, whose token is this text; their id.
pub async fn add_customer_with_token(store: &Arc<Store>, username: &str, token: &str) -> i64 {
    add_customer_with(store, named(username), &ApiToken::from_plaintext(token)).await
}

/// Adds a customer with this API token; their id.
pub async fn add_customer_with(store: &Arc<Store>, input: NewCustomerInput, token: &ApiToken) -> i64 {
    let id = service::add_customer(store, &input.parse().unwrap()).await.unwrap().id;
    store.issue_token(id, NewToken { digest: token.digest(), name: String::new(), expires_at: None }).await.unwrap();
    id
}

/// A customer who has only a username.
pub fn named(username: &str) -> NewCustomerInput {
    NewCustomerInput { username: FieldInput::Text(username.into()), ..Default::default() }
}
