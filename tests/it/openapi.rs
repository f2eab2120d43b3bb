//! `openapi.json` is what the program prints, what the server answers and what its answers look like.

use std::collections::BTreeSet;

use axum::http::{HeaderValue, Method};
use serde_json::{Value, json};
use shop_profile::{
    rate_limit::RateLimits,
    server::{ConnectionLimits, Options},
};

use crate::support::{
    answer::Answer,
    api::{ME, Request},
    binary,
    database::Database,
    shop::Shop,
};

const CHECKED_IN: &str = include_str!("../../openapi.json");

fn document() -> Value {
    serde_json::from_str(CHECKED_IN).unwrap()
}

#[tokio::test]
async fn the_command_prints_the_file_and_needs_no_database() {
    let ended = binary::run("sqlite://no/such/folder/shop.db", &["openapi"]).await;
    let command = "cargo run -- openapi > openapi.json";
    assert!(ended.ok() + "\n" == CHECKED_IN, "openapi.json is out of date. Update it with: {command}");
}

#[test]
fn each_reference_of_the_document_leads_to_a_component() {
    let document = document();
    let references = CHECKED_IN.split("\"$ref\": \"#").skip(1).filter_map(|rest| rest.split('"').next());
    let references: BTreeSet<&str> = references.collect();
    assert!(references.len() > 20, "{references:?}");
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn the_document_is_served_without_a_token_and_revalidated_by_its_etag() {
    let options =
        Options { allow_origins: vec![HeaderValue::from_static("https://shop.example")], ..Options::default() };
    let shop = Shop::with(Database::sqlite(), &options, ConnectionLimits::default()).await;
    let request = |method| shop.request(method, "/openapi.json");
    let answer =
        request(Method::GET).send().await.assert(200, CHECKED_IN).assert_header("cache-control", "public, no-cache");
    let etag = answer.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.len() > 32, "{answer}");
    request(Method::HEAD).send().await.assert_status(200).assert_header("etag", &etag);
    request(Method::GET).header("if-none-match", &etag).send().await.assert(304, "").assert_header("etag", &etag);
    request(Method::GET).header("if-none-match", "\"1\"").send().await.assert_status(200);
    request(Method::POST).send().await.assert_status(405);
    let other_origin = request(Method::GET).header("origin", "https://shop.example").send_cross_origin().await;
    other_origin.assert_header("access-control-allow-origin", "https://shop.example");
}

/// The documented response and the answer have the same headers, but for those that only some answers have.
#[tokio::test]
async fn each_answer_has_the_headers_of_its_documented_response() {
    let options = Options { rate_limits: RateLimits::default(), ..Options::default() };
    let shop = Shop::with(Database::sqlite(), &options, ConnectionLimits::default()).await;
    let sara = shop.customer("sara").await;
    let patch = |body: Value| shop.patch(body).token(&sara.token);
    let stale = |request: Request| request.header("if-match", "\"1-99\"");
    let documented = document()["paths"][ME].clone();
    for (method, request) in [
        ("get", shop.get().token(&sara.token)),
        ("get", shop.get().token(&sara.token).header("if-none-match", "*")),
        ("get", shop.get()),
        ("head", shop.request(Method::HEAD, ME).token(&sara.token)),
        ("head", shop.request(Method::HEAD, ME)),
        ("options", shop.request(Method::OPTIONS, ME)),
        ("patch", patch(json!({"first_name": "Sara"})).header("prefer", "handling=strict")),
        ("patch", patch(json!({"gender": "x"})).header("prefer", "handling=strict")),
        ("patch", shop.patch(json!({}))),
        ("patch", stale(patch(json!({"first_name": "Zoë"})).header("prefer", "handling=strict"))),
        ("patch", patch(json!({})).header("content-type", "text/plain").header("prefer", "handling=strict")),
        ("patch", patch(json!("x".repeat(65_536))).header("prefer", "handling=strict")),
    ] {
        let answer = request.send().await.about(method);
        let response = &documented[method]["responses"][answer.status.to_string()];
        assert!(response.is_object(), "{answer}");
        assert_headers(response, &answer);
    }
    let put = shop.request(Method::PUT, ME).token(&sara.token).send().await.assert_status(405);
    assert_headers(&json!({"$ref": "#/components/responses/MethodNotAllowed"}), &put);
    let elsewhere = shop.request(Method::GET, "/api/shop/customers/1").send().await.assert_status(404);
    assert_headers(&json!({"$ref": "#/components/responses/NotFound"}), &elsewhere);
}

#[track_caller]
fn assert_headers(response: &Value, answer: &Answer) {
    /// What the framing of a message says is no business of an OpenAPI document.
    const FRAMING: [&str; 4] = ["connection", "content-length", "content-type", "date"];
    let document = document();
    let response = match response["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => response,
    };
    let documented = response["headers"].as_object().unwrap().keys().map(|name| name.to_lowercase());
    let answered = answer.headers.keys().map(|name| name.as_str().to_owned());
    let answered: BTreeSet<String> = answered.filter(|name| !FRAMING.contains(&name.as_str())).collect();
    /// Which responses have these, depends on the request and the options.
    const CONDITIONAL: [&str; 4] = ["content-language", "preference-applied", "ratelimit", "ratelimit-policy"];
    let is_conditional = |name: &String| CONDITIONAL.contains(&name.as_str());
    let documented: BTreeSet<String> =
        documented.filter(|name| !is_conditional(name) || answered.contains(name)).collect();
    assert_eq!(answered, documented, "{answer}");
}

/// The validator, its message, the OpenAPI document and the SDL read the limit of a field in one place.
#[test]
fn the_limit_of_a_field_is_the_same_everywhere() {
    use shop_profile::profile::{
        AVATAR_MAX_CHARS, FieldInput, NAME_MAX_CHARS, PatchInput, ProfileRules, USERNAME_MAX_CHARS,
    };

    let sdl = shop_profile::graphql::sdl();
    let schema = &document()["components"]["schemas"]["CustomerPatch"]["properties"];
    for (field, in_sdl, limit) in [
        ("username", format!("`username` has 1 to {USERNAME_MAX_CHARS} characters"), USERNAME_MAX_CHARS),
        ("avatar", format!("`avatar` at most {AVATAR_MAX_CHARS}"), AVATAR_MAX_CHARS),
        ("first_name", format!("`firstName` and `lastName` at most {NAME_MAX_CHARS} each"), NAME_MAX_CHARS),
        ("last_name", format!("`firstName` and `lastName` at most {NAME_MAX_CHARS} each"), NAME_MAX_CHARS),
    ] {
        let messages = |length: usize| {
            let beginning = if field == "avatar" { "http://a/" } else { "" };
            let text = format!("{beginning}{}", "a".repeat(length - beginning.len()));
            let mut input = PatchInput::default();
            let target = match field {
                "username" => &mut input.username,
                "avatar" => &mut input.avatar,
                "first_name" => &mut input.first_name,
                _ => &mut input.last_name,
            };
            *target = FieldInput::Text(text.into());
            let errors = input.parse(&ProfileRules::NATIVE).err().map(|wrong| wrong.errors).unwrap_or_default();
            errors.into_iter().map(|error| error.message.to_string()).collect::<Vec<_>>()
        };
        assert!(messages(limit).is_empty(), "{field}");
        assert_eq!(messages(limit + 1), [format!("Ensure this field has no more than {limit} characters.")], "{field}");
        assert_eq!(schema[field]["maxLength"], limit, "{field}");
        assert!(sdl.contains(&in_sdl), "{field}: {in_sdl}");
    }
}
