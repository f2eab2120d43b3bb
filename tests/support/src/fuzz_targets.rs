//! What the fuzz targets (`fuzz/`) do with their bytes, and `tests/it/corpus.rs` with the seeds: a request to the real
//! router over a database in memory. Whatever was sent, the answer must be one that the server may give.

use std::sync::LazyLock;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{Method, StatusCode, Uri, header, request::Builder},
};
use serde_json::{Value, json};
use shop_profile::{
    auth::ApiToken,
    server::{self, Options},
    store::DatabaseUrl,
};
use tokio::runtime::{self, Runtime};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::shop::{add_customer_with, named, open_store};

const ME: &str = "/api/shop/customers/me";
const ME_KEYS: [&str; 10] = [
    "id",
    "username",
    "mobile_number",
    "email",
    "avatar",
    "first_name",
    "last_name",
    "full_name",
    "gender",
    "is_profile_completed",
];
const LIVE_TOKEN: &str = "live";
const DEACTIVATED_TOKEN: &str = "deactivated";

/// `extensions.code` of every error in an answer of GraphQL.
pub type Codes = Vec<String>;

/// A document, with a variable of every kind for it to declare; any other name is a variable that is not set.
pub fn graphql(document: &[u8]) -> Codes {
    let body = json!({
        "query": String::from_utf8_lossy(document),
        "variables": {
            "input": { "firstName": "Sara", "avatar": null, "gender": "FEMALE" },
            "text": "sara",
            "none": null,
            "yes": true,
            "number": 1,
        },
    });
    let request = with_token(Request::post("/graphql"), LIVE_TOKEN).header(header::CONTENT_TYPE, "application/json");
    graphql_answer(request.body(body.to_string().into()).unwrap())
}

/// A request whose first byte is four choices of four: two bits each for the API, `Accept`, `Content-Type` and the token,
/// from the lowest on. So `@` before a body posts it to `/graphql`, `A` gets it as a query string, `B` patches the
/// profile with it and `C` does so strictly, all with a live token.
pub fn request(bytes: &[u8]) -> Codes {
    let Some((choices, body)) = bytes.split_first() else { return Codes::new() };
    let choice = |shift: u32| usize::from(choices >> shift & 0b11);
    let mut request = Request::builder();
    if let Some(accept) = [
        None,
        Some("application/graphql-response+json"),
        Some("text/html, application/json;q=0.9, */*;q=0.1"),
        Some("text/html"),
    ][choice(2)]
    {
        request = request.header(header::ACCEPT, accept);
    }
    let content_types =
        ["application/json", "application/merge-patch+json", "application/json; charset=utf-16", "text/plain"];
    request = request.header(header::CONTENT_TYPE, content_types[choice(4)]);
    if let Some(token) = [None, Some(LIVE_TOKEN), Some("unknown"), Some(DEACTIVATED_TOKEN)][choice(6)] {
        request = with_token(request, token);
    }
    let patch = |request: Builder| request.method(Method::PATCH).uri(ME).body(Body::from(body.to_vec())).unwrap();
    match choice(0) {
        0 => {
            let codes =
                graphql_answer(request.method(Method::POST).uri("/graphql").body(body.to_vec().into()).unwrap());
            // Nothing but an object is a request: serde would read one out of an array, by position.
            assert!(body.trim_ascii_start().starts_with(b"{") || !codes.is_empty(), "executed, and not an object");
            codes
        }
        1 => match Uri::try_from([b"/graphql?", body].concat()) {
            Ok(uri) => graphql_answer(request.uri(uri).body(Body::empty()).unwrap()),
            // It is no request at all: hyper rejects it.
            Err(_) => Codes::new(),
        },
        2 => rest_answer(patch(request)),
        _ => rest_answer(patch(request.header("prefer", "handling=strict"))),
    }
}

fn with_token(request: Builder, token: &str) -> Builder {
    request.header(header::AUTHORIZATION, format!("Token {token}"))
}

/// Data or errors, these few, short and coded.
fn graphql_answer(request: Request) -> Codes {
    let (_, body) = send(request);
    let answer: Value = serde_json::from_slice(&body).unwrap();
    let errors = answer.get("errors").map_or(&[][..], |errors| errors.as_array().unwrap());
    assert!(answer.get("data").is_some() || !errors.is_empty(), "neither data nor errors: {answer}");
    assert!(errors.len() <= 10, "too many errors: {answer}");
    let code = |error: &Value| {
        assert!(error["message"].as_str().unwrap().chars().count() <= 300, "too long a message: {answer}");
        error["extensions"]["code"].as_str().unwrap().to_owned()
    };
    errors.iter().map(code).collect()
}

/// The ten keys in their order, or an object that says what is wrong.
fn rest_answer(request: Request) -> Codes {
    let (status, body) = send(request);
    let answer: Value = serde_json::from_slice(&body).unwrap();
    let keys: Vec<_> = answer.as_object().unwrap().keys().collect();
    assert_eq!(keys == ME_KEYS, status == StatusCode::OK, "{status} {answer}");
    Codes::new()
}

/// A panic while a request is executed is a 500, and elsewhere ends the task.
fn send(request: Request) -> (StatusCode, Bytes) {
    static SHOP: LazyLock<(Runtime, Router)> = LazyLock::new(|| {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let app = runtime.block_on(open_shop());
        (runtime, app)
    });
    let (runtime, app) = &*SHOP;
    // On a worker thread, whose stack is as small as the server's.
    let answered = runtime.spawn(async {
        let response = app.clone().oneshot(request).await.unwrap();
        (response.status(), to_bytes(response.into_body(), usize::MAX).await.unwrap())
    });
    let (status, body) = runtime.block_on(answered).unwrap();
    assert!(!status.is_server_error(), "{status} {body:?}");
    (status, body)
}

async fn open_shop() -> Router {
    let store = open_store(&DatabaseUrl::in_memory()).await;
    add_customer_with(&store, named("sara"), &ApiToken::from_plaintext(LIVE_TOKEN)).await;
    let omid = add_customer_with(&store, named("omid"), &ApiToken::from_plaintext(DEACTIVATED_TOKEN)).await;
    store.set_active(omid, false).await.unwrap();
    server::router(store, &Options::default(), CancellationToken::new())
}
