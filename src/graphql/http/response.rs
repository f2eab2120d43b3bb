//! The answer: media type, status, headers, and errors that are few, short and coded.

use async_graphql::{ErrorExtensionValues, ServerError, Value, indexmap::IndexMap};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{
    error::{RequestError, request_error},
    negotiation::MediaType,
};
use crate::graphql::error::{Code, ResolverError};

/// The most errors in an answer, and the longest message, in characters (PROTOCOL.md).
const MOST_ERRORS: usize = 10;
const MOST_CHARS: usize = 300;

/// A response map (specification, October 2021, §7.1). A request error has no `data`, not even null.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
}

/// The answer to a request that was not executed.
pub(super) fn error_response(media_type: MediaType, refused: &RequestError) -> Response {
    let mut error = ServerError::new(refused.message(), None);
    error.locations = refused.locations();
    set_code(&mut error, refused.code());
    let mut response = write(media_type, refused.status(media_type), None, &[error]);
    let headers = response.headers_mut();
    match refused {
        RequestError::MethodNotAllowed => headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST")),
        RequestError::MutationByGet => headers.insert(header::ALLOW, HeaderValue::from_static("POST")),
        _ => None,
    };
    response
}

/// The answer to a request that was handed to async-graphql.
pub(super) fn executed(media_type: MediaType, executed: async_graphql::Response) -> Response {
    let not_executed = is_request_error(&executed);
    let async_graphql::Response { data, mut errors, .. } = executed;
    let status = errors.iter().find_map(|error| error.source::<ResolverError>()?.status());
    errors.truncate(MOST_ERRORS);
    for error in &mut errors {
        let code = match error.source::<ResolverError>() {
            Some(failure) => failure.code,
            None if not_executed => Code::GraphqlValidationFailed,
            None => Code::BadUserInput,
        };
        set_code(error, code);
        shorten(&mut error.message);
    }
    match status {
        // Nobody, or not now: the key or the database was found wanting on the way.
        Some(status) => write(media_type, status, None, &errors),
        None if not_executed => write(media_type, request_error(media_type), None, &errors),
        // The library says null where every field was skipped; the specification has an empty object (§6.3).
        None if data == Value::Null && errors.is_empty() => {
            write(media_type, StatusCode::OK, Some(&Value::Object(IndexMap::new())), &errors)
        }
        None => write(media_type, StatusCode::OK, Some(&data), &errors),
    }
}

/// Whether validation refused the request before anything ran. The library validates and executes in one step; its
/// validation knows no path, an execution always does.
pub(super) fn is_request_error(response: &async_graphql::Response) -> bool {
    let errors = &response.errors;
    response.data == Value::Null && !errors.is_empty() && errors.iter().all(|error| error.path.is_empty())
}

fn set_code(error: &mut ServerError, code: Code) {
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code.as_str());
}

fn shorten(message: &mut String) {
    if let Some((end, _)) = message.char_indices().nth(MOST_CHARS) {
        message.truncate(end);
    }
}

fn write(media_type: MediaType, status: StatusCode, data: Option<&Value>, errors: &[ServerError]) -> Response {
    let Ok(body) = serde_json::to_vec(&Body { data, errors }) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type.content_type()));
    headers.insert(header::VARY, HeaderValue::from_static("accept, authorization"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match status {
        StatusCode::UNAUTHORIZED => headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Token")),
        StatusCode::SERVICE_UNAVAILABLE => headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1")),
        _ => None,
    };
    response
}

#[cfg(test)]
mod tests {
    use async_graphql::Pos;
    use axum::body::to_bytes;

    use super::*;

    async fn body(response: Response) -> String {
        String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn errors_are_few_and_short() {
        let errors = (0..11).map(|_| ServerError::new("é".repeat(301), Some(Pos { line: 1, column: 1 })));
        let response = executed(MediaType::Json, async_graphql::Response::from_errors(errors.collect()));
        let body = body(response).await;
        assert_eq!(body.matches("GRAPHQL_VALIDATION_FAILED").count(), 10);
        assert!(body.contains(&"é".repeat(300)) && !body.contains(&"é".repeat(301)));
        assert!(!body.contains("\"data\""), "{body}");
    }
}
