//! What the server does around the APIs: health, CORS, the playground's switch.

use axum::http::{HeaderValue, Method};
use shop_profile::server::{ConnectionLimits, Options};

use crate::support::{binary::Server, both_databases, database::Database, shop::Shop};

both_databases![health_checks_need_no_token];

async fn health_checks_need_no_token(shop: Shop) {
    for path in ["/healthz", "/readyz"] {
        let answer = shop.request(Method::GET, path).send().await.assert_status(200);
        assert_eq!(answer.body, "ok\n");
    }
    // The database goes; the process lives.
    shop.store.close().await;
    shop.request(Method::GET, "/healthz").send().await.assert_status(200);
    let answer = shop.connection().await.exchange("GET /readyz HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    assert_eq!(answer.assert_status(503).body, "database unavailable\n");
}

#[tokio::test]
async fn only_listed_origins_may_call_from_a_browser() {
    let options =
        Options { allow_origins: vec![HeaderValue::from_static("https://shop.example")], ..Options::default() };
    let shop = Shop::with(Database::sqlite(), &options, ConnectionLimits::default()).await;
    let sara = shop.customer("sara").await;
    let preflight = |origin: &str| {
        let request = shop.request(Method::OPTIONS, "/graphql").header("origin", origin);
        request.header("access-control-request-method", "POST")
    };
    let allow_origin = "access-control-allow-origin";
    let allowed = preflight("https://shop.example").send_cross_origin().await.assert_status(204);
    assert_eq!(allowed.header(allow_origin), "https://shop.example");
    assert_eq!(allowed.header("access-control-allow-credentials"), "");
    for header in
        ["authorization", "apollographql-client-name", "apollo-require-preflight", "traceparent", "x-request-id"]
    {
        let allowed = allowed.header("access-control-allow-headers");
        assert!(allowed.split(", ").any(|name| name == header), "{header} is not in {allowed}");
    }
    let rejected = preflight("https://evil.example").send_cross_origin().await.assert_status(405);
    assert_eq!(rejected.header(allow_origin), "");
    for (origin, allowed) in [("https://shop.example", "https://shop.example"), ("https://evil.example", "")] {
        let answer =
            shop.get().token(&sara.token).header("origin", origin).send_cross_origin().await.assert_status(200);
        assert_eq!(answer.header(allow_origin), allowed);
    }
    // Without a list no answer says anything of origins: `Answer::checked` holds every other test to that.
}

#[tokio::test]
async fn introspection_and_the_pages_can_be_switched_off() {
    let options = Options { introspection: false, graphiql: false, docs: false, ..Options::default() };
    let shop = Shop::with(Database::sqlite(), &options, ConnectionLimits::default()).await;
    shop.request(Method::GET, "/graphiql").send().await.assert(404, r#"{"detail":"Not found."}"#);
    shop.request(Method::GET, "/docs").send().await.assert(404, r#"{"detail":"Not found."}"#);
    shop.request(Method::GET, "/").send().await.assert(404, r#"{"detail":"Not found."}"#);
    let answer = shop.graphql("{ __schema { queryType { name } } }", serde_json::Value::Null).send().await;
    answer.assert(
        200,
        r#"{"errors":[{"message":"Introspection is switched off on this server.","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}"#,
    );
    shop.graphql("{ __typename }", serde_json::Value::Null).send().await.assert_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_origin_is_logged_once_and_few_are() {
    let database = Database::sqlite();
    let server = Server::start(database.url(), &["--allow-origin", "https://shop.example"]).await;
    let started = server.logged("started").await;
    assert!(started.contains("https://shop.example"), "{started}");
    let ask = async |origin: String| {
        let request = server.request(Method::GET, "/healthz").header("origin", origin);
        request.send_cross_origin().await.assert_status(200);
    };
    ask(format!("http://{}", server.address)).await;
    ask("https://shop.example".to_owned()).await;
    ask("https://evil.example".to_owned()).await;
    for index in 0..100 {
        ask(format!("https://evil{}.example", index / 2)).await;
    }
    let line = server.logged("origin not allowed").await;
    assert!(line.contains("origin=https://evil.example") && line.contains("https://shop.example"), "{line}");
    server.logged("further origins").await;
    server.terminate().await;
    let (_, log) = server.ended().await;
    assert_eq!(log.lines().filter(|line| line.contains("origin not allowed")).count(), 32, "{log}");
}
