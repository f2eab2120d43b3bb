//! What both APIs need of HTTP: the credential, the body, the execution of a request, its response, and the headers of its
//! rate limit.

mod body;
mod execute;
mod header_text;
mod rate_limit;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};

pub(crate) use body::{BodyError, MAX_BODY_BYTES, is_known_empty, read};
pub(crate) use execute::{ExecutionError, execute};
pub(crate) use header_text::HeaderText;
pub(crate) use rate_limit::add_rate_limit;

use crate::auth::{Credential, Unauthenticated};

/// How many headers a response usually has, with those that the APIs and the middleware add.
const USUAL_HEADERS: usize = 12;

/// The API token that the request carries.
pub(crate) fn credential(headers: &HeaderMap) -> Result<Credential, Unauthenticated> {
    Credential::from_authorization(headers.get_all(header::AUTHORIZATION).iter().map(|value| value.as_bytes()))
}

/// A response with this body. It has room for the headers that are added later.
pub(crate) fn response(status: StatusCode, content_type: HeaderValue, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(USUAL_HEADERS);
    headers.insert(header::CONTENT_TYPE, content_type);
    response
}
