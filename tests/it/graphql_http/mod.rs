//! GraphQL over HTTP: methods, media types, statuses, limits and persisted queries (docs/graphql-over-http.md). The
//! official audits and real clients run in `tests/clients`.

mod values;

use axum::http::Method;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{
    Subject,
    answer::Answer,
    api::Request,
    database::Database,
    shop::{Customer, Shop},
};

const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

async fn shop() -> (Shop, Customer) {
    let shop = Shop::on(Database::sqlite()).await;
    let sara = shop.customer("sara").await;
    (shop, sara)
}

fn post(shop: &Shop, body: impl Into<reqwest::Body>) -> Request {
    let request = shop.request(Method::POST, "/graphql").header("content-type", "application/json");
    request.header("accept", GRAPHQL_RESPONSE).body(body)
}

fn query(shop: &Shop, query: &str) -> Request {
    post(shop, json!({ "query": query }).to_string())
}

#[track_caller]
fn assert_code(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "\n{answer}");
    let body = answer.json();
    let codes: Vec<_> = body["errors"].as_array().unwrap().iter().map(|error| &error["extensions"]["code"]).collect();
    assert_eq!(codes, [code], "\n{answer}");
    assert!(body.get("data").is_none(), "a request error has no data\n{answer}");
}

#[tokio::test]
async fn accept_selects_the_media_type_of_the_response() {
    let (shop, _) = shop().await;
    let json = "application/json; charset=utf-8";
    let response = "application/graphql-response+json; charset=utf-8";
    for (accept, content_type) in [
        ("*/*", json),
        ("application/*", json),
        ("application/json", json),
        (GRAPHQL_RESPONSE, response),
        ("application/json, application/graphql-response+json", response),
        ("application/graphql-response+json;q=0.1, application/json", json),
        ("application/json;q=0, */*", "application/json; charset=utf-8"),
    ] {
        let request = shop.request(Method::POST, "/graphql").header("content-type", "application/json");
        let answer = request.header("accept", accept).body(r#"{"query":"{ __typename }"}"#).send().await;
        if accept.starts_with("application/json;q=0,") {
            assert_code(&answer, 406, "NOT_ACCEPTABLE");
        } else {
            assert_eq!((answer.status, &*answer.body), (200, r#"{"data":{"__typename":"Query"}}"#), "{accept}");
        }
        assert_eq!(answer.header("content-type"), content_type, "{accept}");
        assert_eq!(answer.header("vary"), "accept, authorization");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn methods_and_bodies_that_are_no_graphql_request_are_rejected_in_both_types() {
    let (shop, _) = shop().await;
    for (method, allow) in [(Method::PUT, "GET, HEAD, POST"), (Method::OPTIONS, "GET, HEAD, POST")] {
        let answer = shop.request(method, "/graphql").send().await.assert_header("allow", allow);
        assert_code(&answer, 405, "METHOD_NOT_ALLOWED");
    }
    let typed = |content_type: &str| query(&shop, "{ __typename }").header("content-type", content_type);
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "json"]
    {
        assert_code(&typed(content_type).send().await, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    typed("application/json; charset=\"UTF-8\"").send().await.assert_status(200);
    let zipped = query(&shop, "{ __typename }").header("content-encoding", "gzip");
    assert_code(&zipped.send().await, 415, "UNSUPPORTED_MEDIA_TYPE");
    for body in [
        "",
        "nonsense",
        "[]",
        r#"[{"query":"{ __typename }"}]"#,
        // serde would read a struct out of an array.
        r#"["{ __typename }"]"#,
        r#" ["{ __typename }",null,{},{}]"#,
        r#"{"query":"{ __typename }","extensions":{"persistedQuery":[1,"x"]}}"#,
        r#"{"query":1}"#,
        r#"{"query":"{ __typename }","query":"{ __typename }"}"#,
        r#"{"query":"{ __typename }","operationName":1}"#,
        r#"{"query":"{ __typename }","variables":[]}"#,
        r#"{"query":"{ __typename }","extensions":"x"}"#,
        r#"{"query":"{ __typename }","variables":{"v":"\ud800"}}"#,
        r#"{"query":null}"#,
        r#"{"query":""}"#,
        "{}",
    ] {
        for accept in [GRAPHQL_RESPONSE, "application/json"] {
            assert_code(&post(&shop, body).header("accept", accept).send().await, 400, "BAD_REQUEST");
        }
    }
    let nulls = r#"{"query":"{ __typename }","operationName":null,"variables":null,"extensions":null,"other":[1]}"#;
    post(&shop, nulls).send().await.assert_status(200);
}

#[tokio::test]
async fn a_query_may_come_by_get_and_a_mutation_may_not() {
    let (shop, sara) = shop().await;
    let get = |query: &str| shop.request(Method::GET, &format!("/graphql?{query}")).token(&sara.token);
    let me = get("query=query%20Me%20%7B%20me%20%7B%20username%20%7D%20%7D&operationName=Me&variables=&extensions=");
    me.send().await.assert(200, r#"{"data":{"me":{"username":"sara"}}}"#);
    let by_get = get(
        "query=mutation%20%7B%20updateMyProfile(input%3A%7BfirstName%3A%22x%22%7D)%20%7BuserErrors%7Bcode%7D%7D%7D",
    );
    assert_code(&by_get.send().await.assert_header("allow", "POST"), 405, "METHOD_NOT_ALLOWED");
    assert_eq!(shop.row(sara.id).await.first_name, "");
    for rejected in
        ["", "query=", "query=%7B__typename%7D&query=%7B__typename%7D", "query=%7B__typename%7D&variables=%5B%5D"]
    {
        assert_code(&get(rejected).send().await, 400, "BAD_REQUEST");
    }
    shop.request(Method::HEAD, "/graphql?query=%7B__typename%7D").send().await.assert_status(200);
}

#[tokio::test]
async fn request_errors_have_the_status_of_their_type() {
    let (shop, sara) = shop().await;
    for (document, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ me { \"", "GRAPHQL_PARSE_FAILED"),
        ("{ me { nope } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...F } fragment F on Query { ...F }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ("query ($v: String!) { me { id @include(if: true) } x: __type(name: $v) { name } }", "BAD_USER_INPUT"),
    ] {
        assert_code(&query(&shop, document).token(&sara.token).send().await, 400, code);
        let json = query(&shop, document).token(&sara.token).header("accept", "application/json");
        assert_code(&json.send().await, 200, code);
    }
    let unknown = json!({"query": "query A { __typename }", "operationName": "B"}).to_string();
    assert_code(&post(&shop, unknown).send().await, 400, "OPERATION_RESOLUTION_FAILURE");
}

#[tokio::test]
async fn a_syntax_error_says_where_and_shows_nothing_of_the_document() {
    let (shop, _) = shop().await;
    let answer = query(&shop, "{\n  secret(name: \"Sara\" }").send().await;
    assert_eq!(
        answer.body,
        r#"{"errors":[{"message":"Syntax error.","locations":[{"line":2,"column":23}],"extensions":{"code":"GRAPHQL_PARSE_FAILED"}}]}"#
    );
}

#[tokio::test]
async fn only_introspection_needs_no_token_and_a_sent_token_must_be_live() {
    let (shop, sara) = shop().await;
    let me = "{ me { username } }";
    let introspection = "{ __typename __type(name: \"Customer\") { name } }";
    query(&shop, introspection).send().await.assert_status(200);
    query(&shop, introspection).token(&sara.token).send().await.assert_status(200);
    assert_code(&query(&shop, me).send().await, 401, "UNAUTHENTICATED");
    for document in
        [me, introspection, "{", "{ nope }", "mutation { updateMyProfile(input: {}) { userErrors { code } } }"]
    {
        let answer = query(&shop, document).token("shp_unknown").send().await;
        assert_code(&answer, 401, "UNAUTHENTICATED");
        let answer = query(&shop, document).header("authorization", "Token").send().await;
        assert_code(&answer, 401, "UNAUTHENTICATED");
    }
    let answer =
        query(&shop, me).header("authorization", "Token a b").header("accept", "application/json").send().await;
    assert_eq!(
        answer.body,
        r#"{"errors":[{"message":"Invalid token header. Token string should not contain spaces.","extensions":{"code":"UNAUTHENTICATED"}}]}"#
    );
}

#[tokio::test]
async fn a_long_message_is_cut() {
    let (shop, _) = shop().await;
    let document = format!("query (${}: String!) {{ __typename }}", "v".repeat(400));
    let answer = query(&shop, &document).send().await;
    assert_code(&answer, 400, "BAD_USER_INPUT");
    assert_eq!(answer.json()["errors"][0]["message"].as_str().unwrap().len(), 300, "{answer}");
}

#[tokio::test]
async fn a_body_may_have_its_limit_and_not_a_byte_more() {
    let (shop, _) = shop().await;
    let body = |bytes: usize| {
        let frame = r#"{"query":"{ __typename }","other":""}"#.len();
        format!(r#"{{"query":"{{ __typename }}","other":"{}"}}"#, "x".repeat(bytes - frame))
    };
    post(&shop, body(65_536)).send().await.assert_status(200);
    assert_code(&post(&shop, body(65_537)).send().await, 413, "REQUEST_TOO_LARGE");
}

#[tokio::test]
async fn errors_are_at_most_ten() {
    let (shop, sara) = shop().await;
    let fields: String = (0..20).map(|index| format!("nope{index} ")).collect();
    let answer = query(&shop, &format!("{{ me {{ {fields} }} }}")).token(&sara.token).send().await;
    assert_eq!(answer.json()["errors"].as_array().unwrap().len(), 10, "{answer}");
    assert!(!answer.body.contains("Did you mean"), "{answer}");
}

#[tokio::test]
async fn a_persisted_query_is_found_by_its_hash_once_its_text_was_sent() {
    let (shop, sara) = shop().await;
    let text = "query Persisted { me { username } }";
    let hash: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    let request = |query: Option<&str>, version: u8, hash: &str| {
        let persisted = json!({"persistedQuery": {"version": version, "sha256Hash": hash}});
        let body = json!({"query": query, "extensions": persisted}).to_string();
        post(&shop, body).token(&sara.token)
    };
    let sara_is_shown = r#"{"data":{"me":{"username":"sara"}}}"#;
    let unknown = request(None, 1, &hash).send().await;
    assert_code(&unknown, 200, "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(unknown.json()["errors"][0]["message"], "PersistedQueryNotFound");
    assert_code(&request(Some("{ __typename }"), 1, &hash).send().await, 400, "BAD_REQUEST");
    assert_code(&request(None, 1, &hash).send().await, 200, "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(request(Some(text), 1, &hash).send().await.body, sara_is_shown);
    assert_eq!(request(None, 1, &hash).send().await.body, sara_is_shown);
    assert_eq!(request(None, 1, &hash.to_uppercase()).send().await.body, sara_is_shown);
    assert_code(&request(None, 2, &hash).send().await, 200, "PERSISTED_QUERY_NOT_SUPPORTED");
    // A document that is rejected is not kept.
    let bad = "{ me { nope";
    let bad_hash: String = Sha256::digest(bad).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_code(&request(Some(bad), 1, &bad_hash).send().await, 400, "GRAPHQL_PARSE_FAILED");
    assert_code(&request(None, 1, &bad_hash).send().await, 200, "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn skipping_everything_leaves_an_empty_object() {
    let (shop, sara) = shop().await;
    let nothing = "{ me @skip(if: true) { id } }";
    query(&shop, nothing).token(&sara.token).send().await.assert_status(200);
    assert_eq!(query(&shop, nothing).token(&sara.token).send().await.json(), json!({"data": {}}));
    // No resolver ran that would have checked the token.
    for document in [nothing, "{ __typename me @skip(if: true) { id } }"] {
        assert_code(&query(&shop, document).token("unknown").send().await, 401, "UNAUTHENTICATED");
    }
}
