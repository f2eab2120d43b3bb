//! What every request passes through: an id, a log line, a few headers.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id, which the log and the answer share, and logs how it went: never a header or a body.
pub(super) async fn observe(request: Request, next: Next) -> Response {
    let id = next_id();
    let (method, path) = (request.method().clone(), route(request.uri().path()));
    let span = tracing::error_span!("request", id = %id);
    let start = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(REQUEST_ID, id);
    }
    let took = start.elapsed();
    span.in_scope(|| tracing::debug!(%method, path, status = status.as_u16(), ?took, "answered"));
    response
}

/// Paths that nobody serves may hold anything, a key even: they are not logged.
fn route(path: &str) -> &'static str {
    const KNOWN: [&str; 4] = ["/api/shop/customers/me", "/graphql", "/graphiql", "/"];
    KNOWN.into_iter().find(|known| *known == path || path.strip_suffix('/') == Some(known)).unwrap_or("other")
}

/// Unique among servers by a random half, and within this one by a count.
fn next_id() -> String {
    static SERVER: LazyLock<u64> = LazyLock::new(|| getrandom::u64().unwrap_or_default());
    static COUNT: AtomicU64 = AtomicU64::new(1);
    format!("{:016x}-{:x}", *SERVER, COUNT.fetch_add(1, Ordering::Relaxed))
}
