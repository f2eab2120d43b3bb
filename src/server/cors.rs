//! Which web pages of other origins may call: those that the operator lists, and no others (PROTOCOL.md). An origin is
//! never reflected, and no credentials are allowed, for there are no cookies.
//!
//! (tower-http's layer would take every `OPTIONS` request for a preflight; the contract has an answer of its own.)

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, PATCH, POST");
const REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("accept, authorization, content-type, if-match, if-none-match, prefer");
const ANSWER_HEADERS: HeaderValue =
    HeaderValue::from_static("allow, etag, preference-applied, retry-after, www-authenticate, x-request-id");
const AN_HOUR: HeaderValue = HeaderValue::from_static("3600");

/// Adds the headers for a listed origin and answers its preflight.
pub(super) async fn allow(State(origins): State<Arc<[HeaderValue]>>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).filter(|origin| origins.contains(origin)).cloned();
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        && origin.is_some();
    let mut response = if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
    }
    if preflight {
        preflight_headers(headers);
    }
    response
}

fn preflight_headers(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, AN_HOUR);
}
