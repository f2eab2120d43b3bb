//! A shop: the router over a store, behind a real socket, and customers with their keys.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::http::{HeaderName, HeaderValue, Method};
use entity::customer;
use reqwest::{Client, RequestBuilder, header};
use serde_json::{Value, json};
use shop_profile::{
    auth::ApiKey,
    profile::{Input, NewCustomerInput},
    server::{self, ConnectionLimits},
    store::{CustomerRef, NewToken, Store, now},
};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Subject, answer::Answer, database::Database, raw::Connection};

/// Where REST lives.
pub const ME: &str = "/api/shop/customers/me";

/// A running server. Dropping it stops it.
pub struct Shop {
    pub database: Database,
    pub store: Arc<Store>,
    pub address: SocketAddr,
    client: Client,
    _stop: DropGuard,
}

/// Somebody with a key.
pub struct Customer {
    pub id: i64,
    pub key: String,
}

impl Subject for Shop {
    async fn on(database: Database) -> Self {
        let store = Arc::new(database.open().await);
        store.migrate().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let app = server::router(store.clone(), &server::Options::default());
        tokio::spawn(server::run(listener, app, ConnectionLimits::default(), stop.clone()));
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
        Self { database, store, address, client, _stop: stop.drop_guard() }
    }
}

impl Shop {
    /// Another shop, alike but empty, on a database of the same kind.
    pub async fn another(&self) -> Self {
        Self::on(self.database.another().await).await
    }

    /// A customer who has only a username.
    pub async fn customer(&self, username: &str) -> Customer {
        self.add(NewCustomerInput { username: text(username), ..Default::default() }).await
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
        let id = input.parse().unwrap().add_to(&self.store).await.unwrap().id;
        Customer { id, key: self.issue(id, None).await }
    }

    /// One more key.
    pub async fn issue(&self, customer: i64, expires_in: Option<Duration>) -> String {
        let key = ApiKey::generate().unwrap();
        self.store_key(customer, &key, expires_in).await;
        key.reveal().to_owned()
    }

    /// A key that somebody else made; its id.
    pub async fn store_key(&self, customer: i64, key: &ApiKey, expires_in: Option<Duration>) -> i64 {
        let expires_at = expires_in.map(|time| now() + time);
        let token = NewToken { digest: key.digest(), name: String::new(), expires_at };
        self.store.issue_token(customer, token).await.unwrap().id
    }

    /// What is stored.
    pub async fn row(&self, id: i64) -> customer::Model {
        self.store.find_customer(&CustomerRef::Id(id)).await.unwrap().unwrap()
    }

    pub fn request(&self, method: Method, path: &str) -> Request {
        Request(self.client.request(method, format!("http://{}{path}", self.address)))
    }

    pub fn get(&self) -> Request {
        self.request(Method::GET, ME)
    }

    /// A patch by REST.
    pub fn patch(&self, body: Value) -> Request {
        self.patch_text(body.to_string())
    }

    /// A patch by REST of a body that `json!` cannot say.
    pub fn patch_text(&self, body: impl Into<reqwest::Body>) -> Request {
        self.request(Method::PATCH, ME).header("content-type", "application/json").body(body)
    }

    /// A GraphQL request.
    pub fn graphql(&self, query: &str, variables: Value) -> Request {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let request = self.request(Method::POST, "/graphql").header("accept", "application/json");
        request.header("content-type", "application/json").body(body)
    }

    /// A connection to be used by hand.
    pub async fn connection(&self) -> Connection {
        Connection::open(self.address).await
    }
}

/// A request on its way.
pub struct Request(RequestBuilder);

impl Request {
    pub fn key(self, key: &str) -> Self {
        self.header("authorization", format!("Token {key}"))
    }

    /// Adds to the headers; a second `content-type` takes the first one's place.
    pub fn header(self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let (name, value) = (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_ref()).unwrap());
        if name == header::CONTENT_TYPE {
            return Self(self.0.headers([(name, value)].into_iter().collect()));
        }
        Self(self.0.header(name, value))
    }

    pub fn body(self, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.body(body))
    }

    pub async fn send(self) -> Answer {
        let response = self.0.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer::checked(status, headers, response.bytes().await.unwrap().to_vec())
    }
}

fn text(text: &str) -> Input {
    Input::Text(text.into())
}
