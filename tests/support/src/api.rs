//! A client of both APIs, whose calls read like the requests.

use std::{net::SocketAddr, time::Duration};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::{answer::Answer, raw::Connection};

/// Where REST lives.
pub const ME: &str = "/api/shop/customers/me";

#[derive(Clone)]
pub struct Api {
    pub address: SocketAddr,
    client: Client,
}

impl Api {
    pub fn at(address: SocketAddr) -> Self {
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
        Self { address, client }
    }

    pub fn request(&self, method: Method, path: &str) -> Request {
        Request(self.client.request(method, format!("http://{}{path}", self.address)))
    }

    pub fn get(&self) -> Request {
        self.request(Method::GET, ME)
    }

    /// A patch by REST.
    pub fn patch(&self, body: Value) -> Request {
        self.patch_bytes(body.to_string())
    }

    /// A patch by REST whose body `json!` cannot say.
    pub fn patch_bytes(&self, body: impl Into<reqwest::Body>) -> Request {
        self.request(Method::PATCH, ME).header("content-type", "application/json").body(body)
    }

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
    pub fn token(self, token: &str) -> Self {
        self.header("authorization", format!("Token {token}"))
    }

    /// Adds a header, but for a second `content-type` or `accept`, which takes the first one's place.
    pub fn header(self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let (name, value) = (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_ref()).unwrap());
        if [header::CONTENT_TYPE, header::ACCEPT].contains(&name) {
            return Self(self.0.headers([(name, value)].into_iter().collect()));
        }
        Self(self.0.header(name, value))
    }

    pub fn body(self, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.body(body))
    }

    /// The body alone, of an answer that has headers of its own: a page for browsers.
    pub async fn raw(self) -> String {
        self.0.send().await.unwrap().text().await.unwrap()
    }

    /// The status alone, of such an answer.
    pub async fn raw_status(self) -> u16 {
        self.0.send().await.unwrap().status().as_u16()
    }

    pub async fn send(self) -> Answer {
        self.try_send().await.unwrap()
    }

    /// As `send`, of a web page elsewhere: only to those the server may talk of origins.
    pub async fn send_cross_origin(self) -> Answer {
        let response = self.0.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let (of_origins, others): (Vec<_>, Vec<_>) =
            headers.into_iter().partition(|(name, _)| name.as_ref().is_some_and(is_of_origins));
        let named = |headers: Vec<(Option<HeaderName>, HeaderValue)>| {
            headers.into_iter().filter_map(|(name, value)| Some((name?, value))).collect::<HeaderMap>()
        };
        let mut answer = Answer::checked(status, named(others), response.bytes().await.unwrap().to_vec());
        answer.headers.extend(named(of_origins));
        answer
    }

    /// As `send`, where the server may be killed before it has answered.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn try_send(self) -> reqwest::Result<Answer> {
        let response = self.0.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer::checked(status, headers, response.bytes().await?.to_vec()))
    }
}

fn is_of_origins(name: &HeaderName) -> bool {
    name.as_str().starts_with("access-control-")
}
