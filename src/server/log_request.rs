//! What every request passes through: an id, a log line, a few headers.

use std::time::Instant;

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::request_id::RequestId;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id, which the log and the answer share, and logs how it went: never a header or a body.
pub(super) async fn log_request(request: Request, next: Next) -> Response {
    let id = RequestId::next();
    let (method, path) = (request.method().clone(), route(request.uri().path()));
    let start = Instant::now();
    let mut response = id.scope(next.run(request)).await;
    let status = response.status();
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    let took = start.elapsed();
    tracing::debug!(request = %id, %method, path, status = status.as_u16(), ?took, "answered");
    response
}

/// Paths that nobody serves may hold anything, a key even: they are not logged.
fn route(path: &str) -> &'static str {
    const KNOWN: [&str; 4] = ["/api/shop/customers/me", "/graphql", "/graphiql", "/"];
    KNOWN.into_iter().find(|known| *known == path || path.strip_suffix('/') == Some(known)).unwrap_or("other")
}
