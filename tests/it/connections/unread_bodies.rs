//! Responses that are ready before the body of their request has arrived or been read (RFC 9112, section 9.6).

use axum::http::header;
use shop_profile::{rate_limit::RateLimits, server::Options};

use super::get;
use crate::support::{
    database::Database,
    shop::{Customer, Shop},
};

const BODY: &str = r#"{"first_name":"Sara"}"#;

/// A customer who has no updates left.
async fn shop() -> (Shop, Customer) {
    let options = Options { rate_limits: RateLimits { updates: 1, ..RateLimits::OFF }, ..Options::default() };
    let shop = Shop::with(Database::sqlite(), &options, Default::default()).await;
    let sara = shop.customer("sara").await;
    let request = patch(&sara.token, &format!("Content-Length: {}", BODY.len())) + BODY;
    shop.connection().await.exchange(request).await.assert_status(200);
    (shop, sara)
}

fn patch(token: &str, length: &str) -> String {
    head("PATCH /api/shop/customers/me", token, &format!("Content-Type: application/json\r\n{length}"))
}

/// Without a token the request has no credentials.
fn head(line: &str, token: &str, headers: &str) -> String {
    let scheme = if token.is_empty() { "None" } else { "Token" };
    format!("{line} HTTP/1.1\r\nHost: shop\r\nAuthorization: {scheme} {token}\r\n{headers}\r\n\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_ends_when_the_body_has_not_arrived_and_the_response_says_so() {
    let (shop, sara) = shop().await;
    let (token, length) = (&*sara.token, format!("Content-Length: {}", BODY.len()));
    for (request, status) in [
        (patch("", &length), 401),
        (patch(token, &length), 429),
        (patch(token, "Transfer-Encoding: chunked"), 429),
        (patch(token, &length) + "{", 429),
        (patch(token, &format!("{length}\r\nExpect: 100-continue")), 429),
        (head("PUT /api/shop/customers/me", token, &length), 405),
        (head("POST /graphql", token, &format!("Content-Type: text/plain\r\n{length}")), 415),
        (head("POST /healthz", token, &length), 405),
    ] {
        let mut connection = shop.connection().await;
        let answer = connection.exchange(&request).await;
        answer.assert_status(status).assert_header("connection", "close");
        assert_eq!(connection.closed().await, "", "{request}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_stays_open_when_the_body_has_arrived_and_is_not_too_long() {
    let (shop, sara) = shop().await;
    let chunked = format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len());
    for (token, status) in [("", 401), (&*sara.token, 429)] {
        let with = |body: &str| patch(token, &format!("Content-Length: {}", body.len())) + body;
        for request in [with(BODY), patch(token, "Transfer-Encoding: chunked") + &chunked, with("")] {
            let mut connection = shop.connection().await;
            let answer = connection.exchange(&request).await.assert_status(status);
            assert_eq!(answer.headers.get(header::CONNECTION), None, "{request}");
            connection.exchange(get(&sara.token)).await.assert_status(200);
        }
        let longer = with(&"s".repeat(32 * 1024 + 1));
        let mut connection = shop.connection().await;
        connection.offer(&longer).await;
        connection.answer().await.assert_status(status).assert_header("connection", "close");
        assert_eq!(connection.closed().await, "");
    }
}
