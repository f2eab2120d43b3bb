//! What the API answers beside the profile: a response for each status, with every body that it can have.

use std::collections::BTreeMap;

use utoipa::openapi::{
    ContentBuilder, Ref, RefOr, Response, ResponseBuilder,
    example::{Example as OpenApiExample, ExampleBuilder},
    link::LinkBuilder,
};

use super::{
    examples::{self, Example},
    headers::{self, ETAG, PREFERENCE_APPLIED, RETRY_AFTER},
    schemas,
};

/// The operations that a response links to.
pub(super) const GET_ID: &str = "getMyProfile";
pub(super) const PATCH_ID: &str = "updateMyProfile";

/// The statuses of errors: the name of the response and its description.
const STATUSES: [(u16, &str, &str); 11] = [
    (400, "BadRequest", "The body cannot be read, or fields break a rule."),
    (401, "Unauthorized", "No API token, or one that is not valid."),
    (404, "NotFound", "Another path."),
    (405, "MethodNotAllowed", "Another method."),
    (408, "RequestTimeout", "The body was not complete in time."),
    (
        412,
        "PreconditionFailed",
        "`If-Match` names another version of the profile, or has no strong entity tag. Nothing was written; `ETag` is the \
         present version.",
    ),
    (413, "PayloadTooLarge", "The body is too large."),
    (415, "UnsupportedMediaType", "The body has another content type."),
    (
        429,
        "TooManyRequests",
        "The customer has sent too many requests, or the client's address too many tokens that are not valid. Nothing was \
         done; `Retry-After` says when to try again.",
    ),
    (500, "InternalServerError", "An error of the server. Its log has the cause under the `x-request-id`."),
    (
        503,
        "ServiceUnavailable",
        "The database cannot be reached, or the server is stopping or has too many requests. The change was not made, \
         unless the text says that this is not known. `Retry-After` says when to try again.",
    ),
];

/// The responses with a body that more than one operation has.
pub(super) fn all() -> BTreeMap<String, RefOr<Response>> {
    STATUSES.iter().map(|(code, name, _)| ((*name).to_owned(), error(*code, true).into())).collect()
}

/// The response of this status.
pub(super) fn reference(code: u16) -> RefOr<Response> {
    let name = STATUSES.iter().find(|status| status.0 == code).map_or("", |(_, name, _)| name);
    Ref::from_response_name(name).into()
}

/// The response of this status: to `HEAD` it has no body.
pub(super) fn error(code: u16, has_body: bool) -> Response {
    let examples: Vec<Example> = examples::errors().into_iter().filter(|example| example.status == code).collect();
    let description = STATUSES.iter().find(|status| status.0 == code).map_or("", |(_, _, description)| description);
    let response = ResponseBuilder::new().description(description);
    let mut others = headers_of(&examples);
    if code == 503 {
        // The server adds it to each.
        others.push(RETRY_AFTER);
    }
    let response = match code {
        404 => headers::add_to_other_path(response),
        405 => headers::add(response, &[]),
        // Whatever becomes of a PATCH, its preference was read.
        _ if has_body => headers::add(response, &[&others[..], &[PREFERENCE_APPLIED]].concat()),
        _ => headers::add(response, &others),
    };
    if !has_body {
        return response.build();
    }
    let named = examples.iter().map(|example| (example.name, shown(example)));
    let schema = if code == 400 { schemas::BAD_REQUEST } else { schemas::DETAIL };
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).examples_from_iter(named);
    response.content("application/json", content.build()).build()
}

/// The headers of the examples, beside those of every response.
fn headers_of(examples: &[Example]) -> Vec<&'static str> {
    let has =
        |name: &str| examples.iter().any(|example| example.headers.iter().any(|has| has.eq_ignore_ascii_case(name)));
    headers::OTHERS.into_iter().filter(|name| has(name)).collect()
}

fn shown(example: &Example) -> OpenApiExample {
    ExampleBuilder::new().summary(example.summary).value(Some(example.body.clone())).build()
}

/// 200 to `GET`, or to `HEAD`.
pub(super) fn profile(has_body: bool) -> Response {
    let update = LinkBuilder::new()
        .operation_id(PATCH_ID)
        .parameter("If-Match", "$response.header.ETag")
        .description("Update the profile unless it has changed meanwhile.");
    let response = ResponseBuilder::new().description("The profile.").link("update", update.build());
    customer(response, &[ETAG], has_body)
}

/// 200 to `PATCH`.
pub(super) fn updated() -> Response {
    let read = LinkBuilder::new().operation_id(GET_ID).description("Read the profile again.");
    let description =
        "The profile as it was written. With `validate_only=true` as it would be written, without an `ETag`.";
    let response = ResponseBuilder::new().description(description).link("read", read.build());
    customer(response, &[ETAG, PREFERENCE_APPLIED], true)
}

fn customer(response: ResponseBuilder, names: &[&str], has_body: bool) -> Response {
    let response = headers::add(response, names);
    if !has_body {
        return response.build();
    }
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schemas::CUSTOMER)));
    response.content("application/json", content.example(Some(examples::customer())).build()).build()
}

/// 304.
pub(super) fn not_modified() -> Response {
    let response = ResponseBuilder::new().description("`If-None-Match` names the present version.");
    headers::add(response, &[ETAG]).build()
}

/// 204.
pub(super) fn methods() -> Response {
    headers::add_uncounted(ResponseBuilder::new().description("`Allow` lists the methods.")).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_example_has_a_status_that_is_described() {
        for example in examples::errors() {
            assert!(STATUSES.iter().any(|(code, ..)| *code == example.status), "{}: {}", example.name, example.status);
            assert!(example.body.is_object(), "{}", example.name);
        }
        for (code, ..) in STATUSES {
            assert!(examples::errors().iter().any(|example| example.status == code), "{code}");
        }
    }
}
