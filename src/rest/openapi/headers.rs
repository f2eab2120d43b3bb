//! The headers of responses.

use std::collections::BTreeMap;

use utoipa::openapi::{Header, HeaderBuilder, ObjectBuilder, Ref, RefOr, ResponseBuilder, Type};

pub(super) const ETAG: &str = "ETag";
pub(super) const PREFERENCE_APPLIED: &str = "Preference-Applied";
pub(super) const RETRY_AFTER: &str = "Retry-After";
pub(super) const WWW_AUTHENTICATE: &str = "WWW-Authenticate";

/// What every response of the server has.
const OF_SERVER: [&str; 2] = ["X-Content-Type-Options", "x-request-id"];
/// What every response of the path has.
const OF_PATH: [&str; 4] = ["Allow", "Cache-Control", "Content-Language", "Vary"];
/// What every response to a request has that was counted.
const OF_COUNTED: [&str; 2] = ["RateLimit", "RateLimit-Policy"];
/// What some responses have.
pub(super) const OTHERS: [&str; 4] = [ETAG, PREFERENCE_APPLIED, RETRY_AFTER, WWW_AUTHENTICATE];

pub(super) fn all() -> BTreeMap<String, RefOr<Header>> {
    let headers = [
        ("Allow", "The methods of the path.", "GET, HEAD, PATCH, OPTIONS"),
        (
            "Cache-Control",
            "A browser may keep the profile, and asks by `ETag` before it shows it again.",
            "private, no-cache",
        ),
        ("Content-Language", "The language of the messages. Only with `--languages`.", "en"),
        (ETAG, "The version of the profile, a strong entity tag. Opaque.", "\"1-1\""),
        (PREFERENCE_APPLIED, "Only of a `PATCH` with `Prefer: handling=strict`.", "handling=strict"),
        (
            "RateLimit",
            "What is left of a limit: `r` requests, and after `t` seconds there are more. Of every request that was counted.",
            "\"updates\";r=59;t=1",
        ),
        ("RateLimit-Policy", "The limit: `q` requests in `w` seconds.", "\"updates\";q=60;w=60"),
        (RETRY_AFTER, "After how many seconds to try again.", "1"),
        (
            "Vary",
            "The request headers that the response depends on. With `--allow-origin` also `origin`, with \
             `--languages` also `accept-language`.",
            "authorization",
        ),
        (WWW_AUTHENTICATE, "The scheme of the `Authorization` header.", "Token"),
        ("X-Content-Type-Options", "The content type is to be believed.", "nosniff"),
        ("x-request-id", "Identifies the request; the server's log repeats it.", "5f0c7a1e9d3b2468-2a"),
    ];
    headers.into_iter().map(|(name, description, example)| (name.to_owned(), header(description, example))).collect()
}

fn header(description: &str, example: &str) -> RefOr<Header> {
    let schema = ObjectBuilder::new().schema_type(Type::String).build();
    HeaderBuilder::new()
        .schema(Some(schema))
        .description(Some(description))
        .example(Some(example.into()))
        .build()
        .into()
}

/// Adds the headers that every response of the path has to a request with a token, and these.
pub(super) fn add(response: ResponseBuilder, names: &[&str]) -> ResponseBuilder {
    add_all(response, OF_SERVER.iter().chain(&OF_PATH).chain(&OF_COUNTED).chain(names))
}

/// Adds the headers of a response to a request that needs no token and is not counted.
pub(super) fn add_uncounted(response: ResponseBuilder) -> ResponseBuilder {
    add_all(response, OF_SERVER.iter().chain(&OF_PATH))
}

/// Adds the headers of a response to another path.
pub(super) fn add_to_other_path(response: ResponseBuilder) -> ResponseBuilder {
    add_all(response, OF_SERVER.iter())
}

fn add_all<'a>(response: ResponseBuilder, names: impl Iterator<Item = &'a &'a str>) -> ResponseBuilder {
    names.fold(response, |response, name| response.header_ref(*name, Ref::new(format!("#/components/headers/{name}"))))
}
