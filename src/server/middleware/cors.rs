//! Which web pages of other origins may call: those that the operator lists, and no others. An origin
//! is never reflected, and no credentials are allowed, for there are no cookies.
//!
//! (tower-http's layer would take every `OPTIONS` request for a preflight; the contract has an answer of its own. It
//! would not log whom it rejects either: the page sees no more than "Failed to fetch".)

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::request_id;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, PATCH, POST");
/// What the APIs read; what Apollo's clients and W3C tracing add to every request; and the client's own request id.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "accept, authorization, content-type, if-match, if-none-match, prefer, apollographql-client-name, \
     apollographql-client-version, apollo-require-preflight, traceparent, tracestate, baggage, x-request-id",
);
const RESPONSE_HEADERS: HeaderValue = HeaderValue::from_static(
    "allow, etag, preference-applied, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id",
);
const AN_HOUR: HeaderValue = HeaderValue::from_static("3600");

/// How many rejected origins are logged, each once. A client chooses what it sends, and must not fill the log.
const MAX_LOGGED_ORIGINS: usize = 32;
/// How much of a rejected origin is logged, in bytes.
const MAX_LOGGED_ORIGIN_BYTES: usize = 200;

/// The origins that the operator lists, and those that were rejected so far.
pub(in crate::server) struct AllowedOrigins {
    allowed: Vec<HeaderValue>,
    rejected: Mutex<HashSet<Vec<u8>>>,
}

impl AllowedOrigins {
    pub(in crate::server) fn new(allowed: Vec<HeaderValue>) -> Self {
        Self { allowed, rejected: Mutex::default() }
    }

    /// Logs a rejected origin the first time that it calls.
    fn log_rejected(&self, origin: &HeaderValue) {
        let mut rejected = self.rejected.lock().unwrap_or_else(PoisonError::into_inner);
        let origin = origin.as_bytes();
        let origin = &origin[..origin.len().min(MAX_LOGGED_ORIGIN_BYTES)];
        if rejected.len() < MAX_LOGGED_ORIGINS && rejected.insert(origin.to_vec()) {
            let origin = origin.escape_ascii();
            let request = request_id::for_log();
            tracing::info!(request, %origin, allowed = ?self.allowed, "origin not allowed: --allow-origin names those that are");
            if rejected.len() == MAX_LOGGED_ORIGINS {
                tracing::info!("further origins that are not allowed will not be logged");
            }
        }
    }
}

/// Adds the headers for a listed origin and answers its preflight.
pub(super) async fn allow<F: Future<Output = Response> + Send>(
    origins: &AllowedOrigins,
    request: Request,
    respond: impl FnOnce(Request) -> F,
) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let is_allowed = origin.as_ref().is_some_and(|origin| origins.allowed.contains(origin));
    if let Some(origin) = &origin
        && !is_allowed
        && !is_own_origin(origin, request.headers())
    {
        origins.log_rejected(origin);
    }
    let preflight = is_allowed
        && request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if preflight { StatusCode::NO_CONTENT.into_response() } else { respond(request).await };
    let headers = response.headers_mut();
    if !origins.allowed.is_empty() {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    if let Some(origin) = origin.filter(|_| is_allowed) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
    }
    if preflight {
        add_preflight_headers(headers);
    }
    response
}

/// Whether the page came from this server: browsers send its origin with every POST. The scheme is not compared, for a
/// proxy may terminate TLS.
fn is_own_origin(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).map(HeaderValue::as_bytes);
    let authority = origin.as_bytes().split(|byte| *byte == b'/').nth(2);
    host.is_some() && host == authority
}

fn add_preflight_headers(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, AN_HOUR);
}
