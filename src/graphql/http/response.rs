//! The response: media type, status, headers, and errors that are few, short and coded.

use async_graphql::{ErrorExtensionValues, PathSegment, ServerError, Value, indexmap::IndexMap};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{
    error::{RequestError, request_error},
    negotiation::MediaType,
    notes::note_error,
};
use crate::{
    api,
    graphql::error::{Code, ResolverError},
    rate_limit::Quota,
};

/// How many errors a response has (docs/limits.md, "GraphQL documents").
const MAX_ERRORS: usize = 10;
/// Most bodies are shorter.
const USUAL_BYTES: usize = 1024;
/// The longest message of an error, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// What a client is told of limits and of another try.
#[derive(Clone, Copy, Default)]
pub(super) struct Availability {
    /// What is left of the limit that the request was counted against; `None`: it was not counted.
    pub(super) quota: Option<Quota>,
    /// Whether the body has it as well.
    pub(super) is_quota_shown: bool,
    /// After how many seconds to try again what cannot be served now.
    pub(super) unavailable_for: u64,
}

impl Availability {
    /// After how many seconds to try again what failed with this code: the header and the error say the same.
    fn retry_after(&self, code: Code) -> Option<u64> {
        match code {
            Code::TooManyRequests => self.quota.map(|quota| quota.reset.into()),
            Code::ServiceUnavailable | Code::Timeout => Some(self.unavailable_for),
            _ => None,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    rate_limit: Quota,
}

/// A response map (specification, October 2021, section 7.1). A request error has no `data`, not even null.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<Extensions>,
}

/// The response to a request that was not executed.
pub(super) fn error_response(media_type: MediaType, error: &RequestError, availability: Availability) -> Response {
    let mut server_error = ServerError::new(error.message().text(), None);
    server_error.locations = error.locations();
    let code = error.code();
    note_error(code);
    set_code(&mut server_error, code, availability);
    shorten(&mut server_error.message);
    let mut response = write(media_type, error.status(media_type), (None, &[server_error]), availability);
    let headers = response.headers_mut();
    match error {
        RequestError::MethodNotAllowed => headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST")),
        RequestError::MutationByGet => headers.insert(header::ALLOW, HeaderValue::from_static("POST")),
        _ => None,
    };
    response
}

/// The response to a request that was handed to async-graphql.
pub(super) fn executed(
    media_type: MediaType,
    mut executed: async_graphql::Response,
    availability: Availability,
) -> Response {
    let not_executed = is_request_error(&executed);
    propagate_null(&mut executed);
    let status = errors_status(&executed).filter(|_| !has_result(&executed));
    let async_graphql::Response { data, mut errors, .. } = executed;
    errors.truncate(MAX_ERRORS);
    for error in &mut errors {
        let code = match error.source::<ResolverError>() {
            Some(error) => error.code,
            None if not_executed => Code::GraphqlValidationFailed,
            None => Code::BadUserInput,
        };
        note_error(code);
        set_code(error, code, availability);
        shorten(&mut error.message);
    }
    match status {
        // Authentication failed or the database became unavailable, and nothing else was done.
        Some(status) => write(media_type, status, (None, &errors), availability),
        None if not_executed => write(media_type, request_error(media_type), (None, &errors), availability),
        None => write(media_type, StatusCode::OK, (Some(&data), &errors), availability),
    }
}

/// Whether validation rejected the request before anything ran. The library validates and executes in one step; an error
/// of its validation has no path, one of an execution always does.
pub(super) fn is_request_error(response: &async_graphql::Response) -> bool {
    let errors = &response.errors;
    response.data == Value::Null && !errors.is_empty() && errors.iter().all(|error| error.path.is_empty())
}

/// Whether no resolver ran: validation rejected the request, or `@skip` and `@include` left nothing of it.
pub(super) fn is_unresolved(response: &async_graphql::Response) -> bool {
    is_request_error(response) || (response.errors.is_empty() && !has_result(response))
}

/// Whether a root field has a result other than `__typename`. Then the response is 200: 401, 429 and 503 would say that
/// nothing was done, and a client that retries would do it twice.
fn has_result(response: &async_graphql::Response) -> bool {
    match &response.data {
        Value::Object(fields) => fields.values().any(|value| matches!(value, Value::Object(_))),
        _ => false,
    }
}

fn errors_status(response: &async_graphql::Response) -> Option<StatusCode> {
    response.errors.iter().find_map(|error| error.source::<ResolverError>()?.status())
}

/// Makes the data what the specification has. Where a root field that cannot be null failed, `data` is null (section 6.4.4),
/// while the library leaves the field out. Where every field was skipped it is an empty object (section 6.3), while the
/// library says null.
fn propagate_null(response: &mut async_graphql::Response) {
    let is_left_out = |error: &ServerError| match (error.path.first(), &response.data) {
        (Some(PathSegment::Field(key)), Value::Object(fields)) => !fields.contains_key(key.as_str()),
        _ => false,
    };
    if response.errors.iter().any(is_left_out) {
        response.data = Value::Null;
    } else if response.data == Value::Null && response.errors.is_empty() {
        response.data = Value::Object(IndexMap::new());
    }
}

fn set_code(error: &mut ServerError, code: Code, availability: Availability) {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    extensions.set("code", code.as_str());
    if let Some(seconds) = availability.retry_after(code) {
        extensions.set("retryAfter", seconds);
    }
}

fn shorten(message: &mut String) {
    if let Some((end, _)) = message.char_indices().nth(MAX_MESSAGE_CHARS) {
        message.truncate(end);
    }
}

fn write(
    media_type: MediaType,
    status: StatusCode,
    (data, errors): (Option<&Value>, &[ServerError]),
    availability: Availability,
) -> Response {
    let extensions =
        availability.quota.filter(|_| availability.is_quota_shown).map(|rate_limit| Extensions { rate_limit });
    let mut body = Vec::with_capacity(USUAL_BYTES);
    if serde_json::to_writer(&mut body, &Body { data, errors, extensions }).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let mut response = api::response(status, HeaderValue::from_static(media_type.content_type()), body);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept, authorization"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let retry_after = match status {
        StatusCode::UNAUTHORIZED => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Token"));
            None
        }
        StatusCode::TOO_MANY_REQUESTS => availability.retry_after(Code::TooManyRequests),
        StatusCode::SERVICE_UNAVAILABLE => availability.retry_after(Code::ServiceUnavailable),
        _ => None,
    };
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    api::add_rate_limit(headers, availability.quota);
    response
}

#[cfg(test)]
mod tests {
    use async_graphql::{Name, Pos};
    use axum::body::to_bytes;

    use super::*;
    use crate::service::ProfileError;

    async fn body(response: Response) -> String {
        String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn errors_are_limited_in_number_and_length() {
        let errors = (0..11).map(|_| ServerError::new("é".repeat(301), Some(Pos { line: 1, column: 1 })));
        let response =
            executed(MediaType::Json, async_graphql::Response::from_errors(errors.collect()), Availability::default());
        let body = body(response).await;
        assert_eq!(body.matches("GRAPHQL_VALIDATION_FAILED").count(), 10);
        assert!(body.contains(&"é".repeat(300)) && !body.contains(&"é".repeat(301)));
        assert!(!body.contains("\"data\""), "{body}");
    }

    /// The response is no 503, for something was done; what was not is worth another try all the same.
    #[tokio::test]
    async fn an_error_beside_a_result_says_when_to_try_again() {
        let error: async_graphql::Error = ResolverError::from(ProfileError::Unavailable).into();
        let fields = [("done", Value::Object(IndexMap::new())), ("failed", Value::Null)];
        let data = Value::Object(fields.map(|(name, value)| (Name::new(name), value)).into_iter().collect());
        let mut partial = async_graphql::Response::new(data);
        partial.errors.push(error.into_server_error(Pos { line: 1, column: 1 }));
        let availability = Availability { unavailable_for: 7, ..Availability::default() };
        let response = executed(MediaType::Json, partial, availability);
        assert_eq!((response.status(), response.headers().get("retry-after")), (StatusCode::OK, None));
        let body = body(response).await;
        assert!(body.contains(r#"{"code":"SERVICE_UNAVAILABLE","retryAfter":7}"#), "{body}");
    }
}
